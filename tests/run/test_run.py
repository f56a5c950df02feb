"""Whole runs: determinism, the exact coupling of the planes, the law's dates, the state from the log."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

import sim.run
from sim.events import RiskProfiled
from sim.events.codes import RiskClass
from sim.flow.layout import AVAILABLE
from sim.journal import RunLog, verify
from sim.run import StateMismatchError
from sim.state import differing_parts, live_state, rebuilt_state
from sim.units import DAY_US, MINUTE_US, to_us
from sim.venue import Platform, start_departments
from tests.run.small_run import events_before, order_events, same_events, short_run

AT = to_us(date(2023, 9, 7))
OTHER_PYTHON = "VATP_OTHER_PYTHON"
"""Names an interpreter of another version that has the dependencies, to compare its log with."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> sim.run.RunResult:
    return short_run(tmp_path_factory.mktemp("base") / "run", "log_level=full")


def test_the_same_seed_gives_the_same_log_and_another_seed_another(
    base: sim.run.RunResult, tmp_path: Path
) -> None:
    again = short_run(tmp_path / "again", "log_level=full")
    other = short_run(tmp_path / "other", "log_level=full", seed=2)
    assert (again.head, again.state_hash) == (base.head, base.state_hash)
    assert other.head != base.head
    assert other.state_hash != base.state_hash


def test_two_processes_with_different_hash_seeds_write_the_same_log(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.run.small_run import short_run;"
        "result = short_run(Path(sys.argv[1])); print(result.head, result.state_hash)"
    )
    printed = set()
    for hash_seed in ("1", "271828"):
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / hash_seed)],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        )
        printed.add(done.stdout)
    assert len(printed) == 1


