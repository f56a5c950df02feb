"""SQL over a log: one view a kind and one over all events, read-only, through DuckDB.

DuckDB reads the sealed Parquet parts in place; rows that were written in an older version of their kind are
taken into memory as rows of today's. The connection lives in memory; before the first query it is
told to touch no file outside the run's folder of events and to load no extension, and these settings are
locked. A query must be one SELECT, so nothing can be written. What this cannot stop: a query may take all
the memory and time it likes, and it sees the parts as they lie on disk, whose digests only `verify` checks.
"""

import json
from collections.abc import Iterator, Sequence
from importlib import import_module
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs

from analysis.measures.grids import HKT_US
from sim.events import KINDS, schema_of
from sim.journal import RunLog

ALL_EVENTS = "events"
"""The view over every kind: the envelope and the kind's name."""
EVENTS_FOLDER = "events"

_TYPES: dict[Any, str] = {"int64": "BIGINT", "string": "VARCHAR", "bool": "BOOLEAN"}
_ENVELOPE = ("seq", "time_hkt", "time_us", "cause", "rule")
_BATCH = 1024
_UPCAST = "upcast"
"""Schema of the tables whose rows are not as their files have them."""
_PATTERN = frozenset("*?[")


class QueryError(Exception):
    """A query cannot be answered; the message says why, for the user."""


@attrs.frozen
class Answer:
    """What a query gives."""

    columns: tuple[str, ...]
    """Their names, all different: a second `a` is `a_1`."""
    rows: Iterator[tuple[Any, ...]]
    """Read from DuckDB as they are asked for."""


def query(log: RunLog, text: str) -> Answer:
    """Answer one SELECT over a log's sealed events.

    Parameters
    ----------
    log
        The run.
    text
        The query, in DuckDB's dialect; views are named like the kinds.

    Raises
    ------
    QueryError
        DuckDB is not installed, or the text is no single SELECT, or it cannot be answered.
    JournalError
        A part of the log is gone.
    """
    duckdb = _library()
    folder = str(log.run_dir.resolve())
    if any(letter in _PATTERN for letter in folder):
        raise QueryError(f"{folder}: DuckDB takes *, ? and [ for patterns; rename or move the run")
    connection = duckdb.connect(":memory:")
    try:
        _take_in(connection, log)
        _close_off(connection, log)
        _make_views(connection, log)
        _check(connection, text)
        connection.execute(text)
        columns = _distinct([str(column[0]) for column in connection.description or ()])
    except duckdb.Error as error:
        raise QueryError(str(error).strip()) from error
    return Answer(columns, _rows(connection, duckdb.Error))


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Tell columns of one name apart: a, a_1, a_2; no name that the query itself gives is taken."""
    found: list[str] = []
    for name in names:
        own, count = name, 0
        while own in found or (count and own in names):
            count += 1
            own = f"{name}_{count}"
        found.append(own)
    return tuple(found)


def _library() -> Any:
    """Import DuckDB, which only the extra `sql` brings."""
    try:
        return import_module("duckdb")
    except ImportError:
        raise QueryError(
            "SQL needs DuckDB, which is not installed: pip install 'vatp-lab[sql]'"
        ) from None


def _take_in(connection: Any, log: RunLog) -> None:
    """Copy rows of older versions into tables of the connection, as rows of today's."""
    if not log.upcast_kinds:
        return
    connection.execute(f"CREATE SCHEMA {_UPCAST}")
    with TemporaryDirectory(prefix="vatp-sql-") as folder:
        for kind in sorted(log.upcast_kinds):
            copy = Path(folder) / f"{kind}.parquet"
            log.scan(kind).sink_parquet(copy)
            connection.execute(
                f"CREATE TABLE {_UPCAST}.{kind} AS SELECT * FROM read_parquet({_quoted(str(copy))})"  # noqa: S608 - names of ours
            )


def _rows(connection: Any, error_class: type[Exception]) -> Iterator[tuple[Any, ...]]:
    try:
        while batch := connection.fetchmany(_BATCH):
            yield from batch
    except error_class as error:
        raise QueryError(str(error).strip()) from error
    finally:
        connection.close()


def _close_off(connection: Any, log: RunLog) -> None:
    """Let the connection reach the run's events and nothing else, for good."""
    folder = _quoted(str((log.run_dir / EVENTS_FOLDER).resolve()))
    for setting in (
        "temp_directory = ''",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "allow_community_extensions = false",
        # A name in a query never means a variable of this program.
        "python_enable_replacements = false",
        f"allowed_directories = [{folder}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")


def _check(connection: Any, text: str) -> None:
    """Refuse what is not one SELECT: an allowed folder could be written to as well as read."""
    statements = connection.extract_statements(text)
    if len(statements) != 1:
        raise QueryError(f"expected one SELECT, got {len(statements)} statements")
    name = str(statements[0].type).rpartition(".")[2]
    if name != "SELECT":
        raise QueryError(f"expected a SELECT, got {name}; a log can only be read")


def _make_views(connection: Any, log: RunLog) -> None:
    for kind in KINDS:
        connection.execute(f"CREATE VIEW {kind} AS {_view(log, kind)}")
    columns = ", ".join(_ENVELOPE)
    union = " UNION ALL ".join(
        f"SELECT {columns}, '{kind}' AS kind FROM {kind}"  # noqa: S608 - names of ours
        for kind in KINDS
        if log.rows(kind)
    )
    nothing = f"SELECT {columns}, '' AS kind FROM run_started WHERE false"  # noqa: S608 - same
    connection.execute(f"CREATE VIEW {ALL_EVENTS} AS {union or nothing}")


def _view(log: RunLog, kind: str) -> str:
    """Return the query behind a kind's view: time in Hong Kong beside the log's own columns."""
    # Asks the reader for the part files, which refuses what is gone or not as sealed.
    log.scan(kind)
    parts = [part for segment in log.segments if (part := segment.part(kind))]
    if not parts:
        empty = ", ".join(
            f"NULL::{_TYPES.get(column.type, 'VARCHAR')} AS {column.name}"
            for column in schema_of(kind).columns
        )
        local, rows = "NULL::TIMESTAMP", f"(SELECT {empty}) WHERE false"
    else:
        folder = log.run_dir.resolve()
        paths = ", ".join(_quoted(str(folder / part.path)) for part in parts)
        local, rows = f"make_timestamp(time_us + {HKT_US})", f"read_parquet([{paths}])"
    if kind in log.upcast_kinds:
        rows = f"{_UPCAST}.{kind}"
    return f"SELECT seq, {local} AS time_hkt, * EXCLUDE (seq) FROM {rows}"  # noqa: S608 - see above


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def plain(value: Any) -> Any:
    """Turn a value of DuckDB's into one that JSON has; an undefined number becomes None."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return value.hex() if isinstance(value, bytes) else str(value)


def shown(value: Any) -> str:
    """Write a value for a table."""
    found = plain(value)
    if found is None:
        return ""
    if isinstance(found, list | dict):
        return json.dumps(found, ensure_ascii=False)
    return str(found)
