"""A regime that is written as one file reads back as the same."""

import tomllib
from pathlib import Path

import pytest

from sim.rules import RuleErrors, dump_regime, load_regime, shipped_folder

ODD = """\
read = 2026-11-22
[[document]]
id = "G"
title = "Guide"
url = "https://example.org/guide"
[[document]]
id = "long"
title = "A title of \\"several\\" words\\n and a break \\u0007"
{rules}
"""
VALUES = {
    "share": ('"98 %"', '"12.5 bps"'),
    "money": ('"USD 50,000,000"', '"USD 0.01"'),
    "duration": ('"2 h"', '"36 min"'),
    "flag": ("true", "false"),
    "count": ("0", "9_223_372_036_854_775_807"),
    "date": ("2024-02-29", "2024-02-29T09:30:00.000001+08:00"),
    "text": ('"é \\"x\\""', "'''\ntwo\nlines'''"),
}


def odd_rules() -> str:
    """A rule of every unit, its values out of order, with gaps, and cited in every way."""
    return "\n".join(
        f"""\
[[rule]]
id = "x.{unit}"
title = "A {unit}"
unit = "{unit}"
applies_to = ["retail", "platform"]
department = "custody"
use = "none"
[[rule.value]]
from = 2024-01-01T09:30:00+08:00
value = {second}
status = "expected"
document = "long"
also = ["https://example.org/a", "https://example.org/b"]
read = 2024-05-05
confidence = "K(h)"
note = "so"
[[rule.value]]
from = 2023-06-01
until = 2023-12-01
value = {first}
status = "in_force"
document = "G"
paragraph = "para 1"
confidence = "V"
[[rule.value]]
from = 2022-06-01
value = {first}
status = "practice"
document = "assumption"
confidence = "K(l)"
"""
        for unit, (first, second) in VALUES.items()
    )


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    path = tmp_path / "odd.toml"
    path.write_text(ODD.format(rules=odd_rules()), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["rules/hong-kong", "odd"])
def test_a_regime_reads_back_as_the_same(name: str, odd: Path, tmp_path: Path) -> None:
    regime = load_regime(odd if name == "odd" else name)
    text = dump_regime(regime)
    (tmp_path / "written.toml").write_text(text, encoding="utf-8")
    again = load_regime(tmp_path / "written.toml")
    assert again == regime
    assert dump_regime(again) == text


def test_files_their_order_and_comments_do_not_matter(tmp_path: Path) -> None:
    shipped = shipped_folder() / "rules/hong-kong"
    one = tmp_path / "one"
    one.mkdir()
    for number, path in enumerate(sorted(shipped.iterdir(), reverse=True)):
        text = path.read_text(encoding="utf-8")
        (one / f"{number}.toml").write_text(f"# moved\n{text}\n# end\n", encoding="utf-8")
    assert dump_regime(load_regime(one)) == dump_regime(load_regime(shipped))


def test_short_names_are_written_only_where_a_title_needs_one(odd: Path) -> None:
    document = tomllib.loads(dump_regime(load_regime(odd)))
    assert [entry["title"] for entry in document["document"]] == ["Guide"]


def test_a_missing_document_is_not_blamed_on_those_who_cite_it(tmp_path: Path) -> None:
    """One file that cannot be read is one problem, not one for each value that cites a document of it."""
    (tmp_path / "documents.toml").write_text("[[document]\n", encoding="utf-8")
    (tmp_path / "rules.toml").write_text(ODD.format(rules=odd_rules()), encoding="utf-8")
    with pytest.raises(RuleErrors) as caught:
        load_regime(tmp_path)
    assert [Path(problem.file).name for problem in caught.value.problems] == ["documents.toml"]
