"""Content of the workbook: verdicts, sources, notes on the method, charts' data."""

import re
from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from sy_analysis.base.words import probability
from sy_analysis.judge.assessments import Vintage
from sy_analysis.judge.rules import STATUS
from sy_analysis.record.plan import Plan, provenance
from sy_analysis.report.rows import core_and_others, is_forecast
from sy_analysis.report.words import FORECAST_STATUSES, chinese, count_text, pair, read_rows, verdict

DECIMALS = 6  # of the CSV tables of a run
CHARTED = ("overview", "group")  # kinds of sheet that have a chart


class Sheet(NamedTuple):
    """One sheet: its kind in sheets.csv, its title, the lines on top, and its rows."""

    kind: str
    title: str
    heading: str
    lead: str
    rows: pd.DataFrame


def workbook_sheets(plan: Plan, vintage: Vintage, thresholds: Mapping[str, float]) -> list[Sheet]:
    """Collect the sheets in order: verdicts, sources, method notes, the charts' data."""
    verdicts = verdict_sheets(plan, vintage)
    sources = source_rows(plan, vintage)
    n_values = f"{len(sources)} 个来源，{len(vintage.observations)} 个数值"
    notes = method_rows(plan, vintage, thresholds)
    apart = "与各表的达成概率相同；单列一张，各表排序、筛选时图不变"
    return [
        *verdicts,
        Sheet("sources", "来源", "来源 Sources", n_values, sources),
        Sheet("notes", "方法说明", "方法说明 Method notes", plan.name_en, notes),
        Sheet("charts", "图表数据", "图表数据 Data of the charts", apart, chart_rows(verdicts)),
    ]


def verdict_sheets(plan: Plan, vintage: Vintage) -> list[Sheet]:
    """Collect core targets, each of their groups, and other targets, binding ones first."""
    core, others = (_with_texts(rows, plan.area) for rows in core_and_others(plan, vintage.assessments))
    groups = core.sort_index()["group"].unique()  # in the plan's order
    tables = [
        ("overview", "概览", core),
        *(("group", group, core[core["group"] == group]) for group in groups),
        *([("group", "其他目标", others)] if len(others) else []),
    ]
    return [
        Sheet(kind, title, f"{plan.name_zh}　{title}", _lead(rows["status"]), rows)
        for kind, title, rows in tables
    ]


def _lead(statuses):
    return f"共 {len(statuses)} 项：{count_text(statuses, '{zh} {en} {n}', '　')}"


def _with_texts(rows, area):
    """Add the names and words that the sheets show."""
    records = rows.to_dict("records")
    return rows.assign(
        group=rows["group_zh"].where(rows["group_zh"] != "", "未分组"),
        names=[_names(row, area) for row in records],
        binding=[chinese("binding", row["is_binding"]) for row in records],
        planned=rows["aim"],
        evidence_words=[pair("evidence", row["evidence_grade"]) for row in records],
        evidence_with_doubts=[_with_doubts(row) for row in records],
        words=["\n".join(verdict(row, {}, {})) for row in records],
    )


def _names(row, area):
    where = "" if row["area"] == area else f"（{row['area'].replace(';', '、')}）"
    return f"{row['name_zh']}{where}\n{row['name_en']}"


def _with_doubts(row):
    doubts = [chinese("doubt", doubt) for doubt in row["evidence_doubts"].split()]
    return "\n".join([pair("evidence", row["evidence_grade"]), *doubts])


def source_rows(plan: Plan, vintage: Vintage) -> pd.DataFrame:
    """List the known sources with their number of values and the verdicts on each."""
    n_values = vintage.observations["source_id"].value_counts()
    known = plan.sources[plan.sources["source_id"].isin(n_values.index)]
    used = vintage.assessments.assign(source_id=vintage.assessments["latest_source"].str.split("+"))
    used_for = used.explode("source_id").groupby("source_id")["target_id"].agg("、".join)
    return known.assign(
        n_values=known["source_id"].map(n_values), used_for=known["source_id"].map(used_for).fillna("")
    )


def method_rows(plan: Plan, vintage: Vintage, thresholds: Mapping[str, float]) -> pd.DataFrame:
    """Explain the words and numbers of the sheets, one row each."""
    facts = provenance(plan, vintage.as_of)
    words = {
        "plan": plan,
        "as_of": vintage.as_of,
        "limits": {name: probability(value) for name, value in thresholds.items()},
        "status": {name: pair("status", name) for name in STATUS},
        "decimals": DECIMALS,
        "data_sha256": facts["data_sha256"],
        "version": facts["versions"]["sy-analysis"],
    }
    return pd.DataFrame(read_rows("method_notes.csv")).map(lambda form: form.format(**words))


def has_chart(sheet: Sheet) -> bool:
    """Whether a sheet has a probability to draw."""
    return sheet.kind in CHARTED and is_forecast(sheet.rows).any()


def chart_rows(sheets: list[Sheet]) -> pd.DataFrame:
    """List the label of each target, and its probability in the column of its status."""
    rows = [
        {"chart": sheet.title, "label": _chart_label(row), row["status"]: row["attainment_probability"]}
        for sheet in sheets
        if has_chart(sheet)
        for row in sheet.rows.to_dict("records")
    ]
    return pd.DataFrame(rows, columns=["chart", "label", *FORECAST_STATUSES])


def _chart_label(row):
    mark = "★ " if row["is_binding"] else ""
    return f"{mark}{row['target_id']} {row['short_zh']}（{chinese('status', row['status'])}）"


def sheet_names(titles: list[str]) -> list[str]:
    """Make names that a spreadsheet accepts: plain, at most 31 long, all different.

    >>> sheet_names(["产品/服务", "来源", "来源"])
    ['产品-服务', '来源', '来源 2']
    """
    names = []
    for title in titles:
        plain = _plain_name(title)
        taken = {name.lower() for name in names}
        numbered = (f"{plain} {n}" for n in range(2, len(titles) + 2))
        names.append(next(name for name in (plain, *numbered) if name.lower() not in taken))
    return names


def _plain_name(title):
    text = re.sub(r"[\[\]:*?/\\]", "-", title)
    printable = "".join(c for c in text if c.isprintable() and c <= "\uffff")
    plain = printable.strip(" '")[:28].strip(" '") or "表"
    return f"{plain} 1" if plain.lower() == "history" else plain  # a name that Excel reserves
