"""The command as the tests call it: in this process where possible, in one of its own where it matters."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

TINY = """\
name = "tiny"
description = "one pair, three weeks, one maker who quotes slowly"

[horizon]
start = 2023-09-01
end = 2023-09-22

[world]
listings = [{ pair = "BTC/HKD", professional_from = 2023-09-01, retail_from = 2023-09-01 }]
arbitrageurs = []
sample_interval = "6 h"

[world.population]
prospects = 120
arrival_half_life = "3 d"
trade_interval = "1 d"

[world.reference]
step = "1 h"

[[world.market_makers]]
name = "maker-1"
levels = 2
requote_interval = "1 h"
"""
"""A run of about two thousand events, most of them people's."""

COLUMNS = "100"
"""Width of a test's terminal."""


@attrs.frozen
class Answer:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What it printed as JSON."""
        return json.loads(self.out)


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what would change how output looks."""
    ours = {"COLUMNS", "FORCE_COLOR", "NO_COLOR", "TERM", "VATP_TRACEBACK"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {"TERM": "xterm"} | dict(changes or {})


def start(*words: str | Path, env: Mapping[str, str] | None = None, **options: Any) -> Any:
    """Start `vatp` in a process of its own, its output in pipes unless told otherwise."""
    return start_python("-m", "sim.cli.main", *words, env=env, **options)


def start_python(*words: str | Path, env: Mapping[str, str] | None = None, **options: Any) -> Any:
    """Start this interpreter in a process of its own."""
    given: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [sys.executable, *map(str, words)]
    return subprocess.Popen(command, env=environment(env), **(given | options))


def finish(process: Any) -> Answer:
    """Wait for a process that was started."""
    out, err = process.communicate(timeout=300)
    return Answer(process.returncode, out, err)
