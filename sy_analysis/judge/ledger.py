"""Attribute every change of status between two assessments to its cause.

One input is replaced at a time, and what moves at a replacement is caused by it. The replacements lead from the
old assessments to the new ones without a gap. So the moves of a target always chain from its old status to its
new one.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import pandas as pd

from sy_analysis.base.words import read_words
from sy_analysis.judge.assessments import Vintage, assess_record
from sy_analysis.record.plan import Plan
from sy_analysis.record.selection import select_targets

# cause -> (Chinese, English)
CAUSE_NAMES = read_words("sy_analysis.judge", "causes.csv")
# In this order. A move that needs two changes at once is booked to the later of them.
CAUSES = tuple(CAUSE_NAMES)
# a published number of these is one fact; a second row for it, from any source, revises it
PERIOD_KEY = ["indicator_id", "area", "frequency", "period"]
MOVE_COLUMNS = ["target_id", "cause", "from_status", "from_reason", "to_status", "to_reason"]


class Basis(NamedTuple):
    """All that an assessment rests on, besides the program.

    observations : DataFrame with the columns of `PERIOD_KEY`, one published number a row
    targets : DataFrame keyed by target_id
    rules : any value that compares with ==, such as a dict of thresholds
    """

    observations: pd.DataFrame
    targets: pd.DataFrame
    rules: object


def attribute_moves(
    before: Basis, after: Basis, judge: Callable, judge_after: Callable | None = None
) -> pd.DataFrame:
    """Attribute every status move between two assessments to its cause.

    Parameters
    ----------
    before, after : Basis
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
    >>> old = Basis(pd.DataFrame([row]), targets, {})
    >>> new = old._replace(observations=pd.DataFrame([row, {**row, "period": "2025", "value": 93.5}]))
    >>> attribute_moves(old, new, judge)[["cause", "from_status", "to_status"]].values.tolist()
    [['new_period', 'missed', 'attained']]
    """
    judge = _remember(judge)
    judge_after = judge if judge_after is None else _remember(judge_after)
    known = _restrict(after.observations, before.observations)
    verdicts = [
        judge(*before),
        judge_after(*before),
        judge_after(*before._replace(rules=after.rules)),
        judge_after(before.observations, after.targets, after.rules),
        judge_after(known, after.targets, after.rules),
        judge_after(*after),
    ]
    statuses = map(_by_target, verdicts)
    moves = [_moves_between(*pair, cause) for cause, pair in zip(CAUSES, pairwise(statuses), strict=True)]
    return pd.concat(moves, ignore_index=True)


def _remember(judge, judged=()):
    """Wrap a judge so that it looks up inputs judged before, compared by content."""
    judged = list(judged)

    def judge_once(observations, targets, rules):
        inputs = Basis(observations, targets, rules)
        for earlier, verdicts in reversed(judged):
            if _same_inputs(inputs, earlier):
                return verdicts
        judged.append((inputs, judge(*inputs)))
        return judged[-1][1]

    return judge_once


def _restrict(observations, to):
    """Rows of the periods that the other table has, too."""
    periods = pd.MultiIndex.from_frame(to[PERIOD_KEY])
    return observations[pd.MultiIndex.from_frame(observations[PERIOD_KEY]).isin(periods)]


def _by_target(assessments):
    twice = assessments["target_id"][assessments["target_id"].duplicated()]
    if len(twice):
        raise ValueError(f"judged twice: {', '.join(twice.unique())}; expected one row a target")
    return assessments.set_index("target_id")[["status", "reason"]].astype(object)


def _same_inputs(one, other):
    return (
        (one.rules is other.rules or one.rules == other.rules)
        and one.targets.equals(other.targets)
        and one.observations.reset_index(drop=True).equals(other.observations.reset_index(drop=True))
    )


def _moves_between(old, new, cause):
    both = old.add_prefix("from_").join(new.add_prefix("to_"), how="outer").sort_index()
    moved = both[both["from_status"].fillna("") != both["to_status"].fillna("")]
    return moved.rename_axis("target_id").reset_index().assign(cause=cause)[MOVE_COLUMNS].astype(object)


def replay(latest: Basis, judge: Callable, dates: Sequence) -> pd.DataFrame:
    """Attribute the moves of verdicts along rising dates, each as known then.

    Parameters
    ----------
    latest : Basis of the last date, whose observations have known_on, see `clean_observations`
    judge : see `attribute_moves`
    dates : dates or ISO texts, rising

    Returns
    -------
    DataFrame
        as `attribute_moves` gives, with from_date and to_date in front.
    """
    dates = [pd.Timestamp(day) for day in dates]
    if dates != sorted(set(dates)):
        raise ValueError("dates fall or repeat; expected rising dates")
    rows, judge = latest.observations, _remember(judge)
    known = [latest._replace(observations=rows[rows["known_on"] <= day]) for day in dates]
    tables = [
        attribute_moves(*inputs, judge).assign(from_date=days[0], to_date=days[1])
        for inputs, days in zip(pairwise(known), pairwise(dates), strict=True)
    ]
    columns = ["from_date", "to_date", *MOVE_COLUMNS]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def ledger(plan: Plan, vintages: Sequence[Vintage], thresholds=None, target_ids=None) -> pd.DataFrame:
    """Explain every move of a status between vintages by its cause.

    Parameters
    ----------
    vintages : at least one, by rising day, judged with these thresholds
    thresholds, target_ids : as for `assess_as_of`

    Returns
    -------
    DataFrame
        one row a move, see `replay`: from_date, to_date, target_id, cause, from_status, from_reason,
        to_status, to_reason. No row means that nothing moved.
    """
    targets, record = select_targets(plan, target_ids), vintages[-1].record
    judged = [
        (
            Basis(vintage.observations, targets, thresholds),
            targets[["target_id"]].merge(vintage.assessments, on="target_id", validate="one_to_one"),
        )
        for vintage in vintages
    ]

    def judge(observations, *targets_and_rules):
        return assess_record(replace(record, observations=observations), *targets_and_rules).assessments

    return replay(judged[-1][0], _remember(judge, judged), [vintage.as_of for vintage in vintages])
