"""Golden cases: what a line of `conformance/*.toml` means, as a command and as told events.

The format is described in `conformance/README.md`.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from tests.matching.reference_rules import (
    ACCEPTED,
    AMEND,
    AMENDED,
    BANDS,
    BANDS_SET,
    CANCEL,
    CANCELLED,
    CLOCK,
    CLOCK_SET,
    KEEP,
    LEAST,
    LIMIT,
    MARKET,
    MARKET_BY_AMOUNT,
    MASS_CANCEL,
    MOST,
    NEW,
    PHASE_SET,
    REDUCE,
    REJECTED,
    SESSION,
    STOP,
    STOP_LIMIT,
    TRADE,
    TRIGGERED,
    UNCROSS,
    UNCROSSED,
    ReferenceRules,
    Refusal,
    Row,
    Why,
    Words,
)

FOLDER = Path(__file__).parent / "conformance"
PHASES = ("continuous", "halted", "auction", "closed")
SESSIONS = {"resume": 0, "halt": 1, "auction": 2, "close": 3}
BREACH_ACTIONS = {"cancel": 0, "halt": 1, "auction": 2}
FLAGS = {
    "ioc": {"time_in_force": 1},
    "fok": {"time_in_force": 2},
    "post-only": {"post_only": 1},
    "cancel-newest": {"self_trade_prevention": 1},
    "cancel-oldest": {"self_trade_prevention": 2},
    "cancel-both": {"self_trade_prevention": 3},
    "decrement": {"self_trade_prevention": 4},
}
NO_SLICE = -1
"""`peak 0`: a command has no word for a slice of nothing, so any peak that is none stands for it."""


@attrs.frozen
class Step:
    """One command with what it must answer."""

    line: str
    words: Words
    status: str
    told: tuple[str, ...]


@attrs.frozen
class Case:
    """One small story: rules, commands, answers, and the market at the end."""

    name: str
    title: str
    kind: str
    origin: str
    rules: ReferenceRules
    steps: tuple[Step, ...]
    bids: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    stops: tuple[int, ...] = ()
    phase: str = "continuous"
    last: int | None = None
    note: str = ""


def load_cases(folder: Path = FOLDER) -> Iterator[tuple[str, Case]]:
    """Yield group and case of every golden file, by name of the file."""
    for path in sorted(folder.glob("*.toml")):
        for table in tomllib.loads(path.read_text(encoding="utf-8"))["case"]:
            yield path.stem, case_of(table)


def case_of(table: dict[str, Any]) -> Case:
    """Return the case a table describes; an unknown key raises `TypeError`."""
    lists = {key: tuple(table.get(key, ())) for key in ("bids", "asks", "stops")}
    rules = ReferenceRules(**table.get("rules", {}))
    return Case(**{**table, **lists, "rules": rules, "steps": tuple(_steps(table["steps"]))})


def _steps(text: str) -> Iterator[Step]:
    lines = [line for line in text.splitlines() if line.strip()]
    starts = [number for number, line in enumerate(lines) if not line.startswith(" ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        asked, arrow, status = lines[start].partition(" -> ")
        if not arrow:
            raise ValueError(f"{lines[start]!r} has no ' -> ' and a status behind it")
        told = tuple(line.strip() for line in lines[start + 1 : end])
        yield Step(asked, words_of(asked), status.strip(), told)


# -- commands --------------------------------------------------------------------------------------


def words_of(line: str) -> Words:
    """Return the command a line asks for."""
    verb, *terms = line.split()
    readers = {
        "buy": lambda: _new(0, terms),
        "sell": lambda: _new(1, terms),
        "cancel": lambda: _on_order(CANCEL, terms, {"account": 0}),
        "amend": lambda: _on_order(AMEND, terms, {"price": KEEP, "quantity": KEEP, "account": 0}),
        "reduce": lambda: _on_order(REDUCE, terms, {"quantity": 0, "account": 0}),
        "mass-cancel": lambda: Words(MASS_CANCEL, account=0 if terms == ["all"] else int(*terms)),
        "uncross": lambda: Words(UNCROSS, price=_named(terms, {"reference": 0})["reference"]),
        "bands": lambda: _bands(terms),
        "clock": lambda: Words(CLOCK, expires=int(*terms)),
    }
    if verb in SESSIONS and not terms:
        return Words(SESSION, detail=SESSIONS[verb])
    return readers[verb]()


def _on_order(kind: int, terms: list[str], named: dict[str, int]) -> Words:
    order, *more = terms
    # "by" reads better than "quantity" where lots are taken off.
    more = ["quantity" if kind == REDUCE and term == "by" else term for term in more]
    return Words(kind, order=int(order), **_named(more, named))


def _named(terms: list[str], named: dict[str, int]) -> dict[str, int]:
    """Read pairs of a name and a number, over what holds where nothing is said."""
    given = {name: int(number) for name, number in zip(terms[::2], terms[1::2], strict=True)}
    unknown = given.keys() - named
    if unknown:
        raise ValueError(f"{sorted(unknown)} in {terms}; expected {sorted(named)}")
    return named | given


def _new(side: int, terms: list[str]) -> Words:
    order, what, *more = terms
    words = Words(NEW, side=side, order=int(order))
    if what == "amount":
        words = words._replace(order_type=MARKET_BY_AMOUNT, quantity=int(more.pop(0)))
    else:
        quantity, _, price = what.partition("@")
        kind = MARKET if price == "market" else LIMIT
        words = words._replace(
            order_type=kind, quantity=int(quantity), price=0 if kind == MARKET else int(price)
        )
    while more:
        words = _with_term(words, more)
    return words


def _with_term(words: Words, more: list[str]) -> Words:
    """Take the next term off the list and return the command with it."""
    term = more.pop(0)
    if term in FLAGS:
        return words._replace(**FLAGS[term])
    number = int(more.pop(0))
    if term == "gtd":
        return words._replace(time_in_force=3, expires=number)
    if term == "peak":
        return words._replace(peak=number or NO_SLICE)
    if term == "account":
        return words._replace(account=number)
    if term == "stop":
        kind = STOP if words.order_type == MARKET else STOP_LIMIT
        return words._replace(order_type=kind, stop_price=number)
    raise ValueError(f"{term!r} is no term of an order")


def _bands(terms: list[str]) -> Words:
    low, _, high = terms.pop(0).partition("..")
    words = Words(BANDS, price=int(low or LEAST), stop_price=int(high or MOST))
    if terms[:1] == ["dynamic"]:
        words = words._replace(quantity=int(terms[1]))
        terms = terms[2:]
    if terms:
        words = words._replace(detail=BREACH_ACTIONS[terms.pop(0)])
    if terms:
        raise ValueError(f"{terms} behind the bands")
    return words


# -- answers ---------------------------------------------------------------------------------------


def told(rows: list[Row]) -> tuple[str, ...]:
    """Say what rows mean, without the first one where it only says that the command is taken."""
    answers = {ACCEPTED, REJECTED, BANDS_SET, CLOCK_SET, PHASE_SET}
    return tuple(_say(row) for row in (rows[1:] if rows and rows[0][0] in answers else rows))


def _say(row: Row) -> str:
    kind, _, _, _, _, _, reason, detail, order, _, price, quantity, word_5, _, _ = row
    said = ""
    if kind == TRADE:
        said = f"{order} takes {quantity}@{price} from {word_5}" + " in the uncross" * detail
    elif kind == CANCELLED:
        said = f"{order} cancelled {quantity}: {Why(reason).name}"
    elif kind == AMENDED and reason == Why.SELF_TRADE:
        said = f"{order} decremented to {quantity}@{price}"
    elif kind == AMENDED:
        said = f"{order} amended to {quantity}@{price}, place {'kept' if detail else 'lost'}"
    elif kind == TRIGGERED:
        said = f"{order} triggered"
    elif kind == UNCROSSED:
        said = f"uncrossed {quantity}@{price}, surplus {word_5}" if quantity else "nothing crosses"
    elif kind == PHASE_SET:
        said = f"phase {PHASES[detail]}" + f": {Why(reason).name}" * (reason > 0)
    if not said:
        raise ValueError(f"{row} cannot follow the first row of an answer")
    return said


def status_of(words: Words, rows: list[Row], *, rests: bool, waits: bool) -> str:
    """Say what became of a command, from its rows and where its order is afterwards."""
    if rows and rows[0][0] == REJECTED:
        return f"rejected:{Refusal(rows[0][6]).name}"
    if words.kind != NEW:
        return "done"
    fills = [row for row in rows if row[0] == TRADE and words.order in {row[8], row[12]}]
    if waits:
        return "waiting"
    if rests:
        return "partial" if fills else "open"
    cancelled = any(row[0] == CANCELLED and row[8] == words.order for row in rows)
    return "cancelled" if cancelled else "filled"
