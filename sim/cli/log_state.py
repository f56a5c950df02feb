"""`vatp log state`: the state of a run at any instant, folded from its log."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import attrs
from cyclopts import Parameter, validators

from sim.cli.arguments import Flag, Json, instant
from sim.cli.console import PlainConsole, bold, output, remark
from sim.cli.errors import UserError
from sim.cli.log_standing import note_unfinished, snapshot_problem, standing_document
from sim.cli.progress import progress
from sim.cli.state_book import book_document, print_book
from sim.cli.state_client import client_document, print_client
from sim.cli.streams import print_json
from sim.cli.tables import Column, amount, number, print_table, words
from sim.units import ASSET_CODES, format_us

if TYPE_CHECKING:
    from sim.journal import RunLog
    from sim.state import Fold, WrongSnapshot
    from sim.state.views import BookView, ClientView

_MOST_LEVELS = 1_000_000


def state(
    run: Path,
    /,
    *,
    at: str | None = None,
    book: str | None = None,
    depth: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=_MOST_LEVELS))] = 10,
    client: int | None = None,
    ledger: Flag = False,
    afresh: Flag = False,
    json: Json = False,
) -> None:
    """Show the state of a run at an instant: people and balances, one client, the ledger, a book.

    `vatp run` leaves snapshots of the state in the run folder, from which a question is answered at once.
    They may be deleted at any time: the next question folds the log and leaves them anew. They are not sealed:
    `vatp log replay` compares them with the log, and --afresh does without. Exit code 1 if the log is not what
    was sealed.

    Parameters
    ----------
    run
        Run folder.
    at
        A date (midnight in Hong Kong), or a time with its zone: 2024-03-01T09:30+08:00.
        What happens at it counts. By default the end of the log.
    book
        Pair whose book to show, such as BTC/HKD; the log must hold every order (log level full).
    depth
        Price levels on each side of the book.
    client
        Client id: standing, limits, fees, balances, money under way and, at log level full, open orders.
    ledger
        Show the accounts of the platform.
    afresh
        Fold the log alone, from its first event; no snapshot is believed.
    """
    from sim.journal import RunLog, known_damage
    from sim.state.views import book_view, check_book, client_view

    at_us = None if at is None else instant("--at", at)
    log = RunLog.open(run)
    if book is not None:
        check_book(log, book)
    with known_damage(log):
        fold, at_us = _folded(log, at_us, afresh=afresh)
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
        note_unfinished(log)


@attrs.frozen
class _Asked:
    """What of the state was asked for; nothing is the overview."""

    book: "BookView | None"
    client: "ClientView | None"
    ledger: bool

    @property
    def overview(self) -> bool:
        return self.book is None and self.client is None and not self.ledger


def _folded(log: "RunLog", at_us: int | None, *, afresh: bool) -> "tuple[Fold, int]":
    """Fold the log up to an instant, or to its end; return that instant with the fold."""
    from sim.state import last_seq_at, state_afresh, state_after
    from sim.state.snapshots import Snapshots

    begin_us, end_us = _span(log)
    if at_us is not None and at_us < begin_us:
        raise UserError(f"--at: {log.run_dir} begins at {format_us(begin_us)}")
    if at_us is not None and at_us > end_us:
        _refuse_unknown_future(log, end_us)
        remark(f"the log ends at {format_us(end_us)}")
    kept, wrong = Snapshots(log), list["WrongSnapshot"]()
    seq = log.events if at_us is None else last_seq_at(log, at_us)
    with progress("folding") as update:

        def tell(done: int, total: int) -> None:
            update(done / max(total, 1), f"{done:,} events")

        fold = (
            state_afresh(log, seq, tell)
            if afresh
            else state_after(log, seq, tell, kept, wrong.append)
        )
    for snapshot in wrong:
        remark(f"note: {snapshot_problem(snapshot)}")
    if kept.refused:
        remark(f"no snapshot could be kept ({kept.refused}): the next question takes as long")
    return fold, end_us if at_us is None else at_us


def _refuse_unknown_future(log: "RunLog", end_us: int) -> None:
    """Refuse to answer for an instant that a run has not come to yet.

    Raises
    ------
    UserError
        The run is not complete.
    """
    from sim.journal import takes_on

    if log.state == "complete":
        return
    helps = "ask for an instant before" if log.state == "running" else takes_on(log.run_dir)
    raise UserError(f"--at: the log ends at {format_us(end_us)}, the run is {log.state}; {helps}")


def _span(log: "RunLog") -> tuple[int, int]:
    """Return the times of the first and the last event.

    Raises
    ------
    UserError
        There is none yet.
    """
    from sim.journal import unfinished

    if not log.segments:
        raise UserError(
            f"{log.run_dir} holds no events: the run is {unfinished(log) or 'complete'}"
        )
    return log.segments[0].first_time_us, log.segments[-1].last_time_us


def _envelope(log: "RunLog", fold: "Fold", at_us: int) -> dict[str, Any]:
    return {
        "at": format_us(at_us),
        "at_us": at_us,
        "after_event": fold.seq,
        "events": log.events,
        "run_state": log.state,
        # As every other document has it; the older name stays for whoever reads it.
        **standing_document(log),
        "log_level": fold.level,
    }


def _document(fold: "Fold", asked: _Asked) -> dict[str, Any]:
    document: dict[str, Any] = {}
    if asked.book is not None:
        document["book"] = book_document(asked.book)
    if asked.client is not None:
        document["client"] = client_document(asked.client)
    if asked.ledger:
        document["ledger"] = fold.ledger.state()
    return document | (_overview_document(fold) if asked.overview else {})


def _print(title: str, fold: "Fold", asked: _Asked) -> None:
    console = output()
    console.say(bold(title))
    if asked.client is not None:
        print_client(console, asked.client)
    if asked.book is not None:
        print_book(console, asked.book)
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
        (words(name), *(number(found.get(standing, 0)) for standing in standings))
        for name, found in counted.items()
    ]
    print_table(console, columns, {"by class and standing": rows})
    if fold.level == "control":
        console.say("balances need the log level trades or full; this run's is control")
        return
    totals, fees = _totals_minor(fold), fold.trading.fees()
    money = [
        (code, amount(code, totals[code]), amount(code, fees[code]))
        for code in ASSET_CODES
        if totals[code] or fees[code]
    ]
    columns = (
        Column("asset"),
        Column("client balances", right=True),
        Column("fees charged", right=True),
    )
    print_table(console, columns, {"money and coins": money})


# -- the ledger ------------------------------------------------------------------------------------


def _print_ledger(console: PlainConsole, fold: "Fold") -> None:
    accounts = fold.ledger.state()
    used = [code for code in ASSET_CODES if any(code in found for found in accounts.values())]
    columns = (Column("account"), *(Column(code, right=True) for code in used))
    rows = [
        (words(name), *(amount(code, found.get(code, 0)) for code in used))
        for name, found in accounts.items()
    ]
    print_table(console, columns, {"ledger (owed and earned are negative)": rows})
