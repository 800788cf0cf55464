"""The targets of a plan asked of other areas: a comparison, not their plans."""

import pandas as pd

from sy_analysis.base.errors import ParamsError
from sy_analysis.judge.assessments import assess_record
from sy_analysis.record.known import known_as_of
from sy_analysis.record.selection import core_ids, select_targets
from sy_analysis.record.series import EMPTY_HISTORY


def compare_areas(plan, as_of, areas, thresholds=None, target_ids=None):
    """The plan's targets as they would stand if they were asked of other areas: a comparison, not their plans.

    Parameters
    ----------
    plan : Plan
    as_of : date or ISO text
    areas : list of str, as named in observations.csv
    thresholds : dict, see `assess_attainment`
    target_ids : list of str, optional
        by default the targets of core indicators.

    Returns
    -------
    DataFrame
        keyed by plan_id, area, target_id, with the other columns of assessments and `is_own`: whether the plan
        binds the area. Another area starts from its own value of the baseline year, where one was published.

    Raises
    ------
    ParamsError
        for a target that the plan does not have.
    """
    own = select_targets(plan, core_ids(plan) if target_ids is None else target_ids)
    record = known_as_of(plan, as_of)
    asked = pd.concat([_asked_of(area, own, record.histories) for area in areas], ignore_index=True)
    # a judged target has one id; here that is the target and the area of whom it is asked
    key = asked["target_id"].str.cat(asked["area"], sep=" ")
    assessments = assess_record(record, asked.assign(target_id=key), thresholds).assessments
    table = assessments.assign(target_id=asked["target_id"], is_own=asked["is_own"], plan_id=plan.plan_id)
    first = ["plan_id", "area", "target_id", "is_own"]
    return table[[*first, *table.columns.drop(first)]]


def ask_of(plan, area, as_of):
    """The plan with its core targets asked of another area: a comparison, not that area's plan.

    Parameters
    ----------
    plan : Plan
    area : str, as named in observations.csv; empty or the plan's own area for the plan as it is
    as_of : date or ISO text

    Returns
    -------
    Plan
        without text and notes; its targets start from the area's own value of the baseline year, where one was
        published by that day.

    Raises
    ------
    ParamsError
        for an area of which the record has no observation.
    """
    if not area or area == plan.area:
        return plan
    known = plan.observations["area"].unique()
    if area not in known:
        raise ParamsError(f"the record has no observation of “{area}”; it has those of {', '.join(known)}")
    asked = _asked_of(area, select_targets(plan, core_ids(plan)), known_as_of(plan, as_of).histories)
    return plan._replace(
        name_zh=f"{area}比照{plan.name_zh}的目标（非本地规划）",
        name_en=f"{area} by the targets of the {plan.name_en} (not its own plan)",
        area=area,
        targets=asked.drop(columns="is_own").assign(printed_baseline=""),
        reference_targets=plan.reference_targets[:0],
        notes=plan.notes[:0],
        lines=[],
    )


def _asked_of(area, targets, histories):
    """Targets as asked of an area: as printed for the one that the plan binds, else from its own baseline."""
    is_own = targets["area"] == area
    baselines = [
        histories.get((indicator_id, area), EMPTY_HISTORY).get(year)
        for indicator_id, year in zip(targets["indicator_id"], targets["baseline_year"], strict=True)
    ]
    asked = targets.assign(area=area, is_own=is_own)
    return asked.assign(
        baseline_value=targets["baseline_value"].where(
            is_own, pd.Series(baselines, targets.index, dtype=float)
        )
    )
