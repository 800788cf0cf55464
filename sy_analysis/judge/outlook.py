"""What could still move a verdict: what is certain already, the next value that flips it, the last way back.

Sentences in Chinese and English about one target; each says something only where it can be computed.
"""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from sy_analysis.base.periods import days_in
from sy_analysis.base.words import number, probability
from sy_analysis.forecast import forecast
from sy_analysis.judge.bounds import bound_months, describe_bound
from sy_analysis.judge.rules import STATUS, apply_rule
from sy_analysis.judge.sampling import sample_to_tell
from sy_analysis.judge.targets import weakest_target

FORECAST = ("on_track", "at_risk", "off_track")


class Outlook(NamedTuple):
    """Pairs of (Chinese, English) sentences; None where there is nothing to say."""

    certain: tuple | None
    flips: tuple | None
    recovery: tuple | None
    sampling: tuple | None


def outlook(view, thresholds):
    """What could still move the verdict on one target.

    Parameters
    ----------
    view : View from `view_target`
    thresholds : dict of the run

    Returns
    -------
    Outlook
        certain: what the months already published leave open, for a share of days (exact arithmetic);
        flips: the nearest next yearly values that would give another status, with their probability;
        recovery: the last quarter from which the fastest pace ever seen elsewhere still reaches the target;
        sampling: how many inspected items it takes to tell the latest value from the target.
    """
    return Outlook(
        certain=_certain(view),
        flips=_flips(view, thresholds),
        recovery=_recovery(view),
        sampling=_sampling(view),
    )


def _certain(view):
    target = _goal(view)
    if view.measured["family"] != "days_share" or math.isnan(target) or view.months.empty:
        return None
    shares = [(share, days_in(period)) for period, share in view.months.items()]
    bound = bound_months(shares, days_in(str(view.target["target_year"])), target)
    return describe_bound(bound, "zh") + "。", describe_bound(bound, "en") + "."


def _goal(view):
    return weakest_target({**view.target, "direction": view.indicator["direction"]})


def _flips(view, thresholds):
    row = view.assessment
    if row["status"] not in FORECAST or view.quantiles.empty:
        return None
    year = int(row["latest_year"]) + 1
    predicted = view.quantiles.loc[year]
    lower, upper = _reach(view, predicted)
    expected = status_if(view, year, predicted[0.5], thresholds)
    flips = next_flips(
        lambda value: status_if(view, year, value, thresholds),
        predicted[0.5],
        lower,
        upper,
        decimals=1 if view.indicator["unit"] == "%" else 0,
        predicted=predicted,
    )
    texts = [
        _flip_text(flip, side, view, year)
        for flip, side in zip(flips, (("≤", "or less"), ("≥", "or more")), strict=True)
    ]
    found = [text for text in [_expected_text(expected, view, year, predicted[0.5]), *texts] if text]
    if not found:
        return (
            f"{year}年无论公布什么值，结论都不变。",
            f"No value of {year} would change the verdict.",
        )
    return "；".join(zh for zh, _ in found) + "。", "; ".join(en for _, en in found) + "."


def _expected_text(status, view, year, expected):
    if status == view.assessment["status"]:
        return None
    value, (zh, en) = number(expected, view.measured["unit"], decimals=1), STATUS[status]
    return f"{year}年若如预计为{value}，结论变为{zh}", f"{value} in {year}, as expected, would make it {en}"


def _reach(view, predicted):
    """Least and greatest next value worth trying: the bounds, or ten times the forecast's spread."""
    spread = 10 * (predicted.iloc[-1] - predicted.iloc[0])
    lower, upper = view.measured["lower_bound"], view.measured["upper_bound"]
    return (
        predicted.iloc[0] - spread if math.isnan(lower) else lower,
        predicted.iloc[-1] + spread if math.isnan(upper) else upper,
    )


def _flip_text(flip, side, view, year):
    if not flip.status:
        return None
    value, chance = number(flip.value, view.measured["unit"]), probability(flip.probability)
    zh, en = STATUS[flip.status]
    return (
        f"{year}年若{side[0]}{value}（概率约{chance}），结论变为{zh}",
        f"{value} {side[1]} in {year} (probability about {chance}) would make it {en}",
    )


def status_if(view, year, value, thresholds):
    """Status of the target if one more year had this value.

    Returns
    -------
    str, a word of `schema.STATUSES`
    """
    history = pd.concat([view.history, pd.Series({year: float(value)})]).rename(view.history.name)
    left = int(view.target["target_year"]) - year
    goal = _goal(view)
    side = "at_most" if view.indicator["direction"] < 0 else "at_least"
    chance = (
        forecast(history, left, **view.forecast_inputs).probability(**{side: goal}).iloc[-1]
        if left > 0 and not math.isnan(goal)
        else math.nan
    )
    facts = {**view.indicator, **view.target, "is_stand_in": view.measured != view.indicator}
    return apply_rule(history, facts, chance, thresholds).status


