"""The resolved scenario: complete, equal when read again, and known by its digest."""

import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_origin

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.calendar import Calendar
from sim.quantities import DayTimeUs, DurationUs, InstantUs, Ppm
from sim.rules import shipped_folder
from sim.scenario import ScenarioErrors, digest, dump, load
from sim.scenario.fields import Limits, default_of
from sim.scenario.leaves import EARLIEST_US, LATEST_US
from sim.scenario.model import Scenario
from sim.scenario.resolved import dump_scenario
from sim.scenario.structure import structure
from sim.units import MINUTE_US, Money, to_us

Write = Callable[[str, str], Path]


def again(write: Write, text: str) -> Any:
    return load(write("resolved/again.toml", text))


def test_a_resolved_scenario_reads_back_as_an_equal_one(write: Write, small: Path) -> None:
    write("prices.csv", "time,asset,price\n")
    overlay = write(
        "overlay.toml",
        'measures = ["access"]\n[world]\nmarket_makers = []\n[world.reference]\nfile = "prices.csv"\n'
        '[[rules.changes]]\nid = "onb.exposure_limit"\nvalue = "10 %"\n',
    )
    settings_ = ["horizon.end=2023-06-15T12:34:56.789Z", "rule.onb.kyc@2023-06-03=false"]
    loaded = load(small, overlays=[overlay], settings=settings_)
    read = again(write, dump(loaded))
    assert read.scenario == loaded.scenario
    assert digest(read) == digest(loaded)
    assert dump(read).partition("\n\n")[2] == dump(loaded).partition("\n\n")[2]


SHIPPED = sorted(shipped_folder().glob("*.toml"))
OVERLAYS = sorted((shipped_folder() / "rules").glob("*.toml"))


@pytest.mark.parametrize("scenario", SHIPPED, ids=lambda path: path.stem)
@pytest.mark.parametrize(
    "overlay", [None, *OVERLAYS], ids=lambda path: path.stem if path else "alone"
)
def test_shipped_scenarios_read_back_under_every_shipped_overlay(
    write: Write, scenario: Path, overlay: Path | None
) -> None:
    loaded = load(scenario, overlays=[overlay] if overlay else [])
    assert again(write, dump(loaded)).scenario == loaded.scenario
    assert loaded.scenario.rules.regime == "rules/hong-kong"


def test_a_resolved_scenario_says_every_field(small: Path) -> None:
    document = tomllib.loads(dump(load(small)))
    population = document["world"]["population"]
    assert population["usd_share"] == "15 %"
    assert document["world"]["review_staff"]["service"] == "30 min"
    assert len(document["world"]["market_makers"]) == 2


def test_holidays_are_frozen_when_the_file_leaves_them_out(small: Path) -> None:
    world = load(small).scenario.world
    expected = Calendar.hong_kong(to_us(date(2023, 6, 1)), to_us(date(2023, 6, 15))).holidays
    assert world.holidays == expected
    assert date(2023, 10, 2) in world.holidays


def test_holidays_of_the_file_win_even_when_there_are_none(small: Path) -> None:
    given_days = load(small, settings=["world.holidays=[2023-06-09, 2023-06-02]"]).scenario
    assert given_days.world.holidays == (date(2023, 6, 2), date(2023, 6, 9))
    assert load(small, settings=["world.holidays=[]"]).scenario.world.holidays == ()


def test_a_holiday_given_twice_is_a_mistake(small: Path) -> None:
    with pytest.raises(ScenarioErrors, match=r"holidays\[1\]: 2023-06-02 is given twice"):
        load(small, settings=["world.holidays=[2023-06-02, 2023-06-02]"])


def test_a_reference_file_that_changed_since_is_refused(write: Write, small: Path) -> None:
    write("prices.csv", "time,asset,price\n")
    resolved = dump(load(small, settings=["world.reference.file=prices.csv"]))
    assert again(write, resolved).scenario.world.reference.sha256
    write("prices.csv", "time,asset,price\n2023-06-01,BTC,1\n")
    with pytest.raises(
        ScenarioErrors, match=r"again\.toml:\d+: world\.reference\.sha256: .* is not"
    ):
        again(write, resolved)


def test_another_reference_file_may_take_the_place_of_a_resolved_one(
    write: Write, small: Path
) -> None:
    write("prices.csv", "time,asset,price\n")
    other = write("other.csv", "time,asset,price\n2023-06-01,BTC,1\n")
    resolved = dump(load(small, settings=["world.reference.file=prices.csv"]))
    path = write("resolved.toml", resolved)
    reference = load(path, settings=["world.reference.file=other.csv"]).scenario.world.reference
    assert reference.file == str(other.resolve())
    assert f'sha256 = "{reference.sha256}"' not in resolved


