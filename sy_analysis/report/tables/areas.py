"""Other areas: verdicts side by side, latest values of the areas below the plan's."""

import pandas as pd

from sy_analysis.record.plan import Plan
from sy_analysis.report.columns import HEADINGS, display
from sy_analysis.report.words import chinese, citations


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
    return wide.loc[names.unique(), shown["target_id"].unique()].rename_axis(
        index=None, columns=HEADINGS["area"]
    )


def area_table(comparison: pd.DataFrame) -> pd.DataFrame:
    """Show `area_statuses` in words, with a dash for what is not assessed."""
    return area_statuses(comparison).map(
        lambda status: "—" if status == "not_assessed" else chinese("status", status)
    )


def subarea_table(latest: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Show the latest value of each area below the plan's, with period, scope and source.

    Parameters
    ----------
    latest : DataFrame from `latest_by_area`
    plan : Plan
    """
    rows = latest.rename(columns={"value": "latest_value"}).assign(
        short_zh=latest["indicator_id"].map(plan.indicators.set_index("indicator_id")["short_zh"]),
        source=latest["source_id"].map(citations(plan.sources)),
    )
    return display(rows, "subarea")
