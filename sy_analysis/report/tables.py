"""Display tables: rounded, in words that people use, one row per thing that they look for."""

import pandas as pd

from sy_analysis.base.words import number, probability, shorten
from sy_analysis.judge.ledger import CAUSE_NAMES
from sy_analysis.judge.plan_checks import CHECKS
from sy_analysis.judge.rules import REASONS, STATUS
from sy_analysis.record.selection import by_core, relatives
from sy_analysis.report.words import EVIDENCE, cite, interval, target_text

BINDING = {True: "约束性", False: "预期性"}
GRADE = {"A": "官方", "B": "报刊", "C": "转载", "D": "推算"}
DOUBT = {
    "stand_in": "口径与规划不同",
    "derived": "数值为推算或汇编",
    "broken": "口径变更，只计变更后的值",
    "stale": "最新值距目标年三年以上",
}
QUALIFIER = {"=": "", "~": "约", ">=": "≥", "<=": "≤"}


def summary_table(assessments, targets, indicators):
    """The verdicts as a table to read: one row per target, rounded, Chinese with English statuses."""
    joined = _with_names(assessments, targets, indicators)
    table = pd.DataFrame(
        {
            "编号": joined["target_id"],
            "指标": joined["short_zh"],
            "属性": joined["is_binding"].map(BINDING),
            "最新值": _numbers(joined["latest_value"], joined["unit"]),
            "年份": joined["latest_year"].map(lambda year: "—" if pd.isna(year) else str(year)),
            "目标": [target_text(row) for row in joined.to_dict("records")],
            "预测中位数": joined["predicted_median"].map(number),
            "80%区间": [interval(row) for row in joined.to_dict("records")],
            "达成概率": joined["attainment_probability"].map(probability),
            "证据": joined["evidence_grade"].map(lambda grade: EVIDENCE[grade][0]),
            "结论": _statuses(joined["status"]),
        }
    )
    return _headed(table, "编号")


def verdict_text(assessments, targets, indicators, as_of):
    """`summary_table` in columns for a terminal, with a line that counts the statuses."""
    with pd.option_context("display.unicode.east_asian_width", True):
        table = summary_table(assessments, targets, indicators).to_string()
    counts = ", ".join(f"{n} {status}" for status, n in assessments["status"].value_counts().items())
    return f"{table}\n\n{len(assessments)} verdicts as of {as_of}: {counts}\n"


def _with_names(assessments, targets, indicators):
    names = indicators[["indicator_id", "short_zh", "unit", "direction"]]
    limits = targets[["target_id", "relation", "target_low", "target_high"]]
    return assessments.merge(limits, on="target_id", validate="one_to_one").merge(
        names, on="indicator_id", validate="many_to_one"
    )


def at_risk_table(assessments, targets, indicators):
    """What needs attention: at risk or off track, binding first, the least likely first."""
    chosen = assessments[assessments["status"].isin(["at_risk", "off_track", "missed"])]
    joined = _with_names(
        chosen.sort_values(["is_binding", "attainment_probability"], ascending=[False, True]),
        targets,
        indicators,
    )
    table = pd.DataFrame(
        {
            "编号": joined["target_id"],
            "指标": joined["short_zh"],
            "属性": joined["is_binding"].map(BINDING),
            "差距": _numbers(joined["gap"].clip(lower=0), joined["unit"]),
            "所需年均": joined["required_pace"].map(number),
            "近年年均": joined["observed_pace"].map(number),
            "达成概率": joined["attainment_probability"].map(probability),
            "结论": _statuses(joined["status"]),
        }
    )
    return _headed(table, "编号")


