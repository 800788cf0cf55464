"""Fit the pooled numbers of the forecasting model on a panel of yearly windows and write priors.json.

    python benchmarks/fit_priors.py WINDOWS.parquet sy_analysis/forecast/priors.json

Each window holds up to ten yearly values (`hist`), the next five (`fut`), whether it is a percentage
(`bounded`) and the indicator it belongs to (`group`). The loss is the CRPS of the clipped forecast
relative to that of "no change", every indicator weighing by the square root of its windows. Indicators
are split into two halves: each half is scored with the numbers fitted on the other, and those
out-of-sample forecasts set the calibration by horizon and length. The figures printed here are therefore
honest; the numbers written are fitted on all.
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import ndtri

from sy_analysis.forecast import forecast_panel
from sy_analysis.forecast.members import _CALM_STEEPNESS, PRIORS, Batch, _member_maps, prior_spread
from sy_analysis.forecast.mixtures import _calibrated, t_cdf
from sy_analysis.forecast.references import ChangePool, reference_of
from sy_analysis.forecast.scores import quantile_crps
from sy_analysis.forecast.year import _month_noise, _months_model

STEPS = 5
# noise ratio, slope ratio, damping: the grid spans no change, noise about a level, momentum and steady trends
MEMBERS = {
    "random_walk": (0.0, 0.0, 0.0),
    "slow_level": (1.0, 0.0, 0.0),
    "noisy_level": (4.0, 0.0, 0.0),
    "lasting_mean": (40.0, 0.0, 0.0),
    "damped_momentum": (0.0, 2.0, 0.7),
    "long_momentum": (0.5, 8.0, 0.9),
    "steady_trend": (0.1, 50.0, 0.98),
    "constant_drift": (2.0, 0.3, 1.0),
}
# share of the windows that is used at each history length: enough to fit forty numbers in minutes
SAMPLED = {1: 0.05, 2: 0.06, 3: 0.1, 4: 0.25, 5: 0.25, 6: 0.25, 7: 0.2, 8: 0.35, 9: 0.2, 10: 0.6}
# below this share of the usual change a window's own mean change is no scale to divide by
SCALE_FLOOR = 0.15
# the same for histories of up to three values, whose own mean change says little
SHORT_FLOOR = 0.6
# pull of every number towards its start, in CRPS ratio per squared unit; that of a family's numbers towards the pooled
# ones is stronger, because what a family shows in one half of the indicators it mostly does not show in the other
PENALTY, KIND_PENALTY = 4e-4, 1e-2
# an atom above 0.9 at a bound, or 0.8 inside, would leave the 80 % interval without width
ATOM_CAPS = {"cap_at_bound": 0.895, "cap_inside": 0.795}
# edges of the integration grid of the CRPS, in units of the series' scale; zero is an edge
_EDGES = (np.sinh(np.linspace(-4.2, 4.2, 41)) * 0.12).astype(np.float32)
_SEED = 20261124


class Items(NamedTuple):
    """Windows cut to a length, everything relative to the last value in units of a fixed base spread."""

    group: np.ndarray
    half: np.ndarray
    n_changes: np.ndarray
    is_bounded: np.ndarray
    last: np.ndarray
    base: np.ndarray
    log_room: np.ndarray  # log 4u(1-u) of bounded windows, 0 elsewhere
    future: np.ndarray  # (items, STEPS), relative
    lower: np.ndarray
    upper: np.ndarray
    scale: np.ndarray  # mean absolute change with a floor, relative
    naive: np.ndarray  # (items, STEPS): CRPS of no change, relative
    repeats: np.ndarray
    errors: np.ndarray  # (items, members, 9) absolute innovations, latest first, 0 where there is none
    is_error: np.ndarray  # (items, 9)
    log_determinant: np.ndarray  # (items, members)
    means: np.ndarray  # (items, STEPS, members)
    deviations: np.ndarray  # (items, STEPS, members)
    family: np.ndarray

    def where(self, chosen):
        return Items(*(part[chosen] for part in self))


def read_items(path):
    windows = pd.read_parquet(path)
    windows["values"] = [np.array(values, float) for values in windows["hist"]]
    random = np.random.default_rng(_SEED)
    parts = []
    for n, share in SAMPLED.items():
        long_enough = windows[windows["values"].map(len) >= n]
        parts.append(_cut(long_enough[random.random(len(long_enough)) < share], n))
    return Items(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _cut(windows, n):
    values = np.stack([value[-n:] for value in windows["values"]])
    is_bounded, last = windows["bounded"].to_numpy(), values[:, -1]
    is_at_bound = is_bounded & ((last == 0) | (last == 100))
    share = np.where(is_at_bound, 0.5, np.clip(last / 100, 0.01, 0.99))
    level = np.abs(values).mean(axis=1)
    base = np.where(is_bounded, 5.5 * (share * (1 - share)) ** 0.84, 0.05 * np.where(level > 0, level, 1.0))
    relative = (values - last[:, None]) / base[:, None]
    changes = np.diff(relative, axis=1)
    future = (np.stack(list(windows["fut"])) - last[:, None]) / base[:, None]
    lower = np.where(is_bounded, (0 - last) / base, -np.inf)
    upper = np.where(is_bounded, (100 - last) / base, np.inf)
    errors, is_error = np.zeros((len(values), len(MEMBERS), 9), np.float32), np.arange(9) < n - 1
    means = np.empty((len(values), STEPS, len(MEMBERS)))
    deviations, log_determinants = np.empty((STEPS, len(MEMBERS))), np.empty(len(MEMBERS))
    for number, shape in enumerate(MEMBERS.values()):
        forecast, deviation, innovations, log_determinants[number] = _member_maps(tuple(range(n)), *shape)
        errors[:, number, : n - 1] = np.abs(relative @ innovations.T)[:, ::-1]
        means[:, :, number] = relative @ forecast[:STEPS].T
        deviations[:, number] = deviation[:STEPS]
    groups = windows["group"].to_numpy(str)
    return Items(
        groups,
        np.array([_half(group) for group in groups]),
        np.full(len(values), n - 1),
        is_bounded,
        last,
        base,
        np.where(is_bounded, np.log(4 * share * (1 - share)), 0.0),
        future,
        lower,
        upper,
        np.maximum(np.abs(changes).sum(axis=1) / max(n - 1, 1), SCALE_FLOOR if n > 3 else SHORT_FLOOR),
        _naive_crps(changes, future, lower, upper),
        (changes == 0).sum(axis=1),
        errors,
        np.tile(is_error, (len(values), 1)),
        np.tile(log_determinants, (len(values), 1)),
        means,
        np.tile(deviations, (len(values), 1, 1)),
        _families(values, is_bounded),
    )


def _half(group):
    return int(hashlib.md5(group.encode()).hexdigest(), 16) % 2


def _families(values, is_bounded):
    """The family whose numbers a window informs: by level for shares, by whole values for the others."""
    last = values[:, -1]
    is_count = (values == np.round(values)).all(axis=1) & (values >= 0).all(axis=1)
    shares = np.select([last >= 98, last >= 80], ["ceiling", "hold"], "percentage")
    return np.where(is_bounded, shares, np.where(is_count, "count", "amount"))


def _naive_crps(changes, future, lower, upper):
    levels = np.arange(1, 40) / 40
    spread = np.sqrt(np.square(changes).sum(axis=1) / max(changes.shape[1], 1))
    scores = np.empty(future.shape)
    for step in range(STEPS):
        quantiles = spread[:, None] * np.sqrt(step + 1) * ndtri(levels)
        error = future[:, [step]] - np.clip(quantiles, lower[:, None], upper[:, None])
        scores[:, step] = 2 * np.maximum(levels * error, (levels - 1) * error).mean(axis=1)
    return scores


START = {
    "log_weights": np.zeros(len(MEMBERS)),
    "bounded_log_weights": np.zeros(len(MEMBERS)),
    "log_scales": np.array([-0.5 * np.log(1 + 2 * noise + slope) for noise, slope, _ in MEMBERS.values()]),
    "log_freedom": np.zeros(1),
    "temper": np.array([0.5]),
    "log_prior_weight": np.array([np.log(2.0)]),
    "decay": np.array([0.05]),
    "log_power": np.array([np.log(0.5)]),
    "log_calm": np.zeros(1),
    "calibration": np.array([0.0, 0.2, 0.0, 0.0, 0.0]),
    "log_points": np.zeros(1),
    "power": np.zeros(1),
    "log_share": np.zeros(1),
}


def pack(numbers):
    return np.concatenate([numbers[name] for name in START])


def unpack(vector):
    ends = np.cumsum([len(value) for value in START.values()])
    return dict(zip(START, np.split(vector, ends[:-1]), strict=True))


def mixture(numbers, items):
    """Log weights (items, members) and log scales (items, STEPS, members), as in `members.mixture_of`."""
    n_changes = items.n_changes[:, None].astype(float)
    shift = np.where(
        items.is_bounded, numbers["log_points"] + numbers["power"] * items.log_room, numbers["log_share"]
    )[:, None]
    prior = np.exp(numbers["log_scales"] + shift)
    freedom = np.exp(numbers["log_freedom"])
    log_likelihood = (
        freedom / 2 * np.log(freedom * prior**2)
        - items.log_determinant / 2
        - (freedom + n_changes) / 2 * np.log(freedom * prior**2 + np.square(items.errors).sum(axis=2))
    )
    log_weights = numbers["log_weights"] + numbers["temper"] * log_likelihood
    log_weights = log_weights + items.is_bounded[:, None] * numbers["bounded_log_weights"]
    recency = items.is_error * np.exp(-numbers["decay"] * np.arange(9))
    own = np.einsum("ime,ie->im", items.errors, recency)
    moving = 1 - items.repeats[:, None] / np.maximum(n_changes, 1)
    power, counted = np.exp(numbers["log_power"]), moving * recency.sum(axis=1)[:, None]
    own = own / np.maximum(counted, 1e-9)
    calmness = np.maximum(np.log(prior / np.maximum(own, 1e-9)), 0) / np.exp(numbers["log_calm"])
    weight = np.exp(numbers["log_prior_weight"]) / (1 + calmness**_CALM_STEEPNESS)
    scale = ((weight * prior**power + counted * own**power) / (weight + counted)) ** (1 / power)
    base, few, far, far_few, very_few = numbers["calibration"]
    fewness = 1 / (n_changes + 1)
    factor = base + few * fewness + very_few * fewness**2
    factor = factor + (far + far_few * fewness) * np.log(np.arange(1, STEPS + 1))
    return log_weights, np.log(scale)[:, None] + np.log(items.deviations) + factor[:, :, None]


def softmax(log_weights):
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


class Loss:
    """CRPS relative to naive at one random step of each item, with its gradient by weights and scales."""

    def __init__(self, items, atoms):
        random = np.random.default_rng(_SEED)
        self.items, self.step = items, random.integers(0, STEPS, len(items.last))
        rows = np.arange(len(items.last))
        self.observed = items.future[rows, self.step].astype(np.float32)
        self.atom = atom_probability(atoms, items)[rows, self.step].astype(np.float32)
        self.unit = 2 * np.sqrt(np.maximum(items.scale, 0.05) * (self.step + 1)).astype(np.float32)
        naive = items.naive / items.scale[:, None]
        frame = pd.DataFrame({"group": items.group, "naive": naive.mean(axis=1)})
        frame = frame[items.naive[:, 0] > 0].groupby("group")["naive"].agg(["mean", "size"])
        usual = frame["mean"].clip(lower=0.05).reindex(items.group).to_numpy()
        size = frame["size"].reindex(items.group).to_numpy()
        weight = np.nan_to_num(np.minimum(size, 40) ** 0.5 / size / usual) * (items.naive[:, 0] > 0)
        self.weight = (weight / items.scale / (weight * naive[rows, self.step]).sum()).astype(np.float32)

    def __call__(self, log_weights, log_scales):
        weights, rows = softmax(log_weights), np.arange(len(log_weights))
        by_weight, by_scale, total = np.zeros_like(log_weights), np.zeros_like(log_scales), 0.0
        scales = np.exp(log_scales[rows, self.step]).astype(np.float32)
        means = self.items.means[rows, self.step].astype(np.float32)
        for part in np.array_split(rows, len(rows) // 2000 + 1):
            weight, scale = weights[part].astype(np.float32), scales[part]
            width, middle, is_after = self._cells(part)
            standardised = (middle[:, None] - means[part][:, :, None]) / scale[:, :, None]
            inverse = 1 / np.sqrt(4 + standardised * standardised)
            sine = standardised * inverse
            cdf = 0.5 + sine * (3 - sine * sine) / 4
            atom = self.atom[part, None]
            below = (1 - atom) * np.einsum("im,imk->ik", weight, cdf) + atom * (middle > 0)
            share = self.weight[part, None] * width
            total += (share * ((1 - is_after) * below**2 + is_after * (1 - below) ** 2)).sum(dtype=float)
            slope = 2 * share * (below - is_after) * (1 - atom)
            by_cdf = np.einsum("ik,imk->im", slope, cdf)
            by_weight[part] = weight * (by_cdf - (weight * by_cdf).sum(axis=1, keepdims=True))
            by_scale[part, self.step[part]] = -weight * np.einsum(
                "ik,imk->im", slope, 12 * inverse**5 * standardised
            )
        return total, by_weight, by_scale

    def _cells(self, part):
        """Width and middle of the grid cells within the bounds, and the share of each beyond the outturn."""
        lower, upper = (
            bound[part, None].astype(np.float32) for bound in (self.items.lower, self.items.upper)
        )
        observed = self.observed[part, None]
        edges = np.clip(self.unit[part, None] * _EDGES, lower, upper)
        edges[:, 0] = np.minimum(edges[:, 0], observed[:, 0])
        edges[:, -1] = np.maximum(edges[:, -1], observed[:, 0])
        width = np.diff(edges, axis=1)
        is_after = np.clip((edges[:, 1:] - observed) / np.maximum(width, 1e-12), 0, 1)
        return width, (edges[:, 1:] + edges[:, :-1]) / 2, is_after


def minimise(loss, start, names=tuple(START), max_iterations=140, penalty=PENALTY):
    """Vector that minimises the loss over the named numbers, by L-BFGS with a pull towards the start."""
    items, step = loss.items, 1e-4

    def value_and_gradient(vector):
        log_weights, log_scales = mixture(unpack(vector), items)
        value, by_weight, by_scale = loss(log_weights, log_scales)
        gradient = np.zeros(len(vector))
        for places in _moved_together(names):
            moved = vector.copy()
            moved[places] += step
            moved_weights, moved_scales = mixture(unpack(moved), items)
            slopes = (by_weight * (moved_weights - log_weights)).sum(axis=0)
            slopes = slopes + (by_scale * (moved_scales - log_scales)).sum(axis=(0, 1))
            gradient[places] = (slopes if len(places) == len(MEMBERS) else slopes.sum()) / step
        away = vector - start
        return value + penalty * away @ away, gradient + 2 * penalty * away

    return minimize(
        value_and_gradient, start, jac=True, method="L-BFGS-B", options={"maxiter": max_iterations}
    ).x


def _moved_together(names):
    """Places of the vector that one difference step serves: members together, as each moves only itself."""
    first = 0
    for name, value in START.items():
        places = list(range(first, first + len(value)))
        first += len(value)
        if name in names:
            yield from [places] if len(value) == len(MEMBERS) else [[place] for place in places]


ATOM_NAMES = ("base", "at_bound", "repeats", "repeats_far", "far")


def is_at_bound(items):
    return (items.lower == 0) | (items.upper == 0)


def _atom_line(atoms, items):
    # a single value on its bound counts as one that has stayed once
    repeats = np.where(items.n_changes == 0, 1, items.repeats)
    log_odds = np.log((repeats + 0.5) / (np.maximum(items.n_changes, 1) - repeats + 0.5))[:, None]
    log_step = np.log(np.arange(1, STEPS + 1))
    base, at_bound, repeats, repeats_far, far = atoms
    steepness = repeats + repeats_far * log_step
    return base + at_bound * is_at_bound(items)[:, None] + steepness * log_odds + far * log_step


def atom_probability(atoms, items):
    """Weight (items, STEPS) of the atom at the last value, 0 for series that neither repeated it nor are
    at a bound.

    At a bound about half of the rest lies beyond it and adds to the atom, which is weighed so that the
    two make the probability of repetition.
    """
    at_bound = is_at_bound(items)[:, None]
    cap = np.where(at_bound, *ATOM_CAPS.values())
    repeated = np.minimum(1 / (1 + np.exp(-_atom_line(atoms, items))), cap)
    weight = np.where(at_bound, np.maximum(2 * repeated - 1, 0), repeated)
    return np.where(at_bound | (items.repeats[:, None] > 0), weight, 0.0)


def fit_atoms(items):
    """Logistic regression of exact repetition on the share of own changes that were nil and the bound."""
    repeating = items.where((items.repeats > 0) | is_at_bound(items))
    is_repeated = repeating.future == 0

    def negative_log_likelihood(atoms):
        line = _atom_line(atoms, repeating)
        return (np.logaddexp(0, line) - is_repeated * line).mean()

    return minimize(negative_log_likelihood, np.array([-1.0, 0.0, 1.0, 0.0, 0.0])).x


def probability_integral(vector, atoms, items, log_factor=0.0):
    """Forecast probability (items, STEPS) of at most the outturn, half of an atom met."""
    log_weights, log_scales = mixture(unpack(vector), items)
    weights, atom = softmax(log_weights), atom_probability(atoms, items)
    scales = np.exp(log_scales + log_factor)
    cdf = np.einsum("im,ism->is", weights, t_cdf((items.future[:, :, None] - items.means) / scales))
    return (1 - atom) * cdf + atom * (np.sign(items.future) + 1) / 2


class Calibration(NamedTuple):
    """Curves in 1 / own values and log horizon that make stated levels true."""

    scale: np.ndarray  # added to the log scales
    tail: np.ndarray  # see `mixtures._member_level`


def calibrate(vector, atoms, items):
    """Scale and tail with which intervals cover what they say: the 80 % interval sets one, the 95 % the other.

    The items are those of the half on which the vector was not fitted.
    """

    def levels(part, log_factor, tail):
        log_factor = np.broadcast_to(log_factor, STEPS)[:, None]
        return _calibrated(probability_integral(vector, atoms, part, log_factor), tail)

    scale = _line(items, 0.8, np.linspace(-0.3, 0.5, 33), lambda part, factor: levels(part, factor, 0.0))
    tail = _line(
        items, 0.95, np.linspace(0, 0.2, 21), lambda part, tail: levels(part, _at(scale, part), tail)
    )
    return Calibration(scale, tail)


def _line(items, level, grid, levels_of):
    """Line through the numbers of a grid at which the central interval of a level covers just that."""
    design, wanted, weights = [], [], []
    for n_changes in np.unique(items.n_changes):
        part = items.where(items.n_changes == n_changes)
        covered = np.array([_coverage(levels_of(part, number), part, level) for number in grid])
        for step in range(STEPS):
            design.append(_terms(n_changes, step))
            wanted.append(np.interp(level, covered[:, step], grid))
            weights.append(1.0 if n_changes >= 3 else 1 / 3)  # very short histories count less
    weights = np.sqrt(weights)
    return np.linalg.lstsq(np.array(design) * weights[:, None], np.array(wanted) * weights, rcond=None)[0]


def _terms(n_changes, step):
    fewness, far = 1 / (n_changes + 1), np.log(step + 1)
    return [1, fewness, far, far * fewness, fewness**2]


def _at(line, part):
    """Values (STEPS,) of a line for items of one length."""
    return np.array([_terms(part.n_changes[0], step) for step in range(STEPS)]) @ line


def _coverage(levels, items, level):
    """Share (STEPS,) of outturns inside the central interval of a level."""
    tail = (1 - level) / 2
    at_lower, at_upper = (np.isclose(items.future, bound[:, None]) for bound in (items.lower, items.upper))
    return (((levels >= tail) | at_lower) & ((levels <= 1 - tail) | at_upper)).mean(axis=0)


def fit_families(vector, atoms, items):
    """Log weights and log spread of each family: moved from the pooled ones as far as its windows ask for."""
    families, pooled = {}, unpack(vector)
    for family in ("percentage", "hold", "ceiling", "count", "amount"):
        chosen, is_share = items.where(items.family == family), family in ("percentage", "hold", "ceiling")
        spread = "log_points" if is_share else "log_share"
        moved = unpack(minimise(Loss(chosen, atoms), vector, ("log_weights", spread), 15, KIND_PENALTY))
        log_weights = moved["log_weights"] + is_share * moved["bounded_log_weights"]
        families[family] = {
            "log_weights": _rounded(log_weights - log_weights.max()),
            "log_spread": _rounded(moved[spread][0] - pooled[spread][0]),
            "windows": len(chosen.last),
        }
    # no share of days is in the panel: it takes the numbers of a percentage
    return families | {"days_share": families["percentage"] | {"windows": 0}}


def _rounded(value):
    return np.round(value, 3).tolist()


def ratio_to_naive(vector, atoms, items):
    """CRPS ratio to no change of the items, weighted as in the fit."""
    return Loss(items, atoms)(*mixture(unpack(vector), items))[0]


def priors(vector, added, atoms, items, kept):
    """The file of the model's numbers: those of a vector, families fitted on the items, calibration grown."""
    numbers = unpack(vector)
    scales = np.exp(numbers["log_scales"])
    members = [
        {
            "name": name,
            "noise_ratio": noise,
            "slope_ratio": slope,
            "damping": damping,
            "scale": _rounded(scale),
        }
        for (name, (noise, slope, damping)), scale in zip(MEMBERS.items(), scales, strict=True)
    ]
    power = float(numbers["power"][0])
    return {
        "provenance": (
            f"benchmarks/fit_priors.py on {len(items.last)} cuts of yearly windows of "
            f"{len(set(items.group))} public indicators: key figures of Swedish municipalities, national and "
            "international SDG percentages, Eurostat regions, modelled development indicators."
        ),
        "members": members,
        "families": fit_families(vector, atoms, items),
        "likelihood": {
            "degrees_of_freedom": _rounded(np.exp(numbers["log_freedom"][0])),
            "temper": _rounded(numbers["temper"][0]),
        },
        "spread": {
            "bounded": {
                "points": _rounded(5.5 * np.exp(numbers["log_points"][0]) * 4**power),
                "power": _rounded(0.84 + power),
            },
            "unbounded": {"share_of_level": round(0.05 * float(np.exp(numbers["log_share"][0])), 4)},
        },
        "scale": {
            "prior_weight": _rounded(np.exp(numbers["log_prior_weight"][0])),
            "decay": _rounded(numbers["decay"][0]),
            "power": _rounded(np.exp(numbers["log_power"][0])),
            "calm": _rounded(np.exp(numbers["log_calm"][0])),
            "calibration": _rounded(numbers["calibration"] + added.scale),
            "tail": _rounded(added.tail),
        },
        "atom": dict(zip(ATOM_NAMES, _rounded(atoms), strict=True)) | ATOM_CAPS,
    } | kept


