"""Midnights, month ends, weekends, gaps: where a measure goes wrong by one."""

from collections.abc import Callable, Iterable
from datetime import datetime

import polars as pl
import pytest

from analysis import Log, funnel, outcomes
from analysis.measures import grids, prices, trading
from analysis.measures.registry import Tables
from sim import events
from sim.events import Event
from sim.events.codes import ClientClass, Rail, Side
from sim.units import ASSETS, HKT, to_us

MakeLog = Callable[..., Log]


def _at(month: int, day: int, hour: int, minute: int = 0, second: int = 0) -> int:
    return to_us(datetime(2023, month, day, hour, minute, second, tzinfo=HKT))


def _value(log: Log, name: str) -> float | None:
    (outcome,) = outcomes(log, [name])
    return outcome.value


def _run(
    *happened: Event, start_us: int = _at(9, 1, 0), end_us: int = _at(11, 1, 0)
) -> list[Event]:
    return [
        events.RunStarted(time_us=start_us, seed=1),
        *happened,
        events.RunEnded(time_us=end_us, reason="horizon"),
    ]


def _sample(time_us: int, symbol: str, reference: int, bid: int = 0, ask: int = 0) -> Event:
    return events.BookSampled(
        time_us=time_us, instrument=symbol, bid_ticks=bid, ask_ticks=ask, bid_depth_lots=0,
        ask_depth_lots=0, reference_ticks=reference,
    )  # fmt: skip


def _usd_trade(time_us: int) -> Event:
    """Trade 0.1 BTC at USD 25,000 without fees."""
    return events.Trade(
        time_us=time_us, instrument="BTC/USD", price_ticks=250_000, quantity_lots=10_000,
        taker_side=Side.BUY, taker_order=0, maker_order=0, taker=101, maker=1, taker_fee_minor=0,
        maker_fee_minor=0,
    )  # fmt: skip


def _withdrawals(*spans: tuple[int, int]) -> Iterable[Event]:
    for number, (requested_us, paid_us) in enumerate(spans):
        yield events.WithdrawalPaid(
            time_us=paid_us, withdrawal=number, client=101, rail=Rail.FPS, asset="HKD",
            amount_minor=ASSETS["HKD"].minor(1), elapsed_us=paid_us - requested_us,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("requested_us", "paid_us", "days"),
    [
        (_at(9, 8, 10), _at(9, 11, 11), 1),  # Friday to Monday
        (_at(9, 9, 10), _at(9, 11, 11), 1),  # Saturday to Monday
        (_at(9, 11, 10), _at(9, 11, 11), 0),  # the same day
        (_at(9, 11, 0, 30), _at(9, 12, 11), 1),  # half past midnight is still 10 September in UTC
        (_at(9, 11, 10), _at(9, 13, 11), 2),
        (_at(9, 8, 10), _at(9, 9, 11), 0),  # Saturday is no business day
    ],
)
def test_business_days_are_counted_on_hong_kong_dates(
    make_log: MakeLog, requested_us: int, paid_us: int, days: int
) -> None:
    log = make_log(_run(*_withdrawals((requested_us, paid_us))))
    assert _value(log, "time_out_median_business_days") == days


def test_days_and_months_turn_at_hong_kong_midnight() -> None:
    times = [_at(8, 31, 23, 59, 59), _at(9, 1, 0), _at(12, 31, 23, 59, 59), _at(12, 31, 0)]
    frame = pl.DataFrame({"time_us": times}).select(
        day=grids.hong_kong_day(pl.col("time_us")), month=grids.hong_kong_month(pl.col("time_us"))
    )
    last_of_august = (datetime(2023, 8, 31).date() - datetime(1970, 1, 1).date()).days  # noqa: DTZ001
    assert frame["day"].to_list()[:2] == [last_of_august, last_of_august + 1]
    assert frame["day"][2] == frame["day"][3]
    year = 2023 * 12
    assert frame["month"].to_list() == [year + 7, year + 8, year + 11, year + 11]
    assert [prices.month_of(time_us) for time_us in times] == frame["month"].to_list()


def test_a_sample_at_the_midnight_that_ends_a_month_is_the_months_price(make_log: MakeLog) -> None:
    log = make_log(
        _run(
            _sample(_at(9, 15, 12), "BTC/HKD", 200_000),
            _sample(_at(10, 1, 0), "BTC/HKD", 300_000),
            _sample(_at(10, 1, 0, 15), "BTC/HKD", 400_000),
        )
    )
    found = prices.month_prices(Tables(log))
    september, october = sorted(found)
    assert found[september]["BTC"] * ASSETS["BTC"].unit_minor == pytest.approx(300_000)
    assert found[october]["BTC"] * ASSETS["BTC"].unit_minor == pytest.approx(400_000)


