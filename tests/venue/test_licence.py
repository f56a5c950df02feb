"""The law takes effect on its dates, and not a microsecond before."""

from datetime import date

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.events import (
    AccountOpened,
    ApplicationRefused,
    ExposureLimitSet,
    FeesSet,
    ProspectArrived,
    ProspectLeft,
    RuleChanged,
)
from sim.events.codes import ClientClass
from sim.rules import load_regime
from sim.units import to_us
from sim.world.people import build_people
from tests.venue.small_world import (
    RETAIL_OPENS,
    RULES,
    START,
    MemoryJournal,
    change,
    small_platform,
    small_regime,
    small_scenario,
)

DAYS = 130
SCENARIO = small_scenario(80, DAYS)

CHANGES = st.sampled_from(
    [
        ("onb.retail_access", True),
        ("onb.knowledge", False),
        ("onb.risk_profile", False),
        ("onb.exposure_rule", False),
        ("onb.exposure_limit", "10 %"),
        ("onb.first_transfer", "HKD 50,000"),
        ("onb.pi_individual", "HKD 80,000,000"),
        ("onb.kyc", False),
        ("onb.same_name", False),
        ("onb.jurisdiction", False),
        ("fiat.withdrawal_days", 3),
        ("cus.cold_share", "90 %"),
        ("trd.fee_maker", "0 bps"),
        ("trd.fee_taker", "50 bps"),
        ("tok.retail_gate", False),
        ("tok.sfc_approval", False),
    ]
)


def test_a_rule_change_from_a_date_leaves_every_earlier_event_identical() -> None:
    before = small_platform(SCENARIO).run().events

    @settings(max_examples=25, deadline=None)
    @given(changed=CHANGES, day=st.integers(1, DAYS - 1))
    def holds(changed: tuple[str, str | bool], day: int) -> None:
        start = date.fromordinal(START.toordinal() + day)
        start_us = to_us(start)
        after = small_platform(SCENARIO, small_regime(change(*changed, start))).run().events
        assert [event for event in after if event.time_us < start_us] == [
            event for event in before if event.time_us < start_us
        ]

    holds()


def test_the_same_seed_gives_the_same_events_and_another_seed_other_ones() -> None:
    events = small_platform(SCENARIO, seed=5).run().events
    assert small_platform(SCENARIO, seed=5).run().events == events
    assert small_platform(SCENARIO, seed=6).run().events != events


def test_a_change_is_announced_once_at_its_instant_with_its_value_and_standing() -> None:
    july = date(2023, 7, 1)
    regime = small_regime(change("onb.exposure_limit", "10 %", july))
    announced = small_platform(SCENARIO, regime).run().of(RuleChanged)
    assert [(event.time_us, event.rule, event.value) for event in announced] == [
        (to_us(july), "onb.exposure_limit", "10 %"),
        (to_us(RETAIL_OPENS), "onb.retail_access", "yes"),
    ]
    assert (announced[0].unit, announced[0].status) == ("share", "hypothetical")


def test_a_change_comes_before_everything_else_of_its_instant() -> None:
    regime = small_regime(change("fiat.withdrawal_days", 2, RETAIL_OPENS))
    journal = small_platform(SCENARIO, regime).run()
    at_once = [event for event in journal.events if event.time_us == to_us(RETAIL_OPENS)]
    assert [type(event) for event in at_once[:2]] == [RuleChanged, RuleChanged]
    assert [event.rule for event in at_once[:2]] == ["fiat.withdrawal_days", "onb.retail_access"]
    assert len(at_once) > 2, "the pairs open on the same day"


def test_who_arrives_at_the_very_instant_of_a_change_meets_the_new_law() -> None:
    july, august = date(2023, 7, 1), date(2023, 8, 1)
    regime = small_regime(
        change("onb.jurisdiction", False),
        change("onb.risk_profile", False, july),
        change("onb.retail_access", True, august),
    )
    scenario = small_scenario(2, 80, professional_share=0)
    people = build_people(scenario.world.population, scenario.horizon, 1)
    # The second arrival is on the clock before the second change is.
    instants = np.array([to_us(date(2023, 6, 10)), to_us(august)])
    people = attrs.evolve(people, arrival_us=instants)
    journal = small_platform(scenario, regime, people=people).run()
    at_once = [event for event in journal.events if event.time_us == to_us(august)]
    assert isinstance(at_once[0], RuleChanged)
    assert isinstance(at_once[1], ProspectArrived)
    assert [event.client for event in journal.of(ApplicationRefused)] == [101]