def test_holidays_that_do_not_cover_the_run_are_noted(write: Write, small: Path) -> None:
    path = write("resolved.toml", dump(load(small)))
    assert load(path).notes == ()
    (note,) = load(path, settings=["horizon.end=2026-06-15"]).notes
    assert "does not cover the run" in note


def test_the_digest_does_not_depend_on_where_files_lie(write: Write, small: Path) -> None:
    write("prices.csv", "time\n")
    write("elsewhere/prices.csv", "time\n")
    write("elsewhere/law.toml", Path("law.toml").read_text(encoding="utf-8"))
    first = load(small, settings=["world.reference.file=prices.csv"])
    elsewhere = ["world.reference.file=elsewhere/prices.csv", "rules.regime=elsewhere/law.toml"]
    second = load(small, settings=elsewhere)
    assert first.scenario != second.scenario
    assert digest(first) == digest(second)


def test_the_digest_shows_a_change_of_the_law(write: Write, small: Path) -> None:
    law = Path("law.toml").read_text(encoding="utf-8")
    before = digest(load(small))
    write("law.toml", f"{law}# a comment means nothing\n")
    assert digest(load(small)) == before
    write("law.toml", law.replace("30 %", "25 %"))
    assert digest(load(small)) != before


def test_the_digest_changes_with_any_value(small: Path) -> None:
    base = digest(load(small))
    for setting in ("world.population.prospects=51", "world.depth_band=2 %", "rule.onb.kyc=false"):
        assert digest(load(small, settings=[setting])) != base


def test_only_fields_that_default_to_nothing_may_hold_nothing() -> None:
    """A value of None is written by leaving the key out, so that must read back as None."""
    pending: list[Any] = [Scenario]
    optional = 0
    while pending:
        for field in attrs.fields(pending.pop()):
            may_be_absent = type(None) in get_args(field.type)
            optional += may_be_absent
            assert not may_be_absent or field.default is None
            pending += [kind for kind in (field.type, *get_args(field.type)) if attrs.has(kind)]
    assert optional == 4


DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


def amounts(limits: Limits, largest: int) -> st.SearchStrategy[int]:
    least = limits.minimum if limits.above is None else limits.above + 1
    return st.integers(least or 0, largest if limits.maximum is None else limits.maximum)


def values(kind: Any, limits: Limits) -> st.SearchStrategy[Any]:
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: st.sampled_from(limits.choices) if limits.choices else NAMES,
        int: amounts(limits, 10**6),
        date: DAYS,
        DurationUs: amounts(limits, 10**15),
        Ppm: amounts(limits, 10**6),
        DayTimeUs: st.integers(0, 24 * 60).map(lambda minute: minute * MINUTE_US),
        InstantUs: st.integers(EARLIEST_US, LATEST_US - 1) | DAYS.map(to_us),
        Money: amounts(limits, 10**18).map(lambda minor: Money(limits.asset or "HKD", minor)),
        str | bool | int: st.one_of(NAMES, st.booleans(), st.integers(-(2**62), 2**62)),
    }
    if kind in simple:
        return simple[kind]
    arguments: Any = get_args(kind)
    if type(None) in arguments:
        return st.none() | values(arguments[0], limits)
    if attrs.has(kind):
        return objects(kind)
    if get_origin(kind) is tuple:
        return st.lists(values(arguments[0], Limits()), min_size=limits.items, max_size=3).map(
            tuple
        )
    if get_origin(kind) is dict:
        return st.fixed_dictionaries({key: values(arguments[1], limits) for key in limits.keys})
    return st.sampled_from(arguments)


def objects(kind: Any) -> st.SearchStrategy[Any]:
    fields = attrs.fields(kind)
    return st.builds(kind, **{field.name: values(field.type, Limits.of(field)) for field in fields})


@settings(max_examples=60, deadline=None)
@given(objects(Scenario))
def test_whatever_a_scenario_holds_it_reads_back_equal(scenario: Scenario) -> None:
    """Fields alone: what must hold between values is not needed to write and read them."""
    assert structure(tomllib.loads(dump_scenario(scenario))) == (scenario, [])


def test_defaults_lie_within_the_limits_of_their_fields(small: Path) -> None:
    for field in attrs.fields(type(load(small).scenario.world.population)):
        if field.name != "prospects":
            default = default_of(field)
            limits = Limits.of(field)
            amount = default.amount_minor if isinstance(default, Money) else default
            assert limits.minimum is None or amount >= limits.minimum
            assert limits.maximum is None or amount <= limits.maximum
            assert limits.above is None or amount > limits.above
