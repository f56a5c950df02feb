"""The desk's pre-trade checks, holds, settlement and fees, order by order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.events import ExposureLimitSet, FeesSet, RuleChanged
from sim.events.codes import CancelReason, ClientClass, PairStatus, RefusalReason
from sim.flow.layout import (
    AVAILABLE,
    HELD,
    KIND_CANCELLED,
    KIND_TRADE,
    RESTING_INSTRUMENT,
    RESTING_ORDER,
    RESTING_SIDE,
    ROW_CAUSE,
    ROW_KIND,
    ROW_PAYLOAD,
    TRADER,
)
from sim.units import SYMBOLS
from tests.flow.small_plane import BTC, FIRST_CLIENT, HKD, START_US, SmallPlane

BUY, SELL = 0, 1
LIMIT, MARKET = 0, 1
GTC, IOC = 0, 1
ALICE, BOB = FIRST_CLIENT, FIRST_CLIENT + 1
PRICE = 210_000  # HKD for a bitcoin, one tick is one dollar
LOT_HKD_MINOR = PRICE * 10  # a lot is 1e-5 BTC


@pytest.fixture
def desk() -> SmallPlane:
    plane = SmallPlane(clients=2, days=2, volatile=False)
    plane.pay_in(ALICE, "HKD", 10_000 * HKD)
    plane.give(BOB, "BTC", BTC)
    plane.activate(ALICE)
    plane.activate(BOB)
    return plane


def test_a_resting_buy_holds_its_notional_and_the_takers_fee(desk: SmallPlane) -> None:
    assert desk.send(ALICE, "BTC/HKD", BUY, PRICE, 1_000) > 0
    notional = 1_000 * LOT_HKD_MINOR
    held = notional + notional * 1_500 // 1_000_000
    assert desk.balance(ALICE, "HKD") == (10_000 * HKD - held, held)


def test_a_fill_pays_the_makers_price_and_each_sides_own_fee(desk: SmallPlane) -> None:
    desk.send(BOB, "BTC/HKD", SELL, PRICE, 1_000)
    assert desk.send(ALICE, "BTC/HKD", BUY, PRICE + 500, 1_000) == 0
    notional = 1_000 * LOT_HKD_MINOR
    taker_fee, maker_fee = notional * 1_500 // 1_000_000, notional * 1_000 // 1_000_000
    assert desk.balance(ALICE, "HKD") == (10_000 * HKD - notional - taker_fee, 0)
    assert desk.balance(ALICE, "BTC") == (1_000 * 1_000, 0)
    assert desk.balance(BOB, "HKD") == (notional - maker_fee, 0)
    assert desk.balance(BOB, "BTC") == (BTC - 1_000_000, 0)
    assert desk.plane.fees_collected()["HKD"] == taker_fee + maker_fee


def test_what_is_left_of_an_ioc_order_is_freed_and_said(desk: SmallPlane) -> None:
    desk.send(BOB, "BTC/HKD", SELL, PRICE, 300)
    assert desk.send(ALICE, "BTC/HKD", BUY, PRICE, 1_000, life=IOC) == 0
    assert desk.balance(ALICE, "HKD")[1] == 0
    row = desk.last_row()
    assert row[ROW_KIND] == KIND_CANCELLED
    assert row[ROW_PAYLOAD + 5 : ROW_PAYLOAD + 7] == [700, CancelReason.IOC_REMAINDER]


def test_a_market_sell_takes_the_bids_and_nothing_more(desk: SmallPlane) -> None:
    desk.send(ALICE, "BTC/HKD", BUY, PRICE - 7, 500)
    assert desk.send(BOB, "BTC/HKD", SELL, PRICE, 800, order_type=MARKET, life=IOC) == 0
    assert desk.balance(BOB, "BTC") == (BTC - 500 * 1_000, 0)
    rows = desk.journal.all_rows()
    prices = rows[rows[:, ROW_KIND] == KIND_TRADE, ROW_PAYLOAD + 1].tolist()
    assert prices == [PRICE - 7]


@pytest.mark.parametrize(
    ("lots", "reason"),
    [(5_000, RefusalReason.SHORT_OF_FUNDS), (1, RefusalReason.BELOW_MINIMUM)],
)
def test_an_order_is_refused_when_money_is_short_or_it_is_too_small(
    desk: SmallPlane, lots: int, reason: RefusalReason
) -> None:
    desk.plane.set_minimum("trd.min_order.btc_hkd", 80 * HKD)
    before = desk.balance(ALICE, "HKD")
    assert desk.send(ALICE, "BTC/HKD", BUY, PRICE, lots) == -1 - reason
    assert desk.balance(ALICE, "HKD") == before
    assert desk.last_refusal() == reason


def test_open_buy_orders_count_towards_the_exposure_limit() -> None:
    desk = SmallPlane(clients=2, days=2, volatile=False)
    desk.pay_in(ALICE, "HKD", 10_000 * HKD)
    desk.activate(ALICE, limit_minor=3_000 * HKD)
    assert desk.send(ALICE, "BTC/HKD", BUY, PRICE - 10, 1_000) > 0
    refused = desk.send(ALICE, "BTC/HKD", BUY, PRICE - 20, 1_000)
    assert refused == -1 - RefusalReason.EXPOSURE_LIMIT


def test_coins_count_towards_the_exposure_limit_at_the_reference_price() -> None:
    desk = SmallPlane(clients=2, days=2, volatile=False)
    desk.pay_in(ALICE, "HKD", 10_000 * HKD)
    desk.give(ALICE, "BTC", BTC // 100)
    desk.activate(ALICE, limit_minor=2_150 * HKD)
    assert desk.send(ALICE, "BTC/HKD", BUY, PRICE, 100) == -1 - RefusalReason.EXPOSURE_LIMIT
    assert desk.send(ALICE, "BTC/HKD", BUY, PRICE, 20) > 0


def test_a_usd_order_counts_in_hkd_towards_the_exposure_limit() -> None:
    desk = SmallPlane(clients=2, days=2, volatile=False)
    desk.pay_in(ALICE, "USD", 1_000 * HKD)
    desk.activate(ALICE, limit_minor=3_000 * HKD)
    price = 268_199  # tenths of a dollar
    assert desk.send(ALICE, "BTC/USD", BUY, price, 1_600) == -1 - RefusalReason.EXPOSURE_LIMIT
    assert desk.send(ALICE, "BTC/USD", BUY, price, 1_400) > 0


def test_nobody_trades_before_activation_or_in_a_pair_that_is_not_open_to_them() -> None:
    desk = SmallPlane(clients=2, days=2, volatile=False, open_pairs=False)
    desk.pay_in(ALICE, "HKD", 10_000 * HKD)
    desk.give(ALICE, "BTC", BTC)
    assert desk.send(ALICE, "BTC/HKD", BUY, PRICE, 100) == -1 - RefusalReason.NOT_ACTIVE
    desk.activate(ALICE)
    assert desk.send(ALICE, "BTC/HKD", BUY, PRICE, 100) == -1 - RefusalReason.NOT_LISTED
    desk.set_pair("BTC/HKD", ClientClass.RETAIL, PairStatus.SELL_ONLY)
    assert desk.send(ALICE, "BTC/HKD", BUY, PRICE, 100) == -1 - RefusalReason.SELL_ONLY
    assert desk.send(ALICE, "BTC/HKD", SELL, PRICE, 100) > 0


def test_a_change_of_fees_cancels_open_orders_because_their_holds_include_the_old_fee(
    desk: SmallPlane,
) -> None:
    order = desk.send(ALICE, "BTC/HKD", BUY, PRICE, 1_000)
    # Orders sent by hand are remembered as a client's own would be.
    desk.plane.arena.table(TRADER)[ALICE, RESTING_ORDER] = order
    desk.apply(
        FeesSet(
            time_us=START_US, client_class=ClientClass.RETAIL, maker_ppm=2_000, taker_ppm=3_000
        ),
        seq=77,
    )
    assert desk.balance(ALICE, "HKD") == (10_000 * HKD, 0)
    row = desk.last_row()
    assert row[ROW_KIND] == KIND_CANCELLED
    assert row[ROW_CAUSE] == 77
    assert row[ROW_PAYLOAD + 6] == CancelReason.FEE_CHANGE


def remember(desk: SmallPlane, client: int, symbol: str, side: int, order: int) -> None:
    """Let a client remember an order sent by hand, as it would one of its own."""
    row = desk.plane.arena.table(TRADER)[client]
    row[RESTING_ORDER], row[RESTING_INSTRUMENT], row[RESTING_SIDE] = (
        order,
        SYMBOLS.index(symbol),
        side,
    )


def test_a_resting_buy_is_cancelled_when_its_pair_becomes_sell_only_and_a_sell_stays(
    desk: SmallPlane,
) -> None:
    buy = desk.send(ALICE, "BTC/HKD", BUY, PRICE - 9, 500)
    sell = desk.send(BOB, "BTC/HKD", SELL, PRICE + 9, 500)
    remember(desk, ALICE, "BTC/HKD", BUY, buy)
    remember(desk, BOB, "BTC/HKD", SELL, sell)
    desk.set_pair("BTC/HKD", ClientClass.RETAIL, PairStatus.SELL_ONLY, rule="tok.retail_gate")
    assert desk.balance(ALICE, "HKD") == (10_000 * HKD, 0)
    assert desk.balance(BOB, "BTC")[1] == 500_000
    assert desk.last_row()[ROW_PAYLOAD + 6] == CancelReason.PAIR_CLOSED
    desk.send(ALICE, "BTC/HKD", BUY, PRICE, 100)
    refused = desk.plane.drain()["order_refused"]
    assert refused["rule"].to_list() == ["tok.retail_gate"]


def test_a_resting_buy_is_cancelled_when_the_exposure_limit_is_lowered(desk: SmallPlane) -> None:
    order = desk.send(ALICE, "BTC/HKD", BUY, PRICE - 9, 500)
    remember(desk, ALICE, "BTC/HKD", BUY, order)
    for limit_minor, held in ((5_000 * HKD, False), (6_000 * HKD, True)):
        desk.apply(
            ExposureLimitSet(time_us=START_US, client=ALICE, limit_minor=limit_minor, share_ppm=1)
        )
        if not held:
            assert desk.balance(ALICE, "HKD")[1] == 0
            order = desk.send(ALICE, "BTC/HKD", BUY, PRICE - 9, 500)
            remember(desk, ALICE, "BTC/HKD", BUY, order)
    assert desk.balance(ALICE, "HKD")[1] > 0, "a higher limit cancels nothing"


def test_a_maker_fee_above_the_taker_fee_is_held_too(desk: SmallPlane) -> None:
    desk.apply(
        FeesSet(
            time_us=START_US, client_class=ClientClass.RETAIL, maker_ppm=50_000, taker_ppm=1_000
        )
    )
    lots = 10_000 * HKD * 100 // 105 // LOT_HKD_MINOR
    assert desk.send(ALICE, "BTC/HKD", BUY, PRICE, lots) > 0
    assert desk.send(BOB, "BTC/HKD", SELL, PRICE, lots) == 0
    assert desk.balance(ALICE, "HKD")[0] >= 0
    desk.plane.check()


def test_a_refusal_in_a_pair_that_never_opened_names_what_keeps_the_class_out() -> None:
    desk = SmallPlane(clients=2, days=2, volatile=False, open_pairs=False)
    desk.activate(ALICE)
    desk.send(ALICE, "BTC/HKD", BUY, PRICE, 100)
    assert desk.plane.drain()["order_refused"]["rule"].to_list() == ["tok.sfc_approval"]


def test_a_minimum_order_that_is_no_longer_in_force_refuses_nothing(desk: SmallPlane) -> None:
    desk.plane.set_minimum("trd.min_order.btc_hkd", 80 * HKD)
    desk.apply(
        RuleChanged(
            time_us=START_US,
            rule="trd.min_order.btc_hkd",
            value="not in force",
            unit="money",
            status="practice",
        )
    )
    assert desk.send(ALICE, "BTC/HKD", BUY, PRICE, 1) > 0


def test_a_negative_balance_is_found_and_named(desk: SmallPlane) -> None:
    desk.plane.arena.table(AVAILABLE)[ALICE, 0] = -5
    with pytest.raises(ValueError, match=f"client {ALICE}: available HKD is -5"):
        desk.plane.check()


orders = st.tuples(
    st.sampled_from([ALICE, BOB]),
    st.sampled_from(["BTC/HKD", "ETH/USD", "BTC/USD"]),
    st.sampled_from([BUY, SELL]),
    st.integers(-60, 60),
    st.integers(1, 2_000),
    st.sampled_from([GTC, IOC]),
)
MIDDLE = {"BTC/HKD": 210_000, "BTC/USD": 268_199, "ETH/USD": 191_570}


@settings(max_examples=60)
@given(st.lists(orders, max_size=40))
def test_no_flow_of_orders_creates_or_loses_a_minor_unit_or_goes_short(
    flow: list[tuple[int, str, int, int, int, int]],
) -> None:
    desk = SmallPlane(clients=2, days=2, volatile=False)
    for client in (ALICE, BOB):
        desk.pay_in(client, "HKD", 50_000 * HKD)
        desk.pay_in(client, "USD", 50_000 * HKD)
        desk.give(client, "BTC", BTC // 2)
        desk.give(client, "ETH", 5 * 10**9)
        desk.activate(client, limit_minor=150_000 * HKD)
    before = desk.plane.totals()
    for client, symbol, side, offset, lots, life in flow:
        desk.send(client, symbol, side, MIDDLE[symbol] + offset, lots, life=life)
        after, fees = desk.plane.totals(), desk.plane.fees_collected()
        assert {asset: after[asset] + fees[asset] for asset in after} == before
        assert (desk.plane.arena.table(AVAILABLE) >= 0).all()
        assert (desk.plane.arena.table(HELD) >= 0).all()
