"""For every promise a planted offence: the auditor finds it, and the right event."""

from collections.abc import Callable
from typing import Any

import attrs
import polars as pl
import pytest

from analysis.audit import select_promises, stretches
from sim.units import DAY_US, INSTRUMENTS
from tests.analysis.audit_samples import (
    Evidence,
    Frames,
    become,
    broken,
    change,
    drop,
    first,
    small_run,
)

MAKER, ARBITRAGEUR = 1, 2
PROSPECTS = pl.col("client") > ARBITRAGEUR


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    return Evidence(small_run(tmp_path_factory.mktemp("audit") / "run", "log_level=full"))


Alter = Callable[[Frames], int]


@attrs.frozen
class Offence:
    """How to break a promise, and what else such an event breaks because it is one fact seen twice."""

    alter: Alter
    beside: frozenset[str] = frozenset()


OFFENCES: dict[str, list[Offence]] = {}


def breaks(name: str, *beside: str) -> Callable[[Alter], Alter]:
    def add(alter: Alter) -> Alter:
        OFFENCES.setdefault(name, []).append(Offence(alter, frozenset(beside)))
        return alter

    return add


# -- the log itself ---------------------------------------------------------------------------------


@breaks("sequence_whole")
def _a_sample_is_missing(frames: Frames) -> int:
    return drop(frames, "book_sampled", first(frames, "book_sampled", place=700)["seq"])


@breaks("sequence_whole")
def _a_sample_is_earlier_than_the_event_before(frames: Frames) -> int:
    seq = first(frames, "book_sampled", place=701)["seq"]
    return change(frames, "book_sampled", seq, time_us=pl.col("time_us") - DAY_US)


@breaks("causes_right")
def _a_payment_names_another_clients_activation(frames: Frames) -> int:
    paid = first(frames, "withdrawal_paid")
    other = first(frames, "withdrawal_requested", pl.col("client") != paid["client"])
    return change(frames, "withdrawal_paid", paid["seq"], cause=other["seq"])


@breaks("causes_right")
def _a_trade_names_the_makers_order(frames: Frames) -> int:
    return change(frames, "trade", first(frames, "trade", place=40)["seq"], cause=1)


# -- the law ----------------------------------------------------------------------------------------


@breaks("law_announced")
def _a_change_of_law_has_another_value(frames: Frames) -> int:
    return change(frames, "rule_changed", first(frames, "rule_changed")["seq"], value="perhaps")


@breaks("law_announced", "sequence_whole")
def _a_change_of_law_is_not_announced(frames: Frames) -> int:
    drop(
        frames,
        "rule_changed",
        first(frames, "rule_changed", pl.col("rule") != "onb.retail_access")["seq"],
    )
    return 0


@breaks("fee_schedule", "trade_fees")
def _a_schedule_is_not_the_rules(frames: Frames) -> int:
    mine = first(frames, "fees_set", pl.col("client_class") == "market_maker")
    return change(frames, "fees_set", mine["seq"], maker_ppm=1_100)


@breaks("listing_dates", "pair_status_respected", "trades_on_menu")
def _a_pair_opens_before_its_date(frames: Frames) -> int:
    opened = first(frames, "pair_opened", pl.col("client_class") == "retail")
    return change(frames, "pair_opened", opened["seq"], status="closed")


@breaks("listing_dates", "trades_on_menu")
def _a_token_is_on_no_menu(frames: Frames) -> int:
    listed = first(frames, "token_listed", pl.col("client_class") == "arbitrageur")
    change(frames, "token_listed", listed["seq"], token="SOL")  # noqa: S106 - a coin
    return int(first(frames, "pair_opened", pl.col("client_class") == "arbitrageur")["seq"])


# -- onboarding -------------------------------------------------------------------------------------


def _opened(frames: Frames, place: int = 3) -> dict[str, Any]:
    return first(frames, "account_opened", place=place)


def _of(frames: Frames, kind: str, client: int, place: int = -1) -> int:
    return int(first(frames, kind, pl.col("client") == client, place=place)["seq"])


@breaks("identity_before_account", "causes_right")
def _an_identity_check_is_another_clients(frames: Frames) -> int:
    opened = _opened(frames)
    change(
        frames,
        "identity_verified",
        _of(frames, "identity_verified", opened["client"]),
        client=MAKER,
    )
    return int(opened["seq"])


