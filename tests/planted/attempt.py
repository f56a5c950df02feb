"""One attempt in a process of its own: some tests, or a short life, with the kernels as plain Python.

`python -m tests.planted.attempt tests NODE...` and `... life FOLDER MEMORY SETTING...` are run with a copy of
the sources as the working folder. The last line of standard output says as JSON what came of it.
"""

import json
import os
import sys
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tests.planted.uncompiled import install

SCENARIO = "hk-retail-2023"
SEED = 1
_RATES_FROM = ("draws.py", "units.py", "world/bridge.py")
"""Sources that the hours' volatility follows from."""
_YEAR_HOURS = 366 * 24


def main() -> None:
    """Attempt what the arguments say."""
    what, *rest = sys.argv[1:]
    install()
    import sim

    here = Path(sim.__file__).parents[1]
    if here != Path.cwd():
        raise RuntimeError(f"the sources come from {here}, not from the copy {Path.cwd()}")
    said = _tests(rest) if what == "tests" else _life(Path(rest[0]), Path(rest[1]), rest[2:])
    sys.stdout.write(f"\n{json.dumps(said)}\n")


class _Outcomes:
    """A pytest plugin that notes which tests failed, in any of their phases."""

    def __init__(self) -> None:
        self.passed: set[str] = set()
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.when == "call" and report.passed:
            self.passed.add(report.nodeid)


def _tests(nodes: list[str]) -> dict[str, Any]:
    import pytest

    outcomes = _Outcomes()
    options = ["-q", "--tb=line", "-p", "no:cacheprovider", "-p", "no:benchmark"]
    code = pytest.main([*options, *nodes], plugins=[outcomes])
    return {
        "code": int(code),
        "failed": sorted(outcomes.failed),
        "passed": sorted(outcomes.passed - outcomes.failed),
    }


def _life(folder: Path, memory: Path, settings: list[str]) -> dict[str, Any]:
    import sim.world.bridge

    sim.world.bridge.clock_rates = _remembered(sim.world.bridge.clock_rates, memory)
    from sim.run import run
    from sim.scenario import load

    try:
        result = run(load(SCENARIO, settings=tuple(settings)), seed=SEED, run_dir=folder)
    except Exception as error:  # noqa: BLE001 - whatever stops a faulty platform is what came of it
        return {"stopped": f"{type(error).__name__}: {error}"}
    return {"head": result.head, "events": result.events}


def _remembered(rates: Callable[..., Any], memory: Path) -> Callable[..., Any]:
    """Draw the volatility of every hour since 1970 once for all lives whose sources draw it alike.

    Machine code does that in a moment; plain Python takes several times as long as the life itself. An hour's
    volatility is the same for every horizon, so that each life gets its part of all.
    """
    import numpy as np

    import sim

    sources = blake2b(digest_size=8)
    for name in _RATES_FROM:
        sources.update((Path(sim.__file__).parent / name).read_bytes())

    def known(seed: int, first_hour: int, last_hour: int) -> Any:
        every = (last_hour // _YEAR_HOURS + 1) * _YEAR_HOURS
        file = memory / f"{sources.hexdigest()}-{seed}-{every}.npy"
        if not file.exists():
            # Written beside and renamed, as two attempts may do so at once.
            mine = memory / f"{file.stem}-{os.getpid()}.npy"
            np.save(mine, rates(seed, 0, every))
            mine.rename(file)
        return np.load(file)[first_hour : last_hour + 1]

    return known


if __name__ == "__main__":
    main()
