"""A year of which some months are known, as a distribution."""

import calendar
import re

import numpy as np
import pandas as pd
from statsmodels.tsa.statespace.kalman_filter import KalmanFilter

from sy_analysis.forecast import members
from sy_analysis.forecast.distribution import Forecast
from sy_analysis.forecast.members import PRIORS, Batch
from sy_analysis.forecast.mixtures import Mixture
from sy_analysis.forecast.references import reference_of


def complete_year(
    months: pd.Series,
    year: int,
    rule: str = "mean",
    *,
    to_date: tuple[int, float] | None = None,
    bounds: tuple | None = None,
    family: str | None = None,
) -> Forecast:
    """Forecast a year of which some months are known.

    A structural model of level, month of the year and noise forecasts the missing months. Known months enter as
    they are, so the interval narrows as the year fills and is exact when it is full.

    Parameters
    ----------
    months : Series of numbers indexed by month, written like "2024-09"
        of this and earlier years; gaps are allowed.
    year : int
    rule : how months make a year: mean, sum, last, or days (mean weighted by calendar days)
    to_date : (month, value), optional
        a published value for the year up to a month, such as (9, 88.4) for January to September, under the
        same rule; for years of which single months are not known.
    bounds : (low, high), optional
        of a month's value; either may be None.
    family : as for `forecast`, optional

    Returns
    -------
    Forecast
        of one year, in the unit of the year.

    Raises
    ------
    ValueError
        naming the series and the value that cannot be used.

    Examples
    --------
    >>> months = pd.Series(90.0, index=[f"2024-{m:02}" for m in range(1, 13)], name="V15")
    >>> year = complete_year(months, 2024)
    >>> year.interval(0.8).to_numpy().tolist(), year.probability(at_least=90.5).to_dict()
    ([[90.0, 90.0]], {2024: 0.0})
    """
    lower, upper = members.limits_of(bounds, months.name)
    known, weights, part = _checked_months(months, year, rule, to_date, lower, upper)
    families = np.array([family or members.default_family(lower, upper)])
    batch = Batch(np.array([[known.mean()]]), (0,), np.array([lower]), np.array([upper]), families)
    mean, variance, errors = _year_to_go(known, year, weights, part, _month_noise(known, lower, upper))
    prior = PRIORS["months"]
    usual = prior["spread_ratio"] * members.prior_spread(batch, reference_of([None], 0))[0]
    scale = (prior["prior_weight"] * usual + np.abs(errors).sum()) / (prior["prior_weight"] + len(errors))
    is_full = variance < 1e-9
    mixture = Mixture(
        weights=np.ones((1, 1)),
        means=np.full((1, 1, 1), mean),
        scales=np.full((1, 1, 1), 1.0 if is_full else scale * np.sqrt(variance)),
        atom=np.full((1, 1), float(is_full)),
        last=np.array([mean]),
        tail=np.zeros(1),
        lower=batch.lower * weights.sum(),
        upper=batch.upper * weights.sum(),
    )
    return Forecast(pd.Index([year], name="year"), [(np.zeros((1, 1), int), mixture)])


def _year_to_go(known, year, weights, part, noise):
    """Mean and variance (noise = 1) of the year given what is known, and standardised one-month errors."""
    start = min(int(known.index[0][:4]), year)
    length = (year - start + 1) * 12
    endog = np.full((2, length), np.nan)
    places = np.array([(int(month[:4]) - start) * 12 + int(month[5:]) - 1 for month in known.index])
    is_past = places < length
    endog[0, places[is_past]] = known.to_numpy()[is_past]
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
    """Variance of each month of the year relative to the mean: a share is steadier the closer it is to a bound.

    A month's usual share is the mean of its known values and of one more value at the mean of all months.
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

    y = level + effect of the month + noise, all variances relative to the noise's. sum' = sum + weight y in the last
    twelve months. The second observed series is that sum, known where a value to date is published.
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
    members.start_filter(model, [*[prior["season_ratio"]] * 12, noise[0], 0.0])
    return model


def _checked_months(months, year, rule, to_date, lower, upper):
    """Known months, the weights by which twelve months make the year, and the known part of its sum."""
    name, rules = months.name, _month_weights(year)
    if rule not in rules:
        raise ValueError(f"{name}: rule {rule!r}; expected one of {', '.join(rules)}")
    wrong = [label for label in months.index if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", str(label))]
    if wrong or not (months.index.is_unique and months.index.is_monotonic_increasing):
        found = wrong or list(months.index)
        raise ValueError(f"{name}: months {found}; expected rising months such as 2024-09")
    known = months.astype(float).dropna()
    if known.empty or not np.isfinite(known).all():
        raise ValueError(f"{name}: months hold {'nothing' if known.empty else 'an infinite value'}")
    outside = known[(known < lower) | (known > upper)]
    if len(outside):
        found = f"value {outside.iloc[0]:g} of {outside.index[0]}"
        raise ValueError(f"{name}: {found} is outside {lower:g} to {upper:g}")
    weights = rules[rule]
    if to_date is None:
        return known, weights, None
    count, value = to_date
    if rule == "last" or not 1 <= count <= 12 or not np.isfinite(value):
        expected = "expected (1 to 12, a value), rule not last"
        raise ValueError(f"{name}: to_date {to_date} with rule {rule}; {expected}")
    return known, weights, (int(count), value * (1.0 if rule == "sum" else weights[:count].sum()))


def _month_weights(year):
    """By each rule, the weights by which the values of twelve months make the year's.

    >>> _month_weights(2024)["days"][:2].round(4).tolist()
    [0.0847, 0.0792]
    """
    days = np.array([calendar.monthrange(year, month)[1] for month in range(1, 13)])
    return {
        "mean": np.full(12, 1 / 12),
        "sum": np.ones(12),
        "last": np.eye(12)[-1],
        "days": days / days.sum(),
    }
