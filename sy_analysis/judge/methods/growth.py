"""Methods of compound growth: Open SDG, the United Nations, Eurostat."""

import math
from importlib.resources import files

import pandas as pd

from sy_analysis.judge.methods import cases

# open-sdg docs/progress-methodology.md: zero is replaced in base value and target, for an exponential model cannot contain it
_STATCAN_ZERO = 0.001
# the same page: exponent of the factor that eases the cuts near a natural limit
_STATCAN_LIMIT_EXPONENT = 4.44
# the period of the 2030 Agenda, which Open SDG and the United Nations take where no other year is given
_AGENDA = {"base_year": 2015.0, "target_year": 2030.0}


def _read_cuts():
    """Lowest value of each class, from the best class to the worst, by method and rule.

    A cut that has to be exceeded, not only reached, is raised beyond the tolerance.
    """
    table = pd.read_csv(files("sy_analysis.judge.methods").joinpath("cuts.csv"))
    table["cut"] += 2 * cases.CUT_TOLERANCE * (table["is_beyond"] == "yes")
    return {
        key: dict(zip(cuts["status"], cuts["cut"], strict=True))
        for key, cuts in table.groupby(["method", "rule"])
    }


_CUTS = _read_cuts()


def statcan_opensdg(case: dict) -> cases.MethodResult:
    """Growth over the growth required, by Statistics Canada and Open SDG.

    With a target, value = sign·d·CAGR / |required CAGR|. From 0.95 it is substantial_progress, from 0.60
    moderate_progress, from 0 limited_progress, below deterioration. A current value that cases.meets the target is
    target_achieved, whatever the trend. Without a target, value = sign·d·CAGR with cuts 1.5 %, 0.5 % and 0,
    eased toward `limit`. The score runs from -5 to 5. sign is -1 for negative series. Fewer than two values
    or mixed signs are not_available.

    Source: open-sdg/open-sdg docs/progress-methodology.md and open-sdg/sdg-build release notes, version 2.4.
    """
    case = _with_agenda_years(case)
    case |= {"target": _STATCAN_ZERO if case["target"] == 0 else case["target"]}
    if case["base_value"] is None:
        case |= _next_base(case)
    rule, direction = cases.rule_and_direction(case, "level", "direction", default=-1)
    current = case["current_value"]
    is_achieved = rule == "level" and current is not None and cases.meets(current, case["target"], direction)
    try:
        value = _statcan_value(case, rule, direction)
    except cases.NoResultError as silence:
        reason = str(silence)
        if is_achieved:
            return cases.MethodResult(None, 5.0, "target_achieved", reason)
        is_tied = reason in ("baseline_equals_target", "target_year_not_after_base_year")
        return cases.MethodResult(status=None if is_tied else "not_available", reason=reason)
    if is_achieved:
        return cases.MethodResult(value, 5.0, "target_achieved")
    ease = _limit_factor(case["base_value"], case["limit"]) if rule == "direction" else 1.0
    cuts = {name: cut * ease if cut > 0 else cut for name, cut in _CUTS["statcan_opensdg", rule].items()}
    status = cases.class_of(value, cuts, tolerance=0.0)
    return cases.MethodResult(value, _statcan_score(value, rule, ease), status, "", {"coefficient": ease})


def _with_agenda_years(case):
    return case | {name: year for name, year in _AGENDA.items() if case[name] is None}


def _next_base(case):
    later = [point for point in case["points"] if point[0] >= case["base_year"]]
    return {"base_year": later[0][0], "base_value": later[0][1]} if later else {}


def _statcan_value(case, rule, direction):
    case = case | {"base_value": _STATCAN_ZERO if case["base_value"] == 0 else case["base_value"]}
    growth = direction * _growth_so_far(case)
    if case["base_value"] < 0:
        growth = -growth
    return growth if rule == "direction" else growth / abs(_growth_required(case))


def _growth_so_far(case):
    """Compound annual growth since the base year."""
    current, now, base, start = cases.require(
        case, "current_value", "current_year", "base_value", "base_year"
    )
    if now <= start:
        raise cases.NoResultError("too_few_points")
    if base == 0:
        raise cases.NoResultError("zero_baseline")
    return _annual_growth(base, current, now - start)


