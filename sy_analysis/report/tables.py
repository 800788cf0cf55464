"""Display tables, rounded and in words that people use.

Functions that end in `_table` are for people only; `record_rows` returns a table of field names.
"""

from datetime import date
from functools import partial
from operator import itemgetter

import pandas as pd

from sy_analysis.base.words import number, shorten
from sy_analysis.judge.methods import Comparison
from sy_analysis.judge.outlook import Outlook
from sy_analysis.record.plan import Plan
from sy_analysis.record.selection import by_core, relatives
from sy_analysis.report.columns import FIELDS, display, display_facts, headed, texts
from sy_analysis.report.data import View
from sy_analysis.report.rows import area_statuses, at_risk_rows, change_rows, count_statuses, summary_rows
from sy_analysis.report.words import chinese, citations, range_text, target_text

STALE_YEARS = 2  # a latest value older than this is stale


def summary_table(assessments: pd.DataFrame, targets: pd.DataFrame, indicators: pd.DataFrame) -> pd.DataFrame:
    """Show the verdicts, one row per target, in Chinese with English statuses."""
    return display(summary_rows(assessments, targets, indicators), "summary")


def verdict_text(
    assessments: pd.DataFrame, targets: pd.DataFrame, indicators: pd.DataFrame, as_of: date
) -> str:
    """Write `summary_table` for a terminal, with a line that counts the statuses."""
    with pd.option_context("display.unicode.east_asian_width", True):
        table = summary_table(assessments, targets, indicators).to_string()
    counts = ", ".join(f"{n} {status}" for status, n in assessments["status"].value_counts().items())
    return f"{table}\n\n{len(assessments)} verdicts as of {as_of}: {counts}\n"


def at_risk_table(assessments: pd.DataFrame, targets: pd.DataFrame, indicators: pd.DataFrame) -> pd.DataFrame:
    """Show what needs attention: `at_risk_rows` in words."""
    return display(at_risk_rows(summary_rows(assessments, targets, indicators)), "at_risk")


def change_table(
    assessments: pd.DataFrame, previous: pd.DataFrame, targets: pd.DataFrame, indicators: pd.DataFrame
) -> pd.DataFrame:
    """Show what moved since a previous vintage."""
    return display(change_rows(assessments, previous, targets, indicators), "change")


def count_table(assessments: pd.DataFrame) -> pd.DataFrame:
    """Show `count_statuses` in words."""
    return display(count_statuses(assessments), "count")


def area_table(comparison: pd.DataFrame) -> pd.DataFrame:
    """Show `area_statuses` in words, with a dash for what is not assessed."""
    statuses = area_statuses(comparison)
    return statuses.where(statuses != "not_assessed").map(partial(chinese, "status"))


