"""`vatp log why`: an event explained, back to where it began."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from sim.cli.arguments import Json
from sim.cli.console import PlainConsole, bold, output
from sim.cli.log_law import law_of
from sim.cli.log_standing import note_unfinished, standing_document
from sim.cli.streams import print_json

if TYPE_CHECKING:
    from analysis.tracing import Explanation, RuleInForce, Step

Seq = Annotated[int, Parameter(validator=validators.Number(gte=1))]


def why(run: Path, event: Seq, /, *, json: Json = False) -> None:
    """Explain an event: what led to it, the rules in force then, and the figures that mattered.

    Parameters
    ----------
    run
        Run folder.
    event
        The event's seq, as `vatp log show` prints it.
    """
    from analysis.tracing import explain
    from sim.cli.log import reading
    from sim.journal import RunLog

    log = RunLog.open(run)
    with reading(run):
        found = explain(log, event, law_of(log))
    if json:
        print_json(found.document() | standing_document(log))
    else:
        _print(found)
        note_unfinished(log)


def _print(found: "Explanation") -> None:
    console = output()
    console.say(bold(_line(found.event)))
    for rule in found.event.rules:
        console.say(f"  rule    {_rule(rule)}")
        for line in filter(None, (rule.note, rule.url)):
            # An address that is wrapped cannot be clicked.
            console.print(f"          {line}", soft_wrap=True)
    for fact in found.facts:
        seqs = ", ".join(str(seq) for seq in fact.events)
        console.say(f"  figure  {fact.text}{f'  [event {seqs}]' if seqs else ''}")
    _print_causes(console, found)


def _print_causes(console: PlainConsole, found: "Explanation") -> None:
    if len(found.steps) == 1:
        why = (
            found.left_out
            or "No event led to it: here a person, the law or the outside world decided."
        )
        console.say(f"\n{why}")
        return
    console.say(bold("\nWhat led to it, the beginning first"))
    if found.left_out:
        console.say(f"  {found.left_out}")
    for step in found.steps[:-1]:
        console.say(f"  {_line(step)}")
        for rule in step.rules:
            if rule.id == step.row["rule"]:
                console.say(f"          rule {_rule(rule)}")


def _line(step: "Step") -> str:
    from analysis.tracing import clock

    return f"{step.row['seq']}  {clock(int(step.row['time_us']))}  {step.sentence}"


def _rule(rule: "RuleInForce") -> str:
    from analysis.tracing import rule_in_words

    return rule_in_words(rule)
