"""The kernel cache: keyed by every source, so that a changed callee never runs stale."""

import subprocess
import sys
from pathlib import Path

import pytest

from sim.compiled import source_digest

CALLER = "from sim.compiled import kernel\nfrom sim.matching.callee import inner\n@kernel\ndef outer(x):\n    return inner(x) + 1\n"
CALLEE = "from sim.compiled import kernel\n@kernel\ndef inner(x):\n    return x * {factor}\n"


def make_project(root: Path, factor: int) -> None:
    """A copy of the cache's own module with a caller and a callee in two files."""
    package = root / "sim"
    (package / "matching").mkdir(parents=True, exist_ok=True)
    for name in ("units.py", "draws.py"):
        (package / name).write_text("", encoding="utf-8")
    for folder in ("events", "flow", "world"):
        (package / folder).mkdir(exist_ok=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "matching" / "__init__.py").write_text("", encoding="utf-8")
    source = Path(__file__).parents[1] / "sim" / "compiled.py"
    (package / "compiled.py").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    (package / "flow" / "caller.py").write_text(CALLER, encoding="utf-8")
    (package / "flow" / "__init__.py").write_text("", encoding="utf-8")
    (package / "matching" / "callee.py").write_text(CALLEE.format(factor=factor), encoding="utf-8")


def call_outer(root: Path, cache: Path) -> tuple[int, int]:
    """Value of outer(10) in a fresh process, and how often it was loaded from the cache."""
    program = (
        "from sim.flow.caller import outer; value = outer(10);"
        "print(value, sum(outer.stats.cache_hits.values()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        env={"VATP_KERNEL_CACHE": str(cache), "PATH": "", "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    value, hits = done.stdout.split()
    return int(value), int(hits)


def test_a_changed_callee_in_another_file_is_compiled_anew_and_an_unchanged_one_is_not(
    tmp_path: Path,
) -> None:
    project, cache = tmp_path / "project", tmp_path / "cache"
    make_project(project, factor=2)
    assert call_outer(project, cache) == (21, 0)
    assert call_outer(project, cache) == (21, 1)
    make_project(project, factor=3)
    assert call_outer(project, cache) == (31, 0)


@pytest.mark.parametrize("changed", ["matching/callee.py", "units.py", "draws.py"])
def test_the_digest_sees_every_source_that_is_compiled_or_frozen(
    tmp_path: Path, changed: str
) -> None:
    make_project(tmp_path, factor=2)
    before = source_digest(tmp_path / "sim")
    file = tmp_path / "sim" / changed
    file.write_text(file.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    assert source_digest(tmp_path / "sim") != before
