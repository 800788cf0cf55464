"""One case as every method reads it, and the answer of a method."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd

from sy_analysis.base.words import read_words

# reason -> (Chinese, English)
REASONS = read_words("sy_analysis.judge.methods", "reasons.csv")
RULES = ("level", "hold", "direction", "parity")
_VALUES = ("base_year", "base_value", "current_year", "current_value")
_NUMBERS = (*_VALUES, "target_year", "limit")
FIELDS = ("rule", "direction", *_VALUES, "target", "target_year", "limit", "years", "values")
_REASON_WITHOUT = {"target": "no_target", "target_year": "no_target_year"}
_REASON_WITHOUT |= dict.fromkeys(_VALUES[:2], "no_baseline") | dict.fromkeys(_VALUES[2:], "no_current_value")
# published rates are printed to a few digits; a cut reached by 1e-12 less is reached
CUT_TOLERANCE = 1e-12


class MethodResult(NamedTuple):
    """What a method says about one case.

    value : float or None
        the number that the method publishes (a ratio, a share, an index), None where the formula has no result
        or the method publishes only a symbol.
    score : float or None, for methods that give points
    status : str or None
        the class in the method's own words, None where it is undefined or the method has no classes.
    reason : str
        a key of `REASONS` where the status is None or an exception decided, else empty.
    extra : mapping of the numbers behind the verdict
    """

    value: float | None = None
    score: float | None = None
    status: str | None = None
    reason: str = ""
    extra: Mapping = MappingProxyType({})


class NoResultError(Exception):
    """A case that a method has no answer to, its text being a key of `REASONS`."""


def clean_case(case: Mapping) -> dict:
    """Clean a case: numbers as float, missing as None, the series as `points` of year and value."""
    cleaned = {name: _number(name, case.get(name)) for name in _NUMBERS}
    points = _points(case.get("years"), case.get("values"), cleaned)
    if points and cleaned["current_value"] is None:
        cleaned["current_year"], cleaned["current_value"] = points[-1]
    if cleaned["base_value"] is None:
        cleaned["base_value"] = dict(points).get(cleaned["base_year"])
    direction = case.get("direction")
    if direction not in (None, 1, -1, 0):
        raise ValueError(f"direction is {direction!r}; expected 1 (more is better), -1 (less is better) or 0")
    return {
        **{name: _number(name, value) for name, value in case.items() if name not in FIELDS},
        **cleaned,
        "target": _target(case.get("target")),
        "direction": direction,
        "rule": case.get("rule"),
        "points": points,
    }


def _number(name, value):
    """A float, None for what is missing or infinite."""
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


def _points(years, values, cleaned):
    """Year and value up to the current year, sorted, without gaps, the current value among them."""
    values = [] if values is None else list(values)
    # values without years are consecutive, for methods that look at their order only
    years = list(range(len(values))) if years is None else list(years)
    if len(years) != len(values):
        raise ValueError(f"years has {len(years)} entries and values {len(values)}; expected the same number")
    years, values = [_number("years", year) for year in years], [_number("values", value) for value in values]
    known = [point for point in zip(years, values, strict=True) if None not in point]
    points = dict(known)
    if len(points) < len(known):
        raise ValueError("years repeats a year; expected one value a year")
    now, current = cleaned["current_year"], cleaned["current_value"]
    if points and None not in (now, current):
        points.setdefault(now, current)
    return sorted(point for point in points.items() if now is None or point[0] <= now)


def rule_and_direction(case: Mapping, *covered: str, default: int = 1) -> tuple[str, int]:
    """Rule and better direction of a case, for a method that covers these rules.

    Raises
    ------
    NoResultError
        where the method does not cover the rule, or the rule lacks a target or a direction.
    """
    rule = case["rule"] or ("direction" if case["target"] is None else "level")
    if rule not in RULES:
        raise ValueError(f"there is no rule “{rule}”; there are {', '.join(RULES)}")
    if rule not in covered:
        raise NoResultError("no_target" if rule == "direction" else "no_rule")
    if rule != "direction" and case["target"] is None:
        raise NoResultError("no_target")
    if case["direction"] == 0 and rule != "parity":
        raise NoResultError("no_direction")
    return rule, default if case["direction"] is None else case["direction"]


def require(case: Mapping, *fields: str) -> list[float]:
    """The values of these fields, or `NoResultError` for the first that is missing."""
    for field in fields:
        if case[field] is None:
            raise NoResultError(_REASON_WITHOUT[field])
    return [case[field] for field in fields]


def require_way_to_go(case: Mapping, direction: int) -> None:
    """Raise `NoResultError` where progress to the target is not a meaningful share."""
    base, target = case["base_value"], case["target"]
    if base == target:
        raise NoResultError("baseline_equals_target")
    if meets(base, target, direction):
        raise NoResultError("baseline_meets_target")


def meets(value: float, target: float, direction: int) -> bool:
    """Whether a value is at the target or on its better side."""
    return direction * (value - target) >= 0


def reaches(value: float, cut: float, tolerance: float = CUT_TOLERANCE) -> bool:
    """Whether a value is at a cut or above, but for rounding."""
    return value >= cut - tolerance


def class_of(value: float, cuts: Mapping[str, float], tolerance: float = CUT_TOLERANCE) -> str:
    """First class whose cut a value reaches, else the last, from the best to the worst.

    >>> class_of(0.7, {"high": 0.95, "middle": 0.6, "low": -math.inf})
    'middle'
    """
    return next((name for name, cut in cuts.items() if reaches(value, cut, tolerance)), [*cuts][-1])
