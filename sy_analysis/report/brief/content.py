"""Text of the brief: findings, what is at risk, what cannot be judged, sources."""

from collections.abc import Mapping
from itertools import accumulate

import pandas as pd

from sy_analysis.base.words import number, probability, shorten
from sy_analysis.judge.assessments import Vintage
from sy_analysis.judge.rules import STATUS
from sy_analysis.record.plan import Plan, provenance
from sy_analysis.report.rows import at_risk_rows, is_forecast
from sy_analysis.report.words import SENTENCES, chinese, citations, count_text

NAME_LENGTH = 14  # characters of an indicator's name
ENGLISH_NAME_LENGTH = 40
LIST_LENGTH = 165  # characters of the indicators named in one cell
MOST_BINDING = 4  # named in a finding
MOST_UNLIKELY = 3
MOST_SOURCES = 4
CHINESE_COUNTS = ("{n}项{zh}", "、")  # form and separator


def _sentence(key, language=0, **facts):
    return SENTENCES[f"brief_{key}"][language].format(**facts)


def findings(plan: Plan, core: pd.DataFrame) -> list[str]:
    """State what the leading group should know, the most important first.

    Parameters
    ----------
    plan : Plan
    core : DataFrame, `verdict_rows` of the core targets, binding ones first
    """
    first = _sentence("counts", n=len(core), counts=count_text(core["status"], *CHINESE_COUNTS))
    if not core["status"].isin(["attained", "on_track"]).any():
        first += _sentence("nothing_on_track")
    return [first, *_on_verdicts(core), *_on_evidence(plan, core), _sentence("advice")]


def _on_verdicts(core):
    binding = core[core["is_binding"]]
    unlikely = core[core["status"] == "off_track"].sort_values("attainment_probability")
    if len(binding):
        names = [f"{_name(row)}{chinese('status', row['status'])}{_chance(row)}" for row in _first(binding)]
        rest = "等" if len(binding) > MOST_BINDING else ""
        yield _sentence("binding", n=len(binding), names="、".join(names) + rest)
    if len(unlikely):
        names = [f"{_name(row)}{_chance(row)}" for row in _first(unlikely, MOST_UNLIKELY)]
        yield _sentence("least_likely", names="、".join(names))


def _first(rows, n=MOST_BINDING):
    return rows.head(n).to_dict("records")


def _name(row):
    return f"{row['target_id']} {shorten(row['short_zh'], NAME_LENGTH)}"


def _chance(row, form="（{}）"):
    value = row["attainment_probability"]
    return "" if pd.isna(value) else form.format(probability(value))


def _on_evidence(plan, core):
    """How much the verdicts rest on, as far as something is missing or weak."""
    n_outturns = (core["latest_year"] >= core["target_year"]).sum()
    if n_outturns < len(core):
        yield _sentence(
            "missing_data",
            target_year=plan.target_year,
            baseline_year=plan.baseline_year,
            found=f"只查到{n_outturns}项" if n_outturns else "一项也没有查到",
            n_followed=_n_followed(plan, core),
        )
    judged = core[is_forecast(core)]
    n_weak = (judged["evidence_grade"] == "weak").sum()
    if n_weak:
        yield _sentence("weak", n_judged=len(judged), n_weak=n_weak, weak=_sentence("why_weak"))


def _n_followed(plan, core):
    return (core["latest_year"] > plan.baseline_year).sum()


def english_summary(plan: Plan, vintage: Vintage, core: pd.DataFrame) -> str:
    """State the findings in a few English sentences."""
    names = [
        f"{row['target_id']} {shorten(row['short_en'], ENGLISH_NAME_LENGTH)} "
        f"{STATUS[row['status']][1]}{_chance(row, ' ({})')}"
        for row in _first(core[core["is_binding"]])
    ]
    return _sentence(
        "summary",
        language=1,
        plan=plan,
        as_of=vintage.as_of,
        n=len(core),
        counts=count_text(core["status"], "{n} {en}", ", "),
        binding=_sentence("binding", language=1, names="; ".join(names)) + " " if names else "",
        n_followed=_n_followed(plan, core),
        first_year=plan.baseline_year + 1,
    )


def plain_sentence(row: Mapping) -> str:
    """State why a target needs attention, in one sentence.

    >>> plain_sentence({"latest_year": 2020, "latest_value": 91.27, "unit": "%", "gap": 1.73, "target_year": 2025,
    ...                 "required_pace": 0.346, "observed_pace": float("nan"), "reason": "probability",
    ...                 "evidence_id": "Q", "indicator_id": "Q"})
    '2020年为91.27%，此后未见公布值；到2025年每年须改善0.35个百分点。'
    """
    year, target_year = row["latest_year"], row["target_year"]
    latest = f"{year}年为{number(row['latest_value'], row['unit'])}"
    scope = "" if row["evidence_id"] == row["indicator_id"] else f"（{chinese('doubt', 'stand_in')}）"
    if row["reason"] == "outturn":
        return f"{latest}{scope}，{'已达到' if row['gap'] <= 0 else '没有达到'}目标。"
    silence = f"{target_year}年的值未见公布" if year == target_year - 1 else "此后未见公布值"
    return f"{latest}{scope}，{silence}；{_outlook(row)}。"


