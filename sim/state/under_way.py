"""A client's money and coins on the way at an instant: sent and not yet credited, asked for and not yet paid.

The projections keep what the platform holds; what is still with the bank, or waits for a batch, is looked
up in the log itself.
"""

from typing import Final

import attrs
import polars as pl

from sim.journal import RunLog


@attrs.frozen
class Movement:
    """One deposit or withdrawal that has begun and not ended."""

    seq: int
    """Of the instruction or request."""
    since_us: int
    direction: str
    """`deposit`, `withdrawal` or `coin withdrawal`."""
    number: int
    """Number of the deposit or withdrawal in the log."""
    rail: str
    """Empty for coins."""
    asset: str
    amount_minor: int


@attrs.frozen
class _Way:
    """A kind of movement: the event that begins it, those that end it, and the column that numbers it."""

    direction: str
    begins: str
    ends: tuple[str, ...]
    number: str


_WAYS: Final = (
    _Way("deposit", "deposit_instructed", ("deposit_credited", "deposit_refused"), "deposit"),
    _Way("withdrawal", "withdrawal_requested", ("withdrawal_paid",), "withdrawal"),
    _Way("coin withdrawal", "coin_withdrawal_requested", ("coin_paid_out",), "withdrawal"),
)


def under_way(log: RunLog, seq: int, client: int) -> tuple[Movement, ...]:
    """Return what of a client is under way after an event, oldest first.

    Raises
    ------
    JournalError
        A part file is gone or of another version.
    """
    found = [movement for way in _WAYS for movement in _begun(log, seq, client, way)]
    return tuple(sorted(found, key=lambda movement: movement.seq))


def _begun(log: RunLog, seq: int, client: int, way: _Way) -> list[Movement]:
    mine = (pl.col("client") == client) & (pl.col("seq") <= seq)
    ended = pl.concat([log.scan(kind).filter(mine).select(way.number) for kind in way.ends])
    rows = log.scan(way.begins).filter(mine).join(ended, on=way.number, how="anti").collect()
    return [
        Movement(
            seq=row["seq"],
            since_us=row["time_us"],
            direction=way.direction,
            number=row[way.number],
            rail=row.get("rail", ""),
            asset=row["asset"],
            amount_minor=row["amount_minor"],
        )
        for row in rows.iter_rows(named=True)
    ]
