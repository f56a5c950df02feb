"""The way from interest to the first trade: it adds up, and each stop on it has its rule."""

from collections import Counter
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.events import (
    AccountOpened,
    ApplicationRefused,
    ApplicationSubmitted,
    ClientActivated,
    DepositCredited,
    DepositInstructed,
    DepositRefused,
    Event,
    ExposureLimitSet,
    IdentityVerified,
    KnowledgeTested,
    ProspectArrived,
    ProspectLeft,
    RiskProfiled,
    TrainingCompleted,
)
from sim.events.codes import ClientClass, RiskClass, Step
from sim.units import DAY_US, HOUR_US, PPM, to_us
from sim.venue import Standing
from tests.venue.small_world import (
    HKD,
    RETAIL_OPENS,
    START,
    MemoryJournal,
    Small,
    change,
    small_platform,
    small_regime,
    small_scenario,
)

OPEN_DOOR = change("onb.retail_access", True)
NO_RESIDENCE_FILTER = change("onb.jurisdiction", False)


def test_everybody_who_arrived_is_active_refused_gone_or_on_the_way() -> None:
    @settings(max_examples=12, deadline=None)
    @given(
        seed=st.integers(1, 2**31),
        prospects=st.integers(1, 40),
        days=st.integers(1, 200),
        review=st.sampled_from([0, 300_000, 1_000_000]),
        patience_hours=st.sampled_from([2, 48, 500]),
    )
    def holds(seed: int, prospects: int, days: int, review: int, patience_hours: int) -> None:
        scenario = small_scenario(
            prospects,
            days,
            manual_review_share=review,
            patience_median=patience_hours * HOUR_US,
        )
        small = small_platform(scenario, seed=seed)
        journal = small.run()
        arrived = {event.client for event in journal.of(ProspectArrived)}
        people = small.platform.people
        assert len(arrived) == int((people.arrival_us < small.end_us).sum())
        counts = small.platform.register.counts()
        participants = 2
        assert sum(counts.values()) == len(arrived) + participants
        assert counts[Standing.INTERESTED] == 0
        last = _last_word(journal)
        assert counts[Standing.ACTIVE] == last[ClientActivated] + participants
        assert counts[Standing.REFUSED] == last[ApplicationRefused]
        assert counts[Standing.LEFT] == last[ProspectLeft]

    holds()


def _last_word(journal: MemoryJournal) -> Counter[type[Event]]:
    """Count clients by the last event that settled their standing, counted without the register."""
    settled: dict[int, type[Event]] = {}
    for event in journal.events:
        match event:
            case ApplicationRefused() | ProspectLeft() | ClientActivated():
                settled[event.client] = type(event)
            case ApplicationSubmitted():
                settled.pop(event.client, None)
            case _:
                pass
    return Counter(settled.values())


@pytest.fixture(scope="module")
def year() -> Small:
    """A year of 600 people with one officer: every step of the funnel happens."""
    small = small_platform(small_scenario(600, 365))
    small.run()
    return small


def test_every_refusal_names_a_rule_that_was_in_force_at_its_time(year: Small) -> None:
    departures = [event for event in year.journal.of(ProspectLeft) if event.rule]
    refusals = [*year.journal.of(ApplicationRefused), *departures]
    rules = {event.rule for event in refusals}
    assert rules == {
        "onb.retail_access",
        "onb.jurisdiction",
        "onb.kyc",
        "onb.knowledge",
        "onb.first_transfer",
    }
    for event in refusals:
        assert year.platform.regime.at(event.time_us).get(event.rule) is not None, event


def test_every_event_but_an_arrival_or_a_change_of_law_has_an_earlier_cause(year: Small) -> None:
    causeless = Counter(
        type(event).__name__ for seq, event in year.journal.numbered() if not 0 < event.cause < seq
    )
    assert set(causeless) == {"RunStarted", "RuleChanged", "ProspectArrived"}


def test_time_never_runs_backwards_in_the_log(year: Small) -> None:
    times = [event.time_us for event in year.journal.events]
    assert times == sorted(times)


def test_no_retail_client_passes_the_door_before_it_opens_and_professionals_do(
    year: Small,
) -> None:
    opens = to_us(RETAIL_OPENS)
    early = [event for event in year.journal.of(AccountOpened) if event.time_us < opens]
    assert early
    assert {event.client_class for event in early} == {ClientClass.INDIVIDUAL_PI}
    refused = [e for e in year.journal.of(ApplicationRefused) if e.rule == "onb.retail_access"]
    assert refused
    assert all(event.time_us < opens and event.step is Step.APPLICATION for event in refused)


