"""Nobody's order takes them over their exposure limit."""

import numpy as np

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.grids import BUY, QUOTE
from analysis.audit.people import people
from analysis.audit.registry import promise
from analysis.audit.stretches import Stretch
from analysis.audit.worth import USD, limits, worth


@promise(
    title="With an accepted buy order, a client's tokens, open buy orders and the order itself stay "
    "within the client's limit",
    rules=("onb.exposure_limit", "onb.exposure_rule"),
    needs="orders",
)
class ExposureAtOrder:
    """Value what each buyer with a limit has at the instant of the order.

    An order is judged where the log holds the outside price of its instant; the rate of the US dollar is
    taken at the bound that favours the client.
    """

    def __init__(self, evidence: Evidence) -> None:
        self._found = Tally()
        self._worth = evidence.once(worth)
        self._limits = evidence.once(limits)
        self._limited = self._limits.clients(len(evidence.once(people)))
        self._unpriced = 0

    def look(self, stretch: Stretch) -> None:
        """Judge the buy orders of clients with a limit."""
        orders, sent = stretch.accepted, stretch.sent
        # Participants, who send most orders, have no limit.
        rows = np.flatnonzero(self._limited[sent.account] & (orders["side"] == BUY))
        limit = self._limits.before(orders["client"][rows], orders.seq[rows])
        rows, limit = rows[limit >= 0], limit[limit >= 0]
        place, priced = self._worth.places(orders.time_us[rows])
        self._unpriced += len(rows) - int(np.count_nonzero(priced))
        rows, limit, place = rows[priced], limit[priced], place[priced]
        seq = orders.seq[rows]
        before, _ = self._worth.exposure(stretch, sent.account[rows], seq, place)
        usd = QUOTE[orders["instrument"][rows]] == USD
        value, _ = self._worth.value(sent.notional[rows], usd, place)
        self._found.rows(
            "order_accepted",
            seq,
            orders.time_us[rows],
            before + value > limit,
            lambda row: (
                f"client {orders['client'][rows[row]]} has at least {before[row]} HKD minor units in "
                f"tokens and open buy orders and buys for {value[row]}"
            ),
            lambda row: f"at most {limit[row]} in all",
        )

    def tally(self) -> Tally:
        """Return what was found, and how many orders have no price in the log."""
        if self._unpriced:
            self._found.why = (
                f"{self._unpriced:,} orders lie between two samples of the outside price and are not "
                f"judged; with world.sample_interval equal to world.reference.step none does"
            )
        return self._found
