import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.journal.cuts import MOST_SEGMENT_EVENTS, Cuts


def test_segments_double_after_every_fourth_until_they_are_full() -> None:
    cuts = Cuts(segment_events=40, first_events=10)
    assert [cuts.end(number) for number in range(12)] == [
        *(0, 10, 20, 30, 40),
        *(60, 80, 100, 120),
        *(160, 200, 240),
    ]


def test_segments_of_one_length_do_not_grow() -> None:
    cuts = Cuts(segment_events=25, first_events=25)
    assert [cuts.end(number) for number in range(4)] == [0, 25, 50, 75]


@given(
    first=st.integers(1, 50), times=st.integers(1, 60), seq=st.integers(1, 200_000), more=st.data()
)
def test_every_seq_lies_between_the_ends_of_its_segment(
    first: int, times: int, seq: int, more: st.DataObject
) -> None:
    cuts = Cuts(first * times + more.draw(st.integers(0, first)), first)
    number = cuts.number(seq)
    assert cuts.end(number - 1) < seq <= cuts.end(number)
    assert cuts.length(number) == cuts.end(number) - cuts.end(number - 1)
    assert cuts.length(number) <= cuts.length(number + 1) <= cuts.segment_events


@pytest.mark.parametrize(
    ("full", "first"), [(0, 0), (10, 0), (10, 11), (MOST_SEGMENT_EVENTS + 1, 1), (10, -1)]
)
def test_lengths_that_make_no_sense_are_refused(full: int, first: int) -> None:
    with pytest.raises(ValueError, match="expected 1 to"):
        Cuts(full, first)
