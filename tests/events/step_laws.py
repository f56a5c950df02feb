"""What every step from one version of a kind to the next has to keep."""

import random

import polars as pl

from sim.events.base import Column
from sim.events.history import Upcast
from sim.journal.tables import polars_schema
from sim.units import SYMBOLS

ENVELOPE = ("seq", "time_us", "cause", "rule")
ROWS = 40
_TEXTS = ("", "HKD", "BTC", "onb.kyc", "10 %", "è", *SYMBOLS)


def made_up(columns: tuple[Column, ...], rows: int = ROWS) -> pl.DataFrame:
    """Make rows of a version up: any values that its columns hold, each time the same."""
    draws = random.Random(7)  # noqa: S311 - no secret
    values: dict[str, list[object]] = {}
    for column in columns:
        if column.name == "seq":
            values["seq"] = list(range(1, rows + 1))
        elif isinstance(column.type, tuple):
            values[column.name] = [draws.choice(column.type) for _ in range(rows)]
        elif column.type == "string":
            values[column.name] = [draws.choice(_TEXTS) for _ in range(rows)]
        elif column.type == "bool":
            values[column.name] = [draws.random() < 0.5 for _ in range(rows)]
        else:
            values[column.name] = [draws.randrange(-(10**9), 10**9) for _ in range(rows)]
    return pl.DataFrame(values, schema=polars_schema(columns))


def broken_laws(upcast: Upcast, after: tuple[Column, ...]) -> list[str]:
    """Say which laws a step breaks on made-up rows; `after` are the columns of the version it gives."""
    rows = made_up(upcast.columns)
    found = []
    schema = polars_schema(after)
    whole = upcast.step(rows.lazy()).collect()
    lost = [name for name in schema if name not in whole.columns]
    if lost:
        found.append(f"gives no column {', '.join(lost)}")
        return found
    for name, dtype in schema.items():
        if not isinstance(dtype, pl.Enum) and whole.schema[name] != dtype:
            found.append(f"gives {name} as {whole.schema[name]}, not {dtype}")
    kept = [name for name in ENVELOPE if name in rows.columns]
    if not whole.select(kept).equals(rows.select(kept)):
        found.append("touches the envelope, or adds, drops or moves rows")
    if any(whole[name].null_count() for name in schema):
        found.append("leaves values missing")
    if not upcast.step(rows.lazy()).collect().equals(whole):
        found.append("is not the same a second time")
    pieces = [upcast.step(rows[start : start + 1].lazy()).collect() for start in range(rows.height)]
    if not pl.concat(pieces).equals(whole):
        found.append("makes of a row what depends on others")
    if upcast.step(rows[:0].lazy()).collect().height:
        found.append("makes rows of none")
    return found
