"""The project's own format: a CSV file of commands, one a line, with recorded trades between them if any.

    command,order,side,price,quantity,maker
    seed,1,sell,101.5,3,
    new,2,buy,101.5,2,
    trade,2,,101.5,2,1
    cancel,1,,,,

A line of names comes first; the columns stand in any order and all but `command` may be absent.
"""

from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.matching.codes import (
    KEEP,
    CommandKind,
    OrderType,
    Phase,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from sim.matching.layout import COMMAND
from sim.records.errors import RecordError, Source, did_you_mean
from sim.records.record import TRADE, Record, Rows
from sim.records.scale import Units
from sim.records.tables import fixed, most_decimals, need, read_table, text

if TYPE_CHECKING:
    import polars as pl


def _words(numbers: type[IntEnum]) -> dict[str, int]:
    return {name.lower(): int(number) for name, number in numbers.__members__.items()}


_SEED, _TRADE, _BY_AMOUNT = "seed", "trade", "market_by_amount"
_KINDS = {name: kind for name, kind in _words(CommandKind).items() if kind != CommandKind.BANDS}
_COMMANDS = {**_KINDS, _SEED: int(CommandKind.NEW), _TRADE: -1}
WORDS: Mapping[str, tuple[str, Mapping[str, int]]] = {
    "command": ("kind", _COMMANDS),
    "side": ("side", _words(Side)),
    "type": ("order_type", _words(OrderType)),
    "time_in_force": ("time_in_force", _words(TimeInForce)),
    "self_trade_prevention": ("self_trade_prevention", _words(SelfTradePrevention)),
    "phase": ("detail", _words(Phase)),
    "post_only": ("post_only", {"no": 0, "yes": 1}),
}
"""Columns of words: the field of a command that each fills, and the words with their numbers."""
NUMBERS = ("account", "expires")
PRICES = ("price", "stop_price")
SIZES = ("quantity", "peak")
ORDERS = ("order", "maker")
COLUMNS = (*WORDS, *ORDERS, *PRICES, *SIZES, *NUMBERS)
_MOST_DECIMALS = 12
"""Finer prices and sizes are refused; they would leave no room for large ones."""
_NEEDED = {
    "new": ("order", "side", "quantity"),
    _SEED: ("order", "side", "price", "quantity"),
    _TRADE: ("price", "quantity"),
    "cancel": ("order",),
    "amend": ("order",),
    "reduce": ("order", "quantity"),
    "session": ("phase",),
    "clock": ("expires",),
}
"""Columns without which a line of each command says nothing."""
_PRICED = {"limit": "price", "stop": "stop_price", "stop_limit": "price"}
"""What a new order of each type cannot do without."""


def read_plain(path: Path) -> Record:
    """Read a file of commands.

    Raises
    ------
    RecordError
        The file is no such table, or lines of it are not understood.
    """
    found, source = read_table(path)
    need(found, ("command",), source)
    unknown = [name for name in found.columns if name not in COLUMNS]
    if unknown:
        hints = (
            f"no column {name!r}; {did_you_mean(name, COLUMNS, 'columns')}" for name in unknown
        )
        raise RecordError("\n".join(f"{path}:1: {hint}" for hint in hints))
    cells = _cells(found)
    problems = _lacking(cells)
    decimals = most_decimals(cells, *PRICES), most_decimals(_sizes(cells), *SIZES)
    units = Units(*(min(places, _MOST_DECIMALS) for places in decimals))
    fields = _fields(cells, units, source, problems)
    source.refuse(problems)
    names, numbers = _orders(cells)
    return _record(source, units, cells, fields | numbers, names)


def _cells(found: "pl.DataFrame") -> "pl.DataFrame":
    """Return all columns as text, words in small letters, empty cells and absent columns as null."""
    import polars as pl

    given = [text(found, name) for name in COLUMNS if name in found.columns]
    absent = [pl.lit(None, pl.String).alias(name) for name in COLUMNS if name not in found.columns]
    cells = pl.DataFrame(given).with_columns(*absent)
    return cells.with_columns(pl.col(name).str.to_lowercase() for name in WORDS)


def _sizes(cells: "pl.DataFrame") -> "pl.DataFrame":
    """Return the cells without the quantities that are amounts of money."""
    import polars as pl

    amounts = pl.col("type") == _BY_AMOUNT
    kept = pl.when(amounts.fill_null(value=False)).then(None).otherwise(pl.col("quantity"))
    return cells.with_columns(quantity=kept)


def _lacking(cells: "pl.DataFrame") -> list[tuple[int, str]]:
    """Find the lines that lack what their command needs."""
    import polars as pl

    numbered = cells.with_row_index("line")
    commands = pl.int_range(pl.len()).filter(pl.col("command") != _TRADE).first()
    problems = [
        (line, f"{name}: {word} needs it")
        for word, names in _NEEDED.items()
        for name in names
        for line in numbered.filter(pl.col(name).is_null(), command=word)["line"].to_list()
    ]
    typed = numbered.filter(command="new").with_columns(pl.col("type").fill_null("limit"))
    problems += [
        (line, f"{name}: a {word} order needs it")
        for word, name in _PRICED.items()
        for line in typed.filter(pl.col(name).is_null(), type=word)["line"].to_list()
    ]
    first = cells.select(commands).item()
    early = numbered.filter(pl.lit(first is None) | (pl.col("line") < (first or 0)), command=_TRADE)
    text_ = "command: a trade stands after the command that made it"
    return problems + [(line, text_) for line in early["line"].to_list()]


def _fields(
    cells: "pl.DataFrame", units: Units, source: Source, problems: list[tuple[int, str]]
) -> dict[str, "pl.Series"]:
    """Turn the cells into the fields of commands, null where a cell is empty."""
    import polars as pl

    fields: dict[str, pl.Series] = {}
    for name, (field, numbers) in WORDS.items():
        fields[field] = cells[name].replace_strict(numbers, default=None, return_dtype=pl.Int64)
        wrong = (fields[field].is_null() & cells[name].is_not_null()).arg_true().to_list()
        problems += [(line, _unknown(name, cells[name][line], numbers)) for line in wrong]
    problems += [
        (line, f"command: expected one of {', '.join(_COMMANDS)}, got nothing")
        for line in cells["command"].is_null().arg_true().to_list()
    ]
    amounts = units.price_decimals + units.size_decimals
    decimals = dict.fromkeys(PRICES, units.price_decimals) | dict.fromkeys(
        SIZES, units.size_decimals
    )
    sizes = _sizes(cells)
    for name, places in (decimals | dict.fromkeys(NUMBERS, 0)).items():
        with source.gather(problems):
            fields[name] = fixed(sizes, name, places, source)
    money = cells.with_columns(quantity=pl.when(sizes["quantity"].is_null()).then("quantity"))
    with source.gather(problems):
        fields["amount"] = fixed(money, "quantity", amounts, source)
    return fields


def _unknown(name: str, word: str, numbers: Mapping[str, int]) -> str:
    return f"{name}: {word!r} is not known; {did_you_mean(word, list(numbers), 'words')}"


def _orders(cells: "pl.DataFrame") -> tuple[dict[int, str], dict[str, "pl.Series"]]:
    """Return the numbers of orders, the file's own if it has some for all, and the names that they stand for."""
    import polars as pl

    columns = {name: cells[name].cast(pl.Int64, strict=False) for name in ORDERS}
    if all((columns[name].is_null() == cells[name].is_null()).all() for name in ORDERS):
        return {}, columns
    every = pl.concat([cells[name].alias("order") for name in ORDERS]).drop_nulls()
    names = every.unique(maintain_order=True).to_list()
    numbers = {name: place for place, name in enumerate(names, start=1)}
    columns = {
        name: cells[name].replace_strict(numbers, default=None, return_dtype=pl.Int64)
        for name in ORDERS
    }
    return {place: name for name, place in numbers.items()}, columns


def _record(
    source: Source,
    units: Units,
    cells: "pl.DataFrame",
    fields: Mapping[str, "pl.Series"],
    names: Mapping[int, str],
) -> Record:
    import polars as pl

    lines = pl.DataFrame(dict(fields)).with_columns(cells["command"].alias("word"))
    lines = lines.with_columns(quantity=pl.coalesce("quantity", "amount"))
    lines = lines.with_row_index("line")
    kept = pl.when(pl.col("word") == "amend").then(KEEP).otherwise(0)
    sent = lines.filter(pl.col("word") != _TRADE).with_columns(
        pl.col(name).fill_null(kept) for name in ("price", "quantity")
    )
    commands = np.zeros(sent.height, COMMAND)
    for field in COMMAND.names or ():
        if field in sent.columns:
            commands[field] = sent[field].fill_null(0).to_numpy()
    recorded = lines.filter(pl.col("word") == _TRADE)
    sides = [name for name in ORDERS if recorded[name].is_not_null().all()]
    own = {"order": "taker", "maker": "maker"}
    keys = ("command", *(own[name] for name in sides), "price", "quantity")
    return Record(
        name=source.path.name,
        source=source,
        units=units,
        commands=commands,
        messages=sent["line"].cast(pl.Int64).to_numpy(),
        seeds=(sent["word"] == _SEED).to_numpy(),
        trades=_trades(recorded, sent),
        trade_keys=keys if recorded.height else (),
        names=names,
    )


def _trades(recorded: "pl.DataFrame", sent: "pl.DataFrame") -> Rows:
    """Give each recorded trade to the command before it."""
    trades = np.zeros(recorded.height, TRADE)
    trades["message"] = recorded["line"].to_numpy()
    trades["command"] = np.searchsorted(sent["line"].to_numpy(), trades["message"]) - 1
    for field, name in (
        ("taker", "order"),
        ("maker", "maker"),
        ("price", "price"),
        ("quantity", "quantity"),
    ):
        trades[field] = recorded[name].fill_null(0).to_numpy()
    return trades
