"""What could still move a verdict: certainties, flips and the last way back."""

import math
from collections.abc import Callable, Hashable, Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sy_analysis.base.periods import days_in
from sy_analysis.base.words import number, probability, read_words
from sy_analysis.forecast import forecast
from sy_analysis.judge.bounds import bound_months, describe_bound
from sy_analysis.judge.rules import STATUS, apply_rule
from sy_analysis.judge.sampling import sample_to_tell
from sy_analysis.judge.sentences import Pair, fill, listed
from sy_analysis.judge.targets import attainment_limits, weakest_target

FORECAST = ("on_track", "at_risk", "off_track")
_SENTENCES = read_words("sy_analysis.judge", "outlook.csv")


class Outlook(NamedTuple):
    """Sentences about one target, None where nothing can be computed.

    certain : what the published months leave open, for a share of days (exact arithmetic)
    flips : the nearest next yearly values that would give another status, with their probability
    recovery : the last quarter from which the fastest pace elsewhere still reaches the target
    sampling : how many inspected items distinguish the latest value from the target
    """

    certain: Pair | None
    flips: Pair | None
    recovery: Pair | None
    sampling: Pair | None


def outlook(view: Any, thresholds: Mapping[str, float]) -> Outlook:
    """Describe what could still move the verdict on one target.

    Parameters
    ----------
    view : View from `view_target`
    thresholds : of the run, by name
    """
    goal = weakest_target(_facts(view))
    return Outlook(_certain(view, goal), _flips(view, thresholds), _recovery(view), _sampling(view, goal))


def _facts(view):
    return {**view.indicator, **view.target, "is_stand_in": view.measured != view.indicator}


def _certain(view, goal):
    if view.measured["family"] != "days_share" or math.isnan(goal) or view.months.empty:
        return None
    shares = [(share, days_in(period)) for period, share in view.months.items()]
    return describe_bound(bound_months(shares, days_in(str(view.target["target_year"])), goal))


def _flips(view, thresholds):
    row = view.assessment
    if row["status"] not in FORECAST or view.quantiles.empty:
        return None
    year = int(row["latest_year"]) + 1
    predicted, unit = view.quantiles.loc[year], view.measured["unit"]
    status_of = cache(lambda value: status_if(view, year, value, thresholds))
    sentences, median = [], predicted[0.5]
    if status_of(median) != row["status"]:
        value = number(median, unit, decimals=1)
        sentences.append(
            fill(_SENTENCES["expected"], year=year, value=value, status=STATUS[status_of(median)])
        )
    decimals = 1 if view.indicator["unit"] == "%" else 0
    flips = next_flips(status_of, predicted, *_reach(view, predicted), decimals=decimals)
    for side, flip in zip(("or_less", "or_more"), flips, strict=True):
        if flip.status:
            words = {"value": number(flip.value, unit), "chance": probability(flip.probability)}
            sentences.append(fill(_SENTENCES[side], year=year, status=STATUS[flip.status], **words))
    if not sentences:
        return fill(_SENTENCES["no_flip"], year=year)
    return fill(_SENTENCES["flips"], sentences=listed(sentences, ("；", "; ")))


def _reach(view, predicted):
    """Least and greatest value worth trying: the bounds, or ten times the spread."""
    low, high = predicted.iloc[0], predicted.iloc[-1]
    lower, upper = view.measured["lower_bound"], view.measured["upper_bound"]
    spread = 10 * (high - low)
    return low - spread if math.isnan(lower) else lower, high + spread if math.isnan(upper) else upper


def status_if(view: Any, year: int, value: float, thresholds: Mapping[str, float]) -> str:
    """Judge a target as if one more year had this value.

    Returns
    -------
    str
        a word of `schema.STATUSES`.
    """
    history = pd.concat([view.history, pd.Series({year: float(value)})]).rename(view.history.name)
    facts, chance = _facts(view), math.nan
    years_left = int(facts["target_year"]) - year
    if years_left > 0 and not math.isnan(weakest_target(facts)):
        predicted = forecast(history, years_left, **view.forecast_inputs)
        chance = predicted.probability(**attainment_limits(facts)).iloc[-1]
    return apply_rule(history, facts, chance, thresholds).status


def _recovery(view):
    row = view.assessment
    if row["status"] not in FORECAST or not row["gap"] > 0:
        return None
    pace, key = fastest_pace(view.references, view.indicator["direction"])
    quarter = last_recovery_quarter(row["gap"], pace, int(view.target["target_year"]))
    if quarter is None:
        return None
    pace = number(pace, view.measured["unit"])
    return fill(_SENTENCES["recovery"], pace=pace, area=key[1], quarter=quarter)


