"""What each event did to clients' balances, and what they were before any event of a stretch.

A balance is what came in less what was asked out, plus and minus trades and fees. Of it a part is held:
behind a buy order its notional at the limit price and the higher fee on what is left of it, behind a sell
order its coins. The rest is available. Accounts are clients times assets; arrays are int64 minor units.
"""

from collections import deque
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.audit.columns import Columns, Ints
from analysis.audit.grids import ASSETS_N, BASE, BUY, LOT, QUOTE, TICK_LOT
from analysis.audit.orders import Lives, hold_minor
from analysis.audit.people import People
from analysis.audit.stretches import Stretch
from sim.units import ASSET_INDEX

if TYPE_CHECKING:
    from analysis.audit.evidence import Evidence

MOVEMENTS = {
    "deposit_credited": 1,
    "coin_deposited": 1,
    "withdrawal_requested": -1,
    "coin_withdrawal_requested": -1,
}
"""Control events that change a client's balance, and in which direction."""

_COPIES = 3
"""One for the stretch that is judged, one for the stretch that is entered, one for the next."""

Leg = tuple[Ints, Ints, Ints]
"""Seq, account key and change, shape [legs] each."""


class Running:
    """Every change of a stretch by account and then by seq, and the sums up to each; shape [changes]."""

    def __init__(self, legs: list[Leg], opening: Ints, first_seq: int, span: int) -> None:
        """Add the legs up from every account's `opening`, shape [accounts]."""
        self.opening = opening
        """Every account's sum before the stretch."""
        self._first_seq, self._span = first_seq, span
        seq, key, change = (np.concatenate(column) for column in zip(*legs, strict=True))
        order = _by_account(key, seq, len(opening))
        self.key: Ints = key[order]
        self.seq: Ints = seq[order]
        self.after: Ints = change[order]
        """The account's sum after the change."""
        self._starts = _starts(self.key)
        self.keys: Ints = self.key[self._starts]
        """The accounts that change, in order."""
        before = opening[self.keys]
        self.closing: Ints = before.copy()
        """Their sums after the stretch."""
        if len(order):
            self.closing += np.add.reduceat(self.after, self._starts)
            # One running sum for all: where an account begins, it steps from the last one's end.
            before[1:] -= self.closing[:-1]
            self.after[self._starts] += before
            np.cumsum(self.after, out=self.after)

    @property
    def change(self) -> Ints:
        """Return what each change was."""
        change: Ints = np.diff(self.after, prepend=0)
        change[self._starts] = self.after[self._starts] - self.opening[self.keys]
        return change

    @property
    def settled(self) -> NDArray[np.bool_]:
        """Whether the event's changes to this account are all done."""
        settled = np.ones(len(self.key), np.bool_)
        np.not_equal(self.seq[1:], self.seq[:-1], out=settled[:-1])
        # The last change before another account begins.
        settled[self._starts[1:] - 1] = True
        return settled

    @cached_property
    def _code(self) -> Ints:
        return self.key * self._span + (self.seq - self._first_seq)

    def before(self, key: Ints, seq: Ints) -> Ints:
        """Return each account's sum just before the event of each seq."""
        found = self.opening[key]
        if len(self.key):
            place = np.searchsorted(self._code, key * self._span + (seq - self._first_seq)) - 1
            mine = np.flatnonzero((place >= 0) & (self.key[place] == key))
            found[mine] = self.after[place[mine]]
        return found


def _starts(key: Ints) -> Ints:
    """Return where each account begins among keys in order."""
    new = np.ones(len(key), np.bool_)
    np.not_equal(key[1:], key[:-1], out=new[1:])
    return np.flatnonzero(new)


class Sums:
    """Every account's sum, from one stretch to the next.

    While a stretch is judged by its opening sums the next one is entered. So the sums are kept three times
    over, each moved on in its turn by what the last three stretches changed: nothing is copied whole.
    """

    def __init__(self, accounts: int) -> None:
        self._copies = [np.zeros(accounts, np.int64) for _ in range(_COPIES)]
        self._last: deque[Running] = deque(maxlen=_COPIES)

    def add(self, legs: list[Leg], stretch: Stretch) -> Running:
        """Add the legs of a stretch up; the stretch before the last one must have been judged."""
        opening = self._copies[0]
        span = stretch.last_seq - stretch.first_seq + 2
        found = Running(legs, opening, stretch.first_seq, span)
        self._last.append(found)
        self._copies = [*self._copies[1:], opening]
        for running in self._last:
            self._copies[0][running.keys] = running.closing
        return found


