"""Only clients whose account is active send orders and trade."""

from analysis.audit.columns import Columns, Ints
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.people import people
from analysis.audit.registry import promise
from analysis.audit.stretches import Stretch


@promise(
    title="Orders and trades are those of clients who have been activated, or of registered participants",
    rules=("onb.kyc", "onb.first_transfer"),
    needs="trades",
)
class ActiveClientsOnly:
    """Compare every order and trade with its client's activation."""

    def __init__(self, evidence: Evidence) -> None:
        self._found = Tally()
        self._clients = evidence.once(people)

    def look(self, stretch: Stretch) -> None:
        """Judge the orders and trades of a stretch."""
        self._judge("order_accepted", stretch.accepted, "client", stretch.sent.account)
        for party in ("taker", "maker"):
            account = self._clients.account(stretch.trades[party])
            self._judge("trade", stretch.trades, party, account)

    def _judge(self, kind: str, rows: Columns, party: str, account: Ints) -> None:
        client = rows[party]
        active = self._clients.active_seq[account]
        self._found.rows(
            kind,
            rows.seq,
            rows.time_us,
            active > rows.seq,
            lambda row: f"client {client[row]} is not active",
            lambda _: "an activation or registration before",
        )

    def tally(self) -> Tally:
        """Return what was found."""
        return self._found
