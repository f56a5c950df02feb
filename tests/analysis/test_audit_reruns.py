"""Forked and resumed runs are judged by the law of each of their days."""

import shutil
from datetime import datetime
from pathlib import Path

import attrs
import polars as pl
import pytest

import sim.journal.writer
from analysis.audit import Report, audit, audit_run, read_terms
from sim.journal import RunLog
from sim.rerun import fork, resume
from sim.units import DAY_US, HKT, to_us
from tests.analysis.audit_samples import Evidence, broken, change, first, small_run

AT_US = to_us(datetime(2023, 9, 13, 13, 17, tzinfo=HKT))
"""No midnight, and in the middle of trading."""
CHANGES = (
    'rule.onb.exposure_limit="10 %"',
    'rule.onb.first_transfer="HKD 5,000"',
    'rule.trd.fee_taker="35 bps"',
    "rule.fiat.withdrawal_days=3",
    'rule.trd.min_order.btc_hkd="HKD 9,000"',
)
EITHER_WAY = {"exposure_limits_set", "fee_schedule", "law_announced"}
"""Promises that either run breaks where it is judged by the other's law."""


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim.journal.writer, "FIRST_SEGMENT_EVENTS", 1 << 10)
        return small_run(tmp_path_factory.mktemp("parent") / "run", "log_level=trades")


@pytest.fixture(scope="module")
def forked(parent: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forked") / "run"
    return fork(parent, folder, AT_US, settings=CHANGES).result.run_dir


def judged_by(run_dir: Path, other: Path) -> Report:
    """Judge a run by the law of another one."""
    return audit(RunLog.open(run_dir), read_terms(other, RunLog.open(other).header))


def test_a_fork_keeps_every_promise_under_the_law_that_changes_on_its_way(
    parent: Path, forked: Path
) -> None:
    before, after = audit_run(parent), audit_run(forked)
    assert broken(before) == broken(after) == {}
    assert (after.state, after.log_level) == ("complete", "trades")
    assert all(found.cases for found in after.findings if found.verdict == "kept")


def test_a_fork_judged_by_its_parents_law_breaks_what_changed_and_only_after_the_instant(
    parent: Path, forked: Path
) -> None:
    found = broken(judged_by(forked, parent))
    assert set(found) >= {*EITHER_WAY, "first_transfer_activates", "withdrawals_on_time"}
    assert "minimum_order" not in found
    back = broken(judged_by(parent, forked))
    assert set(back) >= {*EITHER_WAY, "minimum_order"}
    assert "first_transfer_activates" not in back
    for finding in (*found.values(), *back.values()):
        assert finding.first is not None
        assert finding.first.time_us >= AT_US


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_limit_of_the_other_days_law_is_an_offence_before_the_fork_and_after_it(
    forked: Path, after: bool
) -> None:
    evidence = Evidence(forked)
    later = pl.col("time_us") > AT_US + DAY_US
    seq = first(evidence.frames, "exposure_limit_set", later if after else ~later, place=2)["seq"]
    # 10 % instead of 30 % before the instant, 30 % instead of 10 % after it.
    limit = pl.col("limit_minor") * 3 if after else pl.col("limit_minor") // 3
    _, report = evidence.judge(
        lambda frames: change(frames, "exposure_limit_set", seq, limit_minor=limit),
        ["exposure_limits_set"],
    )
    finding = report.findings[0]
    assert finding.first is not None
    assert (finding.broken, finding.first.seq) == (1, seq)


def test_a_run_that_was_killed_and_resumed_is_judged_like_one_that_never_stopped(
    parent: Path, tmp_path: Path
) -> None:
    killed = shutil.copytree(parent, tmp_path / "killed")
    manifest = killed / "manifest.jsonl"
    lines = manifest.read_bytes().splitlines(keepends=True)
    manifest.write_bytes(b"".join(lines[: len(lines) // 2]))
    half = audit_run(killed)
    assert half.state == "interrupted"
    assert 0 < half.events < RunLog.open(parent).events
    assert broken(half) == {}
    resume(killed)
    assert attrs.asdict(audit_run(killed)) == attrs.asdict(audit_run(parent))


def test_an_offence_in_the_sealed_part_of_a_killed_run_is_found(forked: Path) -> None:
    evidence = Evidence(forked)
    last = evidence.log.segments[len(evidence.log.segments) // 2]
    seq = first(evidence.frames, "deposit_credited", place=9)["seq"]
    assert seq < last.last_seq

    def alter(frames: dict[str, pl.DataFrame]) -> int:
        for kind, rows in frames.items():
            frames[kind] = rows.filter(pl.col("seq") <= last.last_seq)
        return change(frames, "deposit_credited", seq, elapsed_us=pl.col("elapsed_us") - 1)

    _, report = evidence.judge(alter, ["deposits_matched"])
    offence = report.findings[0].first
    assert offence is not None
    assert offence.seq == seq
