"""Balances folded from events, and each promise of the ledger broken once."""

import json

import pytest

from sim.events import (
    CoinDeposited,
    ColdSwept,
    DepositCredited,
    Event,
    FeesSwept,
    RunStarted,
    WithdrawalPaid,
    WithdrawalRequested,
)
from sim.events.codes import Rail
from sim.ledger import ACCOUNTS, Ledger, LedgerError


def deposit(amount_minor: int, asset: str = "HKD") -> Event:
    return DepositCredited(
        time_us=1,
        deposit=1,
        client=101,
        rail=Rail.FPS,
        asset=asset,
        amount_minor=amount_minor,
        elapsed_us=0,
    )


def request(amount_minor: int) -> Event:
    return WithdrawalRequested(
        time_us=1, withdrawal=1, client=101, rail=Rail.FPS, asset="HKD", amount_minor=amount_minor
    )


def paid(amount_minor: int) -> Event:
    return WithdrawalPaid(
        time_us=1,
        withdrawal=1,
        client=101,
        rail=Rail.FPS,
        asset="HKD",
        amount_minor=amount_minor,
        elapsed_us=0,
    )


def coins(amount_minor: int) -> Event:
    return CoinDeposited(time_us=1, client=1, asset="BTC", amount_minor=amount_minor)


def swept(amount_minor: int, hot: int, cold: int) -> Event:
    return ColdSwept(
        time_us=1,
        asset="BTC",
        amount_minor=amount_minor,
        hot_after_minor=hot,
        cold_after_minor=cold,
    )


def ledger_of(*events: Event) -> Ledger:
    ledger = Ledger()
    for seq, happened in enumerate(events, start=1):
        ledger.apply(seq, happened)
    return ledger


def test_a_deposit_is_owed_to_the_client_until_it_is_paid_back() -> None:
    ledger = ledger_of(deposit(500), request(200))
    assert ledger.balance("client_bank", "HKD") == 500
    assert ledger.balance("client_liability", "HKD") == -300
    assert ledger.balance("withdrawals_pending", "HKD") == -200
    ledger.apply(3, paid(200))
    assert ledger.balance("client_bank", "HKD") == 300
    assert ledger.balance("withdrawals_pending", "HKD") == 0
    ledger.check({"HKD": 300}, {})


def test_an_event_that_moves_nothing_only_advances_the_ledger() -> None:
    ledger = ledger_of(RunStarted(time_us=1, seed=1))
    assert ledger.seq == 1
    assert not any(ledger.state().values())


@pytest.mark.parametrize(
    ("events", "account"),
    [
        ((deposit(500), request(501)), "client_liability"),
        ((deposit(500), request(500), paid(501)), "withdrawals_pending"),
        ((coins(5), swept(6, -1, 6)), "hot_wallet"),
        ((coins(5), swept(-1, 6, -1)), "cold_wallet"),
        ((deposit(5), FeesSwept(time_us=1, asset="HKD", amount_minor=6)), "client_liability"),
    ],
)
def test_an_overdraft_is_refused_and_changes_nothing(
    events: tuple[Event, ...], account: str
) -> None:
    ledger = ledger_of(*events[:-1])
    before = ledger.state()
    with pytest.raises(LedgerError, match=f"event 9 .* overdraws {account}"):
        ledger.apply(9, events[-1])
    assert ledger.state() == before
    assert ledger.seq == len(events) - 1


def test_a_sweep_that_reports_other_balances_than_the_ledger_is_refused() -> None:
    ledger = ledger_of(coins(100))
    with pytest.raises(LedgerError, match="hold 2 and 98 minor units after it, but it reports 3"):
        ledger.apply(2, swept(98, 3, 98))
    assert ledger.balance("hot_wallet", "BTC") == 100


def test_unswept_fees_are_the_difference_between_what_is_owed_and_what_clients_hold() -> None:
    ledger = ledger_of(deposit(1_000))
    ledger.check({"HKD": 1_000}, {})
    ledger.check({"HKD": 990}, {"HKD": 10})
    ledger.apply(2, FeesSwept(time_us=1, asset="HKD", amount_minor=8))
    ledger.check({"HKD": 990}, {"HKD": 10})
    assert ledger.balance("fee_income", "HKD") == -8
    assert ledger.balance("house_bank", "HKD") == 8
    assert ledger.balance("client_bank", "HKD") == 992


@pytest.mark.parametrize("balances", [999, 1_001])
def test_client_balances_that_differ_by_one_unit_are_named(balances: int) -> None:
    with pytest.raises(
        LedgerError, match=rf"client_liability HKD: 1000 .* balances are {balances}"
    ):
        ledger_of(deposit(1_000)).check({"HKD": balances}, {})


def test_fees_that_were_swept_but_never_collected_are_named() -> None:
    ledger = ledger_of(deposit(1_000), FeesSwept(time_us=1, asset="HKD", amount_minor=5))
    with pytest.raises(LedgerError, match="fee_income HKD: 5 minor units swept, but only 4 coll"):
        ledger.check({"HKD": 996}, {"HKD": 4})


def test_clients_assets_that_do_not_cover_what_is_owed_are_named() -> None:
    ledger = ledger_of(deposit(1_000), request(400))
    with pytest.raises(
        LedgerError, match="1000 minor units do not cover clients' balances 601 and"
    ):
        ledger.check({"HKD": 601}, {})


def test_too_many_coins_in_the_hot_wallet_are_named_only_when_asked() -> None:
    ledger = ledger_of(coins(1_000), swept(979, 21, 979))
    ledger.check({"BTC": 1_000}, {})
    ledger.check({"BTC": 1_000}, {}, cold_share_ppm=979_000)
    with pytest.raises(LedgerError, match="hot_wallet BTC: 21 of 1000 minor units are hot"):
        ledger.check({"BTC": 1_000}, {}, cold_share_ppm=980_000)


def test_all_broken_promises_are_reported_at_once() -> None:
    ledger = ledger_of(deposit(1_000), coins(10))
    with pytest.raises(LedgerError) as caught:
        ledger.check({"HKD": 1, "BTC": 2, "XRP": 3}, {})
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "client_liability HKD",
        "client_liability BTC",
        "client_liability XRP",
        "client_bank, hot_wallet and cold_wallet XRP",
    ]


def test_the_state_is_canonical_and_shows_only_what_is_there() -> None:
    one = ledger_of(deposit(5), coins(7), deposit(3, "USD"))
    other = ledger_of(deposit(3, "USD"), coins(7), deposit(5))
    assert json.dumps(one.state()) == json.dumps(other.state())
    assert list(one.state()) == list(ACCOUNTS)
    assert one.state()["client_bank"] == {"HKD": 5, "USD": 3}
    assert one.state()["cold_wallet"] == {}
