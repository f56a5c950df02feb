"""The list of rules that the simulation acts on is what its code reads, no more and no less."""

import re
from pathlib import Path

import sim
from sim.flow.frames import minimum_rule
from sim.rules import MODELLED, STRUCTURAL, load_regime
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
