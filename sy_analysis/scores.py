"""How the forecasts would have done before: rolling origins on the record's long series, and their scores."""

import numpy as np
import pandas as pd
from scipy.stats import norm

from sy_analysis.forecasts import QUANTILE_LEVELS, forecast_values

LEAST_VALUES = 5  # yearly values before an origin, as few as an indicator of this record may have
LONGEST_HORIZON = 5  # a five-year plan is judged at most that far ahead


def backtest_series(histories, indicators):
    """Forecasts from every past origin of every long series, beside what then happened.

    An origin knows nothing after its year. The benchmark `naive` is the last value with the spread of the
    series' own yearly changes, growing with the square root of the horizon.

    Parameters
    ----------
    histories : dict of (indicator_id, area) to Series of float by year, from `histories_of`
    indicators : DataFrame, the checked table `indicators`

    Returns
    -------
    DataFrame
        keyed by indicator_id, area, origin, year, method (`model`, `naive`) and quantile_level: horizon,
        n_values (before the origin), predicted, observed (same unit). Empty when no series is long enough.
    """
    facts = indicators.set_index("indicator_id")
    tables = [
        _backtest_one(key, history, facts.loc[key[0]])
        for key, history in histories.items()
        if len(history) > LEAST_VALUES
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=_COLUMNS)


_COLUMNS = [
    "indicator_id",
    "area",
    "origin",
    "year",
    "horizon",
    "n_values",
    "method",
    "quantile_level",
    "predicted",
    "observed",
]


def _backtest_one(key, history, facts):
    tables = [_from_origin(history, n_values, facts) for n_values in range(LEAST_VALUES, len(history))]
    return pd.concat(tables).assign(indicator_id=key[0], area=key[1])[_COLUMNS]


def _from_origin(history, n_values, facts):
    known = history.iloc[:n_values]
    origin = int(known.index[-1])
    outturns = history[(history.index > origin) & (history.index <= origin + LONGEST_HORIZON)]
    bounds = {
        side: None if np.isnan(bound) else float(bound)
        for side, bound in (("lower", facts["lower_bound"]), ("upper", facts["upper_bound"]))
    }
    model = forecast_values(known, LONGEST_HORIZON, kind=facts["kind"], **bounds).loc[outturns.index]
    tables = {"model": model, "naive": naive_values(known, outturns.index, **bounds)}
    long = pd.concat(tables, names=["method", "year"]).rename_axis(columns="quantile_level").stack()
    return (
        long.rename("predicted")
        .reset_index()
        .assign(origin=origin, n_values=n_values)
        .assign(
            horizon=lambda table: table["year"] - origin, observed=lambda table: table["year"].map(outturns)
        )
    )


def naive_values(history, years, lower=None, upper=None):
    """Quantiles of "no change": the last value, with the spread of the series' own yearly changes.

    Returns
    -------
    DataFrame
        one row a year, one column a level of `QUANTILE_LEVELS`, within the bounds.

    Examples
    --------
    >>> naive_values(pd.Series([90.0, 91.0, 90.0], index=[2020, 2021, 2022]), [2023])[0.5].tolist()
    [90.0]
    """
    changes = np.diff(history.to_numpy()) / np.sqrt(np.diff(history.index.to_numpy()))
    horizons = np.asarray(years) - history.index[-1]
    spread = np.sqrt(np.mean(changes**2) * horizons)
    quantiles = history.iloc[-1] + np.outer(spread, norm.ppf(QUANTILE_LEVELS))
    clipped = np.clip(quantiles, lower, upper) if (lower, upper) != (None, None) else quantiles
    return pd.DataFrame(clipped, index=pd.Index(years, name="year"), columns=list(QUANTILE_LEVELS))


def quantile_loss(observed, predicted, level):
    """Loss of one quantile, in the unit of the values; smaller is better.

    Its mean over many levels is half the continuous ranked probability score (Gneiting & Raftery, 2007,
    Journal of the American Statistical Association 102, section 6).

    >>> quantile_loss(observed=10.0, predicted=np.array([8.0, 11.0]), level=0.9).round(3).tolist()
    [1.8, 0.1]
    """
    return np.where(observed >= predicted, level, level - 1) * (observed - predicted)


def score_forecasts(backtest, by="horizon"):
    """Coverage of the intervals and skill against `naive`, by horizon.

    Parameters
    ----------
    backtest : DataFrame from `backtest_series`
    by : str or list of str, the columns to group by

    Returns
    -------
    DataFrame
        one row a group: n forecasts, coverage_80 and coverage_95 (shares, 0 to 1), loss and naive_loss (mean
        quantile loss, smaller is better) and skill (1 - loss / naive_loss: above zero is better than naive).
    """
    by = [by] if isinstance(by, str) else list(by)
    unit = ["indicator_id", "area", "origin", "year"]
    losses = backtest.assign(
        loss=quantile_loss(backtest["observed"], backtest["predicted"], backtest["quantile_level"])
    )
    mean_loss = losses.groupby([*by, "method"])["loss"].mean().unstack("method")
    wide = backtest[backtest["method"] == "model"].pivot(
        index=list(dict.fromkeys([*unit, *by, "observed"])), columns="quantile_level", values="predicted"
    )
    observed = wide.index.get_level_values("observed")
    inside = pd.DataFrame(
        {
            "coverage_80": (wide[0.1] <= observed) & (observed <= wide[0.9]),
            "coverage_95": (wide[0.025] <= observed) & (observed <= wide[0.975]),
        }
    )
    groups = inside.groupby(by)
    return (
        groups.size()
        .rename("n")
        .to_frame()
        .join(groups.mean())
        .assign(
            loss=mean_loss["model"],
            naive_loss=mean_loss["naive"],
            skill=1 - mean_loss["model"] / mean_loss["naive"],
        )
        .reset_index()
    )
