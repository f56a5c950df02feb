"""One finished run for all tests of the command line, and the command itself."""

import io
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import attrs
import pytest

from sim.cli.main import command_line
from tests.cli.front_desk import TINY, Answer

Vatp = Callable[..., Answer]


@attrs.frozen
class Finished:
    """A finished run and what `run --json` said of it."""

    scenario: Path
    run_dir: Path
    code: int
    document: dict[str, Any]


@pytest.fixture
def vatp(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Vatp:
    """Call the command in this process, as a pipe sees it."""
    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR", "VATP_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)

    def call(*words: str | Path) -> Answer:
        capsys.readouterr()
        code = command_line([str(word) for word in words])
        return Answer(code, *capsys.readouterr())

    return call


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of a small scenario."""
    path = tmp_path_factory.mktemp("scenario") / "tiny.toml"
    path.write_text(TINY, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def finished(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Run the small scenario once."""
    run_dir = tmp_path_factory.mktemp("finished") / "run"
    out = io.StringIO()
    with redirect_stdout(out):
        code = command_line(["run", str(tiny), "--seed", "1", "--out", str(run_dir), "--json"])
    return Finished(tiny, run_dir, code, Answer(code, out.getvalue(), "").document)
