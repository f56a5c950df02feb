"""A token's timeline: its dates as they were set, its volume as the trades add up."""

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from analysis.tracing import TokenError, day, timeline
from sim.journal import RunLog
from sim.run import run
from sim.scenario import load
from sim.units import INSTRUMENTS, to_us

LISTINGS = (
    "{pair='BTC/HKD', professional_from=2023-09-20, retail_from=2023-09-25}",
    "{pair='BTC/USD', professional_from=2023-09-22}",
    "{pair='ETH/HKD', professional_from=2023-09-20, retail_from=2023-10-25}",
)
"""BTC/USD never opens to retail clients; ETH only after the end."""

SETTINGS = (
    "horizon.start=2023-09-20",
    "horizon.end=2023-10-20",
    "world.population.prospects=80",
    "world.market_makers=[{name='maker-1', requote_interval='1 h'}]",
    f"world.listings=[{', '.join(LISTINGS)}]",
    "world.sample_interval=6 h",
)

NO_GATE = """\
[[rules.changes]]
id = "tok.retail_gate"
start = 2023-10-01
value = {value}
source = "supposition"

[[rules.changes]]
id = "tok.sfc_approval"
start = 2023-10-01
value = {value}
source = "supposition"

[[rules.changes]]
id = "tok.retail_gate"
start = 2023-10-10
value = true
source = "supposition"
"""
"""The retail gates fall on 1 October; one of them comes back on the 10th, which pauses what is not through."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> RunLog:
    folder = tmp_path_factory.mktemp("timeline")
    overlay = folder / "gates.toml"
    overlay.write_text(NO_GATE.format(value="false"), encoding="utf-8")
    loaded = load("hk-retail-2023", overlays=(overlay,), settings=SETTINGS)
    return RunLog.open(run(loaded, seed=2, run_dir=folder / "run").run_dir)


def dated(log: RunLog, token: str, what: str) -> list[tuple[str, str]]:
    return [
        (day(entry.time_us), entry.text)
        for entry in timeline(log, token).entries
        if entry.what == what
    ]


def test_pairs_open_and_pause_on_the_dates_that_listings_and_law_give(log: RunLog) -> None:
    professionals = "individual PI, market maker and arbitrageur"
    assert dated(log, "BTC", "open") == [
        ("2023-09-20", f"BTC/HKD for {professionals} clients"),
        ("2023-09-22", f"BTC/USD for {professionals} clients"),
        ("2023-09-25", "BTC/HKD for retail clients"),
        ("2023-10-01", "BTC/USD for retail clients"),
    ]
    assert dated(log, "BTC", "sell only") == [
        ("2023-10-10", "BTC/USD for retail clients (rule tok.retail_gate)")
    ]
    assert dated(log, "ETH", "sell only") == [
        ("2023-10-10", "ETH/HKD for retail clients (rule tok.retail_gate)")
    ]


def test_the_rules_that_decided_are_part_of_the_story(log: RunLog) -> None:
    assert dated(log, "ETH", "rule") == [
        ("2023-10-01", "tok.retail_gate became no (hypothetical)"),
        ("2023-10-01", "tok.sfc_approval became no (hypothetical)"),
        ("2023-10-10", "tok.retail_gate became yes (hypothetical)"),
    ]


def test_entries_are_in_order_and_point_at_their_events(log: RunLog) -> None:
    found = timeline(log, "BTC")
    times = [entry.time_us for entry in found.entries]
    assert times == sorted(times)
    for entry in found.entries:
        rows = log.show(kinds=["token_listed", "pair_opened", "rule_changed", "trade"])
        by_seq = {row["seq"]: row for row in rows}
        assert {by_seq[seq]["time_us"] for seq in entry.events} == {entry.time_us}


def test_first_trades_are_the_first_of_the_log(log: RunLog) -> None:
    found = timeline(log, "BTC")
    firsts = {entry.events[0] for entry in found.entries if entry.what == "first trade"}
    trades = log.scan("trade").collect()
    expected = {
        trades.filter(pl.col("instrument") == symbol)["seq"][0]
        for symbol in ("BTC/HKD", "BTC/USD")
        if symbol in trades["instrument"]
    }
    assert firsts == expected != set()


def test_months_are_hong_kongs_and_add_up_to_every_trade(log: RunLog) -> None:
    months = timeline(log, "BTC").months
    trades = log.scan("trade").filter(pl.col("instrument").str.starts_with("BTC")).collect()
    assert sum(month.trades for month in months) == trades.height > 10
    assert {month.month for month in months} == {"2023-09", "2023-10"}
    october = trades.filter(
        (pl.col("time_us") >= to_us(date(2023, 10, 1))) & (pl.col("instrument") == "BTC/HKD")
    )
    pair = INSTRUMENTS["BTC/HKD"]
    (found,) = (
        month for month in months if (month.month, month.instrument) == ("2023-10", "BTC/HKD")
    )
    assert found.coins_minor == int(october["quantity_lots"].sum()) * pair.lot_minor
    values = (
        pair.notional_minor(ticks, lots)
        for ticks, lots in october.select("price_ticks", "quantity_lots").iter_rows()
    )
    assert found.value_minor == sum(values)


def test_a_token_may_be_written_in_small_letters(log: RunLog) -> None:
    assert timeline(log, "btc") == timeline(log, "BTC")


@pytest.mark.parametrize(
    ("token", "said"),
    [("BTCC", "did you mean BTC"), ("SOL", "its tokens: BTC, ETH"), ("", "its tokens")],
)
def test_a_token_that_the_log_does_not_know_is_refused(log: RunLog, token: str, said: str) -> None:
    with pytest.raises(TokenError, match=said):
        timeline(log, token)


def test_a_run_without_any_event_knows_no_token(log: RunLog, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    shutil.copytree(log.run_dir, folder)
    manifest = folder / "manifest.jsonl"
    header, *_ = manifest.read_bytes().splitlines(keepends=True)
    manifest.write_bytes(header)
    with pytest.raises(TokenError, match="its tokens: none"):
        timeline(RunLog.open(folder), "BTC")
