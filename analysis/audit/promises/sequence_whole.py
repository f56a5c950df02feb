"""Nothing is missing from the log and nothing is out of order."""

import numpy as np

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Offence, Tally
from analysis.audit.registry import promise
from analysis.audit.stretches import Stretch


@promise(
    title="Events are numbered from 1 without a gap or a double, and time never goes back",
    needs="control",
)
class SequenceWhole:
    """Lay every event of a stretch on its number."""

    def __init__(self, evidence: Evidence) -> None:
        self._found = Tally()
        self._next = 1
        self._time_us = evidence.start_us

    def look(self, stretch: Stretch) -> None:
        """Count the events on each number, and compare each time with the one before."""
        size = stretch.last_seq - stretch.first_seq + 1
        count = np.zeros(size, np.int64)
        time_us = np.zeros(size, np.int64)
        control = stretch.control
        for seq, times in (
            *((rows.seq, rows.time_us) for rows in stretch.kinds.values()),
            (control["seq"].to_numpy(), control["time_us"].to_numpy()),
        ):
            place = seq - stretch.first_seq
            count += np.bincount(place, minlength=size)
            time_us[place] = times
        self._numbers(stretch, count, time_us)
        known = count > 0
        # A number without an event has no time: it takes that of the one before.
        filled = np.maximum.accumulate(np.where(known, time_us, self._time_us))
        back = known & (time_us < np.maximum(np.r_[self._time_us, filled[:-1]], self._time_us))
        self._times(stretch, back, time_us, filled)
        self._time_us = int(filled[-1])
        self._next = stretch.last_seq + 1

    def _numbers(self, stretch: Stretch, count: np.ndarray, time_us: np.ndarray) -> None:
        self._found.cases += len(count)
        if stretch.first_seq != self._next:
            what = f"a stretch begins at seq {stretch.first_seq}"
            self._found.offend(
                Offence(stretch.first_seq, int(time_us[0]), "", what, f"seq {self._next}")
            )
        for place in np.flatnonzero(count != 1)[:1].tolist():
            what = f"{count[place]} events have this number"
            self._found.offend(
                Offence(stretch.first_seq + place, int(time_us[place]), "", what, "one event")
            )
            self._found.broken += int((count != 1).sum()) - 1

    def _times(
        self, stretch: Stretch, back: np.ndarray, time_us: np.ndarray, filled: np.ndarray
    ) -> None:
        for place in np.flatnonzero(back)[:1].tolist():
            before = int(filled[place - 1]) if place else self._time_us
            self._found.offend(
                Offence(
                    stretch.first_seq + place,
                    int(time_us[place]),
                    "",
                    f"time {time_us[place]} us",
                    f"at or after {before} us, the time of the event before",
                )
            )
            self._found.broken += int(back.sum()) - 1

    def tally(self) -> Tally:
        """Return what was found."""
        return self._found
