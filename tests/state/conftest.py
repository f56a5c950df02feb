"""One small run for each log level."""

import pytest

from sim.journal import RunLog
from tests.state.folded_runs import LEVELS, sealed_run


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunLog]:
    """Finished runs by log level."""
    folder = tmp_path_factory.mktemp("states")
    return {level: sealed_run(folder / level, level) for level in LEVELS}
