"""Rows that a report shows, by field name: verdicts of many targets, and of areas side by side."""

from functools import partial

import pandas as pd

from sy_analysis.record.plan import Plan
from sy_analysis.record.selection import core_ids
from sy_analysis.report.columns import HEADINGS
from sy_analysis.report.words import FORECAST_STATUSES, chinese, interval, target_text


def verdict_rows(assessments: pd.DataFrame, targets: pd.DataFrame, indicators: pd.DataFrame) -> pd.DataFrame:
    """Join assessments with their targets and indicators, in the order of the assessments.

    Returns
    -------
    DataFrame
        one row per target; `aim` and `interval_80` are the target and the forecast's interval as text.
    """
    targets = targets.drop(columns=["indicator_id", "area", "is_binding"])
    indicators = indicators.drop(columns=["unit", "note"])
    rows = assessments.merge(targets, on="target_id", validate="one_to_one")
    rows = rows.merge(indicators, on="indicator_id", validate="many_to_one")
    records = rows.to_dict("records")
    return rows.assign(aim=list(map(target_text, records)), interval_80=list(map(interval, records)))


def core_and_others(plan: Plan, assessments: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split `verdict_rows` into core targets and others, binding ones first in each."""
    rows = verdict_rows(assessments, plan.targets, plan.indicators)
    rows = rows.sort_values("is_binding", ascending=False, kind="stable")
    is_core = rows["target_id"].isin(core_ids(plan))
    return rows[is_core], rows[~is_core]


def is_forecast(rows: pd.DataFrame) -> pd.Series:
    """Mark the verdicts that rest on a forecast and have a probability."""
    return rows["status"].isin(FORECAST_STATUSES) & rows["attainment_probability"].notna()


def at_risk_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Select what needs attention, binding first, the least likely first.

    Parameters
    ----------
    rows : DataFrame from `verdict_rows`

    Returns
    -------
    DataFrame
        the same columns, and `gap_left`: the gap to the target, zero if it is met.
    """
    chosen = rows[rows["status"].isin(["at_risk", "off_track", "missed"])]
    ordered = chosen.sort_values(["is_binding", "attainment_probability"], ascending=[False, True])
    return ordered.assign(gap_left=ordered["gap"].clip(lower=0))


def summary_rows(assessments: pd.DataFrame, targets: pd.DataFrame, indicators: pd.DataFrame) -> pd.DataFrame:
    """Rename `verdict_rows` to the fields, and so the headings, of the summary."""
    fields = {"latest_year": "year", "predicted_median": "median_forecast", "evidence_grade": "evidence"}
    return verdict_rows(assessments, targets, indicators).rename(columns=fields)


def change_rows(
    assessments: pd.DataFrame, previous: pd.DataFrame, targets: pd.DataFrame, indicators: pd.DataFrame
) -> pd.DataFrame:
    """Join two vintages where a verdict moved.

    That is its status, its latest value, or its probability by a point or more.

    Returns
    -------
    DataFrame
        `verdict_rows` whose fields end in `_now` and `_before` for the two vintages.
    """
    both = assessments.merge(previous, on="target_id", suffixes=("", "_before"), validate="one_to_one")
    values = both[["latest_value", "latest_value_before"]]
    moved = (
        (both["status"] != both["status_before"])
        | ((both["attainment_probability"] - both["attainment_probability_before"]).abs() >= 0.01)
        | (values.notna().any(axis=1) & (values["latest_value"] != values["latest_value_before"]))
    )
    fields = {name: f"{name}_now" for name in ("status", "attainment_probability", "latest_value")}
    return verdict_rows(both[moved], targets, indicators).rename(columns=fields)


def count_statuses(assessments: pd.DataFrame) -> pd.DataFrame:
    """Count the targets of each status and reason."""
    counts = assessments.groupby(["status", "reason"]).size().reset_index(name="n")
    counts["status_zh"] = counts["status"].map(partial(chinese, "status"))
    counts["reason_zh"] = counts["reason"].map(partial(chinese, "reason"))
    return counts[["status_zh", "reason_zh", "n", "status", "reason"]]


def area_statuses(comparison: pd.DataFrame) -> pd.DataFrame:
    """Set the verdicts of areas side by side, one row per area, one column per target.

    Parameters
    ----------
    comparison : DataFrame from `compare_areas`, of one plan

    Returns
    -------
    DataFrame
        of status: the area that the plan binds and the others with a verdict, and the targets with one elsewhere.
    """
    is_judged = comparison["status"] != "not_assessed"
    elsewhere = comparison.loc[is_judged & ~comparison["is_own"], "target_id"]
    shown = comparison[comparison["target_id"].isin(elsewhere)]
    shown = shown[shown["is_own"] | shown["area"].isin(shown.loc[is_judged, "area"])]
    names = shown["area"].where(~shown["is_own"], shown["area"] + "（本规划）")
    wide = shown.assign(area=names).pivot(index="area", columns="target_id", values="status")
    wide = wide.loc[names.unique(), shown["target_id"].unique()]
    return wide.rename_axis(index=None, columns=HEADINGS["area"])
