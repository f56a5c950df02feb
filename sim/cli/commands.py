"""The commands by name, with their examples. None of them is imported before it is called."""

from cyclopts import App

from sim.cli.console import PlainConsole

_HELP = (
    "Simulate a Hong Kong licensed virtual-asset trading platform, event by event, "
    "under different rules."
)
_EXIT_CODES = (
    "Exit codes: 0 done, 1 a check failed, 2 bad input, 70 a defect, 130 interrupted, "
    "143 terminated."
)

GROUPS = {
    "rules": "Law and practice as dated, cited parameters.",
    "log": "Read, verify, resume and fork the event log of a run.",
    "core": "The matching core by itself, beside real exchanges.",
}

# Examples stand here and not in the commands, which are imported only when called. They fit 80 columns.
COMMANDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "run": (
        "sim.cli.run:run",
        "Run a scenario file and print its outcomes.",
        (
            "vatp run scenarios/hk-retail-2023.toml --seed 7",
            "vatp run hk-retail-2023 --with scenarios/rules/exposure-10.toml",
            "vatp run hk-retail-2023 --set world.population.prospects=2000",
            "vatp run hk-retail-2023 --set log_level=full --out runs/full --check",
            "vatp run hk-retail-2023 --set world.reference.file=prices.parquet",
        ),
    ),
    "compare": (
        "sim.cli.compare:compare",
        "Run a baseline and a variant over the same seeds and print the paired differences.",
        (
            "vatp compare hk-retail-2023 scenarios/rules/exposure-10.toml --seeds 1-10",
            "vatp compare base.toml base.toml --seeds 1-5",
            "vatp compare base.toml variant.toml --seeds 1,3,7-9 --json",
            "vatp compare runs/base runs/base-fork-2024-01-01",
        ),
    ),
    "bench": (
        "sim.cli.bench:bench",
        "Time the matching core, side by side with other order books.",
        (
            "vatp bench --quick",
            "vatp bench --streams mixed,deep --rounds 7 --json bench.json --plot bench.svg",
            "vatp bench --contenders batch,orders,bourse --json -",
            "vatp bench --rules full --streams mixed",
        ),
    ),
    "audit": (
        "sim.cli.audit:audit",
        "Hold a run against the platform's promises, recomputed from its log alone.",
        (
            "vatp audit runs/hk-retail-2023-seed-1",
            "vatp audit runs/full --promise price_time_priority --json",
            "vatp audit --list",
        ),
    ),
    "check": (
        "sim.cli.check:check",
        "Check scenario, overlay and rule files without running.",
        (
            "vatp check scenarios/hk-retail-2023.toml",
            "vatp check my-scenario.toml my-overlay.toml my-rules/",
            "vatp check hk-retail-2023 --with my-overlay.toml --set horizon.end=2024-01-01",
        ),
    ),
    "schema": (
        "sim.cli.check:schema",
        "Print the JSON Schema of scenario files.",
        ("vatp schema > scenario.schema.json", "vatp schema --overlay > overlay.schema.json"),
    ),
    "core replay": (
        "sim.cli.core:replay",
        "Replay an exchange's record through the matching core and compare, both ways.",
        (
            "vatp core replay l3_coinbase.parquet --product BTC-USD",
            "vatp core replay GOOG_2012-06-21.zip --format lobster --set-right",
            "vatp core replay mbo.csv.gz --book mbp.csv.gz --require 99.9",
            "vatp core replay my-commands.csv --limit 1000 --json",
        ),
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
        (
            "vatp rules show onb.exposure_limit",
            "vatp rules show onb.exposure_limit rules/exposure-10",
        ),
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
            "vatp log show runs/hk-retail-2023-seed-1 --client 142 --follow-causes",
            "vatp log show runs/hk-retail-2023-seed-1 --kind trade --since 2023-09-01",
            "vatp log show runs/hk-retail-2023-seed-1 --limit 0 --json | gzip > log.gz",
        ),
    ),
    "log why": (
        "sim.cli.log_why:why",
        "Explain an event: what led to it, the rules then, the figures that mattered.",
        (
            "vatp log why runs/hk-retail-2023-seed-1 46763",
            "vatp log why runs/hk-retail-2023-seed-1 46763 --json",
        ),
    ),
    "log timeline": (
        "sim.cli.log_timeline:timeline",
        "Show a token's listing, pairs, first trades, pauses and volume by month.",
        (
            "vatp log timeline runs/hk-retail-2023-seed-1 BTC",
            "vatp log timeline runs/hk-retail-2023-seed-1 ETH --json",
        ),
    ),
    "log sql": (
        "sim.cli.log_sql:sql",
        "Answer one SELECT over the events of a run; needs the extra `sql`.",
        (
            'vatp log sql runs/hk "select kind, count(*) from events group by all"',
            'vatp log sql runs/hk "from trade where taker = 142" --json',
        ),
    ),
    "log export": (
        "sim.cli.log_export:export",
        "Write a run's events for other tools: OCEL 2.0, or trades and orders as CSV.",
        (
            "vatp log export runs/hk --format ocel --out onboarding.json",
            "vatp log export runs/hk --format trades-csv --out trades.csv",
        ),
    ),
    "log resume": (
        "sim.cli.log_rerun:resume",
        "Take a run that was stopped or killed to its horizon.",
        (
            "vatp log resume runs/hk-retail-2023-seed-1",
            "vatp log resume runs/my-run --prices moved/prices.parquet --json",
        ),
    ),
    "log fork": (
        "sim.cli.log_rerun:fork",
        "Live a run again up to an instant and on from there under other rules.",
        (
            "vatp log fork runs/base --at 2024-01-01 --with rules/exposure-10.toml",
            'vatp log fork runs/base --at 2024-01-01 --set rule.onb.exposure_limit="20 %"',
        ),
    ),
    "log state": (
        "sim.cli.log_state:state",
        "Show people, balances, a client, the ledger or a book at any instant.",
        (
            "vatp log state runs/hk-retail-2023-seed-1 --at 2024-03-01T09:30+08:00",
            "vatp log state runs/hk-retail-2023-seed-1 --client 142 --ledger",
            "vatp log state runs/full --at 2024-03-01 --book BTC/HKD --depth 10",
            "vatp log state runs/hk-retail-2023-seed-1 --afresh",
        ),
    ),
    "log replay": (
        "sim.cli.log_replay:replay",
        "Rebuild every state from the log alone and compare it with the recorded ones.",
        (
            "vatp log replay runs/hk-retail-2023-seed-1",
            "vatp log replay runs/hk-retail-2023-seed-1 --json",
        ),
    ),
    "log verify": (
        "sim.cli.log:verify",
        "Check every byte of a sealed run against its chain of digests.",
        (
            "vatp log verify runs/hk-retail-2023-seed-1",
            "vatp log verify runs/hk-retail-2023-seed-1 --expect-head $(cat head.txt)",
        ),
    ),
}

