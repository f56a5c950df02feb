"""A token's life on the platform: when it was listed and opened, first traded, paused, and how much it traded."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

import attrs
import polars as pl

from analysis.measures.grids import HKT_US, hong_kong_month
from analysis.tracing.amounts import money
from analysis.tracing.sentences import Row, class_in_words, sentence
from sim.events import KINDS, schema_of
from sim.journal import RunLog
from sim.units import INSTRUMENTS, SYMBOLS

_GATES = ("tok.retail_gate", "tok.sfc_approval")
"""Rules that decide when retail clients may trade a token; their changes belong to its life."""


class TokenError(ValueError):
    """The log knows no such token; the message names those it knows."""


@attrs.frozen
class Entry:
    """Something that happened to a token."""

    time_us: int
    what: str
    """A word for the kind of entry: listed, pair, first trade, rule."""
    text: str
    events: tuple[int, ...]
    """The events that say so."""


@attrs.frozen
class Month:
    """A token's trades in one pair in one Hong Kong month."""

    month: str
    instrument: str
    trades: int
    coins_minor: int
    value_minor: int
    """In minor units of the pair's quote."""


@attrs.frozen
class Timeline:
    """A token's history, in order of time."""

    token: str
    entries: tuple[Entry, ...]
    months: tuple[Month, ...]


