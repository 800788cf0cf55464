"""How well forecasts did on what was later observed: rolling origins, proper scores, coverage.

A backtest table holds one row a forecast: what names the series, `origin` (the last year known), `year`,
`horizon`, `n_values` (observed by the origin), `observed`, and one column a quantile level. Smaller
scores are better; coverage should equal its level.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtri

from sy_analysis.forecast.distribution import QUANTILE_LEVELS
from sy_analysis.forecast.panel import PANEL_COLUMNS, forecast_panel


def rolling_origins(table, min_values=3):
    """The table as it was known after each year: the same rows once for every later origin.

    Parameters
    ----------
    table : DataFrame
        as for `forecast_panel`; missing values are left out.
    min_values : int
        origins at which a series has fewer values are left out.

    Returns
    -------
    DataFrame
        like the table with `origin`; holds for each origin only rows up to it, the origin's own year
        included.

    Examples
    --------
    >>> table = pd.DataFrame({"area": "A", "year": [2020, 2021, 2022], "value": [5.0, 6.0, 7.0]})
    >>> rolling_origins(table, min_values=2)[["origin", "year"]].to_numpy().tolist()
    [[2021, 2020], [2021, 2021], [2022, 2020], [2022, 2021], [2022, 2022]]
    """
    names = [column for column in table.columns if column not in PANEL_COLUMNS]
    known = table[table["value"].notna()].sort_values([*names, "year"], ignore_index=True)
    origins = known.assign(n_values=known.groupby(names, observed=True).cumcount() + 1)
    origins = origins.loc[origins["n_values"] >= min_values, [*names, "year"]].rename(
        columns={"year": "origin"}
    )
    pairs = origins.merge(known, on=names, validate="many_to_many")
    return pairs[pairs["year"] <= pairs["origin"]].reset_index(drop=True)


def product_panel(table, horizon, quantile_levels=QUANTILE_LEVELS):
    """Quantiles from `forecast_panel`, a forecaster of `backtest`."""
    return forecast_panel(table, horizon).quantiles(quantile_levels)


def backtest(table, horizon=5, min_values=3, quantile_levels=QUANTILE_LEVELS, forecaster=product_panel):
    """Forecast from every origin of every series and set the outturn beside it.

    Parameters
    ----------
    table : DataFrame
        as for `forecast_panel`.
    forecaster : function of (table, horizon, quantile_levels)
        `product_panel` or `naive_panel`.

    Returns
    -------
    DataFrame
        a backtest table; only years with an outturn.
    """
    names = [column for column in table.columns if column not in PANEL_COLUMNS]
    known = rolling_origins(table, min_values)
    n_values = known.groupby([*names, "origin"], observed=True).size().rename("n_values").reset_index()
    outturns = table.loc[table["value"].notna(), [*names, "year", "value"]].rename(
        columns={"value": "observed"}
    )
    forecasts = forecaster(known, horizon, quantile_levels).reset_index()
    scored = forecasts.merge(outturns, on=[*names, "year"], validate="many_to_one")
    scored = scored.merge(n_values, on=[*names, "origin"], validate="many_to_one")
    return scored.assign(horizon=scored["year"] - scored["origin"])


def naive_panel(table, horizon, quantile_levels=QUANTILE_LEVELS):
    """The benchmark: the last value, normal errors as large as the series' own changes, growing with the
    root.

    Series of one value have no changes and give no spread. Same table in and out as
    `product_panel`.
    """
    names = [column for column in table.columns if column not in PANEL_COLUMNS]
    known = table[table["value"].notna()].sort_values([*names, "year"], ignore_index=True)
    squares = known.groupby(names, observed=True)["value"].diff().pow(2)
    ends = known.assign(square=squares).groupby(names, observed=True)
    last = ends.last().assign(spread=np.sqrt(ends["square"].mean()))
    lower, upper = (last.get(bound, pd.Series(default, last.index)) for bound, default in _NO_BOUNDS.items())
    years = []
    for step in range(1, horizon + 1):
        normal = last["spread"].fillna(0).to_numpy()[:, None] * np.sqrt(step) * ndtri(quantile_levels)
        quantiles = np.clip(
            last["value"].to_numpy()[:, None] + normal,
            lower.fillna(-np.inf).to_numpy()[:, None],
            upper.fillna(np.inf).to_numpy()[:, None],
        )
        year = pd.DataFrame(quantiles, index=last.index, columns=list(quantile_levels))
        years.append(year.assign(year=last["year"] + step).set_index("year", append=True))
    return pd.concat(years).sort_index()


_NO_BOUNDS = {"lower": -np.inf, "upper": np.inf}


def quantile_crps(quantiles, observed, levels):
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


def is_covered(quantiles, observed, level):
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


def score_backtest(scored, by=("horizon",)):
    """Mean scores of a backtest table by some of its columns.

    Returns
    -------
    DataFrame
        keyed by `by`: n, crps and absolute_error in the unit of the series, coverage_80, coverage_95.
    """
    levels = [column for column in scored.columns if isinstance(column, float)]
    quantiles, observed = scored[levels], scored["observed"].to_numpy()
    rows = scored[list(by)].assign(
        crps=quantile_crps(quantiles.to_numpy(), observed, levels),
        absolute_error=np.abs(observed - quantiles[0.5]),
        coverage_80=is_covered(quantiles, observed, 0.8),
        coverage_95=is_covered(quantiles, observed, 0.95),
    )
    groups = rows.groupby(list(by), observed=True)
    return groups.mean().astype(float).assign(n=groups.size()).reset_index()


LEAST_VALUES = 5  # yearly values before an origin, as few as a plan's indicator may have
LONGEST_HORIZON = 5  # a five-year plan is judged at most that far ahead


def score_record(series, indicators):
    """How forecasts of the record's own long series would have done, against no change, by horizon.

    Parameters
    ----------
    series : DataFrame from `series_as_of`
    indicators : DataFrame, the checked table `indicators`

    Returns
    -------
    DataFrame
        horizon, n, coverage_80, coverage_95 (shares, 0 to 1), crps, crps_no_change (indicator units) and skill;
        no rows where no series is long enough.
    """
    facts = indicators.rename(columns={"lower_bound": "lower", "upper_bound": "upper"})
    table = series[["indicator_id", "area", "segment", "year", "value"]].merge(
        facts[["indicator_id", "lower", "upper", "family"]], on="indicator_id", validate="many_to_one"
    )
    known = table[table["value"].notna()]
    is_long = known.groupby(["indicator_id", "area", "segment"])["year"].transform("size") > LEAST_VALUES
    if not is_long.any():
        return pd.DataFrame(
            columns=["horizon", "n", "coverage_80", "coverage_95", "crps", "crps_no_change", "skill"]
        )
    long = known[is_long].reset_index(drop=True)
    ours, naive = (
        score_backtest(backtest(long, LONGEST_HORIZON, LEAST_VALUES, forecaster=forecaster))
        for forecaster in (product_panel, naive_panel)
    )
    scores = ours.assign(crps_no_change=naive["crps"], skill=1 - ours["crps"] / naive["crps"])
    return scores[["horizon", "n", "coverage_80", "coverage_95", "crps", "crps_no_change", "skill"]]


def published_scores():
    """Scores on public indicator series, as benchmarks/forecast.py measured them.

    Returns
    -------
    DataFrame
        `table` says which: all windows, a subsample with peers, by length (n_values) and horizon, the PIT
        histogram or the reliability of stated probabilities; the columns are explained in docs/forecasting.md.
    """
    return pd.read_csv(Path(__file__).with_name("forecast_scores.csv"))
