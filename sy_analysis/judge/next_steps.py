"""State what is known of one target, what is not, and what to do next."""

import pandas as pd

from sy_analysis.judge.plan_checks import goal_text, plain


def next_steps_of(
    target: dict, indicator: dict, history: pd.Series, findings: pd.DataFrame
) -> dict[str, tuple[str, str]]:
    """State what is known of a target, what is not, and what to do next.

    Parameters
    ----------
    target, indicator : rows of their tables
    history : values by year of the plan's own quantity
    findings : DataFrame from `check_plan`

    Returns
    -------
    dict
        known, unknown and next, each a (Chinese, English) pair of full sentences.

    Examples
    --------
    >>> target = {"target_id": "V13", "baseline_year": 2020, "baseline_value": 100.0, "target_year": 2025}
    >>> target |= {"relation": "equal_ceiling", "target_low": 100.0, "target_high": None}
    >>> no_findings = pd.DataFrame({"target_id": [], "advice_zh": [], "advice_en": []})
    >>> brief = next_steps_of(target, {"unit": "%", "direction": 1}, pd.Series({2020: 100.0}), no_findings)
    >>> brief["unknown"][0]
    '2021、2022、2023、2024、2025年没有公布的数值。'
    """
    base_year, last_year = target["baseline_year"], int(target["target_year"])
    # a five-year plan, where the target has no baseline year to start from
    first = last_year - 4 if pd.isna(base_year) else int(base_year) + 1
    since = history[(history.index >= first) & (history.index <= last_year)]
    missing = [year for year in range(first, last_year + 1) if year not in since.index]
    own = findings[findings["target_id"] == target["target_id"]]
    return {
        "known": _known(target, indicator, since),
        "unknown": _unknown(target, missing),
        "next": _next(own, missing),
    }


def _known(target, indicator, since):
    unit = indicator["unit"]
    zh = f"目标：{goal_text({**target, **indicator})}"
    en = f"Target: {goal_text({**target, **indicator})}"
    if not pd.isna(target["baseline_value"]):
        zh += f"；基期{int(target['baseline_year'])}年：{plain(target['baseline_value'])}{unit}"
        en += f"; baseline of {int(target['baseline_year'])}: {plain(target['baseline_value'])} {unit}"
    values_zh = "、".join(f"{year}年{plain(value)}" for year, value in since.items())
    values_en = ", ".join(f"{plain(value)} in {year}" for year, value in since.items())
    zh += f"；此后公布的数值：{values_zh}。" if values_zh else "；此后没有公布的数值。"
    en += f"; published since: {values_en}." if values_en else "; nothing published since."
    return zh, en


def _unknown(target, missing):
    zh, en = [], []
    if target["relation"] == "unset":
        zh.append(f"目标数值未定（{target['printed_target']}）")
        en.append("the number of the target")
    if missing:
        zh.append(f"{'、'.join(map(str, missing))}年没有公布的数值")
        en.append(f"the values of {', '.join(map(str, missing))}")
    if not zh:
        return "没有缺口。", "Nothing is missing."
    return "；".join(zh) + "。", f"Not known: {' and '.join(en)}."


def _next(own, missing):
    zh, en = list(dict.fromkeys(own["advice_zh"])), list(dict.fromkeys(own["advice_en"]))
    if missing:
        years = ", ".join(map(str, missing))
        zh.append(f"向主管部门索取{years.replace(', ', '、')}年的数值，写明范围、口径和出处。")
        en.append(f"Ask the department in charge for {years}, with scope, definition and source.")
    return (
        "".join(zh) or "按季登记新公布的数值。",
        " ".join(en) or "Record new values as they are published.",
    )
