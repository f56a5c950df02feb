"""A process that lives, resumes or forks a short run and is killed meanwhile; its segments are short and many."""

import sys
from pathlib import Path
from unittest.mock import patch

from sim.rerun import fork, resume
from tests.run.small_run import short_run

FIRST_SEGMENT_EVENTS = 64
SETTINGS = (
    "world.market_makers=[{name='maker-1', levels=2, requote_interval='20 min'}]",
    "world.arbitrageurs=[]",
    "world.sample_interval='1 h'",
)
"""Few quotes and samples: the run is short, and most of its events are people's."""
FORK_US = 1_693_929_600_000_000
"""6 September 2023 in Hong Kong, in the middle of the run."""
FORK_SETTINGS = ("rule.onb.exposure_limit=2 %",)


def with_short_segments(task: str, run_dir: Path, parent: Path | None = None) -> str:
    """Run, resume, fork or stop half-way, as the task says; returns the head."""
    with patch("sim.journal.writer.FIRST_SEGMENT_EVENTS", FIRST_SEGMENT_EVENTS):
        if task == "resume":
            return resume(run_dir).head
        if task == "fork":
            assert parent is not None
            return fork(parent, run_dir, FORK_US, settings=FORK_SETTINGS).result.head
        return short_run(run_dir, *SETTINGS, progress=_stop if task == "stop" else None).head


def _stop(share: float, events: int) -> None:
    if share > 0.5 and events:
        raise KeyboardInterrupt


def main() -> None:
    """Load everything, say so, and do what a line of standard input asks: a task, a folder, a parent's folder."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    task, *folders = sys.stdin.readline().strip().split("\t")
    sys.stdout.write(f"{with_short_segments(task, *map(Path, folders))}\n")


if __name__ == "__main__":
    main()
