"""Calendar questions: the days of a period, its first and last day, quarter ends, dates that exist."""

from datetime import date, timedelta
from functools import lru_cache

from sy_analysis.base.errors import DataError, shown


def parse_date(text: object) -> date:
    """Read a date from ISO text.

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
    expected = "expected a date like 2024-12-31, from 1949 to 2100"
    raise DataError([f"as_of is “{shown(str(text), 80)}”; {expected}"])


def is_day(text: str) -> bool:
    """Whether ISO text names a day that exists.

    >>> is_day("2024-02-29"), is_day("2023-02-29")
    (True, False)
    """
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def quarter_end_before(day: date) -> date:
    """Find the last day of the last quarter that ended before a day.

    >>> quarter_end_before(date(2026, 11, 24)), quarter_end_before(date(2024, 12, 31))
    (datetime.date(2026, 9, 30), datetime.date(2024, 9, 30))
    """
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1) - timedelta(days=1)


@lru_cache(maxsize=4096)
def days_in(period: str) -> int:
    """Count the calendar days of a year, a quarter or a month.

    >>> days_in("2024"), days_in("2024-02"), days_in("2023Q1")
    (366, 29, 90)
    """
    first, last = window_of(period)
    return (last - first).days + 1


def window_of(period: str) -> tuple:
    """Find the first and the last day of a period, as pandas timestamps.

    A numbered round covers an unknown part of its year, so its last day is missing.

    >>> window_of("2024Q3")
    (Timestamp('2024-07-01 00:00:00'), Timestamp('2024-09-30 00:00:00'))
    >>> window_of("2024-01/2024-09")[1], window_of("2024-R1")[1]
    (Timestamp('2024-09-30 00:00:00'), NaT)
    """
    import pandas as pd  # an unchanged run does without

    if period[5:6].isalpha():
        return pd.Period(period[:4]).start_time, pd.NaT
    first, _, last = period.partition("/")
    return pd.Period(first).start_time, pd.Period(last or first).end_time.normalize()


def is_window(period: str) -> bool:
    """Whether the days of a period exist and its last one is not before the first.

    >>> is_window("2024-01/2024-09"), is_window("2024-09/2024-01"), is_window("2024-02-30/2024-03-01")
    (True, False, False)
    """
    try:
        first, last = window_of(period)
    except ValueError:
        return False
    return not last < first
