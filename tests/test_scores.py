import numpy as np
import pandas as pd
import pytest

from sy_analysis.scores import LEAST_VALUES, backtest_series, naive_values, quantile_loss, score_forecasts


@pytest.fixture
def history():
    return pd.Series([88.0, 88.4, 89.5, 89.1, 90.2, 90.0, 91.3, 91.0], index=range(2014, 2022))


def test_an_origin_knows_nothing_later(demo, history):
    whole = backtest_series({("G1", "甲市"): history}, demo.indicators)
    changed = history.copy()
    changed.loc[2020:] = 50.0
    other = backtest_series({("G1", "甲市"): changed}, demo.indicators)
    early = whole["origin"] < 2020
    pd.testing.assert_series_equal(
        whole.loc[early, "predicted"], other.loc[other["origin"] < 2020, "predicted"]
    )


def test_every_outturn_of_five_years_is_forecast_by_both_methods(demo, history):
    backtest = backtest_series({("G1", "甲市"): history}, demo.indicators)
    assert backtest["origin"].min() == 2014 + LEAST_VALUES - 1
    assert backtest.groupby(["origin", "year"])["method"].nunique().eq(2).all()
    assert set(backtest["horizon"]) == {1, 2, 3}
    assert (backtest["observed"] == backtest["year"].map(history)).all()


def test_short_series_make_no_backtest(demo, history):
    assert len(backtest_series({("G1", "甲市"): history.iloc[:LEAST_VALUES]}, demo.indicators)) == 0


def test_naive_stays_within_the_bounds_and_widens():
    values = naive_values(pd.Series([90.0, 99.0, 91.0], index=[2019, 2020, 2021]), [2022, 2025], 0, 100)
    assert values.to_numpy().max() <= 100
    assert values.loc[2025, 0.1] < values.loc[2022, 0.1]


def test_the_mean_quantile_loss_is_half_the_crps():
    levels = np.linspace(0.0005, 0.9995, 1000)
    # standard normal, observed 0: CRPS is 2 phi(0) - 1/sqrt(pi) = 0.2337 (Gneiting & Raftery 2007, sec. 4.2)
    from scipy.stats import norm

    assert 2 * quantile_loss(0.0, norm.ppf(levels), levels).mean() == pytest.approx(0.2337, abs=1e-3)


def test_scores_by_hand():
    levels = [0.025, 0.1, 0.9, 0.975]
    rows = [
        {"indicator_id": "G1", "area": "甲市", "origin": 2020, "year": 2021, "horizon": 1, "n_values": 5}
        | {"method": method, "quantile_level": level, "predicted": predicted, "observed": 10.0}
        for method, values in (("model", [8, 9, 11, 12]), ("naive", [4, 6, 14, 16]))
        for level, predicted in zip(levels, values, strict=True)
    ]
    scores = score_forecasts(pd.DataFrame(rows)).iloc[0]
    # model: 0.025*2, 0.1*1, 0.1*1, 0.025*2 -> mean 0.075; naive: 0.025*6, 0.1*4, 0.1*4, 0.025*6 -> mean 0.275
    assert (scores["n"], scores["coverage_80"], scores["coverage_95"]) == (1, 1, 1)
    assert scores["loss"] == pytest.approx(0.075)
    assert scores["skill"] == pytest.approx(1 - 0.075 / 0.275)
