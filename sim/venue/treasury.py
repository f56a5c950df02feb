"""Treasury: client money is reconciled every business day, and only then does fee income leave it.

The reconciliation holds the ledger against the order plane's balances; a difference stops the run, as it
would stop the payment. The fees of all trades since the last sweep then move from the clients' account to
the platform's own, in whole cents; what is below a cent waits.
"""

from sim.events import FeesSwept
from sim.ledger.accounts import FEE_INCOME
from sim.units import ASSETS
from sim.venue.assumptions import RECONCILIATION_US
from sim.venue.desk import Desk
from sim.venue.platform import Platform, Steps


class Treasury:
    """Keeps the clients' money and the platform's apart."""

    def __init__(self, platform: Platform, desk: Desk) -> None:
        self._platform = platform
        self._desk = desk

    def reconcile_daily(self) -> Steps:
        """Reconcile and sweep at the same time of every business day; raises LedgerError on a difference."""
        platform = self._platform
        while True:
            yield platform.until(platform.next_daily(RECONCILIATION_US))
            fees_collected = platform.balances.fees_collected()
            platform.ledger.check(platform.balances.totals(), fees_collected)
            for asset, collected_minor in fees_collected.items():
                self._sweep(asset, collected_minor)

    def _sweep(self, asset: str, collected_minor: int) -> None:
        swept_minor = -self._platform.ledger.balance(FEE_INCOME, asset)
        amount_minor = ASSETS[asset].to_bank_grid(collected_minor - swept_minor)
        if amount_minor > 0:
            self._platform.append(
                FeesSwept(
                    time_us=self._platform.now,
                    cause=self._desk.fees_seq,
                    asset=asset,
                    amount_minor=amount_minor,
                )
            )
