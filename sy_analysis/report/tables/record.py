"""The record behind the verdicts: counts, conflicts, gaps, contradictions, quarantine."""

import pandas as pd

from sy_analysis.base.words import number
from sy_analysis.record.plan import Plan
from sy_analysis.record.selection import by_core, relatives
from sy_analysis.report.columns import FIELDS, display, headed, texts
from sy_analysis.report.words import chinese, citations

STALE_YEARS = 2  # a latest value older than this is stale


def record_rows(
    plan: Plan, observations: pd.DataFrame, series: pd.DataFrame, target_ids: list[str]
) -> pd.DataFrame:
    """Count the own and reference values of each target's indicator.

    Parameters
    ----------
    plan : Plan
    observations, series : tables of one vintage
    target_ids : list of str

    Returns
    -------
    DataFrame
        one row per target; a value that runs from January is counted apart, since it is not a year's.
    """
    known = by_core(series, plan.indicators)
    targets = plan.targets[plan.targets["target_id"].isin(target_ids)]
    rows = [
        {
            "target_id": target["target_id"],
            **_count_series(target, known[known["core_id"] == target["indicator_id"]]),
            **_count_parts(target, observations, plan.indicators),
        }
        for target in targets.to_dict("records")
    ]
    names = targets["indicator_id"].map(_short_names(plan)).to_list()
    return pd.DataFrame(rows).assign(short_zh=names).astype({"latest_year": "Int64"})


def _short_names(plan):
    return plan.indicators.set_index("indicator_id")["short_zh"]


def _count_series(target, known):
    is_own, is_exact = known["area"] == target["area"], known["indicator_id"] == target["indicator_id"]
    own = known[is_own & is_exact]
    return {
        "n_own": len(own),
        "latest_year": own["year"].max(),
        "n_near_scope": (is_own & ~is_exact).sum(),
        "n_reference_areas": known.loc[~is_own, "area"].nunique(),
        "n_reference_years": (~is_own).sum(),
    }


def _count_parts(target, observations, indicators):
    """Own values of less than a year."""
    ids = [target["indicator_id"], *relatives(indicators, target["indicator_id"])]
    is_own = observations["indicator_id"].isin(ids) & (observations["area"] == target["area"])
    counts = observations.loc[is_own, "frequency"].value_counts()
    return {"n_months": counts.get("M", 0), "n_to_date": counts.get("YTD", 0)}


def record_table(record: pd.DataFrame) -> pd.DataFrame:
    """Show `record_rows`."""
    return display(record, "record")


def stale_table(record: pd.DataFrame, as_of_year: int) -> pd.DataFrame:
    """Show the targets whose latest own yearly value is old, or that have none.

    Parameters
    ----------
    record : DataFrame from `record_rows`
    as_of_year : int
    """
    latest = record["latest_year"]
    return display(record[latest.isna() | (latest < as_of_year - STALE_YEARS)], "stale")


def conflict_table(conflicts: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Show periods for which sources print different values.

    Parameters
    ----------
    conflicts : DataFrame from `find_conflicts`
    plan : Plan
    """
    cited = citations(plan.sources)
    groups = conflicts.groupby(["indicator_id", "area", "frequency", "period"])
    names = _short_names(plan)
    rows = [{"short_zh": names[key[0]], **_conflict(group, cited)} for key, group in groups]
    return headed(texts(pd.DataFrame(rows, columns=FIELDS["conflict"]), FIELDS["conflict"]))


def _conflict(group, cited):
    chosen, others = group[group["is_chosen"]].iloc[0], group[~group["is_chosen"]]
    return {
        **chosen[["area", "period"]],
        "chosen": number(chosen["value"], chosen["unit"]),
        "source": f"{chinese('grade', chosen['grade'])} {cited[chosen['source_id']]}",
        "others": "；".join(number(value, chosen["unit"]) for value in sorted(set(others["value"]))),
        "difference": group["value"].max() - group["value"].min(),
    }


def gap_table(gaps: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Show series with years missing between the first and the last.

    Parameters
    ----------
    gaps : DataFrame from `find_gaps`
    plan : Plan
    """
    rows = gaps.assign(
        short_zh=gaps["indicator_id"].map(_short_names(plan)),
        years_missing=["、".join(map(str, years)) for years in gaps["years"]],
    )
    return headed(texts(rows, FIELDS["gap"]))


def contradiction_table(contradictions: pd.DataFrame) -> pd.DataFrame:
    """Show where the plan, its sources and the record disagree."""
    return display(contradictions, "contradiction")


def quarantine_table(quarantine: pd.DataFrame) -> pd.DataFrame:
    """Show values that the guard holds back: why, and what would release them."""
    held = quarantine[quarantine["action"] == "held"]
    rows = held.assign(held_value=held["value"] + held["unit"]).rename(columns={"reason": "doubt"})
    return display(rows, "quarantine")
