"""Judge a run: walk its log once and show every stretch to every promise."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

import attrs

from analysis.audit.evidence import Evidence, Log
from analysis.audit.findings import Finding, Tally, Verdict
from analysis.audit.orders import OrderBook
from analysis.audit.people import fee_rates, people
from analysis.audit.postings import Accounts
from analysis.audit.registry import Check, Promise, select_promises
from analysis.audit.stretches import Stretch, stretches
from analysis.audit.terms import Terms

Progress = Callable[[int, int], None]


@attrs.frozen
class Report:
    """What an audit of one run found."""

    state: str
    """State of the run; only a complete one was audited to its horizon."""
    log_level: str
    events: int
    """Events that were audited: those of the sealed segments."""
    findings: tuple[Finding, ...]

    @property
    def kept(self) -> bool:
        """Whether no promise is broken."""
        return not any(finding.verdict == "broken" for finding in self.findings)


def audit(
    log: Log, terms: Terms, names: Iterable[str] = (), progress: Progress | None = None
) -> Report:
    """Hold a run against the platform's promises.

    Memory holds the control plane's events, every account's balance and two segments.

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
    """
    chosen = select_promises(names)
    evidence = Evidence(log, terms)
    begun = [
        (entry, None if entry.unchecked(evidence.level) else entry.begin(evidence))
        for entry in chosen
    ]
    walking = [check for entry, check in begun if check is not None and entry.walks]
    if walking:
        _walk(evidence, walking, progress)
    findings = tuple(_finding(entry, check, evidence.level) for entry, check in begun)
    events = log.segments[-1].last_seq if log.segments else 0
    return Report(log.state, evidence.level, events, findings)


def _walk(evidence: Evidence, checks: list[Check], progress: Progress | None) -> None:
    segments, done = evidence.log.segments, 0
    clients = evidence.once(people)
    book = OrderBook(evidence, clients, evidence.once(fee_rates)["hold"])
    accounts = Accounts(evidence, clients)
    judged: Future[None] | None = None
    # While one stretch is judged, the next is folded; a stretch is never changed once it is judged.
    with ThreadPoolExecutor(1) as judging:
        for stretch in stretches(evidence):
            while done < len(segments) and segments[done].last_seq <= stretch.last_seq:
                done += 1
            if progress:
                progress(done, len(segments))
            stretch.lives = book.enter(stretch)
            stretch.postings = accounts.enter(stretch)
            if judged is not None:
                judged.result()
            judged = judging.submit(_look, checks, stretch)
        if judged is not None:
            judged.result()


def _look(checks: list[Check], stretch: Stretch) -> None:
    for check in checks:
        check.look(stretch)


def _finding(entry: Promise, check: Check | None, level: str) -> Finding:
    if check is None:
        why = entry.unchecked(level)
        return Finding(entry.name, entry.title, entry.rules, "not checkable", 0, 0, None, why)
    tally: Tally = check.tally()
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
