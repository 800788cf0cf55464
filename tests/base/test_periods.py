from datetime import date

import pandas as pd
import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.base.periods import days_in, is_day, is_window, parse_date, quarter_end_before, window_of


def test_a_bad_date_says_what_was_expected():
    with pytest.raises(DataError, match="as_of is “2024-13-01”; expected a date like 2024-12-31"):
        parse_date("2024-13-01")


@pytest.mark.parametrize("text", ["1948-12-31", "2101-01-01", "", None, "2024-12-31T00:00"])
def test_only_days_of_this_age_are_dates(text):
    with pytest.raises(DataError, match="from 1949 to 2100"):
        parse_date(text)


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024Q4", "2024-10-01", "2024-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2024-01/2024-09", "2024-01-01", "2024-09-30"),
        ("2024-03-05/2024-04-06", "2024-03-05", "2024-04-06"),
    ],
)
def test_a_period_has_a_first_and_a_last_day(period, first, last):
    assert window_of(period) == (pd.Timestamp(first), pd.Timestamp(last))
    assert is_window(period)


def test_a_numbered_round_covers_an_unknown_part_of_its_year():
    first, last = window_of("2024-R2")
    assert first == pd.Timestamp("2024-01-01") and last is pd.NaT
    assert is_window("2024-R2")


@pytest.mark.parametrize("period", ["2024-13", "2024-09/2024-01", "2023-02-29/2024-03-01", "x"])
def test_a_window_needs_days_that_exist_in_their_order(period):
    assert not is_window(period)


def test_days_add_up_to_the_year():
    for year in (2023, 2024, 2100):
        months = sum(days_in(f"{year}-{month:02}") for month in range(1, 13))
        quarters = sum(days_in(f"{year}Q{quarter}") for quarter in range(1, 5))
        assert months == quarters == days_in(str(year))


@pytest.mark.parametrize(
    ("day", "end"),
    [((2026, 1, 1), (2025, 12, 31)), ((2026, 3, 31), (2025, 12, 31)), ((2026, 4, 1), (2026, 3, 31))],
)
def test_a_quarter_ends_only_when_its_last_day_is_over(day, end):
    assert quarter_end_before(date(*day)) == date(*end)


def test_a_leap_day_exists_in_leap_years_only():
    assert is_day("2024-02-29") and not is_day("2100-02-29")
