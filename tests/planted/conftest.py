"""One clean copy of the sources for all tests of this folder."""

import pytest

from tests.planted.trials import Trials


@pytest.fixture(scope="session")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Trials:
    """Trials in a temporary folder."""
    return Trials(tmp_path_factory.mktemp("planted") / "trials")
