"""The order plane's log stretch by stretch, as columns; a segment is read while the one before is judged."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import polars as pl
from numpy.typing import NDArray

from sim.events import KINDS, schema_of
from sim.units import SYMBOLS

if TYPE_CHECKING:
    from analysis.audit.evidence import Evidence, Segment
    from analysis.audit.orders import Lives
    from analysis.audit.postings import Postings

Ints = NDArray[np.int64]
Codes = NDArray[np.uint8]
"""Codes of an enumeration, or places of instruments."""

UNKNOWN = len(SYMBOLS)
"""Place of an instrument that is none of `sim.units.SYMBOLS`."""

STRETCH_EVENTS = 1 << 16
"""Events judged at a time: their columns fit a processor's cache."""
READ_EVENTS = 1 << 19
"""Events read at a time, where segments are smaller."""

PAIR_NAMES = (*SYMBOLS, "an unknown pair")

ORDER_KINDS = tuple(name for name, kind in KINDS.items() if kind.plane == "order")
CONTROL_KINDS = tuple(name for name, kind in KINDS.items() if kind.plane == "control")
_PAIRS = pl.Enum(SYMBOLS)


class Columns:
    """One kind's rows of a stretch: each column an array of shape [rows], to be read only.

    Whole numbers are int64; an enumeration is its codes, an instrument its place in `SYMBOLS` (UNKNOWN
    where it is none).
    """

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self._arrays = arrays

    def __len__(self) -> int:
        return len(self._arrays["seq"])

    def __getitem__(self, column: str) -> NDArray[Any]:
        """Return a column; `rule`, which refusals alone have, is an array of strings."""
        return self._arrays[column]

    def between(self, first_seq: int, last_seq: int) -> "Columns":
        """Return the rows of a range of seq, both ends included; nothing is copied."""
        low, high = np.searchsorted(self.seq, [first_seq, last_seq + 1])
        return Columns({name: array[low:high] for name, array in self._arrays.items()})

    @property
    def seq(self) -> Ints:
        """Place of each row in the run."""
        return self["seq"]

    @property
    def time_us(self) -> Ints:
        """Time of each row."""
        return self["time_us"]


@attrs.define(eq=False)
class Stretch:
    """A range of seq: its order rows by kind, and the control events in it."""

    first_seq: int
    last_seq: int
    kinds: dict[str, Columns]
    control: pl.DataFrame
    """The control events in it: seq, time_us, cause, kind."""
    lives: "Lives" = attrs.field(init=False)
    """The orders of the stretch from acceptance to end."""
    postings: "Postings" = attrs.field(init=False)
    """What each event did to clients' balances."""

    @property
    def accepted(self) -> Columns:
        """Accepted orders."""
        return self.kinds["order_accepted"]

    @property
    def refused(self) -> Columns:
        """Refused orders."""
        return self.kinds["order_refused"]

    @property
    def trades(self) -> Columns:
        """Trades."""
        return self.kinds["trade"]

    @property
    def cancelled(self) -> Columns:
        """Cancelled orders."""
        return self.kinds["order_cancelled"]

    @property
    def samples(self) -> Columns:
        """Samples of the top of each book."""
        return self.kinds["book_sampled"]


def control_index(evidence: "Evidence") -> pl.DataFrame:
    """Every control event as seq, time_us, cause and kind, in order of seq."""
    parts = [
        evidence.table(kind).select("seq", "time_us", "cause", kind=pl.lit(kind))
        for kind in CONTROL_KINDS
    ]
    return pl.concat(parts).sort("seq")


def stretches(evidence: "Evidence") -> Iterator[Stretch]:
    """Yield the log in order, one stretch after another; two reads are in memory at a time."""
    index = evidence.once(control_index)
    seqs = index["seq"].to_numpy()
    reads = _reads(evidence.log.segments)
    with ThreadPoolExecutor(1) as ahead:
        following = ahead.submit(_read, evidence, reads[0]) if reads else None
        for place, segments in enumerate(reads):
            assert following is not None  # noqa: S101 - one read is ahead of each
            kinds = following.result()
            if place + 1 < len(reads):
                following = ahead.submit(_read, evidence, reads[place + 1])
            end = segments[-1].last_seq
            for first in range(segments[0].first_seq, end + 1, STRETCH_EVENTS):
                last = min(first + STRETCH_EVENTS - 1, end)
                low, high = np.searchsorted(seqs, [first, last + 1]).tolist()
                inside = {kind: rows.between(first, last) for kind, rows in kinds.items()}
                yield Stretch(first, last, inside, index.slice(low, high - low))


def _reads(segments: "Sequence[Segment]") -> "list[list[Segment]]":
    """Group neighbouring segments into reads, as many as stay below `READ_EVENTS`; at least one each."""
    reads: list[list[Segment]] = []
    for segment in segments:
        if reads and segment.last_seq - reads[-1][0].first_seq < READ_EVENTS:
            reads[-1].append(segment)
        else:
            reads.append([segment])
    return reads


def _read(evidence: "Evidence", segments: "list[Segment]") -> dict[str, Columns]:
    """Read the order rows of neighbouring segments by kind."""
    first, last = segments[0], segments[-1]
    inside = pl.col("seq").is_between(first.first_seq, last.last_seq)
    frames = pl.collect_all(
        [
            evidence.log.scan(kind, first.first_time_us, last.last_time_us + 1)
            .filter(inside)
            .select(_columns(kind))
            for kind in ORDER_KINDS
        ]
    )
    return {kind: _arrays(frame) for kind, frame in zip(ORDER_KINDS, frames, strict=True)}


def _arrays(frame: pl.DataFrame) -> Columns:
    rows = frame if frame["seq"].is_sorted() else frame.sort("seq")
    return Columns(
        {
            column.name: (column.to_physical() if column.dtype == pl.Enum else column).to_numpy()
            for column in rows
        }
    )


def _columns(kind: str) -> list[pl.Expr]:
    """Return a kind's columns; `rule`, which only refusals fill, is read of those alone."""
    names = [column.name for column in schema_of(kind).columns]
    left_out = set() if kind == "order_refused" else {"rule"}
    return [
        pl.col(name).cast(_PAIRS, strict=False).to_physical().fill_null(UNKNOWN).cast(pl.UInt8)
        if name == "instrument"
        else pl.col(name)
        for name in names
        if name not in left_out
    ]
