"""What each event did to clients' balances, and what they were before any event of a stretch.

A balance is what came in less what was asked out, plus and minus trades and fees. Of it a part is held:
behind a buy order its notional at the limit price and the higher fee on what is left of it, behind a sell
order its coins. Accounts are clients times assets; arrays are int64 minor units.
"""

from typing import TYPE_CHECKING

import attrs
import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.audit.grids import ASSETS_N, BASE, BUY, LOT, PAYS, QUOTE, TICK_LOT
from analysis.audit.orders import Lives, hold_minor
from analysis.audit.people import People
from analysis.audit.stretches import Columns, Ints, Stretch
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

Leg = tuple[Ints, Ints, Ints, Ints]
"""Seq, account key, change of the balance, change of the held part; shape [legs] each."""


@attrs.define(eq=False)
class Postings:
    """Every change in a stretch, by account and then by seq; arrays of shape [changes]."""

    key: Ints
    seq: Ints
    total: Ints
    """Balance after the change."""
    held: Ints
    """Held part after the change."""
    change: Ints
    """What the event did to the balance."""
    settled: NDArray[np.bool_]
    """Whether the event's changes to this account are all done."""
    first_seq: int
    span: int
    _code: Ints
    opening_total: Ints
    """Every account's balance before the stretch, shape [accounts]."""
    opening_held: Ints

    def before(self, key: Ints, seq: Ints) -> tuple[Ints, Ints]:
        """Return balance and held part of each account just before the event of each seq."""
        place = np.searchsorted(self._code, key * self.span + (seq - self.first_seq)) - 1
        mine = (place >= 0) & (self.key[place] == key) if len(self.key) else place >= 0
        total, held = self.opening_total[key], self.opening_held[key]
        total[mine], held[mine] = self.total[place[mine]], self.held[place[mine]]
        return total, held


