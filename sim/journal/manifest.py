"""The manifest: the one file that says what a run is and which rows of it count.

Each line is a JSON object in canonical form. The first is the header, then comes one line per sealed
segment, then one closing line. Two chains run through it:

- the *chain* of content: `chain_0 = H(format)`, `chain_n = H(chain_{n-1}, range of seq, content digest)`.
  Equal events give equal chains, whatever the scenario was called and on whatever machine it ran: equal
  chains of two runs prove a common past. `head_n = H(header digest, chain_n)` names the run;
- the *check* of lines: each line carries `H(check of the line before, the line without its check)`, which
  covers what the chain leaves out because it may differ between equal runs: file digests, the footer, the
  program that wrote the run.

H is BLAKE2b with 32 bytes.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

from sim.journal.cuts import Cuts
from sim.journal.digest import DIGEST_BYTES, canonical_json
from sim.journal.durable import FileDigest, unwritten
from sim.journal.entries import (
    FORMAT,
    Closing,
    EndState,
    Entry,
    Header,
    Part,
    Resumption,
    Segment,
    State,
    header_record,
    part_of,
)
from sim.journal.entries import digest_of as _digest
from sim.journal.errors import DamageError, JournalError, explained
from sim.journal.waiting import as_it_lies, put_in_place
from sim.program import Program

__all__ = [
    "FILE_NAME",
    "FORMAT",
    "NO_CHECK",
    "Closing",
    "EndState",
    "Entry",
    "Header",
    "Manifest",
    "Part",
    "Resumption",
    "Segment",
    "State",
    "decode",
    "encode",
    "head_of",
    "next_chain",
    "part_of",
    "read",
    "segment_digest",
]

FILE_NAME = "manifest.jsonl"

NO_CHECK = bytes(DIGEST_BYTES).hex()
"""What the first line takes for the check of the line before it."""
_NEWER = "a newer vatp wrote it"
_EVENTS = "events"
"""`sim.journal.sealing`, which names the folder for all others, lies above this module."""


def segment_digest(parts: Sequence[Part]) -> str:
    """Digest of a segment's content: its kinds' digests in name order."""
    return _digest(*(bytes.fromhex(part.content.digest) for part in parts))


def next_chain(chain: str, first_seq: int, last_seq: int, digest: str) -> str:
    """Chain after a segment."""
    bounds = first_seq.to_bytes(8, "little") + last_seq.to_bytes(8, "little")
    return _digest(bytes.fromhex(chain), bounds, bytes.fromhex(digest))


def head_of(header: Header, chain: str) -> str:
    """Head of a run: its header and its events together."""
    return _digest(bytes.fromhex(header.digest), bytes.fromhex(chain))


def encode(entry: Entry, previous_check: str) -> tuple[bytes, str]:
    """Write an entry as a line; returns the line, with its newline, and its check."""
    record = _RECORDS[type(entry)](entry)
    check = _check(record, previous_check)
    return canonical_json({**record, "check": check}) + b"\n", check


def _check(record: Mapping[str, Any], previous_check: str) -> str:
    return _digest(bytes.fromhex(previous_check), canonical_json(record))


def _header_line(header: Header) -> dict[str, Any]:
    return header_record(header) | _program_record(header.program)


def _program_record(program: Program | None) -> dict[str, Any]:
    return {} if program is None else {"program": attrs.asdict(program)}


def _segment_record(segment: Segment) -> dict[str, Any]:
    return {"line": "segment", **attrs.asdict(segment)}


def _closing_record(closing: Closing) -> dict[str, Any]:
    return {"line": "end", **attrs.asdict(closing)}


def _resumption_record(resumption: Resumption) -> dict[str, Any]:
    return {
        "line": "resumed",
        "segments": resumption.segments,
        **_program_record(resumption.program),
    }


_RECORDS: dict[type[Any], Any] = {
    Header: _header_line,
    Segment: _segment_record,
    Closing: _closing_record,
    Resumption: _resumption_record,
}


def decode(line: bytes, previous_check: str) -> tuple[Entry, str]:
    """Read a line without its newline; returns the entry and the line's check.

    Raises
    ------
    ValueError
        The line is not what was written after the line with `previous_check`; says why.
    """
    try:
        record = json.loads(line)
    except ValueError:
        raise ValueError("is not JSON") from None
    if not isinstance(record, dict) or canonical_json(record) != line:
        raise ValueError("is not in the form the journal writes")
    if _is_newer(record):
        raise ValueError(
            f"has manifest format {record['format']}: {_NEWER} (or the line was changed); "
            f"this program reads up to format {FORMAT}"
        )
    check = record.pop("check", None)
    if check != _check(record, previous_check):
        raise ValueError(
            "does not follow the line before it (a line was changed, dropped, added or moved)"
        )
    try:
        return _entry(record), check
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"has a missing, unknown or wrong field ({error.args[0]})") from None


def _is_newer(record: Mapping[str, Any]) -> bool:
    """Whether a line begins a manifest of a later format, whose lines may be checked in another way."""
    form = record.get("format")
    return record.get("line") == "header" and isinstance(form, int) and form > FORMAT


def _entry(record: dict[str, Any]) -> Entry:
    line = record.pop("line")
    program = Program(**record.pop("program")) if "program" in record else None
    if line == "header":
        files = {name: FileDigest(**file) for name, file in record["attachments"].items()}
        events = record["segment_events"]
        cuts = Cuts(events, record.get("first_segment_events", events))
        return Header(cuts, record["header"], files, program, record["format"])
    if line == "segment":
        return Segment(**{**record, "parts": tuple(part_of(part) for part in record["parts"])})
    if line == "resumed":
        return Resumption(**record, program=program)
    return {"end": Closing}[line](**record)


@attrs.frozen
class Manifest:
    """What the whole lines of a manifest say, up to the first damaged one."""

    header: Header
    segments: tuple[Segment, ...]
    """The segments that count: the first one after a resumption takes the place of those behind it."""
    closing: Closing | None
    state: State
    last_check: str
    whole_bytes: int
    """Length of the file up to the end of its last whole line."""
    damage: str = ""
    """What is wrong with the first line that cannot be believed; empty when there is none."""
    torn: bool = False
    """The last line was being written when the writer died; it never counted."""

    @property
    def chain(self) -> str:
        """Chain over all segments."""
        return self.segments[-1].chain if self.segments else self.header.first_chain

    @property
    def head(self) -> str:
        """Head over all segments."""
        return head_of(self.header, self.chain)

    @property
    def events(self) -> int:
        """Rows over all segments."""
        return self.segments[-1].last_seq if self.segments else 0


def read(run_dir: Path, *, is_locked: bool = False) -> Manifest:
    """Read a run's manifest.

    A damaged line ends the reading; `Manifest.damage` then says so.

    Parameters
    ----------
    run_dir
        The run folder.
    is_locked
        The caller holds the writer's lock: there is no other writer.

    Raises
    ------
    JournalError
        The folder has no manifest, or a newer program wrote it; DamageError where not even its header can
        be believed.
    """
    path = run_dir / FILE_NAME
    if not path.is_file():
        raise JournalError(f"{run_dir} is not a run folder: it has no {FILE_NAME}")
    if is_locked:
        return _read(run_dir, path, is_written=False)
    with explained(f"cannot read {path}"), unwritten(path) as free:
        # Asked before the lines are read: a run that ends in between shows its closing line.
        return _read(run_dir, path, is_written=not free)


def _read(run_dir: Path, path: Path, *, is_written: bool) -> Manifest:
    with explained(f"cannot read {path}"):
        data = path.read_bytes()
    entries, last_check, whole, damage, torn = _entries(data)
    if not entries or not isinstance(entries[0], Header):
        raise _without_header(path, data, damage)
    segments, closing = _counted(run_dir, entries[1:], is_written=is_written)
    unfinished: State = "running" if is_written else "interrupted"
    state: State = closing.state if closing else unfinished
    if damage:
        # No line can be added behind a damaged one, so this state is found again each time.
        state = "quarantined"
    return Manifest(entries[0], segments, closing, state, last_check, whole, damage, torn)


def _without_header(path: Path, data: bytes, damage: str) -> JournalError:
    """Say why a manifest has no header that can be believed."""
    if damage:
        newer = _NEWER in damage
        return (JournalError if newer else DamageError)(f"{path}: {damage}")
    if b"\n" in data:
        return DamageError(f"{path}: line 1 is not a header")
    # The header is on disk before the first of them.
    files = sum(file.is_file() for file in (path.parent / _EVENTS).rglob("*"))
    if files:
        return DamageError(
            f"{path}: line 1 is not a header: the manifest is damaged; {files} part files lie in "
            f"{_EVENTS}/: remove nothing"
        )
    return DamageError(
        f"{path}: line 1 is not a header: the run was killed before it began, and no event is lost; "
        f"remove the folder and run again"
    )


def _counted(
    run_dir: Path, entries: Sequence[Entry], *, is_written: bool
) -> tuple[tuple[Segment, ...], Closing | None]:
    """Return the segments that count and the closing line, if it is the last.

    A resumption drops the segments behind it in the moment in which the next segment is on record, and not
    before: one line takes the place of another, so that at no instant less is on record than was sealed.
    """
    segments: list[Segment] = []
    resumption: Resumption | None = None
    replacing: Segment | None = None
    for entry in entries:
        if isinstance(entry, Segment):
            if resumption is not None and resumption.segments < len(segments):
                del segments[resumption.segments :]
                replacing = entry
            segments.append(entry)
        resumption = entry if isinstance(entry, Resumption) else None
    if replacing is not None and replacing is segments[-1]:
        if not is_written:
            # Where the folder cannot be written, the files are read where they wait.
            with suppress(OSError):
                put_in_place(run_dir, replacing)
        segments[-1] = as_it_lies(run_dir, replacing, is_written=is_written)
    last = entries[-1] if entries else None
    return tuple(segments), last if isinstance(last, Closing) else None


def _entries(data: bytes) -> tuple[list[Entry], str, int, str, bool]:
    """Decode lines until one is damaged: entries, last check, bytes used, damage, whether the end is torn."""
    entries: list[Entry] = []
    check, used = NO_CHECK, 0
    *lines, rest = data.split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            entry, check = decode(line, check)
        except ValueError as error:
            return entries, check, used, f"line {number} {error}", False
        entries.append(entry)
        used += len(line) + 1
    if _is_whole(rest, check) or _is_whole(rest[:-1], check):
        return entries, check, used, f"line {len(lines) + 1} has lost its end of line", False
    return entries, check, used, "", bool(rest)


def _is_whole(line: bytes, previous_check: str) -> bool:
    """Tell a last line whose newline was changed from one that was being written when the writer died."""
    try:
        decode(line, previous_check)
    except ValueError:
        return False
    return True
