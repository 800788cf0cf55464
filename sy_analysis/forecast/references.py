"""Yearly changes of comparable series: each series borrows those of all the others, at a cost that does not grow."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import betaln

from sy_analysis.forecast.members import PRIORS


class ChangePool:
    """The yearly changes of some comparable series, sorted once.

    Parameters
    ----------
    changes_of : dict
        for each series its changes, a 1-d array, in the unit of the series.

    Examples
    --------
    >>> pool = ChangePool({"A": [1.0, 5.0], "B": [-2.0], "C": [3.0]})
    >>> borrowed = pool.without(["A", "D"])
    >>> len(borrowed), borrowed.median(), borrowed.median_size(), borrowed.n_series
    (2, 0.5, 2.5, 2)
    """

    def __init__(self, changes_of):
        self.changes_of = {name: np.asarray(changes, float) for name, changes in changes_of.items()}
        changes = np.concatenate([*self.changes_of.values(), np.empty(0)])
        self.sorted_changes, self.sorted_sizes = np.sort(changes), np.sort(np.abs(changes))
        self.total_size = self.sorted_sizes.sum()

    def without(self, names):
        """What a series may borrow: the changes of all but some, as `BorrowedChanges`."""
        return BorrowedChanges(self, [name for name in dict.fromkeys(names) if name in self.changes_of])


class BorrowedChanges:
    """The changes of a pool without those of some series; an array where an array is wanted."""

    def __init__(self, pool, left_out):
        self._pool, self._left_out = pool, left_out
        self._own = np.sort(np.concatenate([*(pool.changes_of[name] for name in left_out), np.empty(0)]))
        self.n_series = len(pool.changes_of) - len(left_out)

    def __len__(self):
        return len(self._pool.sorted_changes) - len(self._own)

    def __array__(self, dtype=None, copy=None):
        kept = [changes for name, changes in self._pool.changes_of.items() if name not in self._left_out]
        return np.concatenate([*kept, np.empty(0)]).astype(dtype or float)

    def median(self):
        """Median change."""
        return _median_without(self._pool.sorted_changes, self._own)

    def median_size(self):
        """Median absolute change."""
        return _median_without(self._pool.sorted_sizes, np.sort(np.abs(self._own)))

    def mean_size(self):
        """Mean absolute change."""
        return max(self._pool.total_size - np.abs(self._own).sum(), 0.0) / len(self)


def _median_without(values, left_out):
    """Median of sorted values without some of them, also sorted.

    >>> _median_without(np.array([1.0, 2.0, 2.0, 7.0]), np.array([2.0, 2.0]))
    4.0
    """
    order = np.arange(len(left_out))
    # equal values leave from places next to each other
    places = np.searchsorted(values, left_out) + order - np.searchsorted(left_out, left_out)
    n_left = len(values) - len(left_out)
    middle = np.array([(n_left - 1) // 2, n_left // 2])
    return float(values[middle + np.searchsorted(places - order, middle, side="right")].mean())


class Reference(NamedTuple):
    """What comparable series elsewhere say about the yearly changes of each series."""

    size: np.ndarray  # median absolute change, or the mean where most are nil
    middle: np.ndarray  # median change
    share: np.ndarray  # 0 to 1: rises with the changes seen, falls with the series' own; 0 without any


def reference_of(changes_of, n_changes):
    return Reference(*np.transpose([_seen(changes, n_changes) for changes in changes_of]))


def _seen(changes, n_changes):
    if changes is None or not len(changes):
        return 1.0, 0.0, 0.0
    if not isinstance(changes, BorrowedChanges):
        changes = ChangePool({"elsewhere": changes}).without([])
    prior = PRIORS["reference"]
    share = len(changes) / (len(changes) + prior["half_count"]) / (1 + prior["fade"] * n_changes)
    return changes.median_size() or changes.mean_size(), changes.median(), share


class Counted(NamedTuple):
    """What the numbers behind a share say about chance alone."""

    scale: float  # of the difference of two shares of as many things, in the unit of the share
    all_again: float  # probability that all of the next things pass


def sampling_noise(values, tested, batch):
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
    return Counted(scale, float(np.exp(betaln(near + last, far) - betaln(near, far))))
