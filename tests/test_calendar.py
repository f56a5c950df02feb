"""Business days and office hours, against the government's list and a minute-by-minute model."""

import csv
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.calendar import Calendar
from sim.units import DAY_US, HKT, HOUR_US, MINUTE_US, from_us, to_us
from tests.real_data import real_data

START, END = to_us(date(2019, 1, 1)), to_us(date(2026, 12, 31))
HONG_KONG = Calendar.hong_kong(START, END)
NINE, SIX = 9 * HOUR_US, 18 * HOUR_US

instants = st.integers(START, END)
minutes = st.integers(START // MINUTE_US, END // MINUTE_US).map(lambda minute: minute * MINUTE_US)
hours = st.tuples(st.integers(0, 24 * 60 - 1), st.integers(1, 24 * 60)).map(
    lambda pair: (min(pair[0], pair[1] - 1) * MINUTE_US, max(pair[0] + 1, pair[1]) * MINUTE_US)
)


def at(text: str) -> int:
    return to_us(datetime.fromisoformat(text).replace(tzinfo=HKT))


def is_business_date(day: date) -> bool:
    return day.weekday() < 5 and day not in HONG_KONG.holidays


def is_office_minute(time_us: int, opens: int, closes: int) -> bool:
    moment = from_us(time_us)
    of_day = (moment.hour * 60 + moment.minute) * MINUTE_US
    return is_business_date(moment.date()) and opens <= of_day < closes


def test_holidays_are_those_the_government_published() -> None:
    with real_data("hk_general_holidays_govhk_2019_2026.csv").open(encoding="utf-8") as file:
        published = {date.fromisoformat(row["date"]) for row in csv.DictReader(file)}
    assert len(published) == 8 * 17
    ours = {day for day in HONG_KONG.holidays if 2019 <= day.year <= 2026}
    assert ours == published


def test_the_calendar_knows_a_year_on_either_side_of_the_run() -> None:
    calendar = Calendar.hong_kong(at("2024-06-01"), at("2024-06-02"))
    assert date(2023, 6, 22) in calendar.holidays
    assert date(2025, 5, 31) in calendar.holidays
    assert calendar == Calendar(calendar.holidays)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2024-03-28T23:59", True),  # Thursday
        ("2024-03-29T00:00", False),  # Good Friday, no statutory holiday
        ("2024-03-30T12:00", False),  # Saturday
        ("2024-04-01T12:00", False),  # Easter Monday
        ("2024-04-02T00:00", True),
        ("2024-04-04T12:00", False),  # Ching Ming
        (
            "2024-02-10T12:00",
            False,
        ),  # Lunar New Year, a Saturday: no extra weekday off but the 13th
        ("2024-02-13T12:00", False),
        ("2024-02-14T12:00", True),
    ],
)
def test_business_days_of_spring_2024(moment: str, expected: bool) -> None:
    assert HONG_KONG.is_business_day(at(moment)) is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2024-03-28T08:59:59", "2024-03-28T09:00"),
        ("2024-03-28T09:00", "2024-03-28T09:00"),
        ("2024-03-28T17:59:59", "2024-03-28T17:59:59"),
        ("2024-03-28T18:00", "2024-04-02T09:00"),
        ("2024-03-31T10:00", "2024-04-02T09:00"),
    ],
)
def test_the_next_opening_skips_nights_weekends_and_easter(moment: str, expected: str) -> None:
    assert HONG_KONG.next_open(at(moment), NINE, SIX) == at(expected)


@pytest.mark.parametrize(
    ("moment", "duration_h", "expected"),
    [
        ("2024-03-28T10:00", 2, "2024-03-28T12:00"),
        ("2024-03-28T10:00", 8, "2024-03-28T18:00"),  # fills the day: ends at its closing
        ("2024-03-28T10:00", 9, "2024-04-02T10:00"),
        ("2024-03-28T20:00", 1, "2024-04-02T10:00"),
        ("2024-03-28T07:00", 18, "2024-04-02T18:00"),
        ("2024-03-31T07:00", 0, "2024-03-31T07:00"),
    ],
)
def test_working_time_passes_in_office_hours_only(
    moment: str, duration_h: int, expected: str
) -> None:
    assert HONG_KONG.add_working_time(at(moment), duration_h * HOUR_US, NINE, SIX) == at(expected)