def change_table(assessments, previous, targets, indicators):
    """What moved since a previous vintage: status, latest value, or the probability by a point or more."""
    both = assessments.merge(previous, on="target_id", suffixes=("", "_before"), validate="one_to_one")
    values = both[["latest_value", "latest_value_before"]]
    moved = (
        (both["status"] != both["status_before"])
        | ((both["attainment_probability"] - both["attainment_probability_before"]).abs() >= 0.01)
        | (values.notna().any(axis=1) & (values["latest_value"] != values["latest_value_before"]))
    )
    joined = _with_names(both[moved], targets, indicators)
    table = pd.DataFrame(
        {
            "编号": joined["target_id"],
            "指标": joined["short_zh"],
            "上期": _statuses(joined["status_before"]),
            "本期": _statuses(joined["status"]),
            "上期概率": joined["attainment_probability_before"].map(probability),
            "本期概率": joined["attainment_probability"].map(probability),
            "上期最新值": _numbers(joined["latest_value_before"], joined["unit"]),
            "本期最新值": _numbers(joined["latest_value"], joined["unit"]),
        }
    )
    return _headed(table, "编号")


def _statuses(statuses):
    return statuses.map(lambda status: " ".join(STATUS[status]))


def area_table(comparison):
    """`area_statuses` in words, a dash for what is not assessed."""
    return area_statuses(comparison).map(
        lambda status: "—" if status == "not_assessed" else STATUS[status][0]
    )


def area_statuses(comparison):
    """Verdicts of areas side by side, as far as there are any: one row per area, one column per target.

    Parameters
    ----------
    comparison : DataFrame from `compare_areas`, of one plan

    Returns
    -------
    DataFrame
        of status: the area that the plan binds, and the others with a verdict; only targets that have one elsewhere.
    """
    is_judged = comparison["status"] != "not_assessed"
    elsewhere = comparison.loc[is_judged & ~comparison["is_own"], "target_id"]
    shown = comparison[comparison["target_id"].isin(elsewhere)]
    shown = shown[shown["is_own"] | shown["area"].isin(shown.loc[is_judged, "area"])]
    names = shown["area"].where(~shown["is_own"], shown["area"] + "（本规划）")
    wide = shown.assign(area=names).pivot(index="area", columns="target_id", values="status")
    return wide.loc[names.unique(), shown["target_id"].unique()].rename_axis(index=None, columns="地区")


def _numbers(values, units):
    return [number(value, unit) for value, unit in zip(values, units, strict=True)]


def count_statuses(assessments):
    """How many targets have each status, and for which reason."""
    counts = assessments.groupby(["status", "reason"]).size().rename("n").reset_index()
    counts["status_zh"] = counts["status"].map(lambda status: STATUS[status][0])
    counts["reason_zh"] = counts["reason"].map(lambda reason: REASONS[reason][0])
    return counts[["status_zh", "reason_zh", "n", "status", "reason"]]


def count_table(assessments):
    """`count_statuses` in words."""
    counts = count_statuses(assessments)
    return _headed(
        counts.rename(columns={"status_zh": "结论", "reason_zh": "理由", "n": "项数"})[
            ["结论", "理由", "项数"]
        ],
        "结论",
    )


def record_table(plan, observations, series, target_ids):
    """What is known of each target's indicator: own years and months, references, and how old the latest is.

    Parameters
    ----------
    plan : Plan
    observations, series : tables of one vintage
    target_ids : list of str

    Returns
    -------
    DataFrame
        one row per target; a value that runs from January is counted apart, since it is no year.
    """
    known = by_core(series, plan.indicators)
    names = plan.indicators.set_index("indicator_id")["short_zh"]
    targets = plan.targets[plan.targets["target_id"].isin(target_ids)]
    rows = [
        _record_of(target, known, observations, plan.indicators, names)
        for target in targets.to_dict("records")
    ]
    return _headed(pd.DataFrame(rows), "编号")


def _record_of(target, known, observations, indicators, names):
    known = known[known["core_id"] == target["indicator_id"]]
    is_own, is_exact = known["area"] == target["area"], known["indicator_id"] == target["indicator_id"]
    own = known[is_own & is_exact]
    ids = [target["indicator_id"], *relatives(indicators, target["indicator_id"])]
    is_here = observations["indicator_id"].isin(ids) & (observations["area"] == target["area"])
    parts = observations.loc[is_here, "frequency"].value_counts()
    return {
        "编号": target["target_id"],
        "指标": names[target["indicator_id"]],
        "本地年度值": len(own),
        "最新年份": "—" if own.empty else str(own["year"].max()),
        "本地近似口径": (is_own & ~is_exact).sum(),
        "本地月度值": parts.get("M", 0),
        "本地累计值": parts.get("YTD", 0),
        "参照地区": known.loc[~is_own, "area"].nunique(),
        "参照年度值": (~is_own).sum(),
    }


