"""Find the first account that falls below zero, and say after which event."""

import numpy as np
import polars as pl

from analysis.audit.findings import Offence, Tally
from analysis.audit.grids import ASSETS_N
from analysis.audit.stretches import Ints, Stretch
from sim.units import ASSET_CODES


def judge(found: Tally, stretch: Stretch, balance: Ints, name: str) -> None:
    """Judge every account after every event; `balance` has the shape of the stretch's postings."""
    postings = stretch.postings
    # Who never signed up has no account; that such people trade is another promise's offence.
    judged = postings.settled & (postings.key >= ASSETS_N)
    found.cases += int(judged.sum())
    short = np.flatnonzero(judged & (balance < 0))
    if not len(short):
        return
    place = short[np.argmin(postings.seq[short])]
    seq = int(postings.seq[place])
    client, asset = divmod(int(postings.key[place]), ASSETS_N)
    kind, time_us = event_at(stretch, seq)
    what = f"client {client}: {name} {ASSET_CODES[asset]} is {balance[place]} minor units"
    found.offend(Offence(seq, time_us, kind, what, "zero or more"))
    found.broken += len(short) - 1


def event_at(stretch: Stretch, seq: int) -> tuple[str, int]:
    """Return kind and time of an event of the stretch."""
    for kind, rows in stretch.kinds.items():
        place = int(np.searchsorted(rows.seq, seq))
        if place < len(rows) and rows.seq[place] == seq:
            return kind, int(rows.time_us[place])
    row = stretch.control.filter(pl.col("seq") == seq).row(0, named=True)
    return str(row["kind"]), int(row["time_us"])