USAGE = {
    "audit": "[OPTIONS] [RUN]",
    "check": "[OPTIONS] FILE...",
    "rules list": "[OPTIONS] [RULES]",
    "rules show": "[OPTIONS] RULE [RULES]",
}
"""Arguments of commands that need not have all of theirs: cyclopts would name these [ARGS]."""

_ANSWERS = "0 done, 1 the log is damaged, 2 bad input."
EXIT_CODES = {
    "run": "0 done, 2 bad input or a full disk, 130 stopped; the log is kept.",
    "compare": "0 done, 1 a run failed or is damaged, 2 bad input.",
    "audit": "0 all promises kept, 1 one broken or the log damaged, 2 bad input.",
    "check": "0 no problem, 2 a problem.",
    "log show": _ANSWERS,
    "log why": _ANSWERS,
    "log timeline": _ANSWERS,
    "log sql": _ANSWERS,
    "log export": _ANSWERS,
    "log state": _ANSWERS,
    "log replay": "0 all states equal, 1 one differs or is damaged, 2 bad input.",
    "log resume": "0 complete, 1 the record differs or is damaged, 2 bad input.",
    "log fork": "0 done, 1 the past differs or is damaged, 2 bad input.",
    "log verify": "0 all is as it was sealed, 1 something is not, 2 bad input.",
}
"""What the exit codes of a command mean; the others' are those of all."""


def build_app() -> App:
    """Name every command without importing any of them.

    Errors are raised, not printed: `sim.cli.main` says them all in one way.
    """
    app = App(
        name="vatp",
        help=_HELP,
        help_epilogue=f"{_first_examples('')}\n\n{_EXIT_CODES}",
        help_format="plaintext",
        version=_version,
        console=PlainConsole(),
        print_error=False,
        exit_on_error=False,
        suppress_keyboard_interrupt=False,
        result_action="return_value",
    )
    groups: dict[str, App] = {}
    for words, (target, help_, examples) in COMMANDS.items():
        *above, name = words.split()
        parent = app
        for group in above:
            if group not in groups:
                groups[group] = App(
                    name=group, help=GROUPS[group], help_epilogue=_first_examples(f"{group} ")
                )
                app.command(groups[group])
            parent = groups[group]
        usage = f"Usage: vatp {words} {USAGE[words]}" if words in USAGE else None
        parent.command(
            target, name=name, help=help_, help_epilogue=_epilogue(words, examples), usage=usage
        )
    return app


def _first_examples(prefix: str) -> str:
    """Show the first example of every command whose name begins so."""
    return _examples(
        tuple(lines[0] for name, (_, _, lines) in COMMANDS.items() if name.startswith(prefix))
    )


def _epilogue(words: str, examples: tuple[str, ...]) -> str:
    codes = EXIT_CODES.get(words)
    return _examples(examples) + (f"\n\nExit codes: {codes}" if codes else "")


def _examples(lines: tuple[str, ...]) -> str:
    return "\n".join(["Examples:", "", *(f"  {line}" for line in lines)])


def _version() -> str:
    from importlib.metadata import version

    return version("vatp-lab")
