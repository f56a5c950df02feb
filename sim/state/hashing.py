"""A state as named parts, and its hash."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

State = Mapping[str, Any]
"""Named parts: integer arrays, or values that JSON can write."""

Table = NDArray[np.int64]


def state_hash(state: State) -> str:
    """Digest of a state: parts in order of their names, arrays as little-endian int64 with their shape."""
    digest = blake2b(digest_size=16)
    for name in sorted(state):
        part = state[name]
        digest.update(name.encode())
        if isinstance(part, np.ndarray):
            digest.update(repr(part.shape).encode())
            digest.update(np.ascontiguousarray(part, dtype="<i8").tobytes())
        else:
            digest.update(msgspec.json.encode(part, order="deterministic"))
    return digest.hexdigest()


def differing_parts(live: State, rebuilt: State) -> list[str]:
    """Name the parts in which two states differ."""
    names = sorted({*live, *rebuilt})
    return [
        name
        for name in names
        if name not in live
        or name not in rebuilt
        or state_hash({name: live[name]}) != state_hash({name: rebuilt[name]})
    ]


def trimmed(table: Table) -> Table:
    """Cut off the last accounts that have nothing: a log does not say how many people there might be."""
    used = np.flatnonzero(table.any(axis=1))
    return table[: int(used[-1]) + 1 if len(used) else 0]