def test_a_coin_that_is_not_sampled_keeps_its_price(make_log: MakeLog) -> None:
    log = make_log(
        _run(
            _sample(_at(9, 15, 12), "BTC/HKD", 200_000),
            _sample(_at(10, 15, 12), "ETH/HKD", 20_000),
        )
    )
    last = prices.final_prices(Tables(log))
    assert last["BTC"] * ASSETS["BTC"].unit_minor == pytest.approx(200_000)
    assert last["ETH"] * ASSETS["ETH"].unit_minor == pytest.approx(2_000)  # ticks of HKD 0.1
    assert "USD" not in last


def test_the_hkd_rate_is_the_latest_one_not_a_later_one(make_log: MakeLog) -> None:
    samples = [
        _sample(_at(9, 15, 12), "BTC/HKD", 200_000),
        _sample(_at(9, 15, 12), "BTC/USD", 250_000),  # 8
        _sample(_at(9, 16, 12), "BTC/HKD", 195_000),
        _sample(_at(9, 16, 12), "BTC/USD", 250_000),  # 7.8
    ]
    for time_us, volume in (
        (_at(9, 15, 13), 20_000),
        (_at(9, 16, 12), 19_500),  # at the sample's own instant
        (_at(9, 17, 0), 19_500),
        (_at(9, 15, 11), 20_000),  # before the first sample: its rate
    ):
        log = make_log(_run(*samples, _usd_trade(time_us)))
        assert _value(log, "volume_hkd") == pytest.approx(volume)


def test_ether_gives_the_rate_where_bitcoin_is_not_sampled_in_both(make_log: MakeLog) -> None:
    log = make_log(
        _run(
            _sample(_at(9, 15, 12), "BTC/USD", 250_000),
            _sample(_at(9, 15, 12), "ETH/HKD", 158_000),  # HKD 15,800
            _sample(_at(9, 15, 12), "ETH/USD", 200_000),  # USD 2,000
            _usd_trade(_at(9, 15, 13)),
        )
    )
    assert _value(log, "volume_hkd") == pytest.approx(2_500 * 7.9)
    last = prices.final_prices(Tables(log))
    assert last["BTC"] * ASSETS["BTC"].unit_minor == pytest.approx(25_000 * 7.9)


def test_a_sample_without_a_reference_has_a_spread_but_no_premium_and_no_depth(
    make_log: MakeLog,
) -> None:
    log = make_log(_run(_sample(_at(9, 15, 12), "BTC/HKD", 0, bid=199_900, ask=200_100)))
    assert _value(log, "quoted_spread_bps") == pytest.approx(10)
    for name in ("premium_bps", "premium_abs_bps", "depth_hkd"):
        assert _value(log, name) is None


def test_days_are_the_batches_of_time_averages(make_log: MakeLog) -> None:
    # Two samples on one Hong Kong day, one on the next, although all three lie on two UTC dates.
    log = make_log(
        _run(
            _sample(_at(9, 15, 1), "BTC/HKD", 0, bid=199_900, ask=200_100),
            _sample(_at(9, 15, 23), "BTC/HKD", 0, bid=199_900, ask=200_100),
            _sample(_at(9, 16, 1), "BTC/HKD", 0, bid=199_800, ask=200_200),
        )
    )
    (outcome,) = outcomes(log, ["quoted_spread_bps"])
    assert outcome.value == pytest.approx(40 / 3)
    # Residuals 20 - 2 x 40/3 and 20 - 40/3 over three samples; t with one degree of freedom.
    half = 12.7062 * ((20 / 3) ** 2 * 2 * 2) ** 0.5 / 3
    assert outcome.high == pytest.approx(40 / 3 + half, rel=1e-4)


def test_who_failed_the_test_and_trains_waits_at_knowledge(make_log: MakeLog) -> None:
    happened = [
        events.ProspectArrived(
            time_us=1, client=101, client_class=ClientClass.RETAIL, net_worth_minor=1
        ),
        events.ApplicationSubmitted(time_us=2, client=101, attempt=1),
        events.IdentityVerified(time_us=3, client=101, manual=False, waited_us=1),
        events.KnowledgeTested(time_us=4, client=101, attempt=1, passed=False),
    ]
    assert funnel(make_log(happened)).rows()[2] == ("knowledge", 1, 0, 0, 0, 1)


def test_a_trade_between_two_clients_counts_for_both(
    small_events: list[Event], make_log: MakeLog
) -> None:
    sale = events.Trade(
        time_us=_at(10, 25, 10), instrument="BTC/HKD", price_ticks=240_000, quantity_lots=10_000,
        taker_side=Side.BUY, taker_order=0, maker_order=0, taker=103, maker=102, taker_fee_minor=0,
        maker_fee_minor=0,
    )  # fmt: skip
    held = trading.holdings(Tables(make_log([*small_events, sale]))).filter(
        pl.col("asset") == "BTC"
    )
    # 102 had 0.2 BTC and sells half of them to 103, who had 0.1.
    balances = dict(held.select("client", "minor").rows())
    assert (balances[102], balances[103]) == (10_000_000, 20_000_000)