def _headed(table, column):
    """The table with one column as its index, named in the same header row as the others."""
    return table.set_index(column).rename_axis(index=None, columns=column)


def subarea_table(latest, plan):
    """Latest values of the areas below the plan's, with period, scope and source: `latest_by_area` in words."""
    names = plan.indicators.set_index("indicator_id")["short_zh"]
    sources = plan.sources.set_index("source_id", drop=False)
    table = pd.DataFrame(
        {
            "地区": latest["area"],
            "编号": latest["target_id"],
            "指标": latest["indicator_id"].map(names),
            "最新值": _numbers(latest["value"], latest["unit"]),
            "时期": latest["period"],
            "口径": latest["is_exact"].map({True: "同口径", False: "近似口径"}),
            "来源": [cite(sources.loc[source_id].dropna().to_dict()) for source_id in latest["source_id"]],
        }
    )
    return _headed(table, "地区")


def stale_table(record, as_of_year, years=2):
    """Rows of `record_table` whose latest own yearly value is older than some years, or that have none."""
    latest = pd.to_numeric(record["最新年份"], errors="coerce")
    stale = record[latest.isna() | (latest < as_of_year - years)]
    return stale[["指标", "最新年份", "本地近似口径", "参照年度值"]]


def conflict_table(conflicts, plan):
    """Periods for which sources print different values: the chosen one, the others, the distance."""
    names = plan.indicators.set_index("indicator_id")["short_zh"]
    sources = plan.sources.set_index("source_id", drop=False)
    rows = []
    for (indicator_id, area, _, period), group in conflicts.groupby(
        ["indicator_id", "area", "frequency", "period"]
    ):
        chosen, others = group[group["is_chosen"]].iloc[0], group[~group["is_chosen"]]
        source = sources.loc[chosen["source_id"]].dropna().to_dict()
        rows.append(
            {
                "指标": names[indicator_id],
                "地区": area,
                "时期": period,
                "采用": number(chosen["value"], chosen["unit"]),
                "来源": f"{GRADE[chosen['grade']]} {cite(source)}",
                "另有": "；".join(number(value, chosen["unit"]) for value in sorted(set(others["value"]))),
                "相差": number(group["value"].max() - group["value"].min()),
            }
        )
    return pd.DataFrame(rows, columns=["指标", "地区", "时期", "采用", "来源", "另有", "相差"])


def contradiction_table(contradictions):
    """Where the plan, its sources and the record disagree, both sides and how it is read."""
    table = pd.DataFrame(
        {
            "编号": contradictions["contradiction_id"],
            "事项": contradictions["subject_zh"],
            "一说": contradictions["one"],
            "另一说": contradictions["other"],
            "读法": contradictions["reading"],
        }
    )
    return _headed(table, "编号")


def quarantine_table(quarantine):
    """Values that the guard holds back: why, and what would release them."""
    held = quarantine[quarantine["action"] == "held"]
    table = pd.DataFrame(
        {
            "编号": held["quarantine_id"],
            "指标": held["indicator_id"],
            "地区": held["area"],
            "时期": held["period"],
            "数值": held["value"] + held["unit"],
            "疑点": held["reason"],
            "放行条件": held["release"],
        }
    )
    return _headed(table, "编号")


def gap_table(gaps, plan):
    """Series with years missing between the first and the last."""
    return pd.DataFrame(
        {
            "指标": gaps["indicator_id"].map(plan.indicators.set_index("indicator_id")["short_zh"]),
            "地区": gaps["area"],
            "缺少年份": ["、".join(map(str, years)) for years in gaps["years"]],
        }
    )