def test_a_change_before_the_run_or_at_its_start_is_simply_the_law() -> None:
    regime = small_regime(change("trd.fee_taker", "20 bps", START))
    journal = small_platform(small_scenario(0, 30), regime).run()
    assert not journal.of(RuleChanged)
    assert {event.taker_ppm for event in journal.of(FeesSet)} == {2_000}


def test_fees_are_set_for_every_class_at_the_start_and_again_when_they_change() -> None:
    july = date(2023, 7, 1)
    regime = small_regime(change("trd.fee_taker", "20 bps", july))
    journal = small_platform(small_scenario(0, 60), regime).run()
    fees = journal.of(FeesSet)
    assert [event.client_class for event in fees] == [*ClientClass, *ClientClass]
    assert [(event.maker_ppm, event.taker_ppm) for event in fees] == [
        *[(1_000, 1_500)] * 4,
        *[(1_000, 2_000)] * 4,
    ]
    assert {event.time_us for event in fees} == {to_us(START), to_us(july)}
    assert journal.events[fees[-1].cause - 1].rule == "trd.fee_taker"


@pytest.mark.parametrize(
    ("changes", "share_ppm"),
    [
        ([("onb.exposure_limit", "10 %")], 100_000),
        ([("onb.exposure_rule", False)], -1),
        ([("onb.exposure_rule", False), ("onb.exposure_limit", "10 %")], -1),
    ],
)
def test_limits_of_existing_clients_are_set_again_at_the_instant_in_client_order(
    changes: list[tuple[str, str | bool]], share_ppm: int
) -> None:
    day = date(2023, 9, 25)
    scenario = small_scenario(150, 150)
    regime = small_regime(*(change(rule, value, day) for rule, value in changes))
    journal = small_platform(scenario, regime).run()
    changed = [seq for seq, e in journal.numbered() if isinstance(e, RuleChanged)
               and e.time_us == to_us(day)]  # fmt: skip
    reset = [e for e in journal.of(ExposureLimitSet) if e.time_us == to_us(day)]
    opened_before = {
        event.client
        for event in journal.of(AccountOpened)
        if event.time_us < to_us(day) and event.client_class is ClientClass.RETAIL
    }
    left = {event.client for event in journal.of(ProspectLeft) if event.time_us < to_us(day)}
    clients = [event.client for event in reset]
    assert clients == sorted(opened_before - left)
    assert len(clients) > 20
    assert {event.cause for event in reset} == {changed[0]}
    assert {event.share_ppm for event in reset} == {share_ppm}
    later = [e for e in journal.of(ExposureLimitSet) if e.time_us > to_us(day)]
    assert {event.share_ppm for event in later} <= {share_ppm, -1}


def test_a_limit_that_stays_the_same_is_not_set_again() -> None:
    day = date(2023, 9, 25)
    regime = small_regime(change("onb.exposure_limit", "30 %", day))
    journal = small_platform(small_scenario(150, 150), regime).run()
    assert not [e for e in journal.of(ExposureLimitSet) if e.time_us == to_us(day)]


def test_every_rule_that_the_departments_read_exists_in_the_shipped_regime_with_its_unit() -> None:
    shipped = load_regime("rules/hong-kong").rules
    for rule_id, unit, _, _ in RULES:
        assert shipped[rule_id].unit == unit, rule_id


def test_the_shipped_regime_runs_and_treats_the_classes_as_the_small_one_does() -> None:
    small = small_platform(SCENARIO, load_regime("rules/hong-kong"))
    shipped, reference = small.run(), small_platform(SCENARIO).run()
    assert _classes(shipped) == _classes(reference)
    assert len(set(_classes(shipped).values())) == 2


def _classes(journal: MemoryJournal) -> dict[tuple[int, int], ClientClass]:
    return {(e.client, e.time_us): e.client_class for e in journal.of(AccountOpened)}
