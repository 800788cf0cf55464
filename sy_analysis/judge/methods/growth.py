"""Methods that compare compound growth so far with that required: Open SDG, the United Nations, Eurostat."""

import math

from sy_analysis.judge.methods.case import (
    CUT_TOLERANCE,
    Verdict,
    annual_growth,
    growth_gap,
    meets,
    ratio_gap,
    reaches,
    rule_of,
    undefined,
)

# open-sdg docs/progress-methodology.md: categories by ratio to the required growth, and by growth alone
_STATCAN_CUTS = {"level": (0.95, 0.60, 0.0), "direction": (0.015, 0.005, 0.0)}
_STATCAN_STATUSES = ("substantial_progress", "moderate_progress", "limited_progress")
# the same page: zero is replaced in base value and target, for an exponential model cannot hold it
_STATCAN_ZERO = 0.001
# the same page: exponent of the factor that eases the cuts near a natural limit
_STATCAN_LIMIT_EXPONENT = 4.44
_STATCAN_YEARS = {"base_year": 2015.0, "target_year": 2030.0}


def statcan_opensdg(case):
    """Growth since the base year over the growth required, as Statistics Canada and Open SDG publish it.

    With a target, value = sign·d·CAGR / |required CAGR|: 0.95 and more substantial_progress, 0.60
    moderate_progress, 0 limited_progress, below it deterioration; target_achieved when the current value
    meets the target, whatever the trend. Without one, value = sign·d·CAGR with cuts 1.5 %, 0.5 % and 0, eased
    near `limit`. The score runs from -5 to 5. sign is -1 for negative series. Fewer than two values or mixed
    signs: not_available.

    Source: open-sdg/open-sdg docs/progress-methodology.md and open-sdg/sdg-build release notes, version 2.4.
    """
    case = {**case, **{name: year for name, year in _STATCAN_YEARS.items() if case[name] is None}}
    case = {**case, "target": _STATCAN_ZERO if case["target"] == 0 else case["target"]}
    if case["base_value"] is None:
        case = {**case, **_next_base(case)}
    rule, silent = rule_of(case, "level", "direction")
    if rule is None:
        return undefined(silent)
    direction = -1 if case["direction"] is None else case["direction"]
    if direction == 0:
        return undefined("no_direction")
    current = case["current_value"]
    achieved = rule == "level" and current is not None and meets(current, case["target"], direction)
    value, reason = _statcan_value(case, rule, direction)
    if achieved:
        return Verdict(value, 5.0, "target_achieved", reason)
    if value is None:
        tied = reason in ("baseline_equals_target", "target_year_not_after_base_year")
        return Verdict(None, None, None if tied else "not_available", reason)
    ease = _limit_factor(case["base_value"], case["limit"]) if rule == "direction" else 1.0
    return Verdict(
        value,
        _statcan_score(value, rule, ease),
        _statcan_status(value, rule, ease),
        "",
        {"coefficient": ease},
    )


def _next_base(case):
    later = [
        (year, value)
        for year, value in zip(case["years"], case["values"], strict=True)
        if year >= case["base_year"]
    ]
    return {"base_year": later[0][0], "base_value": later[0][1]} if later else {}


def _statcan_value(case, rule, direction):
    base = _STATCAN_ZERO if case["base_value"] == 0 else case["base_value"]
    case = {**case, "base_value": base}
    gap = growth_gap(case, target_needed=rule == "level")
    if gap and gap != "negative_values":
        return None, gap
    sign = -1 if base < 0 else 1
    growth = (
        sign
        * direction
        * annual_growth(base, case["current_value"], case["current_year"] - case["base_year"])
    )
    if rule == "direction":
        return growth, ""
    if base == case["target"]:
        return None, "baseline_equals_target"
    if base * case["target"] < 0:
        return None, "mixed_signs"
    required = annual_growth(base, case["target"], case["target_year"] - case["base_year"])
    return growth / abs(required), ""


def _limit_factor(base, limit):
    """Factor between 0 and 1 that eases the cuts for a base value near a natural limit.

    >>> round(_limit_factor(90, 100), 4), _limit_factor(100, 100), _limit_factor(250, 100)
    (0.3736, 0.0, 1.0)
    """
    if limit is None or abs(base) >= 2 * abs(limit):
        return 1.0
    base, limit = abs(base), abs(limit)
    nearness = base / limit if base <= limit else (2 * limit - base) / limit
    return 1 - nearness**_STATCAN_LIMIT_EXPONENT


def _statcan_status(value, rule, ease):
    for cut, status in zip(_STATCAN_CUTS[rule], _STATCAN_STATUSES, strict=True):
        if value >= cut * ease:
            return status
    return "deterioration"


