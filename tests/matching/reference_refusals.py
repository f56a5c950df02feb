"""Why the oracle refuses a command: lists of conditions in the order in which they are named.

Every list is worked out as a whole and the first condition that holds gives the reason.
"""

from tests.matching.reference_book import Order, ReferenceBook
from tests.matching.reference_rules import (
    AUCTION,
    CLOSED,
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
    MOST,
    STOP,
    STOP_LIMIT,
    Refusal,
    Words,
)

Problems = list[tuple[bool, Refusal]]


def first(problems: Problems) -> Refusal:
    """Return the reason of the first condition that holds."""
    return next((reason for wrong, reason in problems if wrong), Refusal.NONE)


def refusal_of_new(words: Words, book: ReferenceBook) -> Refusal:
    """Tell why a new order is refused."""
    problems: Problems = [
        (words.side > 1, Refusal.UNKNOWN_SIDE),
        (words.order_type > MARKET_BY_AMOUNT, Refusal.UNKNOWN_ORDER_TYPE),
        (words.time_in_force > GTD, Refusal.UNKNOWN_TIME_IN_FORCE),
        (words.post_only > 1, Refusal.UNKNOWN_FLAG),
        (words.self_trade_prevention > DECREMENT, Refusal.UNKNOWN_SELF_TRADE_PREVENTION),
        (_bad_combination(words), Refusal.BAD_COMBINATION),
        (book.phase == HALTED, Refusal.HALTED),
        (book.phase == CLOSED, Refusal.CLOSED),
        (book.phase == AUCTION and _only_continuous(words), Refusal.NOT_IN_AUCTION),
        (words.quantity <= 0, Refusal.QUANTITY_NOT_POSITIVE),
    ]
    if words.order_type != MARKET_BY_AMOUNT:
        problems += [
            (words.quantity < book.rules.min_quantity, Refusal.QUANTITY_BELOW_MINIMUM),
            *_quantity_problems(words.quantity, book),
        ]
    if words.order_type in {LIMIT, STOP_LIMIT}:
        problems += _limit_price_problems(words.price, book)
    if words.order_type in {STOP, STOP_LIMIT}:
        problems += _grid_problems(words.stop_price, book)
    bad_peak = words.peak < 0 or words.peak > words.quantity or words.peak % book.rules.lot != 0
    may_stay = words.order_type in {STOP, STOP_LIMIT} or _rests(words)
    room = MOST - book.lots.get(words.side, 0)
    taken = book.find(words.order) is not None or (
        book.rules.unique_ids and words.order in book.used_ids
    )
    problems += [
        (bad_peak, Refusal.BAD_PEAK),
        (words.time_in_force == GTD and words.expires <= book.clock, Refusal.EXPIRED),
        (may_stay and words.quantity > room, Refusal.QUANTITY_TOO_LARGE),
        (taken, Refusal.DUPLICATE_ORDER),
    ]
    if words.order_type == LIMIT and words.post_only and book.phase == CONTINUOUS:
        crosses = words.side <= 1 and book.would_cross(words.side, words.price)
        problems.append((crosses, Refusal.POST_ONLY))
    return first(problems)


def refusal_of_amend(words: Words, book: ReferenceBook) -> Refusal:
    """Tell why an amend is refused."""
    order = book.find(words.order)
    if order is None:
        return Refusal.UNKNOWN_ORDER
    problems: Problems = [
        (not _may_touch(words, order), Refusal.NOT_OWNER),
        (book.phase == HALTED, Refusal.HALTED),
        (book.phase == CLOSED, Refusal.CLOSED),
    ]
    if words.quantity != KEEP:
        problems.append((words.quantity <= 0, Refusal.QUANTITY_NOT_POSITIVE))
        problems += _quantity_problems(words.quantity, book)
    if words.price != KEEP and order.order_type == STOP:
        problems.append((True, Refusal.BAD_COMBINATION))
    elif words.price != KEEP:
        problems += _limit_price_problems(words.price, book)
    open_now = (order.entered if words.quantity == KEEP else words.quantity) - order.executed
    others = book.lots[order.side] - order.open
    resting = order.order in book.resting
    binding = order.post_only == 1 and resting and book.phase == CONTINUOUS and open_now > 0
    problems += [
        (open_now > MOST - others, Refusal.QUANTITY_TOO_LARGE),
        (
            binding and words.price != KEEP and book.would_cross(order.side, words.price),
            Refusal.POST_ONLY,
        ),
    ]
    return first(problems)


