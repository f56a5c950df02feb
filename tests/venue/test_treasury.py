"""Reconciliation stops on a difference; fee income leaves the clients' account in whole cents."""

import pytest

from sim.events import DepositCredited, Event, FeesSet, FeesSwept
from sim.ledger import Ledger, LedgerError
from sim.units import HOUR_US
from tests.venue.small_world import (
    MemoryBalances,
    MemoryJournal,
    Projection,
    Small,
    change,
    small_platform,
    small_regime,
    small_scenario,
)

RECONCILIATION = 17 * HOUR_US
FEE_MINOR = 12_345_678


class Charges:
    """Takes a fee from every client at each credit, as trading would."""

    def __init__(self, journal: MemoryJournal, ledger: Ledger, balances: MemoryBalances) -> None:
        del journal, ledger
        self._balances = balances

    def apply(self, seq: int, happened: Event) -> None:
        assert seq > 0
        if isinstance(happened, DepositCredited):
            self._balances.charge(happened.client, happened.asset, FEE_MINOR)


class CheckEveryEvent:
    """Holds the ledger against the clients' balances after every single event."""

    checks = 0

    def __init__(self, journal: MemoryJournal, ledger: Ledger, balances: MemoryBalances) -> None:
        del journal
        self._ledger, self._balances = ledger, balances

    def apply(self, seq: int, happened: Event) -> None:
        assert self._ledger.seq == seq
        assert happened is not None
        self._ledger.check(self._balances.totals(), self._balances.fees_collected())
        type(self).checks += 1


def with_fees() -> Small:
    small = small_platform(
        small_scenario(60, 120), small_regime(change("onb.retail_access", True)), watch=Charges
    )
    small.run()
    return small


def test_fees_are_swept_on_business_days_at_the_hour_in_whole_cents() -> None:
    small = with_fees()
    sweeps = small.journal.of(FeesSwept)
    assert {event.asset for event in sweeps} == {"HKD", "USD"}
    calendar = small.platform.calendar
    for event in sweeps:
        assert calendar.is_business_day(event.time_us)
        assert event.time_us - calendar.midnight(event.time_us) == RECONCILIATION
        assert event.amount_minor % 10_000 == 0
        assert isinstance(small.journal.events[event.cause - 1], FeesSet)


def test_what_was_swept_is_what_was_collected_up_to_the_last_cent() -> None:
    small = with_fees()
    for asset, collected in small.balances.fees_collected().items():
        last_sweep_us = max(e.time_us for e in small.journal.of(FeesSwept) if e.asset == asset)
        later = sum(
            FEE_MINOR
            for event in small.journal.of(DepositCredited)
            if event.asset == asset and event.time_us >= last_sweep_us
        )
        swept = small.platform.ledger.balance("house_bank", asset)
        assert swept == sum(e.amount_minor for e in small.journal.of(FeesSwept) if e.asset == asset)
        assert 0 <= collected - later - swept < 10_000


def test_no_fees_no_sweep() -> None:
    assert not small_platform(small_scenario(30, 60)).run().of(FeesSwept)


def test_a_balance_that_is_not_backed_stops_the_run_at_the_next_reconciliation() -> None:
    small = small_platform(small_scenario(30, 60))
    small.balances.shift(500, "HKD", 1)
    with pytest.raises(LedgerError, match=r"client_liability HKD: .* \(difference 1\)"):
        small.run()
    assert (
        small.platform.now == small.platform.calendar.midnight(small.platform.now) + RECONCILIATION
    )


def test_the_ledger_is_in_balance_after_every_event_of_a_year() -> None:
    watch: type[Projection] = CheckEveryEvent
    small = small_platform(
        small_scenario(40, 365), small_regime(change("onb.retail_access", True)), watch=watch
    )
    small.run()
    assert CheckEveryEvent.checks == len(small.journal.events) > 300
