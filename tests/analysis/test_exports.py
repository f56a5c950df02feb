"""Exports: every trade and order once, exact decimals, files whole or not there."""

import csv
import errno
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from analysis.exports import ExportError, whole_file, write_orders, write_trades
from sim.journal import RunLog
from sim.units import INSTRUMENTS, from_us
from tests.analysis.traced_run import traced_run


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> RunLog:
    return RunLog.open(traced_run(tmp_path_factory.mktemp("exported") / "run"))


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_trade_is_exported_once_with_exact_amounts(log: RunLog, tmp_path: Path) -> None:
    path = tmp_path / "trades.csv"
    rows, recorded = write_trades(log, path), log.scan("trade").collect().to_dicts()
    exported = read_csv(path)
    assert rows == len(exported) == len(recorded) > 100
    for row, trade in zip(exported, recorded, strict=True):
        pair = INSTRUMENTS[trade["instrument"]]
        assert int(row["seq"]) == trade["seq"]
        assert datetime.fromisoformat(row["time_hkt"]) == from_us(trade["time_us"])
        assert Decimal(row["price_quote"]) == pair.price(trade["price_ticks"])
        assert Decimal(row["quantity_base"]) == pair.quantity(trade["quantity_lots"])
        value = Decimal(row["price_quote"]) * Decimal(row["quantity_base"])
        assert Decimal(row["value_quote"]) == value
        fee = Decimal(trade["taker_fee_minor"]) / 10**6
        assert Decimal(row["taker_fee_quote"]) == fee
        assert (row["base"], row["quote"]) == (pair.base, pair.quote)


def test_order_events_are_exported_in_seq_order_across_kinds(log: RunLog, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = write_orders(log, path)
    exported = read_csv(path)
    kinds = {
        "order_accepted": "accepted",
        "order_refused": "refused",
        "order_cancelled": "cancelled",
    }
    recorded = list(log.show(kinds=kinds))
    assert rows == len(exported) == len(recorded)
    assert {row["event"] for row in exported} == set(kinds.values())
    for row, event in zip(exported, recorded, strict=True):
        assert (row["seq"], row["event"]) == (str(event["seq"]), kinds[str(event["kind"])])
        assert row["reason"] == str(event.get("reason", ""))
        assert row["rule"] == event["rule"]
        priced = event["price_ticks"] != 0
        pair = INSTRUMENTS[str(event["instrument"])]
        expected = pair.price(int(event["price_ticks"])) if priced else None
        assert (Decimal(row["price_quote"]) if row["price_quote"] else None) == expected


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    with whole_file(path, force=False) as partial:
        write(partial)


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with pytest.raises(ZeroDivisionError):
        write_with(path, lambda partial: partial.write_text("half", encoding="utf-8") // 0)
    assert list(tmp_path.iterdir()) == []
    with whole_file(path, force=False) as partial:
        partial.write_text("whole", encoding="utf-8")
        assert not path.exists()
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.csv"]
    assert path.read_text(encoding="utf-8") == "whole"


def test_a_file_that_is_there_stays_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(ExportError, match="--force"), whole_file(path, force=False):
        pass
    with whole_file(path, force=True) as partial:
        partial.write_text("new", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "new"


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"

    def write_late(partial: Path) -> None:
        partial.write_text("ours", encoding="utf-8")
        path.write_text("theirs", encoding="utf-8")

    with pytest.raises(ExportError, match="exists"):
        write_with(path, write_late)
    assert path.read_text(encoding="utf-8") == "theirs"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.csv"]


def test_places_where_no_file_can_be_are_refused(tmp_path: Path) -> None:
    for place, reason in ((tmp_path, "is a folder"), (tmp_path / "no" / "file", "is no folder")):
        with pytest.raises(ExportError, match=reason), whole_file(place, force=True):
            pass


def test_a_folder_that_takes_no_file_is_named_as_the_user_named_it() -> None:
    for folder in ("/proc", "/sys"):
        place = Path(folder) / "out.csv"
        with (
            pytest.raises(ExportError, match=f"^{folder}: no file can be made there: "),
            whole_file(place, force=True),
        ):
            pass


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError("No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_told_of_the_users_file(error: OSError, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"

    def fill(_: Path) -> None:
        raise error

    with pytest.raises(ExportError, match=r"out\.csv: [Nn]o space left on device"):
        write_with(path, fill)
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_fails_is_not_blamed_on_the_file_that_is_written(tmp_path: Path) -> None:
    def read(_: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "events/trade/1.parquet")

    with pytest.raises(PermissionError, match="events/trade"):
        write_with(tmp_path / "out.csv", read)


def test_the_longest_name_that_a_folder_takes_can_be_exported_to(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    write_with(path, lambda partial: partial.write_text("whole", encoding="utf-8"))
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
