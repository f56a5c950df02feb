"""`vatp rules`: the law on a date, one rule's history, and what differs between two sets of rules."""

from pathlib import Path

import pytest

from sim.rules import load_regime
from tests.cli.conftest import Vatp


def test_the_rules_in_force_on_a_date_are_listed(vatp: Vatp) -> None:
    before = {row["id"] for row in vatp("rules", "list", "--on", "2023-08-27", "--json").document}
    after = {row["id"] for row in vatp("rules", "list", "--on", "2024-06-01", "--json").document}
    assert "onb.exposure_limit" in before & after
    assert after - before
    everything = vatp("rules", "list", "--on", "2023-08-27", "--absent", "--json").document
    assert {row["id"] for row in everything} > before
    absent = [row for row in everything if row["id"] in after - before]
    assert absent
    assert all(row["current"] is None and row["next"] is not None for row in absent)


def test_the_table_shows_value_date_standing_and_source(vatp: Vatp) -> None:
    words = ("rules", "list", "--on", "2024-06-01", "--department", "onboarding")
    out = vatp(*words).out
    row = next(line for line in out.splitlines() if line.startswith("onb.exposure_limit "))
    assert row.split()[1:5] == ["30", "%", "2023-06-01", "practice"]
    assert "fiat." not in out
    departments = {row["department"] for row in vatp(*words, "--json").document}
    assert departments == {"onboarding"}


def test_without_a_date_the_latest_values_are_listed(vatp: Vatp) -> None:
    latest = vatp("rules", "list", "--json").document
    far = vatp("rules", "list", "--on", "2090-01-01", "--json").document
    assert latest == far


def test_before_the_first_rule_nothing_is_listed_and_that_is_said(vatp: Vatp) -> None:
    answer = vatp("rules", "list", "--on", "1990-01-01")
    assert (answer.code, answer.out) == (0, "")
    assert answer.err == "no rule is in force then; --absent lists those that are known\n"


def test_an_unknown_department_is_explained(vatp: Vatp) -> None:
    near = vatp("rules", "list", "--department", "onbording")
    assert (near.code, near.out) == (2, "")
    assert near.err == (
        "--department: no rule belongs to 'onbording'; did you mean 'onboarding'?\n"
    )
    far = vatp("rules", "list", "--department", "zz")
    assert "departments: admission, custody" in far.err


def test_every_shipped_rule_is_shown_with_its_sources(
    vatp: Vatp, monkeypatch: pytest.MonkeyPatch
) -> None:
    regime = load_regime("rules/hong-kong")
    monkeypatch.setattr("sim.cli.rules.regime_of", lambda _: regime)  # read once, not for each rule
    for rule in regime.rules.values():
        out = vatp("rules", "show", rule.id).out
        assert out.startswith(f"{rule.id}  {rule.title}\n")
        for value in rule.values:
            assert f": {value.text}  ({value.status})" in out
            assert value.reference.document in out
            if value.reference.url:
                assert f" {value.reference.url}\n" in out


def test_a_rule_as_json_holds_its_history(vatp: Vatp) -> None:
    document = vatp("rules", "show", "onb.retail_access", "--json").document
    assert document["id"] == "onb.retail_access"
    assert [value["since"] for value in document["history"]] == ["2023-06-01", "2023-08-28"]
    assert [value["until"] for value in document["history"]] == ["2023-08-28", ""]
    assert all(value["document"] for value in document["history"])


def test_an_overlay_differs_from_its_scenario_in_what_it_changes(vatp: Vatp) -> None:
    words = ("rules", "diff", "hk-retail-2023", "rules/exposure-10")
    (row,) = vatp(*words, "--json").document
    assert (row["id"], row["kind"], row["since"]) == ("onb.exposure_limit", "value", "2023-06-01")
    assert (row["before"]["value"], row["after"]["value"]) == ("30 %", "10 %")
    assert row["after"]["status"] == "hypothetical"
    first, old, new = vatp(*words).out.splitlines()
    assert first.startswith("onb.exposure_limit  ")
    assert old.startswith("  - 30 %  (practice; HashKey")
    assert new.startswith("  + 10 %  (hypothetical; what-if")


def test_an_overlay_is_laid_over_the_scenario_it_is_compared_with(
    tiny: Path, tmp_path: Path, vatp: Vatp
) -> None:
    overlay = tmp_path / "overlay.toml"
    overlay.write_text('[[rules.changes]]\nid = "onb.exposure_limit"\nvalue = "1 %"\n', "utf-8")
    (row,) = vatp("rules", "diff", tiny, overlay, "--json").document
    assert row["since"] == "2023-09-01"  # the first day of that scenario, not of the shipped one
    assert row["after"]["value"] == "1 %"
    shown = vatp("rules", "show", "onb.exposure_limit", overlay, "--json").document
    assert shown["history"][-1]["value"] == "1 %"


def test_two_dates_show_what_changed_between_them(vatp: Vatp) -> None:
    words = ("rules", "diff", "2023-08-27", "2023-08-28")
    rows = {row["id"]: row for row in vatp(*words, "--json").document}
    change = rows["onb.retail_access"]
    assert (change["before"]["value"], change["after"]["value"]) == ("no", "yes")
    assert "onb.retail_access  " in vatp(*words).out
    same = vatp("rules", "diff", "2023-08-28", "2023-08-28")
    assert (same.code, same.out, same.err) == (0, "", "no rule differs\n")


@pytest.mark.parametrize("command", ["list", "show"])
def test_a_file_of_rules_with_mistakes_is_reported_line_by_line(
    command: str, tmp_path: Path, vatp: Vatp
) -> None:
    path = tmp_path / "law.toml"
    path.write_text('[[rule]]\nid = "a.b"\ntitel = "x"\nunit = "shares"\n', encoding="utf-8")
    words = ("a.b", path) if command == "show" else (path,)
    answer = vatp("rules", command, *words)
    assert (answer.code, answer.out) == (2, "")
    assert len(answer.err.splitlines()) > 2
    assert all(line.startswith(f"{path}:") for line in answer.err.splitlines())
