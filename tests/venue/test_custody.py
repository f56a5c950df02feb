"""Wallets: what may be hot, what is swept when, and how a withdrawal gets its coins."""

import pytest

from sim.events import CoinDeposited, CoinPaidOut, CoinWithdrawalRequested, ColdSwept
from sim.units import DAY_US, HOUR_US, PPM
from sim.venue.custody import Custody
from sim.venue.platform import Steps
from tests.venue.small_world import Small, change, small_platform, small_regime, small_scenario

CLIENT = 1
OPENS, CLOSES = 9 * HOUR_US, 18 * HOUR_US
ALLOWANCE = 20_000
"""Two per cent of the million that the tests deposit."""


def vault(
    seed: int = 1, *, sweeping: bool = True, cold_share: str = "98 %"
) -> tuple[Small, Custody]:
    """Custody alone, with a million minor units of BTC on their way in; 1 June 2023 is a Thursday."""
    regime = small_regime(change("cus.cold_share", cold_share))
    small = small_platform(small_scenario(1, 60), regime, seed)
    custody = Custody(small.platform)
    small.platform.start(custody.deposit(CLIENT, "BTC", PPM, 1, 1))
    if sweeping:
        small.platform.start(custody.sweep_daily())
    return small, custody


def ask(small: Small, custody: Custody, at_us: int, amount_minor: int, occurrence: int) -> None:
    def asking() -> Steps:
        yield small.platform.until(at_us)
        custody.withdraw(CLIENT, "BTC", amount_minor, occurrence, 1)

    small.platform.start(asking())


def wallets(small: Small) -> tuple[int, int]:
    ledger = small.platform.ledger
    return ledger.balance("hot_wallet", "BTC"), ledger.balance("cold_wallet", "BTC")


def test_a_deposit_is_hot_at_first_and_swept_cold_on_the_same_business_day() -> None:
    small, _ = vault()
    start_us = small.platform.now
    small.platform.env.run(until=start_us + 8 * HOUR_US)
    assert wallets(small) == (PPM, 0)
    small.platform.env.run(until=small.end_us)
    assert wallets(small) == (ALLOWANCE, PPM - ALLOWANCE)
    (deposit,), (sweep,) = small.journal.of(CoinDeposited), small.journal.of(ColdSwept)
    assert start_us + 10 * HOUR_US < sweep.time_us
    assert deposit.time_us < sweep.time_us
    assert (sweep.rule, sweep.cause) == ("cus.cold_share", 2)
    assert (sweep.hot_after_minor, sweep.cold_after_minor) == wallets(small)


def test_operators_move_coins_in_their_shift_on_business_days_only() -> None:
    small, custody = vault()
    start_us = small.platform.now
    for day in range(2, 40):
        ask(small, custody, start_us + day * DAY_US + 20 * HOUR_US, 15_000, day)
    small.platform.env.run(until=small.end_us)
    moves = small.journal.of(ColdSwept)
    assert {event.amount_minor > 0 for event in moves} == {True, False}
    calendar = small.platform.calendar
    for event in moves:
        of_day = event.time_us - calendar.midnight(event.time_us)
        assert calendar.is_business_day(event.time_us)
        assert OPENS < of_day <= CLOSES


def test_after_every_movement_of_an_operator_the_cold_share_is_kept() -> None:
    small, custody = vault()
    start_us = small.platform.now
    for day in range(2, 40):
        ask(small, custody, start_us + day * DAY_US + 5 * HOUR_US, 12_000, day)
    small.platform.start(custody.deposit(CLIENT, "BTC", 50_000, 2, 1))
    shares = []

    class AfterSweep:
        def apply(self, seq: int, happened: object) -> None:
            hot, cold = wallets(small)
            if isinstance(happened, ColdSwept) and happened.amount_minor > 0:
                shares.append(hot * PPM <= (hot + cold) * 20_000)
            assert seq > 0

    small.journal.projections.append(AfterSweep())
    small.platform.env.run(until=small.end_us)
    assert shares
    assert all(shares)
    hot, cold = wallets(small)
    assert hot * PPM <= (hot + cold) * 20_000


