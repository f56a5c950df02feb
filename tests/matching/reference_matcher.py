"""The matching rules in plain Python, written to be obviously right: the oracle of the compiled core.

Built from the description of the behaviour alone; it shares no line and no idea of speed with
`sim.matching`. One command in, the rows of its events out.
"""

from collections.abc import Callable

from tests.matching import reference_refusals as refusals
from tests.matching import reference_rows as rows
from tests.matching.reference_book import Bands, Order, ReferenceBook, State
from tests.matching.reference_reach import End, Reach, fillable, is_own, lots_wanted, obstacle
from tests.matching.reference_rules import (
    ACCEPTED,
    AMEND,
    AUCTION,
    BANDS,
    BREACH_CALLS_AUCTION,
    BREACH_HALTS,
    BUY,
    CANCEL,
    CANCEL_BOTH,
    CANCEL_NEWEST,
    CANCEL_OLDEST,
    CANCELLED,
    CLOCK,
    CONTINUOUS,
    DECREMENT,
    FOK,
    GTC,
    GTD,
    HALTED,
    IOC,
    KEEP,
    LIMIT,
    MARKET,
    MARKET_BY_AMOUNT,
    MASS_CANCEL,
    NEW,
    REDUCE,
    REJECTED,
    SELL,
    SESSION,
    STOP,
    STOP_LIMIT,
    TRADE,
    TRIGGERED,
    UNCROSS,
    Command,
    ReferenceRules,
    Refusal,
    Row,
    Why,
    Words,
)

__all__ = [
    "ACCEPTED", "BUY", "CANCEL", "CANCELLED", "GTC", "IOC", "LIMIT", "MARKET", "NEW", "REJECTED",
    "SELL", "TRADE", "Command", "ReferenceMatcher", "ReferenceRules", "Row",
]  # fmt: skip


