"""Forecasts of short yearly series as distributions, from state-space models with borrowed parameters.

A few structural members with fixed variance ratios are weighed by how well each explains the series' own
changes, given what pooled public series say about sizes of change. Nothing is optimised on the series itself:
on four to twelve points a fitted parameter is noise. With fixed parameters a member's forecast is a
linear map of the observed values that depends only on which years are observed, so statsmodels is asked
once a pattern and a panel of any size is a matrix product. Formulas and measurements:
docs/forecasting.md.
"""

import calendar
import json
import re
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import betaln, expit, logit
from statsmodels.tsa.statespace.initialization import Initialization
from statsmodels.tsa.statespace.kalman_filter import KalmanFilter

from sy_analysis.changes import BorrowedChanges, ChangePool
from sy_analysis.record.schema import KINDS

MODEL_VERSION = "4"
QUANTILE_LEVELS = (0.025, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.975)
# outlines of national plans reach fifteen years ahead; beyond twice that no short series speaks
MAX_HORIZON = 30
# columns of a panel that do not name its series
PANEL_COLUMNS = ("year", "value", "lower", "upper", "kind")
# every fitted number of the model, with its provenance; made by benchmarks/fit_priors.py
PRIORS = json.loads(Path(__file__).with_name("priors.json").read_text(encoding="utf-8"))
# series handled at once: keeps the arrays of a chunk in the processor's cache
_CHUNK = 256


class _Batch(NamedTuple):
    """Series that are observed in the same years, relative to the first observed one."""

    values: np.ndarray  # (series, n), none missing
    pattern: tuple  # n whole numbers, the first 0
    lower: np.ndarray  # (series,), -inf where there is none
    upper: np.ndarray  # (series,), inf where there is none
    kinds: np.ndarray  # (series,) of words


class _Maps(NamedTuple):
    """What the members do to the observed values of one pattern: linear maps and known variances."""

    forecast: np.ndarray  # (members, horizon, n): forecast means
    deviation: np.ndarray  # (members, horizon): forecast standard deviations, level noise = 1
    innovations: np.ndarray  # (members, n - 1, n): standardised one-step errors
    log_determinant: np.ndarray  # (members,): sum of log variances of the one-step errors


class _Mixture(NamedTuple):
    """Forecast distributions before the bounds: Student-t mixtures and an atom at the last value."""

    weights: np.ndarray  # (series, members)
    means: np.ndarray  # (series, horizon, members)
    scales: np.ndarray  # (series, horizon, members)
    atom: np.ndarray  # (series, horizon): probability of exactly the last value
    last: np.ndarray  # (series,)
    tail: np.ndarray  # (horizon,): how much heavier the tails are than Student's, see _member_level


