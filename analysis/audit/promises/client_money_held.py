"""Clients' money is there: what the platform holds for them is what it owes them."""

from analysis.audit.claims import money
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise
from analysis.audit.stretches import Stretch


@promise(
    title="Client money at the bank equals what clients are owed: balances, unpaid withdrawals and unswept fees",
    rules=("fiat.client_money",),
    needs="trades",
)
class ClientMoneyHeld:
    """Compare both sides after every movement of currencies in or out."""

    def __init__(self, evidence: Evidence) -> None:
        self._claims = evidence.once(money)

    def look(self, stretch: Stretch) -> None:
        """Note what clients own at each movement of the stretch."""
        self._claims.look(stretch)

    def tally(self) -> Tally:
        """Return what was found."""
        found = Tally()
        self._claims.judge(found, "the bank holds")
        return found
