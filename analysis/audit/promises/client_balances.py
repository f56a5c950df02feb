"""No client owes the platform anything at any moment."""

import numpy as np

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.people import people
from analysis.audit.registry import promise
from analysis.audit.shortfalls import accounts_of, judge
from analysis.audit.stretches import Stretch


@promise(
    title="No balance of a client, from deposits, trades, fees and withdrawals, is ever negative",
    rules=("trd.no_credit",),
    needs="trades",
)
class ClientBalances:
    """Add up every account event by event."""

    def __init__(self, evidence: Evidence) -> None:
        self._found = Tally()
        self._judged = accounts_of(np.ones(len(evidence.once(people)), np.bool_))

    def look(self, stretch: Stretch) -> None:
        """Look for a balance below zero after any event."""
        judge(self._found, stretch, stretch.balances, self._judged, "balance")

    def tally(self) -> Tally:
        """Return what was found."""
        return self._found
