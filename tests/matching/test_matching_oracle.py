"""The oracle itself: its numbers, its bookkeeping, and its two clever answers against plain trial."""

import copy
from enum import IntEnum

import attrs
import pytest

from sim.matching import codes
from sim.matching.layout import COMMAND, EVENT
from sim.matching.rules import BookRules
from tests.matching import reference_rules as numbers
from tests.matching.doors import rows_of
from tests.matching.reference_matcher import ReferenceMatcher
from tests.matching.reference_rules import (
    BUY,
    CANCELLED,
    CONTINUOUS,
    FOK,
    IOC,
    LIMIT,
    MARKET,
    NEW,
    REJECTED,
    SELL,
    TRADE,
    UNCROSS,
    UNCROSSED,
    ReferenceRules,
    Why,
    Words,
)
from tests.matching.streams import as_batch, dense_stream, random_rules

NAMES: dict[type[IntEnum], list[str]] = {
    codes.Side: ["BUY", "SELL"],
    codes.OrderType: ["LIMIT", "MARKET", "STOP", "STOP_LIMIT", "MARKET_BY_AMOUNT"],
    codes.TimeInForce: ["GTC", "IOC", "FOK", "GTD"],
    codes.SelfTradePrevention: [
        "NO_PREVENTION", "CANCEL_NEWEST", "CANCEL_OLDEST", "CANCEL_BOTH", "DECREMENT",
    ],
    codes.CommandKind: [
        "NEW", "CANCEL", "AMEND", "REDUCE", "MASS_CANCEL", "SESSION", "UNCROSS", "BANDS", "CLOCK",
    ],
    codes.Phase: ["CONTINUOUS", "HALTED", "AUCTION", "CLOSED"],
    codes.BreachAction: ["BREACH_CANCELS", "BREACH_HALTS", "BREACH_CALLS_AUCTION"],
    codes.EventKind: [
        "ACCEPTED", "TRADE", "CANCELLED", "REJECTED", "AMENDED", "TRIGGERED", "PHASE_SET",
        "UNCROSSED", "BANDS_SET", "CLOCK_SET",
    ],
}  # fmt: skip


@pytest.mark.parametrize("code", NAMES)
def test_oracle_and_core_give_the_same_numbers_to_the_same_things(code: type[IntEnum]) -> None:
    assert [getattr(numbers, name) for name in NAMES[code]] == [int(member) for member in code]


def test_oracle_and_core_give_the_same_numbers_to_the_same_reasons() -> None:
    for ours, theirs in ((numbers.Why, codes.CancelReason), (numbers.Refusal, codes.Reject)):
        assert {each.name: int(each) for each in ours} == {each.name: int(each) for each in theirs}
    assert numbers.KEEP == codes.KEEP


def test_commands_and_rules_have_the_same_fields_here_and_there() -> None:
    assert COMMAND.names == Words._fields
    assert COMMAND.itemsize == EVENT.itemsize == 64
    assert attrs.asdict(ReferenceRules()) == attrs.asdict(BookRules())


def test_a_row_is_the_words_of_an_event_in_order() -> None:
    words = Words(*range(1, 9), *(-number for number in range(1, 8)))
    assert rows_of(as_batch([words]).view(EVENT)) == [tuple(words)]


@pytest.mark.parametrize("seed", range(20))
def test_a_refused_command_changes_nothing_and_the_lots_are_counted(seed: int) -> None:
    oracle = ReferenceMatcher(random_rules(seed))
    for command in dense_stream(400, seed).tolist():
        before = oracle.state()
        rows = oracle.execute(command)
        if rows and rows[0][0] == REJECTED:
            assert len(rows) == 1
            assert oracle.state() == before
        book = oracle.book
        live = [*book.resting.values(), *book.waiting.values()]
        for side in (BUY, SELL):
            assert book.lots[side] == sum(order.open for order in live if order.side == side)
        assert all(0 < order.shown <= order.open for order in book.resting.values())
        assert not (book.phase == CONTINUOUS and book.crossed())


def test_a_fill_or_kill_is_killed_exactly_when_the_same_order_as_ioc_would_not_fill() -> None:
    seen = {True: 0, False: 0}
    for seed in range(30):
        oracle = ReferenceMatcher(random_rules(seed))
        for command in dense_stream(1_500, seed).tolist():
            words = Words._make(command)
            may_be_killed = words.kind == NEW and words.time_in_force == FOK
            trial = copy.deepcopy(oracle) if may_be_killed else None
            rows = oracle.execute(words)
            if trial is None or words.order_type not in {LIMIT, MARKET} or rows[0][0] == REJECTED:
                continue
            tried = trial.execute(words._replace(time_in_force=IOC))
            own = [row for row in tried if row[8] == words.order and row[0] == TRADE]
            filled = sum(row[11] for row in own) == words.quantity
            killed = any(row[0] == CANCELLED and row[6] == Why.FOK_UNFILLABLE for row in rows)
            assert killed != filled
            seen[filled] += 1
    assert min(seen.values()) > 50


@pytest.mark.parametrize("seed", range(30))
def test_no_price_at_all_would_uncross_more_or_leave_less_over(seed: int) -> None:
    oracle = ReferenceMatcher(random_rules(seed))
    for command in dense_stream(1_500, seed).tolist():
        if command[0] != UNCROSS:
            oracle.execute(command)
            continue
        before = copy.deepcopy(oracle.book)
        rows = oracle.execute(command)
        if rows[0][0] == UNCROSSED and rows[0][11]:
            price, volume, surplus = rows[0][10], rows[0][11], rows[0][12]
            offers = []
            for other in range(min(before.prices(SELL)), max(before.prices(BUY)) + 1):
                bids, asks = before.open_lots(BUY, other), before.open_lots(SELL, other)
                # Between two prices of orders nothing is better than at one of them.
                if other in before.sides[BUY] or other in before.sides[SELL]:
                    offers.append((-min(bids, asks), abs(bids - asks)))
                assert min(bids, asks) <= volume
            assert (-volume, abs(surplus)) == min(offers)
            assert surplus == before.open_lots(BUY, price) - before.open_lots(SELL, price)
            assert sum(row[11] for row in rows if row[0] == TRADE and row[7]) == volume
