"""Student-t mixtures with an atom at the last value, within bounds: their quantiles and probabilities."""

from typing import NamedTuple

import numpy as np
from scipy.special import expit, logit, stdtrit

# a scale that has to be estimated from a few values gives tails like these
FREEDOM = 4
# log odds of 0.9: where the tails begin, so that they leave the 80 % interval alone
_TAIL_START = np.log(9.0)


class Mixture(NamedTuple):
    """Distributions of some series by year ahead; what would lie beyond a bound lies on it."""

    weights: np.ndarray  # (series, members)
    means: np.ndarray  # (series, horizon, members)
    scales: np.ndarray  # (series, horizon, members)
    atom: np.ndarray  # (series, horizon): probability of exactly the last value
    last: np.ndarray  # (series,)
    tail: np.ndarray  # (horizon,): how much heavier the tails are than Student's, see _member_level
    lower: np.ndarray  # (series,), -inf where there is none
    upper: np.ndarray  # (series,), inf where there is none

    def quantiles(self, levels: np.ndarray) -> np.ndarray:
        """Return quantiles (series, horizon, levels), rising along the levels."""
        n_series, horizon, _ = self.means.shape
        weights = np.repeat(self.weights, horizon, axis=0)
        means, scales = self.means.reshape(len(weights), -1), self.scales.reshape(len(weights), -1)
        last, atom = np.repeat(self.last, horizon)[:, None], self.atom.reshape(-1, 1)
        levels = np.tile(_member_level(levels, self.tail[:, None]), (n_series, 1))
        below = (weights * t_cdf((last - means) / scales)).sum(axis=1, keepdims=True) * (1 - atom)
        is_atom = (levels >= below) & (levels <= below + atom) & (atom > 0)
        continuous = np.where(levels > below, levels - atom, levels)
        continuous = continuous / np.maximum(1 - atom, 1e-9)
        quantiles = _continuous_quantiles(weights, means, scales, np.where(is_atom, 0.5, continuous))
        quantiles = np.where(is_atom, last, quantiles).reshape(n_series, horizon, -1)
        clipped = np.clip(quantiles, self.lower[:, None, None], self.upper[:, None, None])
        return np.maximum.accumulate(clipped, axis=2)

    def probability(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Return P(low <= y <= high), all (series, horizon)."""
        lower, upper = self.lower[:, None], self.upper[:, None]
        below, up_to = self._below(low, or_at=False), self._below(high, or_at=True)
        below = np.where(low <= lower, 0.0, np.where(low > upper, 1.0, below))
        up_to = np.where(high >= upper, 1.0, np.where(high < lower, 0.0, up_to))
        return np.clip(up_to - below, 0, 1)

    def _below(self, value, or_at):
        """P(y < value), or P(y <= value), before the bounds."""
        with np.errstate(invalid="ignore"):  # an infinite value lies at or beyond a bound
            below = t_cdf((value[:, :, None] - self.means) / self.scales)
        last = self.last[:, None]
        has_atom = (value > last) | (or_at & (value == last))
        below = (1 - self.atom) * (self.weights[:, None] * below).sum(axis=2) + self.atom * has_atom
        return _calibrated(below, self.tail)


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


def t_cdf(standardised: np.ndarray) -> np.ndarray:
    """Distribution function of Student's t with 4 degrees of freedom, which is algebraic.

    >>> t_cdf(np.array([0.0, 2.7764451])).round(6).tolist()
    [0.5, 0.975]
    """
    return _t_parts(standardised)[1]


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
        square = inverse * inverse
        density = 12 * np.einsum("cm,cm,cm->c", weight / scale, inverse, square * square)
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
    nodes = means[:, :, None] + scales[:, :, None] * stdtrit(FREEDOM, _NODES)
    nodes = np.sort(nodes.reshape(len(means), -1), axis=1)
    cdf, density = _node_values(weights, means, scales, nodes)
    right = np.count_nonzero(cdf[:, None] < probabilities[:, :, None].astype(np.float32), axis=2)
    is_outer = (right == 0) | (right == nodes.shape[1])
    right = np.clip(right, 1, nodes.shape[1] - 1)
    sides = (right - 1, right)
    ends = [np.take_along_axis(part, side, 1) for part in (nodes, cdf, density) for side in sides]
    left, right, *_ = ends
    guess = np.clip(_hermite(probabilities, *ends), left, right)
    # the nodes' probabilities are rounded: a bracket from them is widened before it may exclude anything
    slack = 1e-3 * (right - left) + 1e-6 * scales.max(axis=1, keepdims=True)
    low, high = left - slack, right + slack
    rows = np.nonzero(is_outer)[0]
    members = means[rows] + scales[rows] * stdtrit(FREEDOM, probabilities[is_outer])[:, None]
    low[is_outer], high[is_outer] = members.min(axis=1), members.max(axis=1)
    guess[is_outer] = (low[is_outer] + high[is_outer]) / 2
    return low, high, guess


def _node_values(weights, means, scales, nodes):
    """Probability below each node and density there, in single precision: they only start the search."""
    cdf, density = np.zeros(nodes.shape, np.float32), np.zeros(nodes.shape)
    for member in range(weights.shape[1]):
        scale, weight = scales[:, member, None], weights[:, member, None].astype(np.float32)
        inverse, below = _t_parts(((nodes - means[:, member, None]) / scale).astype(np.float32))
        cdf += weight * below
        square = inverse * inverse
        density += square * square * inverse * (weight * 12) / scale
    return cdf, density


def _hermite(wanted, left, right, left_cdf, right_cdf, left_density, right_density):
    """Cubic inverse interpolation of a distribution function between two nodes."""
    width = np.maximum(right_cdf - left_cdf, 1e-9)
    share = np.clip((wanted - left_cdf) / width, 0, 1)
    ends = left + share * share * (3 - 2 * share) * (right - left)
    tiny = np.finfo(float).tiny
    slopes = (1 - share) / np.maximum(left_density, tiny) - share / np.maximum(right_density, tiny)
    return ends + share * (1 - share) * width * slopes


def _t_parts(standardised):
    """1 / sqrt(4 + z^2) and the distribution function of Student's t with 4 degrees of freedom."""
    # in place: a panel spends its time here
    inverse = standardised * standardised + 4
    np.sqrt(inverse, out=inverse)
    np.reciprocal(inverse, out=inverse)
    sine = standardised * inverse
    cdf = 0.75 - 0.25 * (sine * sine)
    cdf *= sine
    cdf += 0.5
    return inverse, cdf
