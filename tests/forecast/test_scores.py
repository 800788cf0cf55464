"""What `scores` promises: origins that know nothing later, and scores that match hand work."""

import numpy as np
import pandas as pd
import pytest

from sy_analysis.forecast.scores import (
    backtest,
    is_covered,
    naive_panel,
    quantile_crps,
    rolling_origins,
    score_backtest,
    score_record,
)


def table_of(values, name="P02", first_year=2015):
    years = np.arange(first_year, first_year + len(values))
    return pd.DataFrame({"indicator_id": name, "year": years, "value": values, "lower": 0.0, "upper": 100.0})


def test_an_origin_holds_its_own_year_and_nothing_later():
    origins = rolling_origins(table_of([90.0, 91.0, 92.0, 93.0]))
    assert (origins["year"] <= origins["origin"]).all()
    assert origins.groupby("origin").size().to_dict() == {2017: 3, 2018: 4}


def test_missing_years_do_not_count_as_values():
    origins = rolling_origins(table_of([90.0, np.nan, 92.0, 93.0]))
    assert origins["origin"].unique().tolist() == [2018]


def test_later_values_do_not_change_an_earlier_origin():
    short = backtest(table_of([90.0, 91.0, 92.0, 93.0]), horizon=1)
    long = backtest(table_of([90.0, 91.0, 92.0, 93.0, 20.0]), horizon=1)
    pd.testing.assert_frame_equal(long[long["origin"] == 2017].reset_index(drop=True), short)


def test_a_backtest_row_names_its_horizon_length_and_outturn():
    scored = backtest(table_of([90.0, 91.0, 92.0, 93.0, 94.0]), horizon=2)
    assert scored[["origin", "year", "horizon", "n_values", "observed"]].to_numpy().tolist() == [
        [2017, 2018, 1, 3, 93],
        [2017, 2019, 2, 3, 94],
        [2018, 2019, 1, 4, 94],
    ]


def test_the_benchmark_is_the_last_value_with_the_spread_of_its_changes():
    # changes 1 and -1: spread 1; the 0.975 quantile of a normal is 1.96, a year further times root two
    naive = naive_panel(table_of([90.0, 91.0, 90.0]), 2)
    assert naive[0.5].tolist() == [90, 90]
    assert naive[0.975].round(2).tolist() == [91.96, 92.77]


def test_the_crps_of_quantiles_is_that_of_the_distribution():
    # standard normal at 0: 0.2337 (Gneiting and Raftery 2007, equation 21)
    from scipy.special import ndtri

    levels = np.arange(1, 1000) / 1000
    assert quantile_crps(ndtri(levels)[None], np.array([0.0]), levels)[0] == pytest.approx(0.2337, abs=5e-4)


def test_an_outturn_on_the_end_of_an_interval_is_covered():
    quantiles = pd.DataFrame({0.1: [98.0, 98.0], 0.9: [100.0, 99.0]})
    assert is_covered(quantiles, np.array([100.0, 100.0]), 0.8).tolist() == [True, False]


def test_an_interval_that_was_not_forecast_is_refused():
    with pytest.raises(ValueError, match=r"interval of 0\.5"):
        is_covered(pd.DataFrame({0.1: [1.0], 0.9: [2.0]}), np.array([1.0]), 0.5)


def test_scores_are_means_by_horizon():
    scored = backtest(table_of([90.0, 91.0, 90.0, 91.0, 90.0, 91.0]), horizon=2)
    scores = score_backtest(scored)
    assert scores["horizon"].tolist() == [1, 2]
    assert scores["n"].tolist() == [3, 2]
    assert scores[["coverage_80", "coverage_95"]].isin([0, 1 / 3, 0.5, 2 / 3, 1]).all(axis=None)


def test_the_records_own_series_are_scored_by_horizon_against_no_change(demo):
    long = pd.DataFrame(
        {
            "indicator_id": "G1",
            "area": "甲市",
            "segment": 0,
            "year": range(2010, 2022),
            "value": [80.0, 80.4, 81.5, 81.1, 82.2, 82.0, 83.3, 83.0, 84.1, 84.6, 84.4, 85.2],
        }
    )
    scores = score_record(long, demo.indicators)
    assert scores["horizon"].tolist() == [1, 2, 3, 4, 5]
    assert scores["n"].tolist() == [7, 6, 5, 4, 3]  # origins from the fifth of twelve values on
    assert scores["coverage_80"].between(0, 1).all() and (scores["skill"] < 1).all()
    assert len(score_record(long.iloc[:5], demo.indicators)) == 0