@breaks("knowledge_before_account")
def _an_account_opens_after_a_failed_test(frames: Frames) -> int:
    tests = frames["knowledge_tested"]
    opened = first(
        frames,
        "account_opened",
        pl.col("client").is_in(tests.filter(pl.col("attempt") == 2)["client"].to_list()),
    )
    seq = _of(frames, "knowledge_tested", opened["client"])
    change(frames, "knowledge_tested", seq, passed=False)
    change(
        frames,
        "knowledge_tested",
        _of(frames, "knowledge_tested", opened["client"], 0),
        passed=False,
    )
    return int(opened["seq"])


@breaks("training_after_failed_test")
def _training_follows_a_passed_test(frames: Frames) -> int:
    trained = first(frames, "training_completed")
    change(
        frames,
        "knowledge_tested",
        _of(frames, "knowledge_tested", trained["client"], 0),
        passed=True,
    )
    return int(trained["seq"])


@breaks("risk_profile_before_account", "causes_right")
def _a_risk_profile_is_another_clients(frames: Frames) -> int:
    opened = _opened(frames)
    change(frames, "risk_profiled", _of(frames, "risk_profiled", opened["client"]), client=MAKER)
    return int(opened["seq"])


@breaks("limit_before_account", "causes_right", "exposure_limits_set", "exposure_at_order")
def _a_limit_is_another_clients(frames: Frames) -> int:
    opened = _opened(frames)
    change(
        frames,
        "exposure_limit_set",
        _of(frames, "exposure_limit_set", opened["client"]),
        client=MAKER,
    )
    return int(opened["seq"])


@breaks("exposure_limits_set")
def _a_limit_is_a_dollar_too_high(frames: Frames) -> int:
    seq = first(frames, "exposure_limit_set", place=5)["seq"]
    return change(frames, "exposure_limit_set", seq, limit_minor=pl.col("limit_minor") + 1_000_000)


@breaks("professional_portfolio")
def _a_retail_client_becomes_a_professional(frames: Frames) -> int:
    left = frames["client_activated"]["client"].to_list()
    opened = first(
        frames, "account_opened", pl.col("client_class") == "retail", ~pl.col("client").is_in(left)
    )
    return change(frames, "account_opened", opened["seq"], client_class="individual_pi")


@breaks("retail_access", "professional_portfolio")
def _a_retail_account_opens_before_access(frames: Frames) -> int:
    opened = first(frames, "account_opened", pl.col("client_class") == "individual_pi")
    return change(frames, "account_opened", opened["seq"], client_class="retail")


@breaks("one_account_a_person", "causes_right", "professional_portfolio")
def _a_person_has_two_accounts(frames: Frames) -> int:
    one, other = _opened(frames, 2), _opened(frames, 9)
    return change(frames, "account_opened", other["seq"], client=one["client"])


@breaks("first_transfer_activates", "deposits_matched", "client_balances", "prefunded_orders")
def _a_first_transfer_is_below_the_minimum(frames: Frames) -> int:
    activated = first(frames, "client_activated", place=2)
    change(frames, "deposit_credited", activated["cause"], amount_minor=10_000)
    return int(activated["seq"])


# -- money and coins --------------------------------------------------------------------------------


@breaks("deposits_matched", "causes_right")
def _a_deposit_is_credited_that_was_sent_back(frames: Frames) -> int:
    back = first(frames, "deposit_refused")
    return become(frames, "deposit_refused", back["seq"], "deposit_credited", elapsed_us=1, rule="")


@breaks("deposits_matched")
def _an_elapsed_time_is_too_short(frames: Frames) -> int:
    seq = first(frames, "deposit_credited", place=8)["seq"]
    return change(frames, "deposit_credited", seq, elapsed_us=pl.col("elapsed_us") - 1)


@breaks("deposits_in_hours", "deposits_matched")
def _a_wire_arrives_by_night(frames: Frames) -> int:
    wire = first(frames, "deposit_credited", pl.col("rail") == "fps", place=4)
    return change(frames, "deposit_credited", wire["seq"], rail="usd_wire")


