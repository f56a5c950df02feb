"""Faults of the platform that the auditor found once; they stay mended."""

from pathlib import Path

from analysis.audit import audit, read_terms
from sim.journal import RunLog
from sim.run import run
from sim.scenario import load

QUIET = (
    "log_level=control",
    "world.population.prospects=3000",
    "world.market_makers=[{name='maker-1', requote_interval='1 d'}]",
    "world.arbitrageurs=[]",
    "world.reference.step=1 h",
    "world.sample_interval=1 d",
)


def test_a_first_transfer_sent_again_reaches_the_minimum_of_the_day_it_is_sent(
    tmp_path: Path,
) -> None:
    # Client 2426 was once activated by HKD 1,900: sent before the minimum, sent back, sent again as it was.
    made = run(load("hk-retail-2023", settings=QUIET), seed=3, run_dir=tmp_path / "run")
    log = RunLog.open(made.run_dir)
    report = audit(log, read_terms(log.run_dir, log.header), ["first_transfer_activates"])
    assert report.findings[0].cases > 100
    assert report.findings[0].verdict == "kept"
