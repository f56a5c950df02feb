"""`vatp log sql`: one SELECT over the events of a run."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.arguments import Count, JsonLines
from sim.cli.console import output, remark
from sim.cli.progress import waiting
from sim.cli.streams import print_json_line
from sim.cli.tables import Column, Row, print_table

if TYPE_CHECKING:
    from analysis.sql import Answer


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
        remark(f"the first {printed:,} rows; --limit 0 prints all")


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
        print_table(output(), columns, {"": rows})
    return len(rows)


def _is_number(value: object) -> bool:
    from decimal import Decimal

    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
