"""A value against its target: met, how far to go, at what pace."""

import math
from collections.abc import Mapping

import pandas as pd

# relations that fix the better direction by themselves
_SIGNS = {"at_least": 1, "equal_ceiling": 1, "at_most": -1}


def weakest_target(target: Mapping) -> float:
    """The number that decides a target, nan where none is set.

    Of a range it is the end that is reached first: 2-3 platforms are attained from 2 on, and more than 3 do
    not undo it. Germany's sustainability strategy judges an interval by its weakest end, too.

    >>> weakest_target({"relation": "between", "target_low": 2, "target_high": 3, "direction": 1})
    2.0
    """
    if target["relation"] == "unset":
        return math.nan
    return float(target["target_high" if _is_upper(target) else "target_low"])


def _is_upper(target):
    return target["relation"] == "at_most" or (target["relation"] == "between" and target["direction"] < 0)


def attainment_limits(target: Mapping) -> dict[str, float]:
    """Limits of `Forecast.probability` that attain a target, nan without a number.

    >>> attainment_limits({"relation": "at_most", "target_high": 4, "direction": -1})
    {'at_most': 4.0}
    """
    return {"at_most" if _is_upper(target) else "at_least": weakest_target(target)}


def gap_to_target(value: float, target: Mapping) -> float:
    """Distance still to go in indicator units, zero or less when the target is met.

    >>> gap_to_target(92.4, {"relation": "at_least", "target_low": 93, "target_high": None, "direction": 1})
    0.6
    """
    sign = _SIGNS.get(target["relation"]) or target["direction"]
    return round((weakest_target(target) - value) * sign, 10)


def required_pace(gap: float, years_left: int) -> float:
    """Improvement per year still needed to reach the target.

    Parameters
    ----------
    gap : float
        Distance still to go in indicator units, zero or less when already met.
    years_left : int
        Whole years from the latest observation to the target year.

    Returns
    -------
    float
        Indicator units a year (percentage points for %). Zero if met, infinite if no year is left.

    Examples
    --------
    >>> required_pace(gap=1.5, years_left=3)
    0.5
    """
    if math.isnan(gap):
        return math.nan
    if gap <= 0:
        return 0.0
    return gap / years_left if years_left > 0 else math.inf


def observed_pace(history: pd.Series, direction: int, window: int = 5) -> float:
    """Mean improvement per year over the last years of a series.

    Parameters
    ----------
    history : Series of float by year
    direction : 1 when more is better, -1 when less is
    window : years back from the latest value that count

    Returns
    -------
    float
        Indicator units a year, positive for improvement, nan with fewer than two values in the window.

    Examples
    --------
    >>> observed_pace(pd.Series([91.0, 92.0, 93.0], index=[2020, 2021, 2022]), direction=1)
    1.0
    """
    years, values = history.index.to_numpy(), history.to_numpy()  # a plan asks this of thousands of series
    is_recent = years >= years[-1] - window if len(years) else []
    if sum(is_recent) < 2:
        return math.nan
    years, values = years[is_recent], values[is_recent]
    return float(direction * (values[-1] - values[0]) / (years[-1] - years[0]))
