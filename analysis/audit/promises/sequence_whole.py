"""Nothing is missing from the log and nothing is out of order."""

import numpy as np
from numpy.typing import NDArray

from analysis.audit.columns import Ints
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
        control = stretch.control
        rows = [(kind.seq - stretch.first_seq, kind.time_us) for kind in stretch.kinds.values()]
        seqs = control["seq"].to_numpy() - stretch.first_seq
        rows.append((seqs, control["time_us"].to_numpy()))
        known = np.zeros(size, np.bool_)
        time_us = np.zeros(size, np.int64)
        for place, times in rows:
            known[place] = True
            time_us[place] = times
        self._numbers(stretch, [place for place, _ in rows], known, time_us)
        self._times(stretch, known, time_us)
        self._next = stretch.last_seq + 1

    def _numbers(
        self, stretch: Stretch, places: list[Ints], known: NDArray[np.bool_], time_us: Ints
    ) -> None:
        self._found.cases += len(known)
        if stretch.first_seq != self._next:
            what = f"a stretch begins at seq {stretch.first_seq}"
            self._found.offend(
                Offence(stretch.first_seq, int(time_us[0]), "", what, f"seq {self._next}")
            )
        if known.all() and sum(map(len, places)) == len(known):
            return
        count = np.bincount(np.concatenate(places), minlength=len(known))
        wrong = np.flatnonzero(count != 1)
        place = int(wrong[0])
        what = f"{count[place]} events have this number"
        self._found.offend(
            Offence(stretch.first_seq + place, int(time_us[place]), "", what, "one event")
        )
        self._found.broken += len(wrong) - 1

    def _times(self, stretch: Stretch, known: NDArray[np.bool_], time_us: Ints) -> None:
        whole = known.all()
        times = time_us if whole else time_us[known]
        if not len(times):
            return
        back = np.flatnonzero(times[1:] < times[:-1]) + 1
        if times[0] < self._time_us:
            back = np.append(0, back)
        if len(back):
            first = int(back[0])
            place = first if whole else int(np.flatnonzero(known)[first])
            before = int(times[first - 1]) if first else self._time_us
            self._found.offend(
                Offence(
                    stretch.first_seq + place,
                    int(times[first]),
                    "",
                    f"time {times[first]} us",
                    f"at or after {before} us, the time of the event before",
                )
            )
            self._found.broken += len(back) - 1
        self._time_us = int(times[-1])

    def tally(self) -> Tally:
        """Return what was found."""
        return self._found
