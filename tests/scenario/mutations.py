"""Ways to spoil a TOML file, from single bytes to whole tables; each takes a source of chance and the file.

A mutation works on bytes, on text or on the document that the text means. What it makes need not be TOML,
and need not be wrong either: whoever reads it says so.
"""

# ruff: noqa: RUF001 - letters that only look right are what is tried here

import random
import re
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

import tomlkit

Mutation = Callable[[random.Random, bytes], bytes]

ODD_TOML = (
    "", "0", "1", "-1", "+7", "true", "false", "1e400", "-1e-400", "0.1", "nan", "-nan", "inf", "-inf", "-0.0",
    "9223372036854775807", "9223372036854775808", "-9223372036854775809", "0x" + "f" * 4000, "9" * 5000, "0o7_7",
    "1_000", "1__0", "01", "0x_", "[]", "[[]]", "[{}]", "{}", "{ a = 1 }", "{ a.b = 1, a.c = 2 }", "[1, 'a', {}]",
    "[" * 40 + "]" * 40, "[" * 300 + "]" * 300, "[" * 470 + "]" * 470, "[" * 4000, "{a=" * 30 + "1" + "}" * 30,
    "{a=" * 400 + "1" + "}" * 400, '""', "''", '"x"', '"\\u0000"', '"\\ud800"', '"\\U0010ffff"', '"\\x"', '"a\\nb"',
    '"""a\nb"""', "'''\n'''", '"""', "'''", '"', "'", '"' + "x" * 100_000 + '"', '"' + "9" * 6000 + ' %"', "[", "{", "]",
    "2023-02-30", "2023-06-01", "2023-06-01T00:00:00", "2023-06-01T00:00:00Z", "2023-06-01 09:30:00+08:00",
    "0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-12:00", "1899-12-31",
    "1970-01-01", "2038-01-19T03:14:08Z", "2099-12-31", "2100-01-01", "2023-06-01T00:00:00.0000001Z", "09:30:00",
    "24:00:00", "[2023-06-01, 2023-06-01]", "[09:30:00]", '"2023-06-01"', '"2023-13-01"', '"tomorrow"', "'2023-W22-4'",
)  # fmt: skip
"""Values as they stand in a file."""

ODD_TEXTS = (
    "5 %", "0 %", "100 %", "100.0001 %", "-5 %", "1000 %", "0.00001 %", "30 bps", "1 ppm", "5%", "5 percent", "% 5",
    "0 s", "1 us", "1 s", "-1 s", "1 min", "2 h", "1.5 h", "0.1 us", "1 d", "36,500 d", "100 y", "290000 y", "300000 y",
    "1,000,000,000 y", "10 w", "2h", "2 hours", "2 H", "h", "1 fortnight", "09:30", "00:00", "24:00", "23:59", "24:01",
    "9:30", "09:60", "0９:30", "09.30", "HKD 0", "HKD 1", "HKD 0.000001", "HKD 0.0000001", "HKD -1", "HKD 8,000,000",
    "HKD 8,00", "HKD 9,223,372,036,854", "HKD 9,300,000,000,000", "HKD 1e9", "HKD", "8 HKD", "hkd 5", "USD 5", "USD 0",
    "BTC 1", "ETH 0.5", "XYZ 1", "SOL 1", "٣ h", "２ h", "2\u00a0h", "2 \u200bh", "ＨＫＤ 5", "Нkd 5", "\u202e2 h",
    "BTC/HKD", "BTC/HDK", "btc/hkd", "BTC-HKD", "SOL/HKD", "full", "trades", "control", "Full", "none", "in_force",
    "hypothetical", "practice", "assumption", "VATP-G", "V", "V2", "K(m)", "K(x)", "onb.exposure_limit", "onb.kyc",
    "trd.fee_maker", "retail", "platform", "share", "money", "flag", "count", "date", "duration", "text", "custody",
    "rules/hong-kong", "rules/hong-kon", "rules/exposure-10.toml", "hk-retail-2023", ".", "..", "/", "/dev/null",
    "no\0where", "~", "prices.csv", "prices.csv.gz", "prices.parquet", "x" * 300, "a/" * 3000, "https://x", "http:// x",
    "access", "acess", "maker-1", "arbitrageur-1", "é", "🙂", "\u2028", "\x7f", "\t", " ", "a\nb", "a: b", "[bold]x",
)  # fmt: skip
"""Values that a file holds as text, among them right ones in the wrong place."""

