"""Structural members with fixed variance ratios, weighed by how well each explains a series' own changes.

Nothing is optimised on the series itself: on four to twelve points a fitted parameter is noise. With fixed
parameters a member's forecast is a linear map of the observed values that depends only on which years are
observed, so statsmodels filters once a pattern and a panel of any size is a matrix product. Formulas and
measurements: docs/forecasting.md.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import betaln
from statsmodels.tsa.statespace.initialization import Initialization
from statsmodels.tsa.statespace.kalman_filter import KalmanFilter

from sy_analysis.forecast.mixtures import Mixture, t_cdf

MODEL_VERSION = "4"
# outlines of national plans reach fifteen years ahead; beyond twice that no short series speaks
MAX_HORIZON = 30
# every fitted number of the model, with its provenance; made by benchmarks/fit_priors.py
PRIORS = json.loads(Path(__file__).with_name("priors.json").read_text(encoding="utf-8"))


class Batch(NamedTuple):
    """Series that are observed in the same years, relative to the first observed one."""

    values: np.ndarray  # (series, n), none missing
    pattern: tuple  # n whole numbers, the first 0
    lower: np.ndarray  # (series,), -inf where there is none
    upper: np.ndarray  # (series,), inf where there is none
    families: np.ndarray  # (series,) of words


def limits_of(bounds: tuple | None, name: str) -> tuple[float, float]:
    """Lower and upper bound as numbers, infinite where there is none.

    >>> limits_of((0, None), "P05")
    (0.0, inf)
    """
    given = zip(bounds or (None, None), (-np.inf, np.inf), strict=True)
    lower, upper = (default if limit is None or np.isnan(limit) else float(limit) for limit, default in given)
    if lower >= upper:
        raise ValueError(f"{name}: bounds {lower:g} to {upper:g}; expected lower below upper")
    return lower, upper


def default_family(lower: float, upper: float) -> str:
    """Family of a series that names none: percentage where both bounds are given, else amount."""
    return "percentage" if np.isfinite(lower) and np.isfinite(upper) else "amount"


class Maps(NamedTuple):
    """What the members do to the observed values of one pattern: linear maps and known variances."""

    forecast: np.ndarray  # (members, horizon, n): forecast means
    deviation: np.ndarray  # (members, horizon): forecast standard deviations, level noise = 1
    innovations: np.ndarray  # (members, n - 1, n): standardised one-step errors
    log_determinant: np.ndarray  # (members,): sum of log variances of the one-step errors


def mixture_of(batch: Batch, steps: np.ndarray, reference: tuple, counted: tuple | None = None) -> Mixture:
    """Forecast each series of a batch: weights, means and scales of the members, and the atom.

    Parameters
    ----------
    batch : Batch
    steps : array of int, the years ahead
    reference : Reference, what each series borrows
    counted : Counted, optional
        the sampling noise of a share.
    """
    maps, n_changes, last = _maps(batch.pattern), len(batch.pattern) - 1, batch.values[:, -1]
    spread = prior_spread(batch, reference)
    relative = (batch.values - last[:, None]) / spread[:, None]
    # einsum, not BLAS: with BLAS the last bits of a series would depend on which others are in the batch
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
    mixture = Mixture(
        _posterior_weights(batch, maps, errors, prior_scale),
        last[:, None, None] + spread[:, None, None] * means + _borrowed_drift(steps, reference),
        scales,
        np.zeros((len(last), len(steps))),
        last,
        _curve("tail", n_changes, steps),
        batch.lower,
        batch.upper,
    )
    return mixture._replace(atom=_atom(batch, mixture, repeats, steps, counted))


# steep, because a series either moves as others do or is of another sort
_CALM_STEEPNESS = 8


def _shrunk_scale(prior_scale, own_scale, own_weight):
    """Shrink the scale that a series shows towards the usual one.

    The usual scale counts little for a series that is far calmer: the area of a forest does not move like sales.
    """
    prior = PRIORS["scale"]
    calmness = np.maximum(np.log(prior_scale / np.maximum(own_scale, 1e-9)), 0) / prior["calm"]
    prior_weight = prior["prior_weight"] / (1 + calmness**_CALM_STEEPNESS)
    total = prior_weight * prior_scale ** prior["power"] + own_weight * own_scale ** prior["power"]
    return (total / (prior_weight + own_weight)) ** (1 / prior["power"])


def _of_family(batch, name):
    """A number, or a list of numbers, of each series' family."""
    words, inverse = np.unique(batch.families, return_inverse=True)
    return np.array([PRIORS["families"][word][name] for word in words])[inverse]


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
    log_weights = _of_family(batch, "log_weights") + PRIORS["likelihood"]["temper"] * log_likelihood
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def own_share(history: pd.Series) -> float:
    """Share of the evidence on the size of changes that is the series' own, the rest being borrowed.

    The share understates that of a series which is far calmer than usual.

    >>> own_share(pd.Series([91.27], index=[2020], name="P02"))
    0.0
    """
    own = _recency(np.isfinite(history.to_numpy(float)).sum() - 1).sum()
    return float(own / (own + PRIORS["scale"]["prior_weight"]))


