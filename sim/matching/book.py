"""The friendly door: a limit order book with one method call a command."""

from struct import Struct
from typing import Self

from sim.matching import batch, rebuild, snapshots
from sim.matching.arena import Arena
from sim.matching.codes import (
    KEEP,
    BreachAction,
    CancelReason,
    CommandKind,
    OrderType,
    SelfTradePrevention,
    TimeInForce,
)
from sim.matching.door import FIRST_BYTE, LEAST, MOST, SECOND_BYTE, CommandError, Door
from sim.matching.events import SIDES, Accepted, Cancelled, Event, Terms, decode
from sim.matching.layout import SIDE_SHIFT, TIME_IN_FORCE_SHIFT, TYPE_SHIFT
from sim.matching.rules import BookRules
from sim.matching.single import NO_ROOM

__all__ = ["CommandError", "OrderBook"]

_CANCEL = int(CommandKind.CANCEL)
_LIMIT = int(OrderType.LIMIT)
_MARKET = int(OrderType.MARKET)
_STOP = int(OrderType.STOP)
_STOP_LIMIT = int(OrderType.STOP_LIMIT)
_BY_AMOUNT = int(OrderType.MARKET_BY_AMOUNT)
_IOC = int(TimeInForce.IOC)
_GTC = int(TimeInForce.GTC)
_NO_PREVENTION = int(SelfTradePrevention.NONE)
_REQUESTED = CancelReason.REQUESTED
_TYPES = tuple(OrderType)

_unpack_cancelled = Struct("=xBB5x4q").unpack_from
_NOT_A_PEAK = -1
_NOT_A_BIT = ~1
_LIMIT_TERMS = (Terms(), Terms(time_in_force=TimeInForce.IOC))
_MARKET_TERMS = Terms(OrderType.MARKET, TimeInForce.IOC)
_PLAIN_MARKET = (_MARKET << TYPE_SHIFT) | (_IOC << TIME_IN_FORCE_SHIFT)


