"""`vatp log state`: the state of a run at any instant, folded from its log."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import attrs
from cyclopts import Parameter, validators

from sim.cli.arguments import Flag, Json, instant
from sim.cli.console import PlainConsole, bold, output, remark
from sim.cli.errors import UserError
from sim.cli.progress import progress
from sim.cli.streams import print_json
from sim.cli.tables import NOTHING, Column, Row, Sections, number, print_table
from sim.units import ASSET_CODES, ASSETS, INSTRUMENTS, Money, format_us

if TYPE_CHECKING:
    from sim.journal import RunLog
    from sim.state import Fold
    from sim.state.views import BookView, ClientView

_MOST_LEVELS = 1_000_000
_BOOK_COLUMNS = (
    Column("orders", right=True),
    Column("bid quantity", right=True),
    Column("bid price", right=True),
    Column("ask price", right=True),
    Column("ask quantity", right=True),
    Column("orders ", right=True),
)


def state(
    run: Path,
    /,
    *,
    at: str | None = None,
    book: str | None = None,
    depth: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=_MOST_LEVELS))] = 10,
    client: int | None = None,
    ledger: Flag = False,
    json: Json = False,
) -> None:
    """Show the state of a run at an instant: people and balances, one client, the ledger, a book.

    The first question folds the log and leaves snapshots in the run folder, so that the next ones are
    answered at once. They may be deleted at any time.

    Parameters
    ----------
    run
        Run folder.
    at
        Instant, a date or 2024-03-01T09:30+08:00; what happens at it counts. By default the end of the log.
    book
        Pair whose book to show, such as BTC/HKD; the log must hold every order (log level full).
    depth
        Price levels on each side of the book.
    client
        Client id: standing, limits, fees, balances and, at log level full, open orders.
    ledger
        Show the accounts of the platform.
    """
    from sim.journal import RunLog
    from sim.state.views import book_view, check_book, client_view

    at_us = None if at is None else instant("--at", at)
    log = RunLog.open(run)
    if book is not None:
        check_book(log, book)
    fold, at_us = _folded(log, at_us)
    asked = _Asked(
        book=None if book is None else book_view(fold, book, depth),
        client=None if client is None else client_view(log, fold, client, at_us),
        ledger=ledger,
    )
    envelope = _envelope(log, fold, at_us)
    if json:
        print_json(envelope | _document(fold, asked))
    else:
        _print(
            f"{run} at {envelope['at']}, after event {fold.seq:,} of {log.events:,}", fold, asked
        )
        if log.state != "complete":
            remark(f"the run is {log.state}, not complete")


@attrs.frozen
class _Asked:
    """What of the state was asked for; nothing is the overview."""

    book: "BookView | None"
    client: "ClientView | None"
    ledger: bool

    @property
    def overview(self) -> bool:
        return self.book is None and self.client is None and not self.ledger


def _folded(log: "RunLog", at_us: int | None) -> "tuple[Fold, int]":
    """Fold the log up to an instant, or to its end; return that instant with the fold."""
    from sim.state import last_seq_at, state_after
    from sim.state.snapshots import Snapshots

    begin_us, end_us = _span(log)
    if at_us is not None and at_us < begin_us:
        raise UserError(f"--at: {log.run_dir} begins at {format_us(begin_us)}")
    if at_us is not None and at_us > end_us:
        remark(f"the log ends at {format_us(end_us)}")
    kept = Snapshots(log)
    seq = log.events if at_us is None else last_seq_at(log, at_us)
    with progress("folding") as update:
        fold = state_after(
            log,
            seq,
            progress=lambda done, total: update(done / max(total, 1), f"{done:,} events"),
            snapshots=kept,
        )
    if kept.refused:
        remark(f"no snapshot could be kept ({kept.refused}): the next question takes as long")
    return fold, end_us if at_us is None else at_us


def _span(log: "RunLog") -> tuple[int, int]:
    """Return the times of the first and the last event.

    Raises
    ------
    UserError
        There is none yet.
    """
    if not log.segments:
        raise UserError(f"{log.run_dir} holds no events ({log.state})")
    return log.segments[0].first_time_us, log.segments[-1].last_time_us


def _envelope(log: "RunLog", fold: "Fold", at_us: int) -> dict[str, Any]:
    return {
        "at": format_us(at_us),
        "at_us": at_us,
        "after_event": fold.seq,
        "events": log.events,
        "run_state": log.state,
        "log_level": fold.level,
    }


def _document(fold: "Fold", asked: _Asked) -> dict[str, Any]:
    document: dict[str, Any] = {}
    if asked.book is not None:
        document["book"] = _book_document(asked.book)
    if asked.client is not None:
        document["client"] = _client_document(asked.client)
    if asked.ledger:
        document["ledger"] = fold.ledger.state()
    return document | (_overview_document(fold) if asked.overview else {})


def _print(title: str, fold: "Fold", asked: _Asked) -> None:
    console = output()
    console.say(bold(title))
    if asked.client is not None:
        _print_client(console, asked.client)
    if asked.book is not None:
        _print_book(console, asked.book)
    if asked.ledger:
        _print_ledger(console, fold)
    if asked.overview:
        _print_overview(console, fold)


# -- everybody -------------------------------------------------------------------------------------


def _totals_minor(fold: "Fold") -> dict[str, int]:
    sums = fold.trading.balances().sum(axis=0).tolist()
    return dict(zip(ASSET_CODES, sums, strict=True))


def _overview_document(fold: "Fold") -> dict[str, Any]:
    from sim.state.views import people

    document: dict[str, Any] = {"people": people(fold)}
    if fold.level != "control":
        document["client_balances_minor"] = _totals_minor(fold)
        document["fees_minor"] = fold.trading.fees()
    return document


def _print_overview(console: PlainConsole, fold: "Fold") -> None:
    from sim.state.views import people

    counted = people(fold)
    standings = list(dict.fromkeys(name for found in counted.values() for name in found))
    columns = (Column("people"), *(Column(name, right=True) for name in standings))
    rows = [
        (_words(name), *(number(found.get(standing, 0)) for standing in standings))
        for name, found in counted.items()
    ]
    print_table(console, columns, {"by class and standing": rows})
    if fold.level == "control":
        console.say("balances need the log level trades or full; this run's is control")
        return
    totals, fees = _totals_minor(fold), fold.trading.fees()
    money = [
        (code, _amount(code, totals[code]), _amount(code, fees[code]))
        for code in ASSET_CODES
        if totals[code] or fees[code]
    ]
    columns = (Column("asset"), Column("client balances", right=True), Column("fees", right=True))
    print_table(console, columns, {"money and coins": money})


# -- the ledger ------------------------------------------------------------------------------------


def _print_ledger(console: PlainConsole, fold: "Fold") -> None:
    accounts = fold.ledger.state()
    used = [code for code in ASSET_CODES if any(code in found for found in accounts.values())]
    columns = (Column("account"), *(Column(code, right=True) for code in used))
    rows = [
        (_words(name), *(_amount(code, found.get(code, 0)) for code in used))
        for name, found in accounts.items()
    ]
    print_table(console, columns, {"ledger (owed and earned are negative)": rows})


# -- a book ----------------------------------------------------------------------------------------


def _book_document(view: "BookView") -> dict[str, Any]:
    pair = INSTRUMENTS[view.symbol]
    return {
        "pair": view.symbol,
        "levels_in_all": view.levels_in_all,
        **{
            side: [
                {
                    "price": f"{pair.price(level.price_ticks):f}",
                    "quantity": f"{pair.quantity(level.lots):f}",
                    **attrs.asdict(level),
                }
                for level in levels
            ]
            for side, levels in (("bids", view.bids), ("asks", view.asks))
        },
    }


def _print_book(console: PlainConsole, view: "BookView") -> None:
    pair = INSTRUMENTS[view.symbol]
    rows: list[Row] = []
    for place in range(max(len(view.bids), len(view.asks))):
        cells = [[NOTHING] * 3, [NOTHING] * 3]
        for side, levels in enumerate((view.bids, view.asks)):
            if place < len(levels):
                level = levels[place]
                cells[side] = [
                    number(level.orders),
                    f"{pair.quantity(level.lots):,f}",
                    f"{pair.price(level.price_ticks):,f}",
                ]
        rows.append((*cells[0], *reversed(cells[1])))
    title = f"{view.symbol}, quantity in {pair.base}, price in {pair.quote}"
    if not rows:
        console.say(f"{title}: the book is empty")
        return
    print_table(console, _BOOK_COLUMNS, {title: rows})
    shown = len(view.bids) + len(view.asks)
    if shown < view.levels_in_all:
        console.say(f"{shown:,} of {view.levels_in_all:,} levels; --depth shows more")


# -- one client ------------------------------------------------------------------------------------


def _client_document(view: "ClientView") -> dict[str, Any]:
    record = view.record
    document: dict[str, Any] = {
        "client": record.client,
        "client_class": record.client_class.name.lower(),
        "standing": record.standing.name.lower(),
        "active": record.active,
        "last_step": record.step.name.lower(),
        "refused_by": record.refused_by,
        "first_application": format_us(record.first_application_us)
        if record.first_application_us
        else None,
        "risk_class": view.risk_class or None,
        "net_worth_minor": record.net_worth_minor,
        "exposure_limit_minor": record.limit_minor,
        "fees": None if view.fees is None else attrs.asdict(view.fees),
        "pairs": {
            symbol: {"status": pair.status.name.lower(), "rule": pair.rule}
            for symbol, pair in view.pairs.items()
        },
        "balances_minor": dict(view.balances_minor),
        "held_minor": None if view.held_minor is None else dict(view.held_minor),
    }
    document["open_orders"] = (
        None if view.open_orders is None else [attrs.asdict(order) for order in view.open_orders]
    )
    return document


def _print_client(console: PlainConsole, view: "ClientView") -> None:
    columns = (Column("what"), Column("value", wraps=True))
    print_table(console, columns, {f"client {view.record.client}": _facts(view)})
    print_table(console, _balance_columns(view), _balance_rows(view))
    if view.open_orders:
        order_columns = (
            Column("order", right=True),
            Column("pair"),
            Column("side"),
            Column("price", right=True),
            Column("quantity", right=True),
        )
        rows = [
            (
                str(order.order),
                order.symbol,
                order.side,
                f"{INSTRUMENTS[order.symbol].price(order.price_ticks):,f}",
                f"{INSTRUMENTS[order.symbol].quantity(order.lots):,f}",
            )
            for order in view.open_orders
        ]
        print_table(console, order_columns, {"open orders": rows})
    elif view.open_orders is None:
        console.say("open orders and held amounts need the log level full")


def _facts(view: "ClientView") -> list[Row]:
    record = view.record
    facts: list[Row] = [
        ("class", _words(record.client_class.name)),
        ("standing", _words(record.standing.name)),
        ("last step", _words(record.step.name)),
    ]
    if record.refused_by:
        facts.append(("refused by", record.refused_by))
    if record.first_application_us:
        facts.append(("first application", format_us(record.first_application_us)))
    if view.risk_class:
        facts.append(("risk class", view.risk_class))
    if record.net_worth_minor:
        facts.append(("declared net worth", str(Money("HKD", record.net_worth_minor))))
    facts.append(("exposure limit", _limit(record.limit_minor)))
    if view.fees is not None:
        rates = f"{view.fees.maker_ppm / 100:g} bps maker, {view.fees.taker_ppm / 100:g} bps taker"
        facts.append(("fees", f"{rates} ({view.fees.rule})" if view.fees.rule else rates))
    for symbol, pair in view.pairs.items():
        status = _words(pair.status.name)
        facts.append((symbol, f"{status} ({pair.rule})" if pair.rule else status))
    return facts


def _limit(limit_minor: int | None) -> str:
    if limit_minor is None:
        return "none set yet"
    return "no limit" if limit_minor < 0 else str(Money("HKD", limit_minor))


def _balance_columns(view: "ClientView") -> tuple[Column, ...]:
    parts = () if view.held_minor is None else ("held", "available")
    return (Column("asset"), Column("balance", right=True), *(Column(p, right=True) for p in parts))


def _balance_rows(view: "ClientView") -> Sections:
    rows: list[Row] = []
    for code, amount_minor in view.balances_minor.items():
        cells = [code, _amount(code, amount_minor)]
        if view.held_minor is not None:
            held = view.held_minor.get(code, 0)
            cells += [_amount(code, held), _amount(code, amount_minor - held)]
        rows.append(tuple(cells))
    sections: Mapping[str, list[Row]] = {"balances": rows}
    return sections


def _amount(code: str, amount_minor: int) -> str:
    return f"{ASSETS[code].decimal(amount_minor):,f}" if amount_minor else "0"


def _words(name: str) -> str:
    return name.lower().replace("_", " ")
