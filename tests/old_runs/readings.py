"""What every reader of a log says of a run, in figures small enough to be pinned."""

import io
import json
import shutil
from contextlib import redirect_stderr, redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from analysis import outcomes
from sim.cli.main import command_line
from sim.journal import RunLog

_TOTALS = (
    "SELECT count(*) AS events, count(DISTINCT kind) AS kinds, max(seq) AS last_seq,"
    " sum(time_us % 1000003)::BIGINT AS times, sum(cause)::BIGINT AS causes FROM events"
)
_TRADES = (
    "SELECT instrument, count(*) AS trades, sum(price_ticks * quantity_lots)::BIGINT AS turnover,"
    " sum(taker_fee_minor)::BIGINT AS fees FROM trade GROUP BY 1 ORDER BY 1"
)
SQL_QUERIES = {"sql totals": _TOTALS, "sql trades": _TRADES}
"""What is asked of `log sql`; left out where DuckDB is not installed."""
_WHY = ("order_refused", "exposure_limit_set", "withdrawal_paid", "trade")
"""Kinds whose last event is explained."""

Pinned = dict[str, Any]


def readings(run_dir: Path, scratch: Path) -> Pinned:
    """Ask every log command, the audit and the measures about a run.

    Parameters
    ----------
    run_dir
        The run; nothing is written into it.
    scratch
        An empty folder.
    """
    # Commands keep snapshots beside a run they read.
    run = Path(shutil.copytree(run_dir, scratch / "run"))
    log = RunLog.open(run)
    audit = _ask("audit", run)
    # Below the level full a timeline remarks that it knows no trades, and commands here may remark nothing.
    timeline = {"timeline": _ask("log", "timeline", run, "ETH")} if _is_full(log) else {}
    return {
        **timeline,
        "verify": _some(_ask("log", "verify", run), "ok", "state", "events", "head"),
        "chain": log.segments[-1].chain,
        "rows": {kind: log.rows(kind) for kind in log.kinds},
        "first events": _first_events(log),
        "replay": _ask("log", "replay", run),
        "state": _state(log, run),
        "why": {kind: _why(log, run, kind) for kind in _WHY if kind in log.kinds},
        **_sql(log, run),
        "exports": _exports(log, run, scratch),
        "audit": {found["name"]: found["verdict"] for found in audit["promises"]},
        "measures": {found.name: found.value for found in outcomes(log)},
    }


def _answer(*words: str | Path) -> str:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = command_line([str(word) for word in words])
    if code or err.getvalue():
        raise AssertionError(f"vatp {' '.join(map(str, words))}: {code}: {err.getvalue()}")
    return out.getvalue()


def _ask(*words: str | Path) -> Any:
    """Ask a command for JSON; it must end well and have no remark to make."""
    return json.loads(_answer(*words, "--json"))


def _some(document: Pinned, *keys: str) -> Pinned:
    return {key: document[key] for key in keys}


def _is_full(log: RunLog) -> bool:
    return bool(log.header["log_level"] == "full")


def _first_events(log: RunLog) -> Pinned:
    """Show the first event of each kind, as `log show` prints it."""
    words = ("log", "show", log.run_dir, "--limit", "0", "--json", "--kind")
    return {kind: json.loads(_answer(*words, kind).splitlines()[0]) for kind in log.kinds}


def _last(log: RunLog, kind: str) -> dict[str, Any]:
    return log.scan(kind).tail(1).collect().row(0, named=True)


def _state(log: RunLog, run: Path) -> Pinned:
    first = log.scan("client_activated").head(1).collect()
    client = str(first["client"][0])
    words: list[str | Path] = [
        "log",
        "state",
        run,
        "--at",
        "2023-09-03T12:00+08:00",
        "--client",
        client,
        "--ledger",
    ]
    if _is_full(log):
        words += ["--book", "BTC/HKD"]
    found: Pinned = _ask(*words)
    return found


def _why(log: RunLog, run: Path, kind: str) -> Pinned:
    """Explain the last event of a kind: the rules with their values then, the figures, the way to it."""
    found = _ask("log", "why", run, str(_last(log, kind)["seq"]))
    return {
        "rules": [
            _some(rule, "id", "value", "since", "document") for rule in found["event"]["rules"]
        ],
        "sentence": found["event"]["sentence"],
        "causes": [step["seq"] for step in found["causes"]],
    }


def _sql(log: RunLog, run: Path) -> Pinned:
    """Query the log, where DuckDB is installed to do it."""
    if find_spec("duckdb") is None:
        return {}
    answers = {
        name: _answer("log", "sql", run, text, "--json")
        for name, text in SQL_QUERIES.items()
        if _is_full(log) or text is not _TRADES
    }
    return {name: list(map(json.loads, text.splitlines())) for name, text in answers.items()}


def _exports(log: RunLog, run: Path, scratch: Path) -> Pinned:
    """Export what there is; lines of CSV, and objects and events of OCEL."""
    formats = ["ocel"]
    if _is_full(log):
        formats += ["trades-csv", "orders-csv"]
    found: Pinned = {}
    for name in formats:
        file = scratch / name
        _answer("log", "export", run, "--format", name, "--out", file)
        text = file.read_text(encoding="utf-8")
        if name == "ocel":
            document = json.loads(text)
            found[name] = {key: len(document[key]) for key in ("objects", "events")}
        else:
            found[name] = len(text.splitlines())
    return found
