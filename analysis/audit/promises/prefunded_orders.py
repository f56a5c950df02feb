"""An order is paid for before it is sent."""

import numpy as np

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.people import NO_CLASS, people
from analysis.audit.registry import promise
from analysis.audit.shortfalls import accounts_of, judge
from analysis.audit.stretches import Stretch
from sim.events.codes import ClientClass

_PARTICIPANTS = (ClientClass.MARKET_MAKER, ClientClass.ARBITRAGEUR)


@promise(
    title="What open orders hold, fees included, never exceeds the balance behind them",
    rules=("trd.prefunded",),
    needs="orders",
)
class PrefundedOrders:
    """Subtract from every balance what its owner's open orders hold."""

    def __init__(self, evidence: Evidence) -> None:
        self._found = Tally()
        clients = evidence.once(people)
        judged = np.ones(len(clients), np.bool_)
        if evidence.level != "full":
            # Participants' holds are unknown where their orders are left out.
            judged = ~np.isin(clients.code, (*_PARTICIPANTS, NO_CLASS))
        self._judged = accounts_of(judged)

    def look(self, stretch: Stretch) -> None:
        """Look for an available balance below zero after any event."""
        judge(self._found, stretch, stretch.available, self._judged, "available balance")

    def tally(self) -> Tally:
        """Return what was found."""
        return self._found
