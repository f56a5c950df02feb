"""The front desk: commands by name, loaded only when called, and errors as people read them.

Exit codes: 0 done; 1 a check failed (a log that does not verify, a seed that failed); 2 bad input;
70 a defect of the simulator; 130 interrupted.
"""

import os
import sys
from importlib.metadata import version

from cyclopts import App

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_DEFECT = 70
EXIT_INTERRUPTED = 130

_HELP = """Simulate a Hong Kong licensed virtual-asset trading platform, event by event, under different rules.

Examples:

  vatp run scenarios/hk-retail-2023.toml --seed 1

  vatp compare scenarios/hk-retail-2023.toml scenarios/rules/exposure-10.toml --seeds 1-10

  vatp rules list --on 2024-06-01

  vatp log verify runs/hk-retail-2023-seed-1

Exit codes: 0 done, 1 a check failed, 2 bad input, 70 a defect, 130 interrupted.
"""

app = App(name="vatp", help=_HELP, version=lambda: version("vatp-lab"))
app.command("sim.cli.run:run", name="run", help="Run a scenario file and print its outcomes.")
app.command(
    "sim.cli.compare:compare",
    name="compare",
    help="Run a baseline and a variant over the same seeds and print the paired differences.",
)
app.command("sim.cli.check:check", name="check", help="Check scenario, overlay and rule files without running.")
app.command("sim.cli.check:schema", name="schema", help="Print the JSON Schema of scenario files.")

rules = App(name="rules", help="Law and practice as dated, cited parameters.")
rules.command("sim.cli.rules:list_", name="list", help="List the rules in force on a date.")
rules.command("sim.cli.rules:show", name="show", help="Show one rule with its history and sources.")
rules.command("sim.cli.rules:diff", name="diff", help="Show how two sets of rules differ.")
app.command(rules)

log = App(name="log", help="Read and verify the event log of a run.")
log.command("sim.cli.log:show", name="show", help="Print events in order, filtered by kind, client or time.")
log.command("sim.cli.log:verify_", name="verify", help="Check every byte of a sealed run against its chain.")
app.command(log)


class UserError(Exception):
    """Something the user can mend; the message says what and how."""


def _known_errors() -> tuple[type[BaseException], ...]:
    """Collect the error types of the modules that were actually loaded."""
    names = (
        ("sim.scenario", "ScenarioErrors"),
        ("sim.rules", "RuleErrors"),
        ("sim.journal", "JournalError"),
        ("sim.world.reference", "ReferencePriceError"),
        ("sim.quantities", "QuantityError"),
        ("sim.experiments", "ExperimentError"),
        ("analysis", "MeasureError"),
    )
    loaded = ((sys.modules.get(module), name) for module, name in names)
    return (UserError, *(getattr(module, name) for module, name in loaded if module is not None))


def main() -> None:
    """Run the command line; never shows a traceback unless VATP_TRACEBACK is set."""
    try:
        app()
    except KeyboardInterrupt:
        print("vatp: interrupted; what was sealed is kept", file=sys.stderr)
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe has had enough, as `| head` does. Nothing more can be written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if isinstance(error, _known_errors()):
            print(f"{error}", file=sys.stderr)
            sys.exit(EXIT_BAD_INPUT)
        if os.environ.get("VATP_TRACEBACK"):
            raise
        print(
            f"vatp: a defect of the simulator: {type(error).__name__}: {error}\n"
            "Set VATP_TRACEBACK=1 and run the same command again to see where.",
            file=sys.stderr,
        )
        sys.exit(EXIT_DEFECT)


if __name__ == "__main__":
    main()
