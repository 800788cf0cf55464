"""State what is known of one target, what is not, and what to do next."""

from collections.abc import Mapping

import pandas as pd

from sy_analysis.base.words import read_words
from sy_analysis.judge.plan_checks import goal_text
from sy_analysis.judge.sentences import Pair, fill, joined, listed, plain

_WORDS = read_words("sy_analysis.judge", "next_steps.csv")


def next_steps_of(
    target: Mapping, indicator: Mapping, history: pd.Series, findings: pd.DataFrame
) -> dict[str, Pair]:
    """Sum up what is known of a target, what is not, and what to do next.

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
    baseline = "", ""
    if not pd.isna(target["baseline_value"]):
        year, value = int(target["baseline_year"]), plain(target["baseline_value"])
        baseline = fill(_WORDS["baseline"], year=year, value=value, unit=indicator["unit"])
    values = [fill(_WORDS["value"], year=year, value=value) for year, value in since.items()]
    form = _WORDS["known" if values else "known_only"]
    return fill(form, goal=goal_text({**target, **indicator}), baseline=baseline, values=listed(values))


def _unknown(target, missing):
    gaps = []
    if target["relation"] == "unset":
        gaps.append(fill(_WORDS["unset"], printed=target["printed_target"]))
    if missing:
        gaps.append(fill(_WORDS["missing"], years=listed(missing)))
    if not gaps:
        return _WORDS["complete"]
    return fill(_WORDS["unknown"], gaps=listed(gaps, ("；", " and ")))


def _next(own, missing):
    advice = [tuple(pair) for pair in own[["advice_zh", "advice_en"]].drop_duplicates().to_numpy()]
    if missing:
        advice.append(fill(_WORDS["request"], years=listed(missing)))
    return joined(advice or [_WORDS["register"]])
