"""What active clients do with their bank, and that they do the same under every policy."""

from itertools import pairwise
from typing import Any

import attrs
import pytest

from sim.events import (
    ClientActivated,
    DepositInstructed,
    DepositRefused,
    WithdrawalRefused,
    WithdrawalRequested,
)
from sim.quantities import DurationUs
from sim.units import DAY_US, PPM
from tests.venue.small_world import (
    HKD,
    MemoryJournal,
    Small,
    change,
    small_platform,
    small_regime,
    small_scenario,
)

OPEN_DOOR = change("onb.retail_access", True)
INTERVAL = 30 * DAY_US


def year_of(**population: Any) -> Small:
    scenario = small_scenario(200, 365)
    people = attrs.evolve(scenario.world.population, **population)
    world = attrs.evolve(scenario.world, population=people)
    small = small_platform(attrs.evolve(scenario, world=world), small_regime(OPEN_DOOR))
    small.run()
    return small


@pytest.fixture(scope="module")
def savers() -> Small:
    return year_of(saver_share=PPM, trend_share=0, contrarian_share=0)


def top_ups(journal: MemoryJournal) -> dict[int, list[DepositInstructed]]:
    """Instructions per client after the first transfer, repetitions of refused ones left out."""
    refused = {seq for seq, event in journal.numbered() if isinstance(event, DepositRefused)}
    activated = {seq for seq, event in journal.numbered() if isinstance(event, ClientActivated)}
    found: dict[int, list[DepositInstructed]] = {}
    for event in journal.of(DepositInstructed):
        if event.cause in activated and event.cause not in refused:
            found.setdefault(event.client, []).append(event)
    return found


def test_savers_pay_in_about_their_ticket_at_regular_intervals_from_birth(savers: Small) -> None:
    people, journal = savers.platform.people, savers.journal
    regular = top_ups(journal)
    assert len(regular) > 30
    for client, events in regular.items():
        row = client - 101
        birth, ticket = int(people.arrival_us[row]), int(people.ticket_minor[row])
        for event in events:
            since = event.time_us - birth
            nearest = round(since / INTERVAL) * INTERVAL
            assert abs(since - nearest) <= INTERVAL // 10
            if event.asset == "HKD":
                assert event.amount_minor <= ticket * 12 // 10 + 10_000
        for one, other in pairwise(events):
            assert other.time_us - one.time_us > INTERVAL * 7 // 10


def test_nobody_pays_in_more_than_the_share_of_wealth_meant_for_tokens(savers: Small) -> None:
    people = savers.platform.people
    capped = 0
    for client, events in top_ups(savers.journal).items():
        row = client - 101
        ceiling = int(people.net_worth_minor[row]) * int(people.target_share_ppm[row]) // PPM
        paid = sum(savers.platform.to_hkd(event.asset, event.amount_minor) for event in events)
        taken = sum(
            savers.platform.to_hkd(event.asset, event.amount_minor)
            for event in savers.journal.of(WithdrawalRequested)
            if event.client == client
        )
        assert paid <= ceiling + taken + len(events) * HKD
        capped += paid > ceiling * 9 // 10
    assert capped


def test_others_top_up_less_often_than_savers(savers: Small) -> None:
    others = year_of(saver_share=0)
    assert sum(map(len, top_ups(others.journal).values())) < sum(
        map(len, top_ups(savers.journal).values())
    )


def test_a_withdrawal_asks_for_free_cash_only_and_is_never_refused(savers: Small) -> None:
    requests = [e for e in savers.journal.of(WithdrawalRequested) if e.client > 100]
    assert len(requests) > 100
    assert not savers.journal.of(WithdrawalRefused)
    for event in requests:
        assert event.amount_minor >= 100 * HKD
        assert event.amount_minor % 10_000 == 0


def test_a_longer_interval_means_fewer_withdrawals(savers: Small) -> None:
    rare = year_of(
        saver_share=PPM,
        trend_share=0,
        contrarian_share=0,
        withdrawal_interval=DurationUs(720 * DAY_US),
    )
    few = [e for e in rare.journal.of(WithdrawalRequested) if e.client > 100]
    many = [e for e in savers.journal.of(WithdrawalRequested) if e.client > 100]
    assert len(few) < len(many) // 3


def test_bank_clocks_run_from_birth_so_a_slower_door_does_not_shift_them() -> None:
    scenario = small_scenario(150, 365, manual_review_share=0, unacceptable_share=0)
    early = small_platform(scenario, small_regime(OPEN_DOOR)).run()
    late = small_platform(scenario, small_regime(OPEN_DOOR, change("onb.knowledge", False))).run()
    both = top_ups(early).keys() & top_ups(late).keys()
    assert len(both) > 30
    for client in both:
        one = {event.time_us: event.amount_minor for event in top_ups(early)[client]}
        other = {event.time_us: event.amount_minor for event in top_ups(late)[client]}
        shared = one.keys() & other.keys()
        assert shared, client
        assert len(shared) >= max(len(one), len(other)) - 1
