"""The chart of accounts, and what a posting is.

Signs follow the debit-positive convention: an asset account holds a positive balance, a liability or
income account a negative one, and the balances of one asset always add up to zero.
"""

from typing import Final, Literal, get_args

import attrs

Account = Literal[
    "client_bank",
    "house_bank",
    "hot_wallet",
    "cold_wallet",
    "client_liability",
    "withdrawals_pending",
    "fee_income",
]

CLIENT_BANK: Final = "client_bank"
"""Fiat of clients in the segregated account at the bank; asset."""
HOUSE_BANK: Final = "house_bank"
"""Fiat of the platform itself; asset."""
HOT_WALLET: Final = "hot_wallet"
"""Clients' coins whose keys are online; asset."""
COLD_WALLET: Final = "cold_wallet"
"""Clients' coins whose keys are offline; asset."""
CLIENT_LIABILITY: Final = "client_liability"
"""What the platform owes clients on their accounts, fees not yet recognised included; liability."""
WITHDRAWALS_PENDING: Final = "withdrawals_pending"
"""What clients asked to be paid and have not received yet; liability."""
FEE_INCOME: Final = "fee_income"
"""Fees recognised as the platform's own at a reconciliation; income."""

ACCOUNTS: Final[tuple[Account, ...]] = get_args(Account)
"""Every account, in the order of statements."""
ASSET_ACCOUNTS: Final[frozenset[Account]] = frozenset(
    {CLIENT_BANK, HOUSE_BANK, HOT_WALLET, COLD_WALLET}
)
"""Accounts whose balance must not be negative; the balance of any other must not be positive."""


@attrs.frozen
class Posting:
    """One line of a journal entry: a positive amount debits the account, a negative one credits it."""

    account: Account
    asset: str
    amount_minor: int
