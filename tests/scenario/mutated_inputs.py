"""Spoilt input for the command line: a scenario, an overlay, rule files, settings or outside prices.

Case number N is the same everywhere and every time; its files are written into a folder of its own.
"""

import gzip
import io
import random
import re
import zlib
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin

import attrs
import polars as pl

from sim.quantities import DayTimeUs, DurationUs, InstantUs, Ppm
from sim.rules import MODELLED, STRUCTURAL, shipped_folder
from sim.scenario.fields import inner_type
from sim.scenario.model import Scenario
from sim.units import Money
from tests.scenario.mutations import (
    BYTE_MUTATIONS,
    ODD_KEYS,
    ODD_TEXTS,
    ODD_TOML,
    mutated,
    odd_value,
)

KINDS = ("scenario", "overlay", "rules", "setting", "prices")
SCENARIO = "scenario.toml"
OVERLAY = "overlay.toml"
LAW = "law"
"""Folder of the rules that the simulation acts on: a small regime, so that most cases take milliseconds."""

SMALL = (
    "horizon.start=2023-08-27",
    "horizon.end=2023-08-30",
    "world.population.prospects=20",
)
"""Settings under which an accepted scenario runs in moments."""

RICHER_OVERLAY = """\
name = "cautious"
measures = ["access", "depth_hkd"]

[horizon]
end = 2023-12-31

[world.population]
patience_median = "3 d"
saver_share = "40 %"

[world.banks]
payout_time = "15:00"

[[rules.changes]]
id = "onb.exposure_limit"
start = 2023-10-01
value = "20 %"
source = "what-if"

[[rules.changes]]
id = "trd.fee_taker"
value = "15 bps"
status = "expected"
"""


@attrs.frozen
class Case:
    """What the command is given."""

    number: int
    kind: str
    folder: Path
    words: tuple[str, ...]
    """What follows `vatp check`."""
    files: tuple[Path, ...]
    """The files that were spoilt."""


def write_case(number: int, folder: Path) -> Case:
    """Write the files of a case and say how the command is called on them."""
    rng = random.Random(f"spoilt {number}")  # noqa: S311 - a test's own chance
    kind = KINDS[number % len(KINDS)]
    return _WRITERS[kind](rng, Case(number, kind, folder, (), ()))


# -- Sound files --------------------------------------------------------------------------------------


@cache
def shipped_scenario() -> str:
    return (shipped_folder() / "hk-retail-2023.toml").read_text(encoding="utf-8")


@cache
def small_scenario() -> str:
    """The shipped scenario under the small regime."""
    return shipped_scenario().replace('regime = "rules/hong-kong"', f'regime = "{LAW}"')


@cache
def rule_files() -> dict[str, bytes]:
    """The files of the shipped regime."""
    return {
        p.name: p.read_bytes() for p in sorted((shipped_folder() / "rules/hong-kong").iterdir())
    }


@cache
def small_law() -> dict[str, bytes]:
    """The rules that the simulation acts on, in two files, and the documents they cite."""
    files = {"documents.toml": rule_files()["documents.toml"]}
    blocks: list[str] = []
    for name, data in rule_files().items():
        if name != "documents.toml":
            blocks += re.split(r"^(?=\[\[rule\]\]$)", data.decode(), flags=re.MULTILINE)[1:]
    acted = [
        block
        for block in blocks
        if re.search(r'^id = "([^"]+)"', block, re.MULTILINE)[1] in MODELLED | STRUCTURAL  # type: ignore[index]
    ]
    for part, name in enumerate(("first.toml", "second.toml")):
        files[name] = ("read = 2026-11-22\n\n" + "".join(acted[part::2])).encode()
    return files


def price_table(*, bars: bool) -> pl.DataFrame:
    """Two coins every eight hours from May to the next June."""
    start = datetime(2023, 5, 31, tzinfo=UTC)
    rows = [
        {"time": start + timedelta(hours=8 * step), "asset": coin, "price": base * (1 + 0.01 * (step % 7))}
        for step in range(3 * 370)
        for coin, base in (("BTC", 27_000.0), ("ETH", 1_800.0))
    ]  # fmt: skip
    table = pl.DataFrame(rows)
    return table.rename({"asset": "symbol", "price": "close"}) if bars else table


