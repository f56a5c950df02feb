"""What the friendly door returns: one small immutable object an event.

Structs of msgspec, because making an object costs more than the matching: a named tuple takes three times
as long, and is looked at by the garbage collector for as long as it lives.
"""

from struct import Struct as Layout

from msgspec import Struct

from sim.matching.codes import (
    BreachAction,
    CancelReason,
    EventKind,
    OrderType,
    Phase,
    Reject,
    SelfTradePrevention,
    Side,
    TimeInForce,
)


class Terms(Struct, frozen=True, gc=False):
    """What an order asks for beside price and quantity; prices in ticks, 0 where there is none."""

    order_type: OrderType = OrderType.LIMIT
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    self_trade_prevention: SelfTradePrevention = SelfTradePrevention.NONE
    stop_price: int = 0
    peak: int = 0
    """Lots an iceberg shows at most."""
    expires: int = 0
    """When a GTD order leaves, on the book's clock."""


class Accepted(Struct, frozen=True, gc=False):
    """A new order entered the book; what it does next follows in later events."""

    order: int
    account: int
    side: Side
    price: int
    """Limit in ticks; 0 for market and stop orders."""
    quantity: int
    """Lots; of a market order by amount, ticks times lots."""
    terms: Terms


class Trade(Struct, frozen=True, gc=False):
    """Two orders met, at the resting order's price or at the price of an uncross."""

    taker_order: int
    """In an uncross, the order that came later."""
    taker_account: int
    taker_side: Side
    price: int
    quantity: int
    maker_order: int
    maker_account: int
    maker_remaining: int
    """Lots the maker still has, its reserve included; at 0 it has left the book."""
    in_auction: bool


class Cancelled(Struct, frozen=True, gc=False):
    """An order left the book, or its remainder never rested."""

    order: int
    account: int
    side: Side
    price: int
    quantity: int
    """Lots that were still open; of a market order by amount, the amount not spent."""
    reason: CancelReason
    order_type: OrderType


class Rejected(Struct, frozen=True, gc=False):
    """A command was refused and the book is unchanged; the fields are those of the command."""

    order: int
    account: int
    side: int
    """As it came, which may be no side at all."""
    price: int
    quantity: int
    reason: Reject


class Amended(Struct, frozen=True, gc=False):
    """An order in the book has another price or quantity."""

    order: int
    account: int
    side: Side
    price: int
    quantity: int
    """Lots open now, a reserve included."""
    kept_place: bool
    self_trade: bool
    """Whether self-trade prevention cut it, not its owner."""


class Triggered(Struct, frozen=True, gc=False):
    """A trade has reached an order's stop price, and the order acts."""

    order: int
    account: int
    side: Side
    price: int
    quantity: int
    terms: Terms


class SessionChanged(Struct, frozen=True, gc=False):
    """Another phase begins."""

    phase: Phase
    breach: bool
    """Whether an order that would have traded outside the dynamic band caused it."""


class Uncrossed(Struct, frozen=True, gc=False):
    """The price of a call auction is found; its trades follow."""

    price: int
    """0 if nothing crosses."""
    quantity: int
    """Lots to be traded."""
    surplus: int
    """Lots bid less lots asked at that price."""


class BandsSet(Struct, frozen=True, gc=False):
    """New price bands, in ticks."""

    low: int
    high: int
    dynamic_ticks: int
    on_breach: BreachAction


class ClockSet(Struct, frozen=True, gc=False):
    """The book's clock moved on."""

    now: int


Event = (
    Accepted
    | Trade
    | Cancelled
    | Rejected
    | Amended
    | Triggered
    | SessionChanged
    | Uncrossed
    | BandsSet
    | ClockSet
)
Row = tuple[int, ...]
"""The fields of `layout.EVENT` in order, each word once: eight small numbers and seven words."""

SIDES = tuple(Side)
_TYPES = tuple(OrderType)
_TIMES_IN_FORCE = tuple(TimeInForce)
_PREVENTIONS = tuple(SelfTradePrevention)
_CANCEL_REASONS = {int(reason): reason for reason in CancelReason}
_REJECTS = tuple(Reject)
_PHASES = tuple(Phase)
_ACTIONS = tuple(BreachAction)
_SELF_TRADE = int(CancelReason.SELF_TRADE)
_TRADE = int(EventKind.TRADE)

_unpack_row = Layout("=8B7q").unpack_from
_unpack_trade = Layout("=BB5xB7q").unpack_from
_ROW_BYTES = 64


def _terms(row: Row) -> Terms:
    stop_price, peak, expires = row[12:]
    return Terms(
        _TYPES[row[2]],
        _TIMES_IN_FORCE[row[3]],
        bool(row[4]),
        _PREVENTIONS[row[5]],
        stop_price,
        peak,
        expires,
    )


def _accepted(row: Row) -> Event:
    return Accepted(row[8], row[9], SIDES[row[1]], row[10], row[11], _terms(row))


def _cancelled(row: Row) -> Event:
    reason, order_type = _CANCEL_REASONS[row[6]], _TYPES[row[2]]
    return Cancelled(row[8], row[9], SIDES[row[1]], row[10], row[11], reason, order_type)


def _rejected(row: Row) -> Event:
    return Rejected(row[8], row[9], row[1], row[10], row[11], _REJECTS[row[6]])


def _amended(row: Row) -> Event:
    about = (row[8], row[9], SIDES[row[1]], row[10], row[11])
    return Amended(*about, bool(row[7]), row[6] == _SELF_TRADE)


def _triggered(row: Row) -> Event:
    return Triggered(row[8], row[9], SIDES[row[1]], row[10], row[11], _terms(row))


def _session(row: Row) -> Event:
    return SessionChanged(_PHASES[row[7]], row[6] != 0)


def _uncrossed(row: Row) -> Event:
    return Uncrossed(row[10], row[11], row[12])


def _bands(row: Row) -> Event:
    return BandsSet(row[10], row[12], row[11], _ACTIONS[row[7]])


def _clock(row: Row) -> Event:
    return ClockSet(row[14])


_DECODERS = {
    int(EventKind.ACCEPTED): _accepted,
    int(EventKind.CANCELLED): _cancelled,
    int(EventKind.REJECTED): _rejected,
    int(EventKind.AMENDED): _amended,
    int(EventKind.TRIGGERED): _triggered,
    int(EventKind.SESSION): _session,
    int(EventKind.UNCROSSED): _uncrossed,
    int(EventKind.BANDS): _bands,
    int(EventKind.CLOCK): _clock,
}


def decode(memory: memoryview, first: int, rows: int, events: list[Event]) -> list[Event]:
    """Append the events of so many rows, the first of which begins at a byte, and return all."""
    for place in range(first, first + rows * _ROW_BYTES, _ROW_BYTES):
        kind = memory[place]
        if kind == _TRADE:
            _, side, auction, order, account, price, lots, maker, owner, left = _unpack_trade(
                memory, place
            )
            taking = SIDES[side]
            events.append(
                Trade(order, account, taking, price, lots, maker, owner, left, auction == 1)
            )
        else:
            events.append(_DECODERS[kind](_unpack_row(memory, place)))
    return events
