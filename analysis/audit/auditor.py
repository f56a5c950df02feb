"""Judge a run: walk its log once and show every stretch to every promise."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import attrs

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Finding, Tally, Verdict
from analysis.audit.orders import OrderBook
from analysis.audit.people import fee_rates, people
from analysis.audit.postings import Accounts
from analysis.audit.reading import Log, Reader
from analysis.audit.registry import Check, Promise, check_promise_names, select_promises
from analysis.audit.stretches import Stretch, stretches
from analysis.audit.terms import Terms, terms_of
from sim.journal import RunLog

Progress = Callable[[int, int], None]


@attrs.frozen
class Report:
    """What an audit of one run found."""

    state: str
    """State of the run; only a complete one was audited to its horizon."""
    reason: str
    """Why it is interrupted or quarantined, where the log says; else empty."""
    log_level: str
    events: int
    """Events that were audited: those of the sealed segments."""
    findings: tuple[Finding, ...]

    @property
    def kept(self) -> bool:
        """Whether no promise is broken."""
        return not any(finding.verdict == "broken" for finding in self.findings)


def audit_run(
    run: RunLog | Path | str, names: Iterable[str] = (), progress: Progress | None = None
) -> Report:
    """Hold the run in a folder, or its log as it was opened, against the platform's promises, as `audit` does.

    Raises
    ------
    AuditError
        A name is no promise's.
    JournalError, QuarantinedError
        The folder is no run, or its log or a file kept beside it is not as it was written.
    TermsError, RuleErrors
        The run's scenario or its law cannot be read again.
    """
    log = run if isinstance(run, RunLog) else RunLog.open(run)
    log.check_attachments()
    with Reader(log) as reader:
        check_promise_names(names)
        terms = terms_of(log)
        return _judge(Evidence(reader, terms), names, progress)


def audit(
    log: Log, terms: Terms, names: Iterable[str] = (), progress: Progress | None = None
) -> Report:
    """Hold a run against the platform's promises.

    Memory holds the control plane's events, every account's balance and two reads of some segments.

    Parameters
    ----------
    log
        The run, for example `sim.journal.RunLog.open(run_dir)`.
    terms
        What it was to live under; see `read_terms`.
    names
        Promises to judge; none means all.
    progress
        Called with (segments done, segments in all).

    Raises
    ------
    AuditError
        A name is no promise's.
    JournalError
        A file of the log is not as it was sealed.
    """
    check_promise_names(names)
    with Reader(log) as reader:
        return _judge(Evidence(reader, terms), names, progress)


def _judge(evidence: Evidence, names: Iterable[str], progress: Progress | None) -> Report:
    chosen = select_promises(names)
    checks = {
        entry: entry.begin(evidence) for entry in chosen if not entry.unchecked(evidence.level)
    }
    walking = [check for entry, check in checks.items() if entry.walks]
    # What the control plane alone decides is judged beside the walk.
    with ThreadPoolExecutor(1) as beside:
        at_once = {
            entry: beside.submit(check.tally) for entry, check in checks.items() if not entry.walks
        }
        if walking:
            _walk(evidence, walking, progress)
        tallies = {entry: check.tally() for entry, check in checks.items() if entry.walks}
        tallies |= {entry: tally.result() for entry, tally in at_once.items()}
    segments = evidence.log.segments
    return Report(
        evidence.log.state,
        evidence.log.reason,
        evidence.level,
        segments[-1].last_seq if segments else 0,
        tuple(_finding(entry, tallies.get(entry), evidence.level) for entry in chosen),
    )


def _walk(evidence: Evidence, checks: list[Check], progress: Progress | None) -> None:
    segments, done = evidence.log.segments, 0
    clients = evidence.once(people)
    book = OrderBook(clients, evidence.once(fee_rates)["hold"])
    accounts = Accounts(evidence, clients)
    judged: Future[None] | None = None
    # While one stretch is judged, the next is folded; a stretch is never changed once it is judged.
    with ThreadPoolExecutor(1) as judging:
        for stretch in stretches(evidence):
            while done < len(segments) and segments[done].last_seq <= stretch.last_seq:
                done += 1
            if progress:
                progress(done, len(segments))
            book.enter(stretch)
            accounts.enter(stretch)
            if judged is not None:
                judged.result()
            judged = judging.submit(_look, checks, stretch)
        if judged is not None:
            judged.result()


def _look(checks: list[Check], stretch: Stretch) -> None:
    for check in checks:
        check.look(stretch)


def _finding(entry: Promise, tally: Tally | None, level: str) -> Finding:
    if tally is None:
        why = entry.unchecked(level)
        return Finding(entry.name, entry.title, entry.rules, "not checkable", 0, 0, None, why)
    why = "; ".join(part for part in (entry.limits(level), tally.why) if part)
    verdict: Verdict = "broken" if tally.broken else "kept"
    return Finding(
        entry.name,
        entry.title,
        entry.rules,
        verdict,
        tally.cases,
        tally.broken,
        tally.first,
        why,
    )
