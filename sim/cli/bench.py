"""`vatp bench`: how fast the matching core is, asserted and side by side with other books."""

import json as json_library
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter, validators

from sim.cli.arguments import Flag, Seed
from sim.cli.console import output, remark
from sim.cli.errors import EXIT_DONE, EXIT_FAILED, UserError
from sim.cli.progress import progress, waiting
from sim.cli.streams import print_json
from sim.cli.tables import NOTHING, Column, Row, number, print_table

if TYPE_CHECKING:
    from sim.bench.rules_suite import RulesResults
    from sim.bench.suite import Results, Settings
    from sim.bench.timing import Ratio, Timing

_COLUMNS = (
    Column("contender"),
    Column("commands/s", right=True),
    Column("M/s", right=True),
    Column("time / batch", right=True),
    Column("time / orders", right=True),
    Column("fills reach the caller as", wraps=True),
    Column("asserted", wraps=True),
)
_RULES_COLUMNS = (
    Column("door"),
    Column("commands/s", right=True),
    Column("with all rules", right=True),
    Column("times as long", right=True),
)
_STANDARD_OUTPUT = Path("-")

_Count = Annotated[int | None, Parameter(validator=validators.Number(gte=1))]
_File = Annotated[Path | None, Parameter(show_default=False)]
# A lone dash is a value here.
_Document = Annotated[Path | None, Parameter(show_default=False, allow_leading_hyphen=True)]


def bench(
    *,
    streams: str | None = None,
    contenders: str | None = None,
    rounds: _Count = None,
    commands: _Count = None,
    quick: Flag = False,
    rules: Literal["plain", "full"] = "plain",
    seed: Seed = 20_240_607,
    json: _Document = None,
    plot: _File = None,
) -> int:
    """Time the matching core on six streams of commands, side by side with other order books.

    The outcome of every book is compared with the one expected; exit code 1 if our own differs.

    Parameters
    ----------
    streams
        Some of mixed,amend,deep,cancel,sweep,sparse; by default all.
    contenders
        Names such as batch,orders,bourse; by default everyone installed.
    rounds
        Timed runs of each contender, in turn with ours; by default 5.
    commands
        Only the first so many commands of each stream.
    quick
        The first 100,000 commands, 3 rounds.
    rules
        full: the core with every rule switched on, beside itself without.
    seed
        Seed of the streams.
    json
        File for the results as one JSON document; - for standard output.
    plot
        File for a chart: .svg, .png or .html.
    """
    with waiting("loading the matching core"):
        from sim.bench import suite
        from sim.bench.chart import check_chart, write_chart
        from sim.bench.roster import choose

    if plot is not None:
        check_chart(plot)
    if json is not None:
        _check_document(json)
    settings = suite.Settings(
        streams=suite.check_streams(_names("--streams", streams)),
        rounds=rounds or (suite.QUICK_ROUNDS if quick else suite.DEFAULT_ROUNDS),
        commands=commands or (suite.QUICK_COMMANDS if quick else None),
        seed=seed,
    )
    if rules == "full":
        if contenders is not None or plot is not None:
            raise UserError("--rules full: has no other contenders and no chart")
        return _bench_rules(settings, json)
    roster = choose(_names("--contenders", contenders))
    _warm_up(seed)
    with progress("measuring") as update:
        results = suite.run_suite(settings, roster, update)
    if plot is not None:
        write_chart(results, plot)
    _hand_over(results.as_json(), json)
    if json != _STANDARD_OUTPUT:
        _print(results)
    return _verdict(results.defects)


def _bench_rules(settings: "Settings", json: Path | None) -> int:
    """Time the core with every rule beside itself with none."""
    from sim.bench.rules_suite import run_rules_suite

    _warm_up(settings.seed)
    with progress("measuring") as update:
        results = run_rules_suite(settings, update)
    _hand_over(results.as_json(), json)
    if json != _STANDARD_OUTPUT:
        _print_rules(results)
    return _verdict(results.defects)


