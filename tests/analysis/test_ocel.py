"""OCEL 2.0: the file is as its schema asks, complete, and tells the story of onboarding and admission."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from analysis.exports import write_ocel
from sim.journal import RunLog
from sim.rules import Regime
from sim.scenario import load
from sim.units import ASSETS, from_us
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


def regime_of(log: RunLog) -> Regime:
    return load(log.run_dir / "scenario.toml").regime


def dated(found: dict[str, Any], name: str) -> list[tuple[str, Any]]:
    """The values of an object's attribute with their times, in order."""
    return [(told["time"], told["value"]) for told in found["attributes"] if told["name"] == name]


@pytest.fixture(scope="module")
def ocel(log: RunLog, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("ocel") / "log.json"
    count = write_ocel(log, path, regime_of(log))
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    assert len(document["events"]) == count
    return document


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


def test_every_type_is_declared_once_and_every_declared_one_is_used(ocel: dict[str, Any]) -> None:
    kinds = [kind["name"] for kind in ocel["eventTypes"]]
    types = [kind["name"] for kind in ocel["objectTypes"]]
    assert len(set(kinds + types)) == len(kinds) + len(types)
    assert {event["type"] for event in ocel["events"]} == set(kinds)
    assert {found["type"] for found in ocel["objects"]} == set(types)
    assert not {event["id"] for event in ocel["events"]} & {
        found["id"] for found in ocel["objects"]
    }
    declared = {
        kind["name"]: [own["name"] for own in kind["attributes"]] for kind in ocel["eventTypes"]
    }
    for event in ocel["events"]:
        assert [own["name"] for own in event["attributes"]] == declared[event["type"]]


def test_every_time_has_its_offset_and_objects_change_in_order_once_an_instant(
    ocel: dict[str, Any],
) -> None:
    times = [datetime.fromisoformat(event["time"]) for event in ocel["events"]]
    assert times == sorted(times)
    assert all(time.utcoffset() == timedelta(hours=8) for time in times)
    for found in ocel["objects"]:
        told = [(own["name"], own["time"]) for own in found["attributes"]]
        assert len(set(told)) == len(told), found
        moments = [datetime.fromisoformat(time) for _, time in told]
        assert moments == sorted(moments)
        assert all(moment.utcoffset() == timedelta(hours=8) for moment in moments)


def test_every_rule_has_its_title_and_its_value_from_the_start_of_the_run_on(
    log: RunLog, ocel: dict[str, Any]
) -> None:
    regime, start_us = regime_of(log), int(log.header["start_us"])
    start = from_us(start_us).isoformat(timespec="microseconds")
    changes = log.scan("rule_changed").collect()
    rules = [found for found in ocel["objects"] if found["type"] == "rule"]
    assert len(rules) > 5
    in_force = 0
    for found in rules:
        name = found["id"].removeprefix("rule-")
        value = regime.rules[name].at(start_us)
        first, *later = dated(found, "value")
        assert first == (start, value.text if value else "not in force")
        assert dated(found, "title") == [(start, regime.rules[name].title)]
        assert [text for _, text in later] == changes.filter(rule=name)["value"].to_list()
        in_force += value is not None
    assert 0 < in_force < len(rules)


def test_without_the_rules_of_the_run_no_value_is_made_up(log: RunLog, tmp_path: Path) -> None:
    write_ocel(log, tmp_path / "log.json")
    document = json.loads((tmp_path / "log.json").read_text(encoding="utf-8"))
    changed = set(log.scan("rule_changed").collect()["rule"].to_list())
    for found in document["objects"]:
        if found["type"] == "rule":
            assert bool(found["attributes"]) == (found["id"].removeprefix("rule-") in changed)


def test_tokens_and_pairs_say_what_they_are_and_to_whom_they_are_open(
    log: RunLog, ocel: dict[str, Any]
) -> None:
    objects = {found["id"]: found for found in ocel["objects"]}
    for code in ("BTC", "ETH"):
        token = objects[f"token-{code}"]
        assert [value for _, value in dated(token, "decimals")] == [ASSETS[code].decimals]
        listed = log.scan("token_listed").filter(token=code).collect()
        assert listed.height > 0
        for row in listed.to_dicts():
            time = from_us(row["time_us"]).isoformat(timespec="microseconds")
            assert dated(token, f"menu_{row['client_class']}") == [(time, "listed")]
    pair = objects["pair-BTC/USD"]
    assert [dated(pair, name)[0][1] for name in ("base", "quote")] == ["BTC", "USD"]
    assert pair["relationships"] == [{"objectId": "token-BTC", "qualifier": "base"}]


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
