"""What a worker is asked to do and what it answers; plain values that travel between processes."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from analysis import Outcome


@attrs.frozen
class Source:
    """Where a scenario comes from: its file, the overlays laid over it, single values set."""

    scenario: str
    """Path of a file, or the name of a shipped scenario."""
    overlays: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    """As `path=value`."""

    def command(self, seed: int) -> str:
        """Return the command that runs this source with a seed."""
        parts = ["vatp", "run", self.scenario]
        for overlay in self.overlays:
            parts += ["--with", overlay]
        for setting in self.settings:
            parts += ["--set", setting]
        return shlex.join([*parts, "--seed", str(seed)])


@attrs.frozen
class Task:
    """One run: a scenario, a seed, and the new folder for its log."""

    label: str
    """What the run is for, such as `baseline`."""
    source: Source
    seed: int
    run_dir: Path
    measures: tuple[str, ...] = ()
    """Measures or families to compute; none means all."""

    def __str__(self) -> str:
        return f"{self.label} seed {self.seed}"


@attrs.frozen
class Finished:
    """A run that reached its horizon."""

    task: Task
    outcomes: "tuple[Outcome, ...]"
    events: int
    head: str
    """Head of the log, which names the run: its header and its events."""
    chain: str
    """Chain over the events alone; equal chains are equal events, whatever the scenario was called."""
    state_hash: str
    wall_s: float


@attrs.frozen
class Failed:
    """A run that did not, and how to see it fail again."""

    task: Task
    error: str
    """One line: the kind of error and its message."""
    details: str = ""
    """The whole traceback, for a file; empty when the process died without one."""

    @property
    def command(self) -> str:
        """The command that replays the run."""
        return self.task.source.command(self.task.seed)

    def __str__(self) -> str:
        return f"{self.task}: {self.error}; replay with: {self.command}"


Result = Finished | Failed
