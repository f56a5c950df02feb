"""Every fee is its rate times the notional, rounded down."""

from analysis.audit.columns import Columns, Ints
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.grids import TICK_LOT
from analysis.audit.people import fee_minor, fee_rates, people
from analysis.audit.registry import promise
from analysis.audit.stretches import Stretch


@promise(
    title="Both fees of a trade are the published rates of the parties' classes on its notional",
    rules=("trd.fee_maker", "trd.fee_taker"),
    needs="trades",
)
class TradeFees:
    """Work out both fees of every trade."""

    def __init__(self, evidence: Evidence) -> None:
        self._found = Tally()
        self._clients = evidence.once(people)
        self._rates = evidence.once(fee_rates)

    def look(self, stretch: Stretch) -> None:
        """Judge the trades of a stretch."""
        trades = stretch.trades
        notional = trades["price_ticks"] * trades["quantity_lots"] * TICK_LOT[trades["instrument"]]
        for party in ("taker", "maker"):
            self._judge(trades, party, notional)

    def _judge(self, trades: Columns, party: str, notional: Ints) -> None:
        code = self._clients.code[self._clients.account(trades[party])]
        rate = self._rates[party].at(code, trades.seq)
        due, paid = fee_minor(notional, rate), trades[f"{party}_fee_minor"]
        self._found.rows(
            "trade",
            trades.seq,
            trades.time_us,
            paid != due,
            lambda row: (
                f"{party} {trades[party][row]} pays {paid[row]} minor units on {notional[row]}"
            ),
            lambda row: f"{due[row]}, at {rate[row]} ppm",
        )

    def tally(self) -> Tally:
        """Return what was found."""
        return self._found