# random groups of windows, and the history lengths, on which borrowing is fitted
REFERENCE_GROUPS = 400
REFERENCE_LENGTHS = (1, 2, 3, 5, 8)


class Borrowers(NamedTuple):
    """Own histories with yearly changes of the same indicator and years elsewhere."""

    table: pd.DataFrame  # as for `forecast_panel`, named by number of values and of case
    changes: dict
    future: np.ndarray  # (series, STEPS), in the order of the names
    n_values: np.ndarray


def read_borrowers(path, half):
    """One window each of random groups, cut to every length, with the changes of 1 to 12 others."""
    windows = pd.read_parquet(path)
    windows = windows[[_half(group) in half for group in windows["group"]]]
    random = np.random.default_rng(_SEED)
    groups = [rows for _, rows in windows.groupby(["group", "year"]) if len(rows) >= 6]
    rows, changes, future = [], {}, []
    cases = [groups[number] for number in random.permutation(len(groups))[:REFERENCE_GROUPS]]
    for case, group in enumerate(cases):
        own, *others = group.sample(frac=1, random_state=case).itertuples()
        seen = [np.diff(other.hist)[-5:] for other in others[: random.choice([1, 2, 4, 12])]]
        for n in REFERENCE_LENGTHS:
            changes[n, case] = ChangePool({"elsewhere": np.concatenate(seen)}).without([])
            values, bounds = own.hist[-n:], (0.0, 100.0) if own.bounded else (-np.inf, np.inf)
            rows += [(n, case, year, value, *bounds) for year, value in enumerate(values, 1 - len(values))]
    future = np.array(
        [group.sample(frac=1, random_state=case).iloc[0]["fut"].tolist() for case, group in enumerate(cases)]
    )
    table = pd.DataFrame(rows, columns=["n", "case", "year", "value", "lower", "upper"])
    lengths = np.repeat(REFERENCE_LENGTHS, len(cases))
    return Borrowers(table, changes, np.tile(future, (len(REFERENCE_LENGTHS), 1)), lengths)


