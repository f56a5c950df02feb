"""How far the core agrees with a record, both ways: what was recorded and is made here, and the reverse."""

import attrs

from sim.records.agreement import Agreement, Finding
from sim.records.disagreements import Disagreement, explain
from sim.records.levels import compare_books
from sim.records.record import Record
from sim.records.replay import Replay
from sim.records.sizes import compare_acceptance, compare_sizes, refusals
from sim.records.trades import compare_trades


@attrs.frozen
class Comparison:
    """Agreement of the core with one record."""

    agreements: tuple[Agreement, ...]
    """Measures for which the record has something to compare."""
    refusals: dict[str, int]
    """Clients' commands that the core refused, by reason."""
    first_disagreement: Disagreement | None

    @property
    def lowest_percent(self) -> float:
        """The lowest of all measures, both ways; 100 where nothing can be compared."""
        return min((found.lowest_percent for found in self.agreements), default=100.0)


def compare(record: Record, replay: Replay, *, set_right: bool = False) -> Comparison:
    """Compare what the core made of a record's commands with what the exchange made of them.

    Parameters
    ----------
    record
        What was recorded.
    replay
        `replay(record, set_right=set_right)`.
    set_right
        Whether that replay was set right after disagreements.
    """
    agreements: list[Agreement] = []
    findings: list[Finding] = []
    for measure in (compare_trades, compare_books, compare_sizes, compare_acceptance):
        counted, found = measure(record, replay)
        agreements += counted
        findings += found
    first = min(findings, key=lambda finding: finding.command, default=None)
    return Comparison(
        tuple(agreements),
        refusals(record, replay),
        None if first is None else explain(record, first, set_right=set_right),
    )


def total(comparisons: list[Comparison]) -> tuple[Agreement, ...]:
    """Add up the measures of several records."""
    sums: dict[str, Agreement] = {}
    for comparison in comparisons:
        for found in comparison.agreements:
            before = sums.get(found.measure, Agreement(found.measure, 0, 0, 0))
            sums[found.measure] = Agreement(
                found.measure,
                before.agreed + found.agreed,
                before.recorded + found.recorded,
                before.ours + found.ours,
            )
    # A record without trades must not put them last.
    fullest = max((comparison.agreements for comparison in comparisons), key=len, default=())
    order = [found.measure for found in fullest]
    return tuple(sorted(sums.values(), key=lambda found: order.index(found.measure)))
