"""Tables at any width: nothing is lost, no figure is cut in two, no line is wider than the terminal."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import Outcome
from sim.cli.console import PlainConsole
from sim.cli.tables import (
    OUTCOME_COLUMNS,
    Column,
    Sections,
    interval,
    number,
    outcome_sections,
    print_table,
)

COLUMNS = (
    Column("name"),
    Column("value", right=True),
    Column("interval", right=True, wraps=True),
    Column("what it is about", wraps=True),
)

names = st.text("abc_", min_size=1, max_size=31).map(lambda text: f"n{text}")
figures = st.integers(-(10**12), 10**12).map(lambda value: f"{value:,}")
intervals = st.tuples(figures, figures).map(" to ".join)
words = st.lists(st.text("aB,.-[]/", min_size=1, max_size=12), max_size=12).map(" ".join)
rows = st.tuples(names, figures, intervals, words)
sections = st.dictionaries(names, st.lists(rows, min_size=1, max_size=4), min_size=1, max_size=3)


def printed(width: int, columns: Sequence[Column], found: Sections) -> str:
    console = PlainConsole(width=width)
    with console.capture() as captured:
        print_table(console, columns, found)
    return captured.get()


@given(sections, st.integers(45, 200))
def test_at_any_width_every_cell_is_there_uncut_and_no_line_is_too_wide(
    found: dict[str, list[tuple[str, ...]]], width: int
) -> None:
    out = printed(width, COLUMNS, found)
    assert all(len(line) <= width for line in out.splitlines())
    shown = out.split()
    for section, entries in found.items():
        assert set(section.replace("_", " ").split()) <= set(shown)
        for name, figure, between, about in entries:
            assert name in shown
            for part in (figure, *between.split(), *about.split()):
                assert any(part in word for word in shown), part


def test_a_wide_console_shows_a_table_and_a_narrow_one_a_list() -> None:
    found = {"market_quality": [("depth_hkd", "3,565,165", "3,505,583 to 3,624,747", "HKD")]}
    wide = printed(90, OUTCOME_COLUMNS, found).splitlines()
    assert wide[0].split() == ["measure", "value", "95", "%", "within", "this", "run", "unit"]
    assert wide[-1].split() == ["depth_hkd", "3,565,165", "3,505,583", "to", "3,624,747", "HKD"]
    narrow = printed(30, OUTCOME_COLUMNS, found).splitlines()
    assert narrow[:2] == ["market quality", "depth_hkd"]
    assert " ".join(line.strip() for line in narrow[2:]) == (
        "value 3,565,165; 95 % within this run 3,505,583 to 3,624,747; unit HKD"
    )


def test_brackets_are_text_and_never_markup() -> None:
    found = {"a": [("[bold]x[/bold]", "1", "[/]", "[2023] HKCFI 914 [link=x]")]}
    out = printed(120, COLUMNS, found)
    assert all(text in out for text in ("[bold]x[/bold]", "[/]", "[2023] HKCFI 914 [link=x]"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.0, "0"),
        (-0.0, "0"),
        (120.0, "120"),
        (3565165.4, "3,565,165"),
        (83.3333, "83.33"),
        (-0.06361, "-0.06361"),
        (0.00001234, "1.234e-05"),
    ],
)
def test_numbers_are_written_for_reading(value: float | None, text: str) -> None:
    assert number(value) == text


@given(st.floats(-1e14, 1e14))
def test_a_number_that_is_read_back_is_close_to_what_was_written(value: float) -> None:
    text = number(value)
    assert re.fullmatch(r"-?[\d,.]+(e-\d+)?", text)
    assert float(text.replace(",", "")) == pytest.approx(value, rel=5.1e-4, abs=1e-300)


def test_an_interval_needs_both_its_bounds() -> None:
    assert interval(1.0, 2.5) == "1 to 2.5"
    assert interval(None, 2.5) == interval(1.0, None) == "-"


def test_outcomes_stand_in_sections_by_family() -> None:
    outcomes = [
        Outcome("a_hkd", "access", "HKD", 1.0, None, None, ""),
        Outcome("b_pct", "ramps", "%", None, 0.0, 1.0, ""),
        Outcome("c_pct", "ramps", "%", 5.0, 4.0, 6.0, ""),
    ]
    assert outcome_sections(outcomes) == {
        "access": [("a_hkd", "1", "-", "HKD")],
        "ramps": [("b_pct", "-", "0 to 1", "%"), ("c_pct", "5", "4 to 6", "%")],
    }