@breaks("withdrawals_on_time", "client_money_held")
def _a_withdrawal_is_paid_a_cent_short(frames: Frames) -> int:
    seq = first(frames, "withdrawal_paid", place=3)["seq"]
    return change(frames, "withdrawal_paid", seq, amount_minor=pl.col("amount_minor") - 10_000)


@breaks("withdrawals_on_time", "sequence_whole")
def _a_withdrawal_was_asked_for_a_week_before(frames: Frames) -> int:
    paid = first(frames, "withdrawal_paid", place=20)
    change(frames, "withdrawal_requested", paid["cause"], time_us=pl.col("time_us") - 7 * DAY_US)
    change(frames, "withdrawal_paid", paid["seq"], elapsed_us=pl.col("elapsed_us") + 7 * DAY_US)
    return int(paid["seq"])


@breaks("withdrawals_on_time", "sequence_whole")
def _a_withdrawal_is_never_paid(frames: Frames) -> int:
    paid = first(frames, "withdrawal_paid", place=20)
    drop(frames, "withdrawal_paid", paid["seq"])
    return int(paid["cause"])


@breaks("coin_withdrawals_paid", "causes_right")
def _coins_go_to_somebody_else(frames: Frames) -> int:
    seq = first(frames, "coin_paid_out")["seq"]
    return change(frames, "coin_paid_out", seq, client=5)


@breaks("hot_and_cold_wallets")
def _a_sweep_records_another_balance(frames: Frames) -> int:
    seq = first(frames, "cold_swept", place=2)["seq"]
    return change(frames, "cold_swept", seq, hot_after_minor=pl.col("hot_after_minor") + 1)


