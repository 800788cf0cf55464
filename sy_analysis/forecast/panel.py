"""Forecasts of short yearly series as distributions, from state-space models with borrowed parameters.

A few structural members with fixed variance ratios are weighed by how well each explains the series' own
changes, given what pooled public series say about sizes of change. Nothing is optimised on the series itself:
on four to twelve points a fitted parameter is noise. With fixed parameters a member's forecast is a
linear map of the observed values that depends only on which years are observed, so statsmodels is asked
once a pattern and a panel of any size is a matrix product. Formulas and measurements:
docs/forecasting.md.
"""

from itertools import pairwise

import numpy as np
import pandas as pd

from sy_analysis.forecast.distribution import bounded_quantiles, probability_between
from sy_analysis.forecast.members import MAX_HORIZON, PRIORS, Batch, mixture_of, recency
from sy_analysis.forecast.references import reference_of, sampling_noise
from sy_analysis.record.schema import FAMILIES

QUANTILE_LEVELS = (0.025, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.975)
# columns of a panel that do not name its series
PANEL_COLUMNS = ("year", "value", "lower", "upper", "family")
# series handled at once: keeps the arrays of a chunk in the processor's cache
_CHUNK = 256


def forecast_values(
    history,
    horizon,
    lower=None,
    upper=None,
    quantile_levels=QUANTILE_LEVELS,
    family=None,
    reference_changes=None,
    tested=None,
):
    """Quantiles of the years after the last observation.

    Parameters
    ----------
    history : Series of numbers indexed by year
        one value a year, years rising; a gap is a year absent or missing.
    horizon : int
        years ahead of the last observation, 1 to 30.
    lower, upper : float, optional
        values that the indicator cannot leave, such as 0 and 100.
    quantile_levels : iterable of float
        probabilities strictly between 0 and 1, rising.
    family : str, optional
        a word of `schema.FAMILIES`; without it percentage where both bounds are given, else amount.
    reference_changes : 1-d array, optional
        yearly changes of comparable series elsewhere, same unit; they set the spread of a short history and add
        a share of their median as drift, the less so the more own values there are.
    tested : float or Series indexed by year, optional
        how many things each value of a share between two bounds counts (the n of k of n); the years ahead are
        taken to count as many as the last. 100 % of 20 then leaves more room than 100 % of 2,000.

    Returns
    -------
    DataFrame
        one row a year, one column a level, in the history's unit; rises along a row, within the bounds.

    Raises
    ------
    ValueError
        names the series and the value that cannot be used.

    Examples
    --------
    >>> history = pd.Series([91.27, 91.9, 92.4, 92.9], index=[2020, 2021, 2022, 2023], name="P02")
    >>> forecast = forecast_values(history, 2, 0, 100, quantile_levels=(0.1, 0.5, 0.9))
    >>> list(forecast.index), bool(forecast.loc[2025, 0.1] < 92.9 < forecast.loc[2025, 0.9])
    ([2024, 2025], True)
    """
    values, batch = _checked_batch(history, horizon, lower, upper, family, reference_changes)
    levels = checked_levels(quantile_levels, history.name)
    counted = sampling_noise(values, tested, batch)
    reference = reference_of([reference_changes], len(values) - 1)
    mixture = mixture_of(batch, np.arange(1, horizon + 1), reference, counted)
    years = pd.RangeIndex(values.index[-1] + 1, values.index[-1] + horizon + 1, name="year")
    return pd.DataFrame(bounded_quantiles(mixture, levels, batch)[0], index=years, columns=list(levels))


def attainment_probability(
    history,
    horizon,
    low=None,
    high=None,
    lower=None,
    upper=None,
    family=None,
    reference_changes=None,
    tested=None,
):
    """Probability that the value of the last year of the horizon lies from low to high, both included.

    It is read from the same distribution as `forecast_values`: what would lie beyond a bound lies on it.

    Examples
    --------
    >>> history = pd.Series([98.2, 98.0, 98.4, 98.3], index=[2020, 2021, 2022, 2023], name="P01")
    >>> attainment_probability(history, 1, low=0, lower=0, upper=100)
    1.0
    """
    values, batch = _checked_batch(history, horizon, lower, upper, family, reference_changes)
    low, high = number_or(low, -np.inf), number_or(high, np.inf)
    if not low <= high:
        raise ValueError(f"{history.name}: target from {low} to {high} is empty; expected low at most high")
    counted = sampling_noise(values, tested, batch)
    reference = reference_of([reference_changes], len(values) - 1)
    mixture = mixture_of(batch, np.array([horizon]), reference, counted)
    return float(probability_between(mixture, batch, np.array([low]), np.array([high]))[0])


