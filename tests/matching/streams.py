"""Command streams for the tests: hypothesis strategies, and the seeded generators by one name.

The strategies keep ids, accounts and prices so few that orders meet, collide and set each other off.
"""

from functools import partial

import numpy as np
from hypothesis import strategies as st

from sim.matching.batch import Commands
from sim.matching.layout import COMMAND
from tests.matching.reference_rules import (
    AMEND,
    BANDS,
    CANCEL,
    CLOCK,
    FOK,
    GTC,
    GTD,
    IOC,
    KEEP,
    LEAST,
    LIMIT,
    MARKET,
    MARKET_BY_AMOUNT,
    MASS_CANCEL,
    MOST,
    NEW,
    REDUCE,
    SESSION,
    STOP,
    STOP_LIMIT,
    UNCROSS,
    Command,
    ReferenceRules,
    Words,
)
from tests.matching.seeded_streams import (
    auction_stream,
    dense_stream,
    full_stream,
    mixed_stream,
    random_rules,
)

__all__ = [
    "LEAST", "MOST", "any_int64", "as_batch", "auction_stream", "auctions", "dense_stream",
    "extreme_streams", "full_stream", "mixed_stream", "prices", "random_rules", "rules", "streams",
]  # fmt: skip


def as_batch(commands: list[Command]) -> Commands:
    """Pack commands into the structured array of the batch door."""
    return np.array([tuple(command) for command in commands], COMMAND)


# -- hypothesis ------------------------------------------------------------------------------------

any_int64 = st.integers(LEAST, MOST)
any_byte = st.integers(0, 255)
prices = st.one_of(
    st.integers(92, 108),
    st.integers(-3, 3),
    st.sampled_from([LEAST, LEAST + 1, MOST - 1, MOST, 63, 64, 65, 4095, 4096, 2**32, -(2**32)]),
    st.integers(-40, 40).map(lambda step: 100 + 64 * step),
    any_int64,
)
rules = st.builds(
    ReferenceRules,
    tick=st.sampled_from([1, 1, 1, 2]),
    lot=st.sampled_from([1, 1, 1, 2]),
    min_quantity=st.sampled_from([1, 1, 3]),
    max_quantity=st.sampled_from([None, None, 16]),
    collar_ticks=st.sampled_from([None, None, 0, 2]),
    unique_ids=st.sampled_from([False, False, False, True]),
    nonpositive_prices=st.booleans(),
    market_pressure=st.booleans(),
)

near = st.integers(96, 104)
ids = st.integers(1, 12)
accounts = st.sampled_from([0, 1, 1, 2, 2, 3])
sides = st.integers(0, 1)
lots = st.integers(1, 16)
times = st.integers(0, 12)


def _often(usual: int, *others: int) -> st.SearchStrategy[int]:
    """Mostly the usual value, which is also what an example shrinks to."""
    return st.sampled_from([usual] * (2 * len(others)) + list(others))


def _words(**fields: st.SearchStrategy[int]) -> st.SearchStrategy[Words]:
    """Draw the given fields; the others are 0 (`st.builds` would make up numbers for them)."""
    return st.fixed_dictionaries(fields).map(lambda drawn: Words(**drawn))


_terms: dict[str, st.SearchStrategy[int]] = {
    "order": ids,
    "account": accounts,
    "side": sides,
    "quantity": lots,
    "self_trade_prevention": _often(0, 1, 2, 3, 4),
}
_new = partial(_words, kind=st.just(NEW), **_terms)
_limits = _new(
    price=near,
    time_in_force=_often(GTC, IOC, FOK, GTD),
    post_only=_often(0, 0, 1),
    peak=_often(0, 1, 3, 4),
    expires=times,
)
_markets = _new(order_type=st.just(MARKET), time_in_force=st.sampled_from([IOC, FOK, GTC]))
_amounts = _words(
    kind=st.just(NEW),
    order_type=st.just(MARKET_BY_AMOUNT),
    **{**_terms, "quantity": st.integers(1, 1_500)},
)
_stops = _new(
    order_type=st.sampled_from([STOP, STOP_LIMIT]),
    price=near,
    stop_price=near,
    time_in_force=_often(GTC, IOC, FOK, GTD),
    post_only=_often(0, 0, 1),
    expires=times,
)
_on_orders = st.one_of(
    _words(kind=st.just(CANCEL), order=ids, account=_often(0, 1)),
    _words(
        kind=st.just(AMEND),
        order=ids,
        account=_often(0, 1),
        price=st.one_of(st.just(KEEP), near),
        quantity=st.one_of(st.just(KEEP), st.integers(0, 24)),
    ),
    _words(kind=st.just(REDUCE), order=ids, quantity=st.integers(0, 6)),
    _words(kind=st.just(MASS_CANCEL), account=_often(1, 0)),
)
_on_market = st.one_of(
    _words(kind=st.just(SESSION), detail=_often(0, 1, 2, 2, 3, 9)),
    _words(kind=st.just(UNCROSS), price=_often(0, 99, 102)),
    _words(
        kind=st.just(BANDS),
        price=st.sampled_from([LEAST, 90, 98]),
        stop_price=st.sampled_from([MOST, 110, 102]),
        quantity=st.sampled_from([0, 1, 3, -1]),
        detail=st.integers(0, 3),
    ),
    _words(kind=st.just(CLOCK), expires=times),
)
_extreme_words = st.one_of(any_int64, st.sampled_from([LEAST, -1, 0, 1, 100, 2**62, MOST]))
_extremes = _words(
    kind=_often(NEW, NEW, CANCEL, AMEND, REDUCE, 9, 255),
    side=_often(0, 1, 1, 2),
    order_type=_often(LIMIT, 1, 2, 3, 4, 5, 255),
    time_in_force=_often(GTC, 1, 2, 3, 4),
    post_only=_often(0, 1, 2),
    self_trade_prevention=_often(0, 1, 2, 3, 4, 5),
    reserved=any_byte,
    detail=any_byte,
    order=st.one_of(ids, _extreme_words),
    account=st.one_of(accounts, any_int64),
    price=prices,
    quantity=st.one_of(lots, _extreme_words),
    stop_price=prices,
    # A small slice of a huge order would never end; a slice of 2**61 is small enough to test.
    peak=_often(0, -1, LEAST, 2**61, MOST),
    expires=st.one_of(times, _extreme_words),
)
_collected = _words(
    kind=st.just(NEW),
    side=sides,
    order=st.integers(1, 40),
    price=near,
    quantity=_often(1, 2, 5),
    peak=_often(0, 1),
)
_opened = _words(kind=st.just(SESSION), detail=st.just(2))
_uncrossed = _words(kind=st.just(UNCROSS), price=st.integers(94, 106) | st.just(0))
auctions: st.SearchStrategy[list[Command]] = st.builds(
    lambda begin, orders, end: [begin, *orders, end],
    _opened,
    st.lists(_collected, min_size=2, max_size=14),
    _uncrossed,
)
"""A call auction, its orders of small sizes so that prices tie, and its uncross."""
_command = st.one_of(_limits, _limits, _limits, _markets, _amounts, _stops, _on_orders, _on_market)
streams: st.SearchStrategy[list[Command]] = st.lists(_command, min_size=1, max_size=60)
"""Dense streams of every kind of command; all names known, all words small."""
extreme_streams: st.SearchStrategy[list[Command]] = st.lists(_extremes, min_size=1, max_size=40)
"""Words from all over int64, unknown names, malformed commands."""