def prior_spread(batch: Batch, reference: tuple) -> np.ndarray:
    """Usual size of a yearly change, in the unit of each series.

    That of a share depends on its distance to the bounds, any other on the level. Changes of comparable series
    move it.
    """
    closed, level_share = PRIORS["spread"]["bounded"], PRIORS["spread"]["unbounded"]["share_of_level"]
    room = batch.upper - batch.lower
    is_closed = np.isfinite(room)
    with np.errstate(invalid="ignore"):
        share = np.clip((batch.values[:, -1] - batch.lower) / room, 0.01, 0.99)
        # a value on its bound does not show how far it may leave it, so it gets the spread of the middle
        share = np.where(is_at_bound(batch), 0.5, share)
        bounded = room / 100 * closed["points"] * (share * (1 - share)) ** closed["power"]
    level = np.abs(batch.values).mean(axis=1)
    spread = np.where(is_closed, bounded, level_share * np.where(level > 0, level, 1.0))
    # a count of few things moves by whole things, so its changes grow with the root of the level
    rooted = PRIORS["spread"]["count"]["root_share"] * np.sqrt(level + 1)
    spread = np.where(~is_closed & (batch.families == "count"), np.maximum(spread, rooted), spread)
    spread = spread * np.exp(_of_family(batch, "log_spread"))
    seen = np.maximum(reference.size * PRIORS["reference"]["size_ratio"], spread / 100)
    return spread ** (1 - reference.share) * seen**reference.share


def _borrowed_drift(steps, reference):
    """Part of the median change of comparable series, smaller the more own changes there are."""
    carried = PRIORS["reference"]["drift_share"] * reference.share * reference.middle
    return carried[:, None, None] * steps[None, :, None]


def _curve(name, n_changes, steps):
    """Calibration by horizon h and number n of own values, a curve in 1 / n and log h."""
    base, few, far, far_few, very_few = PRIORS["scale"][name]
    fewness = 1 / (n_changes + 1)
    return base + few * fewness + very_few * fewness**2 + (far + far_few * fewness) * np.log(steps)


def _atom(batch, mixture, repeats, steps, counted):
    """Weight of the atom at the last value, for series that repeated a value before or stand at a bound.

    The probability of repeating is a logistic line in the share of own changes that were nil. A cap keeps the
    80 % interval open. At a bound, what the members put beyond it is part of that probability.
    """
    prior, log_steps, last = PRIORS["atom"], np.log(steps), batch.values[:, -1]
    at_bound, n_changes = is_at_bound(batch), len(batch.pattern) - 1
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
        below = t_cdf((last[at_bound, None, None] - mixture.means[at_bound]) / mixture.scales[at_bound])
        below = (mixture.weights[at_bound, None] * below).sum(axis=2)
        beyond = np.where((last == batch.upper)[at_bound, None], 1 - below, below)
        weight[at_bound] = np.maximum(repeated[at_bound] - beyond, 0) / (1 - beyond)
    return weight


def is_at_bound(batch: Batch) -> np.ndarray:
    """Whether the last value of each series stands on one of its two bounds."""
    last = batch.values[:, -1]
    return np.isfinite(batch.upper - batch.lower) & ((last == batch.lower) | (last == batch.upper))


class Counted(NamedTuple):
    """Sampling noise of a share of counted things."""

    scale: float  # of the difference of two shares of as many things, in the unit of the share
    all_again: float  # probability that all of the next things pass


def sampling_noise(values: pd.Series, tested: float | pd.Series | None, batch: Batch) -> Counted | None:
    """Sampling noise of shares of counted things, with Jeffreys' half added to passes and failures.

    Raises
    ------
    ValueError
        naming the series, without two bounds or without a number for every value.
    """
    if tested is None:
        return None
    name, room = values.name, batch.upper[0] - batch.lower[0]
    if not np.isfinite(room):
        expected = "expected a share, such as of 0 to 100"
        raise ValueError(f"{name}: tested {tested!r} without two bounds; {expected}")
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
    return Counted(scale, float(np.exp(betaln(near + last, far) - betaln(near, far))))


@lru_cache(maxsize=4096)
def _maps(pattern):
    shapes = zip(*map(_member_column, ("noise_ratio", "slope_ratio", "damping")), strict=True)
    members = [_member_maps(pattern, *shape) for shape in shapes]
    return Maps(*map(np.array, zip(*members, strict=True)))


def _member_maps(pattern, noise_ratio, slope_ratio, damping):
    """Forecast map and deviation, innovation map and log determinant of one member for one pattern.

    One pass of the statsmodels filter gives gains and variances, which depend on the pattern only. Running the unit
    vectors through them gives the maps.
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

    y = level + e, var e = noise_ratio. level' = level + slope + u, var u = 1. slope' = damping slope + w, with
    stationary variance slope_ratio. The level starts diffuse.
    """
    model = KalmanFilter(k_endog=1, k_states=2)
    model.bind(endog)
    model["design"] = np.array([[1.0, 0.0]])
    model["obs_cov"] = np.array([[noise_ratio]])
    model["transition"] = np.array([[1.0, 1.0], [0.0, damping]])
    model["selection"] = np.eye(2)
    model["state_cov"] = np.diag([1.0, slope_ratio * (1 - damping**2)])
    start_filter(model, [slope_ratio])
    return model


def start_filter(model: KalmanFilter, variances: list[float]) -> None:
    """Start a filter with a diffuse level and the given variances of its other states."""
    size = len(variances)
    start = Initialization(1 + size)
    start.set(0, "diffuse")
    start.set((1, 1 + size), "known", constant=np.zeros(size), stationary_cov=np.diag(variances))
    model.initialize(start)