def own_share(history):
    """Share of the evidence on the size of changes that is the series' own; the rest is borrowed.

    Of a series far calmer than is usual more is its own.

    >>> own_share(pd.Series([91.27], index=[2020], name="P02"))
    0.0
    """
    own = recency(np.isfinite(history.to_numpy(float)).sum() - 1).sum()
    return float(own / (own + PRIORS["scale"]["prior_weight"]))


def forecast_panel(table, horizon, quantile_levels=QUANTILE_LEVELS, reference_changes=None):
    """Quantiles for many series in one call, the same as `forecast_values` gives for each.

    Parameters
    ----------
    table : DataFrame
        one row a series and year: `year`, `value`, optionally `lower`, `upper` and `family`, which are those of
        the series' last row; all other columns together name the series.
    horizon : int
        years ahead of each series' last observation.
    quantile_levels : iterable of float
    reference_changes : dict, optional
        for the name of a series (a tuple where several columns name it), yearly changes of comparable series
        elsewhere, see `forecast_values`.

    Returns
    -------
    DataFrame
        keyed by series and year in sorted order, one column a level.

    Raises
    ------
    ValueError
        names the series and the value that cannot be used.

    Examples
    --------
    >>> table = pd.DataFrame({"area": ["A", "A", "B"], "year": [2020, 2021, 2021], "value": [5.0, 6.0, 7.0]})
    >>> forecast_panel(table, 1, quantile_levels=(0.1, 0.9)).index.to_list()
    [('A', 2022), ('B', 2022)]
    """
    levels = checked_levels(quantile_levels, "panel")
    rows, names = _checked_panel(table, horizon)
    starts, ends = _ends_of(rows)
    quantiles = np.empty((len(starts), horizon, len(levels)))
    for batch, chosen, mixture in _mixtures(rows, names, np.arange(1, horizon + 1), reference_changes):
        quantiles[chosen] = bounded_quantiles(mixture, levels, batch)
    last_years = rows["year"].to_numpy()[ends]
    index = names.take(np.repeat(np.arange(len(starts)), horizon))
    index["year"] = (last_years[:, None] + np.arange(1, horizon + 1)).ravel()
    return pd.DataFrame(
        quantiles.reshape(-1, len(levels)), index=pd.MultiIndex.from_frame(index), columns=list(levels)
    )


def attainment_panel(table, horizon, limits, reference_changes=None):
    """Attainment probability of many series in one call, the same as `attainment_probability` gives for each.

    Parameters
    ----------
    table, horizon, reference_changes : as for `forecast_panel`
    limits : DataFrame
        indexed by the name of the series, with columns `low` and `high`: both included, missing is none.

    Returns
    -------
    Series
        by series in sorted order, the probability that the value of the last year of the horizon lies from low
        to high.

    Raises
    ------
    ValueError
        names the series and the value that cannot be used.

    Examples
    --------
    >>> table = pd.DataFrame({"area": ["A", "A", "B"], "year": [2020, 2021, 2021], "value": [5.0, 6.0, 7.0]})
    >>> limits = pd.DataFrame({"low": [-1e9, 1e9], "high": [None, None]}, index=["A", "B"])
    >>> attainment_panel(table, 1, limits).round(3).to_dict()
    {'A': 1.0, 'B': 0.0}
    """
    rows, names = _checked_panel(table, horizon)
    index = pd.MultiIndex.from_frame(names) if names.shape[1] > 1 else pd.Index(names.iloc[:, 0])
    limits = limits.reindex(index).astype(float)
    low = limits["low"].fillna(-np.inf).to_numpy()
    high = limits["high"].fillna(np.inf).to_numpy()
    if not (low <= high).all():
        one = int(np.argmin(low <= high))
        raise ValueError(
            f"{index[one]}: target from {low[one]} to {high[one]} is empty; expected low at most high"
        )
    probability = np.empty(len(index))
    for batch, chosen, mixture in _mixtures(rows, names, np.array([horizon]), reference_changes):
        probability[chosen] = probability_between(mixture, batch, low[chosen], high[chosen])
    return pd.Series(probability, index=index, name="attainment_probability")


