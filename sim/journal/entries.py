"""What the lines of a manifest say: the header, one segment each, a resumption, the closing line."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Literal, get_args

import attrs

from sim.journal.cuts import Cuts
from sim.journal.digest import DIGEST_BYTES, RowSums, TableDigest, canonical_json
from sim.journal.durable import FileDigest
from sim.program import Program

FORMAT = 1
"""The form of the lines that this program writes; it reads every form up to this one."""
State = Literal["running", "complete", "interrupted", "quarantined"]
EndState = Literal["complete", "interrupted", "quarantined"]

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
        return digest_of(canonical_json(header_record(self)))

    @property
    def first_chain(self) -> str:
        """Chain before the first segment; depends on how a run is cut, and on nothing else."""
        return digest_of(canonical_json({"format": self.format, **cuts_record(self.cuts)}))


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
    """A line after an interruption: the run goes on behind its first `segments` segments.

    Those behind count until the next segment's line takes their place.
    """

    segments: int = attrs.field(validator=[_INT, attrs.validators.ge(0)])
    program: Program | None = None
    """The program that took it on."""


Entry = Header | Segment | Closing | Resumption


def digest_of(*pieces: bytes) -> str:
    """Digest some bytes, one piece after another; hexadecimal."""
    return blake2b(b"".join(pieces), digest_size=DIGEST_BYTES).hexdigest()


def cuts_record(cuts: Cuts) -> dict[str, int]:
    """Say in JSON where a log is cut."""
    record = {"segment_events": cuts.segment_events}
    # Runs whose segments all have one length say nothing of growth, as before there was any.
    if cuts.first_events != cuts.segment_events:
        record["first_segment_events"] = cuts.first_events
    return record


def header_record(header: Header) -> dict[str, Any]:
    """Say in JSON what of the header is digested: all but the program."""
    return {
        "line": "header",
        "format": header.format,
        **cuts_record(header.cuts),
        "header": header.content,
        "attachments": {name: attrs.asdict(file) for name, file in header.attachments.items()},
    }


def part_of(record: dict[str, Any]) -> Part:
    """Build a part from the JSON that `attrs.asdict` made of it."""
    content = record["content"]
    table = TableDigest(content["digest"], tuple(content["leaves"]))
    sums = tuple((plain, placed) for plain, placed in record["sums"])
    return Part(**{**record, "file": FileDigest(**record["file"]), "content": table, "sums": sums})
