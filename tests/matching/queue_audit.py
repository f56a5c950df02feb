"""The part of the audit that looks at ladders, queues, orders and their terms."""

from sim.matching.arena import (
    ARRIVALS,
    ASKS,
    BEST,
    BIDS,
    BUY_STOPS,
    CLOCK,
    COUNT,
    ENTERED,
    EXPIRIES,
    EXPIRY,
    FLAGS,
    HAS_LAST,
    HEADER_WORDS,
    HIDDEN,
    ICEBERG_PEAK,
    KEY,
    LADDER,
    LADDER_WORDS,
    LADDERS,
    LAST_PRICE,
    LEVEL,
    LEVELS,
    LIMIT_PRICE,
    LOT,
    LOTS,
    MAX_QUANTITY,
    NEXT,
    NONPOSITIVE_PRICES,
    ORDER_KIND,
    ORDERS,
    OWNER,
    PHASE,
    PREVIOUS,
    QUANTITY,
    RECORD_WORDS,
    RESERVE,
    SELL_STOPS,
    SLICES,
    TICK,
    TOP,
    TRIGGER,
    TRIGGERED_LADDER,
    WAITING,
)
from sim.matching.codes import OrderType, Phase, SelfTradePrevention, Side, TimeInForce

LEAST, MOST = -(2**63), 2**63 - 1
_HANDLE = (1 << 32) - 1
_UPPER = 32
_SIDES = {BIDS: Side.BUY, ASKS: Side.SELL, SELL_STOPS: Side.SELL, BUY_STOPS: Side.BUY}
_STOPS = (SELL_STOPS, BUY_STOPS)
_RESTING_TYPES = (OrderType.LIMIT, OrderType.STOP_LIMIT)
_STOP_TYPES = (OrderType.STOP, OrderType.STOP_LIMIT)
_RESTING_TIMES = (TimeInForce.GTC, TimeInForce.GTD)


def audit_queues(
    words: list[int], kinds: dict[int, int], levels: dict[int, list[int]]
) -> tuple[set[int], set[int]]:
    """Check every ladder, queue and order, and the counts of the header; return orders and terms.

    Parameters
    ----------
    words
        The arena.
    kinds
        Kind of every record of the table, by its handle.
    levels
        Handles of the levels of every ladder.
    """
    orders: list[int] = []
    for ladder, side in _SIDES.items():
        queues = _audit_ladder(words, ladder, levels[ladder], kinds)
        for level, queue in queues.items():
            _audit_level(words, ladder, level, queue)
            _audit_turns(words, queue)
            for order in queue:
                _audit_order(words, ladder, level, order, side)
            orders += queue
    arrivals = [_arrival(words, order) for order in orders]
    assert len(set(arrivals)) == len(arrivals) == len(set(orders))
    assert all(0 < arrival <= words[ARRIVALS] for arrival in arrivals)
    terms = {_terms(words, order) for order in orders} - {0}
    assert len(terms) == sum(_terms(words, order) != 0 for order in orders)
    _audit_expiries(words, levels[EXPIRIES], kinds, terms)
    _audit_counts(words, orders)
    _audit_market(words)
    return set(orders), terms


def price_is_allowed(words: list[int], price: int) -> bool:
    """Whether a price is good under the rules of the book."""
    return price % words[TICK] == 0 and (price > 0 or words[NONPOSITIVE_PRICES] == 1)


def _state(words: list[int], ladder: int) -> list[int]:
    start = LADDERS + ladder * LADDER_WORDS
    return words[start : start + LADDER_WORDS]


def _terms(words: list[int], order: int) -> int:
    return words[order + LEVEL] >> _UPPER


def _arrival(words: list[int], order: int) -> int:
    return words[order + FLAGS] >> 10


def _price(words: list[int], level: int) -> int:
    """Price of a level: its key on odd ladders, the complement of its key on even ones."""
    key = words[level + KEY]
    return key if words[level + LADDER] % 2 else ~key


