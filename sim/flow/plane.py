"""The order plane as the rest of the platform sees it: a projection of control events, and balances.

Control events change the plane (`apply`), the market process advances it (`advance`), and the journal
collects what it wrote (`drain`). Sequence numbers are shared: the plane takes the next ones from the
journal before it runs and hands the counter back after.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sim.events import (
    ClientActivated,
    CoinDeposited,
    CoinWithdrawalRequested,
    DepositCredited,
    Event,
    ExposureLimitSet,
    FeesSet,
    PairOpened,
    ParticipantRegistered,
    RuleChanged,
    WithdrawalRequested,
)
from sim.events.codes import CancelReason, ClientClass
from sim.flow.arena import Arena
from sim.flow.frames import frames, minimum_rule
from sim.flow.kernel import advance, cancel, first_look, next_look
from sim.flow.layout import (
    ACTIVE,
    AVAILABLE,
    CENTRE,
    CLASS,
    EVENTS,
    FEES,
    FEES_COLLECTED,
    HELD,
    INSTRUMENT,
    INSTRUMENT_WIDTH,
    INSTRUMENTS_N,
    LADDER,
    LIMIT,
    MINIMUM_MINOR,
    NOW,
    PAIR_STATUS,
    RESTING_INSTRUMENT,
    RESTING_ORDER,
    ROW_TABLE,
    ROWS,
    SEQ,
    STOP_ROWS_FULL,
    STOP_UNTIL,
    TRADER,
    TRADES,
    Ints,
)
from sim.matching.core import resting_orders
from sim.quantities import parse_money
from sim.units import ASSET_CODES, ASSET_INDEX, INSTRUMENT_INDEX, SYMBOLS

if TYPE_CHECKING:
    import polars as pl


class Sequence(Protocol):
    """The journal's counter of events."""

    @property
    def next_seq(self) -> int:
        """Seq of the next event."""

    def reserve(self, next_seq: int) -> None:
        """Take the sequence numbers below `next_seq` for rows that `drain` will hand over."""

    def collect(self) -> None:
        """Ask for the rows written so far, by calling `drain`."""


