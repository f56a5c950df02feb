"""A book frozen, thawed and fingerprinted."""

from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from sim.matching import core
from sim.matching.aligned import aligned_empty
from sim.matching.arena import (
    HEADER_WORDS,
    KEY,
    LAYOUT,
    LAYOUT_WORD,
    RETIRED_KIND,
    RULES,
    RULES_END,
    STATE,
    STATE_END,
    TABLE,
    TABLE_MASK,
    UNIQUE_IDS,
    Arena,
)
from sim.matching.flags import ARRIVAL_SHIFT

_HASH_BYTES = 16
_FLAGS_COLUMN = 7
_HANDLE = 0xFFFF_FFFF
_KINDS = 7


class SnapshotError(ValueError):
    """What should be restored is not a snapshot of a book of this version."""


def take(arena: Arena) -> Arena:
    """Return a copy of the whole book as one flat int64 array."""
    copy = aligned_empty(len(arena))
    copy[:] = arena
    return copy


def thaw(snapshot: npt.NDArray[np.int64]) -> Arena:
    """Return a book as it was; the snapshot stays as it is.

    Raises
    ------
    SnapshotError
        It is not a snapshot of a book of this version.
    """
    problem = _problem(snapshot)
    if problem:
        raise SnapshotError(problem)
    return take(snapshot)


def state_hash(arena: Arena) -> str:
    """Return a digest of all that decides what the book does next.

    That is: rules, phase, clock, bands and last price; the resting orders with all their terms, by priority;
    the waiting stop orders; which of any two arrived first; the ids in use for ever, where ids are unique.
    It does not depend on how the book came to be, or on where its records lie.
    """
    rows = np.concatenate([core.order_rows(arena), core.stop_rows(arena)])
    flags = rows[:, _FLAGS_COLUMN].copy()
    arrivals = flags >> ARRIVAL_SHIFT
    rows[:, _FLAGS_COLUMN] = flags & ((1 << ARRIVAL_SHIFT) - 1)
    rank = np.empty(len(rows), np.int64)
    rank[np.argsort(arrivals)] = np.arange(len(rows))
    digest = blake2b(digest_size=_HASH_BYTES)
    for part in (arena[RULES:RULES_END], arena[STATE:STATE_END], rows, rank, _retired(arena)):
        digest.update(np.ascontiguousarray(part).astype("<i8", copy=False).tobytes())
        digest.update(len(part).to_bytes(8, "little"))
    return digest.hexdigest()


def _retired(arena: Arena) -> npt.NDArray[np.int64]:
    """Ids that may not be used again, in order."""
    if not arena[UNIQUE_IDS]:
        return np.empty(0, np.int64)
    entries = arena[int(arena[TABLE]) :]
    entries = entries[entries != 0]
    keys = arena[(entries & _HANDLE) + KEY]
    return np.sort(keys[((entries >> 32) ^ keys) & _KINDS == RETIRED_KIND])


def _problem(snapshot: npt.NDArray[np.int64]) -> str:
    if snapshot.dtype != np.int64 or snapshot.ndim != 1 or len(snapshot) < HEADER_WORDS:
        return (
            f"a snapshot is one flat int64 array; this has dtype {snapshot.dtype} and "
            f"shape {snapshot.shape}"
        )
    if snapshot[LAYOUT_WORD] != LAYOUT:
        return f"the snapshot has layout {int(snapshot[LAYOUT_WORD]):#x}; expected {LAYOUT:#x}"
    words = int(snapshot[TABLE]) + int(snapshot[TABLE_MASK]) + 1
    if len(snapshot) != words:
        return f"the snapshot has {len(snapshot)} words; its header says {words}"
    return ""
