"""Methods that read the series itself: Germany's weather symbols and the limits of a process."""

from itertools import pairwise
from statistics import fmean

from sy_analysis.judge.methods.case import (
    CUT_TOLERANCE,
    MethodResult,
    NoResultError,
    points_of,
    reaches,
    require,
    rule_and_direction,
)

# dns-indikatoren.de/en/status: the last six values, at least four
_GERMAN_WINDOW, _GERMAN_LEAST = 6, 4


def germany_dns_weather(case: dict) -> MethodResult:
    """Weather symbol of Germany's sustainability strategy: sun, sun_cloud, cloud, thunderstorm.

    The mean yearly change over the last six values (at least four) is carried on to the target year. Missing
    the target by less than 5 % of the way still to go is sun, 5 to 20 % sun_cloud, more but in the right
    direction cloud, else thunderstorm. A target to hold every year, and one that is already met, is judged on
    the last value and then the trend. A direction alone is judged on the trend and then the last change. Of
    an interval the weakest end counts.

    Source: dns-indikatoren.de/en/status.
    """
    rule, direction = rule_and_direction(case, "level", "hold", "direction")
    points = points_of(case)[-_GERMAN_WINDOW:]
    if len(points) < _GERMAN_LEAST:
        raise NoResultError("too_few_points")
    (first_year, first), *_, (_, before), (year, latest) = points
    trend = direction * (latest - first) / (year - first_year)
    if rule == "direction":
        symbol = _german_direction(trend, direction * (latest - before))
        return MethodResult(status=symbol, extra={"trend": trend})
    gap = direction * (_weakest_end(case["target"], direction) - latest)
    if rule == "hold" or gap <= 0:
        return MethodResult(status=_german_hold(gap <= 0, trend), extra={"trend": trend, "gap": gap})
    (target_year,) = require(case, "target_year")
    miss = max(gap - trend * max(target_year - year, 0), 0) / gap
    return MethodResult(status=_german_level(trend, miss), extra={"trend": trend, "gap": gap, "miss": miss})


def _weakest_end(target, direction):
    if not isinstance(target, tuple):
        return target
    ends = [end for end in target if end is not None]
    if not ends:
        raise NoResultError("no_target")
    return (min if direction > 0 else max)(ends)


def _german_direction(trend, last_change):
    if trend > 0:
        return "sun" if last_change > 0 else "sun_cloud"
    return "cloud" if last_change > 0 else "thunderstorm"


def _german_hold(is_met, trend):
    if is_met:
        return "sun" if trend >= 0 else "sun_cloud"
    return "cloud" if trend > 0 else "thunderstorm"


def _german_level(trend, miss):
    if trend <= 0:
        return "thunderstorm"
    if not reaches(miss, 0.05):
        return "sun"
    return "sun_cloud" if miss <= 0.20 + CUT_TOLERANCE else "cloud"


# NHSRplotthedots R/ptd_spc_standard.R: XmR chart constants (3 / 1.128 and the upper limit of a moving range)
_XMR_LIMIT, _XMR_SCREEN = 2.66, 3.267


def nhs_spc_assurance(case: dict) -> MethodResult:
    """Whether a process meets its target by itself, the assurance of NHS "Making data count".

    Limits are mean ± 2.66 times the mean moving range, without the ranges of 3.267 times their mean and more,
    dropped once. Or `lpl` and `upl` are given. A target outside the limits is a consistent_pass or
    consistent_fail, on or inside them inconsistent, without a target or direction not_applicable. The source
    warns of limits from under 12 values. `extra` contains their number n.

    Source: nhs-r-community/NHSRplotthedots R/ptd_spc_standard.R and R/ptd_calculate_assurance_type.R
    @050b07d7.
    """
    target, direction = case["target"], 1 if case["direction"] is None else case["direction"]
    if target is None or direction == 0:
        return MethodResult(status="not_applicable", reason="no_target" if target is None else "no_direction")
    limits = (
        _xmr_limits(case["values"]) if case["values"] else {name: case.get(name) for name in ("lpl", "upl")}
    )
    if limits["lpl"] is None or limits["upl"] is None:
        raise NoResultError("too_few_points")
    if limits["lpl"] <= target <= limits["upl"]:
        return MethodResult(status="inconsistent", extra=limits)
    is_pass = direction * (limits["lpl"] - target) > 0
    return MethodResult(status="consistent_pass" if is_pass else "consistent_fail", extra=limits)


def _xmr_limits(values):
    if len(values) < 2:
        raise NoResultError("too_few_points")
    ranges = [abs(after - before) for before, after in pairwise(values)]
    screen = _XMR_SCREEN * fmean(ranges)
    mean, half = fmean(values), _XMR_LIMIT * fmean([size for size in ranges if size < screen] or ranges)
    return {"mean": mean, "lpl": mean - half, "upl": mean + half, "n": len(values)}
