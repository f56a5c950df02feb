"""The wheel: holds what it must and nothing else, and works away from the repository."""

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import attrs
import pytest

from tests.packaging.repository import ROOT, tracked_files

VERSION = "0.1.0"


@attrs.frozen
class Installed:
    """A virtual environment that holds the wheel; its dependencies are this environment's."""

    folder: Path

    def run(self, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment in a folder, without a way back to the repository."""
        hidden = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "COLUMNS", "FORCE_COLOR"}
        kept = {name: value for name, value in os.environ.items() if name not in hidden}
        return subprocess.run(
            [str(self.folder / "bin" / words[0]), *words[1:]],
            cwd=cwd,
            env=kept,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the tracked files, without a network."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in tracked_files():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, source / name)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(build, cwd=source, check=True, capture_output=True, timeout=120)
    (built,) = out.iterdir()
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> frozenset[str]:
    """Return the names of the files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(archive.namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install the wheel into a fresh environment, from the file alone."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(folder)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    offline = ["--no-deps", "--no-index", "--disable-pip-version-check", str(wheel)]
    subprocess.run([*pip, *offline], check=True, capture_output=True, timeout=120)
    # Only now may it see the dependencies: pip would take this environment's own vatp-lab for its.
    (packages,) = folder.glob("lib/python*/site-packages")
    theirs = [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]
    (packages / "dependencies.pth").write_text("\n".join(theirs) + "\n", encoding="utf-8")
    return Installed(folder)


def test_the_wheel_is_named_for_any_system(wheel: Path) -> None:
    assert wheel.name == f"vatp_lab-{VERSION}-py3-none-any.whl"


def test_the_wheel_holds_every_module_and_the_types_marker(names: frozenset[str]) -> None:
    modules = {name for name in tracked_files() if name.startswith(("sim/", "analysis/"))}
    assert {"sim/py.typed", "analysis/py.typed", "sim/cli/main.py"} <= modules
    assert modules <= names


def test_the_wheel_holds_every_shipped_scenario_and_rule(names: frozenset[str]) -> None:
    data = {name for name in tracked_files() if name.startswith("scenarios/") and ".toml" in name}
    assert {"scenarios/hk-retail-2023.toml", "scenarios/rules/exposure-10.toml"} <= data
    assert {f"sim/shipped_{name}" for name in data} <= names


def test_the_wheel_holds_nothing_else(names: frozenset[str]) -> None:
    roots = {name.split("/")[0] for name in names}
    assert roots == {"sim", "analysis", f"vatp_lab-{VERSION}.dist-info"}
    strangers = ("tests", "runs", ".venv", "__pycache__", ".pytest_cache", "conftest.py")
    assert [name for name in names if set(name.split("/")) & set(strangers)] == []
    kinds = {Path(name).suffix for name in names if not name.startswith("vatp_lab-")}
    assert kinds <= {".py", ".typed", ".toml", ".md"}


def test_the_installed_command_finds_the_shipped_scenarios_from_anywhere(
    installed: Installed, tmp_path: Path
) -> None:
    place = installed.run("python", "-c", "import sim; print(sim.__file__)", cwd=tmp_path)
    assert Path(place.stdout.strip()).is_relative_to(installed.folder)
    checked = installed.run("vatp", "check", "hk-retail-2023", "rules/exposure-10", cwd=tmp_path)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout == "2 files without a problem\n"
    shown = installed.run("vatp", "rules", "show", "onb.exposure_limit", cwd=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("onb.exposure_limit  ")
    assert "from 2023-06-01: 30 %  (practice)" in shown.stdout
    assert installed.run("vatp", "--version", cwd=tmp_path).stdout == f"{VERSION}\n"
    assert list(tmp_path.iterdir()) == []


def test_the_installed_reference_prices_are_read(installed: Installed, tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from sim.scenario import load;"
        "from sim.world.prices import shipped_prices;"
        "print(len(shipped_prices(('BTC',))['BTC'].usd), load('hk-retail-2023').scenario.name)"
    )
    done = installed.run("python", "-c", program, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    months, name = done.stdout.split()
    assert int(months) > 50
    assert name == "hk-retail-2023"
