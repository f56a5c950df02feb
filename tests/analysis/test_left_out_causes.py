"""What led to an event and is not in the log by its level is told apart from nothing having led to it."""

from pathlib import Path

import pytest

from analysis.tracing import explain
from sim.journal import RunLog
from sim.run import run
from sim.scenario import load

SETTINGS = (
    "horizon.start=2023-08-28",
    "horizon.end=2023-09-08",
    "world.population.prospects=100",
    "world.population.trade_interval=12 h",
    "world.market_makers=[{name='maker-1', requote_interval='10 min'}]",
    "world.arbitrageurs=[{name='arbitrageur-1', interval='30 min'}]",
    "world.sample_interval=6 h",
)
"""People and an arbitrageur, whose orders a log of the level trades leaves out."""
ASKED = 10
"""Trades of each kind that are explained."""


def lived(folder: Path, log_level: str) -> RunLog:
    loaded = load("hk-retail-2023", settings=(*SETTINGS, f"log_level={log_level}"))
    return RunLog.open(run(loaded, seed=3, run_dir=folder).run_dir)


@pytest.fixture(scope="module")
def trades(tmp_path_factory: pytest.TempPathFactory) -> RunLog:
    """A real run at log level trades."""
    return lived(tmp_path_factory.mktemp("trades") / "run", "trades")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> RunLog:
    """The same life at log level full."""
    return lived(tmp_path_factory.mktemp("full") / "run", "full")


def by_orders(log: RunLog) -> dict[tuple[object, ...], dict[str, object]]:
    """Every trade, by what it is the same in at any log level."""
    return {
        (row["time_us"], row["taker_order"], row["maker_order"]): dict(row)
        for row in log.show(kinds=["trade"])
    }


def test_a_trade_whose_order_the_log_leaves_out_says_so_and_no_other_does(
    trades: RunLog, full: RunLog
) -> None:
    few, all_of_them = by_orders(trades), by_orders(full)
    assert few.keys() == all_of_them.keys()
    assert all(row["cause"] for row in all_of_them.values())
    lacking = [row for row in few.values() if not row["cause"]]
    assert ASKED < len(lacking) < len(few) - ASKED
    known = [row for row in few.values() if row["cause"]]
    for row in (*lacking[:ASKED], *known[:ASKED]):
        found = explain(trades, int(str(row["seq"])), None)
        assert bool(found.left_out) == (not row["cause"])
    said = explain(trades, int(str(lacking[0]["seq"])), None)
    assert said.left_out.startswith(f"Order {lacking[0]['taker_order']} led to it; ")
    assert str(trades.header["left_out"]) in said.left_out
    assert "log_level=full" in said.left_out
    assert said.document()["left_out"] == said.left_out


def test_what_nothing_led_to_is_never_said_to_be_left_out(trades: RunLog, full: RunLog) -> None:
    begun = ("prospect_arrived", "book_sampled", "order_accepted", "run_started")
    for log, kinds in ((trades, begun), (full, (*begun, "trade", "order_cancelled"))):
        for kind in kinds:
            (row,) = log.show(kinds=[kind], limit=1)
            found = explain(log, int(row["seq"]), None)
            assert found.left_out == ""
            assert (len(found.steps) == 1) == (kind in begun)