def _recovery(view):
    row = view.assessment
    if row["status"] not in FORECAST or not row["gap"] > 0:
        return None
    pace, key = fastest_pace(view.references, view.indicator["direction"])
    quarter = last_recovery_quarter(row["gap"], pace, int(view.target["target_year"]))
    if quarter is None:
        return None
    unit = view.measured["unit"]
    return (
        f"外地最快的年改进是{number(pace, unit)}（{key[1]}）；照此速度，最迟须从{quarter}末开始。",
        f"The fastest yearly improvement elsewhere is {number(pace, unit)} ({key[1]}); at that pace {quarter} "
        "is the last quarter at whose end the way to the target is still long enough.",
    )


def _sampling(view):
    goal, latest = _goal(view), view.assessment["latest_value"]
    if not view.indicator["is_sampled"] or math.isnan(goal) or pd.isna(latest):
        return None
    needed = sample_to_tell(latest, goal)
    if needed is None:
        return (
            "最新值恰等于目标：任何样本量都不能说明是高于还是低于目标。",
            "The latest value equals the target: no sample size can tell on which side of it the rate lies.",
        )
    return (
        f"抽查至少{needed:,}批次，才能在抽样误差之外区分最新值{number(latest)}%与目标{number(goal)}%。",
        f"It takes {needed:,} inspected batches to tell {number(latest)} % from the target of {number(goal)} % "
        "beyond sampling error.",
    )


class Flip(NamedTuple):
    """Nearest value of the next period that gives another status; nan and empty where none does.

    value : float, indicator units
    status : str, what the status would be
    probability : float, of the next value being that far out or farther; nan without a forecast
    """

    value: float
    status: str
    probability: float = math.nan


def next_flips(status_of, expected, lower, upper, *, decimals=1, predicted=None):
    """The nearest next values below and above the expected one that would flip the verdict.

    Parameters
    ----------
    status_of : callable of float, the status if the next period had that value; better values never give a
    worse
        status, which `rules.judge` keeps
    expected : float, the value to start from, such as the median forecast
    lower, upper : float, least and greatest value possible
    decimals : int, digits with which the indicator is published
    predicted : Series of predicted value by quantile_level, optional
        the forecast of the next period, for the probabilities.

    Returns
    -------
    (Flip, Flip)
        downward and upward.

    Examples
    --------
    >>> down, up = next_flips(lambda value: "on_track" if value >= 92.25 else "at_risk", 92.6, 0, 100)
    >>> down[:2], up[:2]
    ((92.2, 'at_risk'), (nan, ''))
    """
    if not lower <= expected <= upper:
        raise ValueError(f"expected is {expected}; expected a value from {lower} to {upper}")
    scale = 10**decimals
    start = round(expected * scale)
    stays = status_of(start / scale)
    flips = []
    for end in (math.ceil(lower * scale), math.floor(upper * scale)):
        value = _first_other(lambda step: status_of(step / scale), stays, start, end)
        flips.append(Flip(math.nan, "") if value is None else Flip(value / scale, status_of(value / scale)))
    if predicted is None:
        return tuple(flips)
    half = 0.5 / scale
    return (
        flips[0]._replace(probability=_probability_below(flips[0].value + half, predicted)),
        flips[1]._replace(probability=1 - _probability_below(flips[1].value - half, predicted)),
    )


def _first_other(status_of, stays, start, end):
    """First whole number from start toward end with another status, by halving; None where there is none."""
    if status_of(end) == stays:
        return None
    same, other = start, end
    while abs(other - same) > 1:
        middle = (same + other) // 2
        same, other = (middle, other) if status_of(middle) == stays else (same, middle)
    return other


def _probability_below(value, predicted):
    """Probability of a smaller value, straight between the quantiles, their outermost levels beyond them.

    >>> _probability_below(92.5, pd.Series({0.1: 91.0, 0.5: 93.0, 0.9: 94.0}))
    0.4
    """
    if math.isnan(value):
        return math.nan
    ordered = predicted.sort_index()
    return float(np.interp(value, ordered.to_numpy(float), ordered.index.to_numpy(float)))


def fastest_pace(references, direction):
    """Fastest improvement in one year that any comparable series shows, and which one.

    Parameters
    ----------
    references : mapping of key to Series of float by year
    direction : 1 when more is better, -1 when less is

    Returns
    -------
    (float, key)
        indicator units a year, a change over several years divided by their number; (nan, None) where no
        series improved.

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


def last_recovery_quarter(gap, pace, target_year):
    """Last quarter at whose end the gap can still be closed by the end of the target year at the given pace.

    Parameters
    ----------
    gap : float, indicator units still to go; zero or less is met
    pace : float, indicator units a year, such as the fastest ever seen among peers
    target_year : int

    Returns
    -------
    str or None
        like 2024Q2; None where the pace is unknown or closes nothing.

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
