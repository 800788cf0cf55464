"""What `forecasts` promises: honest distributions for any short series."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sy_analysis.forecast.members import PRIORS, _member_maps, _member_model
from sy_analysis.forecast.panel import (
    QUANTILE_LEVELS,
    attainment_panel,
    attainment_probability,
    forecast_panel,
    forecast_values,
    own_share,
)
from sy_analysis.forecast.year import complete_year, completion_probability
from sy_analysis.record.schema import FAMILIES


def history_of(values, first_year=2015, name="P02 邵阳市"):
    years = np.arange(first_year, first_year + len(values))
    return pd.Series(values, index=pd.Index(years, name="year"), dtype=float, name=name)


# no shares below a billionth of a percent: they are noughts in any other unit
percentages = st.lists(st.floats(0, 100).map(lambda x: round(x, 9)), min_size=1, max_size=12).map(history_of)
amounts = st.lists(
    st.floats(-1e9, 1e9).filter(lambda x: x == 0 or abs(x) > 1e-6), min_size=1, max_size=12
).map(history_of)


def test_one_row_a_year_and_one_column_a_level():
    forecast = forecast_values(history_of([90, 91, 92], 2020), 3, 0, 100)
    assert list(forecast.index) == [2023, 2024, 2025]
    assert list(forecast.columns) == list(QUANTILE_LEVELS)


@settings(max_examples=30, deadline=None)
@given(percentages, st.integers(1, 6))
def test_quantiles_rise_and_stay_within_the_bounds(history, horizon):
    forecast = forecast_values(history, horizon, 0, 100).to_numpy()
    assert (np.diff(forecast, axis=1) >= 0).all()
    assert ((forecast >= 0) & (forecast <= 100)).all()


@settings(max_examples=30, deadline=None)
@given(percentages, st.integers(1, 6))
def test_an_interval_never_has_zero_width(history, horizon):
    forecast = forecast_values(history, horizon, 0, 100)
    assert (forecast[0.975] > forecast[0.025]).all()


@settings(max_examples=30, deadline=None)
@given(amounts, st.floats(1e-3, 1e3))
def test_doubling_the_unit_doubles_the_forecast(history, factor):
    if not history.any():
        return
    forecast = forecast_values(history, 2)
    assert np.allclose(forecast_values(history * factor, 2), forecast * factor, rtol=1e-6)


@settings(max_examples=30, deadline=None)
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
    forecast, deviation, _, _ = _member_maps((0, 2, 3, 4), *member)
    assert np.allclose(forecast[:3] @ endog[[0, 2, 3, 4]], result.forecasts[0, 5:])
    assert np.allclose(deviation[:3] ** 2, result.forecasts_error_cov[0, 0, 5:])


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
        ({"upper": 90.5}, "P02 邵阳市: value 91 of 2016 is outside -inf to 90.5"),
        ({"family": "rate"}, "P02 邵阳市: family 'rate'; expected one of percentage"),
        ({"quantile_levels": (0.5, 0.1)}, "P02 邵阳市: quantile_levels"),
        ({"quantile_levels": (0.0, 0.1)}, "P02 邵阳市: quantile_levels"),
        ({"reference_changes": np.array([np.nan])}, "P02 邵阳市: reference_changes"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        forecast_values(**({"history": history_of([90, 91]), "horizon": 1} | arguments))


def test_every_kind_of_the_schema_has_its_prior():
    assert set(PRIORS["families"]) == set(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_kind_gives_a_distribution_for_one_value_and_for_many(family):
    for values in ([90.0], [90.0, 91.0, 90.5, 92.0, 92.0, 93.0]):
        forecast = forecast_values(history_of(values), 5, 0, 100, family=family)
        assert (forecast[0.975] > forecast[0.025]).all()
        assert (np.diff(forecast[0.975] - forecast[0.025]) >= -1e-9).all()


@settings(max_examples=25, deadline=None)
@given(percentages, st.floats(0.01, 1000))
def test_a_share_of_one_is_forecast_as_a_share_of_a_hundred(history, factor):
    forecast = forecast_values(history, 2, 0, 100)
    assert np.allclose(
        forecast_values(history * factor, 2, 0, 100 * factor), forecast * factor, rtol=1e-5, atol=1e-9
    )


@settings(max_examples=25, deadline=None)
@given(amounts)
def test_the_mirror_image_is_forecast_as_the_mirror_image(history):
    forecast = forecast_values(history, 2).to_numpy()
    scale = np.abs(forecast).max() + 1e-12
    assert np.allclose(-forecast_values(-history, 2).to_numpy()[:, ::-1] / scale, forecast / scale, atol=1e-6)


def test_a_better_last_value_does_not_lower_the_probability():
    earlier = [90.0, 90.6, 91.1, 91.5]
    probabilities = [
        attainment_probability(history_of([*earlier, last]), 2, low=93, lower=0, upper=100)
        for last in np.arange(91.0, 94.1, 0.25)
    ]
    assert (np.diff(probabilities) > -0.01).all() and probabilities[-1] > 0.55 > 0.2 > probabilities[0]


def test_a_trend_is_carried_on_in_part():
    forecast = forecast_values(history_of([80, 81, 82, 83, 84, 85, 86, 87]), 3, 0, 100)
    assert 88.5 < forecast.loc[2025, 0.5] <= 90.5


def test_noise_about_a_level_is_not_taken_for_a_trend():
    forecast = forecast_values(history_of([90, 92, 90, 92, 90, 92, 90, 92]), 1, 0, 100)
    assert 90.5 < forecast[0.5].iloc[0] < 92


def test_a_missing_target_side_is_open_and_an_exact_target_is_the_atom():
    history = history_of([100.0] * 6)
    at_least, at_most = (
        attainment_probability(history, 1, lower=0, upper=100, **side)
        for side in ({"low": 100}, {"high": 99.999})
    )
    assert 0.85 < at_least < 0.9
    assert at_least + at_most == pytest.approx(1, abs=1e-3)


def test_the_eighty_percent_interval_of_a_ceiling_keeps_a_width():
    forecast = forecast_values(history_of([100.0] * 10), 5, 0, 100, family="ceiling")
    assert (forecast[0.1] < 100).all() and (forecast[0.9] == 100).all()


def test_a_hundred_percent_of_twenty_leaves_more_room_than_of_two_thousand():
    history = history_of([100.0] * 4)
    few, many = (
        forecast_values(history, 1, 0, 100, family="ceiling", tested=n)[0.05].iloc[0] for n in (20, 2000)
    )
    assert few < many - 1 and many > 99


def test_a_share_of_few_is_never_surer_than_chance_allows():
    # 18 of 20 every year: two standard errors of a difference of such shares are 19 points
    forecast = forecast_values(history_of([90.0] * 5), 1, 0, 100, tested=20)
    assert forecast[0.975].iloc[0] - forecast[0.025].iloc[0] > 0
    unequal = forecast_values(history_of([90.0, 95.0, 85.0, 90.0, 95.0]), 1, 0, 100, tested=20)
    assert unequal[0.9].iloc[0] - unequal[0.1].iloc[0] > 10


def test_counts_without_bounds_are_refused():
    with pytest.raises(ValueError, match="P02 邵阳市: tested 20 without two bounds"):
        forecast_values(history_of([90.0, 91.0]), 1, tested=20)
    with pytest.raises(ValueError, match="expected a number of at least 1 for every value"):
        forecast_values(history_of([90.0, 91.0]), 1, 0, 100, tested=pd.Series([20.0], index=[2015]))


def test_a_count_of_few_things_moves_by_whole_things():
    forecast = forecast_values(history_of([0, 0, 0]), 5, lower=0, family="count")
    assert forecast[0.975].iloc[-1] > 0.5
    assert (forecast_values(history_of([2, 2, 3]), 1, lower=0, family="count")[0.9] >= 3).all()


def test_what_is_borrowed_fades_with_own_values():
    changes, effects = np.array([5.0, -5.0] * 10), []
    for n in (1, 3, 9):
        history = history_of(90 + np.arange(n) % 2)
        alone, borrowed = (
            forecast_values(history, 1, 0, 100, reference_changes=seen) for seen in (None, changes)
        )
        effects.append(float(np.log((borrowed[0.9] - borrowed[0.1]) / (alone[0.9] - alone[0.1])).iloc[0]))
    assert effects[0] > effects[1] > effects[2] > 0


def test_reference_changes_add_their_common_drift_in_part():
    history = history_of([90.0])
    rising = forecast_values(history, 3, 0, 100, reference_changes=np.full(20, 1.0))
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
    panel = forecast_panel(table.sample(frac=1, random_state=1), 3)
    for name, history in histories.items():
        # to the last bit: a series may be computed anywhere, with any others beside it
        assert np.array_equal(panel.loc[name], forecast_values(history, 3, 0, 100))


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
    panel = attainment_panel(table.sample(frac=1, random_state=1), 2, limits, changes)
    for name, history in histories.items():
        low, high = limits.loc[name]
        alone = attainment_probability(history, 2, low, high, 0, 100, reference_changes=changes[name])
        assert panel[name] == alone, name


def test_an_empty_target_of_a_panel_is_named():
    limits = pd.DataFrame({"low": [5.0], "high": [4.0]}, index=["P02"])
    with pytest.raises(ValueError, match=r"P02: target from 5\.0 to 4\.0 is empty"):
        attainment_panel(panel_of({"P02": history_of([1.0, 2.0])}), 1, limits)


def test_a_panel_borrows_as_a_single_series_does():
    history, changes = history_of([90.0, 90.5], name="P02"), np.array([0.4, 1.0, -0.2])
    table = panel_of({"P02": history}, lower=0.0, upper=100.0)
    panel = forecast_panel(table, 2, reference_changes={"P02": changes}).loc["P02"]
    alone = forecast_values(history, 2, 0, 100, reference_changes=changes)
    pd.testing.assert_frame_equal(panel, alone, check_names=False, check_index_type=False)


def test_the_panel_takes_kinds_and_bounds_of_each_series():
    histories = {"a": history_of([2.0, 3.0]), "b": history_of([2.0, 3.0])}
    table = panel_of(histories).assign(family=["count", "count", None, None], lower=[0, 0, np.nan, np.nan])
    panel = forecast_panel(table, 1)
    pd.testing.assert_frame_equal(
        panel.loc["a"],
        forecast_values(histories["a"], 1, lower=0, family="count"),
        check_names=False,
        check_index_type=False,
    )
    pd.testing.assert_frame_equal(
        panel.loc["b"], forecast_values(histories["b"], 1), check_names=False, check_index_type=False
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


SEASON = np.array([35, 50, 75, 90, 95, 99, 100, 99, 92, 80, 70, 45], float)


def months_of(n_months, first_year=2021, name="V15 邵阳市"):
    labels = [f"{first_year + number // 12}-{number % 12 + 1:02}" for number in range(n_months)]
    noise = np.random.default_rng(7).normal(0, 2, n_months)
    return pd.Series(np.clip(np.resize(SEASON, n_months) + noise, 0, 100), index=labels, name=name)


def test_a_full_year_is_exact():
    months = months_of(36)
    forecast = complete_year(months, 2023, "mean", lower=0, upper=100)
    assert np.allclose(forecast, months.iloc[-12:].mean())
    exact = months.iloc[-12:].mean()
    assert completion_probability(months, 2023, low=exact - 1e-6, lower=0, upper=100) == 1
    assert completion_probability(months, 2023, low=exact + 1e-6, lower=0, upper=100) == 0


def test_the_interval_narrows_as_the_year_fills():
    widths = []
    for n_months in range(24, 36):
        forecast = complete_year(months_of(n_months), 2023, "days", lower=0, upper=100, family="days_share")
        widths.append((forecast[0.9] - forecast[0.1]).iloc[0])
    assert (np.diff(widths) < 0).mean() > 0.8 and widths[-1] < widths[0] / 3


def test_bad_winter_months_are_not_taken_for_a_bad_year():
    forecast = complete_year(months_of(26), 2023, "mean", lower=0, upper=100)
    assert abs(forecast[0.5].iloc[0] - SEASON.mean()) < 4


def test_a_value_to_date_pins_its_part_of_the_year():
    before = months_of(24)
    to_september = (9, SEASON[:9].mean())
    open_year, pinned = (
        complete_year(before, 2023, "mean", to_date=part, lower=0, upper=100) for part in (None, to_september)
    )
    assert (pinned[0.9] - pinned[0.1]).iloc[0] < 0.6 * (open_year[0.9] - open_year[0.1]).iloc[0]
    full = complete_year(before, 2023, "mean", to_date=(12, 80.0), lower=0, upper=100)
    assert np.allclose(full, 80.0)


def test_sums_and_last_values_complete_by_their_own_rule():
    months = months_of(30)
    assert complete_year(months, 2023, "sum")[0.5].iloc[0] == pytest.approx(12 * SEASON.mean(), rel=0.05)
    december = complete_year(months, 2023, "last", lower=0, upper=100)
    assert abs(december[0.5].iloc[0] - SEASON[-1]) < 12


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rule": "median"}, "V15 邵阳市: rule 'median'"),
        ({"months": months_of(3).rename({"2021-02": "2021-13"})}, "V15 邵阳市: months .*2021-13"),
        ({"months": months_of(3).iloc[::-1]}, "expected rising months"),
        ({"months": months_of(3) * np.nan}, "V15 邵阳市: months hold nothing"),
        ({"upper": 60}, "V15 邵阳市: value .* is outside None to 60"),
        ({"to_date": (13, 80.0)}, "V15 邵阳市: to_date"),
        ({"to_date": (6, 80.0), "rule": "last"}, "V15 邵阳市: to_date"),
    ],
)
def test_bad_months_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        complete_year(**({"months": months_of(3), "year": 2021} | arguments))


def test_huge_and_tiny_values_are_forecast_without_warnings():
    for values in ([1e200, 2e200], [1e-200, 2e-200], [0, 1e12, -1e12], [5, 5, 5, 5]):
        assert np.isfinite(forecast_values(history_of(values), 3)).all(axis=None)


def test_a_single_value_on_its_bound_probably_stays_there():
    probability = attainment_probability(
        history_of([100.0]), 5, low=100, lower=0, upper=100, family="ceiling"
    )
    assert 0.7 < probability < 0.9
