"""The official methods side by side about one target, and whether they agree."""

import math
from typing import NamedTuple

import pandas as pd

from sy_analysis.judge.methods.case import REASONS
from sy_analysis.judge.methods.entry import evaluate
from sy_analysis.judge.rules import classify_target
from sy_analysis.judge.targets import weakest_target


class _Voice(NamedTuple):
    name_zh: str
    name_en: str
    basis_zh: str
    basis_en: str
    on_track: tuple
    off_track: tuple
    looks_at: str


# what a verdict looks at -> (Chinese, English)
_LOOKS = {
    "baseline": ("基期以来的变化", "the change since the baseline"),
    "recent": ("近六个值的趋势", "the trend of the last six values"),
    "level": ("现值高低", "the current level"),
    "process": ("过程上下限", "the limits of the process"),
}

# Which classes count as "will attain". For Germany sun and sun_cloud, as in its own review of the targets for
# 2020; a hit-and-miss process and a grade A or B say nothing about the target year.
_VOICES = {
    "china_time_progress": _Voice(
        "中国中期评估（时间进度）",
        "China, mid-term practice",
        "完成进度与时间进度之比",
        "share of the change made against share of time gone",
        ("achieved_early", "faster_than_schedule", "as_scheduled"),
        ("lagging",),
        "baseline",
    ),
    "germany_dns_weather": _Voice(
        "德国可持续战略天气符号",
        "Germany, weather symbols",
        "近六个值的直线趋势外推到目标年；已达到的看现值与趋势",
        "straight trend of the last six values; last value and trend where already met",
        ("sun", "sun_cloud"),
        ("cloud", "thunderstorm"),
        "recent",
    ),
    "statcan_opensdg": _Voice(
        "加拿大统计局 / Open SDG",
        "Statistics Canada / Open SDG",
        "基期以来的复合增速与所需增速之比；达到目标即为完成",
        "compound growth since the base year over that required; met is achieved whatever the trend",
        ("target_achieved", "substantial_progress"),
        ("moderate_progress", "limited_progress", "deterioration"),
        "baseline",
    ),
    "un_progress_2022": _Voice(
        "联合国进展图 2022",
        "UN Progress Chart 2022",
        "复合增速与所需增速之比",
        "compound growth over that required",
        ("substantial_on_track",),
        ("fair_acceleration_needed", "limited_or_none", "deterioration"),
        "baseline",
    ),
    "un_progress_2023": _Voice(
        "联合国进展图 2023",
        "UN Progress Chart 2023",
        "复合增速外推到目标年的预期值占所需变化的比例",
        "value expected at the target year over the change required",
        ("on_track_or_met",),
        ("fair_progress_acceleration_needed", "stagnation_or_regression"),
        "baseline",
    ),
    "eurostat": _Voice(
        "欧盟统计局",
        "Eurostat",
        "复合增速与所需增速之比",
        "compound growth over that required",
        ("significant_progress",),
        (
            "moderate_progress",
            "insufficient_progress",
            "movement_away",
            "no_progress",
            "moderate_movement_away",
            "significant_movement_away",
        ),
        "baseline",
    ),
    "escap_current_status": _Voice(
        "亚太经社会现状指数",
        "ESCAP current status index",
        "已完成的变化（0 为基期，10 为目标），不看时间",
        "change made, 0 at the base year and 10 at the target, without regard to time",
        (),
        (),
        "baseline",
    ),
    "nagayo_town_grade": _Voice(
        "日本长与町机械评级",
        "Nagayo town grade",
        "现值与目标值、基期值的高低",
        "current value above target or baseline, without regard to time",
        ("S",),
        ("C",),
        "level",
    ),
    "nhs_spc_assurance": _Voice(
        "英国 NHS 过程控制保证",
        "NHS process-control assurance",
        "过程上下限与目标值的关系，不看趋势",
        "process limits against the target, without regard to trend",
        ("consistent_pass",),
        ("consistent_fail",),
        "process",
    ),
}


class Comparison(NamedTuple):
    """The official methods about one target, and whether they agree.

    table : DataFrame, one row a method: method, name_zh, name_en, value, score, status, reason, will_attain
        (True, False or missing), why_zh and why_en (what its verdict rests on, or why it is silent)
    mark : "robust" when at least two methods judge and all agree, "contested" when they do not,
        "not_comparable" when fewer than two judge
    line_zh, line_en : one line on who says what, and why they differ
    """

    table: pd.DataFrame
    mark: str
    line_zh: str
    line_en: str


