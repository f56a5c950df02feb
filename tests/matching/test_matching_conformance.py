"""Every golden case of `conformance/`, through the oracle and through both doors of the core."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from sim.matching.book import OrderBook
from tests.matching.doors import as_called, book_with, call, row_of, rows_of
from tests.matching.golden_cases import PHASES, Case, load_cases, status_of, told, words_of
from tests.matching.reference_matcher import ReferenceMatcher
from tests.matching.reference_rules import BUY, SELL, ReferenceRules, Refusal, Row, Why, Words
from tests.matching.streams import as_batch

CASES = list(load_cases())


class End(NamedTuple):
    """What a golden case says of the market after its last command."""

    bids: tuple[str, ...]
    asks: tuple[str, ...]
    stops: tuple[int, ...]
    phase: str
    last: int | None


class OracleDoor:
    def __init__(self, rules: ReferenceRules) -> None:
        self._oracle = ReferenceMatcher(rules)

    def execute(self, words: Words) -> list[Row]:
        return self._oracle.execute(words)

    def resting(self) -> list[tuple[int, int, int, int, int]]:
        return [
            (o.side, o.price, o.order, o.open, o.shown) for o in self._oracle.book.in_priority()
        ]

    def waiting(self) -> list[int]:
        return [stop.order for stop in self._oracle.book.waiting_in_order()]

    def market(self) -> tuple[int, int | None]:
        return self._oracle.book.phase, self._oracle.book.last


class BookDoor:
    """One method call a command."""

    def __init__(self, rules: ReferenceRules) -> None:
        self._book: OrderBook = book_with(rules)

    def execute(self, words: Words) -> list[Row]:
        called = as_called(words)
        if called is None or called != words:
            # No method has an argument for all that this command asks for.
            return rows_of(self._book.process(as_batch([words])))
        return [row_of(event) for event in call(self._book, called)]

    def resting(self) -> list[tuple[int, int, int, int, int]]:
        return [(o.side, o.price, o.order, o.quantity, o.shown) for o in self._book.orders()]

    def waiting(self) -> list[int]:
        return [stop.order for stop in self._book.waiting_stops()]

    def market(self) -> tuple[int, int | None]:
        return self._book.phase, self._book.last_price


class BatchDoor(BookDoor):
    """Arrays of one command."""

    def execute(self, words: Words) -> list[Row]:
        return rows_of(self._book.process(as_batch([words])))


Door = OracleDoor | BookDoor
DOORS: list[Callable[[ReferenceRules], Door]] = [OracleDoor, BookDoor, BatchDoor]


def _end(door: Door, peaks: set[int]) -> End:
    lines: tuple[list[str], list[str]] = ([], [])
    for side, price, order, lots, shown in door.resting():
        lines[side].append(f"{order} {lots}@{price}" + f" shows {shown}" * (order in peaks))
    phase, last = door.market()
    stops = tuple(sorted(door.waiting()))
    return End(tuple(lines[BUY]), tuple(lines[SELL]), stops, PHASES[phase], last)


@pytest.mark.parametrize("make_door", DOORS)
@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[case.name for _, case in CASES])
def test_a_golden_case_goes_as_told(
    case: Case, make_door: Callable[[ReferenceRules], Door]
) -> None:
    door = make_door(case.rules)
    peaks = {
        step.words.order
        for step in case.steps
        if step.words.peak and not step.status.startswith("rejected")
    }
    for step in case.steps:
        rows = door.execute(step.words)
        rests = step.words.order in {order for _, _, order, _, _ in door.resting()}
        waits = step.words.order in door.waiting()
        status = status_of(step.words, rows, rests=rests, waits=waits)
        assert (step.line, status, told(rows)) == (step.line, step.status, step.told)
    expected = End(case.bids, case.asks, tuple(sorted(case.stops)), case.phase, case.last)
    assert _end(door, peaks) == expected


def test_names_of_golden_cases_are_unique() -> None:
    names = [case.name for _, case in CASES]
    assert len(names) == len(set(names)) > 170


def test_golden_cases_show_every_reason_to_cancel_and_most_to_refuse() -> None:
    text = " ".join(line for _, case in CASES for step in case.steps for line in step.told)
    assert [why.name for why in Why if f": {why.name}" not in text] == []
    refused = {step.status.removeprefix("rejected:") for _, case in CASES for step in case.steps}
    # What the lines cannot say: words that are no side, type, phase and so on.
    unsayable = {refusal for refusal in Refusal if refusal.name.startswith("UNKNOWN")}
    missing = (
        set(Refusal) - unsayable - {Refusal[name] for name in refused & {r.name for r in Refusal}}
    )
    assert missing == {Refusal.NONE}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("buy 1 2@3 post-only peak 4 account 5", Words(0, 0, post_only=1, order=1, account=5, price=3, quantity=2, peak=4)),
        ("sell 1 2@market stop 9 gtd 7", Words(0, 1, 2, 3, order=1, quantity=2, stop_price=9, expires=7)),
        ("reduce 8 by 3", Words(3, order=8, quantity=3)),
        ("bands 90.. dynamic 2 auction", Words(7, detail=2, price=90, quantity=2, stop_price=2**63 - 1)),
        ("mass-cancel all", Words(4)),
    ],
)  # fmt: skip
def test_a_line_is_read_as_the_command_it_says(line: str, words: Words) -> None:
    assert words_of(line) == words


@pytest.mark.parametrize(
    "line", ["bye 1 2@3", "buy 1 2@3 soon 4", "buy 1 2@3 peak", "amend 1 quality 3", "buy 1 2"]
)
def test_a_line_that_says_no_command_is_an_error(line: str) -> None:
    with pytest.raises((KeyError, ValueError, IndexError)):
        words_of(line)