def _outlook(row):
    why = "" if row["reason"] == "probability" else chinese("reason", row["reason"])
    if row["gap"] <= 0 and why:
        return why
    if row["gap"] <= 0:
        stand = "恰在目标线上" if row["gap"] == 0 else "已达到目标"
        return f"{stand}，但到{row['target_year']}年可能回落"
    needed = _amount(row["required_pace"], row["unit"])
    why = f"{why}，" if why else ""
    if pd.isna(row["observed_pace"]):
        return f"{why}到{row['target_year']}年每年须改善{needed}"
    made = _amount(abs(row["observed_pace"]), row["unit"])
    change = f"改善{made}" if row["observed_pace"] >= 0 else f"退步{made}"
    return f"{why}每年须改善{needed}，近年平均每年{change}"


def _amount(value, unit):
    """A difference: of percentages, in percentage points."""
    return number(value, "个百分点" if unit == "%" else unit)


def attention_rows(core: pd.DataFrame) -> list[tuple[dict, list[str]]]:
    """List what needs attention: name, status and chance, gap, pace needed, one sentence.

    Returns
    -------
    list of (dict, list of str)
        the verdict's row and its cells, in the order of `at_risk_rows`.
    """
    return [(row, _attention_cells(row)) for row in at_risk_rows(core).to_dict("records")]


def _attention_cells(row):
    is_met, unit = row["gap"] <= 0, "" if row["unit"] == "%" else row["unit"]
    return [
        f"{'★ ' if row['is_binding'] else ''}{_name(row)}",
        f"{chinese('status', row['status'])} {probability(row['attainment_probability'])}",
        "已达到" if is_met else number(row["gap"], unit),
        "—" if is_met else number(row["required_pace"], unit),
        plain_sentence(row),
    ]


def unknown_rows(plan: Plan, core: pd.DataFrame, others: pd.DataFrame) -> list[list[str]]:
    """List what cannot be judged, or only weakly, and the data that would change that.

    Parameters
    ----------
    plan : Plan
    core, others : `verdict_rows` of the core targets and of all others

    Returns
    -------
    list of list of str
        why, which indicators, what to collect.
    """
    unknown = core[core["status"] == "not_assessed"]
    not_assessed = chinese("status", "not_assessed")
    rows = [
        [f"{not_assessed}：{chinese('reason', reason)}", _list(alike), _need(reason, plan)]
        for reason, alike in unknown.groupby("reason", sort=False)
    ]
    weak = core[is_forecast(core) & (core["evidence_grade"] == "weak")]
    if len(weak):
        rows.append([f"有概率但证据弱：{_sentence('why_weak')}", _list(weak), _yearly_values(plan)])
    n_unknown = (others["status"] == "not_assessed").sum()
    if n_unknown:
        counts = f"其他目标{len(others)}项中{n_unknown}项{not_assessed}"
        rows.append([counts, "见 attainment.xlsx 的“其他目标”", "完成情况的公布值"])
    return rows


def _need(reason, plan):
    """The data that would lift a reason for not judging."""
    if reason.startswith("no_target"):
        return f"{plan.target_year}年目标值及下达文件"
    if reason.startswith("refused_"):
        return "规划制定部门对目标值的书面说明"
    return f"{plan.target_year}年的值" if reason == "outturn_missing" else _yearly_values(plan)


def _yearly_values(plan):
    return f"{plan.baseline_year + 1}–{plan.target_year}年各年的值、口径和出处"


def _list(rows):
    names = [_name(row) for row in rows.to_dict("records")]
    lengths = accumulate(len(name) + 1 for name in names)
    shown = [name for name, length in zip(names, lengths, strict=True) if length <= LIST_LENGTH]
    return "、".join(shown) + (f"等{len(names)}项" if len(names) > len(shown) else "")


def sources_note(plan: Plan, vintage: Vintage, core: pd.DataFrame, thresholds: Mapping[str, float]) -> str:
    """State the sources, how they were judged, and how to find this run again."""
    cited, used = citations(plan.sources), core["latest_source"].str.split("+").explode()
    counts = used[used != ""].value_counts().head(MOST_SOURCES)
    facts = provenance(plan, vintage.as_of)
    return _sentence(
        "sources",
        n_sources=vintage.observations["source_id"].nunique(),
        n_values=len(vintage.observations),
        as_of=vintage.as_of,
        cited="；".join(f"{cited[source_id]}（{n}项）" for source_id, n in counts.items()) or "无",
        limits={name: probability(value) for name, value in thresholds.items()},
        fingerprint=facts["data_sha256"][:12],
        version=facts["versions"]["sy-analysis"],
    )
