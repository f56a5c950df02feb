"""Snapshots of a fold in the run folder: derived files, so that a state in mid-year need not be folded anew.

They are no part of the run: nothing in its chain knows them, and they may be deleted at any time. A
snapshot is believed only if its bytes are those that were written, if the chain of digests up to the
segment it ends in is the one it was made from, and if the code that made it is this code. Anything else is
as good as no snapshot, and is replaced. That finds what happens to files by accident; whoever edits a snapshot
can make its digest fit too, and only a fold from the log alone tells (`sim.state.replay`).
"""

import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

import sim.events
import sim.ledger
import sim.units
import sim.venue.register
from sim.journal import RunLog
from sim.state.fold import Fold
from sim.state.hashing import state_hash
from sim.venue.register import Record

FOLDER = "snapshots"
_MOST_SNAPSHOTS = 24
_LEAST_EVENTS = 1 << 14
"""Fewer events are folded faster than a snapshot is read."""
_DIGEST_BYTES = 16
_MISFITS = (
    zlib.error,
    msgspec.MsgspecError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    OverflowError,
)
"""What a body of another form raises when it is taken apart."""
_SOURCES = (sim.events, sim.ledger, sim.units, sim.venue.register)


class _Trading(msgspec.Struct):
    balances: bytes
    fees: list[int]
    resting: bytes


class _Body(msgspec.Struct):
    """What a fold says of itself, with the types that msgspec checks."""

    seq: int
    ledger: dict[str, dict[str, int]]
    register: list[Record]
    terms: dict[str, list[list[int | str]]]
    trading: _Trading


class _Label(msgspec.Struct):
    """The first line of a snapshot: what it was made from, by what, and what its bytes must be."""

    seq: int
    chain: str
    code: str
    body: str


class Snapshots:
    """The snapshots of one run."""

    def __init__(self, log: RunLog) -> None:
        self._log = log
        self._folder = log.run_dir / FOLDER
        self.refused = ""
        """Why a snapshot could not be kept, such as a folder that may not be written."""

    @property
    def spacing(self) -> int:
        """Events between two snapshots."""
        return max(_LEAST_EVENTS, -(-self._log.events // _MOST_SNAPSHOTS))

    def places(self, after: int, to: int) -> Iterator[int]:
        """Yield the seqs behind which a snapshot belongs, after one seq and up to another."""
        spacing = self.spacing
        yield from range((after // spacing + 1) * spacing, to + 1, spacing)

    def nearest(self, seq: int) -> Fold:
        """Return the fold of the last valid snapshot that does not go beyond a seq, or an empty one."""
        for found in sorted((place for place in self._kept() if place <= seq), reverse=True):
            fold = self._read(found)
            if fold is not None:
                return fold
        return Fold(self._log)

    def keep(self, fold: Fold) -> None:
        """Write a snapshot, whole or not at all; a folder that cannot be written is noted in `refused`."""
        body = zlib.compress(msgspec.msgpack.encode(fold.snapshot()), 1)
        label = _Label(fold.seq, self._chain(fold.seq), _code_digest(), _digest(body))
        path = self.path(fold.seq)
        # Two commands may build the same snapshot at once: each writes a file of its own.
        partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
        try:
            self._folder.mkdir(exist_ok=True)
            self._discard_stale()
            partial.write_bytes(msgspec.json.encode(label) + b"\n" + body)
            partial.replace(path)
        except OSError as error:
            self.refused = f"{self._folder}: {error.strerror or error}"
            with suppress(OSError):
                partial.unlink(missing_ok=True)

    def _discard_stale(self) -> None:
        """Remove what commands left that were killed while they wrote a snapshot."""
        for path in self._folder.glob("*.state.*.partial"):
            writer = path.suffixes[-2].removeprefix(".")
            if writer.isascii() and writer.isdigit() and not _is_another_alive(int(writer)):
                with suppress(OSError):
                    path.unlink()

    def believed(self) -> list[int]:
        """List the seqs of the snapshots that `nearest` would go on from."""
        return sorted(seq for seq in self._kept() if self._body(seq) is not None)

    def agrees(self, fold: Fold) -> bool:
        """Whether the snapshot kept behind a fold's last event holds what the fold does, to the last order."""
        found = self._read(fold.seq)
        return found is not None and state_hash(found.contents()) == state_hash(fold.contents())

    def replace(self, fold: Fold) -> None:
        """Write the right snapshot over a wrong one, or take the wrong one away; `refused` says where neither works."""
        self.keep(fold)
        if self.refused:
            with suppress(OSError):
                self.path(fold.seq).unlink()
                self.refused = ""

    def path(self, seq: int) -> Path:
        """Return where the snapshot behind an event lies."""
        return self._folder / f"{seq:012d}.state"

    def _kept(self) -> list[int]:
        with suppress(OSError):
            names = (path.stem for path in self._folder.glob("*.state"))
            return [int(name) for name in names if name.isascii() and name.isdigit()]
        return []

    def _read(self, seq: int) -> Fold | None:
        body = self._body(seq)
        if body is None:
            return None
        # A body whose digest was made to fit may hold anything.
        with suppress(*_MISFITS):
            found = msgspec.msgpack.decode(zlib.decompress(body), type=_Body)
            if found.seq == seq:
                return Fold.of(self._log, _plain(found))
        return None

    def _body(self, seq: int) -> bytes | None:
        """Return a snapshot's bytes behind its label, where the label is exactly what was written."""
        try:
            data = self.path(seq).read_bytes()
        except OSError:
            return None
        line, _, body = data.partition(b"\n")
        expected = _Label(seq, self._chain(seq), _code_digest(), _digest(body))
        # Compared as bytes: the label too must be exactly what was written.
        return body if expected.chain and line == msgspec.json.encode(expected) else None

    def _chain(self, seq: int) -> str:
        """Chain of digests up to the segment that holds a seq; empty where no segment does."""
        segments = self._log.segments
        return next((part.chain for part in segments if part.first_seq <= seq <= part.last_seq), "")


def _is_another_alive(process: int) -> bool:
    """Whether a process other than this one lives under a number."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _plain(body: _Body) -> dict[str, Any]:
    trading = msgspec.structs.asdict(body.trading)
    return msgspec.structs.asdict(body) | {"trading": trading}


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=_DIGEST_BYTES).hexdigest()


@cache
def _code_digest() -> str:
    """Digest of every source that decides what a snapshot holds: a mended fold must not trust the old one's."""
    digest = blake2b(digest_size=_DIGEST_BYTES)
    files = list(Path(__file__).parent.glob("*.py"))
    for module in _SOURCES:
        path = Path(str(module.__file__))
        files += path.parent.rglob("*.py") if path.name == "__init__.py" else [path]
    for file in sorted(files):
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()