def _by_account(key: Ints, seq: Ints, accounts: int) -> Ints:
    """Return the places of changes by account and then by seq."""
    # The changes come as a few runs in order of seq, which a stable sort merges quickly; what is left
    # is a sort of small numbers, one an account that occurs.
    by_seq = np.argsort(seq, kind="stable")
    occurs = np.zeros(accounts, np.bool_)
    occurs[key] = True
    keys = np.flatnonzero(occurs)
    small = np.uint16 if len(keys) <= 1 << 16 else np.int64
    rank = np.empty(accounts, small)
    rank[keys] = np.arange(len(keys), dtype=small)
    return by_seq[np.argsort(rank[key][by_seq], kind="stable")]


class Accounts:
    """Carries every account's balance, and what of it is available, from one stretch to the next."""

    def __init__(self, evidence: "Evidence", clients: People) -> None:
        self._clients = clients
        self._balances = Sums(len(clients) * ASSETS_N)
        self._available = Sums(len(clients) * ASSETS_N)
        self._movements = _movements(evidence, clients)

    def enter(self, stretch: Stretch) -> None:
        """Give a stretch its postings; call it for each, in order."""
        lives, moved = stretch.lives, self._moved(stretch)
        traded, freed = self._traded(stretch.trades, lives)
        holds = (stretch.accepted.seq, stretch.sent.purse, -stretch.sent.hold)
        stretch.balances = self._balances.add([*traded, moved], stretch)
        stretch.available = self._available.add(
            [holds, _cancelled(stretch.cancelled, lives), *traded, *freed, moved], stretch
        )

    def _traded(self, trades: Columns, lives: Lives) -> tuple[list[Leg], list[Leg]]:
        """Return what trades did to balances, and what of holds they set free."""
        instrument, lots = trades["instrument"], trades["quantity_lots"]
        notional = trades["price_ticks"] * lots * TICK_LOT[instrument]
        coins = lots * LOT[instrument]
        traded, freed = [], []
        for party, bought, row, before in (
            ("taker", trades["taker_side"] == BUY, lives.taker_row, lives.taker_before),
            ("maker", trades["taker_side"] != BUY, lives.maker_row, lives.maker_before),
        ):
            sign = np.where(bought, 1, -1)
            base = self._clients.account(trades[party]) * ASSETS_N
            quote, base = base + QUOTE[instrument], base + BASE[instrument]
            traded += [
                (trades.seq, quote, -sign * notional - trades[f"{party}_fee_minor"]),
                (trades.seq, base, sign * coins),
            ]
            purse = np.where(bought, quote, base)
            freed.append((trades.seq, purse, _freed(lives, row, before, lots)))
        return traded, freed

    def _moved(self, stretch: Stretch) -> Leg:
        seq, key, change = self._movements
        low, high = np.searchsorted(seq, [stretch.first_seq, stretch.last_seq + 1])
        return seq[low:high], key[low:high], change[low:high]


def _cancelled(cancelled: Columns, lives: Lives) -> Leg:
    row, before, seq = lives.cancel_row, lives.cancel_before, cancelled.seq
    if (row < 0).any():
        known = np.flatnonzero(row >= 0)
        row, before, seq = row[known], before[known], seq[known]
    freed = lives.hold[row]
    part = np.flatnonzero(before != lives.lots[row])
    freed[part] = _hold(lives, row[part], before[part])
    return seq, lives.purse[row], freed


def _freed(lives: Lives, row: Ints, before: Ints, lots: Ints) -> Ints:
    """Return what each fill frees of its order's hold; nothing where the order is not in the log."""
    freed = np.zeros(len(row), np.int64)
    known = np.flatnonzero(row >= 0)
    mine, left = row[known], before[known]
    freed[known] = _hold(lives, mine, left) - _hold(lives, mine, left - lots[known])
    return freed


def _hold(lives: Lives, row: Ints, lots: Ints) -> Ints:
    """Return what is held behind so many lots of the orders in these rows."""
    instrument = lives.instrument[row]
    notional = lives.price[row] * lots * TICK_LOT[instrument]
    return hold_minor(lives.side[row], instrument, notional, lots, lives.hold_ppm[row])


def _movements(evidence: "Evidence", clients: People) -> Leg:
    """Return seq, account key and change of every movement in and out, in order of seq."""
    rows = pl.concat(
        [
            evidence.table(kind).select("seq", "client", "asset", pl.col("amount_minor") * sign)
            for kind, sign in MOVEMENTS.items()
        ]
    ).sort("seq")
    asset = rows["asset"].replace_strict(ASSET_INDEX, return_dtype=pl.Int64).to_numpy()
    key = clients.account(rows["client"].to_numpy()) * ASSETS_N + asset
    return rows["seq"].to_numpy(), key, rows["amount_minor"].to_numpy()
