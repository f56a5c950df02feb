"""The log stretch by stretch: what one look of every promise is shown."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import numpy as np
import polars as pl

from analysis.audit.columns import Columns
from analysis.audit.reading import CONTROL_KINDS

if TYPE_CHECKING:
    from analysis.audit.evidence import Evidence
    from analysis.audit.orders import Lives, Sent
    from analysis.audit.postings import Running

T = TypeVar("T")

STRETCH_EVENTS = 1 << 17
"""Events judged at a time: few enough for a processor's cache, many enough that threads seldom wait."""

_KIND_NAMES = pl.Enum(CONTROL_KINDS)


@attrs.define(eq=False)
class Stretch:
    """A range of seq: its order rows by kind, and the control events in it."""

    first_seq: int
    last_seq: int
    kinds: dict[str, Columns]
    control: pl.DataFrame
    """The control events in it: seq, time_us, cause, client, kind."""
    sent: "Sent" = attrs.field(init=False)
    """What follows from the terms of the orders accepted in it."""
    lives: "Lives" = attrs.field(init=False)
    """The orders of the stretch from acceptance to end."""
    balances: "Running" = attrs.field(init=False)
    """Clients' balances after every event that changes one."""
    available: "Running" = attrs.field(init=False)
    """What of the balances no open order holds, after every event that changes it."""
    _known: dict[Callable[["Stretch"], Any], Any] = attrs.field(factory=dict, init=False)

    def once(self, build: "Callable[[Stretch], T]") -> T:
        """Return what a builder makes of this stretch, building it at most once."""
        if build not in self._known:
            self._known[build] = build(self)
        result: T = self._known[build]
        return result

    @property
    def accepted(self) -> Columns:
        """Accepted orders."""
        return self.kinds["order_accepted"]

    @property
    def refused(self) -> Columns:
        """Refused orders."""
        return self.kinds["order_refused"]

    @property
    def trades(self) -> Columns:
        """Trades."""
        return self.kinds["trade"]

    @property
    def cancelled(self) -> Columns:
        """Cancelled orders."""
        return self.kinds["order_cancelled"]

    @property
    def samples(self) -> Columns:
        """Samples of the top of each book."""
        return self.kinds["book_sampled"]


def control_index(evidence: "Evidence") -> pl.DataFrame:
    """Every control event in order of seq, with its kind and its client (null where it has none)."""
    parts = []
    for kind in CONTROL_KINDS:
        rows = evidence.table(kind)
        client = rows["client"] if "client" in rows.columns else pl.lit(None, pl.Int64)
        named = rows.select(
            "seq", "time_us", "cause", client=client, kind=pl.lit(kind, _KIND_NAMES)
        )
        parts.append(named)
    return pl.concat(parts).sort("seq")


def stretches(evidence: "Evidence") -> Iterator[Stretch]:
    """Yield the log in order, one stretch after another."""
    index = evidence.once(control_index)
    seqs = index["seq"].to_numpy()
    for segments, kinds in evidence.reader.reads():
        end = segments[-1].last_seq
        for first in range(segments[0].first_seq, end + 1, STRETCH_EVENTS):
            last = min(first + STRETCH_EVENTS - 1, end)
            low, high = np.searchsorted(seqs, [first, last + 1]).tolist()
            inside = {kind: rows.between(first, last) for kind, rows in kinds.items()}
            yield Stretch(first, last, inside, index.slice(low, high - low))