def number_or(value, default):
    return default if value is None or pd.isna(value) else value


def _checked_batch(history, horizon, lower, upper, family, reference_changes):
    if not isinstance(history, pd.Series):
        raise ValueError(f"history is {type(history).__name__}; expected a pandas Series indexed by year")
    name = history.name
    _check_horizon(horizon, name)
    if family is not None and family not in FAMILIES:
        raise ValueError(f"{name}: family {family!r}; expected one of {', '.join(FAMILIES)}")
    lower, upper = float(number_or(lower, -np.inf)), float(number_or(upper, np.inf))
    if lower >= upper:
        raise ValueError(f"{name}: bounds {lower:g} to {upper:g}; expected lower below upper")
    values = _checked_values(history)
    outside = values[(values < lower) | (values > upper)]
    if len(outside):
        raise ValueError(
            f"{name}: value {outside.iloc[0]:g} of {outside.index[0]} is outside {lower:g} to {upper:g}"
        )
    if reference_changes is not None and not np.isfinite(np.asarray(reference_changes, float)).all():
        raise ValueError(
            f"{name}: reference_changes hold a missing or infinite value; expected yearly changes"
        )
    pattern = tuple(int(year - values.index[0]) for year in values.index)
    families = np.array([family or default_kind(lower, upper)])
    return values, Batch(values.to_numpy()[None], pattern, np.array([lower]), np.array([upper]), families)


def default_kind(lower, upper):
    return "percentage" if np.isfinite(lower) and np.isfinite(upper) else "amount"


def _check_horizon(horizon, name):
    if (
        isinstance(horizon, bool)
        or not isinstance(horizon, int | np.integer)
        or not 1 <= horizon <= MAX_HORIZON
    ):
        raise ValueError(
            f"{name}: horizon {horizon!r}; expected a whole number of years from 1 to {MAX_HORIZON}"
        )


def _checked_values(history):
    name, years = history.name, history.index
    if not pd.api.types.is_integer_dtype(years.dtype):
        raise ValueError(f"{name}: years are {years.dtype}; expected whole numbers such as 2020")
    if not (years.is_unique and years.is_monotonic_increasing):
        year = next(later for earlier, later in pairwise(years) if later <= earlier)
        raise ValueError(f"{name}: year {year} is repeated or out of order; expected rising years")
    try:
        values = history.astype(float).dropna()
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: {error}; expected numbers") from None
    if values.empty:
        raise ValueError(f"{name}: no value in {len(history)} years; expected at least one")
    if not np.isfinite(values).all():
        wrong = values[~np.isfinite(values)]
        raise ValueError(f"{name}: value {wrong.iloc[0]} of {wrong.index[0]}; expected a finite number")
    return values


def checked_levels(quantile_levels, name):
    levels = np.asarray(list(quantile_levels), float)
    if not len(levels) or not ((levels > 0) & (levels < 1)).all() or (np.diff(levels) <= 0).any():
        raise ValueError(
            f"{name}: quantile_levels {quantile_levels}; expected rising numbers between 0 and 1"
        )
    return levels


