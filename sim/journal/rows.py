"""Order-plane rows of one kind in one segment, copied once into columns of their own."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from sim.journal.tables import table_schema


class OrderRows:
    """A table that grows by frames.

    Every frame is copied. Polars wraps NumPy arrays without copying, and the order plane overwrites its
    buffers: otherwise a later batch would rewrite rows already handed over. Copying straight to where the
    rows stay saves joining them later.
    """

    def __init__(self, kind: str, most_rows: int) -> None:
        self._schema = table_schema(kind)
        self._rows = 0
        # Memory that is never written is never taken from the system: the bound costs nothing.
        self._arrays: dict[str, npt.NDArray[Any]] = {
            name: np.empty(most_rows, np.int64 if dtype == pl.Int64 else np.uint8)
            for name, dtype in self._schema.items()
            if dtype == pl.Int64 or isinstance(dtype, pl.Enum)
        }
        # Strings and booleans always own their memory.
        self._series: dict[str, list[pl.Series]] = {
            name: [] for name in self._schema if name not in self._arrays
        }

    def extend(self, frame: pl.DataFrame) -> None:
        """Add rows, checked before to fit the kind's table."""
        after = self._rows + frame.height
        for column in frame:
            if column.name in self._series:
                self._series[column.name].append(column)
            else:
                values = column if column.dtype == pl.Int64 else column.to_physical()
                self._arrays[column.name][self._rows : after] = values.to_numpy()
        self._rows = after

    def table(self) -> pl.DataFrame:
        """Return the rows so far; the columns are views of this object's memory."""
        return pl.DataFrame([self._column(name) for name in self._schema])

    def _column(self, name: str) -> pl.Series:
        if name in self._series:
            return pl.concat(self._series[name], rechunk=True)
        column = pl.Series(name, self._arrays[name][: self._rows])
        dtype = self._schema[name]
        return column if dtype == pl.Int64 else column.cat.to(dtype)