def _sampling(view, goal):
    latest = view.assessment["latest_value"]
    if not view.indicator["is_sampled"] or math.isnan(goal) or pd.isna(latest):
        return None
    items = sample_to_tell(latest, goal)
    if items is None:
        return _SENTENCES["sampling_equal"]
    return fill(_SENTENCES["sampling"], items=items, latest=number(latest), goal=number(goal))


class Flip(NamedTuple):
    """Nearest value of the next period that gives another status.

    value : float, indicator units, nan where no value does
    status : str, the status that it gives, empty where no value does
    probability : float, of the next value being that far out or farther
    """

    value: float
    status: str
    probability: float


def next_flips(
    status_of: Callable, predicted: pd.Series, lower: float, upper: float, *, decimals: int = 1
) -> tuple[Flip, Flip]:
    """Find the next values nearest to the median that flip the verdict.

    Parameters
    ----------
    status_of : callable of float
        the status if the next period had that value. A better value never gives a worse status, as in
        `apply_rule`.
    predicted : Series of predicted value by quantile_level, the forecast of the next period
    lower, upper : least and greatest value possible
    decimals : digits with which the indicator is published

    Returns
    -------
    (Flip, Flip)
        downward and upward.

    Examples
    --------
    >>> predicted = pd.Series({0.1: 91.0, 0.5: 92.6, 0.9: 94.0})
    >>> down, up = next_flips(lambda value: "on_track" if value >= 92.25 else "at_risk", predicted, 0, 100)
    >>> down[:2], up[:2]
    ((92.2, 'at_risk'), (nan, ''))
    """
    if not lower <= predicted[0.5] <= upper:
        raise ValueError(f"expected is {predicted[0.5]}; expected a value from {lower} to {upper}")
    scale = 10**decimals
    start, flips = round(predicted[0.5] * scale), []
    for end, side in ((math.ceil(lower * scale), 1), (math.floor(upper * scale), -1)):
        step = _first_other(lambda step: status_of(step / scale), start, end)
        if step is None:
            flips.append(Flip(math.nan, "", math.nan))
            continue
        # up to half a printed digit inward, a value prints as this one; between quantiles the line is straight
        below = float(np.interp(step / scale + side * 0.5 / scale, predicted, predicted.index))
        flips.append(Flip(step / scale, status_of(step / scale), below if side > 0 else 1 - below))
    return tuple(flips)


def _first_other(status_of, start, end):
    """First whole number from start toward end with another status, by halving."""
    stays = status_of(start)
    if status_of(end) == stays:
        return None
    same, other = start, end
    while abs(other - same) > 1:
        middle = (same + other) // 2
        same, other = (middle, other) if status_of(middle) == stays else (same, middle)
    return other


def fastest_pace(references: Mapping, direction: int) -> tuple[float, Hashable | None]:
    """Find the fastest improvement in one year that any comparable series shows.

    Parameters
    ----------
    references : mapping of key to Series of float by year
    direction : 1 when more is better, -1 when less is

    Returns
    -------
    (float, key)
        indicator units a year, a change over several years divided by their number, and the series that shows
        it. (nan, None) where no series improved.

    Examples
    --------
    >>> peers = {"永州": pd.Series({2020: 90.0, 2021: 92.0}), "常德": pd.Series({2020: 90.0, 2022: 97.0})}
    >>> fastest_pace(peers, 1)
    (3.5, '常德')
    """
    paces = []
    for key, series in references.items():
        years = np.diff(series.index.to_numpy(float))
        changes = direction * np.diff(series.to_numpy(float)) / years
        paces += [(float(change), key) for change in changes if change > 0]
    return max(paces, key=lambda pace: pace[0], default=(math.nan, None))


def last_recovery_quarter(gap: float, pace: float, target_year: int) -> str | None:
    """Find the last quarter at whose end the gap can still be closed at a given pace.

    Parameters
    ----------
    gap : indicator units still to go by the end of the target year, zero or less is met
    pace : indicator units a year, such as the fastest ever seen among peers
    target_year : int

    Returns
    -------
    str or None
        like 2024Q2. None where the pace is unknown or closes nothing.

    Examples
    --------
    >>> last_recovery_quarter(gap=1.5, pace=1.0, target_year=2025)
    '2024Q2'
    """
    if gap <= 0:
        return f"{target_year}Q4"
    if not pace > 0:
        return None
    # a gap of exactly six quarters must not become seven by rounding
    quarters = math.ceil(4 * gap / pace - 1e-9)
    year, quarter = divmod(4 * target_year + 3 - quarters, 4)
    return f"{year}Q{quarter + 1}"
