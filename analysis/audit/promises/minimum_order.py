"""No order below the pair's minimum."""

import numpy as np

from analysis.audit.columns import PAIR_NAMES, Codes, Ints
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise
from analysis.audit.stretches import Stretch
from sim.events.codes import OrderType
from sim.units import SYMBOLS


def minimum_rule(symbol: str) -> str:
    """Return the id of the rule on a pair's smallest order."""
    base, quote = symbol.lower().split("/")
    return f"trd.min_order.{base}_{quote}"


@promise(
    title="An accepted limit order is worth at least the pair's minimum of that day",
    rules=tuple(map(minimum_rule, SYMBOLS)),
    needs="orders",
)
class MinimumOrder:
    """Multiply out every limit order; the value of a market order is not in the log."""

    def __init__(self, evidence: Evidence) -> None:
        self._found = Tally()
        self._dated = evidence.once(dated_minimums)

    def look(self, stretch: Stretch) -> None:
        """Judge the accepted limit orders of a stretch."""
        orders = stretch.accepted
        instrument, time_us = orders["instrument"], orders.time_us
        least = minimums(self._dated, instrument, time_us)
        notional = stretch.sent.notional
        limit = orders["order_type"] == OrderType.LIMIT
        self._found.cases -= len(limit) - int(np.count_nonzero(limit))
        self._found.rows(
            "order_accepted",
            orders.seq,
            time_us,
            limit & (notional < least),
            lambda row: f"{PAIR_NAMES[instrument[row]]} order of {notional[row]} quote minor units",
            lambda row: f"at least {least[row]}",
        )

    def tally(self) -> Tally:
        """Return what was found."""
        return self._found


Minimums = list[tuple[Ints, Ints]]
"""By place of the pair: the instants from which a minimum holds, and the minimum before and after each."""


def dated_minimums(evidence: Evidence) -> Minimums:
    """Return every pair's minimum by date, in quote minor units; 0 where there is none."""
    known = [evidence.dated(minimum_rule(symbol)) for symbol in SYMBOLS]
    return [
        (np.array(starts, np.int64), np.array([0, *(value or 0 for value in values)], np.int64))
        for starts, values in known
    ]


def minimums(dated: Minimums, instrument: Codes, time_us: Ints) -> Ints:
    """Return the minimum in force for each order, 0 where there is none; times are in order."""
    least = np.zeros(len(time_us), np.int64)
    if not len(time_us):
        return least
    now = np.zeros(len(dated) + 1, np.int64)
    for place, (starts, amounts) in enumerate(dated):
        now[place] = amounts[np.searchsorted(starts, time_us[0], side="right")]
    least = now[instrument]
    for place, (starts, amounts) in enumerate(dated):
        low, high = np.searchsorted(starts, [time_us[0], time_us[-1]], side="right")
        if low < high:
            mine = instrument == place
            least[mine] = amounts[np.searchsorted(starts, time_us[mine], side="right")]
    return least
