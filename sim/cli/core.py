"""`vatp core`: the matching core by itself, beside what real exchanges did."""

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import attrs
from cyclopts import Parameter, validators

from sim.cli.arguments import Count, Flag, Json
from sim.cli.console import PlainConsole, bold, output, remark
from sim.cli.errors import EXIT_DONE, EXIT_FAILED
from sim.cli.progress import progress, waiting
from sim.cli.streams import print_json
from sim.cli.tables import NOTHING, Column, Row, print_table

if TYPE_CHECKING:
    from sim.records import Agreement, BookLevel, Comparison, Disagreement, Record, Replay

_MEASURES = (
    Column("measure"),
    Column("agreed", right=True),
    Column("recorded", right=True),
    Column("% of recorded", right=True),
    Column("ours", right=True),
    Column("% of ours", right=True),
)
_LEVELS = (
    Column("price"),
    Column("size", right=True),
    Column("orders, first come first", wraps=True),
)
_ALL = "all books"


@attrs.frozen(eq=False)
class _Result:
    """One record, what the core made of it, and how far that agrees."""

    record: "Record"
    replayed: "Replay"
    comparison: "Comparison"


def replay(
    file: Path,
    /,
    *,
    format_: Annotated[str | None, Parameter(name="--format")] = None,
    product: str | None = None,
    book: Path | None = None,
    set_right: Flag = False,
    limit: Count = 0,
    require: Annotated[float | None, Parameter(validator=validators.Number(gte=0, lte=100))] = None,
    json: Json = False,
) -> int:
    """Replay an exchange's record through the matching core and compare, both ways.

    The core gets what clients sent, never the recorded trades. Exit code 1 if the agreement is below what is
    required.

    Parameters
    ----------
    file
        Record of an exchange, or a CSV file of commands.
    format_
        coinbase, bitstamp, lobster, databento or csv; by default what the file looks like.
    product
        One product of a file that holds several, such as BTC-USD.
    book
        File of recorded books, where they are apart from the orders.
    set_right
        After a disagreement about trades, set the book to what was recorded, so that it counts once.
    limit
        Most client commands to replay of each product; 0 replays all.
    require
        Least agreement in per cent that every measure must have, both ways.
    """
    begun = time.perf_counter()
    with waiting(f"reading {file}"):
        chosen, records = _read(file, format_, product, book)
    if limit:
        records = [record.first(limit) for record in records]
    for record in records:
        if set_right and "maker" not in record.trade_keys:
            remark(f"{record.name} does not say whose orders traded, so nothing can be set right")
    results = _results(records, set_right=set_right)
    lowest = min(result.comparison.lowest_percent for result in results)
    enough = require is None or lowest >= require
    wall_s = time.perf_counter() - begun
    if json:
        print_json(
            {
                "file": str(file),
                "format": chosen,
                "set_right": set_right,
                "books": [_document(result) for result in results],
                "total": _agreements(_total(results)),
                "lowest_percent": lowest,
                "required_percent": require,
                "ok": enough,
                "wall_s": round(wall_s, 3),
            }
        )
    else:
        _print(results, wall_s)
    if not enough:
        remark(f"the lowest agreement is {percent(lowest)} %; required are {require:g} %")
    return EXIT_DONE if enough else EXIT_FAILED


def _read(
    file: Path, format_: str | None, product: str | None, book: Path | None
) -> "tuple[str, list[Record]]":
    """Read the records, and say in which format they were."""
    from sim.records import guess, read

    chosen = format_ or guess(file)
    return chosen, read(file, format_=chosen, product=product, book=book)


def _results(records: "Sequence[Record]", *, set_right: bool) -> list[_Result]:
    from sim.records import compare, replay

    results = []
    count = sum(len(record.commands) for record in records)
    with progress(
        "replaying", total=count, remark="starting; the first run compiles for a minute"
    ) as update:
        done = 0
        for record in records:

            def tell(commands: int, _: int, before: int = done, name: str = record.name) -> None:
                update(before + commands, name)

            replayed = replay(record, tell, set_right=set_right)
            results.append(
                _Result(record, replayed, compare(record, replayed, set_right=set_right))
            )
            done += len(record.commands)
            update(done, record.name)
    return results


