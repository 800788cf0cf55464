"""What a year completed from months promises."""

import numpy as np
import pandas as pd
import pytest

from sy_analysis.forecast import complete_year

SEASON = np.array([35, 50, 75, 90, 95, 99, 100, 99, 92, 80, 70, 45], float)


def months_of(n_months, first_year=2021, name="V15 邵阳市"):
    labels = [f"{first_year + number // 12}-{number % 12 + 1:02}" for number in range(n_months)]
    noise = np.random.default_rng(7).normal(0, 2, n_months)
    return pd.Series(np.clip(np.resize(SEASON, n_months) + noise, 0, 100), index=labels, name=name)


def width(forecast):
    return (forecast.interval(0.8)["upper"] - forecast.interval(0.8)["lower"]).iloc[0]


def test_a_full_year_is_exact():
    months = months_of(36)
    forecast = complete_year(months, 2023, "mean", bounds=(0, 100))
    exact = months.iloc[-12:].mean()
    assert np.allclose(forecast.quantiles(), exact)
    assert forecast.probability(at_least=exact - 1e-6).loc[2023] == 1
    assert forecast.probability(at_least=exact + 1e-6).loc[2023] == 0


def test_the_interval_narrows_as_the_year_fills():
    widths = []
    for n_months in range(24, 36):
        forecast = complete_year(months_of(n_months), 2023, "days", bounds=(0, 100), family="days_share")
        widths.append(width(forecast))
    assert (np.diff(widths) < 0).mean() > 0.8 and widths[-1] < widths[0] / 3


def test_bad_winter_months_are_not_taken_for_a_bad_year():
    forecast = complete_year(months_of(26), 2023, "mean", bounds=(0, 100))
    assert abs(forecast.median.iloc[0] - SEASON.mean()) < 4


def test_a_value_to_date_pins_its_part_of_the_year():
    before = months_of(24)
    to_september = (9, SEASON[:9].mean())
    open_year, pinned = (
        complete_year(before, 2023, "mean", to_date=part, bounds=(0, 100)) for part in (None, to_september)
    )
    assert width(pinned) < 0.6 * width(open_year)
    full = complete_year(before, 2023, "mean", to_date=(12, 80.0), bounds=(0, 100))
    assert np.allclose(full.quantiles(), 80.0)


def test_sums_and_last_values_complete_by_their_own_rule():
    months = months_of(30)
    assert complete_year(months, 2023, "sum").median.iloc[0] == pytest.approx(12 * SEASON.mean(), rel=0.05)
    december = complete_year(months, 2023, "last", bounds=(0, 100))
    assert abs(december.median.iloc[0] - SEASON[-1]) < 12


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rule": "median"}, "V15 邵阳市: rule 'median'"),
        ({"months": months_of(3).rename({"2021-02": "2021-13"})}, "V15 邵阳市: months .*2021-13"),
        ({"months": months_of(3).iloc[::-1]}, "expected rising months"),
        ({"months": months_of(3) * np.nan}, "V15 邵阳市: months hold nothing"),
        ({"bounds": (None, 60)}, "V15 邵阳市: value .* is outside -inf to 60"),
        ({"to_date": (13, 80.0)}, "V15 邵阳市: to_date"),
        ({"to_date": (6, 80.0), "rule": "last"}, "V15 邵阳市: to_date"),
    ],
)
def test_bad_months_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        complete_year(**({"months": months_of(3), "year": 2021} | arguments))
