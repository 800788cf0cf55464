"""What a `Forecast` promises: every view reads the same distributions."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from sy_analysis.forecast import Forecast, complete_year, forecast, forecast_panel

HISTORY = pd.Series([91.27, 91.9, 92.4, 92.9], index=[2020, 2021, 2022, 2023], name="邵阳市")
DRAWS = pd.DataFrame([[1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0]], index=[2024, 2025])


def test_views_of_one_series_agree():
    ahead = forecast(HISTORY, 3, bounds=(0, 100))
    quantiles = ahead.quantiles([0.1, 0.5, 0.9])
    assert quantiles.index.to_list() == [2024, 2025, 2026]
    assert ahead.median.to_list() == quantiles[0.5].to_list()
    assert ahead.interval(0.8).to_numpy().tolist() == quantiles[[0.1, 0.9]].to_numpy().tolist()
    below = ahead.probability(at_most=float(quantiles.loc[2026, 0.9]))
    assert below[2026] == pytest.approx(0.9, abs=1e-6)


def test_views_of_a_panel_are_indexed_by_series_and_year():
    table = HISTORY.rename("value").rename_axis("year").reset_index()
    table = pd.concat([table.assign(area="A"), table.assign(area="B")])
    ahead = forecast_panel(table, 2)
    assert ahead.median.index.to_list() == [("A", 2024), ("A", 2025), ("B", 2024), ("B", 2025)]
    limits = pd.Series({"A": -1e9, "B": 1e9})
    assert ahead.probability(at_least=limits).round(6).to_list() == [1.0, 1.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="2 series; expected one to plot"):
        ahead.plot()


def test_samples_are_read_as_they_are():
    ahead = Forecast.from_samples(DRAWS)
    assert ahead.median.to_dict() == {2024: 2.5, 2025: 5.0}
    assert ahead.probability(at_least=4).to_dict() == {2024: 0.25, 2025: 0.75}
    assert ahead.probability(at_least=2, at_most=4).to_dict() == {2024: 0.75, 2025: 0.5}


def test_another_models_simulations_fit_in_one_line():
    history = pd.Series([90.0, 91.0, 90.5, 92.0, 92.5], index=pd.period_range("2019", "2023", freq="Y"))
    simulations = (
        ETSModel(history, trend="add")
        .fit(disp=False)
        .simulate(2, anchor="end", repetitions=50, rng=np.random.default_rng(1))
    )
    assert Forecast.from_samples(simulations).median.index.to_list() == [2024, 2025]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (DRAWS.iloc[:, :0], "samples: no value"),
        (DRAWS.replace(3.0, np.nan), "samples: a value of 2024 is not finite"),
        (DRAWS.set_axis([0, 1]), "samples: year 0; expected an index of years"),
        (DRAWS.astype(object).replace(3.0, "三"), "samples: .*三.*; expected numbers"),
    ],
)
def test_bad_samples_are_named(table, message):
    with pytest.raises(ValueError, match=message):
        Forecast.from_samples(table)


@pytest.mark.parametrize("levels", [(0.5, 0.1), (0.0, 0.1), ()])
def test_levels_rise_between_nought_and_one(levels):
    with pytest.raises(ValueError, match="quantile levels"):
        forecast(HISTORY, 1).quantiles(levels)


def test_a_coverage_in_percent_is_refused():
    with pytest.raises(ValueError, match="coverage 80; expected a number between 0 and 1"):
        forecast(HISTORY, 1).interval(80)


@pytest.mark.parametrize(
    "index", [pd.period_range("2020", "2023", freq="Y"), pd.date_range("2020-12-31", periods=4, freq="YE")]
)
def test_periods_and_dates_of_years_are_years(index):
    pd.testing.assert_frame_equal(
        forecast(HISTORY.set_axis(index), 2).quantiles(), forecast(HISTORY, 2).quantiles()
    )


def test_months_decide_the_running_year_and_leave_the_others():
    months = pd.Series(90.0, index=[f"2024-{month:02}" for month in range(1, 13)], name="邵阳市")
    alone, with_months = (forecast(HISTORY, 2, bounds=(0, 100), months=given) for given in (None, months))
    assert with_months.interval().loc[2024].to_list() == [90.0, 90.0]
    assert with_months.median[2025] == alone.median[2025]
    with pytest.raises(ValueError, match="months end in 2024; expected a year from 2025 to 2025"):
        forecast(pd.concat([HISTORY, pd.Series({2024: 93.0})]).rename("邵阳市"), 1, months=months)


def test_forecasts_of_single_series_join_those_of_a_panel():
    months = pd.Series(90.0, index=[f"2024-{month:02}" for month in range(1, 13)])
    table = pd.DataFrame({"target_id": "B", "year": HISTORY.index, "value": HISTORY.to_numpy()})
    year = complete_year(months, 2024).of_series(target_id="A")
    joined = Forecast.join([year, forecast_panel(table, 1)], ["target_id"])
    assert joined.median.round(1).to_dict() == {("A", 2024): 90.0, ("B", 2024): 93.2}
    assert Forecast.join([], ["target_id"]).quantiles().empty


def test_the_plot_shows_history_median_and_two_intervals():
    ax = forecast(HISTORY, 2).plot()
    assert len(ax.collections) == 2 and len(ax.lines) == 2
    pyplot.close(ax.figure)
