"""Read known outside prices from a file the user names.

The close of a bar is known at the bar's end, not at its start: a column `close` is taken as bars labelled
by their start, as exchanges publish them, and each close is placed at the end of its bar. A column `price`
is taken as observed at its own instant.
"""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.problems import shown
from sim.units import ASSETS, format_us, to_us
from sim.world.prices import Ints, KnownPrices, ReferenceDataError

if TYPE_CHECKING:
    import polars as pl

_TIME_NAMES = ("time", "timestamp", "date", "datetime")
_ASSET_NAMES = ("asset", "symbol")
_PRICE_NAMES = ("price", "close")
_SMALLEST_USD, _LARGEST_USD = 1e-9, 1e9
_EARLIEST_US, _LATEST_US = to_us(date(1900, 1, 1)), to_us(date(2200, 1, 1)) - 1
_SHOWN_COLUMNS = 8
_LONGEST_REASON = 200
_DAMAGED = "it is damaged"
_RUST = re.compile(r"\w \{ \w+:|::")
"""How a value of Rust looks that was printed for a programmer."""
_DTYPE = re.compile(r" as dtype `\w+`")
_STDERR = 2
_DOLLARS = ("USDT", "USDC", "USD")
# The unit of a whole-number time follows from its size: seconds reach 10**11 in the year 5138, while
# milliseconds, microseconds and nanoseconds passed 10**11, 10**14 and 10**17 in 1973.
_EPOCH_UNITS = ((10**11, 1_000_000, 1), (10**14, 1_000, 1), (10**17, 1, 1), (10**20, 1, 1_000))


def load_prices(path: Path, coins: Iterable[str]) -> dict[str, KnownPrices]:
    """Read the prices of the coins from a Parquet or CSV file (CSV also compressed).

    Columns, in any case and order: `time`, `timestamp` or `date` (a date-time, ISO text, or seconds,
    milliseconds, microseconds or nanoseconds since the epoch; without a zone it is UTC), `asset` or
    `symbol` (BTC, BTCUSDT, BTC/USD, BTC-USD…) and `price` or `close` in USD for one coin. Rows of other
    symbols and rows without a price are left out.

    Raises
    ------
    ReferenceDataError
        The file cannot be read, lacks a column or a coin, or holds a time or price that is none, a price
        that is not positive, or two prices of one coin for one instant.
    """
    import polars as pl

    table = _read(path)
    time, asset, price = (
        _column(path, table, wanted) for wanted in (_TIME_NAMES, _ASSET_NAMES, _PRICE_NAMES)
    )
    known = pl.DataFrame(
        {
            "time_us": _times_us(path, table[time]),
            "coin": _coins(path, table[asset]),
            "usd": _prices(path, table[price]),
        }
    ).filter(pl.col("usd").is_not_null())
    bars = price.lower() == "close"
    return {coin: _known_prices(path, coin, known.filter(coin=coin), bars=bars) for coin in coins}


def _read(path: Path) -> "pl.DataFrame":
    import polars as pl

    suffixes = [suffix.lower() for suffix in path.suffixes]
    try:
        if ".parquet" in suffixes[-1:]:
            with _panics_unheard():
                return pl.read_parquet(path)
        if ".csv" in suffixes[-2:]:
            return pl.read_csv(path, infer_schema_length=None)
    except FileNotFoundError:
        raise ReferenceDataError(f"{path}: there is no such file of outside prices.") from None
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ReferenceDataError(
            f"{path}: the outside prices cannot be read: {_first_line(error)}."
        ) from error
    except BaseException as error:
        # A reader in Rust may give up on a damaged file by a panic, which is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise ReferenceDataError(
            f"{path}: the outside prices cannot be read: {_DAMAGED}."
        ) from error
    raise ReferenceDataError(
        f"{path}: expected a .parquet, .csv or .csv.gz file of outside prices."
    )


@contextmanager
def _panics_unheard() -> Iterator[None]:
    """Keep off standard error what threads in Rust print where they panic: the user is told in our words."""
    try:
        saved = os.dup(_STDERR)
    except OSError:  # it is closed: nothing can be printed
        yield
        return
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, _STDERR)
        yield
    finally:
        os.dup2(saved, _STDERR)
        os.close(saved)
        os.close(null)


def _first_line(error: Exception) -> str:
    """Return what a reader says, on one line: it may quote the bytes that it could not read."""
    line = (str(error).splitlines() or [_DAMAGED])[0].rstrip(".")
    line = _DAMAGED if _RUST.search(line) else _DTYPE.sub("", line)
    printable = "".join(letter if letter.isprintable() else "?" for letter in line)
    return printable[:_LONGEST_REASON]


def _place(path: Path, row: int) -> str:
    """Say where a row is: by its line in a text file, else by its number."""
    return f"{path}: row {row + 1}" if path.suffix.lower() == ".parquet" else f"{path}:{row + 2}"


def _column(path: Path, table: "pl.DataFrame", wanted: tuple[str, ...]) -> str:
    for name in wanted:
        for column in table.columns:
            if column.strip().lower() == name:
                return column
    found = ", ".join(shown(name)[1:-1] for name in table.columns[:_SHOWN_COLUMNS]) or "none"
    more = ", ..." if len(table.columns) > _SHOWN_COLUMNS else ""
    raise ReferenceDataError(
        f"{path}: expected a column {' or '.join(wanted)}, found {found}{more}."
    )


