"""`vatp log timeline`: a token's life on the platform as a dated table."""

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from sim.cli.arguments import Json
from sim.cli.console import output, remark
from sim.cli.log_standing import note_unfinished, standing_document
from sim.cli.streams import print_json
from sim.cli.tables import Column, Row, print_table

if TYPE_CHECKING:
    from analysis.tracing import Timeline

_ENTRIES = (
    Column("Hong Kong time"),
    Column("what"),
    Column("details", wraps=True),
    Column("event", right=True),
)
_MONTHS = (
    Column("month"),
    Column("pair"),
    Column("trades", right=True),
    Column("coins", right=True),
    Column("value", right=True),
)


def timeline(run: Path, token: str, /, *, json: Json = False) -> None:
    """Show a token's listing, its pairs, first trades, pauses and volume by month.

    Parameters
    ----------
    run
        Run folder.
    token
        Token, such as BTC.
    """
    from analysis.tracing import timeline as history
    from sim.cli.log import reading
    from sim.journal import RunLog

    log = RunLog.open(run)
    with reading(run):
        found = history(log, token)
    if json:
        print_json(attrs.asdict(found) | standing_document(log))
    else:
        _print(found)
        note_unfinished(log)
    if log.header.get("log_level") == "control":
        remark("the log level control keeps no trades: first trades and volume are not known")


def _print(found: "Timeline") -> None:
    from analysis.tracing import clock, month_in_words

    console = output()
    entries: list[Row] = [
        (clock(entry.time_us), entry.what, entry.text, str(entry.events[0]))
        for entry in found.entries
    ]
    print_table(console, _ENTRIES, {found.token: entries})
    if found.months:
        console.say("")
        months: list[Row] = [
            (month.month, month.instrument, f"{month.trades:,}", *month_in_words(month))
            for month in found.months
        ]
        print_table(console, _MONTHS, {"volume": months})
