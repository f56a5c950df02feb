"""The order plane as the rest of the platform sees it: a projection of control events, and balances.

Control events change the plane (`apply`), the market process advances it (`advance`), and the journal
collects what it wrote (`drain`). Sequence numbers are shared: the plane takes the next ones from the
journal before it runs and hands the counter back after.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import attrs
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
from sim.events.codes import CancelReason, ClientClass, PairStatus, Side
from sim.flow.arena import Arena
from sim.flow.frames import UNLISTED_RULE, frames, minimum_rule
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
    MAX_LEVELS,
    MINIMUM_MINOR,
    NOW,
    PAIR_RULE,
    PAIR_STATUS,
    RESTING_INSTRUMENT,
    RESTING_ORDER,
    RESTING_SIDE,
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
from sim.rules.model import NOT_IN_FORCE
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
        self._pair_rules = sorted(set(UNLISTED_RULE.values()))
        for client_class, rule in UNLISTED_RULE.items():
            place = PAIR_RULE + int(client_class) * INSTRUMENTS_N
            self._words[place : place + INSTRUMENTS_N] = self._pair_rules.index(rule)
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

    def check(self) -> None:
        """Check that nobody owes the platform anything.

        Raises
        ------
        ValueError
            A client's available or held balance is negative; the message names client, asset and amount.
        """
        for section, name in ((AVAILABLE, "available"), (HELD, "held")):
            table = self.arena.table(section)
            if (table < 0).any():
                client, asset = (int(place) for place in np.argwhere(table < 0)[0])
                raise ValueError(
                    f"client {client}: {name} {ASSET_CODES[asset]} is {table[client, asset]} minor units"
                )

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
                if not self._words[ROWS]:
                    raise ValueError("one wake-up may write more rows than the log buffer holds")
                self._relieve()
            else:
                self.arena.make_room()
        self._journal.reserve(int(self._words[SEQ]))

    def _relieve(self) -> None:
        """Have the journal take the rows written so far."""
        self._journal.reserve(int(self._words[SEQ]))
        self._journal.collect()

    def drain(self) -> "Mapping[str, pl.DataFrame]":
        """Hand over the rows written since the last call, one frame per kind."""
        used = int(self._words[ROWS])
        self._words[ROWS] = 0
        return frames(self.arena.table(ROW_TABLE)[:used], self._pair_rules) if used else {}

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
                self._set_limit(seq, event)
            case PairOpened():
                self._set_pair(seq, event)
            case FeesSet():
                self._set_fees(seq, event)
            case RuleChanged() if event.rule in self._minimum_rules:
                self.set_minimum(event.rule, _amount_minor(event.value))
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
        self._cancel(self._open_orders(event.client_class), CancelReason.FEE_CHANGE, seq)
        schedule[:] = event.maker_ppm, event.taker_ppm

    def _set_pair(self, seq: int, event: PairOpened) -> None:
        """Change what a class may do in a pair; resting orders it could no longer send are cancelled."""
        instrument = INSTRUMENT_INDEX[event.instrument]
        place = int(event.client_class) * INSTRUMENTS_N + instrument
        self._words[PAIR_STATUS + place] = int(event.status)
        if event.rule:
            if event.rule not in self._pair_rules:
                self._pair_rules.append(event.rule)
            self._words[PAIR_RULE + place] = self._pair_rules.index(event.rule)
        if event.status is PairStatus.OPEN:
            return
        stopped = [
            order
            for order in self._open_orders(event.client_class)
            if order.instrument == instrument
            and (order.side is Side.BUY or event.status is PairStatus.CLOSED)
        ]
        self._cancel(stopped, CancelReason.PAIR_CLOSED, seq)

    def _set_limit(self, seq: int, event: ExposureLimitSet) -> None:
        """Set a client's exposure limit; a resting buy under a lower limit than before is cancelled."""
        limits = self.arena.table(LIMIT)
        before = int(limits[event.client])
        limits[event.client] = event.limit_minor
        if event.limit_minor < 0 or 0 <= before <= event.limit_minor:
            return
        resting = [order for order in self._resting_of([event.client]) if order.side is Side.BUY]
        self._cancel(resting, CancelReason.EXPOSURE_LIMIT, seq)

    def _cancel(self, orders: "list[_OpenOrder]", reason: CancelReason, cause: int) -> None:
        """Take orders off their books by decision of the platform; `cause` is the event behind it."""
        self._words[SEQ] = self._journal.next_seq
        for order in orders:
            if int(self._words[ROWS]) + 1 >= len(self.arena.table(ROW_TABLE)):
                self._relieve()
            cancel(self._words, order.client, order.instrument, order.order, int(reason), cause)
        self._journal.reserve(int(self._words[SEQ]))

    def _open_orders(self, client_class: ClientClass) -> "list[_OpenOrder]":
        """Return every remembered order of a class, in client order; some may be gone from the book."""
        traders = self.arena.table(TRADER)
        of_class = traders[:, CLASS] == int(client_class)
        clients = np.flatnonzero(of_class & (traders[:, RESTING_ORDER] > 0)).tolist()
        found = self._resting_of(clients)
        for client, ladders in enumerate(self.arena.table(LADDER)):
            if of_class[client]:
                quotes = ladders[:, :CENTRE]
                found += [
                    _OpenOrder(
                        client, int(pair), Side(level // MAX_LEVELS), int(quotes[pair, level])
                    )
                    for pair, level in np.argwhere(quotes > 0)
                ]
        return found

    def _resting_of(self, clients: list[int]) -> "list[_OpenOrder]":
        """Return the order that each client remembers to have on a book."""
        rows = self.arena.table(TRADER)
        return [
            _OpenOrder(
                client,
                int(rows[client, RESTING_INSTRUMENT]),
                Side(int(rows[client, RESTING_SIDE])),
                int(rows[client, RESTING_ORDER]),
            )
            for client in clients
            if rows[client, RESTING_ORDER] > 0
        ]


@attrs.frozen
class _OpenOrder:
    """An order that its client remembers to have on a book."""

    client: int
    instrument: int
    side: Side
    order: int


def _amount_minor(text: str) -> int:
    """Amount of a money rule as an event writes it; nothing where the rule is no longer in force."""
    return 0 if text == NOT_IN_FORCE else parse_money(text).amount_minor
