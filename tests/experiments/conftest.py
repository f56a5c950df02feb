"""Tasks for the tests of batches and comparisons."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.experiments import Source, Task

MakeTasks = Callable[..., list[Task]]


@pytest.fixture
def make_tasks(tmp_path: Path) -> MakeTasks:
    """Make one task a seed, each with a folder of its own."""

    def make(*seeds: int) -> list[Task]:
        return [
            Task("baseline", Source("s.toml"), seed, tmp_path / f"seed-{seed}") for seed in seeds
        ]

    return make
