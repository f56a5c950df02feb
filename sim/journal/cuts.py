"""Where a log is cut into segments: small ones first, so that a run killed early keeps most of what it wrote."""

from bisect import bisect_left
from itertools import accumulate

import attrs

MOST_SEGMENT_EVENTS = 1 << 24
"""A segment lies in memory as a whole, up to three of them at a time."""
_REPEATS = 4
"""Segments of one length before the length doubles: what is not sealed is at most about a quarter of the log."""


@attrs.frozen
class Cuts:
    """The lengths of segments, by their number from 1 on; they depend on nothing but two numbers.

    The first segments have `first_events` rows over all kinds, every fourth doubles that, and none has more
    than `segment_events`. So the files of a long run are few, and a short run is not lost when it is killed.
    Raises ValueError where the two numbers make no sense.
    """

    segment_events: int
    """Rows in a segment of full length."""
    first_events: int
    """Rows in the first segment; as many as in a full one where the lengths do not grow."""
    _growing_ends: tuple[int, ...] = attrs.field(init=False, repr=False, eq=False)
    """Last seqs of the segments that are shorter than a full one."""

    @_growing_ends.default
    def _find_growing_ends(self) -> tuple[int, ...]:
        if not 1 <= self.first_events <= self.segment_events <= MOST_SEGMENT_EVENTS:
            raise ValueError(
                f"segments of {self.first_events} to {self.segment_events} events; "
                f"expected 1 to {MOST_SEGMENT_EVENTS}"
            )
        lengths: list[int] = []
        length = self.first_events
        while length < self.segment_events:
            lengths += [length] * _REPEATS
            length *= 2
        return tuple(accumulate(lengths))

    def end(self, number: int) -> int:
        """Return the last seq of a segment that is full."""
        growing = len(self._growing_ends)
        if number <= growing:
            return self._growing_ends[number - 1] if number else 0
        return (self._growing_ends[-1] if growing else 0) + (number - growing) * self.segment_events

    def length(self, number: int) -> int:
        """Return the rows of a segment that is full."""
        return self.end(number) - self.end(number - 1)

    def number(self, seq: int) -> int:
        """Return the number of the segment in which a seq lies."""
        growing = len(self._growing_ends)
        if growing and seq <= self._growing_ends[-1]:
            return bisect_left(self._growing_ends, seq) + 1
        grown = self._growing_ends[-1] if growing else 0
        return growing + (seq - grown - 1) // self.segment_events + 1
