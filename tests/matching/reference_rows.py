"""The rows the oracle answers with: which word says what, event by event."""

from tests.matching.reference_book import Order
from tests.matching.reference_rules import (
    AMENDED,
    BANDS_SET,
    CANCELLED,
    CLOCK_SET,
    PHASE_SET,
    REJECTED,
    TRADE,
    UNCROSSED,
    Refusal,
    Row,
    Why,
    Words,
)


def terms_row(kind: int, order: Order) -> Row:
    """ACCEPTED or TRIGGERED: the order with its terms; those that do not apply to its type are 0."""
    return _row(
        kind,
        side=order.side,
        order_type=order.order_type,
        time_in_force=order.time_in_force,
        post_only=order.post_only,
        self_trade_prevention=order.self_trade_prevention,
        order=order.order,
        account=order.account,
        price=order.price,
        quantity=order.open,
        words=(order.stop_price, order.peak, order.expires),
    )


def trade_row(taker: Order, maker: Order, price: int, lots: int, *, in_uncross: bool) -> Row:
    """TRADE, after both orders were filled: the taker, and the maker with the lots it still has."""
    return _row(
        TRADE,
        side=taker.side,
        detail=int(in_uncross),
        order=taker.order,
        account=taker.account,
        price=price,
        quantity=lots,
        words=(maker.order, maker.account, maker.open),
    )


def cancelled_row(order: Order, reason: Why) -> Row:
    """CANCELLED: all that was open."""
    return _row(
        CANCELLED,
        side=order.side,
        order_type=order.order_type,
        reason=reason,
        order=order.order,
        account=order.account,
        price=order.price,
        quantity=order.open,
    )


def amended_row(order: Order, *, kept: bool, reason: int = 0) -> Row:
    """AMENDED: the price and the open lots as they are now."""
    return _row(
        AMENDED,
        side=order.side,
        order_type=order.order_type,
        reason=reason,
        detail=int(kept),
        order=order.order,
        account=order.account,
        price=order.price,
        quantity=order.open,
    )


def rejected_row(words: Words, refusal: Refusal) -> Row:
    """REJECTED: the command as it came."""
    return _row(
        REJECTED,
        side=words.side,
        order_type=words.order_type,
        time_in_force=words.time_in_force,
        post_only=words.post_only,
        self_trade_prevention=words.self_trade_prevention,
        reason=refusal,
        detail=words.kind,
        order=words.order,
        account=words.account,
        price=words.price,
        quantity=words.quantity,
        words=(words.stop_price, words.peak, words.expires),
    )


def phase_row(phase: int, reason: int) -> Row:
    """SESSION: the phase now."""
    return _row(PHASE_SET, reason=reason, detail=phase)


def uncrossed_row(price: int, lots: int, surplus: int) -> Row:
    """UNCROSSED: price, lots to be traded and what is left over at the price, bids minus asks."""
    return _row(UNCROSSED, price=price, quantity=lots, words=(surplus, 0, 0))


def bands_row(words: Words) -> Row:
    """BANDS: as asked for."""
    return _row(
        BANDS_SET,
        detail=words.detail,
        price=words.price,
        quantity=words.quantity,
        words=(words.stop_price, 0, 0),
    )


def clock_row(now: int) -> Row:
    """CLOCK: the time now."""
    return _row(CLOCK_SET, words=(0, 0, now))


def _row(
    kind: int,
    *,
    side: int = 0,
    order_type: int = 0,
    time_in_force: int = 0,
    post_only: int = 0,
    self_trade_prevention: int = 0,
    reason: int = 0,
    detail: int = 0,
    order: int = 0,
    account: int = 0,
    price: int = 0,
    quantity: int = 0,
    words: tuple[int, int, int] = (0, 0, 0),
) -> Row:
    flags = (side, order_type, time_in_force, post_only, self_trade_prevention)
    return (kind, *flags, int(reason), detail, order, account, price, quantity, *words)
