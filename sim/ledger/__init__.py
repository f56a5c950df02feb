"""Double-entry accounts over the log: postings from events, balances, and the promises between them."""

from sim.ledger.accounts import ACCOUNTS, ASSET_ACCOUNTS, Account, Posting
from sim.ledger.ledger import Ledger
from sim.ledger.postings import LedgerError, postings

__all__ = ["ACCOUNTS", "ASSET_ACCOUNTS", "Account", "Ledger", "LedgerError", "Posting", "postings"]
