"""Why a verdict moved: every change of status between two assessments, attributed exactly and completely.

One input is swapped at a time, and what moves at a swap is its doing. The swaps lead from the old assessments
to the new ones without a gap, so the moves of a target always chain from its old status to its new one, and
nothing is left over to explain.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import pandas as pd

from sy_analysis.base.words import read_words
from sy_analysis.judge.assessments import assess_record
from sy_analysis.record.known import known_as_of
from sy_analysis.record.selection import select_targets

# cause -> (Chinese, English)
CAUSE_NAMES = read_words("sy_analysis.judge", "causes.csv")
# In this order. A move that needs two changes at once is booked to the later of them.
CAUSES = tuple(CAUSE_NAMES)
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


def attribute_moves(
    before: Inputs,
    after: Inputs,
    judge: Callable[..., pd.DataFrame],
    judge_after: Callable[..., pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """Attribute every status move between two assessments to its cause.

    Parameters
    ----------
    before, after : Inputs
    judge : callable of (observations, targets, rules)
        returns a DataFrame keyed by target_id with status and reason, a pure function of its arguments.
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


def ledger(plan, days, thresholds=None, target_ids=None):
    """Why verdicts moved between days: every move of a status, with its cause.

    Parameters
    ----------
    plan : Plan
    days : sequence of dates or ISO texts, rising
    thresholds, target_ids : as for `assess_as_of`

    Returns
    -------
    DataFrame
        one row a move, see `ledger.replay`: from_date, to_date, target_id, cause, from_status, from_reason,
        to_status, to_reason. No row means that nothing moved.
    """
    record = known_as_of(plan, days[-1])
    return replay(
        record.observations,
        select_targets(plan, target_ids),
        thresholds,
        lambda observations, targets, rules: (
            assess_record(replace(record, observations=observations), targets, rules).assessments
        ),
        days,
    )