def _times_us(path: Path, column: "pl.Series") -> "pl.Series":
    import polars as pl

    times = column
    if times.dtype == pl.String:
        times = times.str.strip_chars().str.to_datetime(
            time_unit="us", time_zone="UTC", strict=False
        )
    elif times.dtype == pl.Date:
        times = times.cast(pl.Datetime("us"))
    if isinstance(times.dtype, pl.Datetime):
        times = times.dt.timestamp("us")
    elif times.dtype.is_numeric():
        times = _from_epoch(times)
    else:
        raise _wrong_kind(path, column, "times")
    outside = ~times.is_between(_EARLIEST_US, _LATEST_US)
    if outside.fill_null(value=True).any():
        row = outside.fill_null(value=True).to_list().index(True)
        raise ReferenceDataError(
            f"{_place(path, row)}: expected a time from 1900 to 2199 such as 2023-06-01T00:00:00Z in "
            f"column {shown(column.name)}, got {shown(column[row])}."
        )
    return times


def _wrong_kind(path: Path, column: "pl.Series", expected: str) -> ReferenceDataError:
    """Say that a column as a whole holds something else."""
    kind = shown(str(column.dtype)).strip("'")
    return ReferenceDataError(
        f"{path}: column {shown(column.name)} holds {kind}, expected {expected}."
    )


def _from_epoch(times: "pl.Series") -> "pl.Series":
    import polars as pl

    largest = times.cast(pl.Float64).abs().max() or 0.0
    for limit, multiply, divide in _EPOCH_UNITS:
        if isinstance(largest, float) and largest < limit:
            scaled = (
                times.cast(pl.Float64) * multiply if times.dtype.is_float() else times * multiply
            )
            return scaled.cast(pl.Int64, strict=False) // divide
    return pl.Series(times.name, [None] * len(times), dtype=pl.Int64)


def _coins(path: Path, symbols: "pl.Series") -> "pl.Series":
    """Coin of each symbol: the dollar it is quoted in and the separator taken away."""
    import polars as pl

    if not isinstance(symbols.dtype, pl.String | pl.Categorical | pl.Enum | pl.Null):
        raise _wrong_kind(path, symbols, "symbols of coins such as BTC")
    distinct = symbols.unique().drop_nulls().cast(pl.String)
    coins = {symbol: _coin(symbol) for symbol in distinct}
    return symbols.cast(pl.String).replace_strict(coins, default=None, return_dtype=pl.String)


def _coin(symbol: str) -> str:
    name = "".join(letter for letter in symbol.upper() if letter.isalnum())
    for dollar in _DOLLARS:
        if name.endswith(dollar) and name != dollar:
            name = name.removesuffix(dollar)
            break
    # XBT is bitcoin's code in the style of ISO 4217.
    return {"XBT": "BTC"}.get(name, name)


def _prices(path: Path, column: "pl.Series") -> "pl.Series":
    """Prices as float64, null where there is none."""
    import polars as pl

    if not (column.dtype.is_numeric() or isinstance(column.dtype, pl.String | pl.Null)):
        raise _wrong_kind(path, column, "prices in USD")
    prices = column.cast(pl.Float64, strict=False).fill_nan(None)
    bad = (prices.is_null() & column.is_not_null()) | ~prices.is_between(
        _SMALLEST_USD, _LARGEST_USD
    )
    if column.dtype.is_float():
        bad = bad & column.is_not_nan()
    if bad.fill_null(value=False).any():
        row = bad.fill_null(value=False).to_list().index(True)
        raise ReferenceDataError(
            f"{_place(path, row)}: expected a price in USD from {_SMALLEST_USD:.9f} to {_LARGEST_USD:,.0f} "
            f"in column {shown(column.name)}, got {shown(column[row])}."
        )
    return prices


def _known_prices(path: Path, coin: str, rows: "pl.DataFrame", *, bars: bool) -> KnownPrices:
    if rows.is_empty():
        raise ReferenceDataError(f"{path}: there is no price of {coin} ({ASSETS[coin].kind}).")
    rows = rows.unique(["time_us", "usd"]).sort("time_us")
    times = rows["time_us"].to_numpy().astype(np.int64)
    twice = np.flatnonzero(np.diff(times) == 0)
    if len(twice):
        prices = rows["usd"][int(twice[0])], rows["usd"][int(twice[0]) + 1]
        raise ReferenceDataError(
            f"{path}: {coin} has two prices, {prices[0]} and {prices[1]}, at "
            f"{format_us(int(times[twice[0]]))}; keep one symbol a coin and one price an instant."
        )
    return KnownPrices(_bar_ends(times) if bars else times, rows["usd"].to_numpy())


def _bar_ends(starts: Ints) -> Ints:
    """Return the ends of bars from their starts: the usual length, cut where the next bar starts sooner.

    So a monthly bar ends with its month, and the bar before a gap ends in time.
    """
    if len(starts) < 2:
        return starts
    lengths, counts = np.unique(np.diff(starts), return_counts=True)
    # Of two lengths equally usual the longer: a close that comes late looks at no future.
    usual = lengths[counts == counts.max()][-1]
    following = np.append(starts[1:], starts[-1] + usual)
    return np.asarray(np.minimum(starts + usual, following))
