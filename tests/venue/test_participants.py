"""Makers and arbitrageurs: their first money, and how they bring it back into balance."""

import attrs

from sim.events import (
    CoinDeposited,
    CoinWithdrawalRequested,
    DepositCredited,
    ParticipantRegistered,
    WithdrawalRequested,
)
from sim.events.codes import ClientClass, Rail
from sim.quantities import DurationUs
from sim.units import ASSETS, DAY_US, HOUR_US
from sim.venue.custody import Custody
from sim.venue.participants import Participants
from sim.venue.ramps import Ramps
from tests.venue.small_world import HKD, OUTSIDE_HKD, Small, small_platform, small_scenario

MAKER, ARBITRAGEUR = 1, 2
MAKER_COINS_HKD = 20_000_000
WEEK = 7


def platform_of(days: int = 30) -> Small:
    """Nobody but the participants; 1 June 2023 is a Thursday."""
    return small_platform(small_scenario(0, days))


def worth(small: Small, client: int, asset: str) -> int:
    """HKD minor value of a balance."""
    return small.platform.to_hkd(asset, small.balances.available(client, asset))


def trade(small: Small, client: int, gives: str, takes: str, hkd: int) -> None:
    """Let somebody outside this test take one asset for another of equal value."""
    small.balances.shift(client, gives, -small.platform.from_hkd(gives, hkd * HKD))
    small.balances.shift(client, takes, small.platform.from_hkd(takes, hkd * HKD))


def start(small: Small, days: float) -> None:
    """Start the participants with their rails and wallets, and run so many days.

    No treasury: it would notice at once that these tests trade with nobody.
    """
    ramps, custody = Ramps(small.platform), Custody(small.platform)
    small.platform.start(custody.sweep_daily())
    Participants(small.platform, ramps, custody).sign_up()
    small.platform.env.run(until=small.platform.now + int(days * DAY_US))


def test_makers_come_first_and_everybody_has_a_class_and_a_name() -> None:
    small = platform_of()
    start(small, 1)
    registered = small.journal.of(ParticipantRegistered)
    assert [(e.client, e.client_class, e.name) for e in registered] == [
        (1, ClientClass.MARKET_MAKER, "maker-1"),
        (2, ClientClass.ARBITRAGEUR, "arbitrageur-1"),
    ]


def test_first_money_comes_over_the_rails_in_their_hours() -> None:
    small = platform_of()
    start(small, 4)
    credits_by_rail = {e.rail: e for e in small.journal.of(DepositCredited) if e.client == MAKER}
    assert set(credits_by_rail) == {Rail.CHATS, Rail.USD_WIRE}
    calendar, start_us = small.platform.calendar, small.platform.scenario.horizon.start
    assert credits_by_rail[Rail.CHATS].time_us - start_us > 8.5 * HOUR_US
    assert credits_by_rail[Rail.USD_WIRE].time_us - start_us > 11 * HOUR_US
    assert all(calendar.is_business_day(e.time_us) for e in credits_by_rail.values())
    assert small.balances.available(MAKER, "HKD") == 20_000_000 * HKD
    assert small.balances.available(MAKER, "USD") == 2_500_000 * HKD


def test_first_coins_are_worth_the_target_at_the_outside_price() -> None:
    small = platform_of()
    start(small, 2)
    deposits = {e.asset: e for e in small.journal.of(CoinDeposited) if e.client == MAKER}
    assert set(deposits) == {"BTC", "ETH"}
    for asset, event in deposits.items():
        whole = event.amount_minor / ASSETS[asset].unit_minor
        assert abs(whole * float(OUTSIDE_HKD[asset]) - MAKER_COINS_HKD) < 1


def test_nothing_moves_while_every_balance_is_above_half_of_its_target() -> None:
    small = platform_of()
    start(small, 4.5)
    trade(small, MAKER, "HKD", "BTC", 9_900_000)
    before = len(small.journal.events)
    small.platform.env.run(until=small.platform.now + 10 * DAY_US)
    moved = [e for e in small.journal.events[before:] if getattr(e, "client", 0) == MAKER]
    assert not moved


def test_money_that_ran_low_is_refilled_and_coins_of_equal_value_leave() -> None:
    small = platform_of()
    start(small, 4.5)  # Monday noon
    trade(small, MAKER, "HKD", "BTC", 15_000_000)
    total = sum(worth(small, MAKER, asset) for asset in ("HKD", "USD", "BTC", "ETH"))
    before = len(small.journal.events)
    small.platform.env.run(until=small.platform.now + WEEK * DAY_US)
    later = small.journal.events[before:]
    (credit,) = [e for e in later if isinstance(e, DepositCredited)]
    assert (credit.client, credit.rail) == (MAKER, Rail.CHATS)
    assert credit.amount_minor == 15_000_000 * HKD
    tuesday_us = small.platform.calendar.midnight(credit.time_us)
    assert tuesday_us == small.platform.scenario.horizon.start + 5 * DAY_US
    (request,) = [e for e in later if isinstance(e, CoinWithdrawalRequested)]
    assert request.asset == "BTC"
    assert worth(small, MAKER, "HKD") == 20_000_000 * HKD
    after = sum(worth(small, MAKER, asset) for asset in ("HKD", "USD", "BTC", "ETH"))
    assert abs(after - total) < HKD


def test_coins_that_ran_low_are_refilled_and_money_of_equal_value_leaves() -> None:
    small = platform_of()
    start(small, 4.5)
    trade(small, MAKER, "ETH", "USD", 12_000_000)
    before = len(small.journal.events)
    small.platform.env.run(until=small.platform.now + 2 * DAY_US)
    later = small.journal.events[before:]
    (coins,) = [e for e in later if isinstance(e, CoinDeposited)]
    assert (coins.client, coins.asset) == (MAKER, "ETH")
    (request,) = [e for e in later if isinstance(e, WithdrawalRequested)]
    assert (request.asset, request.rail) == ("USD", Rail.USD_WIRE)
    assert abs(small.platform.to_hkd("USD", request.amount_minor) - 12_000_000 * HKD) < HKD


def test_what_is_under_way_is_not_sent_twice() -> None:
    scenario = small_scenario(0, 60)
    slow = attrs.evolve(scenario.world.banks, wire_latency_median=DurationUs(20 * HOUR_US))
    scenario = attrs.evolve(scenario, world=attrs.evolve(scenario.world, banks=slow))
    small = small_platform(scenario)
    start(small, 21.5)
    trade(small, MAKER, "USD", "BTC", 15_000_000)
    before = len(small.journal.events)
    small.platform.env.run(until=small.platform.now + 14 * DAY_US)
    later = small.journal.events[before:]
    (credit,) = [event for event in later if isinstance(event, DepositCredited)]
    assert credit.elapsed_us > 2 * DAY_US, "several looks passed while it was under way"


def test_a_shortage_on_a_weekend_waits_for_monday_morning() -> None:
    small = platform_of()
    start(small, 8.5)  # Friday noon, after that morning's look
    trade(small, ARBITRAGEUR, "HKD", "BTC", 9_000_000)
    before = len(small.journal.events)
    friday_us = small.platform.now
    small.platform.env.run(until=small.end_us)
    (credit,) = [e for e in small.journal.events[before:] if isinstance(e, DepositCredited)]
    assert credit.time_us > small.platform.calendar.midnight(friday_us) + 3 * DAY_US