class ReferenceMatcher:
    """The oracle: `execute` commands, look at `book`."""

    def __init__(self, rules: ReferenceRules | None = None) -> None:
        self.book = ReferenceBook(rules or ReferenceRules())
        self._rows: list[Row] = []
        self._checks_and_actions: dict[int, tuple[Check, Callable[[Words], None]]] = {
            NEW: (refusals.refusal_of_new, self._enter),
            CANCEL: (refusals.refusal_of_cancel, self._cancel),
            AMEND: (refusals.refusal_of_amend, self._amend),
            REDUCE: (refusals.refusal_of_reduce, self._reduce),
            MASS_CANCEL: (_never, self._mass_cancel),
            SESSION: (refusals.refusal_of_session, self._set_phase),
            UNCROSS: (refusals.refusal_of_uncross, self._uncross),
            BANDS: (refusals.refusal_of_bands, self._set_bands),
            CLOCK: (refusals.refusal_of_clock, self._set_clock),
        }

    def execute(self, command: Command) -> list[Row]:
        """Execute one command and return its event rows."""
        words = Words._make(command)
        self._rows = []
        if words.kind not in self._checks_and_actions:
            return [rows.rejected_row(words, Refusal.UNKNOWN_COMMAND)]
        check, act = self._checks_and_actions[words.kind]
        refusal = check(words, self.book)
        if refusal:
            return [rows.rejected_row(words, refusal)]
        act(words)
        self._let_stops_go()
        return self._rows

    def state(self) -> State:
        """Return all that decides the future."""
        return self.book.state()

    # -- commands on orders ------------------------------------------------------------------------

    def _enter(self, words: Words) -> None:
        is_stop = words.order_type in {STOP, STOP_LIMIT}
        order = Order(
            order=words.order,
            account=words.account,
            side=words.side,
            order_type=words.order_type,
            time_in_force=words.time_in_force,
            post_only=words.post_only,
            self_trade_prevention=words.self_trade_prevention,
            price=words.price if words.order_type in {LIMIT, STOP_LIMIT} else 0,
            stop_price=words.stop_price if is_stop else 0,
            peak=words.peak,
            expires=words.expires if words.time_in_force == GTD else 0,
            entered=words.quantity,
            open=words.quantity,
            arrival=self.book.next_number(),
        )
        self.book.used_ids.add(order.order)
        self._rows.append(rows.terms_row(ACCEPTED, order))
        if is_stop:
            self.book.wait(order)
        else:
            self._act(order)

    def _cancel(self, words: Words) -> None:
        self._drop(self._known(words.order), Why.REQUESTED)

    def _amend(self, words: Words) -> None:
        order = self._known(words.order)
        total = order.entered if words.quantity == KEEP else words.quantity
        price = order.price if words.price == KEEP else words.price
        open_now = total - order.executed
        if open_now <= 0:
            self._drop(order, Why.AMENDED_AWAY)
        elif price == order.price and open_now <= order.open:
            self.book.shrink(order, order.open - open_now)
            self._rows.append(rows.amended_row(order, kept=True))
        else:
            waits = order.order in self.book.waiting
            self.book.remove(order)
            order.price, order.entered, order.open = price, total, open_now
            order.arrival = self.book.next_number()
            self._rows.append(rows.amended_row(order, kept=False))
            if waits:
                self.book.wait(order)
            else:
                self._act(order)

    def _reduce(self, words: Words) -> None:
        order = self._known(words.order)
        if words.quantity >= order.open:
            self._drop(order, Why.REQUESTED)
        else:
            self.book.shrink(order, words.quantity)
            self._rows.append(rows.amended_row(order, kept=True))

    def _mass_cancel(self, words: Words) -> None:
        for order in [*self.book.in_priority(), *self.book.waiting_in_order()]:
            if words.account in {0, order.account}:
                self._drop(order, Why.MASS_CANCEL)

    # -- commands on the market --------------------------------------------------------------------

    def _set_phase(self, words: Words) -> None:
        self._enter_phase(words.detail, 0)

    def _set_bands(self, words: Words) -> None:
        self.book.bands = Bands(words.price, words.stop_price, words.quantity, words.detail)
        self._rows.append(rows.bands_row(words))

    def _set_clock(self, words: Words) -> None:
        self.book.clock = words.expires
        self._rows.append(rows.clock_row(words.expires))
        due = [
            order
            for order in [*self.book.in_priority(), *self.book.waiting_in_order()]
            if order.time_in_force == GTD and order.expires <= self.book.clock
        ]
        for order in sorted(due, key=lambda order: (order.expires, order.arrival)):
            self._drop(order, Why.EXPIRED)

    def _uncross(self, words: Words) -> None:
        price, volume, surplus = self.book.indicative(words.price or None) or (0, 0, 0)
        self._rows.append(rows.uncrossed_row(price, volume, surplus))
        while volume:
            first = [self._first_in_queue(side) for side in (BUY, SELL)]
            lots = min(volume, *(order.shown for order in first))
            maker, taker = sorted(first, key=lambda order: order.arrival)
            volume -= lots
            self.book.fill(taker, lots)
            self.book.fill(maker, lots)
            self._record_trade(taker, maker, price, lots, in_uncross=True)
        self._enter_phase(CONTINUOUS, 0)

    # -- trading -----------------------------------------------------------------------------------

    def _act(self, taker: Order) -> None:
        """Let an order that is not in the book do what it came for."""
        if self.book.phase != CONTINUOUS:
            self.book.rest(taker)
            return
        reach = Reach(self.book.last, self.book.best(1 - taker.side))
        if taker.time_in_force == FOK and not fillable(self.book, taker, reach):
            self._rows.append(rows.cancelled_row(taker, Why.FOK_UNFILLABLE))
            return
        before = taker.open
        end = self._trade(taker, reach)
        if end is End.BREACH:
            self._breach(taker)
        elif end is End.NO_COUNTERPARTY and _stays(taker):
            self.book.rest(taker)
        elif end is not None:
            untouched = taker.open == before
            nothing = Why.NO_LIQUIDITY if untouched else Why.IOC_REMAINDER
            reasons = {
                End.NO_COUNTERPARTY: nothing,
                End.AMOUNT_SPENT: Why.AMOUNT_SPENT,
                End.STATIC_BAND: Why.PRICE_BAND,
                End.COLLAR: Why.COLLAR,
            }
            self._rows.append(rows.cancelled_row(taker, reasons[end]))

    def _trade(self, taker: Order, reach: Reach) -> End | None:
        """Trade until nothing is left (None) or something stops the taker."""
        while taker.open:
            price = self.book.best(1 - taker.side)
            end = obstacle(self.book, taker, reach, price)
            if end is not None or price is None:
                return end
            maker = self._first_in_queue(1 - taker.side)
            if is_own(taker, maker):
                self._prevent_self_trade(taker, maker)
                continue
            lots = min(lots_wanted(self.book, taker, price), maker.shown)
            taker.open -= lots * price if taker.order_type == MARKET_BY_AMOUNT else lots
            self.book.fill(maker, lots)
            self._record_trade(taker, maker, price, lots, in_uncross=False)
        return None

    def _prevent_self_trade(self, taker: Order, maker: Order) -> None:
        mode = taker.self_trade_prevention
        if mode in {CANCEL_OLDEST, CANCEL_BOTH}:
            self._drop(maker, Why.SELF_TRADE)
        if mode in {CANCEL_NEWEST, CANCEL_BOTH}:
            self._rows.append(rows.cancelled_row(taker, Why.SELF_TRADE))
            taker.open = 0
        if mode == DECREMENT:
            self._decrement(taker, maker)

    def _decrement(self, taker: Order, maker: Order) -> None:
        """Take the smaller one's lots off both without a trade."""
        lots = min(taker.open, maker.open)
        if maker.open == lots:
            self._drop(maker, Why.SELF_TRADE)
        else:
            self.book.shrink(maker, lots)
            self._rows.append(rows.amended_row(maker, kept=True, reason=Why.SELF_TRADE))
        if taker.open == lots:
            self._rows.append(rows.cancelled_row(taker, Why.SELF_TRADE))
            taker.open = 0
        else:
            taker.entered -= lots
            taker.open -= lots
            self._rows.append(rows.amended_row(taker, kept=True, reason=Why.SELF_TRADE))

    def _breach(self, taker: Order) -> None:
        """Stop a taker that would trade outside the dynamic band, and perhaps the market."""
        action = self.book.bands.on_breach
        if action == BREACH_CALLS_AUCTION:
            self._enter_phase(AUCTION, Why.PRICE_BAND)
            if _stays(taker):
                self.book.rest(taker)
                return
        self._rows.append(rows.cancelled_row(taker, Why.PRICE_BAND))
        if action == BREACH_HALTS:
            self._enter_phase(HALTED, Why.PRICE_BAND)

    # -- stops -------------------------------------------------------------------------------------

    def _let_stops_go(self) -> None:
        """Trigger generation after generation until the last price sets off nothing more."""
        while generation := self._generation():
            for stop in generation:
                if self.book.phase != CONTINUOUS:
                    return
                self._trigger(stop)

    def _generation(self) -> list[Order]:
        last = self.book.last
        if self.book.phase != CONTINUOUS or last is None:
            return []
        set_off = [
            stop
            for stop in self.book.waiting.values()
            if (stop.stop_price <= last if stop.side == BUY else stop.stop_price >= last)
        ]
        return sorted(set_off, key=lambda stop: stop.arrival)

    def _trigger(self, stop: Order) -> None:
        self.book.remove(stop)
        stop.arrival = self.book.next_number()
        self._rows.append(rows.terms_row(TRIGGERED, stop))
        if stop.post_only and self.book.would_cross(stop.side, stop.price):
            self._rows.append(rows.cancelled_row(stop, Why.POST_ONLY))
        else:
            self._act(stop)

    # -- events ------------------------------------------------------------------------------------

    def _enter_phase(self, phase: int, reason: int) -> None:
        self.book.phase = phase
        self._rows.append(rows.phase_row(phase, reason))

    def _record_trade(
        self, taker: Order, maker: Order, price: int, lots: int, *, in_uncross: bool
    ) -> None:
        self.book.last = price
        self._rows.append(rows.trade_row(taker, maker, price, lots, in_uncross=in_uncross))

    def _drop(self, order: Order, reason: Why) -> None:
        """Cancel an order that rests or waits."""
        self._rows.append(rows.cancelled_row(order, reason))
        self.book.remove(order)

    def _known(self, number: int) -> Order:
        order = self.book.find(number)
        assert order is not None
        return order

    def _first_in_queue(self, side: int) -> Order:
        price = self.book.best(side)
        assert price is not None
        return self.book.sides[side][price][0]


def _stays(taker: Order) -> bool:
    """Tell whether what does not trade rests in the book."""
    return taker.order_type in {LIMIT, STOP_LIMIT} and taker.time_in_force in {GTC, GTD}


def _never(_: Words, __: ReferenceBook) -> Refusal:
    return Refusal.NONE


Check = Callable[[Words, ReferenceBook], Refusal]
