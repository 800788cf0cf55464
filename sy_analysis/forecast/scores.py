"""How well forecasts did on what was later observed: rolling origins, proper scores, coverage.

A backtest table holds one row a forecast: what names the series, `origin` (the last year known), `year`,
`horizon`, `n_values` (observed by the origin), `observed`, and one column a quantile level. Smaller
scores are better. Coverage should equal its level.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtri

from sy_analysis.forecast.distribution import QUANTILE_LEVELS
from sy_analysis.forecast.panel import PANEL_COLUMNS, forecast_panel

LEAST_VALUES = 5  # yearly values before an origin, as few as a plan's indicator may have
LONGEST_HORIZON = 5  # a five-year plan is judged at most that far ahead
_SCORES = ["horizon", "n", "coverage_80", "coverage_95", "crps", "crps_no_change", "skill"]


def rolling_origins(table: pd.DataFrame, min_values: int = 3) -> pd.DataFrame:
    """Repeat a table as it was known after each year: the same rows once for every later origin.

    Parameters
    ----------
    table : DataFrame
        as for `forecast_panel`; missing values are left out.
    min_values : int
        origins at which a series has fewer values are left out.

    Returns
    -------
    DataFrame
        like the table with `origin`. It holds for each origin the rows up to it, those of the origin's own year
        included.

    Examples
    --------
    >>> table = pd.DataFrame({"area": "A", "year": [2020, 2021, 2022], "value": [5.0, 6.0, 7.0]})
    >>> rolling_origins(table, min_values=2)[["origin", "year"]].to_numpy().tolist()
    [[2021, 2020], [2021, 2021], [2022, 2020], [2022, 2021], [2022, 2022]]
    """
    known, names = _known(table)
    is_late = known.groupby(names, observed=True).cumcount() + 1 >= min_values
    origins = known.loc[is_late, names].assign(origin=known["year"])
    pairs = origins.merge(known, on=names, validate="many_to_many")
    return pairs[pairs["year"] <= pairs["origin"]].reset_index(drop=True)


def _known(table):
    """Rows with a value, sorted by series and year, and the columns that name a series."""
    names = [column for column in table.columns if column not in PANEL_COLUMNS]
    return table[table["value"].notna()].sort_values([*names, "year"], ignore_index=True), names


def product_panel(table: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """Quantiles of `forecast_panel`, a forecaster of `backtest`."""
    return forecast_panel(table, horizon).quantiles()


def naive_panel(table: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """Quantiles of no change, the benchmark among the forecasters of `backtest`.

    The last value, with normal errors as large as the series' own changes, growing with the root of the years.
    A series of one value has no changes and gives no spread.
    """
    known, names = _known(table)
    squares = known.groupby(names, observed=True)["value"].diff().pow(2)
    series = known.assign(square=squares).groupby(names, observed=True)
    last = series.last().assign(spread=np.sqrt(series["square"].mean()).fillna(0))
    ends = last.take(np.repeat(np.arange(len(last)), horizon))
    steps = np.tile(np.arange(1, horizon + 1), len(last))
    ends = ends.set_index(ends["year"] + steps, append=True)
    normal = ends["spread"].to_numpy()[:, None] * np.sqrt(steps)[:, None] * ndtri(QUANTILE_LEVELS)
    quantiles = ends["value"].to_numpy()[:, None] + normal
    table = pd.DataFrame(quantiles, index=ends.index, columns=list(QUANTILE_LEVELS))
    return table.clip(ends.get("lower"), ends.get("upper"), axis=0)


def backtest(
    table: pd.DataFrame, horizon: int = 5, min_values: int = 3, forecaster: Callable = product_panel
) -> pd.DataFrame:
    """Forecast from every origin of every series and set the outturn beside it.

    Parameters
    ----------
    table : DataFrame
        as for `forecast_panel`.
    forecaster : function of (table, horizon)
        `product_panel` or `naive_panel`.

    Returns
    -------
    DataFrame
        a backtest table; only years with an outturn.
    """
    known, names = _known(table)
    origins = rolling_origins(table, min_values)
    n_values = origins.groupby([*names, "origin"], observed=True).size().rename("n_values").reset_index()
    outturns = known[[*names, "year", "value"]].rename(columns={"value": "observed"})
    forecasts = forecaster(origins, horizon).reset_index()
    scored = forecasts.merge(outturns, on=[*names, "year"], validate="many_to_one")
    scored = scored.merge(n_values, on=[*names, "origin"], validate="many_to_one")
    return scored.assign(horizon=scored["year"] - scored["origin"])


def quantile_crps(quantiles: np.ndarray, observed: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score from quantiles, in the unit of the observed values.

    Twice the mean pinball loss, each level standing for the probabilities nearer to it than to its neighbours
    (Gneiting and Raftery 2007; Laio and Tamea 2007).

    Parameters
    ----------
    quantiles : array (n, levels)
    observed : array (n,)
    levels : array (levels,), rising

    Returns
    -------
    array (n,)
        smaller is better; the absolute error where all quantiles are one value.

    Examples
    --------
    >>> quantile_crps(np.array([[4.0, 4.0, 4.0]]), np.array([6.0]), np.array([0.25, 0.5, 0.75])).tolist()
    [2.0]
    """
    levels = np.asarray(levels, float)
    error = np.asarray(observed, float)[:, None] - np.asarray(quantiles, float)
    pinball = np.maximum(levels * error, (levels - 1) * error)
    edges = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [1.0]])
    return 2 * pinball @ np.diff(edges)


