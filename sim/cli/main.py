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

_HELP = "Simulate a Hong Kong licensed virtual-asset trading platform, event by event, under different rules."
_EXIT_CODES = "Exit codes: 0 done, 1 a check failed, 2 bad input, 70 a defect, 130 interrupted."

# Examples stand here and not in the commands, which are imported only when called.
_COMMANDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "run": (
        "sim.cli.run:run",
        "Run a scenario file and print its outcomes.",
        (
            "vatp run scenarios/hk-retail-2023.toml --seed 7",
            "vatp run hk-retail-2023 --with scenarios/rules/exposure-10.toml",
            "vatp run hk-retail-2023 --set world.population.prospects=2000 --set log_level=full",
        ),
    ),
    "compare": (
        "sim.cli.compare:compare",
        "Run a baseline and a variant over the same seeds and print the paired differences.",
        (
            "vatp compare hk-retail-2023 scenarios/rules/exposure-10.toml --seeds 1-10",
            "vatp compare base.toml base.toml --seeds 1-5",
        ),
    ),
    "check": (
        "sim.cli.check:check",
        "Check scenario, overlay and rule files without running.",
        ("vatp check scenarios/hk-retail-2023.toml scenarios/rules/exposure-10.toml",),
    ),
    "schema": (
        "sim.cli.check:schema",
        "Print the JSON Schema of scenario files.",
        ("vatp schema > scenario.schema.json", "vatp schema --overlay > overlay.schema.json"),
    ),
    "rules list": (
        "sim.cli.rules:list_",
        "List the rules in force on a date.",
        (
            "vatp rules list --on 2024-06-01",
            "vatp rules list hk-retail-2023 --on 2023-09-01 --department onboarding",
        ),
    ),
    "rules show": (
        "sim.cli.rules:show",
        "Show one rule with its history and sources.",
        ("vatp rules show onb.exposure_limit",),
    ),
    "rules diff": (
        "sim.cli.rules:diff",
        "Show how two sets of rules differ.",
        (
            "vatp rules diff hk-retail-2023 scenarios/rules/exposure-10.toml",
            "vatp rules diff 2023-06-01 2026-06-01",
        ),
    ),
    "log show": (
        "sim.cli.log:show",
        "Print events in order, filtered by kind, client or time.",
        (
            "vatp log show runs/hk-retail-2023-seed-1 --client 142",
            "vatp log show runs/hk-retail-2023-seed-1 --kind trade --since 2023-09-01",
        ),
    ),
    "log verify": (
        "sim.cli.log:verify_",
        "Check every byte of a sealed run against its chain of digests.",
        (
            "vatp log verify runs/hk-retail-2023-seed-1",
            "vatp log verify runs/hk-retail-2023-seed-1 --expect-head $(cat head.txt)",
        ),
    ),
}


def _examples(lines: tuple[str, ...]) -> str:
    return "\n".join(["Examples:", "", *(f"  {line}" for line in lines)])


def _build() -> App:
    """Name every command without importing any of them."""
    epilogue = f"{_examples(tuple(lines[0] for _, _, lines in _COMMANDS.values()))}\n\n{_EXIT_CODES}"
    app = App(
        name="vatp",
        help=_HELP,
        help_epilogue=epilogue,
        help_format="plaintext",
        version=lambda: version("vatp-lab"),
    )
    groups = {
        "rules": App(name="rules", help="Law and practice as dated, cited parameters."),
        "log": App(name="log", help="Read and verify the event log of a run."),
    }
    for group in groups.values():
        app.command(group)
    for words, (target, help_, examples) in _COMMANDS.items():
        *group, name = words.split()
        parent = groups[group[0]] if group else app
        parent.command(target, name=name, help=help_, help_epilogue=_examples(examples))
    return app


class UserError(Exception):
    """Something the user can mend; the message says what and how."""


def _known_errors() -> tuple[type[BaseException], ...]:
    """Collect the error types of the modules that were actually loaded."""
    names = (
        ("sim.scenario", "ScenarioErrors"),
        ("sim.rules", "RuleErrors"),
        ("sim.journal", "JournalError"),
        ("sim.world.reference", "ReferenceDataError"),
        ("sim.quantities", "QuantityError"),
        ("sim.experiments", "ExperimentError"),
        ("analysis", "MeasureError"),
    )
    loaded = ((sys.modules.get(module), name) for module, name in names)
    return (UserError, *(getattr(module, name) for module, name in loaded if module is not None))


def main() -> None:
    """Run the command line; never shows a traceback unless VATP_TRACEBACK is set."""
    try:
        _build()()
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
