"""The desk at the edges: the very limit, coins behind orders, a fee that does not come out even, numbers of rows."""

import pytest

from sim.events.codes import RefusalReason
from sim.flow.layout import KIND_ACCEPTED, KIND_CANCELLED, KIND_REFUSED, KIND_TRADE, ROW_KIND
from sim.flow.layout import ROW_SEQ as SEQ_OF_ROW
from tests.flow.small_plane import BTC, FIRST_CLIENT, HKD, SmallPlane

BUY, SELL = 0, 1
IOC = 1
ALICE, BOB = FIRST_CLIENT, FIRST_CLIENT + 1
PRICE = 210_000
LOT_HKD_MINOR = PRICE * 10


def desk(limit_minor: int = -1, coins: int = 0) -> SmallPlane:
    small = SmallPlane(clients=2, days=2, volatile=False)
    small.pay_in(ALICE, "HKD", 10_000 * HKD)
    if coins:
        small.give(ALICE, "BTC", coins)
    small.give(BOB, "BTC", BTC)
    small.activate(ALICE, limit_minor)
    small.activate(BOB)
    return small


def test_an_order_up_to_the_very_limit_is_accepted_and_one_minor_unit_less_refuses_it() -> None:
    value_minor = 1_000 * LOT_HKD_MINOR
    assert desk(value_minor).send(ALICE, "BTC/HKD", BUY, PRICE, 1_000) > 0
    refused = desk(value_minor - 1).send(ALICE, "BTC/HKD", BUY, PRICE, 1_000)
    assert refused == -1 - RefusalReason.EXPOSURE_LIMIT


def test_coins_behind_an_open_order_to_sell_count_towards_the_exposure_limit() -> None:
    small = desk(2_150 * HKD, coins=BTC // 100)
    assert small.send(ALICE, "BTC/HKD", SELL, PRICE + 1_000, 1_000) > 0
    assert small.balance(ALICE, "BTC") == (0, BTC // 100)
    refused = small.send(ALICE, "BTC/HKD", BUY, PRICE, 100)
    assert refused == -1 - RefusalReason.EXPOSURE_LIMIT
    assert small.send(ALICE, "BTC/HKD", BUY, PRICE, 20) > 0


@pytest.mark.parametrize(("price", "lots"), [(210_001, 1), (210_007, 13), (199_999, 333)])
def test_a_fee_that_does_not_come_out_even_is_rounded_down_on_both_sides(
    price: int, lots: int
) -> None:
    small = desk()
    small.send(BOB, "BTC/HKD", SELL, price, lots)
    assert small.send(ALICE, "BTC/HKD", BUY, price, lots) == 0
    notional = price * 10 * lots
    taker_fee, maker_fee = notional * 1_500 // 1_000_000, notional * 1_000 // 1_000_000
    assert notional * 1_500 % 1_000_000
    assert notional * 1_000 % 1_000_000
    assert small.balance(ALICE, "HKD") == (10_000 * HKD - notional - taker_fee, 0)
    assert small.balance(BOB, "HKD") == (notional - maker_fee, 0)


def test_every_row_of_the_desk_takes_the_next_number() -> None:
    small = desk()
    small.send(ALICE, "BTC/HKD", BUY, PRICE, 10_000_000)
    small.send(BOB, "BTC/HKD", SELL, PRICE, 300)
    small.send(ALICE, "BTC/HKD", BUY, PRICE, 1_000, life=IOC)
    rows = small.journal.all_rows()
    kinds = [KIND_REFUSED, KIND_ACCEPTED, KIND_ACCEPTED, KIND_TRADE, KIND_CANCELLED]
    assert rows[:, ROW_KIND].tolist() == kinds
    first = int(rows[0, SEQ_OF_ROW])
    assert rows[:, SEQ_OF_ROW].tolist() == list(range(first, first + len(kinds)))
