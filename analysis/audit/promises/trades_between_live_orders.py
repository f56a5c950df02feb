"""A trade joins two orders that are on the book, of those clients, at a price both accepted."""

import numpy as np
from numpy.typing import NDArray

from analysis.audit.columns import PAIR_NAMES, Ints
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise
from analysis.audit.stretches import Stretch
from sim.events.codes import OrderType, Side, TimeInForce

_TERMS = {"client": "client", "instrument": "instrument", "side": "side", "price": "price_ticks"}
"""What a cancellation repeats of its order, by the column that says it."""


@promise(
    title="A trade is between two live orders of its parties, opposite sides of its pair, at the "
    "maker's price and within the taker's limit",
    rules=("trd.priority",),
    needs="full",
)
class TradesBetweenLiveOrders:
    """Look both orders of every trade up, and every order that is cancelled."""

    def __init__(self, evidence: Evidence) -> None:  # noqa: ARG002 - every check begins alike
        self._found = Tally()

    def look(self, stretch: Stretch) -> None:
        """Judge the trades and the cancellations of a stretch."""
        trades = stretch.trades
        bad = np.ones(len(trades), np.bool_)
        if len(stretch.lives.order):
            bad = ~(self._taker(stretch) & self._maker(stretch))
        self._found.rows(
            "trade",
            trades.seq,
            trades.time_us,
            bad,
            lambda row: (
                f"orders {trades['taker_order'][row]} and {trades['maker_order'][row]} of clients "
                f"{trades['taker'][row]} and {trades['maker'][row]} trade {PAIR_NAMES[trades['instrument'][row]]} "
                f"at {trades['price_ticks'][row]} ticks"
            ),
            lambda row: self._expected(stretch, row),
        )
        self._cancelled(stretch)

    def _taker(self, stretch: Stretch) -> NDArray[np.bool_]:
        trades, lives = stretch.trades, stretch.lives
        row, price = lives.taker_row, trades["price_ticks"]
        limit = lives.price[row]
        buys = trades["taker_side"] == Side.BUY
        within = np.where(buys, price <= limit, price >= limit)
        within |= lives.type[row] == OrderType.MARKET
        mine = lives.side[row] == trades["taker_side"]
        right: NDArray[np.bool_] = _alive(stretch, row, trades["taker"]) & within & mine
        return right

    def _maker(self, stretch: Stretch) -> NDArray[np.bool_]:
        trades, lives = stretch.trades, stretch.lives
        row = lives.maker_row
        opposite = lives.side[row] != trades["taker_side"]
        rests = lives.life[row] == TimeInForce.GTC
        older = lives.birth[row] < lives.birth[lives.taker_row]
        same = lives.price[row] == trades["price_ticks"]
        right: NDArray[np.bool_] = (
            _alive(stretch, row, trades["maker"]) & opposite & rests & older & same
        )
        return right

    def _expected(self, stretch: Stretch, trade: int) -> str:
        lives = stretch.lives
        said = []
        for name, row in (("taker", lives.taker_row[trade]), ("maker", lives.maker_row[trade])):
            if row < 0:
                said.append(f"the {name}'s order to be live; it is not in the book")
                continue
            side = Side(int(lives.side[row])).name.lower()
            said.append(
                f"the {name}'s order {lives.order[row]} is client {lives.client[row]}'s {side} of "
                f"{PAIR_NAMES[lives.instrument[row]]} at {lives.price[row]} ticks"
            )
        return "; ".join(said)

    def _cancelled(self, stretch: Stretch) -> None:
        cancelled, lives = stretch.cancelled, stretch.lives
        row = lives.cancel_row
        bad = np.ones(len(row), np.bool_)
        if len(lives.order):
            bad = row < 0
            for term, column in _TERMS.items():
                bad |= getattr(lives, term)[row] != cancelled[column]
        self._found.rows(
            "order_cancelled",
            cancelled.seq,
            cancelled.time_us,
            bad,
            lambda place: (
                f"order {cancelled['order'][place]} of client {cancelled['client'][place]}"
            ),
            lambda _: "a live order with these terms",
        )

    def tally(self) -> Tally:
        """Return what was found."""
        return self._found


def _alive(stretch: Stretch, row: Ints, client: Ints) -> NDArray[np.bool_]:
    """Whether each trade's order is on its book then, and its party's."""
    lives, trades = stretch.lives, stretch.trades
    same = (lives.client[row] == client) & (lives.instrument[row] == trades["instrument"])
    alive: NDArray[np.bool_] = same & (row >= 0)
    return alive