def forecast_values(
    history,
    horizon,
    lower=None,
    upper=None,
    quantile_levels=QUANTILE_LEVELS,
    kind=None,
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
    kind : str, optional
        a word of `schema.KINDS`; without it percentage where both bounds are given, else amount.
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
    values, batch = _checked_batch(history, horizon, lower, upper, kind, reference_changes)
    levels = _checked_levels(quantile_levels, history.name)
    counted = _counted(values, tested, batch)
    reference = _reference([reference_changes], len(values) - 1)
    mixture = _mixture(batch, np.arange(1, horizon + 1), reference, counted)
    years = pd.RangeIndex(values.index[-1] + 1, values.index[-1] + horizon + 1, name="year")
    return pd.DataFrame(_bounded_quantiles(mixture, levels, batch)[0], index=years, columns=list(levels))


def attainment_probability(
    history,
    horizon,
    low=None,
    high=None,
    lower=None,
    upper=None,
    kind=None,
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
    values, batch = _checked_batch(history, horizon, lower, upper, kind, reference_changes)
    low, high = _or(low, -np.inf), _or(high, np.inf)
    if not low <= high:
        raise ValueError(f"{history.name}: target from {low} to {high} is empty; expected low at most high")
    counted = _counted(values, tested, batch)
    reference = _reference([reference_changes], len(values) - 1)
    mixture = _mixture(batch, np.array([horizon]), reference, counted)
    return float(_probability_between(mixture, batch, np.array([low]), np.array([high]))[0])


def own_share(history):
    """Share of the evidence on the size of changes that is the series' own; the rest is borrowed.

    Of a series far calmer than is usual more is its own.

    >>> own_share(pd.Series([91.27], index=[2020], name="P02"))
    0.0
    """
    own = _recency(np.isfinite(history.to_numpy(float)).sum() - 1).sum()
    return float(own / (own + PRIORS["scale"]["prior_weight"]))


def forecast_panel(table, horizon, quantile_levels=QUANTILE_LEVELS, reference_changes=None):
    """Quantiles for many series in one call, the same as `forecast_values` gives for each.

    Parameters
    ----------
    table : DataFrame
        one row a series and year: `year`, `value`, optionally `lower`, `upper` and `kind`, which are those of
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
    levels = _checked_levels(quantile_levels, "panel")
    rows, names = _checked_panel(table, horizon)
    starts, ends = _ends_of(rows)
    quantiles = np.empty((len(starts), horizon, len(levels)))
    for batch, chosen, mixture in _mixtures(rows, names, np.arange(1, horizon + 1), reference_changes):
        quantiles[chosen] = _bounded_quantiles(mixture, levels, batch)
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
        probability[chosen] = _probability_between(mixture, batch, low[chosen], high[chosen])
    return pd.Series(probability, index=index, name="attainment_probability")


def complete_year(
    months,
    year,
    rule="mean",
    to_date=None,
    lower=None,
    upper=None,
    quantile_levels=QUANTILE_LEVELS,
    kind=None,
):
    """Quantiles of a year's value when some of its months are known.

    A structural model of level, month of the year and noise says what the missing months will be; known
    months are taken as they are, so the interval narrows as the year fills and is exact when it is full.

    Parameters
    ----------
    months : Series of numbers indexed by month, written like "2024-09"
        of this and earlier years; gaps are allowed.
    year : int
        the year to complete.
    rule : str
        how months make a year: mean, sum, last, or days (mean weighted by calendar days).
    to_date : (int, float), optional
        a published value for the year up to a month, such as (9, 88.4) for January to September, under the
        same rule; for years of which single months are not known.
    lower, upper : float, optional
        bounds of a month's value.
    quantile_levels : iterable of float
    kind : str, optional
        a word of `schema.KINDS`.

    Returns
    -------
    DataFrame
        one row, the year; one column a level; in the unit of the year.

    Raises
    ------
    ValueError
        names the series and the value that cannot be used.

    Examples
    --------
    >>> months = pd.Series(90.0, index=[f"2024-{m:02}" for m in range(1, 13)], name="V15")
    >>> complete_year(months, 2024, quantile_levels=(0.1, 0.9)).to_numpy().tolist()
    [[90.0, 90.0]]
    """
    levels = _checked_levels(quantile_levels, months.name)
    mixture, batch = _year_mixture(months, year, rule, to_date, lower, upper, kind)
    index = pd.Index([year], name="year")
    return pd.DataFrame(_bounded_quantiles(mixture, levels, batch)[0], index=index, columns=list(levels))


def completion_probability(
    months, year, rule="mean", to_date=None, low=None, high=None, lower=None, upper=None, kind=None
):
    """Probability that the completed year lies from low to high, both included; see `complete_year`.

    >>> months = pd.Series(90.0, index=[f"2024-{m:02}" for m in range(1, 13)], name="V15")
    >>> completion_probability(months, 2024, low=85.5), completion_probability(months, 2024, low=90.5)
    (1.0, 0.0)
    """
    mixture, batch = _year_mixture(months, year, rule, to_date, lower, upper, kind)
    low, high = np.array([_or(low, -np.inf)]), np.array([_or(high, np.inf)])
    return float(_probability_between(mixture, batch, low, high)[0])


def _or(value, default):
    return default if value is None or pd.isna(value) else value


def _checked_batch(history, horizon, lower, upper, kind, reference_changes):
    if not isinstance(history, pd.Series):
        raise ValueError(f"history is {type(history).__name__}; expected a pandas Series indexed by year")
    name = history.name
    _check_horizon(horizon, name)
    if kind is not None and kind not in KINDS:
        raise ValueError(f"{name}: kind {kind!r}; expected one of {', '.join(KINDS)}")
    lower, upper = float(_or(lower, -np.inf)), float(_or(upper, np.inf))
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
    kinds = np.array([kind or _default_kind(lower, upper)])
    return values, _Batch(values.to_numpy()[None], pattern, np.array([lower]), np.array([upper]), kinds)


def _default_kind(lower, upper):
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


def _checked_levels(quantile_levels, name):
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
    rows["kind"] = _column_or(table, "kind", None)
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
    is_known = rows["kind"].isna() | rows["kind"].isin(KINDS)
    refuse(~is_known, "kind {kind!r}; expected one of " + ", ".join(KINDS))
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
        reference = _reference([changes[one] for one in chosen], len(batch.pattern) - 1)
        yield batch, chosen, _mixture(batch, steps, reference)


def _batches(rows, starts, ends):
    """Chunks of series with one pattern of observed years, and their positions."""
    years, values, counts = rows["year"].to_numpy(), rows["value"].to_numpy(), ends - starts + 1
    lower, upper, kinds = (rows[column].to_numpy()[ends] for column in ("lower", "upper", "kind"))
    is_closed = np.isfinite(lower) & np.isfinite(upper)
    kinds = np.where(pd.isna(kinds), np.where(is_closed, "percentage", "amount"), kinds).astype(str)
    for count in np.unique(counts):
        chosen = np.flatnonzero(counts == count)
        cells = starts[chosen, None] + np.arange(count)
        patterns, inverse = np.unique(years[cells] - years[cells[:, :1]], axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            same = np.flatnonzero(inverse.ravel() == number)
            for chunk in np.split(same, range(_CHUNK, len(same), _CHUNK)):
                one = chosen[chunk]
                batch = _Batch(
                    values[cells[chunk]], tuple(pattern.tolist()), lower[one], upper[one], kinds[one]
                )
                yield batch, one


class _Reference(NamedTuple):
    """What comparable series elsewhere say about the yearly changes of each series."""

    size: np.ndarray  # median absolute change, or the mean where most are nil
    middle: np.ndarray  # median change
    share: np.ndarray  # 0 to 1: rises with the changes seen, falls with the series' own; 0 without any


def _reference(changes_of, n_changes):
    return _Reference(*np.transpose([_seen(changes, n_changes) for changes in changes_of]))


def _seen(changes, n_changes):
    if changes is None or not len(changes):
        return 1.0, 0.0, 0.0
    if not isinstance(changes, BorrowedChanges):
        changes = ChangePool({"elsewhere": changes}).without([])
    prior = PRIORS["reference"]
    share = len(changes) / (len(changes) + prior["half_count"]) / (1 + prior["fade"] * n_changes)
    return changes.median_size() or changes.mean_size(), changes.median(), share


class _Counted(NamedTuple):
    """What the numbers behind a share say about chance alone."""

    scale: float  # of the difference of two shares of as many things, in the unit of the share
    all_again: float  # probability that all of the next things pass


def _counted(values, tested, batch):
    """Sampling noise of shares of counted things, with Jeffreys' half added to passes and failures."""
    if tested is None:
        return None
    name, room = values.name, batch.upper[0] - batch.lower[0]
    if not np.isfinite(room):
        raise ValueError(
            f"{name}: tested {tested!r} without two bounds; expected a share, such as of 0 to 100"
        )
    sizes = tested.reindex(values.index).to_numpy(float) if isinstance(tested, pd.Series) else tested
    sizes = np.broadcast_to(np.asarray(sizes, float), len(values))
    if not (np.isfinite(sizes) & (sizes >= 1)).all():
        raise ValueError(f"{name}: tested {sizes.tolist()}; expected a number of at least 1 for every value")
    passed = (values.to_numpy() - batch.lower[0]) / room * sizes
    passes, failures, last = passed.sum() + 0.5, sizes.sum() - passed.sum() + 0.5, sizes[-1]
    share = passes / (passes + failures)
    # 0.836: the scale of a Student t with 4 degrees of freedom whose 80 % interval is that of a normal
    scale = 0.836 * room * np.sqrt(share * (1 - share) * 2 / last)
    far = failures if values.iloc[-1] == batch.upper[0] else passes
    near = passes + failures - far
    return _Counted(scale, float(np.exp(betaln(near + last, far) - betaln(near, far))))


def _mixture(batch, steps, reference, counted=None):
    """Member weights, means, scales and atoms of each series for the given steps ahead."""
    maps = _maps(batch.pattern)
    last, n_changes = batch.values[:, -1], len(batch.pattern) - 1
    spread = _prior_spread(batch, reference)
    relative = (batch.values - last[:, None]) / spread[:, None]
    # no matrix product of BLAS here: the last bits of a series would depend on which others are beside it
    errors = np.einsum("sn,mkn->smk", relative, maps.innovations)
    own, prior_scale = np.abs(errors) @ _recency(n_changes), _member_column("scale")
    repeats = (np.diff(batch.values, axis=1) == 0).sum(axis=1)
    moving = (_recency(n_changes).sum() * (1 - repeats / max(n_changes, 1)))[:, None]
    scale = _shrunk_scale(prior_scale, own / np.maximum(moving, 1e-9), moving)
    growth = maps.deviation[:, steps - 1].T * np.exp(_curve("calibration", n_changes, steps))[:, None]
    steepness = scale[:, None] * growth
    scales = spread[:, None, None] * steepness
    if counted is not None:
        scales = np.maximum(scales, counted.scale)
    means = np.einsum("sn,mhn->shm", relative, maps.forecast[:, steps - 1])
    mixture = _Mixture(
        _posterior_weights(batch, maps, errors, prior_scale),
        last[:, None, None] + spread[:, None, None] * means + _borrowed_drift(steps, reference),
        scales,
        np.zeros((len(last), len(steps))),
        last,
        _curve("tail", n_changes, steps),
    )
    return mixture._replace(atom=_atom(batch, mixture, repeats, steps, counted))


# steep, because a series either moves as others do or is of another sort
_CALM_STEEPNESS = 8


def _shrunk_scale(prior_scale, own_scale, own_weight):
    """Scale between what is usual and what the series shows.

    What is usual says nothing of a series that is far calmer: the area of a forest does not move like sales.
    """
    prior = PRIORS["scale"]
    calmness = np.maximum(np.log(prior_scale / np.maximum(own_scale, 1e-9)), 0) / prior["calm"]
    prior_weight = prior["prior_weight"] / (1 + calmness**_CALM_STEEPNESS)
    total = prior_weight * prior_scale ** prior["power"] + own_weight * own_scale ** prior["power"]
    return (total / (prior_weight + own_weight)) ** (1 / prior["power"])


def _of_kind(batch, name):
    """A number, or a list of numbers, of each series' kind."""
    words, inverse = np.unique(batch.kinds, return_inverse=True)
    return np.array([PRIORS["kinds"][word][name] for word in words])[inverse]


def _member_column(name):
    return np.array([member[name] for member in PRIORS["members"]])


def _recency(n_changes):
    """Weight of each own change in the scale, the latest last: recent years say more about the next ones."""
    return np.exp(-PRIORS["scale"]["decay"] * np.arange(n_changes)[::-1])


def _posterior_weights(batch, maps, errors, prior_scale):
    """Weight of each member: its pooled prior times its tempered likelihood with the scale integrated out."""
    n_changes, freedom = len(batch.pattern) - 1, PRIORS["likelihood"]["degrees_of_freedom"]
    prior_sum = freedom * prior_scale**2
    log_likelihood = (
        freedom / 2 * np.log(prior_sum)
        - maps.log_determinant / 2
        - (freedom + n_changes) / 2 * np.log(prior_sum + np.square(errors).sum(axis=2))
    )
    log_weights = _of_kind(batch, "log_weights") + PRIORS["likelihood"]["temper"] * log_likelihood
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def _prior_spread(batch, reference):
    """Usual size of a yearly change: of shares by the distance to the bounds, of others by the level."""
    closed, level_share = PRIORS["spread"]["bounded"], PRIORS["spread"]["unbounded"]["share_of_level"]
    room = batch.upper - batch.lower
    is_closed = np.isfinite(room)
    with np.errstate(invalid="ignore"):
        share = np.clip((batch.values[:, -1] - batch.lower) / room, 0.01, 0.99)
        # a value at its bound tells nothing about how far it may leave it: the middle's spread
        share = np.where(_is_at_bound(batch), 0.5, share)
        bounded = room / 100 * closed["points"] * (share * (1 - share)) ** closed["power"]
    level = np.abs(batch.values).mean(axis=1)
    spread = np.where(is_closed, bounded, level_share * np.where(level > 0, level, 1.0))
    # a count of few things moves by whole things: its changes go with the root of the level
    rooted = PRIORS["spread"]["count"]["root_share"] * np.sqrt(level + 1)
    spread = np.where(~is_closed & (batch.kinds == "count"), np.maximum(spread, rooted), spread)
    spread = spread * np.exp(_of_kind(batch, "log_spread"))
    seen = np.maximum(reference.size * PRIORS["reference"]["size_ratio"], spread / 100)
    return spread ** (1 - reference.share) * seen**reference.share


def _borrowed_drift(steps, reference):
    """Common change of the comparable series, carried on in part, less so the more own changes there are."""
    carried = PRIORS["reference"]["drift_share"] * reference.share * reference.middle
    return carried[:, None, None] * steps[None, :, None]


def _curve(name, n_changes, steps):
    """A number of the calibration by horizon and number of own values, a curve in 1 / n and log h."""
    base, few, far, far_few, very_few = PRIORS["scale"][name]
    fewness = 1 / (n_changes + 1)
    return base + few * fewness + very_few * fewness**2 + (far + far_few * fewness) * np.log(steps)


# log odds of 0.9: where the tails begin, so that they leave the 80 % interval alone
_TAIL_START = np.log(9.0)


def _member_level(level, tail):
    """Probability below which the members put what experience puts below a level: 2.5 % may mean 1.9 %."""
    log_odds = logit(level)
    return expit(log_odds * (1 + tail * (np.abs(log_odds) - _TAIL_START)))


def _calibrated(probability, tail):
    """The level that a probability of the members means: undoes `_member_level`.

    >>> _calibrated(_member_level(np.array([0.0, 0.025, 0.5, 0.9]), 0.03), 0.03).round(6).tolist()
    [0.0, 0.025, 0.5, 0.9]
    """
    # the positive root of size (1 + tail (size - start)) = log odds, in the form that needs no tail above 0
    log_odds = np.clip(logit(probability), -700, 700)
    linear = 1 - tail * _TAIL_START
    size = 2 * np.abs(log_odds) / (linear + np.sqrt(linear**2 + 4 * tail * np.abs(log_odds)))
    return np.where((probability > 0) & (probability < 1), expit(np.copysign(size, log_odds)), probability)


def _atom(batch, mixture, repeats, steps, counted):
    """Weight of the atom at the last value, for series that repeated a value before or stand at a bound.

    The probability of repeating is a logistic line in the share of own changes that were nil, capped so
    that the 80 % interval keeps a width. At a bound, what the members put beyond it is part of that
    probability.
    """
    prior, log_steps, last = PRIORS["atom"], np.log(steps), batch.values[:, -1]
    at_bound = _is_at_bound(batch)
    n_changes = len(batch.pattern) - 1
    # a single value on its bound counts as one that has stayed once
    stays = repeats if n_changes else np.ones_like(repeats)
    log_odds = np.log((stays + 0.5) / (max(n_changes, 1) - stays + 0.5))
    line = (prior["base"] + prior["at_bound"] * at_bound)[:, None] + prior["far"] * log_steps
    line = line + (prior["repeats"] + prior["repeats_far"] * log_steps) * log_odds[:, None]
    cap = np.where(at_bound, prior["cap_at_bound"], prior["cap_inside"])[:, None]
    repeated = np.minimum(1 / (1 + np.exp(-line)), cap)
    if counted is not None:
        repeated = np.minimum(repeated, counted.all_again)
    is_repeating = (repeats > 0) | at_bound
    weight = np.where(is_repeating[:, None], repeated, 0.0)
    if at_bound.any():
        below = _t_cdf((last[at_bound, None, None] - mixture.means[at_bound]) / mixture.scales[at_bound])
        below = (mixture.weights[at_bound, None] * below).sum(axis=2)
        beyond = np.where((last == batch.upper)[at_bound, None], 1 - below, below)
        weight[at_bound] = np.maximum(repeated[at_bound] - beyond, 0) / (1 - beyond)
    return weight


def _is_at_bound(batch):
    last = batch.values[:, -1]
    return np.isfinite(batch.upper - batch.lower) & ((last == batch.lower) | (last == batch.upper))


@lru_cache(maxsize=4096)
def _maps(pattern):
    members = [_member_maps(pattern, *shape) for shape in _member_shapes()]
    return _Maps(*(np.array(part) for part in zip(*members, strict=True)))


def _member_shapes():
    return [(member["noise_ratio"], member["slope_ratio"], member["damping"]) for member in PRIORS["members"]]


def _member_maps(pattern, noise_ratio, slope_ratio, damping):
    """Forecast map and deviation, innovation map and log determinant of one member for one pattern.

    One pass of the statsmodels filter gives gains and variances, which depend on the pattern only; running
    the unit vectors through them gives the maps.
    """
    length, n = pattern[-1] + 1 + MAX_HORIZON, len(pattern)
    endog = np.full(length, np.nan)
    endog[list(pattern)] = 0.0
    result = _member_model(endog, noise_ratio, slope_ratio, damping).filter()
    gain, variance = result.kalman_gain[:, 0, :], result.forecasts_error_cov[0, 0]
    transition = result.transition[:, :, 0]
    state, predicted, errors = np.zeros((2, n)), [], []
    for time in range(length):
        predicted.append(state[0])
        state = transition @ state
        if time in pattern:
            error = np.eye(n)[pattern.index(time)] - predicted[-1]
            state = state + np.outer(gain[:, time], error)
            if time > 0:
                errors.append(error / np.sqrt(variance[time]))
    log_determinant = np.log(variance[list(pattern[1:])]).sum()
    deviation = np.sqrt(variance[-MAX_HORIZON:])
    return np.array(predicted[-MAX_HORIZON:]), deviation, np.array(errors).reshape(n - 1, n), log_determinant


def _member_model(endog, noise_ratio, slope_ratio, damping):
    """Level and damped slope in statsmodels, all variances relative to the level's noise.

    y = level + e, var e = noise_ratio; level' = level + slope + u, var u = 1; slope' = damping slope + w,
    with stationary variance slope_ratio. The level starts diffuse: nothing is assumed about it.
    """
    model = KalmanFilter(k_endog=1, k_states=2)
    model.bind(endog)
    model["design"] = np.array([[1.0, 0.0]])
    model["obs_cov"] = np.array([[noise_ratio]])
    model["transition"] = np.array([[1.0, 1.0], [0.0, damping]])
    model["selection"] = np.eye(2)
    model["state_cov"] = np.diag([1.0, slope_ratio * (1 - damping**2)])
    start = Initialization(2)
    start.set(0, "diffuse")
    start.set(1, "known", constant=np.zeros(1), stationary_cov=np.array([[slope_ratio]]))
    model.initialize(start)
    return model


def _t_cdf(standardised):
    """Distribution function of Student's t with 4 degrees of freedom, which is algebraic.

    >>> _t_cdf(np.array([0.0, 2.7764451])).round(6).tolist()
    [0.5, 0.975]
    """
    return _t_parts(standardised)[1]


def _t_quantile(probability):
    """Quantile of Student's t with 4 degrees of freedom (Shaw 2006, closed form).

    >>> _t_quantile(np.array([0.5, 0.975])).round(6).tolist()
    [0.0, 2.776445]
    """
    alpha = 4 * probability * (1 - probability)
    ratio = np.cos(np.arccos(np.sqrt(alpha)) / 3) / np.sqrt(alpha)
    return np.sign(probability - 0.5) * 2 * np.sqrt(np.maximum(ratio - 1, 0))


def _probability_between(mixture, batch, low, high):
    """P(low <= y <= high) of each series at one step: what would lie beyond a bound lies on it."""
    below, up_to = (
        _probability_below(mixture, low, or_at=False),
        _probability_below(mixture, high, or_at=True),
    )
    below = np.where(low <= batch.lower, 0.0, np.where(low > batch.upper, 1.0, below))
    up_to = np.where(high >= batch.upper, 1.0, np.where(high < batch.lower, 0.0, up_to))
    return np.clip(up_to - below, 0, 1)


def _probability_below(mixture, value, or_at):
    """P(y < value), or P(y <= value), before the bounds, of each series' mixture at one step."""
    with np.errstate(invalid="ignore"):  # an infinite value lies at or beyond a bound
        below = _t_cdf((value[:, None] - mixture.means[:, 0]) / mixture.scales[:, 0])
    atom = mixture.atom[:, 0]
    has_atom = (value > mixture.last) | (or_at & (value == mixture.last))
    below = (1 - atom) * (mixture.weights * below).sum(axis=1) + atom * has_atom
    return _calibrated(below, mixture.tail[0])


def _bounded_quantiles(mixture, levels, batch):
    """Quantiles (series, horizon, level) of the mixtures with atoms, clipped to the bounds, rising."""
    n_series, horizon, _ = mixture.means.shape
    weights = np.repeat(mixture.weights, horizon, axis=0)
    means, scales = mixture.means.reshape(len(weights), -1), mixture.scales.reshape(len(weights), -1)
    last, atom = np.repeat(mixture.last, horizon)[:, None], mixture.atom.reshape(-1, 1)
    levels = np.tile(_member_level(levels, mixture.tail[:, None]), (n_series, 1))
    below = (weights * _t_cdf((last - means) / scales)).sum(axis=1, keepdims=True) * (1 - atom)
    is_atom = (levels >= below) & (levels <= below + atom) & (atom > 0)
    continuous = np.where(levels > below, levels - atom, levels)
    continuous = continuous / np.maximum(1 - atom, 1e-9)
    quantiles = _continuous_quantiles(weights, means, scales, np.where(is_atom, 0.5, continuous))
    quantiles = np.where(is_atom, last, quantiles).reshape(n_series, horizon, -1)
    clipped = np.clip(quantiles, batch.lower[:, None, None], batch.upper[:, None, None])
    return np.maximum.accumulate(clipped, axis=2)


def _continuous_quantiles(weights, means, scales, probabilities):
    """Quantiles (rows, levels) of Student-t mixtures: bracketed among member quantiles, then Newton steps."""
    low, high, guess = _brackets(weights, means, scales, probabilities)
    n_levels = probabilities.shape[1]
    guess, low, high, wanted = guess.ravel(), low.ravel(), high.ravel(), probabilities.ravel()
    # after a Newton step from this close the probability is met to about 1e-9
    near = 3e-5 * np.sqrt(np.minimum(wanted, 1 - wanted))
    cells = np.arange(guess.size)
    for iteration in range(80):
        rows = cells // n_levels
        at, weight, scale = guess[cells], weights[rows], scales[rows]
        inverse, cdf = _t_parts((at[:, None] - means[rows]) / scale)
        excess = np.einsum("cm,cm->c", weight, cdf) - wanted[cells]
        np.divide(weight, scale, out=weight)
        inverse_square = inverse * inverse
        inverse *= inverse_square
        inverse *= inverse_square
        density = 12 * np.einsum("cm,cm->c", weight, inverse)
        low[cells] = floor = np.where(excess < 0, at, low[cells])
        high[cells] = roof = np.where(excess < 0, high[cells], at)
        newton = at - excess / density
        is_near = np.abs(excess) < near[cells]
        # every fourth step halves the bracket: a sharp member inside a wide one must not trap the others
        is_inside = (newton > floor) & (newton < roof) & (iteration % 4 < 3)
        guess[cells] = np.where(
            is_near, np.clip(newton, floor, roof), np.where(is_inside, newton, (floor + roof) / 2)
        )
        cells = cells[~is_near]
        if not len(cells):
            break
    return guess.reshape(probabilities.shape)


# members' quantiles at which the mixture is first evaluated
_NODES = np.array([0.02, 0.2, 0.5, 0.8, 0.98])


def _brackets(weights, means, scales, probabilities):
    """Lower and upper ends (rows, levels) between which the quantiles lie, and a first guess.

    The members' quantiles at a few levels are nodes; the two whose probabilities enclose a level enclose its
    quantile. Outside all nodes it lies between the smallest and the largest of the members' quantiles.
    """
    nodes = means[:, :, None] + scales[:, :, None] * _t_quantile(_NODES)
    nodes = np.sort(nodes.reshape(len(means), -1), axis=1)
    cdf, density = _node_values(weights, means, scales, nodes)
    right = np.count_nonzero(cdf[:, None] < probabilities[:, :, None].astype(np.float32), axis=2)
    is_outer = (right == 0) | (right == nodes.shape[1])
    right = np.clip(right, 1, nodes.shape[1] - 1)
    ends = [
        np.take_along_axis(part, side, 1) for part in (nodes, cdf, density) for side in (right - 1, right)
    ]
    left, right, *_ = ends
    guess = np.clip(_hermite(probabilities, *ends), left, right)
    # the nodes' probabilities are rounded: a bracket from them is widened before it may exclude anything
    slack = 1e-3 * (right - left) + 1e-6 * scales.max(axis=1, keepdims=True)
    low, high = left - slack, right + slack
    rows = np.nonzero(is_outer)[0]
    members = means[rows] + scales[rows] * _t_quantile(probabilities[is_outer])[:, None]
    low[is_outer], high[is_outer] = members.min(axis=1), members.max(axis=1)
    guess[is_outer] = (low[is_outer] + high[is_outer]) / 2
    return low, high, guess


def _node_values(weights, means, scales, nodes):
    """Probability below each node and density there, in single precision: they only start the search."""
    cdf, density = np.zeros(nodes.shape, np.float32), np.zeros(nodes.shape)
    for member in range(weights.shape[1]):
        scale, weight = scales[:, member, None], weights[:, member, None].astype(np.float32)
        inverse, part = _t_parts(((nodes - means[:, member, None]) / scale).astype(np.float32))
        part *= weight
        cdf += part
        square = inverse * inverse
        square *= square
        square *= inverse
        square *= weight * 12
        density += square / scale
    return cdf, density


def _hermite(wanted, left, right, left_cdf, right_cdf, left_density, right_density):
    """Cubic inverse interpolation of a distribution function between two nodes."""
    width = np.maximum(right_cdf - left_cdf, 1e-9)
    share = np.clip((wanted - left_cdf) / width, 0, 1)
    ends = left + share * share * (3 - 2 * share) * (right - left)
    slopes = (1 - share) / np.maximum(left_density, np.finfo(float).tiny) - share / np.maximum(
        right_density, np.finfo(float).tiny
    )
    return ends + share * (1 - share) * width * slopes


def _t_parts(standardised):
    """1 / sqrt(4 + z^2) and the distribution function of Student's t with 4 degrees of freedom."""
    # in place: a panel spends its time here
    inverse = standardised * standardised
    inverse += 4
    np.sqrt(inverse, out=inverse)
    np.reciprocal(inverse, out=inverse)
    sine = standardised * inverse
    cdf = sine * sine
    cdf *= -0.25
    cdf += 0.75
    cdf *= sine
    cdf += 0.5
    return inverse, cdf


def _year_mixture(months, year, rule, to_date, lower, upper, kind):
    """Distribution of a year of which some months, or a value to date, are known: one Student-t."""
    known, weights, part = _checked_months(months, year, rule, to_date, lower, upper)
    lower, upper = float(_or(lower, -np.inf)), float(_or(upper, np.inf))
    size = weights.sum()
    batch = _Batch(
        np.array([[known.mean()]]),
        (0,),
        np.array([lower]),
        np.array([upper]),
        np.array([kind or _default_kind(lower, upper)]),
    )
    noise = _month_noise(known, lower, upper)
    mean, variance, errors = _year_to_go(known, year, weights, part, noise)
    prior = PRIORS["months"]
    usual = prior["spread_ratio"] * _prior_spread(batch, _reference([None], 0))[0]
    scale = (prior["prior_weight"] * usual + np.abs(errors).sum()) / (prior["prior_weight"] + len(errors))
    is_full = variance < 1e-9
    shape = np.full((1, 1, 1), mean), np.full((1, 1, 1), 1.0 if is_full else scale * np.sqrt(variance))
    atom = np.full((1, 1), float(is_full))
    mixture = _Mixture(np.ones((1, 1)), *shape, atom, last=np.array([mean]), tail=np.zeros(1))
    return mixture, batch._replace(lower=batch.lower * size, upper=batch.upper * size)


def _year_to_go(known, year, weights, part, noise):
    """Mean and variance (noise = 1) of the year given what is known, and standardised one-month errors."""
    start = min(int(known.index[0][:4]), year)
    length = (year - start + 1) * 12
    endog = np.full((2, length), np.nan)
    places = [(int(month[:4]) - start) * 12 + int(month[5:]) - 1 for month in known.index]
    is_past = np.array(places) < length
    endog[0, np.array(places)[is_past]] = known.to_numpy()[is_past]
    this_year = endog[0, -12:]
    if not np.isnan(this_year[weights > 0]).any():
        return float(np.nansum(this_year * weights)), 0.0, np.zeros(0)
    if part is not None and part[0] == 12:
        return part[1], 0.0, np.zeros(0)
    if part is not None:
        endog[1, length - 12 + part[0]] = part[1]
    result = _months_model(endog, weights, noise).filter()
    is_scored = ~np.isnan(endog[0])
    is_scored[places[0]] = False
    errors = result.forecasts_error[0, is_scored] / np.sqrt(result.forecasts_error_cov[0, 0, is_scored])
    return result.predicted_state[-1, -1], result.predicted_state_cov[-1, -1, -1], errors


def _month_noise(known, lower, upper):
    """Variance of each month of the year relative to the mean: a share near its bound is steadier, as k
    of n is.

    A month's usual share is its known values' mean with one more value at the mean of all months.
    """
    room = upper - lower
    if not np.isfinite(room):
        return np.ones(12)
    months = known.index.str[5:].astype(int)
    shares = ((known - lower) / room).groupby(months).agg(["sum", "size"]).reindex(range(1, 13), fill_value=0)
    usual = (shares["sum"] + (known.mean() - lower) / room) / (shares["size"] + 1)
    variance = np.clip(usual * (1 - usual), 0.01, None).to_numpy()
    return variance / variance.mean()


def _months_model(endog, weights, noise):
    """Level, twelve effects of the months, noise and the sum of the last year so far, in statsmodels.

    y = level + effect of the month + noise, all variances relative to the noise's; sum' = sum + weight y
    in the last twelve months, and the second observed series is that sum, known where a value to date is
    published.
    """
    prior, length = PRIORS["months"], endog.shape[1]
    model = KalmanFilter(k_endog=2, k_states=15, k_posdef=14)
    model.bind(np.ascontiguousarray(endog.T))
    design, transition = np.zeros((2, 15, length)), np.zeros((15, 15, length))
    design[0, [0, 13]], design[1, 14] = 1.0, 1.0
    transition[range(13), range(13)] = transition[14, 14] = 1.0
    for time in range(length):
        design[0, 1 + time % 12, time] = 1.0
        weight = weights[time % 12] if time >= length - 12 else 0.0
        transition[14, [0, 1 + time % 12, 13], time] = weight
    model["design"], model["transition"] = design, transition
    model["obs_cov"] = np.zeros((2, 2))
    model["selection"] = np.eye(15, 14)
    covariance = np.zeros((14, 14, length))
    drifts = [prior["level_ratio"], *[prior["season_drift_ratio"] / 12] * 12]
    covariance[range(13), range(13)] = np.array(drifts)[:, None]
    covariance[13, 13] = noise[(np.arange(length) + 1) % 12]
    model["state_cov"] = covariance
    start = Initialization(15)
    start.set(0, "diffuse")
    variances = [*[prior["season_ratio"]] * 12, noise[0], 0.0]
    start.set((1, 15), "known", constant=np.zeros(14), stationary_cov=np.diag(variances))
    model.initialize(start)
    return model


_RULES = ("mean", "sum", "last", "days")


def _checked_months(months, year, rule, to_date, lower, upper):
    """Known months, the weights by which twelve months make the year, and the known part of its sum."""
    name = months.name
    if rule not in _RULES:
        raise ValueError(f"{name}: rule {rule!r}; expected one of {', '.join(_RULES)}")
    wrong = [label for label in months.index if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", str(label))]
    if wrong or not (months.index.is_unique and months.index.is_monotonic_increasing):
        raise ValueError(
            f"{name}: months {wrong or list(months.index)}; expected rising months such as 2024-09"
        )
    known = months.astype(float).dropna()
    if known.empty or not np.isfinite(known).all():
        raise ValueError(f"{name}: months hold {'nothing' if known.empty else 'an infinite value'}")
    outside = known[(known < _or(lower, -np.inf)) | (known > _or(upper, np.inf))]
    if len(outside):
        raise ValueError(
            f"{name}: value {outside.iloc[0]:g} of {outside.index[0]} is outside {lower} to {upper}"
        )
    weights = _month_weights(year, rule)
    if to_date is None:
        return known, weights, None
    count, value = to_date
    if rule == "last" or not 1 <= count <= 12 or not np.isfinite(value):
        raise ValueError(
            f"{name}: to_date {to_date} with rule {rule}; expected (1 to 12, a value), rule not last"
        )
    return known, weights, (int(count), value * (1.0 if rule == "sum" else weights[:count].sum()))


def _month_weights(year, rule):
    """Weights by which the values of twelve months make the year's.

    >>> _month_weights(2024, "days")[:2].round(4).tolist()
    [0.0847, 0.0792]
    """
    days = np.array([calendar.monthrange(year, month)[1] for month in range(1, 13)])
    return {
        "mean": np.full(12, 1 / 12),
        "sum": np.ones(12),
        "last": np.eye(12)[-1],
        "days": days / days.sum(),
    }[rule]
