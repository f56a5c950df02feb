"""Rails and their clocks: fast in, slow out, only from the own account, only with own money."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.events import (
    DepositCredited,
    DepositInstructed,
    DepositRefused,
    WithdrawalPaid,
    WithdrawalRefused,
    WithdrawalRequested,
)
from sim.events.codes import Rail
from sim.units import DAY_US, HKT, HOUR_US, from_us, to_us
from sim.venue.platform import Steps
from sim.venue.rails import Transfer, landing_us
from sim.venue.ramps import Ramps
from tests.venue.small_world import (
    HKD,
    Small,
    change,
    small_platform,
    small_regime,
    small_scenario,
)

CLIENT = 101
WIRE_OPENS, WIRE_CLOSES = 11 * HOUR_US, 16 * HOUR_US
CHATS_OPENS, CHATS_CLOSES = 17 * HOUR_US // 2, 37 * HOUR_US // 2
WINDOWS = {Rail.USD_WIRE: (WIRE_OPENS, WIRE_CLOSES), Rail.CHATS: (CHATS_OPENS, CHATS_CLOSES)}
PAYOUT = 11 * HOUR_US


def empty(seed: int = 1, *changes: tuple[str, str | bool | int]) -> tuple[Small, Ramps]:
    """A platform whose departments have not started, and its ramps; a year from June 2023."""
    regime = small_regime(*(change(rule, value) for rule, value in changes))
    small = small_platform(small_scenario(1, 365), regime, seed)
    return small, Ramps(small.platform)


def transfer(
    rail: Rail, amount: int = 5_000, client: int = CLIENT, occurrence: int = 1
) -> Transfer:
    return Transfer(
        client=client,
        rail=rail,
        asset="USD" if rail is Rail.USD_WIRE else "HKD",
        amount_minor=amount * HKD,
        occurrence=occurrence,
    )


def pay_in(small: Small, ramps: Ramps, moved: Transfer, at_us: int, *, institution: bool) -> Steps:
    yield small.platform.until(at_us)
    yield from ramps.deposit(moved, 1, own_account=institution)


def hong_kong(text: str) -> int:
    return to_us(datetime.fromisoformat(text).replace(tzinfo=HKT))


def withdraw_at(at: str, **rules: str | bool | int) -> WithdrawalPaid:
    """Withdraw HKD 1,000 at an instant and return the payment."""
    small, ramps = empty(1, *((rule.replace("__", "."), value) for rule, value in rules.items()))
    small.balances.shift(CLIENT, "HKD", 10_000 * HKD)
    platform = small.platform
    platform.start(pay_in(small, ramps, transfer(Rail.FPS, 10_000), platform.now, institution=True))

    def ask() -> Steps:
        yield platform.until(hong_kong(at))
        assert ramps.withdraw(transfer(Rail.FPS, 1_000), 1)

    platform.start(ask())
    platform.env.run(until=small.end_us)
    (payment,) = small.journal.of(WithdrawalPaid)
    return payment


@pytest.mark.parametrize(
    ("asked", "paid"),
    [
        ("2023-06-01 10:00", "2023-06-02"),  # Thursday to Friday
        ("2023-06-01 23:59", "2023-06-02"),
        ("2023-06-02 10:00", "2023-06-05"),  # over a weekend
        ("2023-06-03 10:00", "2023-06-05"),
        ("2024-02-09 10:00", "2024-02-14"),  # Friday before Chinese New Year (10 to 13 February)
        ("2024-02-11 10:00", "2024-02-14"),
        ("2024-03-28 15:00", "2024-04-02"),  # Thursday before Easter (29 March to 1 April)
        ("2024-04-03 10:00", "2024-04-05"),  # Ching Ming is on Thursday 4 April
        ("2023-12-22 10:00", "2023-12-27"),  # Christmas and Boxing Day
    ],
)
def test_a_withdrawal_is_paid_by_the_batch_of_the_next_business_day(asked: str, paid: str) -> None:
    payment = withdraw_at(asked)
    assert from_us(payment.time_us) == datetime.fromisoformat(f"{paid} 11:00").replace(tzinfo=HKT)
    assert payment.elapsed_us == payment.time_us - hong_kong(asked)


@pytest.mark.parametrize(
    ("days", "paid"), [(1, "2024-02-14"), (2, "2024-02-15"), (3, "2024-02-16"), (4, "2024-02-19")]
)
def test_the_promise_of_more_days_counts_business_days_only(days: int, paid: str) -> None:
    payment = withdraw_at("2024-02-09 10:00", fiat__withdrawal_days=days)
    assert str(from_us(payment.time_us).date()) == paid


def test_a_promise_of_zero_days_is_as_fast_as_the_rail() -> None:
    payment = withdraw_at("2024-02-10 03:00", fiat__withdrawal_days=0)
    assert 0 < payment.elapsed_us < HOUR_US


def test_a_wire_lands_only_in_the_hours_of_its_window_and_fps_at_any_time() -> None:
    small, _ = empty()
    calendar, start_us = small.platform.calendar, small.platform.now

    @settings(max_examples=200, deadline=None)
    @given(
        offset_us=st.integers(0, 364 * DAY_US),
        occurrence=st.integers(0, 2**40),
        rail=st.sampled_from(Rail),
    )
    def holds(offset_us: int, occurrence: int, rail: Rail) -> None:
        small.platform.env._now = start_us + offset_us
        moved = transfer(rail, occurrence=occurrence)
        for outward in (False, True):
            arrival_us = landing_us(small.platform, moved, outward=outward)
            assert arrival_us > small.platform.now
            if rail is Rail.FPS:
                assert arrival_us - small.platform.now < HOUR_US
                continue
            of_day = arrival_us - calendar.midnight(arrival_us)
            assert calendar.is_business_day(arrival_us)
            opens, closes = WINDOWS[rail]
            assert opens <= of_day < closes

    holds()


def test_every_usd_credit_of_a_year_falls_into_the_window() -> None:
    scenario = small_scenario(300, 365, usd_share=600_000)
    small = small_platform(scenario, small_regime(change("onb.retail_access", True)))
    wires = [e for e in small.run().of(DepositCredited) if e.rail is Rail.USD_WIRE]
    calendar = small.platform.calendar
    assert len(wires) > 100
    for event in wires:
        assert calendar.is_business_day(event.time_us)
        assert WIRE_OPENS <= event.time_us - calendar.midnight(event.time_us) < WIRE_CLOSES
        assert event.asset == "USD"


def test_fps_credits_take_about_the_median_around_the_clock() -> None:
    small = small_platform(
        small_scenario(300, 200), small_regime(change("onb.retail_access", True))
    )
    quick = [e for e in small.run().of(DepositCredited) if e.rail is Rail.FPS]
    elapsed = sorted(event.elapsed_us for event in quick)
    assert 15_000_000 < elapsed[len(elapsed) // 2] < 25_000_000
    calendar = small.platform.calendar
    assert any(not calendar.is_business_day(event.time_us) for event in quick)


def third_party_occurrence(small: Small) -> int:
    """First transfer of the client that comes from somebody else's account."""
    draws = small.platform.draws
    return next(
        occurrence
        for occurrence in range(10_000)
        if draws.chance("ramps.third_party", CLIENT, occurrence, 10_000)
    )


