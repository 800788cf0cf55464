"""Comparable series: each series borrows the changes of all the others, at a cost that does not grow."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from sy_analysis.forecast.distribution import years_of
from sy_analysis.forecast.members import PRIORS

QUALIFIERS = ("=", "~", ">=", "<=")


class ChangePool:
    """The yearly changes of some comparable series, sorted once.

    Parameters
    ----------
    changes_of : dict
        of series to its changes, a 1-d array, in the unit of the series.

    Examples
    --------
    >>> pool = ChangePool({"A": [1.0, 5.0], "B": [-2.0], "C": [3.0]})
    >>> borrowed = pool.without(["A", "D"])
    >>> len(borrowed), borrowed.median(), borrowed.median_size(), borrowed.n_series
    (2, 0.5, 2.5, 2)
    """

    def __init__(self, changes_of: dict):
        self.changes_of = {name: np.asarray(changes, float) for name, changes in changes_of.items()}
        changes = np.concatenate([*self.changes_of.values(), np.empty(0)])
        self.sorted_changes, self.sorted_sizes = np.sort(changes), np.sort(np.abs(changes))
        self.total_size = self.sorted_sizes.sum()

    def without(self, names: Iterable) -> "BorrowedChanges":
        """What a series may borrow: the changes of all but some."""
        return BorrowedChanges(self, [name for name in dict.fromkeys(names) if name in self.changes_of])


class BorrowedChanges:
    """The changes of a pool without those of some series, summed up or as an array."""

    def __init__(self, pool, left_out):
        self._pool, self._left_out = pool, left_out
        self._own = np.sort(np.concatenate([*(pool.changes_of[name] for name in left_out), np.empty(0)]))
        self.n_series = len(pool.changes_of) - len(left_out)

    def __len__(self):
        return len(self._pool.sorted_changes) - len(self._own)

    def __array__(self, dtype=None, copy=None):
        kept = [changes for name, changes in self._pool.changes_of.items() if name not in self._left_out]
        return np.concatenate([*kept, np.empty(0)]).astype(dtype or float)

    def median(self) -> float:
        """Median change."""
        return _median_without(self._pool.sorted_changes, self._own)

    def median_size(self) -> float:
        """Median absolute change."""
        return _median_without(self._pool.sorted_sizes, np.sort(np.abs(self._own)))

    def mean_size(self) -> float:
        """Mean absolute change."""
        return max(self._pool.total_size - np.abs(self._own).sum(), 0.0) / len(self)


def _median_without(values, left_out):
    """Median of sorted values without some of them, which are sorted as well.

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
    """Yearly changes of comparable series, summed up for each of some series."""

    size: np.ndarray  # median absolute change, or the mean where most are nil
    middle: np.ndarray  # median change
    share: np.ndarray  # 0 to 1: rises with the changes borrowed, falls with the own ones, 0 without any


def reference_of(changes_of: list, n_changes: int) -> Reference:
    """Sum up what each series may borrow.

    Parameters
    ----------
    changes_of : list of BorrowedChanges, or None
    n_changes : own changes of each series
    """
    return Reference(*np.transpose([_summed(changes, n_changes) for changes in changes_of]))


def _summed(changes, n_changes):
    if changes is None or not len(changes):
        return 1.0, 0.0, 0.0
    prior = PRIORS["reference"]
    share = len(changes) / (len(changes) + prior["half_count"]) / (1 + prior["fade"] * n_changes)
    return changes.median_size() or changes.mean_size(), changes.median(), share


def yearly_changes(history: pd.Series) -> np.ndarray:
    """Changes from value to value, those over a gap of k years divided by the root of k.

    A random walk would have that spread in one year.

    >>> yearly_changes(pd.Series([90.0, 91.0, 95.0], index=[2018, 2019, 2023])).tolist()
    [1.0, 2.0]
    """
    return np.diff(history.to_numpy(float)) / np.sqrt(np.diff(history.index.to_numpy()))


def borrowed(references: dict | None, name: str, lower: float, upper: float) -> BorrowedChanges | None:
    """Changes that a series may borrow from comparable areas.

    Printed bounds ("more than 93") and areas with one value have no change to lend.

    Parameters
    ----------
    references : dict of area to Series by year, or to DataFrame by year with columns value and qualifier, and
        optionally unit, one for all areas
    name : of the series that borrows
    lower, upper : its bounds, which hold for the areas, too

    Raises
    ------
    ValueError
        naming series, area and value: for an empty reference, one outside the bounds, in several units, with an
        unknown qualifier, or naming the own area.
    """
    if references is None or isinstance(references, BorrowedChanges):
        return references
    units, changes = set(), {}
    for area, reference in references.items():
        where = f"{name}: reference {area}"
        if area == name:
            raise ValueError(f"{where} is the series itself; expected another area")
        table = reference.to_frame("value") if isinstance(reference, pd.Series) else reference
        values = _reference_values(table, where)
        outside = values[(values < lower) | (values > upper)]
        if len(outside):
            found = f"value {outside.iloc[0]:g} of {outside.index[0]}"
            raise ValueError(f"{where}: {found} is outside {lower:g} to {upper:g}")
        units |= set(table.get("unit", []))
        qualifiers = table.get("qualifier", pd.Series("=", table.index)).to_numpy()
        changes[area] = yearly_changes(values[np.isin(qualifiers, ("=", "~"))[table["value"].notna()]])
    if len(units) > 1:
        found = ", ".join(map(str, sorted(units)))
        raise ValueError(f"{name}: references in units {found}; expected one unit")
    return ChangePool(changes).without([])


def _reference_values(table, where):
    if "value" not in table or table["value"].dropna().empty:
        raise ValueError(f"{where} is empty; expected a value by year")
    if unknown := set(table.get("qualifier", [])) - set(QUALIFIERS):
        found = f"qualifier {min(map(str, unknown))!r}"
        raise ValueError(f"{where}: {found}; expected one of {', '.join(QUALIFIERS)}")
    values = table["value"].astype(float).set_axis(years_of(table.index, where)).dropna()
    if not np.isfinite(values).all():
        raise ValueError(f"{where}: a value is infinite; expected finite numbers")
    return values
