"""Forecasts of short yearly series as distributions, from state-space models with borrowed parameters.

Four structural members with fixed variance ratios are weighed by how well each explains the series' own
changes, given what pooled public series say about sizes of change. Nothing is optimised on the series itself:
on four to twelve points a fitted parameter is noise.
"""

import json
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import logsumexp, stdtr
from statsmodels.tsa.statespace.initialization import Initialization
from statsmodels.tsa.statespace.kalman_filter import KalmanFilter

from sy_analysis.schema import KINDS

MODEL_VERSION = "1"
QUANTILE_LEVELS = (0.025, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.975)
# outlines of national plans reach fifteen years ahead; beyond twice that no short series speaks
MAX_HORIZON = 30
PRIORS = json.loads(Path(__file__).with_name("priors.json").read_text(encoding="utf-8"))


class _Maps(NamedTuple):
    """What a member does to the observed values of one pattern of years: linear maps and known variances."""

    forecast: np.ndarray  # (horizon, n): forecast means
    variance: np.ndarray  # (horizon,): forecast variances, level noise = 1
    innovations: np.ndarray  # (n - 1, n): standardised one-step errors
    log_determinant: float  # sum of log variances of the one-step errors


class _Mixture(NamedTuple):
    """Student-t mixture of one forecast year before the bounds."""

    weights: np.ndarray
    means: np.ndarray
    scales: np.ndarray