def compare_methods(history, target, indicator, *, is_stand_in=False, band=0.0):
    """Every official method about one target, side by side.

    Parameters
    ----------
    history : Series of float by year, what was observed
    target : mapping, a row of `targets`
    indicator : mapping, a row of `indicators`
    is_stand_in : bool
        whether the history has another scope than the plan's baseline, which is then not mixed in.
    band : float, width of 基本符合预期, see `china_time_progress`

    Returns
    -------
    Comparison

    Examples
    --------
    >>> history = pd.Series([91.27, 91.9, 92.4, 92.9], index=[2020, 2021, 2022, 2023])
    >>> target = {"relation": "at_least", "target_low": 93, "target_high": float("nan"), "target_year": 2025}
    >>> target |= {"baseline_year": 2020, "baseline_value": 91.27, "is_binding": False, "unit": "%"}
    >>> target |= {"printed_target": "93"}
    >>> comparison = compare_methods(history, target, {"direction": 1, "family": "percentage"})
    >>> comparison.mark
    'robust'
    >>> comparison.table.set_index("method")["status"]["germany_dns_weather"]
    'sun'
    """
    case = _case_of(history, target, indicator, is_stand_in)
    rule_class = classify_target({**indicator, **target}).rule_class
    rows = [_row_of(method, voice, case, rule_class, target, band) for method, voice in _VOICES.items()]
    table = pd.DataFrame(rows).astype({"value": "float64", "score": "float64", "will_attain": "boolean"})
    verdicts = table["will_attain"].dropna()
    mark = "not_comparable" if len(verdicts) < 2 else "robust" if verdicts.nunique() == 1 else "contested"
    return Comparison(table, mark, *_LINES[mark](table))


def _line_of_robust(table):
    judging = table[table["will_attain"].notna()]
    says_zh, says_en = ("能", "will") if judging["will_attain"].iloc[0] else ("不能", "will not")
    return (
        f"{len(judging)}种方法一致判断{says_zh}达标：{'、'.join(judging['name_zh'])}。",
        f"All {len(judging)} that judge say it {says_en} attain: {', '.join(judging['name_en'])}.",
    )


def _line_of_contested(table):
    zh, en = zip(
        *(_side(table[(table["will_attain"] == will).fillna(False)]) for will in (True, False)), strict=True
    )
    return (
        f"判断能达标的看{zh[0]}；判断不能的看{zh[1]}。",
        f"It will attain by {en[0]}; it will not by {en[1]}.",
    )


def _side(methods):
    """What the methods of one opinion look at, and their names."""
    looks = list(dict.fromkeys(_VOICES[method].looks_at for method in methods["method"]))
    zh, en = zip(*(_LOOKS[look] for look in looks), strict=True)
    names_zh, names_en = "、".join(methods["name_zh"]), "; ".join(methods["name_en"])
    return f"{'和'.join(zh)}（{names_zh}）", f"{' and '.join(en)} ({names_en})"


def _line_of_silence(table):
    silent = table[table["status"].isna()]
    if silent.empty:
        return "基期之后没有新值，无从比较。", "Nothing was observed after the baseline to compare."
    zh, en = silent[["why_zh", "why_en"]].mode().iloc[0]
    return (
        f"能判断的方法不足两种；{len(silent)}种没有结论，多因{zh}。",
        f"Fewer than two judge; {len(silent)} are silent, mostly because {en}.",
    )


_LINES = {"robust": _line_of_robust, "contested": _line_of_contested, "not_comparable": _line_of_silence}


def _case_of(history, target, indicator, is_stand_in):
    points = {int(year): float(value) for year, value in history.items()}
    base_year = None if pd.isna(target["baseline_year"]) else int(target["baseline_year"])
    base_value = None if pd.isna(target["baseline_value"]) else float(target["baseline_value"])
    if is_stand_in:
        base_value = None
    elif base_value is not None and base_year is not None:
        points.setdefault(base_year, base_value)
    years = sorted(points)
    if base_year is None and years:
        base_year = years[0]
    return {
        "direction": int(indicator["direction"]),
        "base_year": base_year,
        "base_value": base_value if base_value is not None else points.get(base_year),
        "current_year": max(history.index) if len(history) else None,
        "current_value": float(history.iloc[-1]) if len(history) else None,
        "target": None if math.isnan(goal := weakest_target({**indicator, **target})) else goal,
        "target_year": int(target["target_year"]),
        "years": years if len(history) else [],
        "values": [points[year] for year in years] if len(history) else [],
    }


def _row_of(method, voice, case, rule_class, target, band):
    own = {"rule": "level" if case["target"] is not None else "direction"}
    if method == "germany_dns_weather" and rule_class in ("hold", "ceiling"):
        own["rule"] = "hold"
    if method == "statcan_opensdg" and case["target"] is None and target["unit"] == "%":
        own["limit"] = 100.0 if case["direction"] > 0 else None
    if method == "un_progress_2023":
        # the tolerance would hide a slip of a binding indicator, and it is meant for shares
        own["near_limit_points"] = 0.0 if target["is_binding"] or target["unit"] != "%" else 1.0
    if method == "china_time_progress":
        own["band"] = band
    verdict = evaluate(method, **{**case, **own})
    will_attain = _will_attain(verdict, voice) if _has_moved(case) else None
    is_silent = verdict.reason in REASONS and verdict.reason not in ("target_met", "near_limit", "no_class")
    why = REASONS[verdict.reason] if is_silent else (voice.basis_zh, voice.basis_en)
    return {
        "method": method,
        "name_zh": voice.name_zh,
        "name_en": voice.name_en,
        "value": verdict.value,
        "score": verdict.score,
        "status": verdict.status,
        "reason": verdict.reason,
        "will_attain": will_attain,
        "why_zh": why[0],
        "why_en": why[1],
    }


def _has_moved(case):
    """Whether anything was observed after the base year; a baseline alone attains nothing."""
    years = case["base_year"], case["current_year"]
    return None not in years and years[1] > years[0]


def _will_attain(verdict, voice):
    return True if verdict.status in voice.on_track else False if verdict.status in voice.off_track else None