def _names(option: str, text: str | None) -> tuple[str, ...] | None:
    """Split a list of names.

    Raises
    ------
    UserError
        There is none in it.
    """
    if text is None:
        return None
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise UserError(f"{option}: expected names with commas between, such as mixed,deep")
    return names


def _check_document(path: Path) -> None:
    """See before the measuring that the document can be written afterwards.

    Raises
    ------
    UserError
        It is another option, its folder does not exist, or it is a folder itself.
    """
    if path == _STANDARD_OUTPUT:
        return
    if str(path).startswith("-"):
        raise UserError(f"--json needs a value, not {path}: a file, or - for standard output")
    if path.is_dir():
        raise UserError(f"--json: {path} is a folder, expected a file or - for standard output")
    if not path.parent.is_dir():
        raise UserError(f"--json: {path.parent}: no such folder")


def _warm_up(seed: int) -> None:
    from sim.bench.warmup import kernels_are_cold, warm_up

    what = "warming up"
    if kernels_are_cold():
        what = "compiling the matching core: about a minute, once a version"
        remark(what)
    with waiting(what):
        warm_up(seed)


def _hand_over(document: dict[str, Any], path: Path | None) -> None:
    if path is None:
        return
    if path == _STANDARD_OUTPUT:
        print_json(document)
    else:
        text = json_library.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
        path.write_text(f"{text}\n", encoding="utf-8")


def _verdict(defects: Sequence[str]) -> int:
    for defect in defects:
        remark(f"wrong: {defect}")
    return EXIT_FAILED if defects else EXIT_DONE


def _print_method(machine: str, settings: "Settings", collector: str) -> None:
    console = output()
    console.say(f"machine    {machine}")
    console.say(
        f"method     {settings.rounds} rounds side by side, each from an empty book; medians, ratios with "
        f"their range; seed {settings.seed}; garbage collector {collector}"
    )


def _print(results: "Results") -> None:
    from sim.bench.roster import EXTRA

    console = output()
    _print_method(results.machine.line(), results.settings, results.collector)
    sections = {
        f"{result.workload.name}: {len(result.workload):,} commands, "
        f"{result.workload.outcome.fills:,} fills": [
            _row(timing, len(result.workload)) for timing in result.timings
        ]
        for result in results.streams
    }
    print_table(console, _COLUMNS, sections)
    for name, why in results.left_out.items():
        console.say(f"left out   {name}: {why}")
    if results.not_installed:
        absent = ", ".join(results.not_installed)
        console.say(f"absent     {absent}; most of them come with {EXTRA}")
    for result in results.streams:
        for name, why in result.left_out.items():
            console.say(f"left out   {name} on {result.workload.name}: {why}")


def _print_rules(results: "RulesResults") -> None:
    console = output()
    _print_method(results.machine.line(), results.settings, results.collector)
    sections = {
        f"{result.name}: {result.plain_commands:,} commands, {result.full_commands:,} with all rules": [
            (
                door.door,
                f"{1 / median(door.plain_s):,.0f}",
                f"{1 / median(door.full_s):,.0f}",
                _times(door.ratio),
            )
            for door in result.doors
        ]
        for result in results.streams
    }
    print_table(console, _RULES_COLUMNS, sections)
    for result in results.streams:
        counts = (f"{count:,} {what.replace('_', ' ')}" for what, count in result.happened.items())
        console.say(f"{result.name} with all rules: {', '.join(counts)}")


def _row(timing: "Timing", commands: int) -> Row:
    name = timing.contender.name
    if timing.version is not None:
        name += f" {timing.version}"
    median_s = timing.median_s
    rate = None if median_s is None else commands / median_s
    return (
        name,
        NOTHING if rate is None else f"{rate:,.0f}",
        NOTHING if rate is None else number(rate / 1e6),
        _times(timing.ratios.get("batch")),
        _times(timing.ratios.get("orders")),
        timing.contender.delivers,
        timing.work,
    )


def _times(ratio: "Ratio | None") -> str:
    """Write how many times as long something takes, with the range over the rounds."""
    if ratio is None:
        return NOTHING
    return f"{ratio.median:.2f}x ({ratio.least:.2f} to {ratio.most:.2f})"
