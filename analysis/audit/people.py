"""Who may trade: the class of every client, and from when; and values that change on the way."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.audit.columns import UNKNOWN, Ints
from sim.events.codes import ClientClass
from sim.units import PPM, SYMBOLS

if TYPE_CHECKING:
    from analysis.audit.evidence import Evidence

NEVER = np.iinfo(np.int64).max
NOBODY = 0
"""Account of whoever never signed up; clients' ids begin at 1."""
NO_CLASS = len(ClientClass)
CLASSES = tuple(member.name.lower() for member in ClientClass)
_LARGEST_ID = 1 << 26
"""Ids are numbers of a counter; a larger one is nobody's."""


@attrs.frozen
class People:
    """Every client by id; arrays of shape [largest id + 1], entry 0 being nobody."""

    code: NDArray[np.int8]
    """Class the account trades as, NO_CLASS for who has none."""
    active_seq: Ints
    """Seq of the event that let the client trade, NEVER for others."""

    def __len__(self) -> int:
        return len(self.code)

    def account(self, client: Ints) -> Ints:
        """Return each id's place in the arrays, NOBODY for ids that are no client's."""
        if not len(client) or (client.min() > NOBODY and client.max() < len(self)):
            return client
        return np.where((client > NOBODY) & (client < len(self)), client, NOBODY)


def people(evidence: "Evidence") -> People:
    """Fold activations and registrations; the first of a client counts."""
    kinds = ("client_activated", "participant_registered")
    rows = pl.concat(
        [
            evidence.table(kind).select("seq", "client", pl.col("client_class").to_physical())
            for kind in kinds
        ]
    )
    rows = rows.filter(pl.col("client").is_between(1, _LARGEST_ID)).sort("seq", descending=True)
    size = max(rows["client"].to_list(), default=0) + 1
    code = np.full(size, NO_CLASS, np.int8)
    active_seq = np.full(size, NEVER, np.int64)
    client = rows["client"].to_numpy()
    # Latest first, so that the first event of a client is written last.
    code[client] = rows["client_class"].to_numpy()
    active_seq[client] = rows["seq"].to_numpy()
    return People(code, active_seq)


class Steps:
    """Values by key that change at known places of the log, for many look-ups in order of seq."""

    def __init__(
        self, keys: Sequence[int], seqs: Sequence[int], values: Sequence[int], size: int, start: int
    ) -> None:
        """Take each change: which key, from which seq on, to what; `start` is every key's first value."""
        order = np.argsort(np.array(seqs, np.int64), kind="stable")
        self._keys = np.array(keys, np.int64)[order]
        self._seqs = np.array(seqs, np.int64)[order]
        self._values = np.array(values, np.int64)[order]
        self._size, self._start = size, start

    def at(self, keys: NDArray[np.integer], seqs: Ints) -> Ints:
        """Return the value in force for each key just before the event of each seq, which come in order."""
        if not len(seqs):
            return np.empty(0, np.int64)
        first, last = int(seqs[0]), int(seqs[-1])
        now = np.full(self._size, self._start, np.int64)
        before = int(np.searchsorted(self._seqs, first))
        # Later changes are written last.
        now[self._keys[:before]] = self._values[:before]
        found: Ints = now[keys]
        for place in range(before, int(np.searchsorted(self._seqs, last))):
            after = (seqs > self._seqs[place]) & (keys == self._keys[place])
            found[after] = self._values[place]
        return found


def pair_key(code: NDArray[np.integer], instrument: NDArray[np.integer]) -> NDArray[np.integer]:
    """Return the key of a class and a pair; whoever has no class has keys of their own."""
    # A byte holds every key: there are few classes and few pairs.
    keys: NDArray[np.integer] = code.astype(np.uint8) * np.uint8(UNKNOWN + 1) + instrument
    return keys


def pair_status(evidence: "Evidence") -> Steps:
    """Status of each class and pair, as `pair_opened` set it: 0 closed, 1 sell-only, 2 open."""
    rows = evidence.table("pair_opened")
    places = [SYMBOLS.index(name) if name in SYMBOLS else UNKNOWN for name in rows["instrument"]]
    keys = pair_key(rows["client_class"].to_physical().to_numpy(), np.array(places, np.int64))
    size = (NO_CLASS + 1) * (UNKNOWN + 1)
    values = rows["status"].to_physical().to_list()
    return Steps(keys.tolist(), rows["seq"].to_list(), values, size, 0)


def fee_rates(evidence: "Evidence") -> dict[str, Steps]:
    """Rates in ppm of each class as `fees_set` set them: maker, taker, and the higher of both (hold)."""
    rows = evidence.table("fees_set")
    keys, seqs = rows["client_class"].to_physical().to_list(), rows["seq"].to_list()
    columns = {
        "maker": rows["maker_ppm"],
        "taker": rows["taker_ppm"],
        "hold": rows.select(pl.max_horizontal("maker_ppm", "taker_ppm")).to_series(),
    }
    return {
        name: Steps(keys, seqs, column.to_list(), NO_CLASS + 1, 0)
        for name, column in columns.items()
    }


def fee_minor(notional_minor: Ints, rate_ppm: Ints) -> Ints:
    """Return the fee on each notional, rounded down to the minor unit."""
    largest = int(notional_minor.max(initial=0)) * int(rate_ppm.max(initial=0))
    if largest < NEVER and notional_minor.min(initial=0) >= 0:
        return notional_minor * rate_ppm // PPM
    # In parts: the product would not fit 64 bits.
    whole, rest = np.divmod(notional_minor, PPM)
    return whole * rate_ppm + rest * rate_ppm // PPM