def test_who_was_turned_away_and_would_return_applies_again_over_the_following_days(
    year: Small,
) -> None:
    people, opens = year.platform.people, to_us(RETAIL_OPENS)
    turned_away = {
        event.client
        for event in year.journal.of(ApplicationRefused)
        if event.rule == "onb.retail_access"
    }
    would_return = {client for client in turned_away if people.returns[client - 101]}
    again = [event for event in year.journal.of(ApplicationSubmitted) if event.attempt == 2]
    assert {event.client for event in again} == would_return
    assert len(would_return) < len(turned_away)
    delays = np.array([event.time_us - opens for event in again])
    assert delays.min() > 0
    assert 5 * DAY_US < delays.mean() < 20 * DAY_US
    changed = {event.cause for event in again}
    assert len(changed) == 1
    assert year.journal.events[changed.pop() - 1].rule == "onb.retail_access"


def test_a_failed_test_is_followed_by_training_and_two_failures_by_goodbye(year: Small) -> None:
    tests: dict[int, list[KnowledgeTested]] = {}
    for event in year.journal.of(KnowledgeTested):
        tests.setdefault(event.client, []).append(event)
    trained = {event.client: event for event in year.journal.of(TrainingCompleted)}
    gone = {e.client for e in year.journal.of(ProspectLeft) if e.rule == "onb.knowledge"}
    opened = {event.client for event in year.journal.of(AccountOpened)}
    for client, sat in tests.items():
        outcome = [event.passed for event in sat]
        assert outcome in ([True], [False], [False, True], [False, False])
        assert (client in gone) == (outcome == [False, False])
        assert client not in opened or outcome[-1]
        if len(sat) == 2:
            training_us = trained[client].time_us - sat[0].time_us
            assert DAY_US <= training_us <= 2 * DAY_US
    first = [sat[0].passed for sat in tests.values()]
    second = [sat[1].passed for sat in tests.values() if len(sat) == 2]
    assert sum(second) / len(second) > sum(first) / len(first)


def test_the_identity_check_refuses_exactly_the_unacceptable(year: Small) -> None:
    people = year.platform.people
    refused = {e.client for e in year.journal.of(ApplicationRefused) if e.rule == "onb.kyc"}
    verified = {event.client for event in year.journal.of(IdentityVerified)}
    assert refused
    assert not any(people.acceptable[client - 101] for client in refused)
    assert all(people.acceptable[client - 101] for client in verified)


def test_risk_classes_follow_the_assumed_shares(year: Small) -> None:
    classes = Counter(event.risk_class for event in year.journal.of(RiskProfiled))
    assert set(classes) == set(RiskClass)
    assert classes.most_common(1)[0][0] is RiskClass.ACTIVE


def test_a_retail_limit_is_the_share_of_net_worth_and_a_professional_has_none(
    year: Small,
) -> None:
    people = year.platform.people
    classes = {event.client: event.client_class for event in year.journal.of(AccountOpened)}
    seen = set()
    for event in year.journal.of(ExposureLimitSet):
        client_class = classes[event.client]
        seen.add(client_class)
        if client_class is ClientClass.RETAIL:
            net_worth = int(people.net_worth_minor[event.client - 101])
            assert event.limit_minor == net_worth * 30 // 100
            assert (event.share_ppm, event.rule) == (300_000, "onb.exposure_limit")
        else:
            assert (event.limit_minor, event.share_ppm, event.rule) == (-1, -1, "")
    assert seen == {ClientClass.RETAIL, ClientClass.INDIVIDUAL_PI}


def test_nobody_has_a_limit_where_the_duty_is_not_in_force() -> None:
    regime = small_regime(OPEN_DOOR, change("onb.exposure_rule", False))
    journal = small_platform(small_scenario(60, 60), regime).run()
    limits = journal.of(ExposureLimitSet)
    assert limits
    assert {event.limit_minor for event in limits} == {-1}


def test_who_claims_to_be_professional_below_the_threshold_is_treated_as_retail() -> None:
    regime = small_regime(change("onb.pi_individual", "HKD 1,000,000,000,000"))
    scenario = small_scenario(40, 60, professional_share=PPM)
    journal = small_platform(scenario, regime).run()
    assert {event.client_class for event in journal.of(ProspectArrived)} == {
        ClientClass.INDIVIDUAL_PI
    }
    assert {event.rule for event in journal.of(ApplicationRefused)} <= {
        "onb.retail_access",
        "onb.jurisdiction",
    }
    assert not journal.of(AccountOpened)


