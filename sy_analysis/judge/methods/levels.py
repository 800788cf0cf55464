"""Methods of levels, shares of the way gone, straight trends and process limits."""

from itertools import pairwise
from statistics import fmean

from sy_analysis.judge.methods import cases

# dns-indikatoren.de/en/status: the last six values, at least four
_GERMAN_WINDOW, _GERMAN_LEAST = 6, 4
# NHSRplotthedots R/ptd_spc_standard.R: XmR chart constants (3 / 1.128 and the upper limit of a moving range)
_XMR_LIMIT, _XMR_SCREEN = 2.66, 3.267


def escap_current_status(case: dict) -> cases.MethodResult:
    """ESCAP Current Status Index, from 0 at the base year to 10 at the target.

    level: 10·d·(current - base) / |target - base|. parity: 10 - 10·|target - current| / |target - base|.
    Below 0 is regression. The index has no classes, so the status is None with the reason no_class.

    Source: data.unescap.org/resource-guides/progress-assessment-methodology.
    """
    rule, direction = cases.rule_and_direction(case, "level", "parity")
    current, base, target = cases.require(case, "current_value", "base_value", "target")
    if rule == "level":
        cases.require_way_to_go(case, direction)
        value = 10 * direction * (current - base) / abs(target - base)
    elif base == target:
        raise cases.NoResultError("baseline_equals_target")
    else:
        value = 10 - 10 * abs(target - current) / abs(target - base)
    return cases.MethodResult(value, reason="no_class")


def china_time_progress(case: dict) -> cases.MethodResult:
    """Share of the change made against the share of time gone, as China's reports do.

    value = (current - base) / (target - base), and ratio = value / elapsed share of the period. A target
    reached before its year is achieved_early (提前实现). Else a ratio above 1 + `band` is faster_than_schedule
    (快于预期), from 1 - `band` as_scheduled (基本符合预期), below that lagging (相对滞后). No official width
    of 基本符合 was found, so `band` is 0 unless given, the plain slogan "half the time, half the task". Time
    stops at the target year.

    Source: national mid-term report of 2023-12-26 (finance.caixin.com/m/2023-12-28/102150686.html).
    """
    _, direction = cases.rule_and_direction(case, "level")
    current, now, base, start = cases.require(
        case, "current_value", "current_year", "base_value", "base_year"
    )
    target, end = cases.require(case, "target", "target_year")
    if end <= start:
        raise cases.NoResultError("target_year_not_after_base_year")
    if now <= start:
        raise cases.NoResultError("too_few_points")
    cases.require_way_to_go(case, direction)
    band = 0.0 if case.get("band") is None else case["band"]
    if band < 0:
        raise ValueError(f"band is {band}; expected 0 or more, such as 0.1 for ratios from 0.9 to 1.1")
    share = (current - base) / (target - base)
    elapsed = min((now - start) / (end - start), 1.0)
    status = _pace_class(share / elapsed, band)
    if cases.meets(current, target, direction) and now < end:
        status = "achieved_early"
    return cases.MethodResult(share, None, status, "", {"elapsed_share": elapsed, "ratio": share / elapsed})


def _pace_class(ratio, band):
    # ratios carry the rounding of decimal values, so 56 -> 64.4 -> 70 is exactly on schedule
    if ratio > 1 + band + 1e-9:
        return "faster_than_schedule"
    return "as_scheduled" if ratio >= 1 - band - 1e-9 else "lagging"


def nagayo_town_grade(case: dict) -> cases.MethodResult:
    """Mechanical grade S, A, B or C of Nagayo town, Japan, "-" where not measurable.

    S is above the target, A above the baseline, B at most 10 % below the baseline, and C lower.

    Source: webtown.nagayo.jp/kiji0032107/index.html.
    """
    try:
        _, direction = cases.rule_and_direction(case, "level", "hold")
        base, current, target = cases.require(case, "base_value", "current_value", "target")
    except cases.NoResultError as silence:
        return cases.MethodResult(status="-", reason=str(silence))
    if direction * (current - target) > 0:
        return cases.MethodResult(status="S")
    if direction * (current - base) > 0:
        return cases.MethodResult(status="A")
    is_close = direction * (base - current) <= 0.10 * abs(base) + cases.CUT_TOLERANCE
    return cases.MethodResult(status="B" if is_close else "C")