def borrowed_scores(borrowers, reference):
    """Scaled CRPS and cover of the 80 and 95 % intervals, by history length."""
    levels = np.array([0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975])
    if reference:
        PRIORS["reference"] = reference
    changes = borrowers.changes if reference else None
    quantiles = forecast_panel(borrowers.table, STEPS, references=changes).quantiles(levels).to_numpy()
    observed = borrowers.future.ravel()
    usual = np.abs(np.diff(borrowers.future, axis=1)).mean(axis=1)
    scale = np.repeat(np.maximum(usual, np.abs(borrowers.future).mean(axis=1) / 200) + 1e-9, STEPS)
    rows = pd.DataFrame(
        {
            "n": np.repeat(borrowers.n_values, STEPS),
            "crps": np.minimum(quantile_crps(quantiles, observed, levels) / scale, 20),
            "cover_80": (observed >= quantiles[:, 1]) & (observed <= quantiles[:, 5]),
            "cover_95": (observed >= quantiles[:, 0]) & (observed <= quantiles[:, 6]),
        }
    )
    return rows.groupby("n").mean()


def fit_reference(borrowers):
    """How far yearly changes elsewhere replace the pooled spread and add drift.

    The loss is the CRPS relative to that without them, and what the 80 % intervals lack of covering 80 %.
    """
    alone = borrowed_scores(borrowers, None)["crps"]

    def loss(numbers):
        scores = borrowed_scores(borrowers, _reference_numbers(numbers))
        return (scores["crps"] / alone + (0.8 - scores["cover_80"]).clip(lower=0)).mean()

    start = np.array([np.log(4.0), np.log(0.5), np.log(0.5), 0.3])
    simplex = np.vstack([start, start + np.diag([1.0, 1.0, 0.3, -0.3])])
    best = minimize(loss, start, method="Nelder-Mead", options={"maxfev": 60, "initial_simplex": simplex})
    return _reference_numbers(best.x)


