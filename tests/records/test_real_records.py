"""The core against real exchanges. The figures are what a plain price-time book can reach; see the README."""

import pytest

from sim.records import Comparison, Record, Replay, compare, read, replay, total
from tests.real_data import real_data
from tests.records.samples import Shares, compared, only, shares

COINBASE = "l3_coinbase_full_20180325_60s_setA.parquet"
BITSTAMP = "l3_bitstamp_btcusd_20150501_first5h.log.xz"
LOBSTER = "l3_lobster_GOOG_20120621_L10.zip"
NASDAQ, NASDAQ_BOOK = (f"l3_databento_ARL_20250717_{kind}.csv.gz" for kind in ("mbo", "mbp"))
CME = "l3_databento_ES_20240508_2s_mbo.parquet"


def test_coinbase_makes_the_same_trades_and_leaves_the_same_sizes() -> None:
    records = read(real_data(COINBASE))
    comparisons = [compare(record, replay(record)) for record in records]
    assert {record.name.removeprefix("Coinbase ") for record in records} == {
        *("BCH-BTC", "BTC-EUR", "BTC-USD", "ETH-BTC", "LTC-EUR")
    }
    assert sum(record.client_commands for record in records) == 8_851
    found = {share.measure: share for share in total(comparisons)}
    # Maker, taker, price and size of each.
    assert (found["trades"].agreed, found["trades"].recorded, found["trades"].ours) == (177,) * 3
    assert found["open sizes"].agreed == found["open sizes"].recorded == 4_493
    assert [comparison.lowest_percent for comparison in comparisons] == [100.0] * 5
    assert all(comparison.first_disagreement is None for comparison in comparisons)


def test_bitstamp_differs_by_what_its_funds_leave_over_and_by_what_came_late() -> None:
    record = only(real_data(BITSTAMP))
    replayed, comparison = compared(record)
    found = shares(comparison)
    assert found["trades"] == (571, 575, 575)
    assert found["best bid and ask"] == (4_994, 5_010, 5_010)
    assert found["level sizes"] == (171_509, 171_569, 171_557)
    assert found["cancelled sizes"] == (24_310, 24_317, 24_313)
    assert comparison.refusals == {"UNKNOWN_ORDER": 4}
    assert comparison.lowest_percent > 98.0
    first = comparison.first_disagreement
    assert first is not None
    # A level that a book shows too early, with two better ones and two worse.
    assert [level.price for level in first.asks] == [
        "235.62",
        "235.63",
        "235.64",
        "235.69",
        "235.87",
    ]
    assert [level.price for level in first.bids[:1]] == ["234.70"]
    made = sorted(replayed.events["price"][replayed.events["kind"] == 2].tolist())
    # The prices are all the same: what differs is 4e-5 BTC, left over of four orders by funds.
    assert made == sorted(record.trades["price"].tolist())


def test_nasdaqs_thin_stock_has_the_vendors_book_in_every_row() -> None:
    record = only(real_data(NASDAQ), book=real_data(NASDAQ_BOOK))
    _, comparison = compared(record)
    found = shares(comparison)
    # 3,882 rows of orders, and 43 of trades after which no other fill follows.
    assert found["whole books"] == (3_925, 3_925, 3_925)
    assert found["level sizes"] == (76_202, 76_202, 76_202)
    assert found["trades"] == (11, 11, 11)
    assert comparison.lowest_percent == 100.0
    assert "35 trades without a resting fill left out" in record.notes


def test_cme_cancels_an_own_order_where_a_book_without_owners_trades_with_it() -> None:
    record = only(real_data(CME))
    assert int(record.seeds.sum()) == 13_600
    _, comparison = compared(record)
    found = shares(comparison)
    assert found["trades"] == (4, 5, 5)
    assert found["traded lots, price by price"] == (5, 5, 5)
    first = comparison.first_disagreement
    assert first is not None
    assert first.place.endswith(": row 13,726")
    # The order that stands first is cancelled at the very instant of the trade: self-match prevention.
    assert first.ours == ("1 at 5214.25: order 6413245567573 met by 6413245568386",)
    assert first.recorded == ("1 at 5214.25: order 6413245567872 met by 6413245568386",)
    assert first.asks[0].orders[:2] == ("6413245567573: 1", "6413245567872: 10")


@pytest.fixture(scope="module")
def google() -> Record:
    return only(real_data(LOBSTER))


def measured(record: Record, *, set_right: bool) -> tuple[Replay, Comparison, Shares]:
    replayed, comparison = compared(record, set_right=set_right)
    return replayed, comparison, shares(comparison)


def test_a_day_of_google_has_every_fill_at_its_price_and_all_but_three_in_turn(
    google: Record,
) -> None:
    _, comparison, found = measured(google, set_right=False)
    # Each fill at the recorded price, 99.96 % with the recorded maker.
    assert found["traded lots, price by price"] == (6_259, 6_259, 6_259)
    assert found["trades"] == (7_762, 7_765, 7_765)
    assert found["open sizes"] == (71_258, 71_258, 71_258)
    assert comparison.refusals == {"UNKNOWN_ORDER": 1}
    # One order served before its turn leaves another behind, seen in 805 books until its level goes out of view.
    assert found["whole books"] == (145_077, 145_882, 145_882)
    assert comparison.lowest_percent > 99.4
    first = comparison.first_disagreement
    assert first is not None
    assert first.place.endswith("message_10.csv:69773")
    assert first.asks[0].orders == ("149725946: 100", "149725949: 100")


def test_a_day_of_google_has_every_known_level_when_disagreements_count_once(
    google: Record,
) -> None:
    replayed, comparison, found = measured(google, set_right=True)
    assert replayed.corrected == 2
    assert found["trades"] == (7_763, 7_765, 7_765)
    for measure, (agreed, recorded, ours) in found.items():
        if measure != "trades":
            assert agreed == recorded == ours
    assert found["level sizes"][0] == 2_873_189
    assert found["whole books"][0] == 145_882
    assert comparison.refusals == {}
