"""`vatp log sql`, as a pipe and a terminal see it."""

import json
from typing import Any

import pytest

from sim.journal import RunLog
from tests.cli.conftest import Finished, Vatp

pytest.importorskip("duckdb", reason="the extra `sql` is not installed")


def documents(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_sql_prints_a_table_or_a_document_a_row(finished: Finished, vatp: Vatp) -> None:
    text = "SELECT kind, count(*) AS n FROM events GROUP BY ALL ORDER BY kind"
    table = vatp("log", "sql", finished.run_dir, text)
    assert (table.code, table.err) == (0, "")
    assert table.out.split()[:2] == ["kind", "n"]
    log = RunLog.open(finished.run_dir)
    rows = documents(vatp("log", "sql", finished.run_dir, text, "--json").out)
    assert rows == [{"kind": kind, "n": log.rows(kind)} for kind in log.kinds]
    some = vatp("log", "sql", finished.run_dir, text, "--json", "--limit", "2")
    assert documents(some.out) == rows[:2]
    assert some.err == "the first 2 rows; --limit 0 prints all\n"
    exact = vatp("log", "sql", finished.run_dir, text, "--json", "--limit", str(len(rows)))
    assert exact.err == ""
    none = vatp("log", "sql", finished.run_dir, "FROM trade WHERE false")
    assert (none.code, none.out, none.err) == (0, "", "no row\n")


def test_columns_of_one_name_are_all_in_the_document_and_in_the_table(
    finished: Finished, vatp: Vatp
) -> None:
    words = ("log", "sql", finished.run_dir, "SELECT 1 AS a, 2 AS a")
    assert documents(vatp(*words, "--json").out) == [{"a": 1, "a_1": 2}]
    assert vatp(*words).out.split()[:2] == ["a", "a_1"]


def test_a_table_too_wide_for_the_terminal_keeps_every_column_name(
    finished: Finished, vatp: Vatp, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("log", "sql", finished.run_dir, "SELECT * FROM trade LIMIT 2")
    rows = documents(vatp(*words, "--json").out)
    monkeypatch.setenv("COLUMNS", "60")
    lines = vatp(*words).out.splitlines()
    assert [line for line in lines if not line.startswith("    ")] == ["row 1", "row 2"]
    text = " ".join(" ".join(lines).split())
    for row in rows:
        for name, value in row.items():
            assert not value or f"{name} {value}" in text
    # Whatever the width, a row is either in a table with its head or in a list of named cells.
    for width in range(60, 260, 10):
        monkeypatch.setenv("COLUMNS", str(width))
        head = vatp(*words).out.splitlines()[0]
        assert head.split()[0] in {"row", "seq"}


def test_sql_that_is_wrong_or_writes_is_bad_input(finished: Finished, vatp: Vatp) -> None:
    for text, said in (("FROM traed", 'Did you mean "trade"'), ("DROP VIEW trade", "only be read")):
        answer = vatp("log", "sql", finished.run_dir, text)
        assert (answer.code, answer.out) == (2, "")
        assert said in answer.err
