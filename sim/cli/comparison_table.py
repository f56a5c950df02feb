"""The table of a comparison: a row a measure, a section a family."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sim.cli.tables import Column, Row, interval, number

if TYPE_CHECKING:
    from analysis.comparison import Row as Measured

COLUMNS = (
    Column("measure"),
    Column("baseline", right=True),
    Column("variant", right=True),
    Column("difference", right=True),
    Column("95 % interval", right=True, wraps=True),
    Column("unit", wraps=True),
)


def sections(rows: "Iterable[Measured]") -> dict[str, list[Row]]:
    """Lay out the rows of a comparison by family."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        figures = map(number, (row.baseline, row.variant, row.difference))
        found.setdefault(row.family, []).append(
            (row.name, *figures, interval(row.low, row.high), row.unit)
        )
    return found
