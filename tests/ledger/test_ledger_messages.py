"""What a refusal of the ledger says, to the figure; a ledger read back from its state; a new one."""

import pytest

from sim.events import ColdSwept
from sim.ledger import Ledger, LedgerError, postings
from tests.ledger.test_ledger import coins, deposit, ledger_of, request, swept


def test_a_new_ledger_has_applied_nothing() -> None:
    ledger = Ledger()
    assert ledger.seq == 0
    assert not any(ledger.state().values())


def test_a_ledger_is_read_back_from_its_state_and_goes_on() -> None:
    ledger = ledger_of(deposit(500), coins(70), request(200))
    again = Ledger.of(ledger.state(), 3)  # type: ignore[arg-type]  # names of accounts are plain text there
    assert again.seq == 3
    assert again.state() == ledger.state()
    again.apply(4, deposit(5))
    assert again.balance("client_bank", "HKD") == 505
    assert again.balance("withdrawals_pending", "HKD") == -200


def test_an_overdraft_names_event_kind_account_and_both_balances() -> None:
    with pytest.raises(LedgerError) as caught:
        ledger_of(deposit(500)).apply(9, request(501))
    assert str(caught.value) == (
        "event 9 withdrawal_requested overdraws client_liability: HKD -500 would become 1 minor units"
    )


def test_a_wrong_report_of_a_sweep_names_its_event() -> None:
    with pytest.raises(LedgerError, match=r"^event 7 cold_swept: hot_wallet and cold_wallet BTC"):
        ledger_of(coins(100)).apply(7, swept(98, 3, 98))


def test_a_difference_to_the_clients_balances_is_worked_out() -> None:
    with pytest.raises(LedgerError) as caught:
        ledger_of(deposit(1_000)).check({"HKD": 980}, {"HKD": 30})
    assert str(caught.value) == (
        "client_liability HKD: 1000 less 30 of unswept fees is 970 minor units, "
        "but clients' balances are 980 (difference 10)"
    )


def test_a_hot_wallet_that_holds_too_much_is_told_what_it_may_hold() -> None:
    ledger = ledger_of(coins(1_000), swept(979, 21, 979))
    ledger.check_cold_share("BTC", 979_000)
    ledger.check_cold_share("ETH", 1_000_000)
    with pytest.raises(LedgerError) as caught:
        ledger.check_cold_share("BTC", 980_000)
    assert str(caught.value) == (
        "hot_wallet BTC: 21 of 1000 minor units are hot; at most 20000 parts per million may be"
    )


def test_accounts_that_do_not_add_up_are_told() -> None:
    ledger = ledger_of(deposit(1_000))
    # No event can do that; a ledger read from a damaged state can.
    state = ledger.state()
    state["house_bank"] = {"HKD": 7}
    damaged = Ledger.of(state, 1)  # type: ignore[arg-type]  # names of accounts are plain text there
    with pytest.raises(LedgerError, match=r"^HKD: accounts add up to 7 minor units; expected zero"):
        damaged.check({"HKD": 1_000}, {})


def test_a_movement_that_makes_no_sense_is_told_with_its_kind() -> None:
    with pytest.raises(LedgerError) as caught:
        postings(deposit(5, "BTC"))
    assert str(caught.value) == (
        "deposit_credited: client_liability to client_bank takes a fiat, got 'BTC'"
    )
    with pytest.raises(LedgerError) as caught:
        postings(deposit(0))
    assert str(caught.value) == (
        "deposit_credited: client_liability to client_bank: HKD 0 minor units; expected a positive amount"
    )


@pytest.mark.parametrize(
    ("amount_minor", "way"),
    [(0, "hot_wallet to cold_wallet: BTC 0"), (1, ""), (-1, "")],
)
def test_a_sweep_moves_coins_into_cold_storage_or_out_of_it_and_never_none(
    amount_minor: int, way: str
) -> None:
    happened = ColdSwept(
        time_us=1, asset="BTC", amount_minor=amount_minor, hot_after_minor=0, cold_after_minor=0
    )
    if way:
        with pytest.raises(LedgerError, match=way):
            postings(happened)
    else:
        amounts = {posting.account: posting.amount_minor for posting in postings(happened)}
        assert amounts == {"cold_wallet": amount_minor, "hot_wallet": -amount_minor}