def test_steps_that_the_law_does_not_ask_for_do_not_happen() -> None:
    rules = ("onb.kyc", "onb.knowledge", "onb.risk_profile", "onb.jurisdiction")
    regime = small_regime(OPEN_DOOR, *(change(rule, False) for rule in rules))
    journal = small_platform(small_scenario(40, 90), regime).run()
    assert not journal.of(ApplicationRefused)
    for kind in (IdentityVerified, KnowledgeTested, RiskProfiled):
        assert not journal.of(kind)
    assert len(journal.of(AccountOpened)) == len(journal.of(ProspectArrived))


def test_the_first_transfer_meets_the_minimum_or_the_prospect_leaves(year: Small) -> None:
    people, starts = year.platform.people, to_us(date(2023, 11, 1))
    first_credits = {
        event.client: event
        for event in reversed(year.journal.of(DepositCredited))
        if event.client > 100
    }
    gone = {e.client for e in year.journal.of(ProspectLeft) if e.rule == "onb.first_transfer"}
    small_tickets = 0
    for event in year.journal.of(ClientActivated):
        credit = first_credits[event.client]
        sent_us = credit.time_us - credit.elapsed_us
        ticket = int(people.ticket_minor[event.client - 101])
        if credit.asset == "HKD":
            if sent_us >= starts:
                assert credit.amount_minor == max(ticket, 10_000 * HKD)
                small_tickets += ticket < 10_000 * HKD
            else:
                assert credit.amount_minor == ticket
        elif sent_us >= starts:
            assert credit.amount_minor * 78 // 10 >= 10_000 * HKD
    assert small_tickets, "somebody stretched to the minimum"
    assert all(people.ticket_minor[client - 101] < 10_000 * HKD for client in gone)


def test_money_that_came_back_is_sent_again_at_the_minimum_of_that_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sim.venue.ramps.THIRD_PARTY_PPM", 1_000_000)  # everybody errs once
    starts = date(2023, 6, 20)
    regime = small_regime(OPEN_DOOR, change("onb.first_transfer", "HKD 50,000", starts))
    journal = small_platform(small_scenario(150, 60, usd_share=0), regime).run()
    instructed: dict[int, list[DepositInstructed]] = {}
    for event in journal.of(DepositInstructed):
        instructed.setdefault(event.client, []).append(event)
    activated = {event.client for event in journal.of(ClientActivated)}
    returned = {event.client: event.time_us for event in journal.of(DepositRefused)}
    left = {e.client for e in journal.of(ProspectLeft) if e.rule == "onb.first_transfer"}
    raised = 0
    for client in activated:
        first, second = instructed[client][:2]
        if second.time_us >= to_us(starts):
            assert second.amount_minor >= 50_000 * HKD
        raised += second.amount_minor > first.amount_minor
    assert raised, "the minimum came into force between somebody's two transfers"
    assert left & returned.keys(), "it drove somebody away whose money had come back"
    assert not left & activated


def test_a_lower_minimum_keeps_everybody_that_a_higher_one_kept() -> None:
    scenario = small_scenario(150, 60)
    kept = []
    for minimum in ("HKD 1,000", "HKD 5,000", "HKD 10,000", "HKD 100,000"):
        regime = small_regime(OPEN_DOOR, change("onb.first_transfer", minimum))
        journal = small_platform(scenario, regime).run()
        kept.append({event.client for event in journal.of(ClientActivated)})
    assert kept[0] > kept[1] > kept[2] > kept[3]


def test_an_activation_follows_the_credit_of_the_first_transfer_at_once(year: Small) -> None:
    for event in year.journal.of(ClientActivated):
        credit = year.journal.events[event.cause - 1]
        assert isinstance(credit, DepositCredited)
        assert (credit.client, credit.time_us) == (event.client, event.time_us)


def test_waiting_times_count_from_the_first_application(year: Small) -> None:
    first: dict[int, int] = {}
    for submitted in year.journal.of(ApplicationSubmitted):
        first.setdefault(submitted.client, submitted.time_us)
    ends = [
        event
        for event in year.journal.events
        if isinstance(event, AccountOpened | ClientActivated | ProspectLeft)
    ]
    assert ends
    for event in ends:
        assert event.waited_us == event.time_us - first[event.client]


def test_the_same_person_meets_the_same_fate_when_an_unrelated_rule_changes() -> None:
    scenario = small_scenario(150, 80)
    one = small_platform(scenario, small_regime(OPEN_DOOR)).run()
    other = small_platform(
        scenario, small_regime(OPEN_DOOR, change("onb.exposure_limit", "10 %"))
    ).run()
    for kind in (KnowledgeTested, RiskProfiled, ClientActivated, DepositCredited, ProspectLeft):
        assert one.of(kind) == other.of(kind)
    assert one.of(ExposureLimitSet) != other.of(ExposureLimitSet)


def test_the_run_starts_on_the_scenarios_first_day(year: Small) -> None:
    assert year.journal.events[0].time_us == to_us(START)
