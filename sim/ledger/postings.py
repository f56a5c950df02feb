"""From events to postings: which accounts each kind of event moves.

`postings` is a pure function and every entry it makes is balanced by construction: an amount is moved
from one account to another, never put anywhere. Trades are missing on purpose. They happen on the order
plane, move money between clients only, and leave the total owed to clients unchanged but for the fees,
which reach the ledger when the treasury sweeps them.
"""

from collections.abc import Callable
from typing import Any, Final

from sim.events import (
    CoinDeposited,
    CoinPaidOut,
    CoinWithdrawalRequested,
    ColdSwept,
    DepositCredited,
    Event,
    FeesSwept,
    WithdrawalPaid,
    WithdrawalRequested,
    kind_name,
)
from sim.ledger.accounts import (
    CLIENT_BANK,
    CLIENT_LIABILITY,
    COLD_WALLET,
    FEE_INCOME,
    HOT_WALLET,
    HOUSE_BANK,
    WITHDRAWALS_PENDING,
    Account,
    Posting,
)
from sim.units import ASSETS


class LedgerError(ValueError):
    """An event or a state that double-entry bookkeeping refuses; the message names account and amounts."""


def postings(happened: Event) -> tuple[Posting, ...]:
    """Return the postings of an event; empty for kinds that move neither money nor coins.

    Raises
    ------
    LedgerError
        The amount is not positive, or the asset cannot be moved this way (coins through a bank).
    """
    entry = _ENTRIES.get(type(happened))
    return entry(happened) if entry is not None else ()


def _moved(
    happened: Any, debit: Account, credit: Account, *, kind: str, amount_minor: int | None = None
) -> tuple[Posting, Posting]:
    """Debit one account and credit the other with the event's amount, refusing what makes no sense."""
    asset: str = happened.asset
    amount = happened.amount_minor if amount_minor is None else amount_minor
    if asset not in ASSETS or ASSETS[asset].kind != kind:
        raise LedgerError(
            f"{kind_name(type(happened))}: {credit} to {debit} takes a {kind}, got {asset!r}"
        )
    if amount <= 0:
        raise LedgerError(
            f"{kind_name(type(happened))}: {credit} to {debit}: {asset} {amount} minor units; "
            "expected a positive amount"
        )
    return Posting(debit, asset, amount), Posting(credit, asset, -amount)


def _deposit(happened: DepositCredited) -> tuple[Posting, ...]:
    return _moved(happened, CLIENT_BANK, CLIENT_LIABILITY, kind="fiat")


def _withdrawal_requested(happened: WithdrawalRequested) -> tuple[Posting, ...]:
    return _moved(happened, CLIENT_LIABILITY, WITHDRAWALS_PENDING, kind="fiat")


def _withdrawal_paid(happened: WithdrawalPaid) -> tuple[Posting, ...]:
    return _moved(happened, WITHDRAWALS_PENDING, CLIENT_BANK, kind="fiat")


def _coin_deposit(happened: CoinDeposited) -> tuple[Posting, ...]:
    return _moved(happened, HOT_WALLET, CLIENT_LIABILITY, kind="coin")


def _coin_withdrawal_requested(happened: CoinWithdrawalRequested) -> tuple[Posting, ...]:
    return _moved(happened, CLIENT_LIABILITY, WITHDRAWALS_PENDING, kind="coin")


def _coin_paid_out(happened: CoinPaidOut) -> tuple[Posting, ...]:
    return _moved(happened, WITHDRAWALS_PENDING, HOT_WALLET, kind="coin")


def _cold_swept(happened: ColdSwept) -> tuple[Posting, ...]:
    if happened.amount_minor < 0:
        back = -happened.amount_minor
        return _moved(happened, HOT_WALLET, COLD_WALLET, kind="coin", amount_minor=back)
    return _moved(happened, COLD_WALLET, HOT_WALLET, kind="coin")


def _fees_swept(happened: FeesSwept) -> tuple[Posting, ...]:
    """Recognise the fees as income and move the money that backs them out of the clients' account."""
    return (
        *_moved(happened, CLIENT_LIABILITY, FEE_INCOME, kind="fiat"),
        *_moved(happened, HOUSE_BANK, CLIENT_BANK, kind="fiat"),
    )


_ENTRIES: Final[dict[type[Event], Callable[[Any], tuple[Posting, ...]]]] = {
    DepositCredited: _deposit,
    WithdrawalRequested: _withdrawal_requested,
    WithdrawalPaid: _withdrawal_paid,
    CoinDeposited: _coin_deposit,
    CoinWithdrawalRequested: _coin_withdrawal_requested,
    CoinPaidOut: _coin_paid_out,
    ColdSwept: _cold_swept,
    FeesSwept: _fees_swept,
}
