"""One target in full: values, forecast, verdict, evidence, official methods, outlook."""

import pandas as pd

from sy_analysis.base.words import number, shorten
from sy_analysis.judge.methods import Comparison
from sy_analysis.judge.outlook import Outlook
from sy_analysis.report.columns import FIELDS, display, display_facts, headed
from sy_analysis.report.data import View
from sy_analysis.report.words import chinese, range_text, target_text


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
    fan = view.quantiles
    fan = fan.reindex(columns=[0.025, 0.1, 0.5, 0.9, 0.975])
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
    rows = rows.assign(own_class=rows["status"].fillna("—"), method_value=rows["value"])
    return display(rows, "method")


def outlook_table(outlook: Outlook) -> pd.DataFrame:
    """Show what could still move a verdict, as far as it can be computed."""
    moving = {name: words[0] for name, words in outlook._asdict().items() if words}
    return display_facts(moving, list(moving))
