"""Reading a log for an audit: control events whole, order events some segments ahead of the judging."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol, Self

import polars as pl

from analysis.audit.columns import Rows, columns_of
from sim.events import KINDS

CONTROL_KINDS = tuple(name for name, kind in KINDS.items() if kind.plane == "control")
ORDER_KINDS = tuple(name for name, kind in KINDS.items() if kind.plane == "order")

READ_EVENTS = 1 << 19
"""Events read at a time, where segments are smaller."""
_FILES_AT_ONCE = 256
"""Files that one read opens at a time; small ones one after another would take twice as long."""


class Segment(Protocol):
    """A sealed range of the log."""

    @property
    def first_seq(self) -> int:
        """Seq of its first event."""

    @property
    def last_seq(self) -> int:
        """Seq of its last event."""

    @property
    def last_time_us(self) -> int:
        """Time of its last event."""


class Log(Protocol):
    """What an audit needs of a run's log; `sim.journal.RunLog` is one."""

    @property
    def header(self) -> Mapping[str, Any]:
        """The run's header."""

    @property
    def segments(self) -> Sequence[Segment]:
        """The sealed segments, in order."""

    @property
    def state(self) -> str:
        """State of the run: running, complete, interrupted or quarantined."""

    @property
    def reason(self) -> str:
        """Why the run was interrupted or quarantined; empty otherwise."""

    def sealed(
        self,
        kinds: Iterable[str],
        segments: Any,  # the log's own
    ) -> Mapping[str, pl.LazyFrame]:
        """Return some segments' events by kind, in order of seq, where their files are as they were sealed."""


class Reader:
    """Reads what an audit will need before it is asked for; two reads are in memory at a time."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self._ahead = ThreadPoolExecutor(2)
        self._groups = _groups(log.segments)
        self._control = self._ahead.submit(_read_control, log)
        self._coming = self._submit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ahead.shutdown(cancel_futures=True)

    def control(self) -> dict[str, pl.DataFrame]:
        """Return all control events by kind, in order of seq."""
        return self._control.result()

    def reads(self) -> Iterator[tuple[list[Segment], dict[str, Rows]]]:
        """Yield neighbouring segments with their order events by kind, in order; to be asked for once."""
        while self._coming is not None:
            segments, kinds = self._groups.pop(0), self._coming.result()
            self._coming = self._submit()
            yield segments, kinds

    def _submit(self) -> Future[dict[str, Rows]] | None:
        if not self._groups:
            return None
        return self._ahead.submit(_read_orders, self.log, self._groups[0])


def _groups(segments: Sequence[Segment]) -> list[list[Segment]]:
    """Group neighbouring segments into reads that stay small; at least one each."""
    groups: list[list[Segment]] = []
    for segment in segments:
        if (
            groups
            and segment.last_seq - groups[-1][0].first_seq < READ_EVENTS
            and len(groups[-1]) < _FILES_AT_ONCE // len(ORDER_KINDS)
        ):
            groups[-1].append(segment)
        else:
            groups.append([segment])
    return groups


def _read_control(log: Log) -> dict[str, pl.DataFrame]:
    scans = log.sealed(CONTROL_KINDS, log.segments)
    many = max(1, _FILES_AT_ONCE // max(1, len(log.segments)))
    tables = []
    for first in range(0, len(CONTROL_KINDS), many):
        tables += pl.collect_all([scans[kind] for kind in CONTROL_KINDS[first : first + many]])
    return {
        kind: table if table["seq"].is_sorted() else table.sort("seq")
        for kind, table in zip(CONTROL_KINDS, tables, strict=True)
    }


def _read_orders(log: Log, segments: list[Segment]) -> dict[str, Rows]:
    scans = log.sealed(ORDER_KINDS, segments)
    frames = pl.collect_all([scans[kind].select(columns_of(kind)) for kind in ORDER_KINDS])
    return {kind: Rows(frame) for kind, frame in zip(ORDER_KINDS, frames, strict=True)}