def test_a_withdrawal_that_the_hot_wallet_covers_is_paid_in_minutes_even_at_night() -> None:
    small, custody = vault()
    night_us = small.platform.now + 2 * DAY_US + 3 * HOUR_US  # Saturday
    ask(small, custody, night_us, 15_000, 1)
    small.platform.env.run(until=small.end_us)
    (paid,) = small.journal.of(CoinPaidOut)
    assert paid.elapsed_us < HOUR_US
    assert paid.elapsed_us == paid.time_us - night_us


def test_a_withdrawal_beyond_the_hot_wallet_waits_for_a_signing_batch_in_office_hours() -> None:
    small, custody = vault()
    saturday_us = small.platform.now + 2 * DAY_US + 3 * HOUR_US
    ask(small, custody, saturday_us, 100_000, 1)
    small.platform.env.run(until=small.end_us)
    (paid,) = small.journal.of(CoinPaidOut)
    (refill,) = [event for event in small.journal.of(ColdSwept) if event.amount_minor < 0]
    assert paid.time_us == refill.time_us
    monday_opens = small.platform.calendar.next_open(saturday_us, OPENS, CLOSES)
    assert monday_opens - saturday_us > DAY_US
    assert paid.time_us > monday_opens
    # The batch leaves the hot wallet what the rule allows of the rest, and not more.
    assert refill.amount_minor == -(100_000 + 18_000 - ALLOWANCE)
    assert wallets(small) == (18_000, 882_000)
    requested = small.journal.events[refill.cause - 1]
    assert isinstance(requested, CoinWithdrawalRequested)


def test_one_batch_serves_all_that_wait_and_they_are_paid_in_order() -> None:
    small, custody = vault()
    saturday_us = small.platform.now + 2 * DAY_US
    for occurrence in range(1, 6):
        ask(small, custody, saturday_us + occurrence * HOUR_US, 50_000, occurrence)
    monday_us = small.platform.calendar.next_open(saturday_us, OPENS, CLOSES)
    small.platform.env.run(until=monday_us + 1)
    assert (custody._operators.count, len(custody._operators.queue)) == (1, 0)
    small.platform.env.run(until=small.end_us)
    refills = [event for event in small.journal.of(ColdSwept) if event.amount_minor < 0]
    assert len(refills) == 1
    assert [event.withdrawal for event in small.journal.of(CoinPaidOut)] == [1, 2, 3, 4, 5]
    assert {event.time_us for event in small.journal.of(CoinPaidOut)} == {refills[0].time_us}


def test_a_small_request_does_not_overtake_a_large_one_that_waits() -> None:
    small, custody = vault()
    saturday_us = small.platform.now + 2 * DAY_US
    ask(small, custody, saturday_us, 100_000, 1)
    ask(small, custody, saturday_us + 5 * HOUR_US, 10, 2)
    small.platform.env.run(until=small.end_us)
    assert [event.withdrawal for event in small.journal.of(CoinPaidOut)] == [1, 2]


def test_everything_can_be_withdrawn_in_the_end() -> None:
    small, custody = vault()
    ask(small, custody, small.platform.now + 6 * DAY_US, PPM, 1)
    small.platform.env.run(until=small.end_us)
    assert len(small.journal.of(CoinPaidOut)) == 1
    assert wallets(small) == (0, 0)


def test_without_a_rule_on_cold_storage_nothing_is_swept() -> None:
    small, _ = vault(cold_share="0 %")
    small.platform.env.run(until=small.end_us)
    assert not small.journal.of(ColdSwept)


@pytest.mark.parametrize("amount_minor", [0, -1, PPM + 1])
def test_coins_that_are_not_there_cannot_be_asked_for(amount_minor: int) -> None:
    small, custody = vault()
    small.platform.env.run(until=small.end_us)
    with pytest.raises(ValueError, match="available 1000000"):
        custody.withdraw(CLIENT, "BTC", amount_minor, 1, 1)
