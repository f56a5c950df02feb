"""`python -m tests.planted.mutants ROOM`: mutmut on a room of the simulator, and its score.

mutmut (extra `mutation`) changes one operator, constant or argument at a time and asks whether a test notices. It
leaves decorated functions alone and cannot reach into machine code, so in the copy that it works on the kernels
are plain Python without their decorators; `plain_kernels` sees to the rest.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.planted.copies import copy_sources

_DIFFERENTIAL = "tests/matching/test_matching_differential.py::test_"
ROOMS = {
    "ledger": ("tests/ledger",),
    "rules": ("tests/rules",),
    "matching": (
        "tests/matching/test_order_book.py",
        *(
            f"tests/matching/test_order_book_{part}.py"
            for part in (
                "bands",
                "changes",
                "doors",
                "icebergs",
                "prevention",
                "rules",
                "session",
                "stops",
                "values",
            )
        ),
        "tests/matching/test_matching_conformance.py",
        "tests/matching/test_matching_edges.py",
        *(
            f"{_DIFFERENTIAL}a_dense_stream_gives_the_events_and_the_book_of_the_oracle[{seed}]"
            for seed in range(6)
        ),
        f"{_DIFFERENTIAL}equal_states_and_only_they_have_equal_hashes",
        f"{_DIFFERENTIAL}the_compiled_interface_gives_the_rows_and_statuses_of_the_oracle",
    ),
}
"""Rooms, and the fast tests that are asked about each."""
NOT_MUTATED = {"matching": ("bits.py",)}
"""Machine instructions, for which plain Python has other words (`uncompiled`)."""

LEFT_OUT = ("test_the_examples_of_the_documentation_are_true",)
"""Plain integers look different in the examples of compiled code."""

_KERNEL = re.compile(r"^@(?:compiled|inlined|exported)\n", re.MULTILINE)
_STATUSES = {0: "survived", 1: "killed", 3: "killed", 5: "no tests", 33: "no tests"}
_TIMEOUTS = (24, -24, 36, 152, 255)
"""Exit codes of mutmut's workers."""
_NONE = "no.such.mutant"


def main() -> int:
    """Do what the arguments say; returns the exit code."""
    options = _options()
    with TemporaryDirectory(prefix="vatp-mutants-") as temporary:
        folder = Path(options.keep or temporary) / options.room
        copy_sources(folder)
        _prepare(folder, options.room)
        names: list[str] = []
        if options.sample:
            # Asked for a mutant that there is not, mutmut makes all of them and tests none.
            _mutmut(folder, options.children, [_NONE])
            every = sorted(_codes(folder, options.room))
            names = random.Random(options.seed).sample(every, min(options.sample, len(every)))  # noqa: S311 - a sample
        _mutmut(folder, options.children, names)
        codes = _codes(folder, options.room)
        chosen = {name: codes[name] for name in names or codes}
    found = {name: _status(code) for name, code in chosen.items()}
    for name in sorted(found):
        if found[name] not in {"killed", "timeout"}:
            sys.stdout.write(f"{found[name]:9} {name}\n")
    counts = Counter(found.values())
    noticed = counts["killed"] + counts["timeout"]
    figures = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    of = f" of {len(codes)}, seed {options.seed}" if names else ""
    sys.stdout.write(
        f"{options.room}: {len(found)} mutants{of}: {figures}; score {100 * noticed / len(found):.1f} %\n"
    )
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.planted.mutants",
        description="Run mutmut on a copy of a room and print its survivors and its score.",
    )
    parser.add_argument("room", choices=ROOMS)
    parser.add_argument("--sample", type=int, default=0, help="so many mutants at random (0: all)")
    parser.add_argument("--seed", type=int, default=1, help="of the sample (default: %(default)s)")
    parser.add_argument("--children", type=int, default=1, help="processes (default: %(default)s)")
    parser.add_argument("--keep", metavar="FOLDER", help="work in FOLDER/ROOM and leave it there")
    return parser.parse_args()


def _prepare(folder: Path, room: str) -> None:
    """Take the decorators off the kernels and tell mutmut what to do."""
    for file in (folder / "sim" / room).glob("*.py"):
        source = file.read_text(encoding="utf-8")
        file.write_text(_KERNEL.sub("", source), encoding="utf-8")
    left_out = " and ".join(f"not {name}" for name in LEFT_OUT)
    arguments = [
        *("-p", "tests.planted.plain_kernels", "-p", "no:cacheprovider", "-p", "no:benchmark"),
        *("-W", "ignore", "-k", left_out),
    ]
    settings = {
        "source_paths": ["sim"],
        "only_mutate": [f"sim/{room}/*"],
        "do_not_mutate": [f"sim/{room}/{name}" for name in NOT_MUTATED.get(room, ())],
        "also_copy": ["analysis", "scenarios", "tests"],
        "pytest_add_cli_args": arguments,
        "pytest_add_cli_args_test_selection": list(ROOMS[room]),
        "timeout_multiplier": 2.0,
        "timeout_constant": 3.0,
        "use_git_change_detection": False,
        "track_dependencies": False,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    project = folder / "pyproject.toml"
    written = project.read_text(encoding="utf-8")
    project.write_text("\n".join([written, "[tool.mutmut]", *lines, ""]), encoding="utf-8")


def _mutmut(folder: Path, children: int, names: Sequence[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", "run", "--max-children", str(children), *names],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": ""},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode and list(names) != [_NONE]:
        said = (done.stdout + done.stderr).replace("\r", "\n")[-3000:]
        raise SystemExit(f"mutmut failed (extra `mutation` installed?):\n{said}")


def _codes(folder: Path, room: str) -> dict[str, int | None]:
    """Exit code of the tests by mutant; none where a mutant was not tried."""
    codes: dict[str, int | None] = {}
    for file in sorted((folder / "mutants" / "sim" / room).glob("*.meta")):
        codes |= json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"]
    return codes


def _status(code: int | None) -> str:
    if code in _TIMEOUTS:
        return "timeout"
    return "not tried" if code is None else _STATUSES.get(code, "killed" if code < 0 else "other")


if __name__ == "__main__":
    sys.exit(main())
