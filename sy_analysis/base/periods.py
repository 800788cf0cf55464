"""Calendar questions: the days of a period, quarter ends, days of a vintage."""

import calendar
from datetime import date, timedelta

import pandas as pd

from sy_analysis.base.errors import DataError, shown


def parse_date(text):
    """A date from ISO text.

    >>> parse_date("2024-12-31")
    datetime.date(2024, 12, 31)

    Raises
    ------
    DataError
        when it is not a date like 2024-12-31.
    """
    try:
        day = date.fromisoformat(str(text))
        if 1949 <= day.year <= 2100:
            return day
    except ValueError:
        pass
    raise DataError(
        [f"as_of is “{shown(str(text), 80)}”; expected a date like 2024-12-31, from 1949 to 2100"]
    )


def quarter_end_before(day):
    """Last day of the last quarter that ended before a day.

    >>> quarter_end_before(date(2026, 11, 24)), quarter_end_before(date(2024, 12, 31))
    (datetime.date(2026, 9, 30), datetime.date(2024, 9, 30))
    """
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1) - timedelta(days=1)


def days_in(period):
    """Calendar days of a year, a quarter or a month.

    >>> days_in("2024"), days_in("2024-02"), days_in("2023Q1")
    (366, 29, 90)
    """
    year = int(period[:4])
    if len(period) == 4:
        months = range(1, 13)
    elif period[4] == "-":
        months = [int(period[5:])]
    else:
        months = range(3 * int(period[5]) - 2, 3 * int(period[5]) + 1)
    return sum(calendar.monthrange(year, month)[1] for month in months)


def window_of(period):
    """First and last day of a period; a numbered round covers an unknown part of its year.

    >>> window_of("2024Q3")
    (Timestamp('2024-07-01 00:00:00'), Timestamp('2024-09-30 00:00:00'))
    """
    if "/" in period:
        start, end = period.split("/")
        return _day(start, "first"), _day(end, "last")
    if period[4:5] == "Q":
        quarter = pd.Period(period, freq="Q")
        return quarter.start_time.normalize(), quarter.end_time.normalize()
    if period[5:6].isalpha():
        return _day(period[:4], "first"), pd.NaT
    return _day(period, "first"), _day(period, "last")


def _day(text, which):
    if len(text) == 10:
        return pd.Timestamp(text)
    span = pd.Period(text, freq="Y" if len(text) == 4 else "M")
    return (span.start_time if which == "first" else span.end_time).normalize()
