"""The friendly door: what is no integer of its size is no command, and every method says so."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from sim.matching.book import CommandError, OrderBook
from tests.matching.arena_audit import audit

_METHODS: dict[str, dict[str, Any]] = {
    "submit_limit": {"order": 9, "account": 7, "side": 0, "price": 100, "quantity": 5},
    "submit_market": {"order": 9, "account": 7, "side": 0, "quantity": 5},
    "submit_market_by_amount": {"order": 9, "account": 7, "side": 0, "amount": 500},
    "submit_stop": {"order": 9, "account": 7, "side": 0, "stop_price": 120, "quantity": 5},
    "cancel": {"order": 1},
    "amend": {"order": 1},
    "reduce": {"order": 1, "quantity": 1},
    "mass_cancel": {"account": 7},
    "set_phase": {"phase": 0},
    "uncross": {},
    "set_bands": {},
    "set_clock": {"now": 5},
}
"""Arguments with which each method is a command."""
_OF_A_NEW_ORDER = ("side", "time_in_force", "post_only", "self_trade_prevention")
_SMALL = {
    "submit_limit": _OF_A_NEW_ORDER,
    "submit_market": ("side", "time_in_force", "self_trade_prevention"),
    "submit_market_by_amount": ("side", "self_trade_prevention"),
    "submit_stop": _OF_A_NEW_ORDER,
    "set_phase": ("phase",),
    "set_bands": ("on_breach",),
}
_WIDE = {
    "submit_limit": ("order", "account", "price", "quantity", "peak"),
    "submit_market": ("order", "account", "quantity"),
    "submit_market_by_amount": ("order", "account", "amount"),
    "submit_stop": ("order", "account", "stop_price", "quantity", "price", "expires"),
    "cancel": ("order", "account"),
    "amend": ("order", "price", "quantity", "account"),
    "reduce": ("order", "quantity", "account"),
    "mass_cancel": ("account",),
    "uncross": ("reference",),
    "set_bands": ("low", "high", "dynamic_ticks"),
    "set_clock": ("now",),
}


def _bad_values() -> Iterator[Any]:
    sizes = ((_SMALL, (-1, 256), "a number of 0 to 255"), (_WIDE, (-(2**63) - 1, 2**63), "an inte"))
    for methods, beyond, expected in sizes:
        for method, arguments in methods.items():
            for argument in arguments:
                nothing = (None,) if argument in _METHODS[method] else ()
                for value in (*beyond, 1.5, "5", np.float64(2), *nothing):
                    yield pytest.param(method, argument, value, expected)


@pytest.fixture
def book() -> Iterator[OrderBook]:
    book = OrderBook()
    book.submit_limit(1, 7, 1, 101, 5)
    yield book
    audit(book.snapshot())


@pytest.mark.parametrize(("method", "argument", "value", "expected"), list(_bad_values()))
def test_what_is_no_integer_of_its_size_is_no_command(
    book: OrderBook, method: str, argument: str, value: object, expected: str
) -> None:
    before = book.state_hash()
    message = re.escape(f"{argument} is {value!r}; expected {expected}")
    with pytest.raises(CommandError, match=message):
        getattr(book, method)(**_METHODS[method] | {argument: value})
    assert book.state_hash() == before


@pytest.mark.parametrize("method", _METHODS)
def test_the_same_call_with_good_values_is_a_command(book: OrderBook, method: str) -> None:
    assert isinstance(getattr(book, method)(**_METHODS[method]), list)


def test_a_command_error_is_a_type_error() -> None:
    assert issubclass(CommandError, TypeError)


def test_numpy_integers_of_different_types_may_stand_side_by_side(book: OrderBook) -> None:
    words: Any = {"order": np.uint64(9), "account": np.int64(7), "price": np.int64(90)}
    assert len(book.submit_limit(side=0, quantity=2, **words)) == 1
