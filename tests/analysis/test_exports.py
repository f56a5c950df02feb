"""Exports: every event once, exact decimals, OCEL as its schema asks, files whole or not there."""

import csv
import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from analysis.exports import ExportError, whole_file, write_ocel, write_orders, write_trades
from sim.journal import RunLog
from sim.units import INSTRUMENTS, from_us
from tests.analysis.traced_run import traced_run

_TYPES = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "attributes": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string"},
                        "type": {"enum": ["string", "time", "integer", "float", "boolean"]},
                    },
                    "required": ["name", "type"],
                },
            },
        },
        "required": ["name", "attributes"],
    },
}
_RELATIONSHIPS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"objectId": {"type": "string"}, "qualifier": {"type": "string"}},
        "required": ["objectId", "qualifier"],
    },
}


def _attributes(*required: str) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "value": {"type": ["string", "number"]},
                "time": {"type": "string", "format": "date-time"},
            },
            "required": ["name", "value", *required],
        },
    }


OCEL_SCHEMA = {
    "type": "object",
    "properties": {
        "eventTypes": _TYPES,
        "objectTypes": _TYPES,
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "type": {"type": "string"},
                    "time": {"type": "string", "format": "date-time"},
                    "attributes": _attributes(),
                    "relationships": _RELATIONSHIPS,
                },
                "required": ["id", "type", "time"],
            },
        },
        "objects": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "type": {"type": "string"},
                    "attributes": _attributes("time"),
                    "relationships": _RELATIONSHIPS,
                },
                "required": ["id", "type"],
            },
        },
    },
    "required": ["eventTypes", "objectTypes", "events", "objects"],
}
"""What OCEL 2.0 asks of a JSON file."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> RunLog:
    return RunLog.open(traced_run(tmp_path_factory.mktemp("exported") / "run"))


@pytest.fixture(scope="module")
def ocel(log: RunLog, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("ocel") / "log.json"
    count = write_ocel(log, path)
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    assert len(document["events"]) == count
    return document


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


def test_the_ocel_file_is_as_its_schema_asks(ocel: dict[str, Any]) -> None:
    jsonschema.validate(ocel, OCEL_SCHEMA)
    declared = {
        kind["name"]: {column["name"]: column["type"] for column in kind["attributes"]}
        for kind in ocel["eventTypes"] + ocel["objectTypes"]
    }
    python = {"integer": int, "string": str, "boolean": str}
    for found in ocel["events"] + ocel["objects"]:
        columns = declared[found["type"]]
        for attribute in found["attributes"]:
            assert isinstance(attribute["value"], python[columns[attribute["name"]]])


def test_every_object_that_ocel_refers_to_exists_once(ocel: dict[str, Any]) -> None:
    ids = [found["id"] for found in ocel["objects"]]
    assert len(set(ids)) == len(ids)
    assert len({event["id"] for event in ocel["events"]}) == len(ocel["events"])
    for found in ocel["events"] + ocel["objects"]:
        related = [relation["objectId"] for relation in found["relationships"]]
        assert set(related) <= set(ids)
        assert len(set(related)) == len(related)
    assert all(event["relationships"] for event in ocel["events"])


def test_ocel_holds_the_whole_story_of_onboarding_and_no_later_deposit(
    log: RunLog, ocel: dict[str, Any]
) -> None:
    exported = {int(event["id"]) for event in ocel["events"]}
    for kind in (
        "application_submitted",
        "application_refused",
        "client_activated",
        "token_listed",
    ):
        assert set(log.scan(kind).collect()["seq"].to_list()) <= exported
    active: set[int] = set()
    for row in log.show(kinds=["client_activated", "deposit_credited", "participant_registered"]):
        client = int(row["client"])
        if row["kind"] != "deposit_credited":
            active.add(client)
        else:
            assert (int(row["seq"]) in exported) == (client not in active)


def test_an_application_gathers_its_own_events_and_its_outcome(
    log: RunLog, ocel: dict[str, Any]
) -> None:
    of_application: dict[str, list[str]] = {}
    for event in ocel["events"]:
        for relation in event["relationships"]:
            if relation["qualifier"] == "application":
                of_application.setdefault(relation["objectId"], []).append(event["type"])
    objects = {found["id"]: found for found in ocel["objects"]}
    assert len(of_application) == log.rows("application_submitted")
    ends = {"application_refused": "refused", "prospect_left": "left", "client_activated": "active"}
    outcomes = set()
    for name, kinds in of_application.items():
        assert kinds[0] == "application_submitted"
        assert kinds.count("application_submitted") == 1
        told = [
            entry["value"] for entry in objects[name]["attributes"] if entry["name"] == "outcome"
        ]
        assert told == ([ends[kinds[-1]]] if kinds[-1] in ends else [])
        outcomes |= set(told)
    assert outcomes == {"refused", "left", "active"}


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
