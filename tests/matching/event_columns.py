"""Laws checked on whole columns of events at once, for runs too long to follow row by row."""

import attrs
import numpy as np
import numpy.typing as npt

from sim.matching.batch import Commands, Events
from sim.matching.book import OrderBook
from tests.matching.reference_rules import (
    ACCEPTED,
    AMENDED,
    CANCELLED,
    CLOCK_SET,
    MARKET_BY_AMOUNT,
    NEW,
    NO_PREVENTION,
    REJECTED,
    STOP,
    STOP_LIMIT,
    TRADE,
    TRIGGERED,
    UNCROSSED,
)

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Modes = npt.NDArray[np.uint8]


@attrs.frozen(eq=False)
class OpenOrders:
    """Ids and open lots of all orders of a book, resting and waiting, by id."""

    order: Numbers
    lots: Numbers

    @classmethod
    def of(cls, book: OrderBook) -> "OpenOrders":
        pairs = [(order.order, order.quantity) for order in book.orders()]
        pairs += [(stop.order, stop.quantity) for stop in book.waiting_stops()]
        table = np.array(sorted(pairs), np.int64).reshape(-1, 2)
        return cls(table[:, 0], table[:, 1])


@attrs.define(eq=False)
class History:
    """What happened to every order, one entry an order and event, sorted by order and then in time.

    A trade has two entries. Between two entries that say how many lots are open (`says`), the others take
    `change` off.
    """

    order: Numbers
    row: Numbers
    """Index of the event; -1 before the first."""
    says: Flags
    value: Numbers
    level: Numbers
    """Lots open after the event, as the entries before it have it."""
    begin: Numbers
    """Index of the entry that began the order: its acceptance, or the opening."""


def history_of(events: Events, opening: OpenOrders) -> History:
    """Lay the events of each order side by side and work out what is open of it after each."""
    kind = events["kind"]
    rows = np.arange(len(events))
    trade, cancelled = kind == TRADE, kind == CANCELLED
    sets = (kind == ACCEPTED) | (kind == AMENDED) | cancelled
    order = np.concatenate(
        [opening.order, events["order"][sets], events["order"][trade], events["maker_order"][trade]]
    )
    row = np.concatenate([np.full(len(opening.order), -1), rows[sets], rows[trade], rows[trade]])
    says = np.zeros(len(order), bool)
    says[: len(opening.order) + np.count_nonzero(sets)] = True
    open_lots = np.where(cancelled, 0, events["quantity"])[sets]
    lots = -events["quantity"][trade]
    value = np.concatenate([opening.lots, open_lots, lots, lots])
    place = np.lexsort((row, order))
    order, row, says, value = order[place], row[place], says[place], value[place]
    entries = np.arange(len(order))
    accepted = says & ((row < 0) | (kind[row] == ACCEPTED))
    begin = np.maximum.accumulate(np.where(accepted, entries, 0))
    known = order[begin] == order
    assert known.all(), f"orders {np.unique(order[~known])[:5]} act before they are accepted"
    _spend_amounts(events, row, says, value, begin)
    changes = np.cumsum(np.where(says, 0, value))
    said = np.maximum.accumulate(np.where(says, entries, 0))
    level = value[said] + changes - changes[said]
    return History(order, row, says, value, level, begin)


def _spend_amounts(
    events: Events, row: Numbers, says: Flags, value: Numbers, begin: Numbers
) -> None:
    """Count the trades of a market order by amount in ticks times lots, as its amount is."""
    accepted = row[begin]
    by_amount = (accepted >= 0) & (events["order_type"][accepted] == MARKET_BY_AMOUNT) & ~says
    value[by_amount] *= events["price"][row[by_amount]]


def assert_lots_are_conserved(events: Events, closing: OpenOrders, history: History) -> None:
    """Every accepted lot is traded, cancelled, taken off by an amendment, or still open."""
    row, level = history.row, history.level
    assert (level >= 0).all()
    before = np.roll(level, 1)
    left = (row >= 0) & history.says & (events["kind"][row] == CANCELLED)
    assert np.array_equal(before[left], events["quantity"][row[left]])
    maker = ~history.says & (events["maker_order"][row] == history.order)
    assert np.array_equal(level[maker], events["maker_remaining"][row[maker]])
    last = np.append(history.order[1:] != history.order[:-1], True)[: len(level)]
    alive = last & (level > 0)
    assert np.array_equal(history.order[alive], closing.order)
    assert np.array_equal(level[alive], closing.lots)


def assert_orders_do_not_trade_with_themselves(
    events: Events, history: History, prevention: Modes
) -> None:
    """Nobody who prevents self-trades takes from himself.

    Parameters
    ----------
    prevention
        Mode by order id, of all orders ever accepted; brought up to date here.
    """
    accepted = events[events["kind"] == ACCEPTED]
    taker = ~history.says & (events["order"][history.row] == history.order)
    trades = events[history.row[taker]]
    begun = history.row[history.begin[taker]]
    mode = np.where(begun >= 0, events["self_trade_prevention"][begun], prevention[trades["order"]])
    own = (trades["account"] == trades["maker_account"]) & (trades["account"] != 0)
    assert not np.any(own & (mode != NO_PREVENTION) & (trades["detail"] == 0))
    prevention[accepted["order"]] = accepted["self_trade_prevention"]


def assert_every_command_is_answered(commands: Commands, events: Events) -> None:
    """Each new order is accepted or refused, and nothing else is; time goes on."""
    kind = events["kind"]
    refused = (kind == REJECTED) & (events["detail"] == NEW)
    new = np.count_nonzero(commands["kind"] == NEW)
    assert new == np.count_nonzero((kind == ACCEPTED) | refused)
    assert (np.diff(events["expires"][kind == CLOCK_SET]) >= 0).all()


def assert_stops_fire_once(events: Events, opening: OpenOrders) -> None:
    """Each stop accepted, or there from before, fires at most once; an id may be used again."""
    kind = events["kind"]
    stop = np.isin(events["order_type"], (STOP, STOP_LIMIT))
    lives = np.concatenate([opening.order, events["order"][stop & (kind == ACCEPTED)]])
    order, fired = np.unique(events["order"][kind == TRIGGERED], return_counts=True)
    known, times = np.unique(lives, return_counts=True)
    assert np.isin(order, known).all()
    assert (fired <= times[np.searchsorted(known, order)]).all()


def assert_uncrosses_trade_what_they_say(events: Events) -> None:
    """Each uncross trades the lots it announced, all at its price."""
    uncross = np.flatnonzero(events["kind"] == UNCROSSED)
    trade = np.flatnonzero((events["kind"] == TRADE) & (events["detail"] == 1))
    owner = np.searchsorted(uncross, trade) - 1
    assert (owner >= 0).all()
    assert np.array_equal(events["price"][trade], events["price"][uncross[owner]])
    lots = np.zeros(len(uncross), np.int64)
    np.add.at(lots, owner, events["quantity"][trade])
    assert np.array_equal(lots, events["quantity"][uncross])


def counted(events: Events) -> Numbers:
    """Events by kind."""
    counts: Numbers = np.bincount(events["kind"], minlength=11)
    return counts
