"""Clean runs break nothing at any log level, what a level leaves out is said, and bad input is explained."""

from pathlib import Path

import attrs
import polars as pl
import pytest

from analysis.audit import AuditError, TermsError, audit, read_terms, select_promises
from analysis.audit.promises import causes_right
from sim.events import RunStarted
from sim.journal import Journal, RunLog
from tests.analysis.audit_samples import (
    AlteredLog,
    Evidence,
    broken,
    change,
    drop,
    first,
    small_run,
)

FULL_ONLY = {"book_samples", "price_time_priority", "trades_between_live_orders"}


@pytest.fixture(scope="module", params=["trades", "control"])
def evidence(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    folder = tmp_path_factory.mktemp(request.param) / "run"
    return Evidence(small_run(folder, f"log_level={request.param}"))


def test_a_clean_run_breaks_nothing_and_says_what_its_log_level_leaves_out(
    evidence: Evidence,
) -> None:
    _, report = evidence.judge(lambda _: 0)
    assert broken(report) == {}
    level = report.log_level
    unchecked = {found.name for found in report.findings if found.verdict == "not checkable"}
    needs = {entry.name: entry.needs for entry in select_promises()}
    if level == "trades":
        assert unchecked == FULL_ONLY
    else:
        assert unchecked == {name for name, need in needs.items() if need != "control"}
    for found in report.findings:
        if found.verdict == "not checkable":
            assert f"log level `{level}`" in found.why
            assert found.cases == 0
        elif level == "trades" and needs[found.name] == "orders":
            assert "orders of clients only" in found.why


def test_an_offence_is_found_at_the_least_log_level_that_shows_it(evidence: Evidence) -> None:
    def alter(frames: dict[str, pl.DataFrame]) -> int:
        seq = first(frames, "cold_swept")["seq"]
        return change(frames, "cold_swept", seq, cold_after_minor=-5)

    seq, report = evidence.judge(alter)
    found = broken(report)
    assert list(found) == ["hot_and_cold_wallets"]
    assert found["hot_and_cold_wallets"].first is not None
    assert found["hot_and_cold_wallets"].first.seq == seq


def test_a_run_that_ended_early_is_judged_to_its_last_event_and_nothing_later_is_missed(
    evidence: Evidence,
) -> None:
    last = evidence.log.events // 2
    half = _ended_after(evidence, last)
    report = audit(half, evidence.terms)
    assert (report.state, report.events) == ("interrupted", last)
    assert broken(report) == {}
    # What is due only later is no offence, and what was due before is.
    paid = first(half.frames, "withdrawal_paid", place=3)
    drop(half.frames, "withdrawal_paid", paid["seq"])
    unpaid = broken(audit(half, evidence.terms, ["withdrawals_on_time"]))["withdrawals_on_time"]
    assert unpaid.first is not None
    assert unpaid.first.seq == paid["cause"]


def _ended_after(evidence: Evidence, last: int) -> AlteredLog:
    """The log of a run whose last sealed event is this one."""
    frames = {kind: rows.filter(pl.col("seq") <= last) for kind, rows in evidence.frames.items()}
    half = AlteredLog(evidence.log, frames)
    kept = [segment for segment in evidence.log.segments if segment.first_seq <= last]
    last_us = max(int(rows["time_us"][-1]) for rows in frames.values() if rows.height)
    half.segments = [*kept[:-1], attrs.evolve(kept[-1], last_seq=last, last_time_us=last_us)]
    half.state = "interrupted"
    return half


@pytest.mark.parametrize("kind", ["run_started", "fees_set", "pair_opened", "rule_changed"])
def test_a_run_that_ended_within_an_instant_is_not_blamed_for_the_rest_of_that_instant(
    evidence: Evidence, kind: str
) -> None:
    for seq in evidence.frames[kind]["seq"].to_list()[-3:]:
        assert broken(audit(_ended_after(evidence, seq), evidence.terms)) == {}


def test_a_sealed_run_that_was_interrupted_says_so(evidence: Evidence, tmp_path: Path) -> None:
    log = evidence.log
    kept = {name: log.attachment(name) for name in ("scenario.toml", "rules.toml")}
    with Journal.create(tmp_path / "half", log.header, 1 << 10, kept) as journal:
        journal.append(RunStarted(time_us=log.header["start_us"], seed=1))
        journal.interrupt("the power went")
    half = RunLog.open(tmp_path / "half")
    report = audit(half, read_terms(half.run_dir, half.header))
    assert (report.state, report.events) == ("interrupted", 1)


def test_a_name_that_is_no_promise_is_answered_with_the_nearest(evidence: Evidence) -> None:
    with pytest.raises(AuditError, match="did you mean 'trade_fees'"):
        audit(AlteredLog(evidence.log, evidence.frames), evidence.terms, ["trade_fee"])


def test_one_promise_can_be_judged_alone(evidence: Evidence) -> None:
    _, report = evidence.judge(lambda _: 0, ["retail_access"])
    assert [found.name for found in report.findings] == ["retail_access"]
    assert report.findings[0].cases > 10


def test_a_run_is_not_judged_by_another_law_than_its_own(
    evidence: Evidence, tmp_path: Path
) -> None:
    written = evidence.log.attachment("scenario.toml").decode()
    (tmp_path / "rules.toml").write_bytes(evidence.log.attachment("rules.toml"))
    (tmp_path / "scenario.toml").write_text(written.replace("HKD 10,000", "HKD 9,000"))
    with pytest.raises(TermsError, match="judge it with the rules of that time"):
        read_terms(tmp_path, evidence.log.header)
    (tmp_path / "scenario.toml").write_text("= no")
    with pytest.raises(TermsError, match="no TOML"):
        read_terms(tmp_path, evidence.log.header)
    with pytest.raises(TermsError, match="is gone"):
        read_terms(tmp_path / "nowhere", evidence.log.header)


def test_every_promise_says_what_it_is_and_names_rules_that_exist(evidence: Evidence) -> None:
    for entry in select_promises():
        assert entry.title
        assert set(entry.rules) <= set(evidence.terms.regime.rules)
    assert set(causes_right.CAUSES) <= set(evidence.frames)