def _audit_ladder(
    words: list[int], ladder: int, standing: list[int], kinds: dict[int, int]
) -> dict[int, list[int]]:
    """Check a ladder's state and return the queues of its levels."""
    state = _state(words, ladder)
    if not standing:
        assert not any(state)
        return {}
    by_key = {words[level + KEY]: level for level in standing}
    assert len(by_key) == len(standing) == state[LEVELS]
    assert state[BEST] == by_key[min(by_key)]
    assert not any(state[LEVELS + 1 :])
    queues = {level: _queue(words, level, kinds) for level in standing}
    assert state[ORDERS] == sum(map(len, queues.values()))
    lots = sum(words[level + QUANTITY] + words[level + HIDDEN] for level in standing)
    assert state[LOTS] == lots
    return queues


def _queue(words: list[int], level: int, kinds: dict[int, int]) -> list[int]:
    """Records of a level's ring, oldest first: orders, or terms on a level of expiries."""
    on_a_date = words[level + LADDER] == EXPIRIES
    pool = range(HEADER_WORDS, words[TOP], RECORD_WORDS)
    queue = []
    before, record = level, words[level + NEXT]
    while record != level:
        assert record in pool
        assert kinds.get(record) == (None if on_a_date else ORDER_KIND)
        assert words[record + PREVIOUS] == before
        assert words[record + LEVEL] & _HANDLE == level
        terms = 0 if on_a_date else _terms(words, record)
        assert terms == 0 or (terms in pool and terms not in kinds)
        queue.append(record)
        before, record = record, words[record + NEXT]
    assert words[level + PREVIOUS] == before
    return queue


def _audit_level(words: list[int], ladder: int, level: int, queue: list[int]) -> None:
    """Check that a level counts its queue."""
    reserves = (words[_terms(words, order) + RESERVE] for order in queue if _terms(words, order))
    assert words[level + LADDER] == ladder
    assert words[level + COUNT] == len(queue) > 0
    assert words[level + QUANTITY] == sum(words[order + QUANTITY] for order in queue)
    assert words[level + HIDDEN] == sum(reserves)


def _audit_turns(words: list[int], queue: list[int]) -> None:
    """Check that nobody stands before an earlier one, but for icebergs, which fall back."""
    latest = 0
    for order in queue:
        terms, arrival = _terms(words, order), _arrival(words, order)
        waits = words[(words[order + LEVEL] & _HANDLE) + LADDER] in _STOPS
        iceberg = terms and not waits and words[terms + ICEBERG_PEAK]
        assert iceberg or arrival > latest
        latest = max(latest, arrival)


def _audit_order(words: list[int], ladder: int, level: int, order: int, side: Side) -> None:
    """Check an order in itself, and that it may stand on this ladder."""
    flags = words[order + FLAGS]
    order_type, time_in_force = flags & 7, flags >> 3 & 3
    post_only, prevention = flags >> 5 & 1, flags >> 6 & 7
    waits = ladder in _STOPS
    assert flags >> 9 & 1 == side
    assert prevention <= max(SelfTradePrevention)
    assert order_type in (_STOP_TYPES if waits else _RESTING_TYPES)
    assert waits or time_in_force in _RESTING_TIMES
    assert not post_only or (order_type in _RESTING_TYPES and time_in_force in _RESTING_TIMES)
    assert price_is_allowed(words, _price(words, level))
    shown, entered = words[order + QUANTITY], words[order + ENTERED]
    assert shown > 0 == shown % words[LOT] == entered % words[LOT]
    assert entered <= words[MAX_QUANTITY]
    terms = _terms(words, order)
    assert (terms != 0) >= (waits or time_in_force == TimeInForce.GTD)
    reserve = words[terms + RESERVE] if terms else 0
    # Nothing of a stop order has traded.
    assert shown + reserve == entered if waits else shown + reserve <= entered
    if terms:
        _audit_terms(words, order, terms)
        if waits:
            _audit_stop(words, terms, order_type, _price(words, level))
        else:
            _audit_iceberg(words, terms, order_type, shown)