def _total(results: Sequence[_Result]) -> "tuple[Agreement, ...]":
    from sim.records import total

    return total([result.comparison for result in results])


def _document(result: _Result) -> dict[str, Any]:
    record, comparison = result.record, result.comparison
    first = comparison.first_disagreement
    return {
        "name": record.name,
        "commands": record.client_commands,
        "seed_commands": len(record.commands) - record.client_commands,
        "trades_recorded": len(record.trades) if record.trade_keys else None,
        "trades_made": result.replayed.trades,
        "set_right": result.replayed.corrected,
        "agreement": _agreements(comparison.agreements),
        "refused": comparison.refusals,
        "first_disagreement": None if first is None else attrs.asdict(first),
        "notes": list(record.notes),
    }


def _agreements(agreements: "Sequence[Agreement]") -> list[dict[str, Any]]:
    return [
        attrs.asdict(found)
        | {
            "percent_of_recorded": found.percent_of_recorded,
            "percent_of_ours": found.percent_of_ours,
        }
        for found in agreements
    ]


def percent(share: float | None) -> str:
    """Write a share in per cent, rounded down: only what is whole is shown as 100."""
    return NOTHING if share is None else f"{math.floor(share * 100) / 100:.2f}"


def _print(results: Sequence[_Result], wall_s: float) -> None:
    console = output()
    sections = {result.record.name: _rows(result.comparison.agreements) for result in results}
    if len(results) > 1:
        sections[_ALL] = _rows(_total(results))
    print_table(console, _MEASURES, sections)
    for result in results:
        for line in _remarks(result):
            console.say(f"{result.record.name}: {line}")
    found = [result.comparison.first_disagreement for result in results]
    first = next((disagreement for disagreement in found if disagreement is not None), None)
    if first is not None:
        _print_disagreement(console, first)
    commands = sum(result.record.client_commands for result in results)
    console.say(
        f"\n{commands:,} commands of clients, read, replayed and compared in {wall_s:.1f} s"
    )


def _rows(agreements: "Sequence[Agreement]") -> list[Row]:
    return [
        (
            found.measure,
            f"{found.agreed:,}",
            f"{found.recorded:,}",
            percent(found.percent_of_recorded),
            f"{found.ours:,}",
            percent(found.percent_of_ours),
        )
        for found in agreements
    ]


def _remarks(result: _Result) -> list[str]:
    """Say what the table cannot: what was left out, refused, not compared, set right."""
    lines = list(result.record.notes)
    refused = result.comparison.refusals
    lines += [f"commands refused: {count:,}, {_words(reason)}" for reason, count in refused.items()]
    if not result.record.trade_keys:
        lines.append(f"{result.replayed.trades:,} trades made; the file records none to compare")
    if result.replayed.corrected:
        lines.append(f"set right after {result.replayed.corrected:,} commands")
    return lines


def _words(name: str) -> str:
    return name.lower().replace("_", " ")


def _print_disagreement(console: PlainConsole, found: "Disagreement") -> None:
    console.say("")
    console.say(bold(f"the first disagreement: {found.what}"))
    console.say(f"where     {found.place}")
    console.say(f"command   {found.command}")
    for name, lines in (("recorded", found.recorded), ("ours", found.ours)):
        for place, line in enumerate(lines or ("nothing",)):
            console.say(f"{'' if place else name:<9} {line}")
    sides = {"asks before the command": found.asks, "bids before the command": found.bids}
    rows = {
        name: [(level.price, level.size, _queue(level)) for level in levels]
        for name, levels in sides.items()
        if levels
    }
    if rows:
        console.say("")
        print_table(console, _LEVELS, rows)


def _queue(level: "BookLevel") -> str:
    more = f"; and {level.more_orders:,} more" if level.more_orders else ""
    return "; ".join(level.orders) + more
