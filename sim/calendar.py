"""Business days and office hours in Hong Kong.

A business day is Monday to Friday, not a general holiday, by Hong Kong date. Saturdays that are not
holidays are working days for some offices, but not for the banks' clearing systems, so they do not count.

General holidays come from the `holidays` package, category `optional`, which holds the days of the
General Holidays Ordinance (Cap. 149); its default category is the shorter list of statutory holidays of
the Employment Ordinance and misses Easter. A run stores the dates it used in its resolved scenario.

All arithmetic is on integers. Days are numbered from the epoch (day 0 is Thursday 1 January 1970 in Hong
Kong), and business days are numbered too, so that adding working time is two look-ups and no loop.
"""

from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from itertools import pairwise

import attrs

from sim.units import DAY_US, HOUR_US, from_us

_HKT_US = 8 * HOUR_US
_EPOCH_DATE = date(1970, 1, 1)
_EPOCH_WEEKDAY = 3
"""The epoch is a Thursday; Monday is 0."""


def _weekday(day: int) -> int:
    return (day + _EPOCH_WEEKDAY) % 7


def _weekdays_before(day: int) -> int:
    """Mondays to Fridays from the epoch's own Monday up to, not including, the day."""
    weeks, weekday = divmod(day + _EPOCH_WEEKDAY, 7)
    return 5 * weeks + min(weekday, 5)


def _day_of_weekday(number: int) -> int:
    """Day of the n-th Monday to Friday: the inverse of `_weekdays_before` on those days."""
    weeks, weekday = divmod(number, 5)
    return 7 * weeks + weekday - _EPOCH_WEEKDAY


def _in_order(_: object, __: object, value: tuple[date, ...]) -> None:
    if any(later <= earlier for earlier, later in pairwise(value)):
        raise ValueError("holidays must be in order of date, each once")


@attrs.frozen
class Calendar:
    """General holidays and the arithmetic of business days on them.

    Times are int64 microseconds since the epoch, UTC. `opens` and `closes` are microseconds since Hong
    Kong midnight with 0 <= opens < closes <= 24 h; office hours are the half-open span [opens, closes)
    of every business day. Hours that do not fit raise ValueError, and so do negative amounts.
    """

    holidays: tuple[date, ...] = attrs.field(validator=_in_order)
    _closed: tuple[int, ...] = attrs.field(init=False, eq=False, repr=False)
    """Days of the holidays that fall on Monday to Friday, in order."""
    _skips: tuple[int, ...] = attrs.field(init=False, eq=False, repr=False)
    """For each of them, the number of business days before it."""

    @_closed.default
    def _number_closed_days(self) -> tuple[int, ...]:
        days = ((holiday - _EPOCH_DATE).days for holiday in self.holidays)
        return tuple(day for day in days if _weekday(day) < 5)

    @_skips.default
    def _count_business_days(self) -> tuple[int, ...]:
        return tuple(_weekdays_before(day) - index for index, day in enumerate(self._closed))

    @classmethod
    def hong_kong(cls, start_us: int, end_us: int) -> "Calendar":
        """Return the calendar of general holidays from a year before `start_us` to a year after `end_us`."""
        from holidays import country_holidays

        first = from_us(start_us).date() - timedelta(days=366)
        last = from_us(end_us).date() + timedelta(days=366)
        years = range(first.year, last.year + 1)
        known = country_holidays("HK", categories=("optional",), years=years)
        return cls(tuple(sorted(day for day in known if first <= day <= last)))

    def midnight(self, time_us: int) -> int:
        """Return the Hong Kong midnight at or before the instant."""
        return time_us - (time_us + _HKT_US) % DAY_US

    def is_business_day(self, time_us: int) -> bool:
        """Whether the instant's Hong Kong date is a Monday to Friday and not a general holiday."""
        return self._is_business(_day(time_us))

    def next_open(self, time_us: int, opens: int, closes: int) -> int:
        """Return the instant itself within office hours, otherwise the next opening instant."""
        _check_hours(opens, closes)
        day, of_day = divmod(time_us + _HKT_US, DAY_US)
        if self._is_business(day) and of_day < closes:
            return time_us + max(0, opens - of_day)
        return _start(self._business_day(self._business_before(day + 1))) + opens

    def add_working_time(self, time_us: int, duration_us: int, opens: int, closes: int) -> int:
        """Return the first instant, at or after the given one, by which so much office time has passed.

        Work that fills a day ends at that day's closing, not at the next day's opening.
        """
        _check_hours(opens, closes)
        if duration_us <= 0:
            _check_not_negative(duration_us, "working time")
            return time_us
        length = closes - opens
        day, of_day = divmod(time_us + _HKT_US, DAY_US)
        worked = self._business_before(day) * length
        if self._is_business(day):
            worked += min(max(of_day - opens, 0), length)
        number, rest = divmod(worked + duration_us - 1, length)
        return _start(self._business_day(number)) + opens + rest + 1

    def add_business_days(self, time_us: int, days: int) -> int:
        """Return the midnight that begins the days-th business day after the instant's date.

        Zero days is the date itself, or the next business day where it is not one.
        """
        _check_not_negative(days, "business days")
        day = _day(time_us)
        before = self._business_before(day if days == 0 else day + 1)
        return _start(self._business_day(before + max(days - 1, 0)))

    def _is_business(self, day: int) -> bool:
        if _weekday(day) >= 5:
            return False
        place = bisect_left(self._closed, day)
        return place == len(self._closed) or self._closed[place] != day

    def _business_before(self, day: int) -> int:
        """Count business days from the epoch's Monday up to, not including, the day."""
        return _weekdays_before(day) - bisect_left(self._closed, day)

    def _business_day(self, number: int) -> int:
        """Day of the n-th business day: skip each holiday with at most n business days before it."""
        return _day_of_weekday(number + bisect_right(self._skips, number))


def _day(time_us: int) -> int:
    return (time_us + _HKT_US) // DAY_US


def _start(day: int) -> int:
    return day * DAY_US - _HKT_US


def _check_hours(opens: int, closes: int) -> None:
    if not 0 <= opens < closes <= DAY_US:
        raise ValueError(
            f"office hours {opens} to {closes} us: expected 0 <= opens < closes <= 24 h"
        )


def _check_not_negative(amount: int, what: str) -> None:
    if amount < 0:
        raise ValueError(f"{what} must not be negative, got {amount}")