def observation_table(view, observations, sources):
    """The published yearly values that a verdict rests on, each with its source.

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
    cited = sources.set_index("source_id").loc[rows["source_id"]].reset_index(drop=True)
    table = pd.DataFrame(
        {
            "年份": rows["year"].astype(str).to_list(),
            "序列": rows["indicator_id"].to_list(),
            "公布值": [
                f"{QUALIFIER[qualifier]}{number(value, unit, decimals=4)}"
                for qualifier, value, unit in zip(rows["qualifier"], rows["value"], rows["unit"], strict=True)
            ],
            "等级": rows["grade"].map(GRADE).to_list(),
            "发布者": cited["publisher"].str.split(";").str[0],
            "文件": cited["title"].map(shorten),
            "公布日": cited["published"].dt.strftime("%Y-%m-%d").fillna("未注明"),
            "来源": rows["source_id"].to_list(),
        }
    )
    return _headed(table, "年份")


def interval_table(view):
    """The forecast by year: median and prediction intervals, in the indicator's unit."""
    if view.forecast.empty:
        return pd.DataFrame(columns=["中位数", "80%区间", "95%区间"])
    fan = view.forecast.pivot(index="year", columns="quantile_level", values="predicted")
    table = pd.DataFrame(
        {
            "年份": fan.index.astype(str),
            "中位数": fan[0.5].map(number).to_list(),
            "80%区间": [
                f"{number(low)}–{number(high)}" for low, high in zip(fan[0.1], fan[0.9], strict=True)
            ],
            "95%区间": [
                f"{number(low)}–{number(high)}" for low, high in zip(fan[0.025], fan[0.975], strict=True)
            ],
        }
    )
    return _headed(table, "年份")


def verdict_table(view):
    """One verdict in full: value, gap, paces, probability, status and reason."""
    row, unit = view.assessment, view.indicator["unit"]
    facts = {
        "目标": target_text({**view.target, "unit": unit}),
        "属性": BINDING[row["is_binding"]],
        "最新值": "—"
        if pd.isna(row["latest_year"])
        else f"{number(row['latest_value'], unit)}（{row['latest_year']}年）",
        "差距": number(row["gap"], unit),
        "所需年均": number(row["required_pace"]),
        "近年年均": number(row["observed_pace"]),
        "达成概率": probability(row["attainment_probability"]),
        "规则": RULE_CLASS[row["rule_class"]],
        "结论": " ".join(STATUS[row["status"]]),
        "理由": REASONS[row["reason"]][0],
    }
    return pd.DataFrame({"内容": facts})


def evidence_table(view):
    """What a verdict rests on: own values, borrowed changes, the share of each, and the grade."""
    row = view.assessment
    facts = {
        "证据等级": EVIDENCE[row["evidence_grade"]][0],
        "扣分原因": "、".join(DOUBT[doubt] for doubt in row["evidence_doubts"].split()) or "—",
        "所用序列": f"{row['evidence_id']} {view.measured['short_zh']}",
        "本地年度值": str(row["n_own"]),
        "本地来源数": str(row["n_sources"]),
        "借用的外地年变化": str(row["n_reference_changes"]),
        "本地证据占比": "—" if pd.isna(row["own_share"]) else probability(row["own_share"]),
        "参照序列": "、".join(f"{area}({len(history)})" for (_, area), history in view.references.items())
        or "—",
    }
    return pd.DataFrame({"内容": facts})


OPINION = {True: "能达标", False: "不能达标"}
RULE_CLASS = {
    "grow": "提升到目标",
    "hold": "保持在底线之上",
    "ceiling": "保持在满值",
    "count_or_range": "达到数量或区间",
    "milestone": "建成与否",
    "direction_only": "只看方向（数值未定）",
    "start_up": "起步指标（无基期）",
    "": "不作判断",
}


def method_table(comparison):
    """What each official method would say of a target, and why, beside its own number and class."""
    rows = comparison.table
    table = pd.DataFrame(
        {
            "方法": rows["name_zh"],
            "结论": [OPINION.get(opinion, "—") for opinion in rows["will_attain"]],
            "原分级": rows["status"].fillna("—"),
            "数值": rows["value"].map(number),
            "依据或沉默原因": rows["why_zh"],
        }
    )
    return _headed(table, "方法")


