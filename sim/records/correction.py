"""Set the book to what was recorded after a command about whose trades the two sides differ.

Without this, one order served before its turn leaves a wrong order behind, and every later row in which it
can be seen counts as another disagreement.
"""

from collections import defaultdict

from sim.matching import core
from sim.matching.arena import Arena
from sim.matching.batch import Events, process
from sim.matching.codes import CommandKind, EventKind, OrderType, Side, TimeInForce
from sim.records.record import CommandList, Record

_Fill = tuple[int, int, int]
"""Maker, price, lots."""


class Corrector:
    """Knows who was to trade with each command, where the file says so."""

    def __init__(self, record: Record) -> None:
        self.commands = record.commands
        self.corrected = 0
        """Commands after which the book was set right."""
        self._told: dict[int, list[_Fill]] = defaultdict(list)
        if "maker" in record.trade_keys:
            for _, command, _, maker, price, lots in record.trades.tolist():
                self._told[command].append((maker, price, lots))

    def correct(self, arena: Arena, events: Events, command: int) -> Arena:
        """Return the book as the exchange left it.

        Parameters
        ----------
        arena
            The book after the command.
        events
            What the command caused.
        command
            Its index.
        """
        if not self._told or self.commands["kind"][command] != CommandKind.NEW:
            return arena
        trades = events[events["kind"] == EventKind.TRADE]
        told = self._told.get(command, [])
        made = [
            (int(row["maker_order"]), int(row["price"]), int(row["quantity"])) for row in trades
        ]
        if sorted(told) == sorted(made):
            return arena
        self.corrected += 1
        changes = CommandList()
        resting = core.resting_orders(arena).tolist()
        side = Side.SELL if self.commands["side"][command] == Side.BUY else Side.BUY
        for price in {fill[1] for fill in (*told, *made)}:
            queue = {
                order: lots for at, place, order, _, lots in resting if (at, place) == (side, price)
            }
            _requeue(changes, side, price, queue, told, made)
        self._rest_of_taker(changes, command, resting, sum(fill[2] for fill in told))
        return process(arena, changes.arrays()[0])[0]

    def _rest_of_taker(
        self, changes: CommandList, command: int, resting: list[list[int]], traded: int
    ) -> None:
        """Leave as much of the incoming order in the book as the exchange did."""
        terms = self.commands[command]
        if (terms["time_in_force"], terms["order_type"]) != (TimeInForce.GTC, OrderType.LIMIT):
            return
        order, rest = int(terms["order"]), int(terms["quantity"]) - traded
        lots = next((row[4] for row in resting if row[2] == order), 0)
        if lots == rest:
            return
        if lots:
            changes.cancel(command, order)
        if rest > 0:
            changes.new(command, order, int(terms["side"]), int(terms["price"]), rest)


def _requeue(
    changes: CommandList,
    side: int,
    price: int,
    queue: dict[int, int],
    told: list[_Fill],
    made: list[_Fill],
) -> None:
    """Give a level back what was taken from it here, and take from it what was taken there."""
    for order in queue:
        changes.cancel(0, order)
    before: dict[int, int] = defaultdict(int)
    # Whoever traded stood first.
    for fills in (made, [(order, price, lots) for order, lots in queue.items()]):
        for order, at, lots in fills:
            if at == price:
                before[order] += lots
    for order, at, lots in told:
        if at == price and order in before:
            before[order] -= lots
    for order, lots in before.items():
        if lots > 0:
            changes.new(0, order, side, price, lots)
