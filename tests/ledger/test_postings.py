"""Which accounts each kind of event moves."""

from collections import Counter
from typing import Any

import pytest

from sim.events import (
    KINDS,
    CoinDeposited,
    CoinPaidOut,
    CoinWithdrawalRequested,
    ColdSwept,
    DepositCredited,
    DepositInstructed,
    Event,
    FeesSwept,
    WithdrawalPaid,
    WithdrawalRequested,
)
from sim.events.codes import Rail
from sim.ledger import ASSET_ACCOUNTS, Account, LedgerError, Posting, postings

AMOUNT = 7_000_000


def fiat(kind: Any, **more: int) -> Any:
    return kind(time_us=1, client=101, rail=Rail.FPS, asset="HKD", amount_minor=AMOUNT, **more)


EXAMPLES: tuple[tuple[Any, Account, Account], ...] = (
    (fiat(DepositCredited, deposit=1, elapsed_us=0), "client_bank", "client_liability"),
    (fiat(WithdrawalRequested, withdrawal=1), "client_liability", "withdrawals_pending"),
    (fiat(WithdrawalPaid, withdrawal=1, elapsed_us=0), "withdrawals_pending", "client_bank"),
    (
        CoinDeposited(time_us=1, client=1, asset="BTC", amount_minor=AMOUNT),
        "hot_wallet",
        "client_liability",
    ),
    (
        CoinWithdrawalRequested(
            time_us=1, withdrawal=1, client=1, asset="BTC", amount_minor=AMOUNT
        ),
        "client_liability",
        "withdrawals_pending",
    ),
    (
        CoinPaidOut(
            time_us=1, withdrawal=1, client=1, asset="BTC", amount_minor=AMOUNT, elapsed_us=0
        ),
        "withdrawals_pending",
        "hot_wallet",
    ),
    (
        ColdSwept(
            time_us=1, asset="BTC", amount_minor=AMOUNT, hot_after_minor=0, cold_after_minor=AMOUNT
        ),
        "cold_wallet",
        "hot_wallet",
    ),
    (
        ColdSwept(
            time_us=1, asset="BTC", amount_minor=-AMOUNT, hot_after_minor=AMOUNT, cold_after_minor=0
        ),
        "hot_wallet",
        "cold_wallet",
    ),
)


@pytest.mark.parametrize(("happened", "debit", "credit"), EXAMPLES)
def test_an_amount_moves_from_one_account_to_one_other(
    happened: Any, debit: Account, credit: Account
) -> None:
    assert postings(happened) == (
        Posting(debit, happened.asset, AMOUNT),
        Posting(credit, happened.asset, -AMOUNT),
    )


def test_swept_fees_become_income_and_leave_the_clients_account() -> None:
    entry = postings(FeesSwept(time_us=1, asset="USD", amount_minor=AMOUNT))
    assert {posting.account: posting.amount_minor for posting in entry} == {
        "client_liability": AMOUNT,
        "fee_income": -AMOUNT,
        "house_bank": AMOUNT,
        "client_bank": -AMOUNT,
    }


@pytest.mark.parametrize("happened", [example[0] for example in EXAMPLES])
def test_every_entry_adds_up_to_zero_per_asset(happened: Event) -> None:
    totals: Counter[str] = Counter()
    for posting in postings(happened):
        totals[posting.asset] += posting.amount_minor
    assert totals
    assert not any(totals.values())


def test_an_instruction_moves_nothing_until_it_is_credited() -> None:
    assert postings(fiat(DepositInstructed, deposit=1)) == ()


def test_only_the_kinds_that_move_money_or_coins_post() -> None:
    moving = {type(happened) for happened, _, _ in EXAMPLES} | {FeesSwept}
    amounts = {kind for kind in KINDS.values() if "amount_minor" in kind.__annotations__}
    refusals_and_plans = {kind for kind in amounts if kind.__name__.endswith("Refused")}
    assert amounts - moving - refusals_and_plans == {DepositInstructed}


@pytest.mark.parametrize("amount_minor", [0, -1])
def test_an_amount_that_is_not_positive_is_refused(amount_minor: int) -> None:
    happened = DepositCredited(
        time_us=1,
        deposit=1,
        client=101,
        rail=Rail.FPS,
        asset="HKD",
        amount_minor=amount_minor,
        elapsed_us=0,
    )
    with pytest.raises(LedgerError, match=f"HKD {amount_minor} minor units; expected a positive"):
        postings(happened)


@pytest.mark.parametrize("asset", ["BTC", "GOLD"])
def test_a_coin_or_an_unknown_asset_does_not_travel_through_a_bank(asset: str) -> None:
    happened = DepositCredited(
        time_us=1, deposit=1, client=101, rail=Rail.FPS, asset=asset, amount_minor=5, elapsed_us=0
    )
    with pytest.raises(LedgerError, match=f"takes a fiat, got '{asset}'"):
        postings(happened)


def test_assets_are_the_accounts_that_hold_something() -> None:
    assert {"client_bank", "house_bank", "hot_wallet", "cold_wallet"} == ASSET_ACCOUNTS
