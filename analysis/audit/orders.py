"""The orders of a stretch from acceptance to end: what each had left at every fill, and when it was gone.

An order that still has lots left when the stretch ends is carried into the next: memory is bounded by
live orders. At log level `trades` only the orders of clients are in the log; fills of others then have
no row here (-1).
"""

from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from analysis.audit.grids import BUY, LOT, TICK_LOT
from analysis.audit.people import NEVER, People, Steps, fee_minor
from analysis.audit.stretches import Codes, Columns, Ints, Stretch

if TYPE_CHECKING:
    from analysis.audit.evidence import Evidence

_TERMS = ("order", "birth", "client", "instrument", "side", "type", "life", "price", "lots")
_CODES = ("instrument", "side", "type", "life")


def hold_minor(side: Codes, instrument: Codes, price: Ints, lots: Ints, rate_ppm: Ints) -> Ints:
    """Return what is held behind so many lots of each order, in the asset it pays with."""
    notional = price * lots * TICK_LOT[instrument]
    return np.where(side == BUY, notional + fee_minor(notional, rate_ppm), lots * LOT[instrument])


@attrs.define(eq=False)
class Lives:
    """Orders alive in a stretch; arrays of shape [orders], those carried in first, by order number."""

    order: Ints
    birth: Ints
    """Seq of the acceptance."""
    client: Ints
    instrument: Codes
    side: Codes
    type: Codes
    life: Codes
    """TimeInForce code."""
    price: Ints
    lots: Ints
    hold_ppm: Ints
    """Fee rate that the order's hold includes, as it was at the acceptance."""
    hold: Ints
    """What was held behind the whole order, minor units of the asset it pays with."""
    filled: Ints
    """Lots filled before the stretch."""
    carried: int
    """How many were carried in; the others were accepted in the stretch, in order."""
    repeated: NDArray[np.bool_]
    """For each order accepted in the stretch: whether its number was used before."""

    death: Ints = attrs.field(init=False)
    """Seq of the event that left it no lots; NEVER while it lives."""
    left: Ints = attrs.field(init=False)
    """Lots left at the end of the stretch."""
    taker_row: Ints = attrs.field(init=False)
    maker_row: Ints = attrs.field(init=False)
    """Row of each trade's orders, -1 where the order is not alive or not in the log."""
    taker_before: Ints = attrs.field(init=False)
    maker_before: Ints = attrs.field(init=False)
    """Lots that each trade's orders had left before it."""
    cancel_row: Ints = attrs.field(init=False)
    cancel_before: Ints = attrs.field(init=False)
    """The same of each cancellation."""

    def find(self, order: Ints) -> Ints:
        """Return the row of each order number, -1 for those that are not in the stretch."""
        if not len(self.order):
            return np.full(len(order), -1, np.int64)
        fresh = self.order[self.carried :]
        if len(fresh) and fresh[-1] - fresh[0] == len(fresh) - 1 and not self.repeated.any():
            # Numbers follow each other, as a platform's counter gives them: no search is needed.
            place: Ints = order - (fresh[0] - self.carried)
            old = np.flatnonzero((place < self.carried) | (place >= len(self.order)))
            place[old] = self._search(order[old])
            return place
        return self._search(order)

    def _search(self, order: Ints) -> Ints:
        place = np.searchsorted(self.order, order)
        place[place == len(self.order)] = 0
        return np.where(self.order[place] == order, place, -1)

    def follow(self, trades: Columns, cancelled: Columns) -> None:
        """Work out every order's fills and end from the stretch's trades and cancellations."""
        self.death = np.full(len(self.order), NEVER, np.int64)
        self.left = self.lots - self.filled
        self.taker_row = self.find(trades["taker_order"])
        self.maker_row = self.find(trades["maker_order"])
        self.cancel_row = self.find(cancelled["order"])
        self._fill(trades)
        self._cancel(trades, cancelled)

    def _fill(self, trades: Columns) -> None:
        row = np.concatenate([self.taker_row, self.maker_row])
        seq = np.concatenate([trades.seq, trades.seq])
        lots = np.concatenate([trades["quantity_lots"], trades["quantity_lots"]])
        before = np.zeros(len(row), np.int64)
        known = np.flatnonzero(row >= 0)
        known = known[np.lexsort((seq[known], row[known]))]
        rows, lots = row[known], lots[known]
        total = np.cumsum(lots)
        starts = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]]) if len(rows) else rows
        base = np.repeat(total[starts] - lots[starts], np.diff(np.r_[starts, len(rows)]))
        filled = total - base
        before[known] = self.left[rows] - (filled - lots)
        after = self.left[rows] - filled
        empty = known[(after <= 0) & (after + lots > 0)]
        self.death[row[empty]] = seq[empty]
        ends = np.r_[starts[1:], len(rows)] - 1 if len(rows) else rows
        self.left[rows[ends]] = after[ends]
        half = len(self.taker_row)
        self.taker_before, self.maker_before = before[:half], before[half:]

    def _cancel(self, trades: Columns, cancelled: Columns) -> None:
        """End cancelled orders; a fill after the cancellation is none of the lots it had left."""
        row, seq = self.cancel_row, cancelled.seq
        known = row >= 0
        before = np.zeros(len(row), np.int64)
        before[known] = self.left[row[known]]
        cancelled_at = np.full(len(self.order), NEVER, np.int64)
        # Backwards, so that the first cancellation of an order is the one that counts.
        cancelled_at[row[known][::-1]] = seq[known][::-1]
        for party in (self.taker_row, self.maker_row):
            late = np.flatnonzero((party >= 0) & (trades.seq > cancelled_at[party]))
            for place in late:
                again = row == party[place]
                before[again] += np.where(
                    seq[again] < trades.seq[place], trades["quantity_lots"][place], 0
                )
        before[known & (seq > cancelled_at[row])] = 0
        self.cancel_before = before
        np.minimum(self.death, cancelled_at, out=self.death)
        self.left[row[known]] = 0