def _statcan_score(value, rule, ease):
    """Points of the same source: 2.5 for each class, cut off at -5 and 5."""
    if rule == "level":
        return min(7.1429 * value - 4.2857, 5.0) if value >= 0.6 else max(4.1667 * value - 2.5, -5.0)
    if value < 0:
        return max(125 * value - 2.5, -5.0)
    if ease == 0:
        return 5.0
    high, middle, _ = _STATCAN_CUTS[rule]
    if value >= high * ease:
        return min(500 * value / ease - 5, 5.0)
    return 250 * value / ease - 1.25 if value >= middle * ease else 500 * value / ease - 2.5


# UN Progress Chart technical notes: the period of the 2030 Agenda, where no other year is given
_AGENDA = {"base_year": 2015.0, "target_year": 2030.0}
_UN_2023 = {3: "on_track_or_met", 2: "fair_progress_acceleration_needed", 1: "stagnation_or_regression"}


def un_progress_2023(case):
    """UN Progress Chart 2023: the value expected at the target year over the change required.

    Growth since the base year is carried on to the target year; value = (expected - base) / (target - base),
    cuts 0.95 and 0.10, scores 3, 2, 1. Without a target the value is the growth rate, cuts 2 % and 0.5 % in
    the good direction. A last value that meets the target is met whatever the trend, and so is one within
    `near_limit_points` (default 1; 0 switches the exception off, as a binding target should) of a target of 0
    or 100. After the target year the series is judged up to that year; a base year without data gives way to
    the nearest that leaves two values.

    Source: Progress_Chart_Technical_Note_2023.pdf as written out by EUSTAT-DES/site _pages/en/metodologia.md.
    """
    case = {**case, **{name: year for name, year in _AGENDA.items() if case[name] is None}}
    rule, silent = rule_of(case, "level", "direction")
    if rule is None:
        return undefined(silent)
    direction = 1 if case["direction"] is None else case["direction"]
    if direction == 0:
        return undefined("no_direction")
    if rule == "level":
        case = _until_target_year(case)
    if case["base_value"] is None:
        case = {**case, **_nearest_base(case)}
    if rule == "direction":
        return _un_2023_direction(case, direction)
    return _un_2023_level(case, direction)


def _until_target_year(case):
    kept = [(y, v) for y, v in zip(case["years"], case["values"], strict=True) if y <= case["target_year"]]
    if not kept or case["current_year"] is None or case["current_year"] <= case["target_year"]:
        return case
    return {**case, "current_year": kept[-1][0], "current_value": kept[-1][1]}


def _nearest_base(case):
    earlier = [
        (y, v)
        for y, v in zip(case["years"], case["values"], strict=True)
        if y < (case["current_year"] or -math.inf)
    ]
    if not earlier:
        return {}
    year, value = min(earlier, key=lambda point: (abs(point[0] - case["base_year"]), -point[0]))
    return {"base_year": year, "base_value": value}


def _un_2023_direction(case, direction):
    gap = growth_gap(case, target_needed=False)
    if gap:
        return undefined(gap)
    growth = annual_growth(
        case["base_value"], case["current_value"], case["current_year"] - case["base_year"]
    )
    score = 3 if reaches(direction * growth, 0.02) else 2 if reaches(direction * growth, 0.005) else 1
    return Verdict(growth, score, _UN_2023[score])


def _un_2023_level(case, direction):
    current, target = case["current_value"], case["target"]
    years = case["base_year"], case["current_year"]
    if None not in years and years[1] <= years[0]:
        return undefined("too_few_points")
    if current is not None and meets(current, target, direction):
        return Verdict(None, 3, _UN_2023[3], "target_met")
    near = 1.0 if case.get("near_limit_points") is None else case["near_limit_points"]
    if current is not None and target in (0, 100) and near and abs(target - current) <= near + CUT_TOLERANCE:
        return Verdict(None, 3, _UN_2023[3], "near_limit")
    gap = growth_gap(case, target_needed=True) or ratio_gap(case, direction)
    if gap:
        return undefined(gap)
    base = case["base_value"]
    growth = annual_growth(base, current, case["current_year"] - case["base_year"])
    years_left = case["target_year"] - case["current_year"]
    # a series that fell to zero stays there, also when the target year is past
    expected = 0.0 if current == 0 else current * (1 + growth) ** years_left
    ratio = (expected - base) / (target - base)
    score = 3 if reaches(ratio, 0.95) else 2 if reaches(ratio, 0.10) else 1
    return Verdict(ratio, score, _UN_2023[score], "", {"growth": growth, "expected": expected})


_UN_2022 = ("substantial_on_track", "fair_acceleration_needed", "limited_or_none")


