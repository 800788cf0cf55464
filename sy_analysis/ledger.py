"""Why a verdict moved: every change of status between two assessments, attributed exactly and completely.

One input is swapped at a time, and what moves at a swap is its doing. The swaps lead from the old assessments
to the new ones without a gap, so the moves of a target always chain from its old status to its new one, and
nothing is left over to explain.
"""

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

# In this order. A move that needs two changes at once is booked to the later of them.
CAUSES = ("code_change", "rule_change", "target_change", "revision", "new_period")

# cause -> (Chinese, English)
CAUSE_NAMES = {
    "code_change": ("程序变更", "the program changed"),
    "rule_change": ("判断规则或阈值变更", "a rule or threshold changed"),
    "target_change": ("目标变更", "a target changed"),
    "revision": ("已公布数据的修订", "a published value was revised, doubled by another source or withdrawn"),
    "new_period": ("新一期数据", "a value for a new period"),
}

# a published number of these is one fact; a second row for it, from any source, revises it
PERIOD_KEY = ["indicator_id", "area", "frequency", "period"]
MOVE_COLUMNS = ["target_id", "cause", "from_status", "from_reason", "to_status", "to_reason"]


class Inputs(NamedTuple):
    """All that an assessment rests on, besides the program.

    observations : DataFrame with the columns of `PERIOD_KEY`, one published number a row
    targets : DataFrame keyed by target_id
    rules : any value that compares with ==, such as a dict of thresholds
    """

    observations: pd.DataFrame
    targets: pd.DataFrame
    rules: object


def attribute_moves(before, after, judge, judge_after=None):
    """Every status move between two assessments, with its cause.

    Parameters
    ----------
    before, after : Inputs
    judge : callable of (observations, targets, rules)
        gives a DataFrame keyed by target_id with status and reason; a pure function of its arguments.
    judge_after : callable, optional
        the same of a later version of the program.

    Returns
    -------
    DataFrame
        one row a move, in the order of `CAUSES` and then of target_id: target_id, cause, from_status,
        from_reason, to_status, to_reason. A status is missing where the target does not exist on that side. A
        target without rows did not move.

    Examples
    --------
    >>> def judge(observations, targets, rules):
    ...     best = observations["value"].max()
    ...     status = ["attained" if best >= goal else "missed" for goal in targets["goal"]]
    ...     return pd.DataFrame({"target_id": targets["target_id"], "status": status, "reason": "outturn"})
    >>> row = {"indicator_id": "P02", "area": "邵阳市", "frequency": "A", "period": "2024", "value": 92.0}
    >>> targets = pd.DataFrame({"target_id": ["P02"], "goal": [93.0]})
    >>> old = Inputs(pd.DataFrame([row]), targets, {})
    >>> new = old._replace(observations=pd.DataFrame([row, {**row, "period": "2025", "value": 93.5}]))
    >>> attribute_moves(old, new, judge)[["cause", "from_status", "to_status"]].values.tolist()
    [['new_period', 'missed', 'attained']]
    """
    judge_after = judge_after or judge
    known = _restrict(after.observations, before.observations)
    chain = [
        (judge, before),
        (judge_after, before),
        (judge_after, before._replace(rules=after.rules)),
        (judge_after, Inputs(before.observations, after.targets, after.rules)),
        (judge_after, Inputs(known, after.targets, after.rules)),
        (judge_after, after),
    ]
    verdicts = _verdicts_along(chain)
    moves = [_moves_between(*pair, cause) for cause, pair in zip(CAUSES, pairwise(verdicts), strict=True)]
    return pd.concat(moves, ignore_index=True)


def _restrict(observations, to):
    """Rows of the periods that the other table has, too."""
    periods = pd.MultiIndex.from_frame(to[PERIOD_KEY])
    return observations[pd.MultiIndex.from_frame(observations[PERIOD_KEY]).isin(periods)]


def _verdicts_along(chain):
    """Verdicts of each link, judged again only where something changed."""
    verdicts = []
    for link, (judge, inputs) in enumerate(chain):
        if link and judge is chain[link - 1][0] and _same_inputs(inputs, chain[link - 1][1]):
            verdicts.append(verdicts[-1])
        else:
            verdicts.append(_by_target(judge(*inputs)))
    return verdicts


def _by_target(assessments):
    twice = assessments["target_id"][assessments["target_id"].duplicated()]
    if len(twice):
        raise ValueError(f"judged twice: {', '.join(twice.unique())}; expected one row a target")
    return assessments.set_index("target_id")[["status", "reason"]].astype(object)


def _same_inputs(one, other):
    return (
        (one.rules is other.rules or one.rules == other.rules)
        and one.targets.equals(other.targets)
        and _same_rows(one.observations, other.observations)
    )


def _same_rows(one, other):
    return one is other or one.reset_index(drop=True).equals(other.reset_index(drop=True))


def _moves_between(old, new, cause):
    both = old.add_prefix("from_").join(new.add_prefix("to_"), how="outer").sort_index()
    moved = both[both["from_status"].fillna("") != both["to_status"].fillna("")]
    return moved.rename_axis("target_id").reset_index().assign(cause=cause)[MOVE_COLUMNS].astype(object)


def replay(observations, targets, rules, judge, dates):
    """The ledger of a plan over a line of dates, each seen with what was known then.

    Parameters
    ----------
    observations : DataFrame with `PERIOD_KEY` and known_on, as `clean_observations` gives without as_of
    targets, rules, judge : see `attribute_moves`
    dates : sequence of dates, rising

    Returns
    -------
    DataFrame
        as `attribute_moves` gives, with from_date and to_date in front.
    """
    dates = [pd.Timestamp(day) for day in dates]
    if dates != sorted(set(dates)):
        raise ValueError("dates fall or repeat; expected rising dates")
    known = [Inputs(observations[observations["known_on"] <= day], targets, rules) for day in dates]
    judge = _remember_last(judge)
    tables = [
        attribute_moves(known[i], known[i + 1], judge).assign(from_date=dates[i], to_date=dates[i + 1])
        for i in range(len(dates) - 1)
    ]
    columns = ["from_date", "to_date", *MOVE_COLUMNS]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def _remember_last(judge):
    """The judge, which answers again without judging when asked the same as the time before."""
    last = []

    def remembering(observations, targets, rules):
        asked = Inputs(observations, targets, rules)
        if not last or not _same_inputs(asked, last[0]):
            last[:] = [asked, judge(observations, targets, rules)]
        return last[1]

    return remembering


# ---- What would move it next


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
