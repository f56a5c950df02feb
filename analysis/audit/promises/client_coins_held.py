"""Clients' coins are there: what the platform holds for them is what it owes them."""

from analysis.audit.claims import coins
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise
from analysis.audit.stretches import Stretch


@promise(
    title="Client coins in hot and cold storage equal what clients are owed: balances and unpaid withdrawals",
    rules=("cus.associated_entity",),
    needs="trades",
)
class ClientCoinsHeld:
    """Compare both sides after every movement of coins in or out."""

    def __init__(self, evidence: Evidence) -> None:
        self._claims = evidence.once(coins)

    def look(self, stretch: Stretch) -> None:
        """Note what clients own at each movement of the stretch."""
        self._claims.look(stretch)

    def tally(self) -> Tally:
        """Return what was found."""
        found = Tally()
        self._claims.judge(found, "custody holds")
        return found
