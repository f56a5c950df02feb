"""What a stranger sees first: help, examples, versions, and how fast they come."""

import json
import shlex
from importlib.metadata import version

import pytest

from sim.cli.commands import COMMANDS, EXIT_CODES, GROUPS, build_app
from tests.cli.conftest import Vatp
from tests.cli.front_desk import finish, start_python

SLOW = ("holidays", "numba", "numpy", "polars", "rich.progress", "scipy", "simpy", "tomlkit")
"""Modules that take a noticeable part of a second, or stand for those that do."""

WIDTH = 80


def test_without_a_command_the_help_is_shown(vatp: Vatp) -> None:
    bare, asked = vatp(), vatp("--help")
    assert bare == asked
    assert bare.code == 0
    for name in {words.split()[0] for words in COMMANDS}:
        assert f" {name} " in bare.out


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_has_help_with_its_examples(words: str, vatp: Vatp) -> None:
    _, says, examples = COMMANDS[words]
    shown = vatp(*words.split(), "--help")
    assert shown.code == 0
    assert shown.err == ""
    assert f"Usage: vatp {words}" in shown.out
    assert says in " ".join(shown.out.split())
    for example in examples:
        assert f"  {example}\n" in shown.out


@pytest.mark.parametrize("words", COMMANDS)
def test_the_usage_names_every_argument_and_whether_it_is_needed(words: str, vatp: Vatp) -> None:
    shown = vatp(*words.split(), "--help").out
    usage = shown.splitlines()[0]
    assert "ARGS" not in usage
    command = build_app()
    for word in words.split():
        command = command[word]
    for argument in command.assemble_argument_collection():
        if not argument.name.startswith("--"):
            name = argument.name.upper()
            name = "FILE..." if name == "FILES" else name
            needed = argument.required or name.endswith("...")
            assert (name if needed else f"[{name}]") in usage.split()


def test_exit_codes_are_told_where_they_say_something_of_a_log(vatp: Vatp) -> None:
    assert set(EXIT_CODES) <= set(COMMANDS)
    assert {words for words in COMMANDS if words.startswith("log ")} <= set(EXIT_CODES)
    for words, codes in EXIT_CODES.items():
        (line,) = [
            line
            for line in vatp(*words.split(), "--help").out.splitlines()
            if line.startswith("Exit codes: ")
        ]
        assert line == f"Exit codes: {codes}"


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_lists_its_commands_and_shows_their_examples_only(group: str, vatp: Vatp) -> None:
    shown = vatp(group).out
    for words, (_, _, examples) in COMMANDS.items():
        assert (examples[0] in shown) == words.startswith(f"{group} ")


@pytest.mark.parametrize("words", ["", *GROUPS, *COMMANDS])
def test_help_fits_a_terminal_of_eighty_columns(words: str, vatp: Vatp) -> None:
    for line in vatp(*words.split(), "--help").out.splitlines():
        assert len(line) <= WIDTH


def test_the_examples_name_commands_and_options_that_exist() -> None:
    app = build_app()
    for words, (_, _, examples) in COMMANDS.items():
        for example in examples:
            command = example.replace("$(cat head.txt)", "HEAD")
            tokens = shlex.split(command.partition(" > ")[0].partition(" | ")[0])
            assert tokens[: 1 + len(words.split())] == ["vatp", *words.split()]
            app.parse_args(tokens[1:])


def test_the_version_is_the_distributions(vatp: Vatp) -> None:
    assert vatp("--version").out == f"{version('vatp-lab')}\n"


def test_exit_codes_are_told_in_the_help(vatp: Vatp) -> None:
    shown = " ".join(vatp("--help").out.split())
    for code in (0, 1, 2, 70, 130, 143):
        assert f" {code} " in shown


def loaded_after(*words: str) -> set[str]:
    """Modules that a fresh process has loaded once it has run a command."""
    program = (
        "import json, sys; from sim.cli.main import command_line;"
        f"code = command_line({list(words)!r}); sys.stdout.flush();"
        "print('MODULES', json.dumps([code, sorted(sys.modules)]))"
    )
    answer = finish(start_python("-c", program))
    code, modules = json.loads(answer.out.rpartition("MODULES ")[2])
    assert code == 0
    return set(modules)


@pytest.mark.parametrize(
    "words", [("--help",), ("run", "--help"), ("compare", "--help"), ("log", "show", "--help")]
)
def test_help_loads_no_slow_module(words: tuple[str, ...]) -> None:
    modules = loaded_after(*words)
    assert "cyclopts" in modules
    assert [name for name in SLOW if name in modules] == []


def test_checking_a_scenario_loads_no_compiler_and_no_tables() -> None:
    modules = loaded_after("check", "hk-retail-2023")
    assert "sim.scenario" in modules
    # NumPy is: whether the outside prices reach over the horizon is a part of the check.
    assert [name for name in ("numba", "polars", "simpy") if name in modules] == []
