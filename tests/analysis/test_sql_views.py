"""SQL over a log: the views hold what the reader gives, and nothing else can be read or written."""

import sys
from pathlib import Path
from typing import Any

import pytest

from analysis.sql import QueryError, plain, query, shown
from sim.events import KINDS, schema_of
from sim.journal import Journal, RunLog
from tests.journal.journal_samples import HEADER, control_events, happened

pytest.importorskip("duckdb", reason="the extra `sql` is not installed")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> RunLog:
    """Four hundred events of five kinds in seven segments, in a folder with a quote in its name."""
    folder = tmp_path_factory.mktemp("sql") / "run's"
    with Journal.create(folder, HEADER, segment_events=64) as journal:
        for event in control_events(400):
            journal.append(event)
        journal.complete({})
    return RunLog.open(folder)


def rows(log: RunLog, text: str) -> list[tuple[Any, ...]]:
    return list(query(log, text).rows)


@pytest.mark.parametrize("kind", KINDS)
def test_a_view_has_the_columns_of_its_kind_and_hong_kong_time(log: RunLog, kind: str) -> None:
    found = query(log, f"FROM {kind} LIMIT 0")
    seq, *others = (column.name for column in schema_of(kind).columns)
    assert found.columns == (seq, "time_hkt", *others)
    assert list(found.rows) == []


def test_views_hold_the_rows_that_the_reader_gives(log: RunLog) -> None:
    for kind in log.kinds:
        found = query(log, f"FROM {kind} ORDER BY seq")
        recorded = log.scan(kind).collect()
        assert (found.columns[0], *found.columns[2:]) == tuple(recorded.columns)
        assert [(row[0], *row[2:]) for row in found.rows] == recorded.rows()


def test_all_events_are_in_one_view_without_a_gap(log: RunLog) -> None:
    assert rows(log, "SELECT count(*), min(seq), max(seq), count(DISTINCT kind) FROM events") == [
        (400, 1, 400, len(log.kinds))
    ]


def test_time_is_shown_as_in_hong_kong(log: RunLog) -> None:
    ((moment, time_us),) = rows(log, "SELECT time_hkt, time_us FROM events WHERE seq = 1")
    assert time_us == 1_700_000_000_000_000
    assert plain(moment) == "2023-11-15 06:13:20"


@pytest.mark.parametrize(
    "text",
    [
        "COPY (SELECT 1) TO '{folder}/events/new.csv'",
        "COPY run_started TO '{folder}/events/run_started/00000001.parquet'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{folder}/events/new.csv'",
        "ATTACH '{folder}/events/new.db'",
        "CREATE TABLE mine AS SELECT 1",
        "DROP VIEW trade",
        "SET enable_external_access = true",
        "PRAGMA threads = 1",
        "INSTALL httpfs",
        "LOAD httpfs",
        "EXPORT DATABASE '{folder}/events/new'",
        "SELECT 1; SELECT 2",
        "SELECT 1; COPY (SELECT 1) TO '{folder}/events/new.csv'",
        "",
        "-- nothing",
    ],
)
def test_what_is_no_single_select_is_refused_and_writes_nothing(log: RunLog, text: str) -> None:
    before = {path: path.stat().st_mtime_ns for path in log.run_dir.rglob("*")}
    with pytest.raises(QueryError, match="expected"):
        query(log, text.format(folder=str(log.run_dir).replace("'", "''")))
    assert {path: path.stat().st_mtime_ns for path in log.run_dir.rglob("*")} == before


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM read_text('{outside}')",
        "SELECT * FROM read_csv('{outside}')",
        "SELECT * FROM '{outside}'",
        "SELECT * FROM glob('{outside}')",
        "SELECT * FROM read_text('{folder}/manifest.jsonl')",
        "SELECT * FROM read_text('{folder}/events/../manifest.jsonl')",
        "SELECT * FROM query('SELECT * FROM read_text(''{outside}'')')",
        "SELECT getenv('HOME')",
    ],
)
def test_other_files_cannot_be_read(log: RunLog, text: str, tmp_path: Path) -> None:
    outside = tmp_path / "secret.csv"
    outside.write_text("a,b\n1,2\n", encoding="utf-8")
    folder = str(log.run_dir).replace("'", "''")
    with pytest.raises(QueryError):
        rows(log, text.format(outside=outside, folder=folder))


def test_a_name_in_a_query_is_never_a_variable_of_the_program(log: RunLog) -> None:
    variable = log.scan("rule_changed").collect()
    with pytest.raises(QueryError, match="variable does not exist"):
        rows(log, "SELECT * FROM variable")
    assert variable.height


def test_a_misspelt_view_is_answered_with_the_nearest_one(log: RunLog) -> None:
    with pytest.raises(QueryError, match='Did you mean "rule_changed"'):
        rows(log, "SELECT * FROM rule_chnged")


def test_a_run_that_holds_nothing_can_be_asked(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "run", HEADER) as journal:
        journal.append(happened("run_started", 1, seed=1))
    empty = tmp_path / "run" / "manifest.jsonl"
    header, *_ = empty.read_bytes().splitlines(keepends=True)
    empty.write_bytes(header)
    assert rows(RunLog.open(tmp_path / "run"), "SELECT count(*) FROM events") == [(0,)]


def test_a_folder_that_reads_as_a_pattern_is_refused_in_words(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "run[1]", HEADER) as journal:
        journal.append(happened("run_started", 1, seed=1))
    with pytest.raises(QueryError, match="patterns"):
        query(RunLog.open(tmp_path / "run[1]"), "SELECT 1")


def test_without_duckdb_the_extra_is_named(log: RunLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(QueryError, match=r"vatp-lab\[sql\]"):
        query(log, "SELECT 1")


def test_values_are_written_as_json_and_tables_have_them(log: RunLog) -> None:
    text = (
        "SELECT NULL, true, 'nan'::DOUBLE, 0.5, 1.50::DECIMAL(5,2), [1, NULL], {'a': 1}, "
        "'ab'::BLOB, DATE '2024-01-02', 170141183460469231731687303715884105727"
    )
    ((*values,),) = rows(log, text)
    assert [plain(value) for value in values] == [
        None,
        True,
        None,
        "0.5",
        "1.50",
        [1, None],
        {"a": 1},
        "6162",
        "2024-01-02",
        2**127 - 1,
    ]
    assert [shown(value) for value in values][:2] == ["", "True"]
    assert shown({"a": [1]}) == '{"a": [1]}'


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("SELECT 1 AS a, 2 AS a", ("a", "a_1")),
        ("SELECT 1 AS a, 2 AS a, 3 AS a_1, 4 AS a", ("a", "a_2", "a_1", "a_3")),
        ("SELECT * FROM (SELECT 1 AS a, 2 AS a)", ("a", "a_1")),
        ("SELECT seq, * FROM run_started", ("seq", "seq_1", "time_hkt")),
    ],
)
def test_columns_of_one_name_are_told_apart(log: RunLog, text: str, names: tuple[str, ...]) -> None:
    columns = query(log, text).columns
    assert columns[: len(names)] == names
    assert len(set(columns)) == len(columns)
