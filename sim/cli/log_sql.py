"""`vatp log sql`: one SELECT over the events of a run."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.arguments import Count, JsonLines
from sim.cli.console import output, remark
from sim.cli.log_standing import note_unfinished
from sim.cli.progress import waiting
from sim.cli.streams import print_json_line
from sim.cli.tables import Column, Row, print_table

if TYPE_CHECKING:
    from analysis.sql import Answer

_GAP = 2
"""Spaces between the columns of a table."""


def sql(run: Path, query: str, /, *, limit: Count = 100, json: JsonLines = False) -> None:
    """Answer one SELECT over views named like the kinds of events, and `events` over all of them.

    Parameters
    ----------
    run
        Run folder.
    query
        A SELECT in DuckDB's dialect; time_hkt is Hong Kong time, amounts are in the log's units.
    limit
        Most rows to print; 0 prints all.
    """
    from analysis.sql import query as ask
    from sim.journal import RunLog

    log = RunLog.open(run)
    with waiting("reading"):
        answer = ask(log, query)
    printed = _print_lines(answer, limit) if json else _print_table(answer, limit)
    if not printed:
        remark("no row")
    elif next(answer.rows, None) is not None:
        first = "the first row" if printed == 1 else f"the first {printed:,} rows"
        remark(f"{first}; --limit 0 prints all")
    note_unfinished(log)


def _print_lines(answer: "Answer", limit: int) -> int:
    """Print a document a row, as the rows come; return how many."""
    from analysis.sql import plain

    printed = 0
    for row in islice(answer.rows, limit or None):
        print_json_line(dict(zip(answer.columns, map(plain, row), strict=True)))
        printed += 1
    return printed


def _print_table(answer: "Answer", limit: int) -> int:
    """Print the rows as one table; return how many."""
    from analysis.sql import shown

    found = list(islice(answer.rows, limit or None))
    rows: list[Row] = [tuple(map(shown, row)) for row in found]
    if rows:
        columns = [
            Column(name, right=_is_number(found[0][place]), wraps=True)
            for place, name in enumerate(answer.columns)
        ]
        console = output()
        if not _fits(columns, rows, console.width):
            # A list shows its first cell without the column's name, so the rows are named instead.
            columns = [Column("row"), *columns]
            rows = [(f"row {number:,}", *row) for number, row in enumerate(rows, 1)]
        print_table(console, columns, {"": rows})
    return len(found)


def _fits(columns: "list[Column]", rows: "list[Row]", width: int) -> bool:
    """Whether a table of these rows fits, so that it is not printed as a list."""
    least = [column.least([row[place] for row in rows]) for place, column in enumerate(columns)]
    return sum(least) + _GAP * (len(columns) - 1) <= width


def _is_number(value: object) -> bool:
    from decimal import Decimal

    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
