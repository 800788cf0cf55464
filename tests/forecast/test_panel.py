"""What forecasts promise: honest distributions for any short series, alone and in panels."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sy_analysis.forecast import QUANTILE_LEVELS, forecast, forecast_panel, own_share
from sy_analysis.forecast.members import PRIORS
from sy_analysis.forecast.references import ChangePool


def history_of(values, first_year=2015, name="P02 邵阳市"):
    years = np.arange(first_year, first_year + len(values))
    return pd.Series(values, index=pd.Index(years, name="year"), dtype=float, name=name)


def lend(changes):
    return None if changes is None else ChangePool({"elsewhere": changes}).without([])


def forecast_of(history, horizon, lower=None, upper=None, changes=None, **more):
    return forecast(history, horizon, bounds=(lower, upper), references=lend(changes), **more)


def quantiles_of(history, horizon, lower=None, upper=None, **more):
    return forecast_of(history, horizon, lower, upper, **more).quantiles()


def probability_of(history, horizon, low=None, high=None, lower=None, upper=None, **more):
    return forecast_of(history, horizon, lower, upper, **more).probability(low, high).iloc[-1]


# no shares below a billionth of a percent: they are noughts in any other unit
percentages = st.lists(st.floats(0, 100).map(lambda x: round(x, 9)), min_size=1, max_size=12).map(history_of)
amounts = st.lists(
    st.floats(-1e9, 1e9).filter(lambda x: x == 0 or abs(x) > 1e-6), min_size=1, max_size=12
).map(history_of)


def test_one_row_a_year_and_one_column_a_level():
    forecast = quantiles_of(history_of([90, 91, 92], 2020), 3, 0, 100)
    assert list(forecast.index) == [2023, 2024, 2025]
    assert list(forecast.columns) == list(QUANTILE_LEVELS)


@settings(max_examples=30, deadline=None)
@given(percentages, st.integers(1, 6))
def test_quantiles_rise_and_stay_within_the_bounds(history, horizon):
    forecast = quantiles_of(history, horizon, 0, 100).to_numpy()
    assert (np.diff(forecast, axis=1) >= 0).all()
    assert ((forecast >= 0) & (forecast <= 100)).all()


@settings(max_examples=30, deadline=None)
@given(percentages, st.integers(1, 6))
def test_an_interval_never_has_zero_width(history, horizon):
    forecast = quantiles_of(history, horizon, 0, 100)
    assert (forecast[0.975] > forecast[0.025]).all()


@settings(max_examples=30, deadline=None)
@given(amounts, st.floats(1e-3, 1e3))
def test_doubling_the_unit_doubles_the_forecast(history, factor):
    if not history.any():
        return
    forecast = quantiles_of(history, 2)
    assert np.allclose(quantiles_of(history * factor, 2), forecast * factor, rtol=1e-6)


@settings(max_examples=30, deadline=None)
@given(percentages, st.floats(0, 100))
def test_the_probability_agrees_with_the_quantiles(history, target):
    forecast = quantiles_of(history, 3, 0, 100).iloc[-1]
    probability = probability_of(history, 3, low=target, lower=0, upper=100)
    above = forecast[forecast > target + 1e-6].index
    below = forecast[forecast < target - 1e-6].index
    assert all(probability >= 1 - level - 1e-6 for level in above)
    assert all(probability <= 1 - level + 1e-6 for level in below)


def test_a_hundred_percent_is_attained_by_what_would_lie_beyond_it():
    history = history_of([100, 100, 100])
    probability = probability_of(history, 1, low=100, lower=0, upper=100)
    assert 0.4 < probability < 1


def test_a_missing_year_is_the_same_as_an_absent_year():
    absent = pd.Series([90.0, 92.0, 93.0], index=[2018, 2020, 2021], name="P02")
    missing = pd.Series([90.0, np.nan, 92.0, 93.0], index=[2018, 2019, 2020, 2021], name="P02")
    pd.testing.assert_frame_equal(quantiles_of(absent, 2), quantiles_of(missing, 2))


def test_one_value_is_forecast_with_the_spread_of_reference_changes():
    history = history_of([90.0])
    calm = quantiles_of(history, 2, 0, 100, changes=np.full(20, 0.1))
    wild = quantiles_of(history, 2, 0, 100, changes=np.array([3.0, -3.0] * 10))
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
        ({"upper": 90.5}, "P02 邵阳市: value 91 of 2016 is outside -inf to 90.5"),
        ({"family": "rate"}, "P02 邵阳市: family 'rate'; expected one of percentage"),
        ({"history": history_of([90, 91], first_year=0)}, "P02 邵阳市: year 0; expected an index of years"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        quantiles_of(**({"history": history_of([90, 91]), "horizon": 1} | arguments))


@pytest.mark.parametrize("family", PRIORS["families"])
def test_every_kind_gives_a_distribution_for_one_value_and_for_many(family):
    for values in ([90.0], [90.0, 91.0, 90.5, 92.0, 92.0, 93.0]):
        forecast = quantiles_of(history_of(values), 5, 0, 100, family=family)
        assert (forecast[0.975] > forecast[0.025]).all()
        assert (np.diff(forecast[0.975] - forecast[0.025]) >= -1e-9).all()


@settings(max_examples=25, deadline=None)
@given(percentages, st.floats(0.01, 1000))
def test_a_share_of_one_is_forecast_as_a_share_of_a_hundred(history, factor):
    forecast = quantiles_of(history, 2, 0, 100)
    assert np.allclose(
        quantiles_of(history * factor, 2, 0, 100 * factor), forecast * factor, rtol=1e-5, atol=1e-9
    )


@settings(max_examples=25, deadline=None)
@given(amounts)
def test_the_mirror_image_is_forecast_as_the_mirror_image(history):
    forecast = quantiles_of(history, 2).to_numpy()
    scale = np.abs(forecast).max() + 1e-12
    assert np.allclose(-quantiles_of(-history, 2).to_numpy()[:, ::-1] / scale, forecast / scale, atol=1e-6)


def test_a_better_last_value_does_not_lower_the_probability():
    earlier = [90.0, 90.6, 91.1, 91.5]
    probabilities = [
        probability_of(history_of([*earlier, last]), 2, low=93, lower=0, upper=100)
        for last in np.arange(91.0, 94.1, 0.25)
    ]
    assert (np.diff(probabilities) > -0.01).all() and probabilities[-1] > 0.55 > 0.2 > probabilities[0]


def test_a_trend_is_carried_on_in_part():
    forecast = quantiles_of(history_of([80, 81, 82, 83, 84, 85, 86, 87]), 3, 0, 100)
    assert 88.5 < forecast.loc[2025, 0.5] <= 90.5


def test_noise_about_a_level_is_not_taken_for_a_trend():
    forecast = quantiles_of(history_of([90, 92, 90, 92, 90, 92, 90, 92]), 1, 0, 100)
    assert 90.5 < forecast[0.5].iloc[0] < 92


def test_a_missing_target_side_is_open_and_an_exact_target_is_the_atom():
    history = history_of([100.0] * 6)
    at_least, at_most = (
        probability_of(history, 1, lower=0, upper=100, **side) for side in ({"low": 100}, {"high": 99.999})
    )
    assert 0.85 < at_least < 0.9
    assert at_least + at_most == pytest.approx(1, abs=1e-3)


def test_the_eighty_percent_interval_of_a_ceiling_keeps_a_width():
    forecast = quantiles_of(history_of([100.0] * 10), 5, 0, 100, family="ceiling")
    assert (forecast[0.1] < 100).all() and (forecast[0.9] == 100).all()


def test_a_hundred_percent_of_twenty_leaves_more_room_than_of_two_thousand():
    history = history_of([100.0] * 4)
    few, many = (
        quantiles_of(history, 1, 0, 100, family="ceiling", tested=n)[0.05].iloc[0] for n in (20, 2000)
    )
    assert few < many - 1 and many > 99


def test_a_share_of_few_is_never_surer_than_chance_allows():
    # 18 of 20 every year: two standard errors of a difference of such shares are 19 points
    forecast = quantiles_of(history_of([90.0] * 5), 1, 0, 100, tested=20)
    assert forecast[0.975].iloc[0] - forecast[0.025].iloc[0] > 0
    unequal = quantiles_of(history_of([90.0, 95.0, 85.0, 90.0, 95.0]), 1, 0, 100, tested=20)
    assert unequal[0.9].iloc[0] - unequal[0.1].iloc[0] > 10


def test_counts_without_bounds_are_refused():
    with pytest.raises(ValueError, match="P02 邵阳市: tested 20 without two bounds"):
        quantiles_of(history_of([90.0, 91.0]), 1, tested=20)
    with pytest.raises(ValueError, match="expected a number of at least 1 for every value"):
        quantiles_of(history_of([90.0, 91.0]), 1, 0, 100, tested=pd.Series([20.0], index=[2015]))


def test_a_count_of_few_things_moves_by_whole_things():
    forecast = quantiles_of(history_of([0, 0, 0]), 5, lower=0, family="count")
    assert forecast[0.975].iloc[-1] > 0.5
    assert (quantiles_of(history_of([2, 2, 3]), 1, lower=0, family="count")[0.9] >= 3).all()


def test_what_is_borrowed_fades_with_own_values():
    changes, effects = np.array([5.0, -5.0] * 10), []
    for n in (1, 3, 9):
        history = history_of(90 + np.arange(n) % 2)
        alone, borrowed = (quantiles_of(history, 1, 0, 100, changes=seen) for seen in (None, changes))
        effects.append(float(np.log((borrowed[0.9] - borrowed[0.1]) / (alone[0.9] - alone[0.1])).iloc[0]))
    assert effects[0] > effects[1] > effects[2] > 0


def test_reference_changes_add_their_common_drift_in_part():
    history = history_of([90.0])
    rising = quantiles_of(history, 3, 0, 100, changes=np.full(20, 1.0))
    assert 90 <= rising[0.5].iloc[-1] < 93.01


def panel_of(histories, **columns):
    parts = [
        pd.DataFrame({"indicator_id": name, "year": history.index, "value": history.to_numpy()} | columns)
        for name, history in histories.items()
    ]
    return pd.concat(parts, ignore_index=True)


def test_the_panel_gives_what_each_series_gives_alone():
    random = np.random.default_rng(1)
    histories = {
        f"I{number:02}": history_of(
            np.clip(90 + random.normal(0, 3, 3 + number % 8), 0, 100), 2010 + number % 3
        )
        for number in range(30)
    }
    histories["I03"].iloc[1] = np.nan
    histories["I04"] = pd.Series([100.0, 100.0, 100.0], index=[2012, 2014, 2017])
    table = panel_of(histories, lower=0.0, upper=100.0)
    panel = forecast_panel(table.sample(frac=1, random_state=1), 3).quantiles()
    for name, history in histories.items():
        # to the last bit: a series may be computed anywhere, with any others beside it
        assert np.array_equal(panel.loc[name], quantiles_of(history, 3, 0, 100))


def test_the_panel_of_probabilities_gives_what_each_series_gives_alone():
    random = np.random.default_rng(2)
    histories = {
        f"I{n:02}": history_of(np.clip(98 + random.normal(0, 3, 2 + n % 5), 0, 100)) for n in range(20)
    }
    changes = {name: random.normal(0, 1, n) for n, name in enumerate(histories)}
    limits = pd.DataFrame(
        {"low": random.choice([97, 100, np.nan], 20), "high": np.nan}, index=list(histories)
    )
    limits.loc["I07"] = [97, 99]
    table = panel_of(histories, lower=0.0, upper=100.0)
    panel = forecast_panel(
        table.sample(frac=1, random_state=1), 2, references={name: lend(one) for name, one in changes.items()}
    ).probability(limits["low"], limits["high"])
    for name, history in histories.items():
        low, high = limits.loc[name]
        alone = probability_of(history, 2, low, high, 0, 100, changes=changes[name])
        assert panel[name].iloc[-1] == alone, name


def test_an_empty_target_of_a_panel_is_named():
    limits = pd.DataFrame({"low": [5.0], "high": [4.0]}, index=["P02"])
    with pytest.raises(ValueError, match=r"P02: target from 5\.0 to 4\.0 is empty"):
        forecast_panel(panel_of({"P02": history_of([1.0, 2.0])}), 1).probability(
            limits["low"], limits["high"]
        )


def test_a_panel_borrows_as_a_single_series_does():
    history, changes = history_of([90.0, 90.5], name="P02"), np.array([0.4, 1.0, -0.2])
    table = panel_of({"P02": history}, lower=0.0, upper=100.0)
    panel = forecast_panel(table, 2, references={"P02": lend(changes)}).quantiles().loc["P02"]
    alone = quantiles_of(history, 2, 0, 100, changes=changes)
    pd.testing.assert_frame_equal(panel, alone, check_names=False, check_index_type=False)


def test_the_panel_takes_kinds_and_bounds_of_each_series():
    histories = {"a": history_of([2.0, 3.0]), "b": history_of([2.0, 3.0])}
    table = panel_of(histories).assign(family=["count", "count", None, None], lower=[0, 0, np.nan, np.nan])
    panel = forecast_panel(table, 1).quantiles()
    pd.testing.assert_frame_equal(
        panel.loc["a"],
        quantiles_of(histories["a"], 1, lower=0, family="count"),
        check_names=False,
        check_index_type=False,
    )
    pd.testing.assert_frame_equal(
        panel.loc["b"], quantiles_of(histories["b"], 1), check_names=False, check_index_type=False
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"year": [2020, 2020]}, "P02 邵阳市: year 2020 is repeated"),
        ({"value": [1.0, np.inf]}, "P02 邵阳市: value inf of 2021"),
        ({"value": [1.0, "九十"]}, "P02 邵阳市: value '九十' of 2021"),
        ({"value": [np.nan, np.nan]}, "P02 邵阳市: no value in any year"),
        ({"upper": [1.5, 1.5]}, "P02 邵阳市: value 2 of 2021 is outside"),
        ({"family": ["rate", "rate"]}, "P02 邵阳市: family 'rate'"),
        ({"year": [2020.0, 2021.0]}, "panel: years are float64"),
    ],
)
def test_bad_rows_of_a_panel_are_named(change, message):
    table = pd.DataFrame({"indicator_id": "P02", "area": "邵阳市", "year": [2020, 2021], "value": [1.0, 2.0]})
    with pytest.raises(ValueError, match=message):
        forecast_panel(table.assign(**change), 1)


def test_a_panel_without_names_or_values_is_refused():
    with pytest.raises(ValueError, match="expected year, value and what names a series"):
        forecast_panel(pd.DataFrame({"year": [2020], "value": [1.0]}), 1)


def test_huge_and_tiny_values_are_forecast_without_warnings():
    for values in ([1e200, 2e200], [1e-200, 2e-200], [0, 1e12, -1e12], [5, 5, 5, 5]):
        assert np.isfinite(quantiles_of(history_of(values), 3)).all(axis=None)


def test_a_single_value_on_its_bound_probably_stays_there():
    probability = probability_of(history_of([100.0]), 5, low=100, lower=0, upper=100, family="ceiling")
    assert 0.7 < probability < 0.9