OUTLOOK = {
    "certain": "已成定局",
    "flips": "下一个值",
    "recovery": "最后期限",
    "sampling": "抽样误差",
}


def outlook_table(outlook):
    """What could still move a verdict, as far as it can be computed."""
    said = {OUTLOOK[name]: pair[0] for name, pair in outlook._asdict().items() if pair}
    return pd.DataFrame({"内容": said}, dtype=str)


def move_table(moves, plan):
    """Every move of a status, with its cause and both reasons."""
    names = plan.indicators.set_index("indicator_id")["short_zh"]
    indicator = moves["target_id"].map(plan.targets.set_index("target_id")["indicator_id"])
    table = pd.DataFrame(
        {
            "编号": moves["target_id"],
            "指标": indicator.map(names),
            "此前": moves["from_status"].map(lambda status: STATUS[status][0]),
            "此后": moves["to_status"].map(lambda status: STATUS[status][0]),
            "原因": moves["cause"].map(lambda cause: CAUSE_NAMES[cause][0]),
            "此后的理由": moves["to_reason"].map(lambda reason: REASONS[reason][0]),
            "截至": moves["to_date"].dt.strftime("%Y-%m-%d"),
        }
    )
    return _headed(table, "编号")


def finding_table(findings):
    """What to clear up in a plan: the finding, its lines and what to do, binding targets first."""
    table = pd.DataFrame(
        {
            "编号": findings["target_id"].replace("", "全文"),
            "问题": findings["check"].map(lambda check: CHECKS[check][0]),
            "规划行号": findings["plan_lines"],
            "发现": findings["finding_zh"],
            "建议": findings["advice_zh"],
        }
    )
    return _headed(table, "编号")


def next_steps_table(steps):
    """What is known of some targets, what is not, and what to do next.

    Parameters
    ----------
    steps : dict of target_id to the dict from `next_steps_of`
    """
    rows = [
        {
            "编号": target_id,
            "已知": brief["known"][0],
            "未知": brief["unknown"][0],
            "下一步": brief["next"][0],
        }
        for target_id, brief in steps.items()
    ]
    return _headed(pd.DataFrame(rows, columns=["编号", "已知", "未知", "下一步"]), "编号")


METHOD = {
    "product": "本系统",
    "no change": "不变",
    "product, windows of AutoETS": "本系统（AutoETS 能算的序列）",
    "product, windows of AutoARIMA": "本系统（AutoARIMA 所用序列）",
}


def score_table(scores):
    """Coverage and skill of the record's own series by horizon, rounded."""
    table = pd.DataFrame(
        {
            "提前年数": scores["horizon"],
            "预测数": scores["n"],
            "80%区间覆盖率": scores["coverage_80"].map("{:.1%}".format),
            "95%区间覆盖率": scores["coverage_95"].map("{:.1%}".format),
            "较“不变”的改进": scores["skill"].map("{:+.1%}".format),
        }
    )
    return _headed(table, "提前年数")


def peer_table(published):
    """The product beside other methods on public indicator series, rounded."""
    rows = published[published["table"].isin(["all windows", "subsample"])]
    table = pd.DataFrame(
        {
            "方法": rows["method"].map(METHOD).fillna(rows["method"]),
            "序列": rows["table"].map({"all windows": "全部", "subsample": "抽样"}),
            "窗口数": rows["windows"].astype(int),
            "CRPS 与“不变”之比": rows["crps_to_naive"].map("{:.3f}".format),
            "80%区间覆盖率": rows["coverage_80"].map("{:.1f}%".format),
            "95%区间覆盖率": rows["coverage_95"].map("{:.1f}%".format),
            "Brier": rows["brier"].map("{:.3f}".format),
            "校准误差": rows["calibration_error"].map("{:.3f}".format),
            "AUC": rows["auc"].map("{:.3f}".format),
        }
    )
    return _headed(table, "方法")


