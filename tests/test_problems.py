"""How a problem reads, whatever it is about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.problems import Problem, did_you_mean, dotted, nearest, shown


def test_a_problem_names_its_place_on_one_line() -> None:
    assert str(Problem("a.toml", 3, "world.x", "is odd")) == "a.toml:3: world.x: is odd"
    assert str(Problem("--set 1", 0, "", "is odd")) == "--set 1: is odd"


def test_problems_sort_by_file_and_line() -> None:
    problems = [Problem("b", 1, "", ""), Problem("a", 10, "", ""), Problem("a", 9, "z", "")]
    assert [(found.file, found.line) for found in sorted(problems)] == [
        ("a", 9),
        ("a", 10),
        ("b", 1),
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "true"),
        (None, "nothing"),
        ("it's", '"it\'s"'),
        ({"a": 1}, "a table"),
        ([1, 2], "a list of 2"),
        (16**1000, "a whole number of 4001 bits"),
        ("x" * 200, "'" + "x" * 76 + "..."),
    ],
)
def test_values_are_shown_as_people_write_them(value: object, expected: str) -> None:
    assert shown(value) == expected


@given(st.lists(st.text() | st.integers(0, 9), min_size=1, max_size=4))
def test_a_key_path_is_one_printable_line_of_bounded_length(path: list[str | int]) -> None:
    text = dotted(tuple(path))
    assert text.isprintable()
    assert len(dotted(("x" * 10_000, "y"))) < 100


def test_the_nearest_name_is_proposed_and_else_the_names_or_nothing() -> None:
    assert nearest("Trend_Shre", ["saver_share", "trend_share"]) == "trend_share"
    assert did_you_mean("ful", ["full", "trades"]) == "; did you mean 'full'?"
    assert did_you_mean("zzz", ["full", "trades"], "levels") == "; levels: full, trades"
    assert did_you_mean("zzz", ["full", "trades"]) == ""
    assert did_you_mean("zzz", [], "levels") == "; levels: none"
