"""The targets of a plan applied to other areas: a comparison, not their plans."""

from collections.abc import Sequence

import pandas as pd

from sy_analysis.base.errors import ParamsError
from sy_analysis.judge.assessments import assess_record
from sy_analysis.record.known import Record
from sy_analysis.record.plan import Plan
from sy_analysis.record.selection import core_ids, select_targets
from sy_analysis.record.series import EMPTY_HISTORY


def compare_areas(
    plan: Plan,
    record: Record,
    areas: Sequence,
    thresholds: dict | None = None,
    target_ids: list | None = None,
) -> pd.DataFrame:
    """Judge other areas by the plan's targets: a comparison, not their plans.

    Parameters
    ----------
    areas : list of str, as named in observations.csv
    thresholds : see `assess_record`
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
    applied = pd.concat([_applied_to(area, own, record.histories) for area in areas], ignore_index=True)
    # a judged target has one id, which here is the target and the area that it is applied to
    key = applied["target_id"].str.cat(applied["area"], sep=" ")
    assessments = assess_record(record, applied.assign(target_id=key), thresholds).assessments
    table = assessments.assign(target_id=applied["target_id"], is_own=applied["is_own"], plan_id=plan.plan_id)
    first = ["plan_id", "area", "target_id", "is_own"]
    return table[[*first, *table.columns.drop(first)]]


def ask_of(plan: Plan, area: str, record: Record) -> Plan:
    """Apply the core targets to another area: a comparison, not that area's plan.

    Parameters
    ----------
    area : str, as named in observations.csv; not the plan's own

    Returns
    -------
    Plan
        without text and notes. Its targets start from the area's own value of the baseline year, where one was
        published by that day.

    Raises
    ------
    ParamsError
        for an area without any observation on record.
    """
    on_record = plan.observations["area"].unique()
    if area not in on_record:
        raise ParamsError(
            f"the record has no observation of “{area}”; it has those of {', '.join(on_record)}"
        )
    applied = _applied_to(area, select_targets(plan, core_ids(plan)), record.histories)
    return plan._replace(
        name_zh=f"{area}比照{plan.name_zh}的目标（非本地规划）",
        name_en=f"{area} by the targets of the {plan.name_en} (not its own plan)",
        area=area,
        targets=applied.drop(columns="is_own").assign(printed_baseline=""),
        reference_targets=plan.reference_targets[:0],
        notes=plan.notes[:0],
        lines=[],
    )


def _applied_to(area, targets, histories):
    """Targets of an area: as printed for the one that the plan binds, else from its own baseline."""
    is_own = targets["area"] == area
    baselines = [
        histories.get((indicator_id, area), EMPTY_HISTORY).get(year)
        for indicator_id, year in zip(targets["indicator_id"], targets["baseline_year"], strict=True)
    ]
    own_baselines = pd.Series(baselines, targets.index, dtype=float)
    return targets.assign(
        area=area,
        is_own=is_own,
        baseline_value=targets["baseline_value"].where(is_own, own_baselines),
    )
