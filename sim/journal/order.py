"""The order of a segment: every seq once, time never going back, every cause in the past."""

from collections.abc import Mapping

import attrs
import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]


@attrs.frozen
class Disorder:
    """The first row that breaks the order of a segment; row counts from 0 in the kind's table."""

    kind: str
    row: int
    what: str


def first_disorder(
    tables: Mapping[str, pl.DataFrame], first_seq: int, last_seq: int, not_before_us: int | None
) -> Disorder | None:
    """Check the rows of a segment over all kinds.

    Parameters
    ----------
    tables
        Rows by kind.
    first_seq, last_seq
        The range they must fill, both included.
    not_before_us
        Time of the event before the first, None when there is none.
    """
    owner = np.full(last_seq - first_seq + 1, -1, np.int16)
    times = np.zeros(len(owner), np.int64)
    for index, (kind, table) in enumerate(tables.items()):
        seq = table["seq"].to_numpy()
        cause = table["cause"].to_numpy()
        for wrong, what in _checks(seq, cause, first_seq, last_seq):
            if wrong.any():
                row = int(np.argmax(wrong))
                return Disorder(kind, row, what.format(seq=seq[row], cause=cause[row]))
        taken = owner[seq - first_seq] >= 0
        if taken.any():
            row = int(np.argmax(taken))
            other = list(tables)[owner[seq[row] - first_seq]]
            return Disorder(kind, row, f"seq {seq[row]} is also that of a row of {other}")
        owner[seq - first_seq] = index
        times[seq - first_seq] = table["time_us"].to_numpy()
    return _gap(tables, owner, first_seq) or _back_in_time(
        tables, owner, times, first_seq, not_before_us
    )


def _checks(
    seq: Ints, cause: Ints, first_seq: int, last_seq: int
) -> list[tuple[npt.NDArray[np.bool_], str]]:
    falling = np.zeros(len(seq), np.bool_)
    falling[1:] = seq[1:] <= seq[:-1]
    return [
        (
            (seq < first_seq) | (seq > last_seq),
            f"seq {{seq}} lies outside {first_seq} to {last_seq}",
        ),
        (falling, "seq {seq} does not follow the row before it"),
        ((cause < 0) | (cause >= seq), "cause {cause} is not an event before seq {seq}"),
    ]


def _gap(
    tables: Mapping[str, pl.DataFrame], owner: npt.NDArray[np.int16], first_seq: int
) -> Disorder | None:
    missing = np.flatnonzero(owner < 0)
    if not len(missing):
        return None
    place = int(missing[0])
    what = f"seq {first_seq + place} is missing ({len(missing)} of {len(owner)} are)"
    # Named is the row that stands where the missing one should: the next, or the last before the end.
    present = np.flatnonzero(owner >= 0)
    if not len(present):
        return Disorder("all kinds", 0, what)
    neighbour = int(present[min(int(np.searchsorted(present, place)), len(present) - 1)])
    kind = list(tables)[owner[neighbour]]
    return Disorder(kind, _row(tables[kind], first_seq + neighbour), what)


def _row(table: pl.DataFrame, seq: int) -> int:
    return int(np.searchsorted(table["seq"].to_numpy(), seq))


def _back_in_time(
    tables: Mapping[str, pl.DataFrame],
    owner: npt.NDArray[np.int16],
    times: Ints,
    first_seq: int,
    not_before_us: int | None,
) -> Disorder | None:
    before = np.empty_like(times)
    before[1:] = times[:-1]
    before[:1] = times[:1] if not_before_us is None else not_before_us
    places = np.flatnonzero(times < before)
    if not len(places):
        return None
    place = int(places[0])
    kind = list(tables)[owner[place]]
    return Disorder(
        kind,
        _row(tables[kind], first_seq + place),
        f"time {times[place]} of seq {first_seq + place} is before {before[place]}, the event before",
    )