def germany_dns_weather(case: dict) -> cases.MethodResult:
    """Weather symbol of Germany's sustainability strategy.

    The symbols are sun, sun_cloud, cloud and thunderstorm. The mean yearly change over the last six values (at least four) is carried on to the target year. Missing
    the target by less than 5 % of the way still to go is sun, 5 to 20 % sun_cloud, more but in the right
    direction cloud, else thunderstorm. A target to hold every year, and one that is already met, is judged on
    the last value and then the trend. A direction alone is judged on the trend and then the last change. Of
    an interval the weakest end counts.

    Source: dns-indikatoren.de/en/status.
    """
    rule, direction = cases.rule_and_direction(case, "level", "hold", "direction")
    points = case["points"][-_GERMAN_WINDOW:]
    if len(points) < _GERMAN_LEAST:
        raise cases.NoResultError("too_few_points")
    (first_year, first), *_, (_, before), (year, latest) = points
    trend = direction * (latest - first) / (year - first_year)
    if rule == "direction":
        symbol = _german_direction(trend, direction * (latest - before))
        return cases.MethodResult(status=symbol, extra={"trend": trend})
    gap = direction * (_weakest_end(case["target"], direction) - latest)
    if rule == "hold" or gap <= 0:
        return cases.MethodResult(status=_german_hold(gap <= 0, trend), extra={"trend": trend, "gap": gap})
    (target_year,) = cases.require(case, "target_year")
    miss = max(gap - trend * max(target_year - year, 0), 0) / gap
    return cases.MethodResult(
        status=_german_level(trend, miss), extra={"trend": trend, "gap": gap, "miss": miss}
    )


def _weakest_end(target, direction):
    if not isinstance(target, tuple):
        return target
    ends = [end for end in target if end is not None]
    if not ends:
        raise cases.NoResultError("no_target")
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
    if not cases.reaches(miss, 0.05):
        return "sun"
    return "sun_cloud" if miss <= 0.20 + cases.CUT_TOLERANCE else "cloud"


def nhs_spc_assurance(case: dict) -> cases.MethodResult:
    """Whether a process cases.meets its target by itself, by NHS "Making data count".

    Limits are mean ± 2.66 times the mean moving range, without the ranges of 3.267 times their mean and more,
    dropped once. Or `lpl` and `upl` are given. A target outside the limits is a consistent_pass or
    consistent_fail, on or inside them inconsistent, without a target or direction not_applicable. The source
    warns of limits from under 12 values. `extra` contains their number n.

    Source: nhs-r-community/NHSRplotthedots R/ptd_spc_standard.R and R/ptd_calculate_assurance_type.R
    @050b07d7.
    """
    target, direction = case["target"], 1 if case["direction"] is None else case["direction"]
    if target is None or direction == 0:
        return cases.MethodResult(
            status="not_applicable", reason="no_target" if target is None else "no_direction"
        )
    limits = (
        _xmr_limits([value for _, value in case["points"]])
        if case["points"]
        else {name: case.get(name) for name in ("lpl", "upl")}
    )
    if limits["lpl"] is None or limits["upl"] is None:
        raise cases.NoResultError("too_few_points")
    if limits["lpl"] <= target <= limits["upl"]:
        return cases.MethodResult(status="inconsistent", extra=limits)
    is_pass = direction * (limits["lpl"] - target) > 0
    return cases.MethodResult(status="consistent_pass" if is_pass else "consistent_fail", extra=limits)


def _xmr_limits(values):
    if len(values) < 2:
        raise cases.NoResultError("too_few_points")
    ranges = [abs(after - before) for before, after in pairwise(values)]
    screen = _XMR_SCREEN * fmean(ranges)
    mean, half = fmean(values), _XMR_LIMIT * fmean([size for size in ranges if size < screen] or ranges)
    return {"mean": mean, "lpl": mean - half, "upl": mean + half, "n": len(values)}
