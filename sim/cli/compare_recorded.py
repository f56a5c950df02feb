"""`vatp compare RUN FORK`: two finished runs, or two sets of them, from their logs alone."""

from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.comparison_table import COLUMNS, sections
from sim.cli.console import output
from sim.cli.errors import EXIT_DONE, UserError
from sim.cli.progress import waiting
from sim.cli.streams import print_json
from sim.cli.tables import print_table
from sim.units import format_us

if TYPE_CHECKING:
    from sim.experiments import Departure, RecordedComparison, SharedPast


def compare_recorded(baseline: Path, variant: Path, *, given: "dict[str, bool]", json: bool) -> int:
    """Print the differences between the measures of runs on record.

    Parameters
    ----------
    baseline, variant
        Run folders, or folders of runs; one of them is.
    given
        Options that only make sense where runs are still to be made, and whether the user gave them.
    json
        Whether to print one JSON document.

    Raises
    ------
    UserError
        Only one side is on record, or such an option was given.
    """
    with waiting("measuring"):
        from sim.experiments import compare_recorded as compare_logs
        from sim.experiments import holds_runs

        for side in (baseline, variant):
            if not holds_runs(side):
                raise UserError(f"{side} is no run folder, but the other side is; expected two")
        senseless = [name for name, was_given in given.items() if was_given]
        if senseless:
            raise UserError(
                f"{', '.join(senseless)}: both sides are runs on record; nothing is run again"
            )
        result = compare_logs(baseline, variant)
    if json:
        print_json(result.as_json())
    else:
        _print(result)
    return EXIT_DONE


def _print(result: "RecordedComparison") -> None:
    console = output()
    for warning in result.warnings:
        console.say(f"WARNING: {warning}", style="bold red")
    console.say(f"baseline  {result.baseline}")
    console.say(f"variant   {result.variant}")
    console.say(f"seeds     {len(result.seeds)}, paired by seed, from runs on record")
    world = "differs, see above" if result.world else "the same on both sides"
    console.say(f"world     {world}")
    for place, rule in enumerate(result.rules):
        held = "" if rule.seeds == result.seeds else f" ({_seeds(rule.seeds)})"
        console.say(f"{'' if place else 'rules':<10}{rule}{held}")
    if not result.rules:
        console.say("rules     the same on both sides")
    if len(result.programs) > 1:
        console.say(f"programs  {', '.join(result.programs)}: these may differ in more than rules")
    print_table(console, COLUMNS, sections(result.rows))
    for past in result.pasts:
        for line in _past(past):
            console.say(line)
    if len(result.seeds) == 1:
        console.say(
            "One pair has no interval: it shows what happened in this one life, not what to expect.",
            style="dim",
        )


def _seeds(seeds: tuple[int, ...]) -> str:
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))} only"


def _past(past: "SharedPast") -> list[str]:
    """Say how far the two runs of a seed are the same."""
    who = f"seed {past.seed}:"
    fork = f"{who} forked at {format_us(past.forked_at_us)}" if past.forked_at_us else ""
    lines = [fork] if fork else []
    if not past.chain:
        return [*lines, f"{who} the logs are cut differently; their common past cannot be proven"]
    if past.identical:
        return [
            *lines,
            f"{who} all {past.events:,} events are the same in both logs, chain {past.chain}",
        ]
    lines.append(
        f"{who} the first {past.events:,} events are the same in both logs, chain {past.chain}"
    )
    if past.difference:
        lines.append(f"{who} they part at event {past.difference.seq:,}")
        lines += [
            f"    {side}  {_departure(departure)}"
            for side, departure in (
                ("baseline", past.baseline_departure),
                ("variant ", past.variant_departure),
            )
        ]
    return lines


def _departure(found: "Departure | None") -> str:
    if found is None:
        return "its log ends here"
    return f"{format_us(found.time_us)}  {found.sentence}"