def _growth_required(case):
    """Compound annual growth from the base year that reaches the target in its year."""
    base, target, period = case["base_value"], case["target"], _period_of(case)
    if base == target:
        raise cases.NoResultError("baseline_equals_target")
    return _annual_growth(base, target, period)


def _period_of(case):
    """Years from the base year to the target year."""
    (target_year,) = cases.require(case, "target_year")
    if target_year <= case["base_year"]:
        raise cases.NoResultError("target_year_not_after_base_year")
    return target_year - case["base_year"]


def _annual_growth(start, end, years):
    """Compound annual growth rate.

    >>> round(_annual_growth(100, 106.12080000000002, 3), 12)
    0.02
    """
    if start * end < 0:
        raise cases.NoResultError("mixed_signs")
    return (end / start) ** (1 / years) - 1


def _limit_factor(base, limit):
    """Factor between 0 and 1 that eases the cuts where the base value is close to a natural limit.

    >>> round(_limit_factor(90, 100), 4), _limit_factor(100, 100), _limit_factor(250, 100)
    (0.3736, 0.0, 1.0)
    """
    if limit is None or abs(base) >= 2 * abs(limit):
        return 1.0
    base, limit = abs(base), abs(limit)
    nearness = base / limit if base <= limit else (2 * limit - base) / limit
    return 1 - nearness**_STATCAN_LIMIT_EXPONENT


def _statcan_score(value, rule, ease):
    """Points of the same source: 2.5 for each class, cut off at -5 and 5."""
    if rule == "level":
        return min(7.1429 * value - 4.2857, 5.0) if value >= 0.6 else max(4.1667 * value - 2.5, -5.0)
    if value < 0:
        return max(125 * value - 2.5, -5.0)
    if ease == 0:
        return 5.0
    high, middle, *_ = _CUTS["statcan_opensdg", rule].values()
    if value >= high * ease:
        return min(500 * value / ease - 5, 5.0)
    return 250 * value / ease - 1.25 if value >= middle * ease else 500 * value / ease - 2.5


_UN_SCORES = {"on_track_or_met": 3, "fair_progress_acceleration_needed": 2, "stagnation_or_regression": 1}


def un_progress_2023(case: dict) -> cases.MethodResult:
    """Change expected over the change required, by UN Progress Chart 2023.

    Growth since the base year is carried on to the target year. value = (expected - base) / (target - base),
    with cuts 0.95 and 0.10 and scores 3, 2, 1. Without a target the value is the growth rate, with cuts 2 %
    and 0.5 % in the good direction. A last value that cases.meets the target is met whatever the trend. So is one
    within `near_limit_points` (default 1) of a target of 0 or 100. 0 switches that exception off, as a
    binding target should. After the target year the series is judged up to that year. A base year without
    data gives way to the nearest that leaves two values.

    Source: Progress_Chart_Technical_Note_2023.pdf as written out by EUSTAT-DES/site _pages/en/metodologia.md.
    """
    case = _with_agenda_years(case)
    rule, direction = cases.rule_and_direction(case, "level", "direction")
    if rule == "level":
        case = _until_target_year(case)
    if case["base_value"] is None:
        case |= _nearest_base(case)
    if rule == "level":
        return _un_2023_exception(case, direction) or _un_2023_level(case, direction)
    verdict = _by_growth_alone(case, direction, "un_progress_2023")
    return verdict._replace(score=_UN_SCORES[verdict.status])


def _until_target_year(case):
    earlier = [point for point in case["points"] if point[0] <= case["target_year"]]
    if not earlier or case["current_year"] is None or case["current_year"] <= case["target_year"]:
        return case
    return case | {"current_year": earlier[-1][0], "current_value": earlier[-1][1]}


def _nearest_base(case):
    earlier = [point for point in case["points"] if point[0] < (case["current_year"] or -math.inf)]
    if not earlier:
        return {}
    year, value = min(earlier, key=lambda point: (abs(point[0] - case["base_year"]), -point[0]))
    return {"base_year": year, "base_value": value}


