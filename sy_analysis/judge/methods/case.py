"""One case as every method reads it, what a method answers, and why it may have no answer."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd


class Verdict(NamedTuple):
    """What a method says about one case.

    value : float or None, the number that the method publishes (a ratio, a share, an index); None for methods
        that publish only a symbol and where the formula has no result
    score : float or None, for methods that give points status : str or None, the class in the method's own
    words; None where it is undefined or the method has none reason : str, a key of `REASONS` where there is
    no status or an exception decided, else empty extra : mapping of the numbers behind the verdict
    """

    value: float | None
    score: float | None
    status: str | None
    reason: str = ""
    extra: Mapping = MappingProxyType({})


# reason -> (Chinese, English)
REASONS = {
    "no_target": ("没有目标值", "there is no target value"),
    "no_baseline": ("没有基期值", "there is no baseline value"),
    "no_current_value": ("没有现值", "there is no current value"),
    "no_target_year": ("没有目标年份", "there is no target year"),
    "too_few_points": ("数据点太少", "there are too few values"),
    "baseline_equals_target": (
        "基期值等于目标值，所需增速为零，公式无解",
        "baseline equals target, so the required change is zero and the formula has no result",
    ),
    "baseline_meets_target": (
        "基期值已优于目标值，公式量的是倒退的“进度”，无意义",
        "the baseline already beats the target, so the formula would measure progress toward a worse value",
    ),
    "zero_baseline": ("基期值为零，增长率无定义", "the baseline is zero, so a growth rate is undefined"),
    "mixed_signs": ("数值正负不一，增长率无定义", "values have mixed signs, so a growth rate is undefined"),
    "negative_values": (
        "数值为负，增长率的方向无定义",
        "values are negative, so a growth rate has no clear direction",
    ),
    "target_year_not_after_base_year": ("目标年份不晚于基期", "the target year is not after the base year"),
    "target_met": ("现值已达到目标", "the current value meets the target"),
    "near_limit": (
        "距 0% 或 100% 目标不足 1 点，视为达到",
        "within 1 point of a target of 0 or 100 %, counted as met",
    ),
    "no_rule": ("该方法没有适用于此类目标的规则", "the method has no rule for this kind of target"),
    "no_class": ("该方法只给指数，不分等级", "the method gives an index, no class"),
    "no_direction": ("没有优劣方向", "there is no better direction"),
    "beyond_arithmetic": ("数值相差过大，公式无法计算", "the numbers are too far apart for the formula"),
}

RULES = ("level", "hold", "direction", "parity")
FIELDS = (
    "rule",
    "direction",
    "base_year",
    "base_value",
    "current_year",
    "current_value",
    "target",
    "target_year",
    "limit",
    "years",
    "values",
)
_NUMBERS = ("base_year", "base_value", "current_year", "current_value", "target_year", "limit")
# published rates are printed to a few digits; a cut reached by 1e-12 less is reached
CUT_TOLERANCE = 1e-12


def clean_case(case):
    """The case with numbers as float, missing as None, the series sorted and free of gaps."""
    cleaned = {name: _number(name, value) for name, value in case.items() if name in _NUMBERS}
    cleaned["target"] = _target(case.get("target"))
    years, values = _series(case.get("years"), case.get("values"), cleaned)
    if years and cleaned.get("current_value") is None:
        cleaned.update(current_year=years[-1], current_value=values[-1])
    if cleaned.get("base_value") is None and cleaned.get("base_year") in years:
        cleaned["base_value"] = values[years.index(cleaned["base_year"])]
    direction = case.get("direction")
    if direction not in (None, 1, -1, 0):
        raise ValueError(f"direction is {direction!r}; expected 1 (more is better), -1 (less is better) or 0")
    others = {name: _number(name, value) for name, value in case.items() if name not in FIELDS}
    return {
        **dict.fromkeys(_NUMBERS),
        **others,
        **cleaned,
        "direction": direction,
        "rule": case.get("rule"),
        "years": years,
        "values": values,
    }


def _number(name, value):
    """A float; None for what is missing or infinite."""
    if value is None or value is pd.NA:
        return None
    if isinstance(value, str) or not hasattr(value, "__float__"):
        raise ValueError(f"{name} is {value!r}; expected a number or None")
    return float(value) if math.isfinite(value) else None


def _target(target):
    if isinstance(target, (list, tuple)):
        if len(target) != 2:
            raise ValueError(f"target is {target!r}; expected a number or a pair (low, high)")
        return tuple(_number("target", end) for end in target)
    return _number("target", target)


def _series(years, values, cleaned):
    """Years and values up to the current year, sorted, without gaps, the current value among them."""
    values = [] if values is None else list(values)
    # values without years are consecutive, for methods that look at their order only
    years = list(range(len(values))) if years is None else list(years)
    if len(years) != len(values):
        raise ValueError(f"years has {len(years)} entries and values {len(values)}; expected the same number")
    numbers = [
        (_number("years", year), _number("values", value)) for year, value in zip(years, values, strict=True)
    ]
    points = {year: value for year, value in numbers if None not in (year, value)}
    if len(points) < sum(None not in point for point in numbers):
        raise ValueError("years repeats a year; expected one value a year")
    now, current = cleaned.get("current_year"), cleaned.get("current_value")
    if points and None not in (now, current):
        points.setdefault(now, current)
    kept = sorted(year for year in points if now is None or year <= now)
    return kept, [points[year] for year in kept]


def rule_of(case, *covered):
    """The rule that applies, or None with the reason why the method is silent."""
    rule = case["rule"] or ("direction" if case["target"] is None else "level")
    if rule not in RULES:
        raise ValueError(f"there is no rule “{rule}”; there are {', '.join(RULES)}")
    if rule not in covered:
        return None, "no_target" if rule == "direction" else "no_rule"
    if rule != "direction" and case["target"] is None:
        return None, "no_target"
    return rule, ""


def undefined(reason):
    return Verdict(None, None, None, reason)


def meets(value, target, direction):
    return direction * (value - target) >= 0


def reaches(value, cut):
    return value >= cut - CUT_TOLERANCE


def annual_growth(start, end, years):
    """Compound annual growth rate.

    >>> round(annual_growth(100, 106.12080000000002, 3), 12)
    0.02
    """
    return (end / start) ** (1 / years) - 1


def growth_gap(case, target_needed):
    """Why a compound growth rate cannot be had, or empty."""
    base, current = case["base_value"], case["current_value"]
    if current is None or case["current_year"] is None:
        return "no_current_value"
    if base is None or case["base_year"] is None:
        return "no_baseline"
    if case["current_year"] <= case["base_year"]:
        return "too_few_points"
    if base == 0:
        return "zero_baseline"
    if base * current < 0:
        return "mixed_signs"
    if not target_needed:
        return "negative_values" if base < 0 else ""
    if case["target_year"] is None:
        return "no_target_year"
    return "target_year_not_after_base_year" if case["target_year"] <= case["base_year"] else ""


def ratio_gap(case, direction):
    """Why progress toward the target is no meaningful share, or empty."""
    base, target = case["base_value"], case["target"]
    if base == target:
        return "baseline_equals_target"
    return "baseline_meets_target" if meets(base, target, direction) else ""
