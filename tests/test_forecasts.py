"""What `forecasts` promises: honest distributions for any short series."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sy_analysis.forecasts import (
    QUANTILE_LEVELS,
    _member_maps,
    _member_model,
    attainment_probability,
    forecast_values,
    own_share,
)


def history_of(values, first_year=2015, name="P02 邵阳市"):
    years = np.arange(first_year, first_year + len(values))
    return pd.Series(values, index=pd.Index(years, name="year"), dtype=float, name=name)


percentages = st.lists(st.floats(0, 100), min_size=1, max_size=12).map(history_of)
amounts = st.lists(
    st.floats(-1e9, 1e9).filter(lambda x: x == 0 or abs(x) > 1e-6), min_size=1, max_size=12
).map(history_of)


def test_one_row_a_year_and_one_column_a_level():
    forecast = forecast_values(history_of([90, 91, 92], 2020), 3, 0, 100)
    assert list(forecast.index) == [2023, 2024, 2025]
    assert list(forecast.columns) == list(QUANTILE_LEVELS)


@settings(max_examples=60, deadline=None)
@given(percentages, st.integers(1, 6))
def test_quantiles_rise_and_stay_within_the_bounds(history, horizon):
    forecast = forecast_values(history, horizon, 0, 100).to_numpy()
    assert (np.diff(forecast, axis=1) >= 0).all()
    assert ((forecast >= 0) & (forecast <= 100)).all()


@settings(max_examples=60, deadline=None)
@given(percentages, st.integers(1, 6))
def test_an_interval_never_has_zero_width(history, horizon):
    forecast = forecast_values(history, horizon, 0, 100)
    assert (forecast[0.975] > forecast[0.025]).all()


@settings(max_examples=60, deadline=None)
@given(amounts, st.floats(1e-3, 1e3))
def test_doubling_the_unit_doubles_the_forecast(history, factor):
    if not history.any():
        return
    forecast = forecast_values(history, 2)
    assert np.allclose(forecast_values(history * factor, 2), forecast * factor, rtol=1e-6)


@settings(max_examples=60, deadline=None)
@given(percentages, st.floats(0, 100))
def test_the_probability_agrees_with_the_quantiles(history, target):
    forecast = forecast_values(history, 3, 0, 100).iloc[-1]
    probability = attainment_probability(history, 3, low=target, lower=0, upper=100)
    above = forecast[forecast > target + 1e-6].index
    below = forecast[forecast < target - 1e-6].index
    assert all(probability >= 1 - level - 1e-6 for level in above)
    assert all(probability <= 1 - level + 1e-6 for level in below)


def test_a_hundred_percent_is_attained_by_what_would_lie_beyond_it():
    history = history_of([100, 100, 100])
    probability = attainment_probability(history, 1, low=100, lower=0, upper=100)
    assert 0.4 < probability < 1


@pytest.mark.parametrize("member", [(0.0, 0.0, 0.0), (4.0, 0.0, 0.0), (0.0, 2.0, 0.7), (0.1, 50.0, 0.98)])
def test_the_linear_map_is_what_statsmodels_forecasts(member):
    endog = np.array([3.0, np.nan, 4.0, 7.0, 6.0, np.nan, np.nan, np.nan])
    result = _member_model(endog, *member).filter()
    maps = _member_maps((0, 2, 3, 4), 3, *member)
    assert np.allclose(maps.forecast @ endog[[0, 2, 3, 4]], result.forecasts[0, 5:])
    assert np.allclose(maps.variance, result.forecasts_error_cov[0, 0, 5:])


def test_a_missing_year_is_the_same_as_an_absent_year():
    absent = pd.Series([90.0, 92.0, 93.0], index=[2018, 2020, 2021], name="P02")
    missing = pd.Series([90.0, np.nan, 92.0, 93.0], index=[2018, 2019, 2020, 2021], name="P02")
    pd.testing.assert_frame_equal(forecast_values(absent, 2), forecast_values(missing, 2))


def test_one_value_is_forecast_with_the_spread_of_reference_changes():
    history = history_of([90.0])
    calm = forecast_values(history, 2, 0, 100, reference_changes=np.full(20, 0.1))
    wild = forecast_values(history, 2, 0, 100, reference_changes=np.array([3.0, -3.0] * 10))
    assert (wild[0.9] - wild[0.1] > 5 * (calm[0.9] - calm[0.1])).all()


def test_the_own_share_rises_with_the_number_of_own_changes():
    shares = [own_share(history_of(np.arange(n))) for n in (1, 2, 5, 10)]
    assert shares[0] == 0 and shares == sorted(shares) and shares[-1] < 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"history": history_of([np.nan, np.nan])}, "P02 邵阳市: no value in 2 years"),
        ({"history": history_of([np.inf, 1])}, "P02 邵阳市: value inf of 2015"),
        ({"history": history_of([90, 91]).astype(object).replace(91.0, "九十一")}, "九十一"),
        ({"history": history_of([90, 91]).iloc[::-1]}, "year 2015 is repeated or out of order"),
        ({"history": pd.Series([1.0, 2.0], index=[2020, 2020], name="P02")}, "year 2020 is repeated"),
        ({"history": pd.Series([1.0, 2.0], index=["2020", "2021"], name="P02")}, "P02: years are"),
        ({"horizon": 0}, "P02 邵阳市: horizon 0"),
        ({"horizon": 60}, "P02 邵阳市: horizon 60"),
        ({"horizon": 1.5}, "P02 邵阳市: horizon 1.5"),
        ({"lower": 100, "upper": 0}, "P02 邵阳市: bounds 100 to 0"),
        ({"upper": 90.5}, "P02 邵阳市: value 91 of 2016 is outside None to 90.5"),
        ({"kind": "rate"}, "P02 邵阳市: kind 'rate'; expected one of percentage"),
        ({"quantile_levels": (0.5, 0.1)}, "P02 邵阳市: quantile_levels"),
        ({"quantile_levels": (0.0, 0.1)}, "P02 邵阳市: quantile_levels"),
        ({"reference_changes": np.array([np.nan])}, "P02 邵阳市: reference_changes"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        forecast_values(**({"history": history_of([90, 91]), "horizon": 1} | arguments))