def test_money_from_another_persons_account_is_sent_back_and_paid_again_properly() -> None:
    small, ramps = empty()
    moved = transfer(Rail.FPS, occurrence=third_party_occurrence(small))
    small.platform.start(pay_in(small, ramps, moved, small.platform.now, institution=False))
    small.platform.env.run(until=small.end_us)
    journal = small.journal
    kinds = [type(event) for event in journal.events[1:]]
    assert kinds == [DepositInstructed, DepositRefused, DepositInstructed, DepositCredited]
    (refusal,) = journal.of(DepositRefused)
    assert (refusal.rule, refusal.reason) == ("onb.same_name", "third_party_account")
    assert small.balances.available(CLIENT, "HKD") == 5_000 * HKD
    assert small.platform.ledger.balance("client_bank", "HKD") == 5_000 * HKD
    assert [event.cause for event in journal.events[1:]] == [1, 2, 3, 4]


@pytest.mark.parametrize("institution", [True, False])
def test_an_institution_or_a_platform_without_the_rule_takes_it_at_once(institution: bool) -> None:
    small, ramps = empty(1, ("onb.same_name", institution))
    moved = transfer(Rail.FPS, occurrence=third_party_occurrence(small))
    small.platform.start(pay_in(small, ramps, moved, small.platform.now, institution=institution))
    small.platform.env.run(until=small.end_us)
    assert not small.journal.of(DepositRefused)
    assert len(small.journal.of(DepositCredited)) == 1


@pytest.mark.parametrize("prefunded", [True, False])
def test_a_withdrawal_beyond_the_balance_is_refused_and_changes_nothing(prefunded: bool) -> None:
    small, ramps = empty(1, ("trd.prefunded", prefunded))
    small.balances.shift(CLIENT, "HKD", 999 * HKD)
    assert not ramps.withdraw(transfer(Rail.FPS, 1_000), 1)
    (refusal,) = small.journal.of(WithdrawalRefused)
    assert (refusal.rule, refusal.reason, refusal.amount_minor) == (
        "trd.prefunded",
        "short_of_funds",
        1_000 * HKD,
    )
    assert small.balances.available(CLIENT, "HKD") == 999 * HKD
    assert not small.journal.of(WithdrawalRequested)


@pytest.mark.parametrize("amount_minor", [0, -10_000, 10_001])
def test_a_bank_moves_positive_whole_cents_only(amount_minor: int) -> None:
    with pytest.raises(ValueError, match="expected a positive multiple of 10000"):
        Transfer(client=CLIENT, rail=Rail.FPS, asset="HKD", amount_minor=amount_minor, occurrence=0)


def test_every_request_of_a_year_is_paid_once_in_full_and_on_its_day() -> None:
    small = small_platform(
        small_scenario(300, 365), small_regime(change("onb.retail_access", True))
    )
    journal = small.run()
    requests = {event.withdrawal: (seq, event) for seq, event in journal.numbered()
                if isinstance(event, WithdrawalRequested)}  # fmt: skip
    payments = {event.withdrawal: event for event in journal.of(WithdrawalPaid)}
    assert len(payments) == len(journal.of(WithdrawalPaid)) > 200
    calendar = small.platform.calendar
    for number, (seq, request) in requests.items():
        due_us = calendar.add_business_days(request.time_us, 1) + PAYOUT
        if due_us >= small.end_us:
            assert number not in payments
            continue
        payment = payments[number]
        assert (payment.time_us, payment.cause) == (due_us, seq)
        assert (payment.client, payment.asset, payment.amount_minor) == (
            request.client,
            request.asset,
            request.amount_minor,
        )
    assert max(p.elapsed_us for p in payments.values()) > timedelta(days=4) // timedelta(
        microseconds=1
    )