def _un_2023_exception(case, direction):
    """The verdict of a last value that cases.meets the target or nearly a limit, else None."""
    current, target = case["current_value"], case["target"]
    years = case["base_year"], case["current_year"]
    if None not in years and years[1] <= years[0]:
        raise cases.NoResultError("too_few_points")
    if current is None:
        return None
    if cases.meets(current, target, direction):
        return cases.MethodResult(None, 3, "on_track_or_met", "target_met")
    points = 1.0 if case.get("near_limit_points") is None else case["near_limit_points"]
    if target in (0, 100) and points and abs(target - current) <= points + cases.CUT_TOLERANCE:
        return cases.MethodResult(None, 3, "on_track_or_met", "near_limit")
    return None


def _un_2023_level(case, direction):
    growth = _growth_so_far(case)
    _period_of(case)
    cases.require_way_to_go(case, direction)
    base, current, target = case["base_value"], case["current_value"], case["target"]
    years_left = case["target_year"] - case["current_year"]
    # a series that fell to zero stays there, also when the target year is past
    expected = 0.0 if current == 0 else current * (1 + growth) ** years_left
    ratio = (expected - base) / (target - base)
    status = cases.class_of(ratio, _CUTS["un_progress_2023", "level"])
    return cases.MethodResult(ratio, _UN_SCORES[status], status, "", {"growth": growth, "expected": expected})


def _by_growth_alone(case, direction, method):
    """The verdict without a target: growth since the base year, in classes of the better direction."""
    growth = _growth_so_far(case)
    if case["base_value"] < 0:
        raise cases.NoResultError("negative_values")
    return cases.MethodResult(growth, None, cases.class_of(direction * growth, _CUTS[method, "direction"]))


def _by_growth_ratio(case, direction, method):
    """The verdict with a target: growth since the base year over the growth required."""
    growth, required = _growth_so_far(case), _growth_required(case)
    cases.require_way_to_go(case, direction)
    return cases.MethodResult(
        growth / required, None, cases.class_of(growth / required, _CUTS[method, "level"])
    )


def un_progress_2022(case: dict) -> cases.MethodResult:
    """Growth over the growth required, by UN Progress Chart 2022.

    value = CAGR / required CAGR with cuts 0.95, 0.5 and -0.1: substantial_on_track, fair_acceleration_needed,
    limited_or_none, deterioration. Without a target the value is the growth rate. In the good direction,
    above 1 % is substantial, above 0.5 % fair, from -1 % limited. The note has no word for a baseline that
    already cases.meets its target, so there the method has no answer.

    Source: Progress_Chart_Technical_Note_2022.pdf as replicated in cwtravisyip/unsd_global_database
    @94394683.
    """
    case = _with_agenda_years(case)
    rule, direction = cases.rule_and_direction(case, "level", "direction")
    by_rule = _by_growth_alone if rule == "direction" else _by_growth_ratio
    return by_rule(case, direction, "un_progress_2022")


def eurostat(case: dict) -> cases.MethodResult:
    """Growth over the growth required, by Eurostat's indicator trends.

    value = CAGR / required CAGR with cuts 95 %, 60 % and 0: significant_progress, moderate_progress,
    insufficient_progress, movement_away. The score rises by 2.5 a class, from -5 at -60 % to 5 at 130 %.
    Without a target the value is the growth rate: ±1 % a year parts significant from moderate, ±0.05 % is
    no_progress.

    Source: "Sustainable development in the European Union", annex on the assessment of indicator trends, as
    cited by open-sdg docs/progress-methodology.md. The annex itself was not read, so the band without a
    target rests on summaries.
    """
    rule, direction = cases.rule_and_direction(case, "level", "direction")
    if rule == "direction":
        return _by_growth_alone(case, direction, "eurostat")
    verdict = _by_growth_ratio(case, direction, "eurostat")
    return verdict._replace(score=_eurostat_score(verdict.value))


def _eurostat_score(ratio):
    """Points from -5 to 5, straight between -60 %, 60 % and 130 %.

    >>> [round(_eurostat_score(ratio), 6) for ratio in (-1, 0, 0.6, 0.95, 1.3)]
    [-5.0, -2.5, 0.0, 2.5, 5.0]
    """
    points = (ratio - 0.6) / 0.7 * 5 if ratio >= 0.6 else (ratio - 0.6) / 1.2 * 5
    return max(-5.0, min(5.0, points))
