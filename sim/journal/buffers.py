"""Rows on their way into segments: cut by seq, kept until a segment's rows have all come."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import polars as pl

from sim.journal.controls import ControlRows
from sim.journal.cuts import Cuts
from sim.journal.errors import JournalError
from sim.journal.rows import OrderRows
from sim.journal.sealing import Unsealed


class _Buffer:
    """Rows of one segment."""

    def __init__(self, most_rows: int) -> None:
        self.controls = ControlRows()
        self._most_rows = most_rows
        self._orders: dict[str, OrderRows] = {}
        self._order_count = 0

    @property
    def rows(self) -> int:
        return self._order_count + self.controls.count

    def take(self, kind: str, frame: pl.DataFrame) -> None:
        if self._order_count + frame.height > self._most_rows:
            raise JournalError(f"rows of {kind} from seq {frame['seq'][0]} come a second time")
        if kind not in self._orders:
            self._orders[kind] = OrderRows(kind, self._most_rows)
        self._orders[kind].extend(frame)
        self._order_count += frame.height

    def chunks(self) -> list[tuple[str, pl.DataFrame]]:
        orders = [(kind, rows.table()) for kind, rows in self._orders.items()]
        return [*orders, *self.controls.frames()]


class Buffers:
    """Segments that are not handed over yet.

    Order-plane rows may come after control events with higher seqs, so several segments can be open. They
    are handed over in order all the same.
    """

    def __init__(self, cuts: Cuts) -> None:
        self._cuts = cuts
        self._open: dict[int, _Buffer] = {}
        self._first_open = 1

    @property
    def first_seq(self) -> int:
        """First seq that is not handed over."""
        return self._cuts.end(self._first_open - 1) + 1

    def controls_at(self, seq: int) -> tuple[ControlRows, int]:
        """Return where control events from a seq on go, and the first seq they may not have any more."""
        number = self._cuts.number(seq)
        return self._buffer(number).controls, self._cuts.end(number) + 1

    def _buffer(self, number: int) -> _Buffer:
        if number not in self._open:
            self._open[number] = _Buffer(self._cuts.length(number))
        return self._open[number]

    def take(self, kind: str, frame: pl.DataFrame, next_seq: int) -> None:
        """Copy rows of one kind with rising seqs from `first_seq` to before `next_seq`; at least one row.

        Raises
        ------
        JournalError
            The seqs are not such.
        """
        seq = frame["seq"].to_numpy()
        if seq[0] < self.first_seq or seq[-1] >= next_seq or (seq[1:] <= seq[:-1]).any():
            raise JournalError(
                f"rows of {kind} have seqs from {seq.min()} to {seq.max()}; "
                f"expected rising ones from {self.first_seq} to {next_seq - 1}"
            )
        first, last = (self._cuts.number(int(place)) for place in (seq[0], seq[-1]))
        ends = [self._cuts.end(number) for number in range(first, last)]
        cuts = [0, *np.searchsorted(seq, ends, side="right").tolist(), frame.height]
        for number, (start, stop) in enumerate(pairwise(cuts), first):
            if stop > start:
                self._buffer(number).take(kind, frame[start:stop])

    def full(self) -> Iterator[Unsealed]:
        """Yield, in order, every segment whose rows have all come."""
        while buffer := self._open.get(self._first_open):
            if buffer.rows < self._cuts.length(self._first_open):
                return
            yield self._hand_over(buffer, self._cuts.end(self._first_open))

    def rest(self, next_seq: int) -> Iterator[Unsealed]:
        """Yield what is left up to before `next_seq`, whether its rows have come or not."""
        while self.first_seq < next_seq:
            last_seq = min(self._cuts.end(self._first_open), next_seq - 1)
            yield self._hand_over(self._buffer(self._first_open), last_seq)

    def prefix(self) -> Iterator[Unsealed]:
        """Yield the rows of the first open segment up to before the first that never came, if any did."""
        chunks = self._buffer(self._first_open).chunks()
        if not chunks:
            return
        seqs = np.sort(np.concatenate([frame["seq"].to_numpy() for _, frame in chunks]))
        in_place = seqs == np.arange(self.first_seq, self.first_seq + len(seqs))
        rows = len(seqs) if in_place.all() else int(np.argmin(in_place))
        if rows:
            last_seq = self.first_seq + rows - 1
            kept = [(kind, frame.filter(pl.col("seq") <= last_seq)) for kind, frame in chunks]
            yield Unsealed(self._first_open, self.first_seq, last_seq, kept)

    def _hand_over(self, buffer: _Buffer, last_seq: int) -> Unsealed:
        unsealed = Unsealed(self._first_open, self.first_seq, last_seq, buffer.chunks())
        del self._open[self._first_open]
        self._first_open += 1
        return unsealed