class OrderBook(Door):
    """A limit order book with price-time priority.

    Prices are ticks and quantities lots, both int64; ids of orders and accounts are any int64, and account
    0 stands for none. Every command returns the events it caused, in order, those of stop orders that it
    set off included. A refused command returns one `Rejected` and changes nothing; nothing raises for what
    a trader may do wrong. Only a value that is no 64-bit integer at all, or no small number where one of
    `sim.matching.codes` is expected, raises `CommandError`.

    Parameters
    ----------
    rules
        What the venue fixes for the book; by default every positive price and quantity is good.
    order_capacity
        Resting orders to make room for at first; the book grows as needed.

    Raises
    ------
    ValueError
        The capacity is not positive.
    TypeError
        The rules are no `BookRules`.

    Examples
    --------
    >>> from sim.matching.codes import Side
    >>> book = OrderBook()
    >>> event, = book.submit_limit(order=1, account=7, side=Side.SELL, price=101, quantity=5)
    >>> event.price, event.quantity
    (101, 5)
    >>> book.submit_market(order=2, account=8, side=Side.BUY, quantity=2)[1].maker_remaining
    3
    >>> book.best_ask, book.best_bid
    (101, None)
    """

    # -- orders ------------------------------------------------------------------------------------

    def submit_limit(
        self,
        order: int,
        account: int,
        side: int,
        price: int,
        quantity: int,
        time_in_force: int = _GTC,
        *,
        post_only: bool = False,
        self_trade_prevention: int = _NO_PREVENTION,
        peak: int | None = None,
        expires: int = 0,
    ) -> list[Event]:
        """Enter a limit order: trade at the limit price or better, then do as its time in force says.

        Parameters
        ----------
        order, account, side, price, quantity
            Price in ticks, quantity in lots.
        time_in_force
            GTC and GTD rest, IOC leaves, FOK trades in full or not at all.
        post_only
            Refuse the order if it would trade at once.
        self_trade_prevention
            What happens when it meets an order of the same account.
        peak
            Lots that an iceberg shows at most; None for an order that shows all.
        expires
            When a GTD order leaves, on the book's clock.

        Raises
        ------
        CommandError
            A value is no integer of its size.
        """
        if not (post_only or self_trade_prevention or peak is not None):
            try:
                # Bit operations refuse the floats that the machine code would cut.
                plain = not (side | time_in_force) & _NOT_A_BIT
                order | account | price | quantity
                rows = NO_ROOM
                if plain:
                    packed = side << SIDE_SHIFT | time_in_force << TIME_IN_FORCE_SHIFT
                    rows = self._submit_one(
                        self._arena, self._buffer, packed, order, account, price, quantity
                    )
            except (TypeError, OverflowError):
                rows = NO_ROOM  # the long way says what is wrong
            if rows > 0:
                terms = _LIMIT_TERMS[time_in_force]
                accepted = Accepted(order, account, SIDES[side], price, quantity, terms)
                if rows == 1:
                    return [accepted]
                return decode(self._bytes, SECOND_BYTE, rows - 1, [accepted])
            if rows != NO_ROOM:
                return self._answer(rows)
        # A peak of 0 is none to the core, but here someone asked for an iceberg.
        shown = 0 if peak is None else (peak or _NOT_A_PEAK)
        return self._new(
            side, _LIMIT, time_in_force, post_only, self_trade_prevention,
            order, account, price, quantity, 0, shown, expires,
        )  # fmt: skip

    def submit_market(
        self,
        order: int,
        account: int,
        side: int,
        quantity: int,
        time_in_force: int = _IOC,
        *,
        self_trade_prevention: int = _NO_PREVENTION,
    ) -> list[Event]:
        """Enter a market order: trade with whatever rests; what finds no counterparty is cancelled."""
        if time_in_force == _IOC and not self_trade_prevention:
            try:
                order | account | quantity  # as above
                rows = NO_ROOM
                if not side & _NOT_A_BIT:
                    packed = side << SIDE_SHIFT | _PLAIN_MARKET
                    rows = self._submit_one(
                        self._arena, self._buffer, packed, order, account, 0, quantity
                    )
            except (TypeError, OverflowError):
                rows = NO_ROOM
            if rows > 0:
                accepted = Accepted(order, account, SIDES[side], 0, quantity, _MARKET_TERMS)
                return decode(self._bytes, SECOND_BYTE, rows - 1, [accepted])
            if rows != NO_ROOM:
                return self._answer(rows)
        return self._new(
            side, _MARKET, time_in_force, False, self_trade_prevention,
            order, account, 0, quantity, 0, 0, 0,
        )  # fmt: skip

    def submit_market_by_amount(
        self,
        order: int,
        account: int,
        side: int,
        amount: int,
        *,
        self_trade_prevention: int = _NO_PREVENTION,
    ) -> list[Event]:
        """Enter a market order for an amount of the quote currency, in ticks times lots.

        It trades as many lots as the amount pays for, and never more.
        """
        return self._new(
            side, _BY_AMOUNT, _IOC, False, self_trade_prevention, order, account, 0, amount, 0, 0, 0
        )

    def submit_stop(
        self,
        order: int,
        account: int,
        side: int,
        stop_price: int,
        quantity: int,
        time_in_force: int = _GTC,
        *,
        price: int | None = None,
        post_only: bool = False,
        self_trade_prevention: int = _NO_PREVENTION,
        expires: int = 0,
    ) -> list[Event]:
        """Enter a stop order, or with a limit price a stop-limit order.

        It waits until a trade at the stop price or beyond, buys above and sells below, and then acts as a
        market or limit order.
        """
        order_type = _STOP if price is None else _STOP_LIMIT
        return self._new(
            side, order_type, time_in_force, post_only, self_trade_prevention,
            order, account, price or 0, quantity, stop_price, 0, expires,
        )  # fmt: skip

    def cancel(self, order: int, account: int = 0) -> list[Event]:
        """Take a resting or waiting order out of the book; an account other than 0 must own it."""
        if account:
            return self._command(_CANCEL, order=order, account=account)
        try:
            order | 0  # as above
            refused = self._cancel_one(self._arena, self._buffer, order)
        except (TypeError, OverflowError):
            refused = True
        if refused:
            return self._command(_CANCEL, order=order)
        side, kind, _, owner, price, lots = _unpack_cancelled(self._bytes, FIRST_BYTE)
        return [Cancelled(order, owner, SIDES[side], price, lots, _REQUESTED, _TYPES[kind])]

    def amend(
        self, order: int, *, price: int | None = None, quantity: int | None = None, account: int = 0
    ) -> list[Event]:
        """Give an order another price, or another total quantity, what has traded included.

        Fewer lots at the same price keep the order's place; anything else loses it, and may trade.
        """
        return self._command(
            CommandKind.AMEND,
            order=order,
            account=account,
            price=KEEP if price is None else price,
            quantity=KEEP if quantity is None else quantity,
        )

    def reduce(self, order: int, quantity: int, account: int = 0) -> list[Event]:
        """Take so many lots off an order, which keeps its place; all that it has cancels it."""
        return self._command(CommandKind.REDUCE, order=order, account=account, quantity=quantity)

    def mass_cancel(self, account: int) -> list[Event]:
        """Cancel all orders of an account, resting and waiting; account 0: of everybody."""
        return self._command(CommandKind.MASS_CANCEL, account=account)

    # -- session -----------------------------------------------------------------------------------

    def set_phase(self, phase: int) -> list[Event]:
        """Begin a phase of the session: continuous trading, a halt, a call auction, the close."""
        return self._command(CommandKind.SESSION, detail=phase)

    def uncross(self, reference: int | None = None) -> list[Event]:
        """End a call auction: trade all that crosses at one price and go on to continuous trading.

        Parameters
        ----------
        reference
            Price in ticks that decides between equals; see `sim.matching.auction`.
        """
        return self._command(CommandKind.UNCROSS, price=reference or 0)

    def set_bands(
        self,
        low: int | None = None,
        high: int | None = None,
        dynamic_ticks: int = 0,
        on_breach: int = BreachAction.CANCEL,
    ) -> list[Event]:
        """Set the price bands.

        Parameters
        ----------
        low, high
            Static band: limit prices outside are refused, and market orders do not reach beyond.
        dynamic_ticks
            Dynamic band: the furthest that a trade may be from the last one before the order; 0 for none.
        on_breach
            What follows when an order would trade outside the dynamic band.
        """
        return self._command(
            CommandKind.BANDS,
            price=LEAST if low is None else low,
            stop_price=MOST if high is None else high,
            quantity=dynamic_ticks,
            detail=on_breach,
        )

    def set_clock(self, now: int) -> list[Event]:
        """Move the book's clock on; GTD orders whose time has come leave."""
        return self._command(CommandKind.CLOCK, expires=now)

    # -- many commands at once ---------------------------------------------------------------------

    def process(self, commands: batch.Commands) -> batch.Events:
        """Execute a batch of commands in one compiled loop; the same events as one call a command.

        Parameters
        ----------
        commands
            One-dimensional array of dtype `sim.matching.layout.COMMAND`.

        Returns
        -------
        numpy.ndarray
            Dtype `sim.matching.layout.EVENT`; `events["price"]` is a column.

        Raises
        ------
        TypeError
            The commands are not a one-dimensional array of that dtype.
        """
        self._arena, events = batch.process(self._arena, commands)
        return events

    @classmethod
    def replay(cls, events: batch.Events, rules: BookRules | None = None) -> Self:
        """Rebuild the book that wrote these events; see `sim.matching.rebuild.replay`."""
        book = cls(rules)
        book._arena = rebuild.replay(book._arena, events)  # its own class
        return book

    # -- snapshots ---------------------------------------------------------------------------------

    def state_hash(self) -> str:
        """Return a digest of all that decides what the book does next, queue order included."""
        return snapshots.state_hash(self._arena)

    def snapshot(self) -> Arena:
        """Return a copy of the whole book as one flat int64 array."""
        return snapshots.take(self._arena)

    def restore(self, snapshot: Arena) -> None:
        """Become the book of a snapshot, its rules included; the snapshot itself stays as it is.

        Raises
        ------
        SnapshotError
            It is not a snapshot of a book of this version.
        """
        self._arena = snapshots.thaw(snapshot)