class Accounts:
    """Carries every account's balance from one stretch to the next."""

    def __init__(self, evidence: "Evidence", clients: People) -> None:
        self._clients = clients
        self._total = np.zeros(len(clients) * ASSETS_N, np.int64)
        self._held = np.zeros(len(clients) * ASSETS_N, np.int64)
        self._movements = _movements(evidence, clients)

    def key(self, client: Ints, asset: Ints) -> Ints:
        """Return the account key of clients and places of assets."""
        return self._clients.account(client) * ASSETS_N + asset

    def enter(self, stretch: Stretch) -> Postings:
        """Return the postings of a stretch; call it for each, in order."""
        lives = stretch.lives
        legs = [
            self._accepted(stretch.accepted, lives),
            self._cancelled(stretch.cancelled, lives),
            *self._traded(stretch.trades, lives),
            self._moved(stretch),
        ]
        seq, key, total, held = (np.concatenate(column) for column in zip(*legs, strict=True))
        span = stretch.last_seq - stretch.first_seq + 2
        order = self._order(key, seq)
        key, seq = key[order], seq[order]
        code = key * span + (seq - stretch.first_seq)
        settled = np.r_[code[1:] != code[:-1], [True]] if len(code) else np.empty(0, np.bool_)
        opening = self._total.copy(), self._held.copy()
        changed = total[order]
        after_total = _running(key, changed, opening[0])
        after_held = _running(key, held[order], opening[1])
        last = np.flatnonzero(np.r_[key[1:] != key[:-1], [True]]) if len(key) else key
        self._total[key[last]] = after_total[last]
        self._held[key[last]] = after_held[last]
        return Postings(
            key,
            seq,
            after_total,
            after_held,
            changed,
            settled,
            stretch.first_seq,
            span,
            code,
            *opening,
        )

    def _order(self, key: Ints, seq: Ints) -> Ints:
        """Return the places of changes by account and then by seq."""
        # The changes come as a few runs in order of seq, which a stable sort merges quickly; what is left
        # is a sort of small numbers, one an account that occurs.
        by_seq = np.argsort(seq, kind="stable")
        occurs = np.zeros(len(self._total), np.bool_)
        occurs[key] = True
        rank = np.cumsum(occurs) - 1
        small = np.uint16 if rank[-1] < np.iinfo(np.uint16).max else np.int64
        by_account = np.argsort(rank.astype(small)[key[by_seq]], kind="stable")
        return by_seq[by_account]

    def _accepted(self, accepted: Columns, lives: Lives) -> Leg:
        asset = PAYS[accepted["side"], accepted["instrument"]]
        held = lives.hold[lives.carried :]
        if lives.repeated.any():
            held = lives.hold[lives.find(accepted["order"])]
        return accepted.seq, self.key(accepted["client"], asset), np.zeros_like(held), held

    def _cancelled(self, cancelled: Columns, lives: Lives) -> Leg:
        row, before, seq = lives.cancel_row, lives.cancel_before, cancelled.seq
        if (row < 0).any():
            known = np.flatnonzero(row >= 0)
            row, before, seq = row[known], before[known], seq[known]
        freed = lives.hold[row]
        part = np.flatnonzero(before != lives.lots[row])
        freed[part] = _hold(lives, row[part], before[part])
        asset = PAYS[lives.side[row], lives.instrument[row]]
        return seq, self.key(lives.client[row], asset), np.zeros_like(freed), -freed

    def _traded(self, trades: Columns, lives: Lives) -> list[Leg]:
        instrument, lots = trades["instrument"], trades["quantity_lots"]
        notional = trades["price_ticks"] * lots * TICK_LOT[instrument]
        coins = lots * LOT[instrument]
        legs = []
        for party, bought in (
            ("taker", trades["taker_side"] == BUY),
            ("maker", trades["taker_side"] != BUY),
        ):
            taking = party == "taker"
            row = lives.taker_row if taking else lives.maker_row
            before = lives.taker_before if taking else lives.maker_before
            freed = _freed(lives, row, before, lots)
            sign = np.where(bought, 1, -1)
            client = trades[party]
            paid = -sign * notional - trades[f"{party}_fee_minor"]
            legs += [
                (
                    trades.seq,
                    self.key(client, QUOTE[instrument]),
                    paid,
                    np.where(bought, -freed, 0),
                ),
                (
                    trades.seq,
                    self.key(client, BASE[instrument]),
                    sign * coins,
                    np.where(bought, 0, -freed),
                ),
            ]
        return legs

    def _moved(self, stretch: Stretch) -> Leg:
        seq, key, change = self._movements
        low, high = np.searchsorted(seq, [stretch.first_seq, stretch.last_seq + 1])
        moved = change[low:high]
        return seq[low:high], key[low:high], moved, np.zeros_like(moved)


def _freed(lives: Lives, row: Ints, before: Ints, lots: Ints) -> Ints:
    """Return what each fill frees of its order's hold; nothing where the order is not in the log."""
    freed = np.zeros(len(row), np.int64)
    known = np.flatnonzero(row >= 0)
    mine, left = row[known], before[known]
    freed[known] = _hold(lives, mine, left) - _hold(lives, mine, left - lots[known])
    return freed


def _hold(lives: Lives, row: Ints, lots: Ints) -> Ints:
    """Return what is held behind so many lots of the orders in these rows."""
    return hold_minor(
        lives.side[row], lives.instrument[row], lives.price[row], lots, lives.hold_ppm[row]
    )


def _running(key: Ints, change: Ints, opening: Ints) -> Ints:
    """Return each account's running sum; accounts lie together and begin at their opening."""
    if not len(key):
        return change
    total = np.cumsum(change)
    starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    base = opening[key[starts]] - (total[starts] - change[starts])
    running: Ints = total + np.repeat(base, np.diff(np.r_[starts, len(key)]))
    return running


def _movements(evidence: "Evidence", clients: People) -> tuple[Ints, Ints, Ints]:
    """Return seq, account key and change of every movement in and out, in order of seq."""
    rows = pl.concat(
        [
            evidence.table(kind).select("seq", "client", "asset", pl.col("amount_minor") * sign)
            for kind, sign in MOVEMENTS.items()
        ]
    ).sort("seq")
    asset = np.array([ASSET_INDEX[code] for code in rows["asset"]], np.int64)
    key = clients.account(rows["client"].to_numpy()) * ASSETS_N + asset
    return rows["seq"].to_numpy(), key, rows["amount_minor"].to_numpy()
