"""Yearly changes of comparable series: each series borrows those of all the others, at a cost that does not grow."""

import numpy as np


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
