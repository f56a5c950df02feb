"""The orders of a stretch from acceptance to end: what each had left at every fill, and when it was gone.

An order that still has lots left when the stretch ends is carried into the next: memory is bounded by
live orders. At log level `trades` only the orders of clients are in the log; fills of others then have
no row here (-1).
"""

import attrs
import numpy as np
from numpy.typing import NDArray

from analysis.audit.columns import Codes, Columns, Ints
from analysis.audit.grids import ASSETS_N, BUY, LOT, PAYS, TICK_LOT
from analysis.audit.people import NEVER, People, Steps, fee_minor
from analysis.audit.stretches import Stretch

_COLUMNS = {
    "order": "order",
    "birth": "seq",
    "client": "client",
    "instrument": "instrument",
    "side": "side",
    "type": "order_type",
    "life": "time_in_force",
    "price": "price_ticks",
    "lots": "quantity_lots",
}
"""Terms of an order by the column of the log that says them."""
_CODES = ("instrument", "side", "type", "life")
_DERIVED = ("hold_ppm", "hold", "purse", "left")


def hold_minor(side: Codes, instrument: Codes, notional: Ints, lots: Ints, rate_ppm: Ints) -> Ints:
    """Return what is held behind so many lots of each order, in the asset it pays with."""
    return np.where(side == BUY, notional + fee_minor(notional, rate_ppm), lots * LOT[instrument])


@attrs.frozen(eq=False)
class Sent:
    """What follows from the terms of the orders accepted in a stretch; shape [accepted orders]."""

    account: Ints
    """Place of the client among `People`."""
    code: NDArray[np.int8]
    """Class of the client, NO_CLASS for who has none."""
    notional: Ints
    """Value at the limit price, quote minor units."""
    hold_ppm: Ints
    """Fee rate that the order's hold includes."""
    hold: Ints
    """What is held behind the order, minor units of the asset it pays with."""
    purse: Ints
    """Key of the account that it pays from: place of the client times assets, and the asset."""


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
    purse: Ints
    """Key of the account that it pays from."""
    left: Ints
    """Lots left at the beginning of the stretch and, once it is followed, at its end."""
    carried: int
    """How many were carried in; the others were accepted in the stretch, in order."""
    repeated: NDArray[np.bool_]
    """For each order accepted in the stretch: whether its number was used before."""

    death: Ints = attrs.field(init=False)
    """Seq of the event that left it no lots; NEVER while it lives."""
    taker_row: Ints = attrs.field(init=False)
    maker_row: Ints = attrs.field(init=False)
    """Row of each trade's orders, -1 where the order is not alive then, or not in the log."""
    taker_before: Ints = attrs.field(init=False)
    maker_before: Ints = attrs.field(init=False)
    """Lots that each trade's orders had left before it."""
    cancel_row: Ints = attrs.field(init=False)
    cancel_before: Ints = attrs.field(init=False)
    """The same of each cancellation."""
    cancel_birth: Ints = attrs.field(init=False)
    """Seq of the acceptance of each cancelled order, 0 where it is not alive."""
    _in_turn: bool = attrs.field(init=False)
    """Whether the numbers accepted in the stretch follow each other, as a counter gives them."""

    def __attrs_post_init__(self) -> None:
        fresh = self.order[self.carried :]
        self._in_turn = (
            len(fresh) > 0
            and bool(fresh[-1] - fresh[0] == len(fresh) - 1)
            and not self.repeated.any()
        )

    def find(self, order: Ints) -> Ints:
        """Return the row of each order number, -1 for those that are not in the stretch."""
        if not len(self.order):
            return np.full(len(order), -1, np.int64)
        if not self._in_turn:
            return self._search(order)
        # No search is needed but for the orders that were carried in.
        row: Ints = order - (self.order[self.carried] - self.carried)
        old = np.flatnonzero((row < self.carried) | (row >= len(self.order)))
        row[old] = self._search(order[old])
        return row

    def _search(self, order: Ints) -> Ints:
        place = np.searchsorted(self.order, order)
        place[place == len(self.order)] = 0
        return np.where(self.order[place] == order, place, -1)

    def follow(self, trades: Columns, cancelled: Columns) -> None:
        """Work out every order's fills and end from the stretch's trades and cancellations.

        A fill or cancellation of an order that is not alive then is none of it, in this stretch or another.
        """
        self.death = np.full(len(self.order), NEVER, np.int64)
        self.taker_row = self.find(trades["taker_order"])
        self.maker_row = self.find(trades["maker_order"])
        self.cancel_row = self.find(cancelled["order"])
        if not len(self.order):
            self.taker_before = self.maker_before = np.zeros(len(trades), np.int64)
            self.cancel_before = self.cancel_birth = np.zeros(len(cancelled), np.int64)
            return
        self.cancel_birth = self.birth[self.cancel_row]
        self._end_cancelled(cancelled.seq)
        self._fill(trades)
        self._settle_cancelled(cancelled.seq)

    def _end_cancelled(self, seq: Ints) -> None:
        """Let each cancelled order die at its first cancellation."""
        row = self.cancel_row
        known = (row >= 0) & (self.cancel_birth < seq)
        if not known.all():
            row, seq = row[known], seq[known]
        # Backwards, so that the first cancellation of an order is the one that counts.
        self.death[row[::-1]] = seq[::-1]

    def _fill(self, trades: Columns) -> None:
        """Take each fill from what its order has left."""
        row = np.concatenate([self.taker_row, self.maker_row])
        seq = np.concatenate([trades.seq, trades.seq])
        lots = np.concatenate([trades["quantity_lots"], trades["quantity_lots"]])
        alive = (row >= 0) & (self.birth[row] < seq) & (seq < self.death[row])
        known = np.flatnonzero(alive)
        known = known[np.lexsort((seq[known], row[known]))]
        rows, lots = row[known], lots[known]
        total = np.cumsum(lots)
        new = np.ones(len(rows), np.bool_)
        np.not_equal(rows[1:], rows[:-1], out=new[1:])
        starts = np.flatnonzero(new)
        base = np.repeat(total[starts] - lots[starts], np.diff(starts, append=len(rows)))
        after = self.left[rows] - (total - base)
        before = np.zeros(len(row), np.int64)
        before[known] = after + lots
        # What comes after the fill that left nothing is none of the order's.
        alive &= before > 0
        row[~alive], before[~alive] = -1, 0
        empty = known[(after <= 0) & alive[known]]
        self.death[row[empty]] = seq[empty]
        # Of an order's fills the last one is written last.
        self.left[rows] = after
        half = len(trades)
        self.taker_row, self.maker_row = row[:half], row[half:]
        self.taker_before, self.maker_before = before[:half], before[half:]

    def _settle_cancelled(self, seq: Ints) -> None:
        """Work out what each cancelled order had left."""
        row = self.cancel_row
        self.cancel_before = self.left[row]
        # An order that was filled, or cancelled before, is not alive; nor is one without a row.
        gone = np.flatnonzero((self.death[row] != seq) | (row < 0))
        row[gone] = -1
        self.cancel_before[gone] = self.cancel_birth[gone] = 0
        self.left[row[row >= 0] if len(gone) else row] = 0


