"""Find the first account that falls below zero, and say after which event."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.audit.findings import Offence, Tally
from analysis.audit.grids import ASSETS_N
from analysis.audit.people import NOBODY
from analysis.audit.postings import Running
from analysis.audit.stretches import Stretch
from sim.units import ASSET_CODES


def accounts_of(judged: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return for each account whether it is judged, from whether each of `People` is.

    Who never signed up has no account; that such people trade is another promise's offence.
    """
    chosen = judged.copy()
    chosen[NOBODY] = False
    return np.repeat(chosen, ASSETS_N)


def judge(
    found: Tally, stretch: Stretch, sums: Running, judged: NDArray[np.bool_], name: str
) -> None:
    """Judge those accounts after every event that changes them; `judged` has shape [accounts]."""
    cases = sums.settled & judged[sums.key]
    found.cases += int(np.count_nonzero(cases))
    short = np.flatnonzero(cases & (sums.after < 0))
    if not len(short):
        return
    place = short[np.argmin(sums.seq[short])]
    seq = int(sums.seq[place])
    client, asset = divmod(int(sums.key[place]), ASSETS_N)
    kind, time_us = event_at(stretch, seq)
    what = f"client {client}: {name} {ASSET_CODES[asset]} is {sums.after[place]} minor units"
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
