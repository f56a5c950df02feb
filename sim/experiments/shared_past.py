"""How far two recorded runs of a seed are the same, and with which event they part."""

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from sim.journal import Difference, Row, RunLog


@attrs.frozen
class Departure:
    """What one of two runs holds where they part."""

    time_us: int
    sentence: str


@attrs.frozen
class SharedPast:
    """How far two runs of a seed are the same."""

    seed: int
    events: int
    """Leading events that both logs hold."""
    chain: str
    """Chain over them, computed from either log; empty where the logs cannot be compared."""
    difference: "Difference | None"
    """The first event they do not share, column by column; None where one log ends there."""
    baseline_departure: Departure | None
    """The baseline's event there, in a sentence; None where its log ends before, or nothing differs."""
    variant_departure: Departure | None
    identical: bool
    """Whether the two logs hold the same events to their end."""
    forked_at_us: int | None
    """Instant of the fork, where one run is a fork of the other."""


def shared_past(seed: int, before: "RunLog", after: "RunLog") -> SharedPast:
    """Find how far two runs are the same; raises JournalError where a log cannot be read."""
    from sim.journal import chain_at, common_past

    forked_at_us = _forked_at(before, after)
    if before.cuts != after.cuts:
        return SharedPast(seed, 0, "", None, None, None, identical=False, forked_at_us=forked_at_us)
    past = common_past(before, after)
    shortest = min(before.events, after.events)
    events = past.difference.seq - 1 if past.difference else shortest
    departures = _departures(before, after, events + 1) if past.difference else (None, None)
    return SharedPast(
        seed,
        events,
        chain_at(before, events),
        past.difference,
        *departures,
        identical=past.difference is None and before.events == after.events,
        forked_at_us=forked_at_us,
    )


def _departures(
    before: "RunLog", after: "RunLog", seq: int
) -> tuple[Departure | None, Departure | None]:
    from analysis.tracing import sentence

    one, other = _event(before, seq), _event(after, seq)
    said = ["" if row is None else sentence(row) for row in (one, other)]
    if one and other and said[0] == said[1]:
        # Two events may read alike and differ all the same: then the columns say in what.
        differing = [name for name in one if one[name] != other.get(name)]
        for place, row in enumerate((one, other)):
            said[place] += f" ({', '.join(f'{name} {row.get(name)}' for name in differing)})"
    first, second = (
        None if row is None else Departure(int(row["time_us"]), text)
        for row, text in zip((one, other), said, strict=True)
    )
    return first, second


def _event(log: "RunLog", seq: int) -> "Row | None":
    from sim.journal.causes import events_at

    return events_at(log, [seq])[seq] if seq <= log.events else None


def _forked_at(before: "RunLog", after: "RunLog") -> int | None:
    """Return the instant at which one run was forked from the other, by what its header says."""
    for parent, child in ((before, after), (after, before)):
        fork = child.header.get("fork")
        if isinstance(fork, dict) and _is_parent(parent, fork):
            return int(fork["at_us"])
    return None


def _is_parent(log: "RunLog", fork: dict[str, Any]) -> bool:
    """Whether a run is the one that a fork came from.

    Its head may be another by now: a run that was not complete when it was forked may have been resumed. Its
    first events are the same all the same.
    """
    from sim.journal import chain_at

    if fork.get("parent_head") == log.head:
        return True
    common = fork.get("common_events")
    if not isinstance(common, int) or not 0 <= common <= log.events:
        return False
    own = log.header.get("fork")
    if isinstance(own, dict) and own.get("common_events", common) >= common:
        # Another fork of the same run has that past too.
        return False
    return chain_at(log, common) == fork.get("common_chain")