@pytest.mark.skipif(
    OTHER_PYTHON not in os.environ, reason=f"{OTHER_PYTHON} names no other interpreter"
)
def test_another_version_of_python_writes_the_same_log(
    base: sim.run.RunResult, tmp_path: Path
) -> None:
    root = Path(__file__).parents[2]
    program = (
        "import sys; from pathlib import Path; from tests.run.small_run import short_run;"
        "result = short_run(Path(sys.argv[1]), 'log_level=full');"
        "print(sys.version_info.minor, result.head, result.state_hash)"
    )
    done = subprocess.run(
        [os.environ[OTHER_PYTHON], "-c", program, str(tmp_path / "run")],
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": "3"},
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    minor, *written = done.stdout.split()
    assert int(minor) != sys.version_info.minor, "the interpreter named is of the same version"
    assert written == [base.head, base.state_hash]


def test_idle_control_events_in_between_change_no_order_event(
    base: sim.run.RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken = []

    def idle(platform: Platform, period_us: int):  # type: ignore[no-untyped-def]  # noqa: ANN202
        while True:
            yield platform.env.timeout(period_us)
            woken.append(platform.now)

    def with_idlers(platform: Platform) -> None:
        start_departments(platform)
        for period_us in (7 * MINUTE_US + 1, 61 * MINUTE_US, 300_000_000):
            platform.start(idle(platform, period_us))

    monkeypatch.setattr(sim.run, "start_departments", with_idlers)
    disturbed = short_run(tmp_path / "disturbed", "log_level=full")
    assert len(woken) > 10_000
    assert disturbed.head == base.head
    assert same_events(order_events(base.run_dir), order_events(disturbed.run_dir)) == []


@pytest.mark.parametrize(
    "change",
    [
        "rule.onb.exposure_limit@2023-09-07=5 %",
        "rule.trd.fee_taker@2023-09-07=40 bps",
        "rule.onb.first_transfer@2023-09-07=HKD 50,000",
    ],
)
def test_a_rule_changed_from_a_date_leaves_every_event_before_it_identical(
    base: sim.run.RunResult, tmp_path: Path, change: str
) -> None:
    changed = short_run(tmp_path / "changed", "log_level=full", change)
    before = events_before(base.run_dir, AT)
    assert sum(len(rows) for rows in before.values()) > 10_000
    assert same_events(before, events_before(changed.run_dir, AT)) == []
    after = AT + 10 * DAY_US
    assert same_events(events_before(base.run_dir, after), events_before(changed.run_dir, after))


@pytest.mark.parametrize("level", ["full", "trades", "control"])
def test_the_state_is_rebuilt_from_the_log_at_every_log_level(level: str, tmp_path: Path) -> None:
    result = short_run(tmp_path / level, f"log_level={level}", "horizon.end=2023-09-04", check=True)
    log = RunLog.open(result.run_dir)
    assert log.state == "complete"
    assert log.footer["state_hash"] == result.state_hash
    assert ("nothing" in log.header["left_out"]) == (level == "full")
    assert verify(result.run_dir, expect_head=result.head).problems == ()


def test_the_log_level_changes_no_control_event_but_its_place(
    base: sim.run.RunResult, tmp_path: Path
) -> None:
    control = short_run(tmp_path / "control", "log_level=control")
    for kind in ("client_activated", "deposit_credited", "withdrawal_paid", "fees_swept"):
        columns = RunLog.open(base.run_dir).scan(kind).drop("seq", "cause").collect()
        assert columns.equals(
            RunLog.open(control.run_dir).scan(kind).drop("seq", "cause").collect()
        )


def test_a_log_that_does_not_rebuild_the_live_state_is_quarantined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tampered(level, plane, ledger, register):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        plane.arena.table(AVAILABLE)[200, 0] += 1
        return live_state(level, plane, ledger, register)

    monkeypatch.setattr(sim.run, "live_state", tampered)
    with pytest.raises(StateMismatchError, match="balances differ"):
        short_run(tmp_path / "run", "horizon.end=2023-08-23")
    assert RunLog.open(tmp_path / "run").state == "quarantined"


def test_nobody_in_retail_trades_before_the_opening_and_refusals_name_their_rule(
    base: sim.run.RunResult,
) -> None:
    log = RunLog.open(base.run_dir)
    opening = to_us(date(2023, 8, 28))
    retail = log.scan("prospect_arrived").filter(pl.col("client_class") == "retail")
    parties = pl.concat(
        [log.scan("trade").select("time_us", client=pl.col(party)) for party in ("taker", "maker")]
    )
    first = (
        parties.join(retail.select("client"), on="client", how="semi")
        .select(pl.col("time_us").min())
        .collect()
    )
    assert first.item() >= opening
    for kind in ("application_refused", "deposit_refused", "withdrawal_refused", "order_refused"):
        assert log.scan(kind).filter(pl.col("rule") == "").collect().is_empty()
    refused = (
        log.scan("application_refused").filter(pl.col("rule") == "onb.retail_access").collect()
    )
    assert len(refused) > 0
    assert (refused["time_us"] < opening).all()


def test_differing_parts_of_two_states_are_named() -> None:
    left = {"ledger": {"a": 1}, "register": {}}
    assert differing_parts(left, left) == []
    assert differing_parts(left, {"ledger": {"a": 2}, "register": {}}) == ["ledger"]
    assert differing_parts(left, {"ledger": {"a": 1}}) == ["register"]


def test_the_rebuilt_state_reads_nothing_but_the_log(base: sim.run.RunResult) -> None:
    rebuilt = rebuilt_state(RunLog.open(base.run_dir))
    accounts, assets = rebuilt["balances"].shape
    assert 101 < accounts <= 251
    assert assets == 6
    assert sum(len(rebuilt[f"book {symbol}"]) for symbol in ("BTC/HKD", "ETH/USD")) > 0


def test_events_are_immutable_and_take_only_known_codes() -> None:
    profiled = RiskProfiled(time_us=1, client=101, risk_class=RiskClass.MODERATE)
    with pytest.raises(AttributeError):
        profiled.client = 102  # type: ignore[misc]