ODD_KEYS = (
    "", "x", "name", "start", "end", "value", "id", "file", "world", "rules", "changes", "pair", "a.b", "a.a.a.a.a",
    "0", "-", "é", "ｎame", "nаme", "na me", "name\u200b", "__class__", "__init__", "self", "sha256", "x" * 5000,
    "\n", '"', "[0]", "regime", "rule", "document", "levels", "BTC", "HKD",
)  # fmt: skip

_PAIR = re.compile(
    r"(?P<key>[A-Za-z0-9_.\"'-]+)(?P<equals>\s*=\s*)(?P<value>\"[^\"\n]*\"|[^\s,}\]#]+)"
)
_HEADER = re.compile(r"^\s*(\[\[?)([^\]\n]+)(\]\]?)", re.MULTILINE)
_TOKEN = re.compile(r"\"[^\"\n]*\"|[A-Za-z0-9_.:+-]+|[^\s]")
_STEPS = ("x", "name", "value", "0", '"a b"')
_LOOK_ALIKES = str.maketrans("aceopxyABEHKMOPCTX", "асеорхуАВЕНКМОРСТХ")


def odd_value(rng: random.Random) -> str:
    """A value as it stands in a file."""
    if rng.random() < 0.5:
        return rng.choice(ODD_TOML)
    return tomlkit.string(rng.choice(ODD_TEXTS)).as_string()


# -- Bytes ------------------------------------------------------------------------------------------


def flip(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data or b"x")
    for _ in range(rng.choice((1, 1, 1, 3))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def insert(rng: random.Random, data: bytes) -> bytes:
    place = rng.randint(0, len(data))
    length = rng.choice((1, 1, 2, 8))
    piece = bytes(rng.choice(b"[]{}=.,\"'#\\\n \t-_:%abT09") for _ in range(length))
    return data[:place] + piece + data[place:]


def insert_odd(rng: random.Random, data: bytes) -> bytes:
    place = rng.randint(0, len(data))
    pieces = (
        b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b"\r\n", b"\x0b", b"\x0c", b"\x1b[31m",
        b"\x7f", b"\xc2\xa0", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\xf0\x9f\x99\x82", b"\xfe\xff", b"\x85",
    )  # fmt: skip
    return data[:place] + rng.choice(pieces) + data[place:]


def delete(rng: random.Random, data: bytes) -> bytes:
    place = rng.randint(0, len(data))
    return data[:place] + data[place + rng.choice((1, 1, 2, 20, 200)) :]


def cut_off(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randint(0, len(data))]


def other_encoding(rng: random.Random, data: bytes) -> bytes:
    if rng.random() < 0.2:
        return data.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\n\n", b"\x85")))
    text = data.decode("utf-8", "replace")
    if rng.random() < 0.3:
        return b"\xef\xbb\xbf" + data
    return text.encode(rng.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "utf-7")))


def repeat_piece(rng: random.Random, data: bytes) -> bytes:
    start = rng.randint(0, len(data))
    piece = data[start : start + rng.choice((1, 5, 40, 400))]
    place = rng.randint(0, len(data))
    return data[:place] + piece * rng.choice((1, 1, 2, 50)) + data[place:]


# -- Text -------------------------------------------------------------------------------------------


def of_text(change: Callable[[random.Random, str], str]) -> Mutation:
    """Make a mutation of bytes from one of text."""

    def mutation(rng: random.Random, data: bytes) -> bytes:
        text = data.decode("utf-8", "surrogateescape")
        return change(rng, text).encode("utf-8", "surrogateescape")

    mutation.__name__ = change.__name__
    return mutation


