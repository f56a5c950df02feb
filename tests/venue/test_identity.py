"""The officers' queue: shifts, order and patience."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.events import (
    ApplicationRefused,
    ApplicationSubmitted,
    IdentityVerified,
    ProspectLeft,
)
from sim.quantities import DurationUs
from sim.scenario.model import Scenario, Staff
from sim.units import DAY_US, HOUR_US, MINUTE_US, PPM
from sim.venue.assumptions import AUTOMATIC_CHECK_MEDIAN_US, AUTOMATIC_CHECK_SIGMA
from tests.venue.small_world import (
    MemoryJournal,
    Small,
    change,
    small_platform,
    small_regime,
    small_scenario,
    with_review_staff,
)

OPENS, CLOSES = 9 * HOUR_US, 18 * HOUR_US


def reviewed_by_one(seed: int, service_hours: int, patience_days: int) -> Small:
    """Everybody needs the one officer; the door is open to all."""
    scenario = small_scenario(
        60, 40, manual_review_share=PPM, patience_median=patience_days * DAY_US
    )
    staff = Staff(officers=1, service=DurationUs(service_hours * HOUR_US))
    regime = small_regime(change("onb.retail_access", True), change("onb.jurisdiction", False))
    return small_platform(with_review_staff(scenario, staff), regime, seed)


def decisions(journal: MemoryJournal) -> list[tuple[int, int]]:
    """Client and time of every decision of an officer, in order."""
    return [
        (event.client, event.time_us)
        for event in journal.events
        if isinstance(event, IdentityVerified)
        or (isinstance(event, ApplicationRefused) and event.rule == "onb.kyc")
    ]


def joined_us(small: Small, client: int, submitted_us: int) -> int:
    """When a client joins the queue: after the automatic check, in the shift."""
    check_us = small.platform.draws.lognormal_us(
        "onboarding.automatic_check", client, 0, AUTOMATIC_CHECK_MEDIAN_US, AUTOMATIC_CHECK_SIGMA
    )
    return small.platform.calendar.next_open(submitted_us + check_us, OPENS, CLOSES)


def test_nobody_jumps_the_queue_and_the_officer_works_in_the_shift_only() -> None:
    @settings(max_examples=8, deadline=None)
    @given(
        seed=st.integers(1, 2**31),
        service_hours=st.integers(1, 8),
        patience_days=st.integers(1, 30),
    )
    def holds(seed: int, service_hours: int, patience_days: int) -> None:
        small = reviewed_by_one(seed, service_hours, patience_days)
        journal = small.run()
        submitted = {event.client: event.time_us for event in journal.of(ApplicationSubmitted)}
        joins = [joined_us(small, client, submitted[client]) for client, _ in decisions(journal)]
        assert joins == sorted(joins)
        calendar = small.platform.calendar
        for client, time_us in decisions(journal):
            of_day = time_us - calendar.midnight(time_us)
            assert calendar.is_business_day(time_us)
            assert OPENS < of_day <= CLOSES, client

    holds()


def test_an_officer_needs_exactly_the_drawn_working_time_for_each_case() -> None:
    small = reviewed_by_one(seed=3, service_hours=6, patience_days=60)
    journal = small.run()
    submitted = {event.client: event.time_us for event in journal.of(ApplicationSubmitted)}
    calendar, free_us = small.platform.calendar, 0
    for client, time_us in decisions(journal):
        begin_us = max(free_us, joined_us(small, client, submitted[client]))
        service_us = small.platform.draws.exponential_us(
            "onboarding.review", client, 0, 6 * HOUR_US
        )
        assert time_us == calendar.add_working_time(begin_us, service_us, OPENS, CLOSES)
        free_us = time_us
    assert len(decisions(journal)) > 20


def test_who_runs_out_of_patience_leaves_at_that_instant() -> None:
    small = reviewed_by_one(seed=3, service_hours=8, patience_days=3)
    journal = small.run()
    left = journal.of(ProspectLeft)
    impatient = [event for event in left if event.reason == "impatient"]
    assert len(impatient) > 5
    for event in impatient:
        assert event.rule == ""
        assert event.waited_us == int(small.platform.people.patience_us[event.client - 101])
    assert not {event.client for event in impatient} & {c for c, _ in decisions(journal)}


def test_most_applications_are_decided_within_minutes_without_an_officer() -> None:
    scenario = small_scenario(80, 40, manual_review_share=0)
    journal = small_platform(scenario, small_regime(change("onb.retail_access", True))).run()
    verified = journal.of(IdentityVerified)
    assert not any(event.manual for event in verified)
    waits = sorted(event.waited_us for event in verified)
    assert MINUTE_US < waits[len(waits) // 2] < 15 * MINUTE_US


def test_more_officers_lose_fewer_people_to_waiting() -> None:
    scenario: Scenario = small_scenario(
        120, 40, manual_review_share=PPM, patience_median=2 * DAY_US
    )
    regime = small_regime(change("onb.retail_access", True))
    lost = Counter[int]()
    for officers in (1, 2, 8):
        staff = Staff(officers=officers, service=DurationUs(6 * HOUR_US))
        journal = small_platform(with_review_staff(scenario, staff), regime).run()
        lost[officers] = sum(event.reason == "impatient" for event in journal.of(ProspectLeft))
    assert lost[1] > lost[2] > lost[8]
