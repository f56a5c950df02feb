"""The rules that the simulation acts on: those its code reads, and values it can take."""

import re
from pathlib import Path

import pytest

import sim
from sim.flow.frames import minimum_rule
from sim.rules import (
    MODELLED,
    STRUCTURAL,
    RuleErrors,
    check_changes,
    load_regime,
    shipped_folder,
)
from sim.scenario.model import RuleChange
from sim.units import SYMBOLS

ROOT = Path(str(sim.__file__)).parent
ID = re.compile(r'"((?:aml|cus|fiat|fx|lic|onb|tok|trd)\.[a-z0-9_.]+)"')


def test_every_rule_the_code_names_is_listed_and_every_listed_rule_is_named() -> None:
    named = {
        rule
        for package in ("flow", "venue", "ledger", "world")
        for file in (ROOT / package).rglob("*.py")
        for rule in ID.findall(file.read_text(encoding="utf-8"))
    }
    named |= {minimum_rule(symbol) for symbol in SYMBOLS}
    assert named == MODELLED | STRUCTURAL


def test_every_listed_rule_ships() -> None:
    assert load_regime("rules/hong-kong").rules.keys() >= MODELLED | STRUCTURAL


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ("cus.cold_share", "100.1 %", "expected from 0 % to 100 %, got 100.1 %"),
        ("trd.fee_taker", "-1 bps", "expected from 0 % to 100 %, got -0.01 %"),
        ("fiat.withdrawal_days", 366, "expected from 0 to 365, got 366"),
        ("onb.first_transfer", "HKD -1", "expected an amount not below zero, got HKD -1"),
    ],
)
def test_a_value_that_the_simulation_cannot_act_on_is_refused(
    rule: str, value: str | int, expected: str
) -> None:
    shipped = load_regime("rules/hong-kong")
    ((_, field, message),) = check_changes(shipped.rules, [RuleChange(id=rule, value=value)])
    assert field == "value"
    assert message == f"{rule}: {expected}"


def test_bounds_themselves_and_rules_that_are_not_acted_on_pass() -> None:
    shipped = load_regime("rules/hong-kong")
    changes = [
        RuleChange(id="cus.cold_share", value="0 %"),
        RuleChange(id="trd.fee_maker", value="100 %"),
        RuleChange(id="fiat.withdrawal_days", value=365),
        RuleChange(id="tok.committee.reviews_per_year", value=366),
    ]
    assert check_changes(shipped.rules, changes) == ()


def test_a_rule_file_cannot_give_an_acted_rule_another_unit_or_currency(tmp_path: Path) -> None:
    text = (shipped_folder() / "rules/hong-kong/trading.toml").read_text(encoding="utf-8")
    (tmp_path / "documents.toml").write_bytes(
        (shipped_folder() / "rules/hong-kong/documents.toml").read_bytes()
    )
    spoilt = text.replace('value = "HKD 80"', 'value = "USD 80"')
    assert spoilt != text
    before, _, after = spoilt.partition('id = "trd.fee_taker"')
    after = after.replace('unit = "share"', 'unit = "text"', 1)
    path = tmp_path / "trading.toml"
    path.write_text(f'{before}id = "trd.fee_taker"{after}', encoding="utf-8")
    with pytest.raises(RuleErrors) as caught:
        load_regime(path)
    messages = [problem.message for problem in caught.value.problems]
    assert sorted(messages) == [
        "trd.fee_taker: the simulation takes it as a share, not as a text",
        "trd.min_order.btc_hkd: expected an amount in HKD, got USD 80",
        "trd.min_order.eth_hkd: expected an amount in HKD, got USD 80",
    ]
