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
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal, get_args

import attrs

from sim.journal.cuts import Cuts
from sim.journal.digest import DIGEST_BYTES, RowSums, TableDigest, canonical_json
from sim.journal.durable import FileDigest, is_locked
from sim.journal.errors import JournalError, explained
from sim.program import Program

FILE_NAME = "manifest.jsonl"
FORMAT = 1
"""The form of the lines that this program writes; it reads every form up to this one."""
State = Literal["running", "complete", "interrupted", "quarantined"]
EndState = Literal["complete", "interrupted", "quarantined"]

NO_CHECK = bytes(DIGEST_BYTES).hex()
"""What the first line takes for the check of the line before it."""


# A line whose check was forged may hold anything; what is built from it has the right types all the same.
_INT = attrs.validators.instance_of(int)
_TEXT = attrs.validators.instance_of(str)
_MAPPING = attrs.validators.instance_of(dict)
_COUNT = [_INT, attrs.validators.ge(1), attrs.validators.lt(2**63)]
_HEX = attrs.validators.matches_re(f"[0-9a-f]{{{2 * DIGEST_BYTES}}}")


@attrs.frozen
class Part:
    """One kind's rows of one segment."""

    kind: str = attrs.field(validator=_TEXT)
    version: int = attrs.field(validator=_COUNT)
    rows: int = attrs.field(validator=_COUNT)
    path: str = attrs.field(validator=_TEXT)
    """Relative to the run folder."""
    file: FileDigest
    content: TableDigest
    sums: RowSums
    """What locates a changed row; no part of the digest."""


@attrs.frozen
class Segment:
    """A sealed range of seq over all kinds."""

    number: int = attrs.field(validator=_COUNT)
    first_seq: int = attrs.field(validator=_COUNT)
    last_seq: int = attrs.field(validator=_COUNT)
    first_time_us: int = attrs.field(validator=_INT)
    last_time_us: int = attrs.field(validator=_INT)
    parts: tuple[Part, ...]
    """Sorted by kind."""
    digest: str = attrs.field(validator=_HEX)
    chain: str = attrs.field(validator=_HEX)

    @property
    def events(self) -> int:
        """Rows over all kinds."""
        return self.last_seq - self.first_seq + 1

    def part(self, kind: str) -> Part | None:
        """Return the part of a kind, None when the segment has no row of it."""
        return next((part for part in self.parts if part.kind == kind), None)


@attrs.frozen
class Header:
    """The first line: what the caller said about the run, and how it is cut."""

    cuts: Cuts
    content: Mapping[str, Any] = attrs.field(validator=_MAPPING)
    attachments: Mapping[str, FileDigest]
    """Files that belong to the run besides its events, by name in the run folder."""
    program: Program | None = None
    """The program that began the run: checked, but no part of the head, so that another that lives the same
    life gives the same head."""
    format: int = attrs.field(default=FORMAT, validator=_COUNT)
    """The form of the run's lines; what was digested in one form is never digested in another."""

    @property
    def digest(self) -> str:
        """Digest of the whole header."""
        return _digest(canonical_json(_header_record(self)))

    @property
    def first_chain(self) -> str:
        """Chain before the first segment; depends on how a run is cut, and on nothing else."""
        return _digest(canonical_json({"format": self.format, **_cuts_record(self.cuts)}))


@attrs.frozen
class Closing:
    """The last line: how the run ended. It is checked, but not part of the chain."""

    state: EndState = attrs.field(validator=attrs.validators.in_(get_args(EndState)))
    reason: str = attrs.field(validator=_TEXT)
    events: int = attrs.field(validator=_INT)
    head: str = attrs.field(validator=_HEX)
    footer: Mapping[str, Any] = attrs.field(validator=_MAPPING)


@attrs.frozen
class Resumption:
    """A line after an interruption: the run goes on behind its first `segments` segments."""

    segments: int = attrs.field(validator=[_INT, attrs.validators.ge(0)])
    program: Program | None = None
    """The program that took it on."""


Entry = Header | Segment | Closing | Resumption


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


def _digest(*pieces: bytes) -> str:
    return blake2b(b"".join(pieces), digest_size=DIGEST_BYTES).hexdigest()


def encode(entry: Entry, previous_check: str) -> tuple[bytes, str]:
    """Write an entry as a line; returns the line, with its newline, and its check."""
    record = _RECORDS[type(entry)](entry)
    check = _check(record, previous_check)
    return canonical_json({**record, "check": check}) + b"\n", check


def _check(record: Mapping[str, Any], previous_check: str) -> str:
    return _digest(bytes.fromhex(previous_check), canonical_json(record))


def _cuts_record(cuts: Cuts) -> dict[str, int]:
    record = {"segment_events": cuts.segment_events}
    # Runs whose segments all have one length say nothing of growth, as before there was any.
    if cuts.first_events != cuts.segment_events:
        record["first_segment_events"] = cuts.first_events
    return record


def _header_record(header: Header) -> dict[str, Any]:
    return {
        "line": "header",
        "format": header.format,
        **_cuts_record(header.cuts),
        "header": header.content,
        "attachments": {name: attrs.asdict(file) for name, file in header.attachments.items()},
    }


def _header_line(header: Header) -> dict[str, Any]:
    return _header_record(header) | _program_record(header.program)


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
            f"has manifest format {record['format']}: a newer vatp wrote it (or the line was changed); "
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


def part_of(record: dict[str, Any]) -> Part:
    """Build a part from the JSON that `attrs.asdict` made of it."""
    content = record["content"]
    table = TableDigest(content["digest"], tuple(content["leaves"]))
    sums = tuple((plain, placed) for plain, placed in record["sums"])
    return Part(**{**record, "file": FileDigest(**record["file"]), "content": table, "sums": sums})


@attrs.frozen
class Manifest:
    """What the whole lines of a manifest say, up to the first damaged one."""

    header: Header
    segments: tuple[Segment, ...]
    """The segments that count: a resumption drops those behind it."""
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


def read(run_dir: Path) -> Manifest:
    """Read a run's manifest.

    A damaged line ends the reading; `Manifest.damage` then says so.

    Raises
    ------
    JournalError
        The folder has no manifest, or not even its header can be read.
    """
    path = run_dir / FILE_NAME
    if not path.is_file():
        raise JournalError(f"{run_dir} is not a run folder: it has no {FILE_NAME}")
    with explained(f"cannot read {path}"):
        # Asked before the lines are read: a run that ends in between shows its closing line.
        alive = is_locked(path)
        data = path.read_bytes()
    entries, last_check, whole, damage, torn = _entries(data)
    if not entries or not isinstance(entries[0], Header):
        raise JournalError(f"{path}: {damage or 'line 1 is not a header'}")
    segments: list[Segment] = []
    closing: Closing | None = None
    for entry in entries[1:]:
        closing = entry if isinstance(entry, Closing) else None
        if isinstance(entry, Segment):
            segments.append(entry)
        elif isinstance(entry, Resumption):
            del segments[entry.segments :]
    unfinished: State = "running" if alive else "interrupted"
    state: State = closing.state if closing else unfinished
    if damage:
        # No line can be added behind a damaged one, so this state is found again each time.
        state = "quarantined"
    return Manifest(entries[0], tuple(segments), closing, state, last_check, whole, damage, torn)


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