def _reference_numbers(numbers):
    half_count, fade, size_ratio = np.exp(numbers[:3])
    return {
        "half_count": _rounded(half_count),
        "fade": _rounded(fade),
        "size_ratio": _rounded(size_ratio),
        "drift_share": _rounded(numbers[3]),
    }


def fit_months(path, prior_weight=3.0):
    """Variance ratios of the monthly model by pooled likelihood, on shares of good-air days of fourteen
    cities.

    The prior on the size of the noise counts for a quarter of a year: an assumption, for want of a
    second panel.
    """
    rows = pd.read_csv(path, dtype=str).query("indicator_id == 'V15_feed' and frequency == 'M'")
    rows = rows[rows["period"] < "2018"].drop_duplicates(["area", "period"]).sort_values("period")
    months = [part.set_index("period")["value"].astype(float) for _, part in rows.groupby("area")]
    even = np.full(12, 1 / 12)

    def errors_of(known):
        endog = np.full((2, (int(known.index[-1][:4]) - int(known.index[0][:4]) + 1) * 12), np.nan)
        places = [(int(m[:4]) - int(known.index[0][:4])) * 12 + int(m[5:]) - 1 for m in known.index]
        endog[0, places] = known
        result = _months_model(endog, even, _month_noise(known, 0.0, 100.0)).filter()
        return result.forecasts_error[0, places[1:]], result.forecasts_error_cov[0, 0, places[1:]]

    def negative_log_likelihood(log_ratios):
        names = ("level_ratio", "season_ratio", "season_drift_ratio")
        PRIORS["months"] |= dict(zip(names, np.exp(log_ratios).tolist(), strict=True))
        total = 0.0
        for known in months:
            error, variance = errors_of(known)
            total += np.log(variance).sum() / 2 + len(error) / 2 * np.log((error**2 / variance).mean())
        return total

    start = np.log([0.02, 3.0, 0.002])
    minimize(negative_log_likelihood, start, method="Nelder-Mead", options={"maxfev": 60})
    usual, sizes = [], []
    for known in months:
        error, variance = errors_of(known)
        bounds, family = (np.array([0.0]), np.array([100.0])), np.array(["days_share"])
        batch = Batch(np.array([[known.mean()]]), (0,), *bounds, family)
        usual.append(prior_spread(batch, reference_of([None], 0))[0])
        sizes.append(np.abs(error / np.sqrt(variance)).mean())
    spread_ratio = np.mean(np.array(sizes) / np.array(usual))
    ratios = {name: float(f"{value:.3g}") for name, value in PRIORS["months"].items()}
    return ratios | {"spread_ratio": _rounded(spread_ratio), "prior_weight": prior_weight}


