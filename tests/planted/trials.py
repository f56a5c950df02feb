"""Trials: plant a fault, let the named tests and the auditor look for it, and say who found it.

The tests and the life run on the copy with the fault; the audit runs in this process, on clean sources.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import attrs

from analysis.audit import Finding, audit, read_terms
from sim.journal import RunLog, verify
from sim.state import replay
from tests.planted.copies import copy_sources, faulty_copy
from tests.planted.faults import CHECKS, Fault, PlantingError, read_lives

LONGEST_S = 300
"""A fault may make a loop endless: that is one nothing caught."""

_TESTS_PASSED, _TESTS_FAILED = 0, 1
"""pytest's exit codes."""

Life = tuple[str, tuple[str, ...]]
"""Name of a life and what it is given besides."""


@attrs.frozen
class Verdict:
    """What came of one fault."""

    fault: Fault
    missed: tuple[str, ...]
    """What should have caught it and did not; nothing is good."""
    first_offences: tuple[str, ...]
    """First offending event of each named promise."""
    also: tuple[str, ...]
    """Promises that are broken besides the named ones."""
    wall_s: float

    @property
    def caught(self) -> bool:
        """Whether everything that is said to catch the fault did."""
        return not self.missed


class Trials:
    """A clean copy of the sources, and trials of faults in copies of it."""

    def __init__(self, folder: Path) -> None:
        """Copy the sources into a folder, which the caller removes."""
        self._folder = folder
        self._memory = folder / "memory"
        self._memory.mkdir(parents=True)
        self._clean = copy_sources(folder / "clean")
        self._lives = read_lives()

    def without_fault(self, faults: Iterable[Fault]) -> list[str]:
        """Say which of the named tests fail, and which of the lives break a promise, without any fault."""
        chosen = list(faults)
        problems = []
        nodes = sorted({node for fault in chosen for node in fault.tests})
        if nodes:
            outcome = self._attempt(self._clean, "tests", *nodes)
            if outcome["code"] not in (_TESTS_PASSED, _TESTS_FAILED):
                return [f"the tests cannot be run:\n{outcome['said']}"]
            problems += [f"{node} fails without a fault" for node in outcome.get("failed", ())]
            passed = outcome.get("passed", ())
            problems += [
                f"{node} is no test that runs" for node in nodes if not _is_in(node, passed)
            ]
        for life in sorted({_life_of(fault) for fault in chosen if fault.lives}):
            run_dir = self._folder / "life without a fault"
            lived = self._live(self._clean, life, run_dir)
            if "stopped" in lived:
                problems.append(f"life {life[0]} stops without a fault: {lived['stopped']}")
            else:
                broken = _broken(run_dir)
                problems += [f"{name} is broken without a fault" for name in broken]
                problems += [
                    f"log {name} finds something without a fault"
                    for name in CHECKS
                    if _finds(name, run_dir)
                ]
            shutil.rmtree(run_dir, ignore_errors=True)
        return problems

    def trial(self, fault: Fault) -> Verdict:
        """Plant a fault and see who catches it.

        Raises
        ------
        PlantingError
            The fault cannot be planted.
        """
        started = time.perf_counter()
        folder = self._folder / fault.name.replace(" ", "-")
        missed: list[str] = []
        broken: dict[str, Finding] = {}
        with faulty_copy(fault, self._clean, folder) as copy:
            if fault.tests:
                missed += self._missed_by_tests(copy, fault)
            if fault.lives:
                run_dir = folder / "run"
                lived = self._live(copy, _life_of(fault), run_dir)
                broken = _broken(run_dir)
                missed += [f"promise {name}" for name in fault.promises if name not in broken]
                missed += [f"log {name}" for name in fault.checks if not _finds(name, run_dir)]
                stopped = lived.get("stopped", "")
                if fault.stops not in stopped or (stopped and not fault.stops):
                    missed.append(f"the run itself: {stopped or 'it did not stop'}")
        shutil.rmtree(folder)
        first = tuple(
            f"{name}: event {broken[name].first.seq}"  # type: ignore[union-attr]  # a broken promise has one
            for name in fault.promises
            if name in broken
        )
        also = tuple(name for name in broken if name not in fault.promises)
        return Verdict(fault, tuple(missed), first, also, time.perf_counter() - started)

    def _missed_by_tests(self, copy: Path, fault: Fault) -> list[str]:
        outcome = self._attempt(copy, "tests", *fault.tests)
        # Tests that cannot even be collected prove nothing.
        failed = outcome["failed"] if outcome["code"] == _TESTS_FAILED else ()
        return [f"test {node}" for node in fault.tests if not _is_in(node, failed)]

    def _live(self, sources: Path, life: Life, run_dir: Path) -> dict[str, Any]:
        name, settings = life
        given = (*self._lives[name], *settings)
        return self._attempt(sources, "life", str(run_dir), str(self._memory), *given)

    def _attempt(self, sources: Path, *what: str) -> dict[str, Any]:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "tests.planted.attempt", *what],
                cwd=sources,
                env={**os.environ, "PYTHONPATH": str(sources), "POLARS_MAX_THREADS": "1"},
                capture_output=True,
                text=True,
                timeout=LONGEST_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"stopped": f"no end within {LONGEST_S} s", "code": -1}
        if done.returncode:
            raise PlantingError(f"an attempt at {' '.join(what)} failed:\n{done.stderr.strip()}")
        *before, last = done.stdout.splitlines()
        outcome: dict[str, Any] = json.loads(last)
        return {**outcome, "said": "\n".join(before[-20:])}


def _life_of(fault: Fault) -> Life:
    return fault.life, fault.settings


def _is_in(node: str, found: Sequence[str]) -> bool:
    """Whether a test, with any of its parameters where none are named, is among those found."""
    return any(name == node or name.startswith(f"{node}[") for name in found)


def _finds(check: str, run_dir: Path) -> bool:
    """Whether another reader of the log finds something wrong in it."""
    if check == "verify":
        return bool(verify(run_dir).problems)
    return replay(RunLog.open(run_dir)).problem


def _broken(run_dir: Path) -> dict[str, Finding]:
    """Audit a log and return the broken promises by name."""
    log = RunLog.open(run_dir)
    report = audit(log, read_terms(log.run_dir, log.header))
    return {found.name: found for found in report.findings if found.verdict == "broken"}
