"""Why an event happened: sentences, figures worked out again, and the rule as it stood then."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import attrs
import polars as pl
import pytest

from analysis.tracing import explain, rule_in_force, rule_in_words, sentence
from analysis.tracing.amounts import clock, price, quantity, share, span
from analysis.tracing.positions import Moment, balances, last_prices, open_orders
from sim import events
from sim.events import KINDS, Event
from sim.events.codes import (
    ClientClass,
    OrderType,
    PairStatus,
    Rail,
    RefusalReason,
    Side,
    TimeInForce,
)
from sim.journal import Journal, RunLog
from sim.rules import Regime, load_regime, shipped_folder
from sim.scenario import load
from sim.units import ASSET_CODES, ASSETS, DAY_US, INSTRUMENTS, SECOND_US, YEAR_US, to_us
from tests.analysis.rebuilt_trading import rebuild_balances, rebuild_resting
from tests.analysis.traced_run import traced_run

HKD = ASSETS["HKD"].unit_minor
START = to_us(date(2023, 9, 1))
CLIENT, MAKER = 142, 1


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> RunLog:
    """A real run at log level full."""
    return RunLog.open(traced_run(tmp_path_factory.mktemp("traced") / "run"))


@pytest.fixture(scope="module")
def regime() -> Regime:
    return load_regime(shipped_folder() / "rules" / "hong-kong")


def written(folder: Path, happened: Sequence[Event], level: str = "full") -> RunLog:
    with Journal.create(folder, {"log_level": level}) as journal:
        for event in happened:
            journal.append(event)
        journal.complete({})
    return RunLog.open(folder)


def changed(event: Any, **values: Any) -> Event:
    """Return an event with other values."""
    evolved: Event = attrs.evolve(event, **values)
    return evolved


def small_history() -> list[Event]:
    """One retail client who bought one bitcoin and has an order to buy half of one on the book."""
    first = events.OrderAccepted(
        time_us=START + 6 * SECOND_US,
        order=1,
        client=MAKER,
        instrument="BTC/HKD",
        side=Side.SELL,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        price_ticks=200_000,
        quantity_lots=100_000,
    )
    bought = changed(
        first,
        time_us=START + 8 * SECOND_US,
        order=2,
        client=CLIENT,
        side=Side.BUY,
        time_in_force=TimeInForce.IOC,
    )
    waiting = changed(
        bought,
        time_us=START + 9 * SECOND_US,
        order=3,
        time_in_force=TimeInForce.GTC,
        price_ticks=180_000,
        quantity_lots=50_000,
    )
    return [
        events.RunStarted(time_us=START, seed=1),
        events.ParticipantRegistered(
            time_us=START,
            cause=1,
            client=MAKER,
            client_class=ClientClass.MARKET_MAKER,
            name="maker-1",
        ),
        events.FeesSet(
            time_us=START,
            cause=1,
            client_class=ClientClass.RETAIL,
            maker_ppm=1_000,
            taker_ppm=1_500,
        ),
        events.ProspectArrived(
            time_us=START + SECOND_US,
            client=CLIENT,
            client_class=ClientClass.RETAIL,
            net_worth_minor=1_000_000 * HKD,
        ),
        events.ExposureLimitSet(
            time_us=START + 2 * SECOND_US,
            cause=4,
            rule="onb.exposure_limit",
            client=CLIENT,
            limit_minor=300_000 * HKD,
            share_ppm=300_000,
        ),
        events.DepositCredited(
            time_us=START + 3 * SECOND_US,
            cause=5,
            deposit=1,
            client=CLIENT,
            rail=Rail.FPS,
            asset="HKD",
            amount_minor=500_000 * HKD,
            elapsed_us=SECOND_US,
        ),
        events.ClientActivated(
            time_us=START + 4 * SECOND_US,
            cause=6,
            client=CLIENT,
            client_class=ClientClass.RETAIL,
            waited_us=3 * SECOND_US,
        ),
        events.PairOpened(
            time_us=START + 5 * SECOND_US,
            cause=1,
            instrument="BTC/HKD",
            client_class=ClientClass.RETAIL,
            status=PairStatus.SELL_ONLY,
            rule="tok.retail_gate",
        ),
        first,
        events.BookSampled(
            time_us=START + 7 * SECOND_US,
            instrument="BTC/HKD",
            bid_ticks=0,
            ask_ticks=200_000,
            bid_depth_lots=0,
            ask_depth_lots=0,
            reference_ticks=210_000,
        ),
        bought,
        events.Trade(
            time_us=START + 8 * SECOND_US,
            cause=11,
            instrument="BTC/HKD",
            price_ticks=200_000,
            quantity_lots=100_000,
            taker_side=Side.BUY,
            taker_order=2,
            maker_order=1,
            taker=CLIENT,
            maker=MAKER,
            taker_fee_minor=300 * HKD,
            maker_fee_minor=0,
        ),
        waiting,
    ]


def refusal(reason: RefusalReason, rule: str, side: Side = Side.BUY) -> Event:
    return events.OrderRefused(
        time_us=START + 10 * SECOND_US,
        rule=rule,
        client=CLIENT,
        instrument="BTC/HKD",
        side=side,
        price_ticks=200_000,
        quantity_lots=10_000,
        reason=reason,
    )


def facts_of(folder: Path, last: Event, regime: Regime | None = None) -> list[str]:
    log = written(folder / "run", [*small_history(), last])
    return [fact.text for fact in explain(log, log.events, regime).facts]


def test_an_exposure_refusal_shows_the_limit_what_counted_and_by_how_much_it_was_over(
    tmp_path: Path,
) -> None:
    facts = facts_of(tmp_path, refusal(RefusalReason.EXPOSURE_LIMIT, "onb.exposure_limit"))
    assert facts == [
        "the limit was HKD 300,000, 30 % of the declared net worth, set on 2023-09-01 00:00:02",
        "the order was worth HKD 20,000",
        "the client held BTC 1, about HKD 210,000.00",
        "an open order to buy counted with about HKD 90,000.00, fees left out",
        (
            "together about HKD 320,000.00, about HKD 20,000.00 over the limit, at the outside prices "
            "sampled at 2023-09-01 00:00:07"
        ),
    ]


def test_a_refusal_for_lack_of_funds_shows_what_was_there_and_what_was_held(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, refusal(RefusalReason.SHORT_OF_FUNDS, "trd.prefunded"))
    # 500,000 paid in, less one bitcoin for 200,000 and its fee of 300; half a bitcoin at 180,000 waits.
    assert facts == [
        "asked for HKD 20,000, fees left out",
        "the client had HKD 299,700, of which at least HKD 90,000 was held behind open orders",
    ]


def test_a_refused_sale_counts_coins_and_not_money(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, refusal(RefusalReason.SHORT_OF_FUNDS, "trd.prefunded", Side.SELL))
    assert facts == [
        "asked for BTC 0.1, fees left out",
        "the client had BTC 1, of which at least BTC 0 was held behind open orders",
    ]


def test_a_refusal_by_a_pairs_status_names_the_event_that_set_it(tmp_path: Path) -> None:
    log = written(
        tmp_path / "run",
        [*small_history(), refusal(RefusalReason.SELL_ONLY, "tok.retail_gate")],
    )
    (fact,) = explain(log, log.events, None).facts
    assert fact.text == "BTC/HKD was sell only for retail clients since 2023-09-01 00:00:05"
    assert fact.events == (8,)


def test_a_trade_shows_its_value_and_that_the_fees_follow_the_rates(tmp_path: Path) -> None:
    log = written(tmp_path / "run", small_history())
    found = explain(log, 12, None)
    assert [step.row["seq"] for step in found.steps] == [11, 12]
    assert [fact.text for fact in found.facts] == [
        "its value was HKD 200,000",
        "the taker is a retail client: 0.15 % is HKD 300",
        "the maker's order had rested for 2 s",
    ]


def test_a_fee_that_the_rates_do_not_give_is_pointed_out(tmp_path: Path) -> None:
    history = small_history()
    wrong = changed(history[11], taker_fee_minor=299 * HKD)
    log = written(tmp_path / "run", [*history[:11], wrong])
    facts = [fact.text for fact in explain(log, 12, None).facts]
    assert "the taker is a retail client: 0.15 % is HKD 300, but HKD 299 was charged" in facts


def test_without_orders_in_the_log_no_balance_is_made_up(tmp_path: Path) -> None:
    refused = events.WithdrawalRefused(
        time_us=START + DAY_US,
        client=CLIENT,
        rail=Rail.FPS,
        asset="HKD",
        amount_minor=HKD,
        reason="short_of_funds",
        rule="trd.prefunded",
    )
    control = [event for event in small_history() if event.plane == "control"]
    log = written(tmp_path / "run", [*control, refused], level="control")
    (fact,) = explain(log, log.events, None).facts
    assert "keeps no orders and trades" in fact.text


def test_the_rule_is_shown_as_it_stood_at_the_events_time(regime: Regime) -> None:
    rule = regime.rules["onb.retail_access"]
    opened_us = rule.values[1].start_us
    before, after = (rule_in_force(regime, rule.id, opened_us - gap) for gap in (1, 0))
    assert (before.value, before.until, before.next_value) == ("no", "2023-08-28", "yes")
    assert (after.value, after.since) == ("yes", "2023-08-28")
    assert after.document
    assert after.document in rule_in_words(after)
    assert "was no then, from 2023-06-01 to 2023-08-28, then yes" in rule_in_words(before)


def test_a_rule_that_did_not_hold_or_is_not_known_says_so(regime: Regime) -> None:
    rule = next(rule for rule in regime.rules.values() if rule.values[0].start_us > START)
    early = rule_in_force(regime, rule.id, rule.values[0].start_us - YEAR_US)
    assert "was not in force then" in rule_in_words(early)
    unknown = rule_in_force(regime, "onb.nothing", START)
    assert rule_in_words(unknown) == "onb.nothing is not among the rules that could be read"
    assert rule_in_force(None, rule.id, START).value == ""


def test_balances_added_up_from_the_log_are_those_of_the_state_rebuilt_from_it(
    traced: RunLog,
) -> None:
    end = Moment(traced, traced.events + 1, int(traced.header["end_us"]))
    clients = traced.scan("client_activated").collect()["client"].to_list()
    table = rebuild_balances(traced, max(clients) + 1)
    for client in [MAKER, *clients[:25]]:
        found = balances(end, client)
        expected = {asset: int(table[client, place]) for place, asset in enumerate(ASSET_CODES)}
        assert {asset: amount for asset, amount in found.items() if amount} == {
            asset: amount for asset, amount in expected.items() if amount
        }


def test_open_orders_are_those_on_the_books_rebuilt_from_the_log(traced: RunLog) -> None:
    end = Moment(traced, traced.events + 1, int(traced.header["end_us"]))
    resting = {
        (symbol, client, order, side, ticks, lots)
        for symbol, rows in rebuild_resting(traced).items()
        for side, ticks, order, client, lots in rows.tolist()
    }
    clients = sorted({row[1] for row in resting})
    assert len(clients) > 3
    found = {
        (
            order.instrument,
            client,
            order.order,
            int(order.side == "sell"),
            order.price_ticks,
            order.lots,
        )
        for client in clients
        for order in open_orders(end, client)
    }
    assert found == resting


def test_every_refusal_by_the_exposure_limit_is_over_it_by_our_own_sum(traced: RunLog) -> None:
    refused = list(traced.show(kinds=["order_refused"]))
    chosen = [row["seq"] for row in refused if row["reason"] == "exposure_limit"]
    assert len(chosen) > 5
    for seq in chosen[:20]:
        *_, last = (fact.text for fact in explain(traced, int(seq), None).facts)
        assert " over the limit" in last


def test_the_last_prices_are_those_of_the_last_sample_before(traced: RunLog) -> None:
    sampled = traced.scan("book_sampled").filter(pl.col("instrument") == "ETH/USD").collect()
    moment = Moment(traced, sampled["seq"][7] + 1, sampled["time_us"][7] + 1)
    found = last_prices(moment)
    assert found is not None
    assert (found.time_us, found.ticks["ETH/USD"]) == (
        sampled["time_us"][7],
        sampled["reference_ticks"][7],
    )
    assert last_prices(Moment(traced, 1, 0)) is None


def test_events_of_every_kind_have_a_sentence_and_a_beginning(traced: RunLog) -> None:
    regime = load(traced.run_dir / "scenario.toml").regime
    for kind in traced.kinds:
        for row in list(traced.show(kinds=[kind], limit=2)):
            found = explain(traced, int(row["seq"]), regime)
            assert found.event.row == row
            assert found.steps[0].row["cause"] == 0
            assert all(step.sentence.endswith((".", ")")) for step in found.steps)
            assert "{" not in found.event.sentence
            named = {rule.id for rule in found.event.rules}
            assert not row["rule"] or row["rule"] in named
            assert all(rule.value for rule in found.event.rules)


@pytest.mark.parametrize("kind", KINDS)
def test_any_kind_can_be_said_even_without_a_template(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for table in ("_TEMPLATES", "_SPECIAL"):
        monkeypatch.setattr(f"analysis.tracing.sentences.{table}", {})
    row = {"kind": kind, "seq": 1, "time_us": START, "cause": 0, "rule": "", "amount": 7}
    described = (KINDS[kind].__doc__ or "").split("\n")[0].rstrip(".")
    assert sentence(row) == f"{described}: amount 7."


def test_amounts_are_written_exactly_and_with_their_units() -> None:
    assert price("BTC/USD", 273_415) == "USD 27,341.5"
    assert quantity("ETH/HKD", 12_345) == "1.2345 ETH"
    assert INSTRUMENTS["ETH/HKD"].lot_minor * 10_000 == ASSETS["ETH"].unit_minor
    assert [share(ppm) for ppm in (300_000, 1_500, 0)] == ["30 %", "0.15 %", "0 %"]
    assert clock(START + 1) == "2023-09-01 00:00:00"


@pytest.mark.parametrize(
    ("duration_us", "said"),
    [
        (0, "less than a second"),
        (43 * SECOND_US, "43 s"),
        (60 * SECOND_US, "1 min"),
        (3_661 * SECOND_US, "1 h 1 min"),
        (3_601 * SECOND_US, "1 h"),
        (1_000 * DAY_US, "1,000 d"),
    ],
)
def test_spans_are_said_in_their_two_largest_units(duration_us: int, said: str) -> None:
    assert span(duration_us) == said
