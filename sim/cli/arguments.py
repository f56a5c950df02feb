"""Arguments that several commands take, their help and their defaults."""

import re
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from sim.cli.errors import UserError

Overlays = Annotated[
    tuple[Path, ...],
    Parameter(
        name="--with",
        negative=(),
        consume_multiple=False,
        show_default=False,
        help="Overlay file; repeatable, later wins.",
    ),
]
Settings = Annotated[
    tuple[str, ...],
    Parameter(
        name="--set",
        negative=(),
        consume_multiple=False,
        show_default=False,
        help="One value, such as world.population.prospects=500 or "
        'rule.onb.exposure_limit="10 %"; repeatable, over the overlays.',
    ),
]
Seed = Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**63))]
Count = Annotated[int, Parameter(validator=validators.Number(gte=0))]
Flag = Annotated[bool, Parameter(negative=(), show_default=False)]
Json = Annotated[
    bool,
    Parameter(negative=(), show_default=False, help="Print one JSON document instead of tables."),
]
JsonLines = Annotated[
    bool,
    Parameter(negative=(), show_default=False, help="Print one JSON document per line."),
]

RUNS_FOLDER = Path("runs")
_LONGEST_NAME = 100


def new_run_folder(*parts: str) -> Path:
    """Return a folder under `runs/` that does not exist yet: NAME, then NAME-2 and so on.

    Parameters
    ----------
    parts
        Joined by dashes; what does not belong in a folder's name is left out.
    """
    words = (re.sub(r"[^\w.+-]+", "-", part).strip(".-") for part in parts)
    name = "-".join(word for word in words if word)[:_LONGEST_NAME]
    candidate = RUNS_FOLDER / name
    count = 2
    while candidate.exists():
        candidate = RUNS_FOLDER / f"{name}-{count}"
        count += 1
    return candidate


def instant(option: str, text: str) -> int:
    """Parse a date or date-time given to an option, in microseconds since the epoch.

    Raises
    ------
    UserError
        It is neither.
    """
    from sim.quantities import QuantityError, parse_instant

    try:
        return parse_instant(text)
    except QuantityError as error:
        raise UserError(f"{option}: {error}") from error
