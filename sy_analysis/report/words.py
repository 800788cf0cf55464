"""Words for people: statuses and reasons in Chinese and English, display tables and verdict sentences."""

import pandas as pd

from sy_analysis.base.words import number, probability, shorten
from sy_analysis.judge.rules import REASONS, STATUS

# the sign before a status, of the shape that figures draw: never colour alone
SIGN = {
    "attained": "★",
    "missed": "×",
    "on_track": "●",
    "at_risk": "◆",
    "off_track": "▼",
    "not_assessed": "■",
}
FEW_OWN_VALUES = 4  # below this the spread and direction come mostly from reference areas
EVIDENCE = {
    "strong": ("强", "strong"),
    "moderate": ("中", "moderate"),
    "weak": ("弱", "weak"),
    "none": ("无", "none"),
}
RELATION = {"at_least": "≥", "at_most": "≤", "equal_ceiling": "", "between": "", "unset": ""}


def target_text(target):
    """A target as printed, with its sign made explicit.

    >>> target_text({"relation": "between", "target_low": 2.0, "target_high": 3.0, "unit": "个"})
    '2–3个'
    """
    if target["relation"] == "unset":
        return "未设定"
    if target["relation"] == "between":
        return f"{number(target['target_low'])}–{number(target['target_high'])}{target['unit']}"
    value = target["target_high"] if target["relation"] == "at_most" else target["target_low"]
    return f"{RELATION[target['relation']]}{number(value, target['unit'])}"


def cite(source):
    """A source in a few words: who published it, what it is, when, and its id.

    >>> import datetime
    >>> day = datetime.date(2024, 3, 1)
    >>> cite({"publisher": "统计局;转载", "title": "公报", "published": day, "source_id": "S1"})
    '统计局《公报》2024-03-01 [S1]'
    """
    if not source:
        return "—"
    day = f"{source['published']:%Y-%m-%d} " if "published" in source else ""
    return f"{source['publisher'].split(';')[0]}《{shorten(source['title'])}》{day}[{source['source_id']}]"


def interval(row):
    """The 80 % prediction interval of an assessment, without its unit."""
    if pd.isna(row["predicted_low"]):
        return "—"
    return f"{number(row['predicted_low'])}–{number(row['predicted_high'])}"


MARK = {
    "robust": ("各方法一致", "robust: all methods that judge agree"),
    "contested": ("方法之间有分歧", "contested: methods disagree"),
    "not_comparable": ("不足以比较", "not comparable: fewer than two methods judge"),
}


def agreement(comparison):
    """Whether the official methods agree on a target, and who says what, in Chinese and in English."""
    zh, en = MARK[comparison.mark]
    return f"**{zh}**。{comparison.line_zh}", f"**{en}**. {comparison.line_en}"


def verdict(assessment, target, indicator):
    """One plain sentence on a target, in Chinese and in English.

    Parameters
    ----------
    assessment, target, indicator : rows of `assessments`, `targets` and `indicators`

    Returns
    -------
    (str, str)
    """
    row = {**dict(indicator), **dict(target), **dict(assessment)}
    words = {
        "name": (row["name_zh"], row["name_en"]),
        "status": STATUS[row["status"]],
        "reason": REASONS[row["reason"]],
        "latest": number(row["latest_value"], row["unit"]),
        "median": number(row["predicted_median"], row["unit"]),
        "interval": f"{interval(row)}{row['unit']}",
        "aim": target_text(row),
        "chance": probability(row["attainment_probability"]),
        "caveat": _caveats(row),
    }
    form = "unjudged" if row["status"] == "not_assessed" else row["reason"]
    form = form if form in _SENTENCES else "warning"
    return tuple(
        sentence.format(**row, **{f"the_{key}": _in(language, value) for key, value in words.items()})
        for language, sentence in enumerate(_SENTENCES[form])
    )


_SENTENCES = {
    "unjudged": (
        "{the_name}：{the_status}，{the_reason}。",
        "{the_name}: {the_status}, {the_reason}.",
    ),
    "outturn": (
        "{the_name}：{latest_year}年为{the_latest}，目标{the_aim}，{the_status}。{the_caveat}",
        "{the_name}: {the_latest} in {latest_year} against a target of {the_aim}: {the_status}.{the_caveat}",
    ),
    "warning": (
        "{the_name}：{latest_year}年为{the_latest}，{target_year}年预计{the_median}（80%区间{the_interval}），"
        "达到{the_aim}的概率约{the_chance}，{the_status}（{the_reason}）。{the_caveat}",
        "{the_name}: {the_latest} in {latest_year}, expected {the_median} in {target_year} "
        "(80 % interval {the_interval}); probability of {the_aim} about {the_chance}: {the_status}, "
        "{the_reason}.{the_caveat}",
    ),
    "probability": (
        "{the_name}：{latest_year}年为{the_latest}，{target_year}年预计{the_median}（80%区间{the_interval}），"
        "达到{the_aim}的概率约{the_chance}，{the_status}。{the_caveat}",
        "{the_name}: {the_latest} in {latest_year}, expected {the_median} in {target_year} "
        "(80 % interval {the_interval}); probability of {the_aim} about {the_chance}: {the_status}."
        "{the_caveat}",
    ),
}


def _in(language, value):
    return value if isinstance(value, str) else value[language]


def _caveats(row):
    zh, en = "", ""
    if row["status"] in ("on_track", "at_risk", "off_track") and row["n_own"] < FEW_OWN_VALUES:
        zh += f"本地只有{row['n_own']}个年度值，预测主要借用其他地区的变化。"
        en += f" Own yearly values: {row['n_own']}; the forecast mostly borrows changes seen elsewhere."
    if row["evidence_id"] != row["indicator_id"]:
        zh += "所用序列的口径与规划不同。"
        en += " The series used has a different scope from the plan's."
    return zh, en