class OrderBook:
    """Carries live orders from one stretch to the next."""

    def __init__(self, evidence: "Evidence", clients: People, hold_rates: Steps) -> None:
        self._clients = clients
        self._hold_rates = hold_rates
        self._largest = 0
        self._live: dict[str, Ints] = {
            name: np.empty(0, np.uint8 if name in _CODES else np.int64)
            for name in (*_TERMS, "hold_ppm", "hold", "filled")
        }
        self.evidence = evidence

    def enter(self, stretch: Stretch) -> Lives:
        """Return the lives of a stretch; call it for each, in order."""
        accepted = stretch.accepted
        code = self._clients.code[self._clients.account(accepted["client"])]
        fresh = {
            "order": accepted["order"],
            "birth": accepted.seq,
            "client": accepted["client"],
            "instrument": accepted["instrument"],
            "side": accepted["side"],
            "type": accepted["order_type"],
            "life": accepted["time_in_force"],
            "price": accepted["price_ticks"],
            "lots": accepted["quantity_lots"],
            "hold_ppm": self._hold_rates.at(code, accepted.seq),
            "filled": np.zeros(len(accepted), np.int64),
        }
        fresh["hold"] = hold_minor(
            fresh["side"], fresh["instrument"], fresh["price"], fresh["lots"], fresh["hold_ppm"]
        )
        number = fresh["order"]
        highest = np.maximum.accumulate(np.r_[self._largest, number])
        repeated = number <= highest[:-1]
        carried = len(self._live["order"])
        terms = {name: np.concatenate([self._live[name], fresh[name]]) for name in fresh}
        self._largest = int(highest[-1])
        if repeated.any():
            # Numbers out of order are an offence; later look-ups need them in order all the same.
            order = np.argsort(terms["order"], kind="stable")
            terms = {name: column[order] for name, column in terms.items()}
        lives = Lives(**terms, carried=carried, repeated=repeated)
        lives.follow(stretch.trades, stretch.cancelled)
        alive = np.flatnonzero(lives.death == NEVER)
        self._live = {name: column[alive] for name, column in terms.items()}
        self._live["filled"] = lives.lots[alive] - lives.left[alive]
        return lives
