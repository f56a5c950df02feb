"""What is imported is declared, what is declared is pinned, and no file names a package index."""

import ast
import re
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

from tests.packaging.repository import ROOT, project, tracked_files

OURS = {"sim", "analysis", "tests"}
CARRIED = {"llvmlite": "numba"}
"""Halves of a dependency: numba requires one version of llvmlite, and a bound of ours could only clash."""
INDEX = re.compile(
    r"https?://\S*(?:pythonhosted|/simple\b)"  # an index or its files
    r"|^\s*(?:-i|(?:--)?(?:extra-)?index-url|--find-links)[\s=:]+\S",  # an option that names one
    re.MULTILINE,
)
SPECIFIED = re.compile(r"([A-Za-z0-9._-]+)(>=\S+)?")
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)


def normal(name: str) -> str:
    """Return a distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(requirements: list[str]) -> set[str]:
    found = [SPECIFIED.match(requirement) for requirement in requirements]
    return {normal(match[1]) for match in found if match}


def imported(folder: str) -> dict[str, str]:
    """Top-level names of other people's packages imported below a folder, each with one place."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            else:
                continue
            for name in names:
                root = name.split(".")[0]
                if root not in sys.stdlib_module_names and root not in OURS:
                    found.setdefault(root, f"{path.relative_to(ROOT)}:{node.lineno}")
    return found


def distributions(names: dict[str, str]) -> dict[str, str]:
    """Distributions that hold imported packages, each with one place that imports it."""
    known = packages_distributions()
    return {
        normal(distribution): place
        for name, place in names.items()
        for distribution in known.get(name, [name])
    }


def test_every_package_that_is_imported_is_a_declared_dependency_and_every_one_is_used() -> None:
    used = distributions(imported("sim") | imported("analysis"))
    dependencies = declared(project()["project"]["dependencies"])
    undeclared = used.keys() - dependencies - CARRIED.keys()
    assert {name: used[name] for name in undeclared} == {}
    assert dependencies - used.keys() == set()


@pytest.mark.parametrize(("part", "whole"), CARRIED.items())
def test_a_carried_package_is_really_required_by_the_one_that_carries_it(
    part: str, whole: str
) -> None:
    assert part in declared(requires(whole) or [])
    assert whole in declared(project()["project"]["dependencies"])


def test_every_package_that_only_tests_import_is_declared_for_development() -> None:
    metadata = project()["project"]
    every = declared(metadata["dependencies"] + metadata["optional-dependencies"]["dev"])
    undeclared = {
        name: place
        for name, place in distributions(imported("tests")).items()
        if name not in every
        and not (ROOT / place.rpartition(":")[0]).with_name(f"{name}.py").exists()
    }
    assert undeclared == {}


def test_every_dependency_is_pinned_with_hashes() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pins = {normal(match[1]) for match in PINNED.finditer(text)}
    metadata = project()["project"]
    every = declared(metadata["dependencies"] + metadata["optional-dependencies"]["dev"])
    assert every - pins == set()
    entries = re.split(r"\n(?=[a-z0-9])", text)
    unhashed = [
        entry.split("\n")[0] for entry in entries if PINNED.match(entry) and "--hash=" not in entry
    ]
    assert unhashed == []


def test_pins_keep_the_promises_of_the_declared_versions() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pins = {normal(match[1]): match[2] for match in PINNED.finditer(text)}

    def numbers(version: str) -> tuple[int, ...]:
        return tuple(int(part) for part in re.findall(r"\d+", version)[:3])

    for requirement in project()["project"]["dependencies"]:
        name, least = requirement.split(">=")
        assert numbers(pins[normal(name)]) >= numbers(least), requirement


def readable(name: str) -> bool:
    return Path(name).suffix not in {".parquet", ".png", ".gz", ".xz", ".zip"}


def test_no_file_of_the_repository_names_a_package_index() -> None:
    names = [name for name in tracked_files() if readable(name)]
    assert {"constraints.txt", "pyproject.toml", "Makefile"} <= set(names)
    found = [
        f"{name}: {match[0].strip()}"
        for name in names
        for match in INDEX.finditer((ROOT / name).read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "index" + "-url = x",
        "--extra" + "-index-url x",
        "-i" + " x",
        "https:" + "//example.org/simple",
    ],
)
def test_the_search_for_an_index_would_find_one(line: str) -> None:
    assert INDEX.search(line)


def test_the_command_is_declared_and_importable() -> None:
    from sim.cli.main import main

    scripts = project()["project"]["scripts"]
    assert scripts == {"vatp": f"{main.__module__}:{main.__name__}"}