def _audit_terms(words: list[int], order: int, terms: int) -> None:
    """Check that the terms are this order's, and dated if it is."""
    assert words[terms + OWNER] == order
    level, expires = words[terms + LEVEL], words[terms + EXPIRY]
    if words[order + FLAGS] >> 3 & 3 == TimeInForce.GTD:
        assert level in range(HEADER_WORDS, words[TOP], RECORD_WORDS)
        assert words[level + LADDER] == EXPIRIES
        assert words[level + KEY] == expires > words[CLOCK]
    else:
        assert level == expires == 0


def _audit_stop(words: list[int], terms: int, order_type: int, stop_price: int) -> None:
    limit_price = words[terms + LIMIT_PRICE]
    assert words[terms + TRIGGER] == stop_price
    assert words[terms + RESERVE] == 0
    if order_type == OrderType.STOP:
        assert limit_price == 0
    else:
        assert price_is_allowed(words, limit_price)


def _audit_iceberg(words: list[int], terms: int, order_type: int, shown: int) -> None:
    """Check the terms of a resting order: an iceberg's, or with no peak those of a GTD order."""
    peak, reserve = words[terms + ICEBERG_PEAK], words[terms + RESERVE]
    assert words[terms + LIMIT_PRICE] == 0
    if peak == 0:
        assert reserve == 0
        assert words[terms + LEVEL] != 0
    else:
        assert order_type == OrderType.LIMIT
        assert shown <= peak
        assert reserve >= 0 == reserve % words[LOT] == peak % words[LOT]


def _audit_expiries(
    words: list[int], standing: list[int], kinds: dict[int, int], terms: set[int]
) -> None:
    """Check that exactly the terms with a date stand in the queues of their dates, in order of arrival."""
    queues = _audit_ladder(words, EXPIRIES, standing, kinds)
    dated: list[int] = []
    for level, queue in queues.items():
        assert words[level + LADDER] == EXPIRIES
        assert words[level + COUNT] == len(queue) > 0 == words[level + QUANTITY]
        assert words[level + HIDDEN] == 0
        assert all(words[record + LEVEL] == level for record in queue)
        assert terms.issuperset(queue)
        arrivals = [_arrival(words, words[record + OWNER]) for record in queue]
        assert arrivals == sorted(arrivals)
        dated += queue
    assert len(dated) == len(set(dated))
    assert set(dated) == {record for record in terms if words[record + LEVEL]}


def _audit_counts(words: list[int], orders: list[int]) -> None:
    """Check what the header counts over all ladders."""
    slices = 0
    for order in orders:
        terms = _terms(words, order)
        if terms and words[terms + RESERVE]:
            slices += -(-words[terms + RESERVE] // words[terms + ICEBERG_PEAK])
    assert words[SLICES] == slices
    assert words[WAITING] == sum(_state(words, ladder)[ORDERS] for ladder in _STOPS)
    for side, stops in ((BIDS, BUY_STOPS), (ASKS, SELL_STOPS)):
        assert _state(words, side)[LOTS] + _state(words, stops)[LOTS] <= MOST


def _audit_market(words: list[int]) -> None:
    """Check that in continuous trading nothing crosses, and no trade has reached a waiting stop."""
    if words[PHASE] != Phase.CONTINUOUS:
        return
    bid, ask, sell_stop, buy_stop = (
        _state(words, ladder)[BEST] for ladder in range(TRIGGERED_LADDER - 1)
    )
    assert not bid or not ask or _price(words, bid) < _price(words, ask)
    if words[HAS_LAST]:
        last = words[LAST_PRICE]
        assert not sell_stop or _price(words, sell_stop) < last
        assert not buy_stop or _price(words, buy_stop) > last