@cache
def price_bytes(suffix: str, *, bars: bool) -> bytes:
    """A sound price file."""
    buffer = io.BytesIO()
    table = price_table(bars=bars)
    if suffix == ".parquet":
        table.write_parquet(buffer)
        return buffer.getvalue()
    table.with_columns(pl.col("time").dt.strftime("%Y-%m-%dT%H:%M:%SZ")).write_csv(buffer)
    text = buffer.getvalue()
    return gzip.compress(text, mtime=0) if suffix.endswith(".gz") else text


def _write(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


def _surroundings(case: Case, text: str) -> None:
    """Write a sound scenario and, where it names the small regime, that."""
    _write(case.folder, {SCENARIO: text.encode()})
    if f'"{LAW}"' in text:
        _write(case.folder / LAW, small_law())


def _base_text(rng: random.Random) -> str:
    return shipped_scenario() if rng.random() < 0.1 else small_scenario()


# -- The five kinds -----------------------------------------------------------------------------------


def _scenario(rng: random.Random, case: Case) -> Case:
    text = _base_text(rng)
    _surroundings(case, text)
    _write(case.folder, {SCENARIO: mutated(rng, text.encode())})
    return attrs.evolve(case, words=(SCENARIO,), files=(case.folder / SCENARIO,))


def _overlay(rng: random.Random, case: Case) -> Case:
    _surroundings(case, _base_text(rng))
    shipped = (shipped_folder() / "rules/exposure-10.toml").read_bytes()
    sound = rng.choice((shipped, RICHER_OVERLAY.encode()))
    _write(case.folder, {OVERLAY: mutated(rng, sound), "sound.toml": RICHER_OVERLAY.encode()})
    words = rng.choice(
        (
            (SCENARIO, "--with", OVERLAY),
            (OVERLAY,),
            (SCENARIO, "--with", "sound.toml", "--with", OVERLAY),
        )
    )
    return attrs.evolve(case, words=words, files=(case.folder / OVERLAY,))


def _rules(rng: random.Random, case: Case) -> Case:
    whole = rng.random() < 0.1
    files = dict(rule_files() if whole else small_law())
    name = rng.choice(sorted(files))
    files[name] = mutated(rng, files[name])
    _surroundings(case, small_scenario())
    (case.folder / LAW / "first.toml").unlink()
    (case.folder / LAW / "second.toml").unlink()
    _write(case.folder / LAW, files)
    words = rng.choice(((LAW,), (SCENARIO,), (SCENARIO,), (f"{LAW}/{name}",)))
    return attrs.evolve(case, words=words, files=(case.folder / LAW / name,))


def _setting(rng: random.Random, case: Case) -> Case:
    _surroundings(case, _base_text(rng))
    settings = [_one_setting(rng) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
    # No argument of a command can hold a NUL, nor text that is no Unicode.
    clean = [text.replace("\0", "?").encode("utf-8", "replace").decode() for text in settings]
    return attrs.evolve(case, words=(SCENARIO, *(f"--set={text}" for text in clean)))


def _one_setting(rng: random.Random) -> str:
    if rng.random() < 0.4:
        path, kind = rng.choice(sorted(setting_kinds().items(), key=str))
        return f"{path}={rng.choice(_LIKELY.get(kind, _LIKELY_RULE_VALUES))}"
    path = rng.choice(setting_paths())
    if rng.random() < 0.25:
        rule = rng.choice(sorted(MODELLED))
        day = rng.choice(
            ("", "@2023-10-01", "@2023-13-01", "@", "@0001-01-01", "@2023-10-01T09:30+08:00")
        )
        path = f"rule.{rule}{day}"
    if rng.random() < 0.15:
        spot = rng.randint(0, len(path))
        path = (
            path[:spot]
            + rng.choice((".", "[0]", "[9]", "[-1]", "=", "@", "x", " ", "["))
            + path[spot:]
        )
    if rng.random() < 0.05:
        path = rng.choice((".".join("a" * 40), ".".join("a" * 3000), *ODD_KEYS))
    kinds = _LIKELY.get(setting_kinds().get(path)) or _LIKELY_RULE_VALUES
    value = rng.choice(
        (odd_value(rng), rng.choice(ODD_TEXTS), rng.choice(ODD_TOML), *3 * (rng.choice(kinds),))
    )
    if len(value) > 3000 and rng.random() < 0.9:
        value = rng.choice(ODD_TEXTS)
    return rng.choice(
        (f"{path}={value}", f"{path}={value}", f"{path}={value}", f" {path} = {value} ", path)
    )


_LIKELY: dict[Any, tuple[str, ...]] = {
    str: ("x", "full", "trades", "control", "BTC/HKD", LAW, "rules/hong-kong", "BTC/USD", "é"),
    int: ("1", "2", "3", "16", "17", "100", "20000", "1_000_000", "0"),
    DurationUs: ("1 us", "1 s", "1 min", "5 min", "1 h", "7 d", "1 y", "100 y", "100000 y", "290000 y"),
    Ppm: ("0 %", "1 ppm", "30 bps", "5 %", "50 %", "100 %", "99.9999 %", "-100 %", "900 %"),
    Money: ("HKD 0", "HKD 1", "HKD 1,000", "HKD 8,000,000", "HKD 900,000,000", "HKD 9,000,000,000,000", "USD 10"),
    InstantUs: ("2023-06-01", "2023-08-29", "2024-01-01", "2000-01-01", "2099-12-31", "2023-08-28T09:30:00.5+08:00"),
    DayTimeUs: ("00:00", "09:30", "12:00", "23:59", "24:00"),
}  # fmt: skip
"""Values that a field of a kind may well take."""
_LIKELY_RULE_VALUES = (
    "true", "false", "0", "1", "5", "10 %", "100 %", "0 %", "1 bps", "HKD 0", "HKD 10,000", "HKD 9,000,000,000", "USD 50",
    "2 h", "1 us", "[]", "{}", '[{name="m"}]', '["access"]', '["access", "nothing"]', '[{pair="BTC/HKD", professional_from=2023-06-01}]',
)  # fmt: skip


@cache
def setting_paths() -> tuple[str, ...]:
    """Every key of a scenario, tables and lists included."""
    return tuple(setting_kinds())


@cache
def setting_kinds() -> dict[str, Any]:
    """Every key of a scenario and the kind of its value."""
    found: dict[str, Any] = {}
    pending: list[tuple[str, Any]] = [("", Scenario)]
    while pending:
        prefix, kind = pending.pop()
        for field in attrs.fields(kind):
            path = f"{prefix}{field.name}"
            found[path] = inner_type(field.type)
            inner = get_args(field.type)[0] if get_origin(field.type) is tuple else field.type
            if attrs.has(inner):
                step = "[0]" if get_origin(field.type) is tuple else ""
                pending.append((f"{path}{step}.", inner))
    return found


def _prices(rng: random.Random, case: Case) -> Case:
    suffix = rng.choice((".csv", ".csv", ".csv.gz", ".parquet"))
    name = f"prices{suffix}"
    text = small_scenario().replace('step = "5 min"', f'file = "{name}"\nstep = "5 min"')
    _surroundings(case, text)
    data = price_bytes(suffix, bars=rng.random() < 0.5)
    for _ in range(rng.choice((1, 1, 2))):
        data = _spoilt_prices(rng, data, suffix)
    _write(case.folder, {name: data})
    return attrs.evolve(case, words=(SCENARIO,), files=(case.folder / name,))


def _spoilt_prices(rng: random.Random, data: bytes, suffix: str) -> bytes:
    if rng.random() < 0.4:
        return rng.choice(BYTE_MUTATIONS)(rng, data)
    try:
        if suffix == ".parquet":
            return _spoilt_parquet(rng, data)
        text = gzip.decompress(data) if suffix.endswith(".gz") else data
        text = _spoilt_csv(rng, text.decode("utf-8", "replace")).encode("utf-8", "replace")
    except (OSError, EOFError, ValueError, zlib.error, pl.exceptions.PolarsError):
        return data[: len(data) // 2]
    return gzip.compress(text, mtime=0) if suffix.endswith(".gz") else text


_ODD_CELLS = (
    "", "nan", "inf", "-inf", "-1", "0", "1e308", "1e-308", "1e10", "BTC", "btc-usd", "XBT/USDT", "ETH", "null", "2023-02-30",
    "0001-01-01", "9999-12-31T23:59:59Z", "2023-06-01T00:00:00", "2023-06-01", "1685577600", "1685577600000",
    "9223372036854775807", "-9223372036854775808", "99999999999999999999", "1.5", '"', '"a,b"', "x" * 5000, "é", "26,000",
    "true", "2023-06-01T00:00:00+08:00",
)  # fmt: skip


def _spoilt_csv(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    way = rng.choice(("cell", "cell", "column", "line", "header", "few", "shuffle", "separator"))
    place = rng.randrange(len(lines))
    if way == "separator":
        return text.replace(",", rng.choice((";", "\t", " ", ", ", ",,")))
    if way == "header":
        names = rng.choice(
            ("time,asset,price,price", "TIME, Asset ,PRICE", "time,asset", "", "a,b,c", "time,time,time", "price,asset,time",
             "date,symbol,close", "time,asset,price,close", "timestamp,asset,price")
        )  # fmt: skip
        lines[0] = names
    elif way == "few":
        lines = lines[: rng.choice((0, 1, 2, 3, 4, 8, 20))]
    elif way == "shuffle":
        rng.shuffle(lines)
    elif way == "line":
        lines[place] = rng.choice(
            (lines[place] * 2, lines[place] + ",7", "", lines[place][:5], lines[0], "# note")
        )
    else:
        column = rng.randrange(3)
        value = rng.choice(_ODD_CELLS)
        for index in range(1, len(lines)) if way == "column" else (place,):
            cells = lines[index].split(",")
            if column < len(cells):
                cells[column] = value
                lines[index] = ",".join(cells)
    return "\n".join(lines)


def _spoilt_parquet(rng: random.Random, data: bytes) -> bytes:
    table = pl.read_parquet(io.BytesIO(data))
    if len(table.columns) < 3:
        return data
    time, asset, price = table.columns[:3]
    changes: tuple[Any, ...] = (
        lambda: table.with_columns(pl.col(time).dt.timestamp("ms")),
        lambda: table.with_columns(pl.col(time).dt.timestamp("us").cast(pl.Float64) / 1e6),
        lambda: table.with_columns(pl.col(time).dt.timestamp("us").cast(pl.Int64) * 1000),
        lambda: table.with_columns(pl.col(time).dt.timestamp("us").cast(pl.UInt64) * 10_000),
        lambda: table.with_columns(pl.lit(2**63 - 1).alias(time)),
        lambda: table.with_columns(pl.lit(None).alias(time)),
        lambda: table.with_columns(pl.lit(float("nan")).alias(time)),
        lambda: table.with_columns(pl.col(time).dt.date()),
        lambda: table.with_columns(pl.col(time).dt.time()),
        lambda: table.with_columns(pl.col(time).dt.replace_time_zone(None).cast(pl.Datetime("ns"))),
        lambda: table.with_columns(pl.col(time).dt.offset_by("7900y")),
        lambda: table.with_columns(pl.col(time).dt.offset_by("-2020y")),
        lambda: table.with_columns(pl.col(time).cast(pl.Int64).cast(pl.Duration("us"))),
        lambda: table.with_columns(pl.col(asset).cast(pl.Categorical)),
        lambda: table.with_columns(pl.col(asset).cast(pl.Binary)),
        lambda: table.with_columns(pl.lit(5).alias(asset)),
        lambda: table.with_columns(pl.lit(None).alias(asset)),
        lambda: table.with_columns(pl.concat_list(asset, asset).alias(asset)),
        lambda: table.with_columns(pl.col(price).cast(pl.String)),
        lambda: table.with_columns(pl.col(price).cast(pl.Decimal(20, 4))),
        lambda: table.with_columns(pl.lit(rng.choice((0.0, -1.0, float("inf"), 1e-300, 1e9, 1e10))).alias(price)),
        lambda: table.with_columns(pl.struct(price, asset).alias(price)),
        lambda: table.with_columns((pl.col(price) > 0).alias(price)),
        lambda: table.with_columns(pl.lit(None).alias(price)),
        lambda: table.with_columns(pl.col(price).cast(pl.Int8, strict=False)),
        lambda: table.drop(rng.choice(table.columns)),
        lambda: table.head(rng.choice((0, 1, 2, 3, 21))),
        lambda: table.sample(fraction=0.3, seed=rng.randrange(99)),
        lambda: pl.concat([table, table.with_columns(pl.col(price) + 1)]),
        lambda: table.with_columns(pl.when(pl.int_range(pl.len()) == 5).then(rng.choice((1e-9, 1e9))).otherwise(pl.col(price)).alias(price)),
    )  # fmt: skip
    buffer = io.BytesIO()
    rng.choice(changes)().write_parquet(buffer)
    return buffer.getvalue()


_WRITERS = {
    "scenario": _scenario,
    "overlay": _overlay,
    "rules": _rules,
    "setting": _setting,
    "prices": _prices,
}
