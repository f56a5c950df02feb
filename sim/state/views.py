"""What a fold says to a reader: a book's levels, one client, the ledger's accounts, all people."""

from collections import Counter
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from itertools import groupby

import attrs
import polars as pl

from sim.journal import JournalError, RunLog
from sim.state.fold import Fold, level_of
from sim.state.hashing import Table
from sim.state.terms import Fees, Pair
from sim.state.under_way import Movement, under_way
from sim.units import ASSET_CODES, INSTRUMENTS, format_us
from sim.venue.register import Record

_ARRIVALS = {"participant_registered": "participants", "prospect_arrived": "prospects"}
"""How clients come into the world, and what they are called."""


class ViewError(JournalError):
    """A view that the log cannot give: an unknown client or pair, or a log level that keeps too little."""


@attrs.frozen
class BookLevel:
    """Resting orders of one side at one price."""

    price_ticks: int
    lots: int
    orders: int


@attrs.frozen
class BookView:
    """A book's best levels, best price first."""

    symbol: str
    bids: tuple[BookLevel, ...]
    asks: tuple[BookLevel, ...]
    levels_in_all: int


@attrs.frozen
class OpenOrder:
    """A client's resting order."""

    order: int
    symbol: str
    side: str
    price_ticks: int
    lots: int


@attrs.frozen
class ClientView:
    """One client, as the platform knows them."""

    record: Record
    risk_class: str
    """Empty before the risk profile, and for market makers and arbitrageurs."""
    balances_minor: dict[str, int]
    """Total by asset, where it is not zero; empty at log level control."""
    held_minor: dict[str, int] | None
    """Part of the balances that is held behind open orders; none below log level full."""
    open_orders: tuple[OpenOrder, ...] | None
    """In the order of books and prices; none below log level full."""
    fees: Fees | None
    pairs: dict[str, Pair]
    under_way: tuple[Movement, ...]
    """Deposits and withdrawals that have begun and not ended."""


def book_view(fold: Fold, symbol: str, depth: int) -> BookView:
    """Return the best levels of each side of a book that `check_book` let pass."""
    rows = fold.trading.resting()[symbol].tolist()
    sides: list[list[BookLevel]] = []
    for side in (0, 1):
        of_side = [row for row in rows if row[0] == side]
        levels = []
        for price, orders in groupby(of_side, key=lambda row: row[1]):
            found = list(orders)
            levels.append(BookLevel(price, sum(row[4] for row in found), len(found)))
        sides.append(levels)
    bids, asks = sides
    return BookView(symbol, tuple(bids[:depth]), tuple(asks[:depth]), len(bids) + len(asks))


def check_book(log: RunLog, symbol: str) -> None:
    """Check, before anything is folded, that a log can show a book.

    Raises
    ------
    ViewError
        There is no such pair, or the log does not keep every order.
    """
    if symbol not in INSTRUMENTS:
        close = get_close_matches(symbol.upper(), INSTRUMENTS, n=1, cutoff=0.4)
        hint = f"did you mean {close[0]}?" if close else f"expected one of {', '.join(INSTRUMENTS)}"
        raise ViewError(f"there is no pair {symbol!r}; {hint}")
    if level_of(log) != "full":
        raise ViewError(
            f"a book needs every order, and this run's log level is {level_of(log)}; "
            "run it again with --set log_level=full"
        )


def client_view(log: RunLog, fold: Fold, client: int, time_us: int | None = None) -> ClientView:
    """Return what the platform knows of one client.

    Parameters
    ----------
    log
        The log that was folded.
    fold
        The state.
    client
        Client id.
    time_us
        Instant of the state, for messages and to leave out later events of the log.

    Raises
    ------
    ViewError
        The platform has not met the client by then.
    """
    if client not in fold.register:
        raise ViewError(_unknown(log, fold, client))
    record = fold.register[client]
    held, orders = None, None
    if fold.level == "full":
        held = _amounts(fold.held(), client)
        orders = tuple(
            OpenOrder(order, symbol, "sell" if side else "buy", price, lots)
            for symbol, table in fold.trading.resting().items()
            for side, price, order, _, lots in table[table[:, 3] == client].tolist()
        )
    return ClientView(
        record,
        _risk_class(log, fold.seq, client, time_us),
        _amounts(fold.trading.balances(), client),
        held,
        orders,
        fold.terms.fees.get(record.client_class),
        fold.terms.pairs.get(record.client_class, {}),
        under_way(log, fold.seq, client),
    )


def _amounts(table: Table, client: int) -> dict[str, int]:
    if client >= len(table):
        return {}
    amounts = table[client].tolist()
    return {code: amount for code, amount in zip(ASSET_CODES, amounts, strict=True) if amount}


def _risk_class(log: RunLog, seq: int, client: int, until_us: int | None) -> str:
    """Look the client's last risk profile up: the register keeps only that there is one."""
    mine = (pl.col("client") == client) & (pl.col("seq") <= seq)
    until = None if until_us is None else until_us + 1
    found = log.scan("risk_profiled", None, until).filter(mine).select("risk_class").collect()
    return str(found["risk_class"][-1]) if len(found) else ""


def _unknown(log: RunLog, fold: Fold, client: int) -> str:
    arrivals = pl.concat(log.scan(kind).select("client", "time_us") for kind in _ARRIVALS)
    later = arrivals.filter(pl.col("client") == client).collect()
    if len(later):
        return f"client {client} arrives later, at {format_us(int(later['time_us'][0]))}"
    here = set(fold.register)
    if not here:
        return f"there is no client {client}: nobody has arrived yet"
    known = {who: here & ids for who, ids in clients_of(log).items()}
    return f"there is no client {client}; {ids_said(known)}"


def clients_of(log: RunLog) -> dict[str, set[int]]:
    """Return the clients of a whole log by what they are called: participants, prospects."""
    return {
        who: set(log.scan(kind).select("client").collect()["client"].to_list())
        for kind, who in _ARRIVALS.items()
    }


def ids_said(found: Mapping[str, Collection[int]]) -> str:
    """Say which ids those of `clients_of` have who are there; whoever has nobody is left out."""
    return ", ".join(
        f"{who} are clients {min(ids)} to {max(ids)}" for who, ids in found.items() if ids
    )


def people(fold: Fold) -> dict[str, dict[str, int]]:
    """Count people by class and standing; classes and standings nobody has are left out."""
    records = (fold.register[client] for client in fold.register)
    counts = Counter((record.client_class, record.standing) for record in records)
    found: dict[str, dict[str, int]] = {}
    for (client_class, standing), count in sorted(counts.items()):
        found.setdefault(client_class.name.lower(), {})[standing.name.lower()] = count
    return found