@pytest.mark.parametrize(
    ("moment", "days", "expected"),
    [
        ("2024-03-27T15:00", 0, "2024-03-27"),
        ("2024-03-27T15:00", 1, "2024-03-28"),
        ("2024-03-28T00:00", 1, "2024-04-02"),
        ("2024-03-28T23:59", 2, "2024-04-03"),
        ("2024-03-30T12:00", 0, "2024-04-02"),
        ("2024-03-30T12:00", 1, "2024-04-02"),
        ("2024-03-30T12:00", 3, "2024-04-05"),
    ],
)
def test_business_days_are_counted_after_the_date(moment: str, days: int, expected: str) -> None:
    assert HONG_KONG.add_business_days(at(moment), days) == at(expected)


@settings(deadline=None)
@given(minutes, hours)
def test_the_next_opening_is_the_first_office_minute(time_us: int, office: tuple[int, int]) -> None:
    opens, closes = office
    found = HONG_KONG.next_open(time_us, opens, closes)
    # Walk day by day, so that the naive model needs no million steps: within a day, the first
    # office minute not before the instant is either the instant or the opening.
    candidate = time_us
    while not is_office_minute(candidate, opens, closes):
        midnight = HONG_KONG.midnight(candidate)
        candidate = midnight + opens if candidate < midnight + opens else midnight + DAY_US
    assert found == candidate


@settings(deadline=None)
@given(
    st.integers(at("2024-03-20") // MINUTE_US, at("2024-04-10") // MINUTE_US),
    st.integers(0, 3 * 24 * 60),
    st.tuples(st.integers(0, 18), st.integers(4, 6)),
)
def test_working_time_equals_a_minute_by_minute_count(
    start_minute: int, duration: int, shift: tuple[int, int]
) -> None:
    opens, closes = shift[0] * HOUR_US, (shift[0] + shift[1]) * HOUR_US
    minute, left = start_minute, duration
    while left:
        left -= is_office_minute(minute * MINUTE_US, opens, closes)
        minute += 1
    found = HONG_KONG.add_working_time(
        start_minute * MINUTE_US, duration * MINUTE_US, opens, closes
    )
    assert found == minute * MINUTE_US


@settings(deadline=None)
@given(instants, st.integers(0, 40))
def test_business_days_equal_a_day_by_day_count(time_us: int, days: int) -> None:
    day, left = from_us(time_us).date(), days
    while left or (days == 0 and not is_business_date(day)):
        day += timedelta(days=1)
        left -= left > 0 and is_business_date(day)
    assert HONG_KONG.add_business_days(time_us, days) == to_us(day)


@settings(deadline=None)
@given(instants, st.integers(0, 10**12), st.integers(0, 10**12), hours)
def test_working_time_adds_up_to_the_microsecond(
    time_us: int, first: int, second: int, office: tuple[int, int]
) -> None:
    once = HONG_KONG.add_working_time(time_us, first + second, *office)
    twice = HONG_KONG.add_working_time(
        HONG_KONG.add_working_time(time_us, first, *office), second, *office
    )
    assert once == twice
    assert once >= time_us + first + second


@settings(deadline=None)
@given(instants)
def test_a_calendar_without_holidays_still_rests_on_weekends(time_us: int) -> None:
    plain = Calendar(())
    assert plain.is_business_day(time_us) == (from_us(time_us).weekday() < 5)
    following = plain.add_business_days(time_us, 5)
    assert following == plain.midnight(following)
    # Five weekdays after a Sunday is Friday, after a Friday it is the next Friday.
    assert timedelta(days=4) < from_us(following) - from_us(time_us) <= timedelta(days=7)


@settings(deadline=None)
@given(instants)
def test_midnight_begins_the_hong_kong_date(time_us: int) -> None:
    midnight = HONG_KONG.midnight(time_us)
    assert from_us(midnight) == datetime.combine(from_us(time_us).date(), datetime.min.time(), HKT)
    assert 0 <= time_us - midnight < DAY_US


def test_impossible_hours_and_negative_amounts_are_refused() -> None:
    for opens, closes in ((SIX, NINE), (NINE, NINE), (-1, NINE), (NINE, DAY_US + 1)):
        with pytest.raises(ValueError, match="office hours"):
            HONG_KONG.next_open(START, opens, closes)
        with pytest.raises(ValueError, match="office hours"):
            HONG_KONG.add_working_time(START, 1, opens, closes)
    with pytest.raises(ValueError, match="must not be negative"):
        HONG_KONG.add_working_time(START, -1, NINE, SIX)
    with pytest.raises(ValueError, match="must not be negative"):
        HONG_KONG.add_business_days(START, -1)
    with pytest.raises(ValueError, match="in order"):
        Calendar((date(2024, 1, 1), date(2023, 1, 1)))