class OrderBook:
    """Carries live orders from one stretch to the next."""

    def __init__(self, clients: People, hold_rates: Steps) -> None:
        self._clients = clients
        self._hold_rates = hold_rates
        self._largest = 0
        self._live: dict[str, Ints] = {
            name: np.empty(0, np.uint8 if name in _CODES else np.int64)
            for name in (*_COLUMNS, *_DERIVED)
        }

    def enter(self, stretch: Stretch) -> None:
        """Give a stretch its orders; call it for each, in order."""
        stretch.sent = self._sent(stretch.accepted)
        stretch.lives = self._lives(stretch.accepted, stretch.sent)
        stretch.lives.follow(stretch.trades, stretch.cancelled)
        self._carry(stretch.lives)

    def _sent(self, accepted: Columns) -> Sent:
        side, instrument = accepted["side"], accepted["instrument"]
        account = self._clients.account(accepted["client"])
        code = self._clients.code[account]
        lots = accepted["quantity_lots"]
        notional = accepted["price_ticks"] * lots * TICK_LOT[instrument]
        hold_ppm = self._hold_rates.at(code, accepted.seq)
        return Sent(
            account=account,
            code=code,
            notional=notional,
            hold_ppm=hold_ppm,
            hold=hold_minor(side, instrument, notional, lots, hold_ppm),
            purse=account * ASSETS_N + PAYS[side, instrument],
        )

    def _lives(self, accepted: Columns, sent: Sent) -> Lives:
        fresh = {name: accepted[column] for name, column in _COLUMNS.items()}
        fresh |= {"hold_ppm": sent.hold_ppm, "hold": sent.hold, "purse": sent.purse}
        fresh["left"] = fresh["lots"]
        number = fresh["order"]
        repeated = self._repeated(number)
        carried = len(self._live["order"])
        terms = {name: np.concatenate([self._live[name], fresh[name]]) for name in fresh}
        if repeated.any():
            # Numbers out of order are an offence; later look-ups need them in order all the same.
            order = np.argsort(terms["order"], kind="stable")
            terms = {name: column[order] for name, column in terms.items()}
        return Lives(**terms, carried=carried, repeated=repeated)

    def _repeated(self, number: Ints) -> NDArray[np.bool_]:
        """Return which order numbers are not above every earlier one."""
        repeated = np.zeros(len(number), np.bool_)
        if len(number):
            highest = np.maximum.accumulate(number)
            np.less_equal(number[1:], highest[:-1], out=repeated[1:])
            repeated |= number <= self._largest
            self._largest = max(self._largest, int(highest[-1]))
        return repeated

    def _carry(self, lives: Lives) -> None:
        alive = np.flatnonzero(lives.death == NEVER)
        self._live = {name: getattr(lives, name)[alive] for name in self._live}