def _checked_panel(table, horizon):
    """Rows of numbers sorted by series and year, and the names of the series."""
    _check_horizon(horizon, "panel")
    absent = {"year", "value"} - set(table.columns)
    keys = [column for column in table.columns if column not in PANEL_COLUMNS]
    if absent or not keys or table.empty:
        raise ValueError(
            f"panel: columns {list(table.columns)}; expected year, value and what names a series"
        )
    series = table.groupby(keys, sort=True, observed=True, dropna=False).ngroup().to_numpy()
    rows = pd.DataFrame(
        {
            "series": series,
            "year": table["year"].to_numpy(),
            "value": pd.to_numeric(table["value"], errors="coerce").to_numpy(float),
            "lower": _column_or(table, "lower", -np.inf).astype(float),
            "upper": _column_or(table, "upper", np.inf).astype(float),
        }
    )
    rows["family"] = _column_or(table, "family", None)
    rows["printed"] = table["value"].to_numpy()
    names = table.loc[~pd.Series(series, index=table.index).duplicated().to_numpy(), keys]
    names = names.iloc[np.argsort(series[~pd.Series(series).duplicated().to_numpy()])].reset_index(drop=True)
    rows = rows.sort_values(["series", "year"], kind="stable", ignore_index=True)
    _check_panel_rows(rows, names)
    return rows[rows["value"].notna()].reset_index(drop=True), names


def _column_or(table, column, default):
    if column not in table:
        return np.full(len(table), default)
    return table[column].where(table[column].notna(), default).to_numpy()


def _check_panel_rows(rows, names):
    def refuse(is_wrong, message):
        if is_wrong.any():
            row = rows[is_wrong].iloc[0]
            name = " ".join(map(str, names.iloc[int(row["series"])]))
            raise ValueError(f"{name}: " + message.format(**row))

    if not pd.api.types.is_integer_dtype(rows["year"].dtype):
        raise ValueError(f"panel: years are {rows['year'].dtype}; expected whole numbers such as 2020")
    refuse(rows.duplicated(["series", "year"]), "year {year} is repeated")
    refuse(rows["value"].isna() & rows["printed"].notna(), "value {printed!r} of {year}; expected a number")
    refuse(rows["value"].abs() == np.inf, "value {value} of {year}; expected a finite number")
    refuse(rows["lower"] >= rows["upper"], "bounds {lower:g} to {upper:g}; expected lower below upper")
    outside = (rows["value"] < rows["lower"]) | (rows["value"] > rows["upper"])
    refuse(outside, "value {value:g} of {year} is outside {lower:g} to {upper:g}")
    is_known = rows["family"].isna() | rows["family"].isin(FAMILIES)
    refuse(~is_known, "family {family!r}; expected one of " + ", ".join(FAMILIES))
    refuse(~rows["series"].isin(rows.loc[rows["value"].notna(), "series"].unique()), "no value in any year")


def _ends_of(rows):
    """Positions of the first and the last row of each series."""
    starts = np.flatnonzero(np.diff(rows["series"], prepend=-1))
    return starts, np.append(starts[1:], len(rows)) - 1


def _mixtures(rows, names, steps, reference_changes):
    """Batches of series, their positions, and their forecast distributions."""
    keys = names.iloc[:, 0] if names.shape[1] == 1 else names.itertuples(index=False, name=None)
    changes = [(reference_changes or {}).get(key) for key in keys]
    for batch, chosen in _batches(rows, *_ends_of(rows)):
        reference = reference_of([changes[one] for one in chosen], len(batch.pattern) - 1)
        yield batch, chosen, mixture_of(batch, steps, reference)


def _batches(rows, starts, ends):
    """Chunks of series with one pattern of observed years, and their positions."""
    years, values, counts = rows["year"].to_numpy(), rows["value"].to_numpy(), ends - starts + 1
    lower, upper, families = (rows[column].to_numpy()[ends] for column in ("lower", "upper", "family"))
    is_closed = np.isfinite(lower) & np.isfinite(upper)
    families = np.where(pd.isna(families), np.where(is_closed, "percentage", "amount"), families).astype(str)
    for count in np.unique(counts):
        chosen = np.flatnonzero(counts == count)
        cells = starts[chosen, None] + np.arange(count)
        patterns, inverse = np.unique(years[cells] - years[cells[:, :1]], axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            same = np.flatnonzero(inverse.ravel() == number)
            for chunk in np.split(same, range(_CHUNK, len(same), _CHUNK)):
                one = chosen[chunk]
                batch = Batch(
                    values[cells[chunk]], tuple(pattern.tolist()), lower[one], upper[one], families[one]
                )
                yield batch, one
