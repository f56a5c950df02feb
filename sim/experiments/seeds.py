"""Seeds as people write them: `"1-10"`, `"1,3,7-9"`."""

import re

from sim.experiments.errors import ExperimentError

MOST_SEEDS = 100_000
"""More is a slip of the finger: at a minute a run it would take seventy days."""
LARGEST_SEED = 2**63 - 1

_PART = re.compile(r"\s*(\d{1,20})\s*(?:-\s*(\d{1,20})\s*)?", re.ASCII)


def parse_seeds(text: str) -> tuple[int, ...]:
    """Return the seeds in the order written.

    Raises
    ------
    ExperimentError
        The text is not a list of seeds and ranges, a range runs backwards, or a seed occurs twice (it
        would be counted twice as if it were independent evidence).
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, last = _bounds(part, text)
        if len(seeds) + last - first >= MOST_SEEDS:
            raise ExperimentError(f"seeds {text!r}: more than {MOST_SEEDS:,} seeds")
        seeds.extend(range(first, last + 1))
    seen: set[int] = set()
    for seed in seeds:
        if seed in seen:
            raise ExperimentError(f"seeds {text!r}: seed {seed} is listed twice")
        seen.add(seed)
    return tuple(seeds)


def _bounds(part: str, text: str) -> tuple[int, int]:
    match = _PART.fullmatch(part)
    if match is None:
        found = f"got {part.strip()!r}" if part.strip() else "a part is empty"
        raise ExperimentError(f"seeds {text!r}: expected seeds such as 1-10 or 1,3,7-9; {found}")
    first = int(match[1])
    last = int(match[2] or first)
    if last < first:
        raise ExperimentError(f"seeds {text!r}: the range {part.strip()} runs backwards")
    if last > LARGEST_SEED:
        raise ExperimentError(f"seeds {text!r}: a seed is at most {LARGEST_SEED}")
    return first, last
