"""Seeds as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.experiments import ExperimentError, parse_seeds


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("7", (7,)),
        ("1-4", (1, 2, 3, 4)),
        ("1,3,7-9", (1, 3, 7, 8, 9)),
        (" 5 , 2 - 3 ", (5, 2, 3)),
        ("0", (0,)),
        ("4-4", (4,)),
        ("9223372036854775807", (2**63 - 1,)),
    ],
)
def test_seeds_and_ranges_come_in_the_order_written(text: str, seeds: tuple[int, ...]) -> None:
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "a part is empty"),
        ("1,,2", "a part is empty"),
        ("one", "got 'one'"),
        ("1-", "got '1-'"),
        ("-3", "got '-3'"),
        ("1.5", "got '1.5'"),
        ("5-1", "the range 5-1 runs backwards"),
        ("1-3,2", "seed 2 is listed twice"),
        ("1-100001", "more than 100,000 seeds"),
        ("1-99999999999999999999", "a seed is at most"),
        ("1" * 5000, "expected seeds such as 1-10"),
        ("\u0661", "expected seeds such as 1-10"),
        ("9223372036854775808", "a seed is at most 9223372036854775807"),
    ],
)
def test_what_is_not_a_list_of_seeds_is_refused_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(ExperimentError, match="seeds ") as caught:
        parse_seeds(text)
    assert problem in str(caught.value)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30, unique=True))
def test_a_list_of_distinct_seeds_reads_back(seeds: list[int]) -> None:
    assert parse_seeds(",".join(map(str, seeds))) == tuple(seeds)