def refusal_of_reduce(words: Words, book: ReferenceBook) -> Refusal:
    """Tell why a reduction is refused."""
    return refusal_of_cancel(words, book) or first(
        [
            (words.quantity <= 0, Refusal.QUANTITY_NOT_POSITIVE),
            (words.quantity % book.rules.lot != 0, Refusal.QUANTITY_OFF_LOT),
        ]
    )


def refusal_of_cancel(words: Words, book: ReferenceBook) -> Refusal:
    """Tell why a cancel is refused."""
    order = book.find(words.order)
    if order is None:
        return Refusal.UNKNOWN_ORDER
    return Refusal.NONE if _may_touch(words, order) else Refusal.NOT_OWNER


def refusal_of_session(words: Words, book: ReferenceBook) -> Refusal:
    """Tell why a phase is refused."""
    return first(
        [
            (words.detail > CLOSED, Refusal.UNKNOWN_PHASE),
            (words.detail == CONTINUOUS and book.crossed(), Refusal.CROSSED_BOOK),
        ]
    )


def refusal_of_uncross(_: Words, book: ReferenceBook) -> Refusal:
    """Tell why an uncross is refused."""
    return Refusal.NONE if book.phase == AUCTION else Refusal.NOT_IN_AUCTION


def refusal_of_bands(words: Words, _: ReferenceBook) -> Refusal:
    """Tell why bands are refused."""
    bad = words.price > words.stop_price or words.quantity < 0 or words.detail > 2
    return Refusal.BAD_BANDS if bad else Refusal.NONE


def refusal_of_clock(words: Words, book: ReferenceBook) -> Refusal:
    """Tell why a time is refused."""
    return Refusal.CLOCK_BACKWARDS if words.expires < book.clock else Refusal.NONE


def _bad_combination(words: Words) -> bool:
    at_once = words.order_type in {MARKET, MARKET_BY_AMOUNT}
    return any(
        [
            words.post_only and (at_once or words.order_type == STOP),
            words.post_only and words.time_in_force in {IOC, FOK},
            words.peak != 0 and not _rests(words),
            words.time_in_force == GTD and at_once,
            words.time_in_force == FOK and words.order_type == MARKET_BY_AMOUNT,
            words.self_trade_prevention == DECREMENT and words.order_type == MARKET_BY_AMOUNT,
        ]
    )


def _rests(words: Words) -> bool:
    return words.order_type == LIMIT and words.time_in_force in {GTC, GTD}


def _only_continuous(words: Words) -> bool:
    """Tell whether an order makes no sense while orders are only collected."""
    if words.order_type == LIMIT:
        return words.time_in_force in {IOC, FOK} or words.post_only == 1
    return words.order_type in {MARKET, MARKET_BY_AMOUNT}


def _may_touch(words: Words, order: Order) -> bool:
    return words.account in {0, order.account}


def _quantity_problems(quantity: int, book: ReferenceBook) -> Problems:
    most = book.rules.max_quantity
    return [
        (most is not None and quantity > most, Refusal.QUANTITY_ABOVE_MAXIMUM),
        (quantity % book.rules.lot != 0, Refusal.QUANTITY_OFF_LOT),
    ]


def _limit_price_problems(price: int, book: ReferenceBook) -> Problems:
    outside = not book.bands.low <= price <= book.bands.high
    return [*_grid_problems(price, book), (outside, Refusal.PRICE_BAND)]


def _grid_problems(price: int, book: ReferenceBook) -> Problems:
    return [
        (price <= 0 and not book.rules.nonpositive_prices, Refusal.PRICE_NOT_POSITIVE),
        (price % book.rules.tick != 0, Refusal.PRICE_OFF_TICK),
    ]