def count_root(path, share_of_level):
    """Spread of a count by the root of its level, on the scale of the share of level of other amounts."""
    windows = pd.read_parquet(path).query("not bounded")
    values = [np.array(history, float) for history in windows["hist"]]
    level = np.array([np.abs(value).mean() for value in values])
    change = np.array([np.abs(np.diff(value)).mean() for value in values])
    is_count = np.array([(value == np.round(value)).all() and (value >= 0).all() for value in values])
    is_few = is_count & (level >= 1) & (level < 30)
    to_spread = share_of_level / np.median(change[level > 0] / level[level > 0])
    return _rounded(to_spread * np.median(change[is_few] / np.sqrt(level[is_few] + 1)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("windows", type=Path)
    parser.add_argument("priors", type=Path)
    parser.add_argument("--months", type=Path, help="observations.csv with monthly shares: refit the months")
    arguments = parser.parse_args()
    written = json.loads(arguments.priors.read_text(encoding="utf-8"))
    kept = {name: written[name] for name in ("reference", "months")}
    items = read_items(arguments.windows)
    halves = [items.where(items.half == half) for half in (0, 1)]
    print(f"{len(items.last)} cuts of windows of {len(set(items.group))} indicators", flush=True)
    atoms = [fit_atoms(part) for part in (*halves, items)]
    vectors = [minimise(Loss(part, atoms[half]), pack(START)) for half, part in enumerate(halves)]
    for half, other in ((0, 1), (1, 0)):
        inside, outside = (ratio_to_naive(vectors[half], atoms[half], halves[part]) for part in (half, other))
        print(f"half {half}: CRPS / naive {inside:.4f} in sample, {outside:.4f} out of sample", flush=True)
    added = [calibrate(vectors[1 - half], atoms[1 - half], part) for half, part in enumerate(halves)]
    print("calibration by half:", *added, sep="\n")
    for half, part in enumerate(halves):
        fitted = _with_counts(priors(vectors[half], added[half], atoms[half], part, kept), arguments.windows)
        PRIORS.update(fitted)
        fitted["reference"] = fit_reference(read_borrowers(arguments.windows, [half]))
        _report_borrowing(fitted["reference"], read_borrowers(arguments.windows, [1 - half]))
        write(fitted, Path(__file__).with_name(f"priors_half_{half}.json"))
    whole = minimise(Loss(items, atoms[2]), pack(START))
    numbers = priors(whole, Calibration(*np.mean(added, axis=0)), atoms[2], items, kept)
    numbers = _with_counts(numbers, arguments.windows)
    PRIORS.update(numbers)
    numbers["reference"] = fit_reference(read_borrowers(arguments.windows, [0, 1]))
    if arguments.months:
        numbers["months"] = fit_months(arguments.months)
    write(numbers, arguments.priors)


def _report_borrowing(reference, borrowers):
    alone, borrowed = borrowed_scores(borrowers, None), borrowed_scores(borrowers, reference)
    print("out of sample, with changes seen elsewhere; the ratio is to the CRPS without them")
    print(borrowed.assign(ratio=borrowed["crps"] / alone["crps"]).round(3).to_string(), flush=True)


def _with_counts(numbers, path):
    root = count_root(path, numbers["spread"]["unbounded"]["share_of_level"])
    return numbers | {"spread": numbers["spread"] | {"count": {"root_share": root}}}


def write(numbers, path):
    path.write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {path}", flush=True)


if __name__ == "__main__":
    main()
