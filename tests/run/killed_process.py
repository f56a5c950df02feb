"""A process that lives a short run and is killed meanwhile; its segments are short, so that there are many."""

import sys
from pathlib import Path

import sim.journal.writer
from tests.run.small_run import short_run

FIRST_SEGMENT_EVENTS = 64
SETTINGS = (
    "world.market_makers=[{name='maker-1', levels=2, requote_interval='20 min'}]",
    "world.arbitrageurs=[]",
    "world.sample_interval='1 h'",
)
"""Few quotes and samples: the run is short, and most of its events are people's."""


def main() -> None:
    """Load everything, say so, and live the run in the folder that a line of standard input names."""
    sim.journal.writer.FIRST_SEGMENT_EVENTS = FIRST_SEGMENT_EVENTS
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    result = short_run(Path(sys.stdin.readline().strip()), *SETTINGS)
    sys.stdout.write(f"{result.head}\n")


if __name__ == "__main__":
    main()