class OrderPlane:
    """Books, trading balances and agents, advanced by a compiled kernel."""

    def __init__(self, arena: Arena, journal: Sequence) -> None:
        self.arena = arena
        self._words = arena.words
        self._journal = journal
        self._available = arena.table(AVAILABLE)
        self._minimum_rules = {minimum_rule(symbol): index for index, symbol in enumerate(SYMBOLS)}

    # -- what the control plane reads -------------------------------------------------------------

    def available(self, client: int, asset: str) -> int:
        """Minor units a client may trade with or withdraw now."""
        return int(self._available[client, ASSET_INDEX[asset]])

    def held(self, client: int, asset: str) -> int:
        """Minor units held behind a client's resting orders."""
        return int(self.arena.table(HELD)[client, ASSET_INDEX[asset]])

    def totals(self) -> dict[str, int]:
        """Minor units of each asset over all clients, held amounts included."""
        sums = self._available.sum(axis=0) + self.arena.table(HELD).sum(axis=0)
        return {code: int(sums[index]) for index, code in enumerate(ASSET_CODES)}

    def fees_collected(self) -> dict[str, int]:
        """Minor units of each asset taken as trading fees since the start."""
        return {
            code: int(self._words[FEES_COLLECTED + index]) for index, code in enumerate(ASSET_CODES)
        }

    @property
    def order_events(self) -> int:
        """Order events so far, whether the log level keeps them or not."""
        return int(self._words[EVENTS])

    @property
    def trades(self) -> int:
        """Fills so far."""
        return int(self._words[TRADES])

    def resting(self) -> dict[str, Ints]:
        """Resting orders of each book in priority order: side, price, order, account, lots per row."""
        return {
            symbol: resting_orders(book)
            for symbol, book in zip(SYMBOLS, self.arena.books, strict=True)
        }

    # -- time --------------------------------------------------------------------------------------

    def advance(self, until_us: int) -> None:
        """Run every wake-up before an instant and log what happened."""
        self._words[SEQ] = self._journal.next_seq
        while (stopped := advance(self._words, until_us)) != STOP_UNTIL:
            if stopped == STOP_ROWS_FULL:
                self._journal.reserve(int(self._words[SEQ]))
                self._journal.collect()
            else:
                self.arena.make_room()
        self._journal.reserve(int(self._words[SEQ]))

    def drain(self) -> "Mapping[str, pl.DataFrame]":
        """Hand over the rows written since the last call, one frame per kind."""
        used = int(self._words[ROWS])
        self._words[ROWS] = 0
        return frames(self.arena.table(ROW_TABLE)[:used]) if used else {}

    # -- events of the control plane ----------------------------------------------------------------

    def apply(self, seq: int, event: Event) -> None:
        """Let a control event change balances, limits, schedules and who may trade."""
        self._words[NOW] = event.time_us
        match event:
            case DepositCredited() | CoinDeposited():
                self._credit(event.client, event.asset, event.amount_minor)
            case WithdrawalRequested() | CoinWithdrawalRequested():
                self._credit(event.client, event.asset, -event.amount_minor)
            case ClientActivated():
                self._admit(event.client, event.client_class)
                first_look(self._words, event.client)
            case ParticipantRegistered():
                self._admit(event.client, event.client_class)
                next_look(self._words, event.client)
            case ExposureLimitSet():
                self.arena.table(LIMIT)[event.client] = event.limit_minor
            case PairOpened():
                place = int(event.client_class) * INSTRUMENTS_N + INSTRUMENT_INDEX[event.instrument]
                self._words[PAIR_STATUS + place] = int(event.status)
            case FeesSet():
                self._set_fees(seq, event)
            case RuleChanged() if event.rule in self._minimum_rules:
                self.set_minimum(event.rule, parse_money(event.value).amount_minor)
            case _:
                pass

    def set_minimum(self, rule: str, amount_minor: int) -> None:
        """Set the smallest order of the pair that a rule is about, in its quote's minor units."""
        row = INSTRUMENT + self._minimum_rules[rule] * INSTRUMENT_WIDTH
        self._words[row + MINIMUM_MINOR] = amount_minor

    def _credit(self, client: int, asset: str, amount_minor: int) -> None:
        index = ASSET_INDEX[asset]
        balance = int(self._available[client, index]) + amount_minor
        if balance < 0:
            raise ValueError(f"client {client}: {asset} available would be {balance} minor units")
        self._available[client, index] = balance

    def _admit(self, client: int, client_class: ClientClass) -> None:
        self.arena.table(TRADER)[client, CLASS] = int(client_class)
        self.arena.table(TRADER)[client, ACTIVE] = 1

    def _set_fees(self, seq: int, event: FeesSet) -> None:
        """Change a class's fees; its open orders are cancelled first, since their holds include the old fee."""
        schedule = self._words[FEES + int(event.client_class) * 2 :][:2]
        if schedule.tolist() == [event.maker_ppm, event.taker_ppm]:
            return
        self._words[SEQ] = self._journal.next_seq
        for client, instrument, order in self._open_orders(event.client_class):
            if int(self._words[ROWS]) + 1 >= len(self.arena.table(ROW_TABLE)):
                self._journal.reserve(int(self._words[SEQ]))
                self._journal.collect()
            cancel(self._words, client, instrument, order, int(CancelReason.FEE_CHANGE), seq)
        self._journal.reserve(int(self._words[SEQ]))
        schedule[:] = event.maker_ppm, event.taker_ppm

    def _open_orders(self, client_class: ClientClass) -> list[tuple[int, int, int]]:
        """Return (client, instrument, order) of every remembered order of a class, in client order."""
        traders = self.arena.table(TRADER)
        of_class = traders[:, CLASS] == int(client_class)
        found = [
            (client, int(traders[client, RESTING_INSTRUMENT]), int(traders[client, RESTING_ORDER]))
            for client in np.flatnonzero(of_class & (traders[:, RESTING_ORDER] > 0)).tolist()
        ]
        for client, ladders in enumerate(self.arena.table(LADDER)):
            if of_class[client]:
                quotes = ladders[:, :CENTRE]
                found += [
                    (client, int(pair), int(quotes[pair, level]))
                    for pair, level in np.argwhere(quotes > 0)
                ]
        return found
