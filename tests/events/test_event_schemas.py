"""No kind changes its columns without a new version, and every version that ever was can be read."""

import attrs
import polars as pl
import pytest

from sim.events import KINDS, base, history, schema_of
from sim.events.base import Column
from sim.events.history import Upcast, by_version, columns_of, unchanged
from sim.journal.tables import polars_schema
from sim.journal.upcasting import upcast_table
from tests.events.changed_kinds import with_columns, with_more
from tests.events.schema_table import (
    FILE,
    drift,
    dump,
    extended,
    read_table,
    written,
)
from tests.events.step_laws import broken_laws, made_up


def test_no_kind_has_changed_since_its_version_was_noted(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        FILE.write_text(dump(extended(read_table())), encoding="utf-8")
    problems = drift(read_table())
    assert not problems, "\n".join(problems)


def test_the_table_of_versions_is_written_in_one_way_only() -> None:
    assert FILE.read_text(encoding="utf-8") == dump(read_table())


def test_every_version_that_ever_was_is_still_known_with_its_columns() -> None:
    for kind, versions in read_table().items():
        assert kind in KINDS, f"kind {kind} is gone: logs hold it, so it stays in the vocabulary"
        for version, columns in versions.items():
            assert written(columns_of(kind, int(version))) == columns, (kind, version)


def test_every_kind_has_a_step_from_each_of_its_older_versions() -> None:
    lacking = [
        (kind, version)
        for kind in KINDS
        for version in range(1, schema_of(kind).version)
        if (kind, version) not in history.UPCASTS
    ]
    assert lacking == []
    beyond = [place for place in history.UPCASTS if place[1] >= schema_of(place[0]).version]
    assert beyond == []


def test_every_step_keeps_the_laws_of_steps() -> None:
    for (kind, version), upcast in history.UPCASTS.items():
        assert broken_laws(upcast, columns_of(kind, version + 1)) == [], (kind, version)


def test_a_column_added_without_a_new_version_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = schema_of("trade")
    columns = (*schema.columns, Column("venue", "string"))
    monkeypatch.setitem(base._SCHEMAS, "trade", attrs.evolve(schema, columns=columns))
    (problem,) = drift(read_table())
    assert problem.startswith("the columns of trade changed, and its version is still 1.")
    assert "raises its `version`, writes the step" in problem


def test_a_name_added_to_an_enumeration_without_a_new_version_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    schema = schema_of("order_refused")
    reason = schema.columns[-1]
    assert isinstance(reason.type, tuple)
    columns = (*schema.columns[:-1], attrs.evolve(reason, type=(*reason.type, "frozen")))
    monkeypatch.setitem(base._SCHEMAS, "order_refused", attrs.evolve(schema, columns=columns))
    assert [problem.split()[3] for problem in drift(read_table())] == ["order_refused"]


def test_a_new_version_must_be_noted_and_old_entries_are_never_rewritten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = read_table()
    with_more(monkeypatch, "trade", [("venue", str, pl.lit("hk"))])
    (problem,) = drift(table)
    assert problem.startswith("version 2 of trade is not in schemas.json")
    after = extended(table)
    assert drift(after) == []
    assert after["trade"]["1"] == table["trade"]["1"]
    assert after["trade"]["2"] == [*table["trade"]["1"], ["venue", "string"]]


FIRST = (
    Column("seq", "int64"),
    Column("time_us", "int64"),
    Column("cause", "int64"),
    Column("rule", "string"),
    Column("amount", "int64"),
    Column("side", ("buy", "sell")),
)
SECOND = (*FIRST[:-2], Column("amount_minor", "int64"), FIRST[-1], Column("large", "bool"))
THIRD = (
    *FIRST[:-2],
    Column("large", "bool"),
    Column("side", ("none", "buy", "sell")),
    Column("amount_minor", "int64"),
)


def test_a_chain_of_steps_is_walked_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = attrs.evolve(schema_of("trade"), columns=FIRST)
    monkeypatch.setitem(base._SCHEMAS, "trade", schema)

    def second(rows: pl.LazyFrame) -> pl.LazyFrame:
        renamed = rows.rename({"amount": "amount_minor"}).with_columns(pl.col("amount_minor") * 100)
        return renamed.with_columns(large=pl.col("amount_minor") > 0)

    with_columns(monkeypatch, "trade", SECOND, second)
    # Only more names in an enumeration, and another order of columns.
    with_columns(monkeypatch, "trade", THIRD, unchanged)
    rows = made_up(FIRST)
    found = upcast_table("trade", 1, rows)
    assert found.schema == polars_schema(THIRD)
    assert found.columns == [column.name for column in THIRD]
    assert found["amount_minor"].to_list() == [100 * amount for amount in rows["amount"]]
    assert found["large"].to_list() == [amount > 0 for amount in rows["amount"]]
    # By name: the codes of the enumeration moved.
    assert found["side"].cast(pl.String).to_list() == rows["side"].cast(pl.String).to_list()
    assert found["side"].to_physical().to_list() != rows["side"].to_physical().to_list()
    assert found.select("seq", "time_us", "cause", "rule").equals(
        rows.select("seq", "time_us", "cause", "rule")
    )
    later = upcast_table("trade", 2, second(rows.lazy()).collect())
    assert later.equals(found)
    assert upcast_table("trade", 3, found) is found


LAWLESS = {
    "gives no column large": lambda rows: rows.rename({"amount": "amount_minor"}),
    "gives large as": lambda rows: good(rows).with_columns(large=pl.lit("no")),
    "touches the envelope": lambda rows: good(rows).with_columns(pl.col("seq") + 1),
    "adds, drops or moves rows": lambda rows: good(rows).filter(pl.col("amount_minor") > 0),
    "leaves values missing": lambda rows: good(rows).with_columns(large=pl.lit(None, pl.Boolean)),
    "depends on others": lambda rows: good(rows).with_columns(
        amount_minor=pl.col("amount_minor").cum_sum()
    ),
}


def good(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.rename({"amount": "amount_minor"}).with_columns(large=pl.col("amount_minor") > 0)


def test_a_lawful_step_breaks_no_law() -> None:
    assert broken_laws(Upcast("trade", 1, FIRST, good), SECOND) == []


@pytest.mark.parametrize("law", LAWLESS)
def test_a_step_that_breaks_a_law_is_caught(law: str) -> None:
    found = broken_laws(Upcast("trade", 1, FIRST, LAWLESS[law]), SECOND)
    assert any(law in broken for broken in found), found


def test_a_step_that_draws_lots_is_caught() -> None:
    lots = iter(range(10**6))

    def step(rows: pl.LazyFrame) -> pl.LazyFrame:
        return good(rows).with_columns(amount_minor=pl.lit(next(lots), pl.Int64))

    assert "is not the same a second time" in broken_laws(Upcast("trade", 1, FIRST, step), SECOND)


def test_two_steps_from_the_same_version_are_refused() -> None:
    upcast = Upcast("trade", 1, FIRST, unchanged)
    with pytest.raises(ValueError, match="version 1 of trade has two upcasts"):
        by_version([upcast, upcast])
