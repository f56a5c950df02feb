"""Every measure against figures worked out by hand (see conftest.py for the log)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis import FAMILIES, MEASURES, Log, MeasureError, check_names, outcomes, select
from analysis.measures.registry import Measure, register
from sim import events
from sim.events import Event
from sim.events.codes import ClientClass, Side
from sim.units import DAY_US

MakeLog = Callable[..., Log]

_SPREADS_BTC_HKD = [10.0, 600 / 300_150 * 1e4, 240 / 239_880 * 1e4, 10.0]

KNOWN: dict[str, float | None] = {
    "arrived_persons": 10,
    "applied_persons": 9,
    "account_opened_persons": 6,  # 101 102 103 108 109 110
    "activated_persons": 5,
    "traded_persons": 4,  # 101 102 103 110
    "refused_persons": 1,  # 104; 109 came back and was accepted
    "left_persons": 2,  # 105 108
    "waiting_persons": 2,  # 106 107
    "refused_at_application_persons": 0,
    "refused_at_identity_persons": 1,
    "refused_at_knowledge_persons": 0,
    "refused_at_risk_profile_persons": 0,
    "refused_at_first_transfer_persons": 0,
    "left_at_application_persons": 0,
    "left_at_identity_persons": 0,
    "left_at_knowledge_persons": 1,
    "left_at_risk_profile_persons": 0,
    "left_at_first_transfer_persons": 1,
    "account_opened_pct": 600 / 9,
    "activated_pct": 500 / 9,
    "application_to_activation_median_h": 72,
    # 101: 14 d 3 h = 339; 102: 19 d = 456; 110: 34 d = 816; 103: 49 d 1 h = 1177
    "application_to_first_trade_median_h": (456 + 816) / 2,
    "quoted_spread_bps": (sum(_SPREADS_BTC_HKD) + 20) / 5,
    "quoted_spread_btc_hkd_bps": sum(_SPREADS_BTC_HKD) / 4,
    "quoted_spread_btc_usd_bps": 20,
    "quoted_spread_eth_hkd_bps": None,
    "quoted_spread_eth_usd_bps": None,
    "depth_hkd": (60_000 + 20_000 + 60_000 + 24_000 + 23_400 + 20_000) / 10,
    "two_sided_pct": 50,
    "premium_bps": 0,
    "premium_abs_bps": 2,
    "executed_trades": 5,
    "volume_hkd": 219_600,
    "retail_traded_persons": 3,
    # At the last reference: HKD 234,000 per BTC, 7.8 per USD.
    # 101: 0.4 BTC 93,600 less 100,150 plus 23,976 = 17,426
    # 102: 0.2 BTC 46,800 less USD 5,207.8 = 6,179.16
    # 110: 0.1 BTC 23,400 less 30,045 = -6,645
    "retail_pnl_mean_hkd": (17_426 + 6_179.16 - 6_645) / 3,
    "retail_pnl_median_hkd": 6_179.16,
    "retail_pnl_mean_pct": (17_426 + 6_179.16 - 6_645) / (200_000 + 78_000 + 40_000) * 100,
    "retail_pnl_median_pct": 6_179.16 / 78_000 * 100,
    "retail_with_loss_pct": 100 / 3,
    "retail_over_quarter_at_end_pct": 100 / 3,  # 110: 23,400 of 90,000 is 26 %
    "retail_over_quarter_at_month_end_pct": 200 / 3,  # 102 on 30 September: 60,000 of 200,000
    "refused_per_100_accepted": 60,
    "exposure_limit_refused_per_100_accepted": 40,
    "time_in_fps_median_s": 35,
    "time_in_fps_p95_s": 40 + 0.85 * 20,
    "time_in_usd_wire_median_h": 3,
    "time_in_usd_wire_p95_h": 3,
    "time_in_chats_median_min": 10,
    "time_in_chats_p95_min": 10,
    "time_out_median_h": 73,
    "time_out_p95_h": 49 + 0.95 * 48,
    "time_out_median_business_days": 1.5,
    "paid_by_next_business_day_pct": 50,
    "deposits_refused_pct": 12.5,
    "fee_income_hkd": 549,
    "fees_per_active_client_hkd": (174 + 7.8 * 7.8 + 36 + 45) / 4,
    # HKD 113,826 + 25,964 + 10,000 + 9,955; USD 3,792.2; 0.8 BTC
    "client_assets_hkd": 159_745 + 3_792.2 * 7.8 + 0.8 * 234_000,
    # maker HKD 1,153,846, USD 5,194.8, 8.1 BTC; arbitrageur HKD 475,964, 0.1 BTC
    "participant_assets_hkd": 1_153_846 + 475_964 + 5_194.8 * 7.8 + 8.2 * 234_000,
}


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_of_the_small_log_is_what_the_hand_calculation_says(
    name: str, small_log: Log
) -> None:
    (outcome,) = outcomes(small_log, [name])
    expected = KNOWN[name]
    if expected is None:
        assert outcome.value is None
    else:
        # Ratios in bps are summed as whole millionths of a basis point.
        tolerance = 1e-6 if outcome.unit == "bps" else 1e-9
        assert outcome.value == pytest.approx(expected, rel=1e-12, abs=tolerance)


def test_every_measure_has_a_known_answer() -> None:
    assert set(KNOWN) == set(MEASURES)


@pytest.mark.parametrize("entry", MEASURES.values(), ids=list(MEASURES))
def test_a_measure_says_its_family_unit_and_meaning(entry: Measure) -> None:
    endings = {
        "%": "pct",
        "HKD": "hkd",
        "bps": "bps",
        "h": "h",
        "s": "s",
        "min": "min",
        "persons": "persons",
        "trades": "trades",
        "per 100 accepted": "per_100_accepted",
        "business days": "business_days",
    }
    assert entry.family in FAMILIES
    assert entry.name.endswith("_" + endings[entry.unit])
    assert entry.description.endswith(".")
    assert "\n" not in entry.description


def test_every_family_has_measures_and_they_stand_together_in_the_order_of_families() -> None:
    order = list(dict.fromkeys(entry.family for entry in MEASURES.values()))
    assert order == list(FAMILIES)
    families = [entry.family for entry in MEASURES.values()]
    assert families == sorted(families, key=order.index)


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="defined twice"):
        register(MEASURES["depth_hkd"])


def test_names_and_families_choose_measures_in_the_order_of_the_tables() -> None:
    chosen = [entry.name for entry in select(["platform", "depth_hkd"])]
    assert chosen[0] == "depth_hkd"
    assert chosen[1:] == [entry.name for entry in MEASURES.values() if entry.family == "platform"]
    assert len(select()) == len(MEASURES)


def test_unknown_names_are_all_listed_with_the_nearest_known_one() -> None:
    with pytest.raises(MeasureError) as caught:
        check_names(["depht_hkd", "acess", "zzzz"])
    lines = str(caught.value).splitlines()
    assert "did you mean 'depth_hkd'" in lines[0]
    assert "did you mean 'access'" in lines[1]
    assert "families: access, market_quality" in lines[2]


def test_an_interval_holds_the_value_and_counts_have_none(small_log: Log) -> None:
    found = {outcome.name: outcome for outcome in outcomes(small_log)}
    for outcome in found.values():
        assert (outcome.low is None) == (outcome.high is None)
        if outcome.low is not None and outcome.high is not None and outcome.value is not None:
            assert outcome.low <= outcome.value <= outcome.high
        if outcome.unit in {"persons", "trades"}:
            assert outcome.low is None
    for name in ("activated_pct", "quoted_spread_bps", "depth_hkd", "retail_pnl_mean_hkd"):
        assert found[name].low is not None


def test_the_same_log_in_many_files_gives_the_same_bits(
    small_events: list[Event], make_log: MakeLog, tmp_path: Path
) -> None:
    assert outcomes(make_log(small_events, folder=tmp_path)) == outcomes(make_log(small_events))


def test_an_empty_log_has_counts_of_zero_and_no_other_figures(make_log: MakeLog) -> None:
    for outcome in outcomes(make_log([])):
        if outcome.unit in {"persons", "trades"} or outcome.name in _TOTALS:
            assert outcome.value == 0.0
        else:
            assert outcome.value is None
        assert outcome.low is None


_TOTALS = {"volume_hkd", "fee_income_hkd", "client_assets_hkd", "participant_assets_hkd"}


def test_a_log_without_order_events_leaves_their_measures_undefined_not_zero(
    small_events: list[Event], make_log: MakeLog
) -> None:
    kept = [event for event in small_events if type(event).plane == "control"]
    found = {
        outcome.name: outcome for outcome in outcomes(make_log(kept, {"log_level": "control"}))
    }
    for name, entry in MEASURES.items():
        if entry.needs_orders:
            assert found[name].value is None
    assert found["activated_persons"].value == 5
    assert found["time_out_median_h"].value == 73


def test_a_measure_that_reads_order_events_says_so(make_log: MakeLog) -> None:
    class Watched:
        def __init__(self) -> None:
            self.header: dict[str, Any] = {}
            self.log = make_log([])
            self.kinds: set[str] = set()

        def scan(self, kind: str) -> Any:
            self.kinds.add(kind)
            return self.log.scan(kind)

    # The span of a run may fall back on book samples; it reads the run's own events otherwise.
    for entry in MEASURES.values():
        watched = Watched()
        outcomes(watched, [entry.name])
        planes = {events.KINDS[kind].plane for kind in watched.kinds - {"book_sampled"}}
        if not entry.needs_orders:
            assert planes <= {"control"}, entry.name


def test_amounts_in_usd_without_an_hkd_rate_are_undefined(
    small_events: list[Event], make_log: MakeLog
) -> None:
    kept = [
        event
        for event in small_events
        if not isinstance(event, events.BookSampled) or event.instrument == "BTC/HKD"
    ]
    found = {outcome.name: outcome.value for outcome in outcomes(make_log(kept))}
    for name in ("volume_hkd", "fee_income_hkd", "retail_pnl_mean_hkd", "client_assets_hkd"):
        assert found[name] is None
    assert found["retail_over_quarter_at_end_pct"] is not None  # bitcoins still have a price


def test_holidays_of_the_run_win_over_the_calendar(
    small_events: list[Event], make_log: MakeLog
) -> None:
    log = make_log(small_events, {"holidays": []})
    (outcome,) = outcomes(log, ["time_out_median_business_days"])
    assert outcome.value == 2.0  # Monday 2 October now counts


def test_a_run_without_a_month_end_has_no_month_end_figure(
    small_events: list[Event], make_log: MakeLog
) -> None:
    cut_us = 25 * DAY_US + min(event.time_us for event in small_events)
    kept = [event for event in small_events if event.time_us < cut_us]
    log = make_log([*kept, events.RunEnded(time_us=cut_us, reason="horizon")])
    found = {outcome.name: outcome.value for outcome in outcomes(log)}
    assert found["retail_over_quarter_at_month_end_pct"] is None
    assert found["retail_over_quarter_at_end_pct"] == 0.0


def test_one_who_claims_to_be_professional_and_is_not_counts_as_retail(
    small_events: list[Event], make_log: MakeLog
) -> None:
    demoted = [
        events.AccountOpened(
            time_us=event.time_us,
            client=103,
            client_class=ClientClass.RETAIL,
            waited_us=event.waited_us,
        )
        if isinstance(event, events.AccountOpened) and event.client == 103
        else event
        for event in small_events
    ]
    (outcome,) = outcomes(make_log(demoted), ["retail_traded_persons"])
    assert outcome.value == 4


def test_a_sale_by_the_taker_moves_coins_the_other_way(
    small_events: list[Event], make_log: MakeLog
) -> None:
    # 101 sells 0.4 BTC at the last reference without fees: its profit stays, its coins go.
    sale = events.Trade(
        time_us=max(event.time_us for event in small_events) - 1,
        instrument="BTC/HKD",
        price_ticks=234_000,
        quantity_lots=40_000,
        taker_side=Side.SELL,
        taker_order=0,
        maker_order=0,
        taker=101,
        maker=1,
        taker_fee_minor=0,
        maker_fee_minor=0,
    )
    before = {outcome.name: outcome.value for outcome in outcomes(make_log(small_events))}
    after = {outcome.name: outcome.value for outcome in outcomes(make_log([*small_events, sale]))}
    for name in ("retail_pnl_mean_hkd", "client_assets_hkd", "participant_assets_hkd"):
        assert after[name] == pytest.approx(before[name])
    assert after["volume_hkd"] == pytest.approx(219_600 + 93_600)
