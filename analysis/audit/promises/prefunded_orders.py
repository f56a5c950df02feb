"""An order is paid for before it is sent."""

import numpy as np

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.grids import ASSETS_N
from analysis.audit.people import NO_CLASS, People, people
from analysis.audit.registry import promise
from analysis.audit.shortfalls import judge
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
        self._clients: People = evidence.once(people)
        self._everybody = evidence.level == "full"

    def look(self, stretch: Stretch) -> None:
        """Look for an available balance below zero, or holds below zero, after any event."""
        postings = stretch.postings
        available = postings.total - postings.held
        if not self._everybody:
            # Participants' holds are unknown where their orders are left out.
            code = self._clients.code[postings.key // ASSETS_N]
            available = np.where(np.isin(code, (*_PARTICIPANTS, NO_CLASS)), 0, available)
        judge(self._found, stretch, available, "available balance")

    def tally(self) -> Tally:
        """Return what was found."""
        return self._found