def _spots(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """Matches outside comments."""
    comments = [match.span() for match in re.finditer(r"^\s*#[^\n]*", text, re.MULTILINE)]
    found = pattern.finditer(text)
    return [m for m in found if not any(low <= m.start() < high for low, high in comments)]


def other_value(rng: random.Random, text: str) -> str:
    spots = _spots(_PAIR, text)
    if not spots:
        return text + f"x = {odd_value(rng)}\n"
    spot = rng.choice(spots)
    return text[: spot.start("value")] + odd_value(rng) + text[spot.end("value") :]


def swapped_values(rng: random.Random, text: str) -> str:
    spots = _spots(_PAIR, text)
    if len(spots) < 2:
        return text
    first, second = sorted(rng.sample(spots, 2), key=lambda spot: spot.start())
    return (
        text[: first.start("value")] + second["value"] + text[first.end("value") : second.start("value")]
        + first["value"] + text[second.end("value") :]
    )  # fmt: skip


def other_key(rng: random.Random, text: str) -> str:
    spots = _spots(_PAIR, text)
    if not spots:
        return text
    spot = rng.choice(spots)
    key = _other_key(rng, spot["key"], [other["key"] for other in spots])
    return text[: spot.start("key")] + key + text[spot.end("key") :]


def _other_key(rng: random.Random, key: str, keys: list[str]) -> str:
    place = rng.randrange(len(key))
    ways: tuple[Callable[[], str], ...] = (
        lambda: key[:place] + key[place + 1 :],
        lambda: key[:place] + key[place] + key[place:],
        key.upper,
        lambda: f'"{key.translate(_LOOK_ALIKES)}"',
        lambda: f'"{key}"',
        lambda: f"{key}.{rng.choice(ODD_KEYS[1:6])}",
        lambda: f"{rng.choice(keys)}.{key}",
        lambda: rng.choice(keys),
        lambda: tomlkit.string(rng.choice(ODD_KEYS)).as_string(),
        lambda: ".".join("a" * rng.choice((10, 40, 600))),
    )
    return rng.choice(ways)()


def moved_lines(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    start = rng.randrange(len(lines))
    count = rng.choice((1, 1, 1, 2, 5, 12))
    piece = lines[start : start + count]
    way = rng.choice(("drop", "repeat", "move", "reverse"))
    if way != "repeat":
        del lines[start : start + count]
    if way != "drop":
        place = rng.randint(0, len(lines))
        lines[place:place] = piece[::-1] if way == "reverse" else piece
    return "\n".join(lines)


def other_header(rng: random.Random, text: str) -> str:
    spots = _spots(_HEADER, text)
    if not spots:
        return f"[{rng.choice(ODD_KEYS[1:8])}]\n{text}"
    spot = rng.choice(spots)
    opening, name, closing = spot.groups()
    ways: tuple[Callable[[], str], ...] = (
        lambda: f"[[{name}]]",
        lambda: f"[{name}]",
        lambda: f"[{name}",
        lambda: f"{name} =",
        lambda: f"[{name}.{rng.choice(_STEPS)}]",
        lambda: f"[{name.rpartition('.')[0] or 'x'}]",
        lambda: f"[{rng.choice(spots)[2]}]",
        lambda: f"[[{rng.choice(spots)[2]}]]",
        lambda: f"[{name[:-1]}]",
        lambda: f"{opening}{name}{closing}\n{opening}{name}{closing}",
        lambda: f"[a{'.a' * rng.choice((30, 40, 600))}]\n{opening}{name}{closing}",
        lambda: f"# {opening}{name}{closing}",
    )
    return text[: spot.start(1)] + rng.choice(ways)() + text[spot.end(3) :]


def other_token(rng: random.Random, text: str) -> str:
    spots = _spots(_TOKEN, text)
    if not spots:
        return odd_value(rng)
    spot = rng.choice(spots)
    piece = rng.choice(("", spot[0] * 2, rng.choice(spots)[0], odd_value(rng), spot[0].swapcase()))
    return text[: spot.start()] + piece + text[spot.end() :]


def look_alikes(rng: random.Random, text: str) -> str:
    spots = _spots(_TOKEN, text)
    if not spots:
        return text
    spot = rng.choice(spots)
    return text[: spot.start()] + spot[0].translate(_LOOK_ALIKES) + text[spot.end() :]


def added_pair(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    key = tomlkit.string(rng.choice(ODD_KEYS)).as_string()
    lines.insert(rng.randint(0, len(lines)), f"{key} = {odd_value(rng)}")
    return "\n".join(lines)


# -- Meaning ----------------------------------------------------------------------------------------


def of_document(change: Callable[[random.Random, dict[str, Any]], None]) -> Mutation:
    """Make a mutation of bytes from one of what they mean; what cannot be read is left as it is."""

    def mutation(rng: random.Random, data: bytes) -> bytes:
        try:
            document = tomllib.loads(data.decode())
            if document:
                change(rng, document)
            return tomlkit.dumps(document).encode()
        except (ValueError, TypeError, RecursionError):
            return data

    mutation.__name__ = change.__name__
    return mutation


def _places(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, Any]]:
    """Every (container, key) in a document."""
    found: list[tuple[Any, Any]] = []
    items: Any = ()
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, item in items:
        found.append((value, key))
        found += _places(item, (*above, key))
    return found


def odd_object(rng: random.Random) -> Any:
    """A value as a document holds it."""
    ways: tuple[Callable[[], Any], ...] = (
        lambda: rng.choice(ODD_TEXTS),
        lambda: rng.choice((0, 1, -1, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**18, 100, 17)),
        lambda: rng.choice((0.0, -0.0, 0.5, 1e300, float("inf"), float("nan"))),
        lambda: rng.choice((True, False)),
        lambda: date(rng.choice((1, 1900, 2000, 2022, 2023, 2024, 2025, 2099, 9999)), 6, 15),
        lambda: datetime(rng.choice((1, 1999, 2023, 2024, 9999)), 6, 1, 12, 30, 1, 7, tzinfo=UTC),
        lambda: time(9, 30),
        list,
        dict,
        lambda: [rng.choice(ODD_TEXTS), rng.randint(-5, 5)],
        lambda: {rng.choice(ODD_KEYS): rng.choice(ODD_TEXTS)},
    )
    return rng.choice(ways)()


def replaced_value(rng: random.Random, document: dict[str, Any]) -> None:
    container, key = rng.choice(_places(document))
    container[key] = odd_object(rng)


def wrapped_value(rng: random.Random, document: dict[str, Any]) -> None:
    container, key = rng.choice(_places(document))
    value = container[key]
    ways = ([value], [value, value], {"value": value}, [[value]], {str(key): value}, str(value))
    container[key] = rng.choice(ways)


def unwrapped_value(rng: random.Random, document: dict[str, Any]) -> None:
    places = [(c, k) for c, k in _places(document) if isinstance(c[k], dict | list) and c[k]]
    if places:
        container, key = rng.choice(places)
        value = container[key]
        container[key] = rng.choice(list(value.values()) if isinstance(value, dict) else value)


def removed_key(rng: random.Random, document: dict[str, Any]) -> None:
    container, key = rng.choice(_places(document))
    del container[key]


def moved_key(rng: random.Random, document: dict[str, Any]) -> None:
    places = _places(document)
    container, key = rng.choice(places)
    value = container[key]
    tables = [c for c, _ in places if isinstance(c, dict)]
    target = rng.choice(tables)
    if rng.random() < 0.7:
        del container[key]
    target[rng.choice((str(key), rng.choice(ODD_KEYS)))] = value


def repeated_entry(rng: random.Random, document: dict[str, Any]) -> None:
    places = [(c, k) for c, k in _places(document) if isinstance(c, list)]
    if places:
        container, key = rng.choice(places)
        container.extend([container[key]] * rng.choice((1, 1, 3, 120)))


def scaled_quantity(rng: random.Random, document: dict[str, Any]) -> None:
    """Another number before the same unit: valid as TOML and often as a value."""
    places = [
        (c, k) for c, k in _places(document) if isinstance(c[k], str) and re.search(r"\d", c[k])
    ]
    if places:
        container, key = rng.choice(places)
        number = rng.choice(
            ("0", "1", "0.5", "99", "100", "3,650", "1,000,000", "-3", "9" * 12, "9" * 19)
        )
        container[key] = re.sub(r"[\d,.]+", number, container[key], count=1)


BYTE_MUTATIONS: tuple[Mutation, ...] = (
    flip, insert, insert_odd, delete, cut_off, other_encoding, repeat_piece,
)  # fmt: skip
TEXT_MUTATIONS: tuple[Mutation, ...] = tuple(
    map(
        of_text,
        (
            other_value, other_value, other_value, swapped_values, other_key, other_key, moved_lines, other_header,
            other_token, look_alikes, added_pair,
        ),
    )
)  # fmt: skip
MEANING_MUTATIONS: tuple[Mutation, ...] = tuple(
    map(
        of_document,
        (
            replaced_value, replaced_value, wrapped_value, unwrapped_value, removed_key, moved_key, repeated_entry,
            scaled_quantity, scaled_quantity,
        ),
    )
)  # fmt: skip


def mutated(rng: random.Random, data: bytes) -> bytes:
    """Spoil a TOML file once, twice or three times."""
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
        family = rng.choices((BYTE_MUTATIONS, TEXT_MUTATIONS, MEANING_MUTATIONS), (2, 4, 4))[0]
        data = rng.choice(family)(rng, data)
    return data