def subarea_table(latest: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Show the latest value of each area below the plan's, with period, scope and source.

    Parameters
    ----------
    latest : DataFrame from `latest_by_area`
    plan : Plan
    """
    rows = latest.rename(columns={"value": "latest_value"}).assign(
        short_zh=latest["indicator_id"].map(_short_names(plan)),
        source=latest["source_id"].map(citations(plan.sources)),
    )
    return display(rows, "subarea")


def _short_names(plan):
    return plan.indicators.set_index("indicator_id")["short_zh"]


def finding_table(findings: pd.DataFrame) -> pd.DataFrame:
    """Show what to clear up in a plan: the finding, its lines and what to do."""
    return display(findings.replace({"target_id": {"": "全文"}}), "finding")


def next_steps_table(steps: dict[str, dict]) -> pd.DataFrame:
    """Show what is known of some targets, what is not, and what to do next.

    Parameters
    ----------
    steps : dict of target_id to the dict from `next_steps_of`
    """
    rows = pd.DataFrame.from_dict(steps, orient="index", columns=FIELDS["next_steps"][1:])
    return display(rows.map(itemgetter(0)).reset_index(names="target_id"), "next_steps")


def move_table(moves: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Show every move of a status, with its cause and its new reason.

    Parameters
    ----------
    moves : DataFrame from `ledger`
    plan : Plan
    """
    names = plan.targets.set_index("target_id")["indicator_id"].map(_short_names(plan))
    return display(moves.assign(short_zh=moves["target_id"].map(names)), "move")


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


def observation_table(view: View, observations: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Show the published yearly values that a verdict rests on, each with its source.

    Parameters
    ----------
    view : View
    observations : table of the view's vintage
    sources : the checked table `sources`
    """
    ids = [view.indicator["indicator_id"], view.measured["indicator_id"]]
    rows = observations[
        observations["indicator_id"].isin(ids)
        & (observations["area"] == view.target["area"])
        & (observations["frequency"] == "A")
    ].sort_values(["indicator_id", "year", "source_id"])
    rows = rows[["indicator_id", "year", "qualifier", "value", "unit", "grade", "source_id"]].merge(
        sources[["source_id", "publisher", "title", "published"]], on="source_id", validate="many_to_one"
    )
    rows = rows.rename(columns={"indicator_id": "series"}).assign(
        published_value=[
            f"{chinese('qualifier', row['qualifier'])}{number(row['value'], row['unit'], decimals=4)}"
            for row in rows.to_dict("records")
        ],
        publisher=rows["publisher"].str.split(";").str[0],
        title=rows["title"].map(shorten),
        published=rows["published"].dt.strftime("%Y-%m-%d").fillna("未注明"),
    )
    return display(rows, "observation")


def interval_table(view: View) -> pd.DataFrame:
    """Show the forecast by year: median and prediction intervals, in the indicator's unit."""
    fan = view.quantiles.reindex(columns=[0.025, 0.1, 0.5, 0.9, 0.975])
    rows = pd.DataFrame(
        {
            "year": fan.index,
            "predicted_median": fan[0.5].to_list(),
            "interval_80": list(map(range_text, fan[0.1], fan[0.9])),
            "interval_95": list(map(range_text, fan[0.025], fan[0.975])),
        }
    )
    if rows.empty:
        return headed(rows.drop(columns="year"))
    return display(rows, "interval")


def verdict_table(view: View) -> pd.DataFrame:
    """Show one verdict in full: value, gap, paces, probability, status and reason."""
    row = {**view.assessment, "unit": view.indicator["unit"]}
    row["aim"] = target_text({**view.target, "unit": row["unit"]})
    row["latest"] = number(row["latest_value"], row["unit"])
    if not pd.isna(row["latest_year"]):
        row["latest"] += f"（{row['latest_year']}年）"
    return display_facts(row, FIELDS["verdict"])


def evidence_table(view: View) -> pd.DataFrame:
    """Show what a verdict rests on: own values, borrowed changes and the grade."""
    row = view.assessment
    doubts = [chinese("doubt", doubt) for doubt in row["evidence_doubts"].split()]
    references = [f"{area}({len(history)})" for (_, area), history in view.references.items()]
    texts = {
        "doubts": "、".join(doubts) or "—",
        "evidence_series": f"{row['evidence_id']} {view.measured['short_zh']}",
        "references": "、".join(references) or "—",
    }
    counts = {name: str(row[name]) for name in ("n_own", "n_sources", "n_reference_changes")}
    return display_facts({**row, **texts, **counts}, FIELDS["evidence"])


def method_table(comparison: Comparison) -> pd.DataFrame:
    """Show each official method's verdict on a target, its number and its reason."""
    rows = comparison.table
    return display(rows.assign(own_class=rows["status"].fillna("—"), method_value=rows["value"]), "method")


def outlook_table(outlook: Outlook) -> pd.DataFrame:
    """Show what could still move a verdict, as far as it can be computed."""
    moving = {name: words[0] for name, words in outlook._asdict().items() if words}
    return display_facts(moving, list(moving))


def score_table(scores: pd.DataFrame) -> pd.DataFrame:
    """Show coverage and skill of the record's own series by horizon.

    Parameters
    ----------
    scores : DataFrame from `score_record`, shares 0 to 1
    """
    return display(scores.rename(columns={"n": "n_forecasts"}), "score")


def peer_table(published: pd.DataFrame) -> pd.DataFrame:
    """Show the system beside other methods on public indicator series.

    Parameters
    ----------
    published : DataFrame from `published_scores`, coverage 0 to 100
    """
    rows = published[published["table"].isin(["all windows", "subsample"])].astype({"windows": int})
    columns = {"table": "sample", "coverage_80": "coverage_80_pct", "coverage_95": "coverage_95_pct"}
    return display(rows.rename(columns=columns), "peer")