@breaks("cold_share_after_sweep", "hot_and_cold_wallets")
def _a_sweep_leaves_too_much_hot(frames: Frames) -> int:
    seq = first(frames, "cold_swept", pl.col("amount_minor") > 0)["seq"]
    return change(frames, "cold_swept", seq, amount_minor=pl.col("amount_minor") * 9 // 10)


@breaks("client_coins_held", "coin_withdrawals_paid", "hot_and_cold_wallets")
def _more_coins_leave_than_were_asked_for(frames: Frames) -> int:
    seq = first(frames, "coin_paid_out")["seq"]
    return change(frames, "coin_paid_out", seq, amount_minor=pl.col("amount_minor") + 10)


@breaks("client_money_held", "withdrawals_on_time")
def _a_payment_belongs_to_no_request(frames: Frames) -> int:
    back = first(frames, "withdrawal_paid", place=6)
    return change(frames, "withdrawal_paid", back["seq"], withdrawal=10**9)


@breaks("fees_swept_are_fees", "client_money_held")
def _a_sweep_takes_client_money(frames: Frames) -> int:
    seq = first(frames, "fees_swept", pl.col("asset") == "HKD", place=4)["seq"]
    return change(frames, "fees_swept", seq, amount_minor=pl.col("amount_minor") + 10**9)


@breaks("whole_cents", "deposits_matched")
def _a_bank_moves_half_a_cent(frames: Frames) -> int:
    seq = first(frames, "deposit_instructed", PROSPECTS, place=3)["seq"]
    return change(frames, "deposit_instructed", seq, amount_minor=pl.col("amount_minor") + 5_000)


@breaks("client_balances", "prefunded_orders", "client_money_held", "withdrawals_on_time")
def _a_withdrawal_overdraws_the_account(frames: Frames) -> int:
    asked = first(frames, "withdrawal_requested", PROSPECTS)
    return change(
        frames, "withdrawal_requested", asked["seq"], amount_minor=pl.col("amount_minor") + 10**15
    )


# -- the market -------------------------------------------------------------------------------------


@breaks("trade_fees")
def _a_fee_is_a_unit_too_high(frames: Frames) -> int:
    seq = first(frames, "trade", place=50)["seq"]
    return change(frames, "trade", seq, taker_fee_minor=pl.col("taker_fee_minor") + 1)


@breaks("active_clients_only", "trades_on_menu", "trade_fees", "trades_between_live_orders")
def _a_stranger_trades(frames: Frames) -> int:
    seq = first(frames, "trade", place=60)["seq"]
    return change(frames, "trade", seq, taker=10**7)


@breaks("trades_on_menu", "pair_status_respected", "listing_dates")
def _a_pair_closes_and_goes_on(frames: Frames) -> int:
    opened = first(frames, "pair_opened", pl.col("client_class") == "arbitrageur")
    change(frames, "pair_opened", opened["seq"], status="closed")
    arbitrage = frames["trade"].filter(
        (pl.col("taker") == ARBITRAGEUR) & (pl.col("instrument") == opened["instrument"])
    )
    return int(arbitrage["seq"][0])


@breaks("pair_status_respected", "trades_on_menu", "listing_dates")
def _a_buy_in_a_sell_only_pair(frames: Frames) -> int:
    opened = first(frames, "pair_opened", pl.col("client_class") == "market_maker")
    change(frames, "pair_opened", opened["seq"], status="sell_only")
    mine = pl.col("instrument") == opened["instrument"]
    return int(
        first(frames, "order_accepted", mine, pl.col("client") == MAKER, pl.col("side") == "buy")[
            "seq"
        ]
    )


@breaks("minimum_order", "book_samples", "trades_between_live_orders", "fills_within_quantity")
def _an_order_is_below_the_minimum(frames: Frames) -> int:
    order = _untouched(frames)
    pair = INSTRUMENTS[order["instrument"]]
    assert pair.notional_minor(1, 1) < 80_000_000
    return change(frames, "order_accepted", order["seq"], price_ticks=1, quantity_lots=1)


def _untouched(frames: Frames) -> dict[str, Any]:
    """An order of the maker that never traded."""
    traded = set(frames["trade"]["maker_order"]) | set(frames["trade"]["taker_order"])
    return first(
        frames,
        "order_accepted",
        pl.col("client") == MAKER,
        pl.col("side") == "sell",
        ~pl.col("order").is_in(list(traded)),
        place=200,
    )


@breaks("fills_within_quantity")
def _a_cancelled_rest_is_a_lot_too_large(frames: Frames) -> int:
    seq = first(frames, "order_cancelled", place=90)["seq"]
    return change(frames, "order_cancelled", seq, remaining_lots=pl.col("remaining_lots") + 1)


@breaks("fills_within_quantity", "trades_between_live_orders")
def _an_order_is_filled_beyond_its_quantity(frames: Frames) -> int:
    trade = first(frames, "trade", place=70)
    order = frames["order_accepted"].filter(pl.col("order") == trade["taker_order"])["seq"].item()
    change(frames, "order_accepted", order, quantity_lots=pl.lit(trade["quantity_lots"] - 1))
    return int(trade["seq"])


@breaks("trades_between_live_orders", "trade_fees")
def _a_trade_is_not_at_the_makers_price(frames: Frames) -> int:
    seq = first(frames, "trade", place=80)["seq"]
    return change(frames, "trade", seq, price_ticks=pl.col("price_ticks") + 1)


@breaks("price_time_priority")
def _a_later_order_trades_first(frames: Frames) -> int:
    """The first fill of a sweep over two prices and the second one change places."""
    trades = frames["trade"]
    sweep = trades.filter(
        (pl.col("taker_order") == pl.col("taker_order").shift(-1))
        & (pl.col("price_ticks") != pl.col("price_ticks").shift(-1))
        & (pl.col("taker_order") != pl.col("taker_order").shift(1))
    ).row(0, named=True)
    following = trades.filter(pl.col("seq") == sweep["seq"] + 1).row(0, named=True)
    for seq, source in ((sweep["seq"], following), (following["seq"], sweep)):
        values = {name: value for name, value in source.items() if name not in {"seq", "time_us"}}
        change(frames, "trade", seq, **values)
    return int(sweep["seq"])


@breaks("book_samples")
def _a_sample_shows_a_better_bid(frames: Frames) -> int:
    seq = first(frames, "book_sampled", pl.col("bid_ticks") > 0, place=500)["seq"]
    return change(frames, "book_sampled", seq, bid_ticks=pl.col("bid_ticks") + 1)


@breaks("prefunded_orders")
def _an_order_is_larger_than_the_funds(frames: Frames) -> int:
    """What the maker offers is more than its coins, and what it takes back is as much."""
    order = _untouched(frames)
    change(frames, "order_accepted", order["seq"], quantity_lots=pl.col("quantity_lots") + 10**9)
    cancelled = first(frames, "order_cancelled", pl.col("order") == order["order"])["seq"]
    change(frames, "order_cancelled", cancelled, remaining_lots=pl.col("remaining_lots") + 10**9)
    return int(order["seq"])


@breaks("exposure_at_order", "exposure_limits_set")
def _a_client_buys_beyond_the_limit(frames: Frames) -> int:
    order = first(
        frames,
        "order_accepted",
        PROSPECTS,
        pl.col("side") == "buy",
        pl.col("instrument") == "BTC/HKD",
    )
    limit = _of(frames, "exposure_limit_set", order["client"])
    change(frames, "exposure_limit_set", limit, limit_minor=1_000_000)
    return int(order["seq"])


# -- refusals ---------------------------------------------------------------------------------------


@breaks("refusals_name_law", "refusals_true")
def _a_refusal_names_a_rule_of_later_years(frames: Frames) -> int:
    seq = first(frames, "application_refused", pl.col("reason") == "identity")["seq"]
    return change(frames, "application_refused", seq, rule="onb.exposure_matrixport")


@breaks("refusals_true")
def _a_refusal_names_another_reason(frames: Frames) -> int:
    seq = first(frames, "application_refused", pl.col("reason") == "retail_closed")["seq"]
    return change(frames, "application_refused", seq, rule="onb.kyc")


@breaks("refusals_true")
def _a_professional_is_told_that_retail_is_closed(frames: Frames) -> int:
    seq = first(frames, "application_refused", pl.col("reason") == "retail_closed")["seq"]
    client = frames["application_refused"].filter(pl.col("seq") == seq)["client"].item()
    arrived = _of(frames, "prospect_arrived", client)
    change(
        frames, "prospect_arrived", arrived, client_class="individual_pi", net_worth_minor=10**14
    )
    return int(seq)


@breaks("order_refusals_true", "sequence_whole", "book_samples")
def _an_order_is_refused_for_want_of_funds_that_are_there(frames: Frames) -> int:
    """A cancellation of the maker becomes a refusal that says it had no coins."""
    order = _untouched(frames)
    drop(
        frames,
        "order_cancelled",
        first(frames, "order_cancelled", pl.col("order") == order["order"])["seq"],
    )
    return become(
        frames,
        "order_accepted",
        order["seq"],
        "order_refused",
        reason="short_of_funds",
        rule="trd.prefunded",
    )


def _cases() -> list[tuple[str, Offence]]:
    return [(name, offence) for name, planted in OFFENCES.items() for offence in planted]


@pytest.mark.parametrize(
    ("name", "offence"), _cases(), ids=[f"{n}-{o.alter.__name__[1:]}" for n, o in _cases()]
)
def test_a_planted_offence_is_found_with_its_event(
    evidence: Evidence, name: str, offence: Offence
) -> None:
    seq, report = evidence.judge(offence.alter)
    found = broken(report)
    assert name in found
    first_offence = found[name].first
    assert first_offence is not None
    assert first_offence.seq == seq
    assert first_offence.what
    assert first_offence.expected
    assert set(found) - {name} == offence.beside


@pytest.mark.parametrize(
    "name",
    ["fills_within_quantity", "trades_between_live_orders", "price_time_priority", "book_samples"],
)
def test_the_verdict_does_not_depend_on_where_the_log_is_cut_into_stretches(
    evidence: Evidence, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for offence in OFFENCES[name]:
        monkeypatch.setattr(stretches, "STRETCH_EVENTS", 1 << 20)
        _, whole = evidence.judge(offence.alter)
        monkeypatch.setattr(stretches, "STRETCH_EVENTS", 9_973)
        _, cut = evidence.judge(offence.alter)
        assert cut == whole


def test_there_is_an_offence_for_every_promise() -> None:
    assert set(OFFENCES) == {entry.name for entry in select_promises()}


def test_nothing_is_broken_in_the_log_as_it_is(evidence: Evidence) -> None:
    _, report = evidence.judge(lambda _: 0)
    assert broken(report) == {}
    assert all(found.verdict == "kept" and found.cases for found in report.findings)
    assert len(report.findings) >= 20
