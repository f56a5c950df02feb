"""What a fold says of a book and of a client, held against the events themselves."""

import polars as pl
import pytest

from sim.journal import RunLog
from sim.state import Fold
from sim.state.views import ViewError, book_view, check_book, client_view, people
from sim.units import ASSET_INDEX, SYMBOLS
from sim.venue.register import Standing

Runs = dict[str, RunLog]


@pytest.fixture(scope="module")
def fold(runs: Runs) -> Fold:
    """The full log, folded to two thirds."""
    fold = Fold(runs["full"])
    fold.advance(runs["full"].events * 2 // 3)
    return fold


def live_orders(log: RunLog, seq: int) -> dict[int, list[int]]:
    """Follow every order in plain Python: side, price, client and lots left, by order id."""
    orders: dict[int, list[int]] = {}
    kinds = ("order_accepted", "order_cancelled", "trade")
    for row in log.show(kinds=kinds):
        if int(row["seq"]) > seq:
            break
        if row["kind"] == "order_accepted":
            orders[int(row["order"])] = [
                SYMBOLS.index(str(row["instrument"])),
                int(row["side"] == "sell"),
                int(row["price_ticks"]),
                int(row["client"]),
                int(row["quantity_lots"]),
            ]
        elif row["kind"] == "order_cancelled":
            orders.pop(int(row["order"]), None)
        else:
            for party in ("taker_order", "maker_order"):
                order = orders[int(row[party])]
                order[-1] -= int(row["quantity_lots"])
                if not order[-1]:
                    del orders[int(row[party])]
    return orders


def test_a_book_holds_the_orders_that_a_plain_count_finds(runs: Runs, fold: Fold) -> None:
    orders = live_orders(runs["full"], fold.seq)
    assert len(orders) > 20
    for place, symbol in enumerate(SYMBOLS):
        mine = [order for order in orders.values() if order[0] == place]
        view = book_view(fold, symbol, 1000)
        for side, levels in ((0, view.bids), (1, view.asks)):
            of_side = [order for order in mine if order[1] == side]
            prices = sorted({order[2] for order in of_side}, reverse=side == 0)
            assert [level.price_ticks for level in levels] == prices
            for level in levels:
                there = [order for order in of_side if order[2] == level.price_ticks]
                assert (level.orders, level.lots) == (len(there), sum(o[4] for o in there))
        assert view.levels_in_all == len(view.bids) + len(view.asks)
        if view.bids and view.asks:
            assert view.bids[0].price_ticks < view.asks[0].price_ticks
        cut = book_view(fold, symbol, 2)
        assert (cut.bids, cut.asks) == (view.bids[:2], view.asks[:2])
        assert cut.levels_in_all == view.levels_in_all


def test_a_maker_has_its_orders_its_holds_and_its_terms(runs: Runs, fold: Fold) -> None:
    orders = live_orders(runs["full"], fold.seq)
    view = client_view(runs["full"], fold, 1)
    assert view.open_orders is not None
    assert view.held_minor is not None
    assert {order.order for order in view.open_orders} == {
        number for number, order in orders.items() if order[3] == 1
    }
    assert all(view.held_minor[code] <= view.balances_minor[code] for code in view.held_minor)
    assert view.fees == fold.terms.fees[view.record.client_class]
    assert set(view.pairs) == set(SYMBOLS)
    assert (view.record.standing, view.risk_class) == (Standing.ACTIVE, "")


def test_a_clients_balance_is_the_sum_of_deposits_withdrawals_and_trades(runs: Runs) -> None:
    log = runs["trades"]
    fold = Fold(log)
    fold.advance(log.events)
    parties = pl.concat(log.scan("trade").select(client=party) for party in ("taker", "maker"))
    client = int(parties.filter(pl.col("client") > 100).collect()["client"].mode()[0])
    mine = pl.col("client") == client
    total = sum(
        sign * int(log.scan(kind).filter(mine, asset="HKD").collect()["amount_minor"].sum())
        for kind, sign in (("deposit_credited", 1), ("withdrawal_requested", -1))
    )
    for row in log.show(kinds=["trade"], client=client):
        if not str(row["instrument"]).endswith("/HKD"):
            continue
        bought = (row["taker_side"] == "buy") == (row["taker"] == client)
        tick_lot = {"BTC/HKD": 1_000_000 * 1_000 // 10**8, "ETH/HKD": 10**5 * 10**5 // 10**9}
        notional = int(row["price_ticks"]) * int(row["quantity_lots"])
        notional *= tick_lot[str(row["instrument"])]
        fee = row["taker_fee_minor"] if row["taker"] == client else row["maker_fee_minor"]
        total += (-notional if bought else notional) - int(fee)
    view = client_view(log, fold, client)
    assert view.balances_minor.get("HKD", 0) == total
    assert fold.trading.balances()[client, ASSET_INDEX["HKD"]] == total
    assert (view.open_orders, view.held_minor) == (None, None)
    assert view.risk_class


def test_everybody_is_counted_once(fold: Fold) -> None:
    counted = people(fold)
    assert sum(sum(standings.values()) for standings in counted.values()) == len(fold.register)
    assert counted["market_maker"] == {"active": 1}


def test_unknown_names_are_told_with_the_nearest_one_or_with_those_there_are(
    runs: Runs, fold: Fold
) -> None:
    with pytest.raises(ViewError, match="no pair 'btc-hkd'; did you mean BTC/HKD"):
        check_book(runs["full"], "btc-hkd")
    with pytest.raises(ViewError, match="no pair 'x'; expected one of BTC/HKD"):
        check_book(runs["full"], "x")
    with pytest.raises(ViewError, match="log level is trades; run it again with --set"):
        check_book(runs["trades"], "BTC/HKD")
    with pytest.raises(
        ViewError, match=r"no client 5; participants are .* 1 to \d, prospects are .* 101 to 250$"
    ):
        client_view(runs["full"], fold, 5)
    with pytest.raises(ViewError, match="nobody has arrived yet"):
        client_view(runs["full"], Fold(runs["full"]), 1500)
    with pytest.raises(ViewError, match="client 101 arrives later, at 2023-0"):
        client_view(runs["full"], Fold(runs["full"]), 101)
