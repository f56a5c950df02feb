"""Nobody trades a token that is not on the menu of their class."""

import numpy as np
from numpy.typing import NDArray

from analysis.audit.columns import PAIR_NAMES, UNKNOWN, Columns
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.people import CLASSES, NO_CLASS, Steps, pair_key, pair_status, people
from analysis.audit.registry import promise
from analysis.audit.stretches import Stretch
from sim.events.codes import PairStatus, Side
from sim.units import INSTRUMENTS


@promise(
    title="Each party to a trade may trade that token: it is on the menu of their class, and the pair "
    "is open to it",
    rules=("tok.sfc_approval", "tok.retail_gate", "tok.committee"),
    needs="trades",
)
class TradesOnMenu:
    """Hold both parties of every trade against the menu and the pair's status."""

    def __init__(self, evidence: Evidence) -> None:
        self._found = Tally()
        self._clients = evidence.once(people)
        self._status = evidence.once(pair_status)
        self._menu = evidence.once(menu)

    def look(self, stretch: Stretch) -> None:
        """Judge the trades of a stretch."""
        trades = stretch.trades
        buys = trades["taker_side"] == Side.BUY
        for party, buyer in (("taker", buys), ("maker", ~buys)):
            self._judge(trades, party, buyer)

    def _judge(self, trades: Columns, party: str, buyer: NDArray[np.bool_]) -> None:
        code = self._clients.code[self._clients.account(trades[party])]
        keys = pair_key(code, trades["instrument"])
        status = self._status.at(keys, trades.seq)
        least = np.where(buyer, int(PairStatus.OPEN), int(PairStatus.SELL_ONLY))
        listed = self._menu.at(keys, trades.seq) == 1
        self._found.rows(
            "trade",
            trades.seq,
            trades.time_us,
            (status < least) | ~listed,
            lambda row: (
                f"client {trades[party][row]} ({(*CLASSES, 'no class')[code[row]]}) trades "
                f"{PAIR_NAMES[trades['instrument'][row]]}"
            ),
            lambda row: (
                f"a pair open to that class; it is {PairStatus(int(status[row])).name.lower()}, the "
                f"token is {'' if listed[row] else 'not '}on its menu"
            ),
        )

    def tally(self) -> Tally:
        """Return what was found."""
        return self._found


def menu(evidence: Evidence) -> Steps:
    """Whether a pair's token is on the menu of a class: 0 or 1, by class and pair."""
    rows = evidence.table("token_listed")
    keys, seqs = [], []
    classes = rows["client_class"].to_physical().to_list()
    for seq, token, code in zip(rows["seq"], rows["token"], classes, strict=True):
        for place, pair in enumerate(INSTRUMENTS.values()):
            if pair.base == token:
                keys.append(int(pair_key(np.array([code]), np.array([place]))[0]))
                seqs.append(seq)
    return Steps(keys, seqs, [1] * len(keys), (NO_CLASS + 1) * (UNKNOWN + 1), 0)
