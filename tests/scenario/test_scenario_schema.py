"""The JSON Schema: every shipped file fits it, and it refuses what the loader refuses."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import attrs
import jsonschema
import pytest

from sim.rules import shipped_folder
from sim.scenario import dump, load, schema
from sim.scenario.model import Scenario

SHIPPED = sorted(shipped_folder().glob("*.toml"))
OVERLAYS = sorted((shipped_folder() / "rules").glob("*.toml"))


def as_json(value: Any) -> Any:
    """TOML values as an editor shows them to the schema: dates are text."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def mistakes(document: dict[str, Any], *, partial: bool = False) -> list[str]:
    validator = jsonschema.Draft202012Validator(
        schema(partial=partial), format_checker=jsonschema.FormatChecker(["date"])
    )
    return [error.message for error in validator.iter_errors(as_json(document))]


@pytest.mark.parametrize("partial", [False, True])
def test_the_schema_is_a_schema(partial: bool) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(partial=partial))


def test_there_are_shipped_scenarios_and_overlays() -> None:
    assert "hk-retail-2023" in [path.stem for path in SHIPPED]
    assert "exposure-10" in [path.stem for path in OVERLAYS]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_scenario_fits_the_schema(path: Path) -> None:
    assert mistakes(tomllib.loads(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", OVERLAYS, ids=lambda path: path.stem)
def test_every_shipped_overlay_fits_the_partial_schema_only(path: Path) -> None:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    assert mistakes(document, partial=True) == []
    assert mistakes(document) != []


def test_a_resolved_scenario_fits_the_schema(small: Path) -> None:
    assert mistakes(tomllib.loads(dump(load(small)))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("prospects = 50", "prospects = 0"),
        ("prospects = 50", 'prospects = "50"'),
        ("prospects = 50", ""),
        ("prospects = 50", "prospects = 50\nusd_share = 0.15"),
        ("prospects = 50", 'prospects = 50\nusd_share = "15 d"'),
        ("prospects = 50", 'prospects = 50\nnet_worth_median = "USD 5"'),
        ("prospects = 50", "prospects = 50\nprospect = 5"),
        ("prospects = 50", 'prospects = 50\n[world.reference.annual_volatility]\nDOGE = "5 %"'),
        ("prospects = 50", 'prospects = 50\n[world.banks]\nwire_opens = "9:00"'),
        ('"BTC/HKD"', '"BTC/HKT"'),
        (", professional_from = 2023-06-01", ""),
        ("[{ pair", "[] #"),
        ('name = "small"', 'name = "small"\nlog_level = "all"'),
    ],
)
def test_the_schema_refuses_what_it_can_see(text: str, old: str, new: str) -> None:
    assert mistakes(tomllib.loads(text)) == []
    assert mistakes(tomllib.loads(text.replace(old, new, 1))) != []


def test_every_property_is_described_and_quantities_state_their_unit() -> None:
    definitions = schema()["$defs"]
    assert len(definitions) >= 12
    for definition in definitions.values():
        assert definition["description"]
        assert all(field["description"] for field in definition["properties"].values())
    population = definitions["Population"]["properties"]
    assert "a share from 0 % to 100 %" in population["knowledge_pass"]["description"]
    assert population["knowledge_pass"]["default"] == "70 %"
    assert "such as HKD 8,000,000" in population["net_worth_median"]["description"]
    assert set(definitions["Scenario"]["properties"]) == set(attrs.fields_dict(Scenario))


def test_a_table_with_defaults_may_be_written_in_part() -> None:
    staff = schema()["$defs"]["World"]["properties"]["review_staff"]
    assert staff["$ref"] == "#/$defs/PartialStaff"
    assert staff["default"]["officers"] == 4