def forecast_values(
    history,
    horizon,
    lower=None,
    upper=None,
    quantile_levels=QUANTILE_LEVELS,
    kind=None,
    reference_changes=None,
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
        a word of `schema.KINDS`.
    reference_changes : 1-d array, optional
        yearly changes of comparable series elsewhere, same unit; they scale the spread of a short history.

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
    >>> forecast_values(history, 2, 0, 100, quantile_levels=(0.1, 0.5, 0.9)).round(1).shape
    (2, 3)
    """
    values, horizon = _checked(history, horizon, lower, upper, kind, reference_changes)
    levels = _checked_levels(quantile_levels, history.name)
    years = pd.RangeIndex(values.index[-1] + 1, values.index[-1] + horizon + 1, name="year")
    rows = [
        _quantiles(_mixture(values, step, lower, upper, kind, reference_changes), levels)
        for step in range(1, horizon + 1)
    ]
    clipped = np.clip(rows, _or(lower, -np.inf), _or(upper, np.inf))
    return pd.DataFrame(np.maximum.accumulate(clipped, axis=1), index=years, columns=list(levels))


def attainment_probability(
    history, horizon, low=None, high=None, lower=None, upper=None, kind=None, reference_changes=None
):
    """Probability that the value of the last year of the horizon lies from low to high, both included.

    It is read from the same distribution as `forecast_values`: what would lie beyond a bound lies on it.

    Examples
    --------
    >>> history = pd.Series([98.2, 98.0, 98.4, 98.3], index=[2020, 2021, 2022, 2023], name="P01")
    >>> attainment_probability(history, 1, low=0, lower=0, upper=100)
    1.0
    """
    values, horizon = _checked(history, horizon, lower, upper, kind, reference_changes)
    low, high = _or(low, -np.inf), _or(high, np.inf)
    if not low <= high:
        raise ValueError(f"{history.name}: target from {low} to {high} is empty; expected low at most high")
    mixture = _mixture(values, horizon, lower, upper, kind, reference_changes)
    below = 0.0 if low <= _or(lower, -np.inf) else 1.0 if low > _or(upper, np.inf) else _cdf(mixture, low)
    up_to = 1.0 if high >= _or(upper, np.inf) else 0.0 if high < _or(lower, -np.inf) else _cdf(mixture, high)
    return float(np.clip(up_to - below, 0, 1))


def own_share(history, reference_changes=None):
    """Share of the evidence on the size of changes that is the series' own; the rest is borrowed.

    >>> own_share(pd.Series([91.27], index=[2020], name="P02"))
    0.0
    """
    values, _ = _checked(history, 1, None, None, None, reference_changes)
    n_changes = len(values) - 1
    return n_changes / (n_changes + PRIORS["prior_weight"])


def _or(value, default):
    return default if value is None or pd.isna(value) else value


def _checked(history, horizon, lower, upper, kind, reference_changes):
    if not isinstance(history, pd.Series):
        raise ValueError(f"history is {type(history).__name__}; expected a pandas Series indexed by year")
    name = history.name
    if (
        isinstance(horizon, bool)
        or not isinstance(horizon, int | np.integer)
        or not 1 <= horizon <= MAX_HORIZON
    ):
        raise ValueError(
            f"{name}: horizon {horizon!r}; expected a whole number of years from 1 to {MAX_HORIZON}"
        )
    if kind is not None and kind not in KINDS:
        raise ValueError(f"{name}: kind {kind!r}; expected one of {', '.join(KINDS)}")
    if _or(lower, -np.inf) >= _or(upper, np.inf):
        raise ValueError(f"{name}: bounds {lower} to {upper}; expected lower below upper")
    values = _checked_values(history)
    outside = values[(values < _or(lower, -np.inf)) | (values > _or(upper, np.inf))]
    if len(outside):
        raise ValueError(
            f"{name}: value {outside.iloc[0]:g} of {outside.index[0]} is outside {lower} to {upper}"
        )
    if reference_changes is not None and not np.isfinite(np.asarray(reference_changes, float)).all():
        raise ValueError(
            f"{name}: reference_changes hold a missing or infinite value; expected yearly changes"
        )
    return values, int(horizon)


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


def _mixture(values, step, lower, upper, kind, reference_changes):
    observed = values.to_numpy()
    pattern = tuple(int(year - values.index[0]) for year in values.index)
    spread = _prior_spread(observed, lower, upper, reference_changes)
    unit = spread if spread > 0 else 1.0
    relative = (observed - observed[-1]) / unit
    n_changes = len(observed) - 1
    nu, weight = PRIORS["likelihood_degrees_of_freedom"], PRIORS["prior_weight"]
    log_weights, means, scales = [], [], []
    for name, prior in zip(PRIORS["members"], _member_weights(lower, upper), strict=True):
        maps = _member_maps(pattern, MAX_HORIZON, **PRIORS["members"][name])
        errors = maps.innovations @ relative
        log_weights.append(
            np.log(prior) - maps.log_determinant / 2 - (nu + n_changes) / 2 * np.log(nu + errors @ errors)
        )
        own = np.sqrt(max(errors @ errors / max(n_changes, 1), 1e-4))
        shrunk = own ** (n_changes / (n_changes + weight))
        inflation = 1 + PRIORS["small_sample_inflation"] / max(n_changes, 1)
        means.append(observed[-1] + unit * maps.forecast[step - 1] @ relative)
        scales.append(unit * shrunk * inflation * np.sqrt(maps.variance[step - 1]))
    weights = np.exp(log_weights - logsumexp(log_weights))
    return _Mixture(weights, np.array(means), np.array(scales))


def _member_weights(lower, upper):
    is_bounded = np.isfinite(_or(lower, -np.inf)) and np.isfinite(_or(upper, np.inf))
    return PRIORS["member_weights"]["bounded" if is_bounded else "unbounded"]


def _prior_spread(observed, lower, upper, reference_changes):
    if np.isfinite(_or(lower, -np.inf)) and np.isfinite(_or(upper, np.inf)):
        room = upper - lower
        share = np.clip((observed[-1] - lower) / room, 0.01, 0.99)
        prior = PRIORS["bounded_spread"]
        spread = room / 100 * prior["factor"] * (share * (1 - share)) ** prior["power"]
    else:
        level = np.abs(observed).mean()
        spread = PRIORS["unbounded_spread"]["share_of_level"] * (level if level > 0 else 1.0)
    if reference_changes is None or len(reference_changes) == 0:
        return spread
    seen = np.sqrt(np.mean(np.square(reference_changes)))
    share = len(reference_changes) / (len(reference_changes) + PRIORS["prior_weight"])
    return spread ** (1 - share) * max(seen, spread / 100) ** share


@lru_cache(maxsize=4096)
def _member_maps(pattern, horizon, noise_ratio, slope_ratio, damping):
    """Linear maps of one member for one pattern of observed years (years since the first).

    One pass of the statsmodels filter gives gains and variances, which depend on the pattern only; running
    the unit vectors through them gives the maps.
    """
    length = pattern[-1] + 1 + horizon
    endog = np.full(length, np.nan)
    endog[list(pattern)] = 0.0
    result = _member_model(endog, noise_ratio, slope_ratio, damping).filter()
    gain, variance = result.kalman_gain[:, 0, :], result.forecasts_error_cov[0, 0]
    transition = result.transition[:, :, 0]
    state, predicted, errors = np.zeros((2, len(pattern))), [], []
    for time in range(length):
        predicted.append(state[0])
        state = transition @ state
        if time in pattern:
            unit = np.eye(len(pattern))[pattern.index(time)]
            error = unit - predicted[-1]
            state = state + np.outer(gain[:, time], error)
            if time > 0:
                errors.append(error / np.sqrt(variance[time]))
    innovations = np.array(errors).reshape(len(pattern) - 1, len(pattern))
    log_determinant = float(np.log(variance[list(pattern[1:])]).sum())
    return _Maps(np.array(predicted[-horizon:]), variance[-horizon:], innovations, log_determinant)


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


def _cdf(mixture, value):
    standardised = (value - mixture.means) / mixture.scales
    return float(mixture.weights @ stdtr(PRIORS["degrees_of_freedom"], standardised))


def _quantiles(mixture, levels):
    """Quantiles of the mixture by bisection between its members' extreme quantiles."""
    reach = 1000 * mixture.scales
    low = np.full(len(levels), (mixture.means - reach).min())
    high = np.full(len(levels), (mixture.means + reach).max())
    for _ in range(60):
        middle = (low + high) / 2
        standardised = (middle[:, None] - mixture.means) / mixture.scales
        is_below = stdtr(PRIORS["degrees_of_freedom"], standardised) @ mixture.weights < levels
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    return (low + high) / 2