def un_progress_2022(case):
    """UN Progress Chart 2022: growth since the base year over the growth required.

    value = CAGR / required CAGR with cuts 0.95, 0.5 and -0.1: substantial_on_track, fair_acceleration_needed,
    limited_or_none, deterioration. Without a target the value is the growth rate and, in the good direction,
    above 1 % is substantial, above 0.5 % fair, from -1 % limited. The note has no word for a baseline that
    already meets its target, so the method is silent there.

    Source: Progress_Chart_Technical_Note_2022.pdf as replicated in cwtravisyip/unsd_global_database
    @94394683.
    """
    case = {**case, **{name: year for name, year in _AGENDA.items() if case[name] is None}}
    direction = 1 if case["direction"] is None else case["direction"]
    if direction == 0:
        return undefined("no_direction")
    rule, silent = rule_of(case, "level", "direction")
    if rule is None:
        return undefined(silent)
    if rule == "direction":
        gap = growth_gap(case, target_needed=False)
        if gap:
            return undefined(gap)
        growth = annual_growth(
            case["base_value"], case["current_value"], case["current_year"] - case["base_year"]
        )
        good = direction * growth
        above = [good > 0.01 + CUT_TOLERANCE, good > 0.005 + CUT_TOLERANCE, reaches(good, -0.01)]
        return Verdict(growth, None, _first_class(above, _UN_2022, "deterioration"))
    ratio = _growth_ratio(case, direction)
    if isinstance(ratio, Verdict):
        return ratio
    above = [reaches(ratio, cut) for cut in (0.95, 0.5, -0.1)]
    return Verdict(ratio, None, _first_class(above, _UN_2022, "deterioration"))


def _first_class(conditions, classes, otherwise):
    return next((name for is_reached, name in zip(conditions, classes, strict=True) if is_reached), otherwise)


def _growth_ratio(case, direction):
    """Observed over required compound growth, or the Verdict that says why there is none."""
    gap = growth_gap(case, target_needed=True)
    if not gap:
        gap = "mixed_signs" if case["base_value"] * case["target"] < 0 else ""
    gap = gap or ratio_gap(case, direction)
    if gap:
        return undefined(gap)
    observed = annual_growth(
        case["base_value"], case["current_value"], case["current_year"] - case["base_year"]
    )
    return observed / annual_growth(
        case["base_value"], case["target"], case["target_year"] - case["base_year"]
    )


_EUROSTAT = ("significant_progress", "moderate_progress", "insufficient_progress")
_EUROSTAT_TREND = ("significant_progress", "moderate_progress", "no_progress", "moderate_movement_away")


def eurostat(case):
    """Eurostat's indicator trend: growth since the base year over the growth required.

    value = CAGR / required CAGR with cuts 95 %, 60 % and 0: significant_progress, moderate_progress,
    insufficient_progress, movement_away; the score rises by 2.5 a class, -5 at -60 % and 5 at 130 %. Without
    a target the value is the growth rate: ±1 % a year parts significant from moderate, ±0.05 % is
    no_progress.

    Source: "Sustainable development in the European Union", annex on the assessment of indicator trends, as
    cited by open-sdg docs/progress-methodology.md; the annex itself was not read, so the no-target band rests
    on summaries.
    """
    direction = 1 if case["direction"] is None else case["direction"]
    if direction == 0:
        return undefined("no_direction")
    rule, silent = rule_of(case, "level", "direction")
    if rule is None:
        return undefined(silent)
    if rule == "direction":
        gap = growth_gap(case, target_needed=False)
        if gap:
            return undefined(gap)
        growth = annual_growth(
            case["base_value"], case["current_value"], case["current_year"] - case["base_year"]
        )
        good = direction * growth
        above = [
            reaches(good, 0.01),
            good > 0.0005 + CUT_TOLERANCE,
            reaches(good, -0.0005),
            good > -0.01 + CUT_TOLERANCE,
        ]
        return Verdict(growth, None, _first_class(above, _EUROSTAT_TREND, "significant_movement_away"))
    ratio = _growth_ratio(case, direction)
    if isinstance(ratio, Verdict):
        return ratio
    above = [reaches(ratio, cut) for cut in (0.95, 0.60, 0.0)]
    return Verdict(ratio, _eurostat_score(ratio), _first_class(above, _EUROSTAT, "movement_away"))


def _eurostat_score(ratio):
    """Points from -5 to 5, straight between -60 %, 60 % and 130 %.

    >>> [round(_eurostat_score(ratio), 6) for ratio in (-1, 0, 0.6, 0.95, 1.3)]
    [-5.0, -2.5, 0.0, 2.5, 5.0]
    """
    points = (ratio - 0.6) / 0.7 * 5 if ratio >= 0.6 else (ratio - 0.6) / 1.2 * 5
    return max(-5.0, min(5.0, points))
