"""Nobody sends an order in a pair that is not open to them."""

from analysis.audit.columns import PAIR_NAMES
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.people import pair_key, pair_status
from analysis.audit.registry import promise
from analysis.audit.stretches import Stretch
from sim.events.codes import PairStatus, Side


@promise(
    title="An order is accepted only in a pair that is open to its client's class, where it is "
    "sell-only only a sale",
    rules=("tok.committee", "tok.sfc_approval", "tok.retail_gate"),
    needs="orders",
)
class PairStatusRespected:
    """Hold every accepted order against the pair's status of that moment."""

    def __init__(self, evidence: Evidence) -> None:
        self._found = Tally()
        self._status = evidence.once(pair_status)

    def look(self, stretch: Stretch) -> None:
        """Judge the accepted orders of a stretch."""
        orders = stretch.accepted
        status = self._status.at(pair_key(stretch.sent.code, orders["instrument"]), orders.seq)
        closed = status == PairStatus.CLOSED
        closed |= (status == PairStatus.SELL_ONLY) & (orders["side"] == Side.BUY)
        self._found.rows(
            "order_accepted",
            orders.seq,
            orders.time_us,
            closed,
            lambda row: (
                f"client {orders['client'][row]} sends a {Side(int(orders['side'][row])).name.lower()} in "
                f"{PAIR_NAMES[orders['instrument'][row]]}, which is "
                f"{PairStatus(int(status[row])).name.lower()} to them"
            ),
            lambda _: "a refusal",
        )

    def tally(self) -> Tally:
        """Return what was found."""
        return self._found