def timeline(log: RunLog, token: str) -> Timeline:
    """Collect what a log says about a token.

    Raises
    ------
    TokenError
        No event of the log names the token.
    JournalError
        The log cannot be read.
    """
    known = tokens(log)
    found = token.upper()
    if found not in known:
        near = get_close_matches(found, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"its tokens: {', '.join(known) or 'none'}"
        raise TokenError(f"{log.run_dir} says nothing about a token {token!r}; {hint}")
    symbols = _pairs(found)
    entries = [
        *_steps(log, found, symbols),
        *_rules(log, found),
        *_first_trades(log, symbols),
    ]
    ordered = sorted(entries, key=lambda entry: (entry.time_us, entry.events))
    return Timeline(found, tuple(ordered), _months(log, symbols))


def tokens(log: RunLog) -> list[str]:
    """Return every token that admission or the trading desk named in a log, by name."""
    named = {token for kind in _naming("token") for token in _values(log, kind, "token")}
    pairs = {
        symbol for kind in _naming("instrument") for symbol in _values(log, kind, "instrument")
    }
    return sorted(named | {symbol.partition("/")[0] for symbol in pairs})


def _naming(column: str) -> list[str]:
    """Return the control-plane kinds that have a column: later departments bring their own."""
    return [
        kind
        for kind, event_class in KINDS.items()
        if event_class.plane == "control"
        and any(field.name == column for field in schema_of(kind).columns)
    ]


def _values(log: RunLog, kind: str, column: str) -> list[str]:
    return log.scan(kind).select(pl.col(column).unique()).collect()[column].to_list()


def _pairs(token: str) -> list[str]:
    return [symbol for symbol in SYMBOLS if INSTRUMENTS[symbol].base == token]


def _steps(log: RunLog, token: str, symbols: Sequence[str]) -> list[Entry]:
    """Say what admission and the trading desk did; what concerned several classes at once is one entry."""
    rows: list[Row] = []
    for column, values in (("token", [token]), ("instrument", list(symbols))):
        for kind in _naming(column):
            chosen = log.scan(kind).filter(pl.col(column).is_in(values)).collect()
            rows += [row | {"kind": kind} for row in chosen.to_dicts()]
    together: dict[tuple[Any, ...], list[Row]] = {}
    for row in sorted(rows, key=lambda row: int(row["seq"])):
        alike = {
            name: value
            for name, value in row.items()
            if name not in {"seq", "cause", "client_class", "instrument"}
        }
        together.setdefault((*alike.items(), row.get("client_class") is None), []).append(row)
    return [_entry(group) for group in together.values()]


def _entry(rows: Sequence[Row]) -> Entry:
    first = rows[0]
    seqs = tuple(int(row["seq"]) for row in rows)
    kind = str(first["kind"])
    rule = f" (rule {first['rule']})" if first["rule"] else ""
    if kind == "token_listed":
        classes = _listed(class_in_words(str(row["client_class"])) for row in rows)
        return Entry(first["time_us"], "listed", f"on the menu of {classes} clients{rule}", seqs)
    if kind == "pair_opened":
        status = str(first["status"]).replace("_", " ")
        return Entry(first["time_us"], status, f"{_pairs_and_classes(rows)}{rule}", seqs)
    text = " ".join(sentence(row) for row in rows)
    return Entry(first["time_us"], kind.replace("_", " "), f"{text}{rule}", seqs)


def _pairs_and_classes(rows: Sequence[Row]) -> str:
    """Say which pairs concern which classes; pairs with the same classes share a phrase."""
    classes: dict[str, list[str]] = {}
    for row in rows:
        classes.setdefault(row["instrument"], []).append(class_in_words(str(row["client_class"])))
    pairs: dict[str, list[str]] = {}
    for symbol, named in classes.items():
        pairs.setdefault(_listed(named), []).append(symbol)
    return ", ".join(f"{_listed(symbols)} for {named} clients" for named, symbols in pairs.items())


def _listed(words: Iterable[str]) -> str:
    *others, last = dict.fromkeys(words) or ("",)
    return f"{', '.join(others)} and {last}" if others else last


def _rules(log: RunLog, token: str) -> list[Entry]:
    """Say which rules about tokens changed: the gates, and lists that name the token."""
    names_it = pl.col("value").str.split(", ").list.contains(token)
    changed = log.scan("rule_changed").filter(pl.col("rule").is_in(_GATES) | names_it).collect()
    return [
        Entry(
            row["time_us"],
            "rule",
            f"{row['rule']} became {row['value']} ({row['status'].replace('_', ' ')})",
            (row["seq"],),
        )
        for row in changed.to_dicts()
    ]


def _first_trades(log: RunLog, symbols: Sequence[str]) -> list[Entry]:
    retail = (
        log.scan("client_activated")
        .filter(pl.col("client_class").cast(pl.String) == "retail")
        .select("client")
        .collect()["client"]
        .to_list()
    )
    entries = []
    party = pl.col("taker").is_in(retail) | pl.col("maker").is_in(retail)
    for symbol in symbols:
        trades = log.scan("trade").filter(pl.col("instrument") == symbol)
        for what, rows in (("first trade", trades), ("first retail trade", trades.filter(party))):
            for row in rows.head(1).collect().to_dicts():
                text = sentence(row | {"kind": "trade"}).partition(";")[0]
                entries.append(Entry(row["time_us"], what, f"{symbol}: {text}", (row["seq"],)))
    return entries


def _months(log: RunLog, symbols: Sequence[str]) -> tuple[Month, ...]:
    counted = (
        log.scan("trade")
        .filter(pl.col("instrument").is_in(list(symbols)))
        .group_by(hong_kong_month(pl.col("time_us")).alias("month"), "instrument")
        .agg(
            trades=pl.len(),
            lots=pl.col("quantity_lots").sum(),
            value=(pl.col("price_ticks") * pl.col("quantity_lots")).sum(),
            first_us=pl.col("time_us").min(),
        )
        .with_columns(
            name=pl.from_epoch(pl.col("first_us") + HKT_US, time_unit="us").dt.strftime("%Y-%m")
        )
        .sort("month", "instrument")
        .collect(engine="streaming")
    )
    return tuple(
        Month(
            row["name"],
            row["instrument"],
            row["trades"],
            row["lots"] * INSTRUMENTS[row["instrument"]].lot_minor,
            row["value"] * INSTRUMENTS[row["instrument"]].tick_lot_minor,
        )
        for row in counted.iter_rows(named=True)
    )


def month_in_words(month: Month) -> tuple[str, str]:
    """Write a month's coins and value with their units."""
    pair = INSTRUMENTS[month.instrument]
    return money(pair.base, month.coins_minor), money(pair.quote, month.value_minor)
