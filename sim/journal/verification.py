"""Verification: every byte of a run must be what was sealed, and its order whole."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import attrs
import polars as pl

from sim.journal import manifest
from sim.journal.damage import change, examine, file_problem
from sim.journal.errors import JournalError
from sim.journal.manifest import Manifest, Part, Segment
from sim.journal.order import first_disorder
from sim.journal.parquet import read_part, read_parts
from sim.journal.recovery import settle
from sim.journal.sealing import EVENTS_FOLDER, part_path
from sim.journal.upcasting import misfit, older, unreadable
from sim.journal.waiting import name_of, waiting_name_of
from sim.program import this_program

Progress = Callable[[int, int], None]

_THREADS = 2
"""Segments verified at once; each lies in memory as a whole."""


@attrs.frozen
class Verification:
    """What `verify` found.

    problems are sentences, the first bad segment first; notes are harmless (a run that was killed).
    events counts the committed rows, valid_events those before the first problem.
    """

    problems: tuple[str, ...]
    events: int
    head: str
    state: str = ""
    valid_segments: int = 0
    valid_events: int = 0
    notes: tuple[str, ...] = ()
    is_broken_off: bool = False
    """A line of the manifest is damaged: what came after it is unknown, and not counted in `events`."""


def verify(
    run_dir: Path,
    expect_head: str | None = None,
    progress: Progress | None = None,
    *,
    locate: bool = True,
) -> Verification:
    """Check a run: manifest, chain, every file, every value, and the order of events.

    Reads a few segments at a time: memory does not grow with the run. A run whose writer was killed is
    marked first (`recovery.settle`). What lies beside the sealed files is named and not judged: snapshots,
    which are made from the log and can be made again, and the note of where a price file was.

    Parameters
    ----------
    run_dir
        The run folder.
    expect_head
        The head as it was noted elsewhere when the run ended: only this shows that the whole log was not
        replaced, or cut at the end of a segment.
    progress
        Called with (segments done, segments in all).
    locate
        Say which row of the first damaged file changed, where it can still be read.

    Raises
    ------
    JournalError
        The folder is no run folder.
    """
    try:
        first = manifest.read(run_dir)
        found = settle(run_dir, first)
    except JournalError as error:
        if not (run_dir / manifest.FILE_NAME).is_file():
            raise
        return Verification((f"the header: {error}",), 0, "")
    by_segment = _segment_problems(run_dir, found, progress, locate=locate)
    problems = [problem for found_here in by_segment for problem in found_here]
    valid = next(
        (place for place, found_here in enumerate(by_segment) if found_here), len(by_segment)
    )
    problems += _manifest_problems(run_dir, found)
    strangers = _strangers(run_dir, found)
    if found.state == "complete":
        problems += [f"{path} is not part of the run" for path in strangers]
        strangers = []
    if expect_head is not None and expect_head != found.head:
        problems.append(f"the head is {found.head}; expected {expect_head}")
    return Verification(
        tuple(problems),
        found.events,
        found.head,
        found.state,
        valid,
        found.segments[valid - 1].last_seq if valid else 0,
        tuple(_notes(run_dir, found, strangers, torn=first.torn)),
        bool(found.damage),
    )


def _notes(run_dir: Path, found: Manifest, strangers: list[str], *, torn: bool) -> list[str]:
    notes = [f"{manifest.FILE_NAME}: the last line was never finished"] if torn else []
    if strangers:
        notes.append(
            f"{len(strangers)} files of a segment that was never committed, such as {strangers[0]}"
        )
    if found.closing and found.closing.reason:
        notes.append(f"{found.state}: {found.closing.reason}")
    if beside := _beside(run_dir, found):
        notes.append(f"not covered, no part of what was sealed: {', '.join(beside)}")
    return notes + _version_notes(found)


def _beside(run_dir: Path, found: Manifest) -> list[str]:
    """Name what lies in the folder and was not sealed, such as snapshots, which are made from the log."""
    covered = {manifest.FILE_NAME, EVENTS_FOLDER, *found.header.attachments}
    return sorted(
        f"{path.name}/" if path.is_dir() else path.name
        for path in run_dir.iterdir()
        if path.name not in covered
    )


def _version_notes(found: Manifest) -> list[str]:
    """Say what of the log is older or newer than this program; its bytes are checked all the same."""
    notes = []
    writer, now = found.header.program, this_program()
    if writer is not None and writer.version != now.version:
        notes.append(f"written by {writer}; this is {now}")
    old = [f"{kind} {version}" for kind, version in older(found.segments)]
    if old:
        notes.append(f"kinds in an older version, read as today's: {', '.join(old)}")
    kinds = {(part.kind, part.version) for segment in found.segments for part in segment.parts}
    unknown = [why for kind, version in sorted(kinds) if (why := unreadable(kind, version))]
    if unknown:
        notes.append(f"checked as it lies, but not readable by this program: {'; '.join(unknown)}")
    return notes


def _manifest_problems(run_dir: Path, found: Manifest) -> list[str]:
    problems = []
    if found.damage:
        number = len(found.segments) + 1
        problems.append(
            f"segment {number} or the closing line: {manifest.FILE_NAME} {found.damage}; "
            f"nothing from there on can be believed"
        )
    closing = found.closing
    if closing and (closing.events, closing.head) != (found.events, found.head):
        problems.append(
            f"the closing line: {closing.events} events and head {closing.head}, "
            f"but the segments have {found.events} and {found.head}"
        )
    for name, file in found.header.attachments.items():
        problem = file_problem(run_dir / name, file)
        if problem:
            problems.append(f"{name}: {problem}")
    return problems


def _strangers(run_dir: Path, found: Manifest) -> list[str]:
    """List files among the events that no segment names."""
    known = {part.path for segment in found.segments for part in segment.parts}
    last = found.segments[-1].parts if found.segments else ()
    if any(part.path != name_of(part) for part in last):
        # The files of a replaced segment are still there, beside those that wait for its names.
        known |= {path for part in last for path in (name_of(part), waiting_name_of(part))}
    files = sorted((run_dir / EVENTS_FOLDER).rglob("*"))
    names = [path.relative_to(run_dir).as_posix() for path in files if path.is_file()]
    return [name for name in names if name not in known]


def _segment_problems(
    run_dir: Path, found: Manifest, progress: Progress | None, *, locate: bool
) -> list[list[str]]:
    problems: list[list[str]] = []
    befores = [None, *found.segments[:-1]]
    contents = _in_threads(
        lambda place: _content_problems(run_dir, found.segments[place], befores[place]),
        len(found.segments),
    )
    for place, (segment, before) in enumerate(zip(found.segments, befores, strict=False)):
        if progress:
            progress(place, len(found.segments))
        content = next(contents)
        if content and locate:
            # Which rows changed is looked up once: for the first segment where any did.
            content = _content_problems(run_dir, segment, before, locate=True)
        here = _chain_problems(found, segment, before) + content
        locate = locate and not here
        problems.append([f"segment {segment.number}: {problem}" for problem in here])
    if progress:
        progress(len(found.segments), len(found.segments))
    return problems


def _in_threads(work: Callable[[int], list[str]], count: int) -> Iterator[list[str]]:
    """Yield what the work makes of 0, 1, 2… in order, a few at a time: memory does not grow with the count.

    Hashing and reading release the interpreter, so that threads share the cores.
    """
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="verify") as threads:
        running: deque[Future[list[str]]] = deque()
        try:
            for place in range(count):
                running.append(threads.submit(work, place))
                if len(running) > _THREADS:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            for waiting in running:
                waiting.cancel()


def _chain_problems(found: Manifest, segment: Segment, before: Segment | None) -> list[str]:
    problems = []
    number, first_seq = (before.number + 1, before.last_seq + 1) if before else (1, 1)
    chain = before.chain if before else found.header.first_chain
    if (segment.number, segment.first_seq) != (number, first_seq):
        problems.append(
            f"begins at seq {segment.first_seq}; expected segment {number} from seq {first_seq}"
        )
    if segment.chain != manifest.next_chain(
        chain, segment.first_seq, segment.last_seq, segment.digest
    ):
        problems.append("its chain does not follow from its digest and the segment before")
    if segment.digest != manifest.segment_digest(segment.parts):
        problems.append("its digest is not that of its parts")
    is_last = segment is found.segments[-1]
    end = found.header.cuts.end(segment.number)
    if segment.last_seq > end or (segment.last_seq < end and not is_last):
        problems.append(f"ends at seq {segment.last_seq}; expected {end}")
    if [name_of(part) for part in segment.parts] != sorted(
        {part_path(part.kind, number) for part in segment.parts}
    ):
        problems.append("its parts are not where they belong")
    if sum(part.rows for part in segment.parts) != segment.events:
        problems.append(f"its parts have not {segment.events} rows")
    return problems


def _content_problems(
    run_dir: Path, segment: Segment, before: Segment | None, *, locate: bool = False
) -> list[str]:
    problems: dict[str, str] = {}
    for part in segment.parts:
        path = run_dir / part.path
        problem = file_problem(path, part.file)
        if problem:
            # In the first damaged file only.
            look = locate and not problems and os.access(path, os.R_OK)
            problems[part.path] = f"{problem}; {examine(path, part)}" if look else problem
    whole = [part for part in segment.parts if part.path not in problems]
    tables: dict[str, pl.DataFrame] = {}
    for part, table in zip(whole, _tables(run_dir, whole), strict=True):
        if isinstance(table, str):
            problems[part.path] = table
            continue
        tables[part.kind] = table
        if problem := change(part, table) or misfit(part.kind, part.version, table):
            problems[part.path] = problem
    named = [
        f"{part.path}: {problems[part.path]}" for part in segment.parts if part.path in problems
    ]
    return named or _order_problems(segment, tables, before)


def _tables(run_dir: Path, parts: list[Part]) -> Sequence[pl.DataFrame | str]:
    """Read files whose bytes are those that were sealed, or say why one cannot be read all the same."""
    paths = [run_dir / part.path for part in parts]
    try:
        return read_parts(paths)
    except JournalError:
        return [_table(path) for path in paths]


def _table(path: Path) -> pl.DataFrame | str:
    try:
        return read_part(path)
    except JournalError as error:
        return str(error)


def _order_problems(
    segment: Segment, tables: Mapping[str, pl.DataFrame], before: Segment | None
) -> list[str]:
    disorder = first_disorder(
        tables, segment.first_seq, segment.last_seq, before.last_time_us if before else None
    )
    if disorder:
        path = segment.part(disorder.kind)
        return [f"{path.path if path else disorder.kind}: row {disorder.row}: {disorder.what}"]
    times = [int(table["time_us"][place]) for table in tables.values() for place in (0, -1)]
    if (min(times), max(times)) != (segment.first_time_us, segment.last_time_us):
        return [f"covers {min(times)} to {max(times)} us, not the time its line says"]
    return []