def is_covered(quantiles: pd.DataFrame, observed: np.ndarray, level: float) -> np.ndarray:
    """Whether each outturn lies in the central interval of a level, its ends included.

    Parameters
    ----------
    quantiles : DataFrame with one column a quantile level
    observed : array (n,)
    level : float, such as 0.8 for the quantiles 0.1 and 0.9

    Raises
    ------
    ValueError
        when the interval's quantiles are not columns of the table.
    """
    tail = round((1 - level) / 2, 6)
    ends = [tail, round(1 - tail, 6)]
    if not set(ends) <= set(quantiles.columns):
        raise ValueError(f"interval of {level}: quantiles {ends} are not among {list(quantiles.columns)}")
    low, high = quantiles[ends[0]].to_numpy(), quantiles[ends[1]].to_numpy()
    slack = 1e-9 * np.maximum(np.abs(low), np.abs(high))
    return (observed >= low - slack) & (observed <= high + slack)


def score_backtest(scored: pd.DataFrame) -> pd.DataFrame:
    """Mean scores of a backtest table by horizon.

    Returns
    -------
    DataFrame
        keyed by horizon: n, crps in the unit of the series, coverage_80, coverage_95.
    """
    quantiles, observed = scored[list(QUANTILE_LEVELS)], scored["observed"].to_numpy()
    rows = scored[["horizon"]].assign(
        crps=quantile_crps(quantiles.to_numpy(), observed, QUANTILE_LEVELS),
        coverage_80=is_covered(quantiles, observed, 0.8),
        coverage_95=is_covered(quantiles, observed, 0.95),
    )
    horizons = rows.groupby("horizon")
    return horizons.mean().astype(float).assign(n=horizons.size()).reset_index()


def score_record(series: pd.DataFrame, indicators: pd.DataFrame) -> pd.DataFrame:
    """Score forecasts of the record's own long series against no change, by horizon.

    Parameters
    ----------
    series : DataFrame from `series_as_of`
    indicators : DataFrame, the checked table `indicators`

    Returns
    -------
    DataFrame
        horizon, n, coverage_80, coverage_95 (shares, 0 to 1), crps, crps_no_change (indicator units) and skill,
        without rows where no series is long enough.
    """
    facts = indicators.rename(columns={"lower_bound": "lower", "upper_bound": "upper"})
    table = series[["indicator_id", "area", "segment", "year", "value"]].merge(
        facts[["indicator_id", "lower", "upper", "family"]], on="indicator_id", validate="many_to_one"
    )
    known = table[table["value"].notna()]
    is_long = known.groupby(["indicator_id", "area", "segment"])["year"].transform("size") > LEAST_VALUES
    if not is_long.any():
        return pd.DataFrame(columns=_SCORES)
    long = known[is_long].reset_index(drop=True)
    ours, naive = (
        score_backtest(backtest(long, LONGEST_HORIZON, LEAST_VALUES, forecaster=forecaster))
        for forecaster in (product_panel, naive_panel)
    )
    return ours.assign(crps_no_change=naive["crps"], skill=1 - ours["crps"] / naive["crps"])[_SCORES]


def published_scores() -> pd.DataFrame:
    """Read the scores on public indicator series, as benchmarks/forecast.py measured them.

    Returns
    -------
    DataFrame
        `table` names the part: all windows, a subsample with peers, by length (n_values) and horizon, the PIT
        histogram or the reliability of stated probabilities; the columns are explained in docs/forecasting.md.
    """
    return pd.read_csv(Path(__file__).with_name("forecast_scores.csv"))