def english_words(indicators):
    """What the tables' heads and whole cells say, Chinese to English; words of documents are not among them.

    Parameters
    ----------
    indicators : DataFrame, the checked table `indicators`

    Returns
    -------
    dict
    """
    pairs = [*STATUS.values(), *EVIDENCE.values(), *REASONS.values(), *CAUSE_NAMES.values()]
    return {
        **dict(zip(indicators["short_zh"], indicators["short_en"], strict=True)),
        **dict(pairs),
        **{" ".join(words): words[1] for words in STATUS.values()},
        **{zh: en for zh, en, *_ in CHECKS.values()},
        **_HEADS,
    }


_HEADS = {
    "编号": "Id",
    "指标": "Indicator",
    "属性": "Kind",
    "约束性": "binding",
    "预期性": "expected",
    "目标": "Target",
    "未设定": "not set",
    "最新值": "Latest value",
    "最新年份": "Latest year",
    "年份": "Year",
    "预测中位数": "Median forecast",
    "中位数": "Median",
    "80%区间": "80 % interval",
    "95%区间": "95 % interval",
    "达成概率": "Probability",
    "证据": "Evidence",
    "证据等级": "Evidence grade",
    "结论": "Verdict",
    "理由": "Reason",
    "规则": "Rule",
    "差距": "Gap",
    "所需年均": "Required pace",
    "近年年均": "Observed pace",
    "上期": "Before",
    "本期": "Now",
    "上期概率": "Probability before",
    "本期概率": "Probability now",
    "上期最新值": "Latest value before",
    "本期最新值": "Latest value now",
    "此前": "From",
    "此后": "To",
    "此后的理由": "Reason now",
    "原因": "Cause",
    "截至": "As of",
    "项数": "Count",
    "本地年度值": "Own years",
    "本地近似口径": "Own years, near scope",
    "本地月度值": "Own months",
    "本地累计值": "Own year-to-date values",
    "本地来源数": "Own sources",
    "本地证据占比": "Own share",
    "参照地区": "Reference areas",
    "参照年度值": "Reference years",
    "参照序列": "Reference series",
    "借用的外地年变化": "Borrowed yearly changes",
    "扣分原因": "Doubts",
    "所用序列": "Series used",
    "序列": "Series",
    "公布值": "Published",
    "公布日": "Published on",
    "发布者": "Publisher",
    "文件": "Document",
    "等级": "Grade",
    "来源": "Source",
    "官方": "official",
    "报刊": "press",
    "转载": "copy",
    "推算": "derived",
    "地区": "Area",
    "口径": "Scope",
    "同口径": "the same",
    "近似口径": "similar",
    "时期": "Period",
    "采用": "Chosen",
    "另有": "Others",
    "相差": "Difference",
    "缺少年份": "Years missing",
    "事项": "Subject",
    "一说": "One says",
    "另一说": "Another says",
    "读法": "Read as",
    "数值": "Value",
    "疑点": "Doubt",
    "放行条件": "What would release it",
    "问题": "Problem",
    "规划行号": "Lines of the plan",
    "发现": "Finding",
    "建议": "Advice",
    "已知": "Known",
    "未知": "Unknown",
    "下一步": "Next",
    "方法": "Method",
    "原分级": "Its own class",
    "依据或沉默原因": "Why, or why silent",
    "能达标": "will attain",
    "不能达标": "will not attain",
    "内容": "Content",
    "提前年数": "Years ahead",
    "预测数": "Forecasts",
    "窗口数": "Windows",
    "80%区间覆盖率": "Coverage of 80 %",
    "95%区间覆盖率": "Coverage of 95 %",
    "较“不变”的改进": "Better than no change by",
    "CRPS 与“不变”之比": "CRPS to no change",
    "校准误差": "Calibration error",
    "本系统": "this system",
    "不变": "no change",
    "全部": "all",
    "抽样": "sample",
    "已成定局": "Settled",
    "下一个值": "Next value",
    "最后期限": "Last moment",
    "抽样误差": "Sampling error",
}
