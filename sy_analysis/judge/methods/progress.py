"""Methods that take the share of the way gone: ESCAP, China, Nagayo town."""

from sy_analysis.judge.methods.case import (
    CUT_TOLERANCE,
    MethodResult,
    NoResultError,
    meets,
    require,
    require_way_to_go,
    rule_and_direction,
)


def escap_current_status(case: dict) -> MethodResult:
    """ESCAP Current Status Index, from 0 at the base year to 10 at the target.

    level: 10·d·(current - base) / |target - base|. parity: 10 - 10·|target - current| / |target - base|.
    Below 0 is regression. The index has no classes, so the status is None with the reason no_class.

    Source: data.unescap.org/resource-guides/progress-assessment-methodology.
    """
    rule, direction = rule_and_direction(case, "level", "parity")
    current, base, target = require(case, "current_value", "base_value", "target")
    if rule == "level":
        require_way_to_go(case, direction)
        value = 10 * direction * (current - base) / abs(target - base)
    elif base == target:
        raise NoResultError("baseline_equals_target")
    else:
        value = 10 - 10 * abs(target - current) / abs(target - base)
    return MethodResult(value, reason="no_class")


def china_time_progress(case: dict) -> MethodResult:
    """Share of the target's change made against the share of time gone, China's mid-term practice.

    value = (current - base) / (target - base), and ratio = value / elapsed share of the period. A target
    reached before its year is achieved_early (提前实现). Else a ratio above 1 + `band` is faster_than_schedule
    (快于预期), from 1 - `band` as_scheduled (基本符合预期), below that lagging (相对滞后). No official width
    of 基本符合 was found, so `band` is 0 unless given, the plain slogan "half the time, half the task". Time
    stops at the target year.

    Source: national mid-term report of 2023-12-26 (finance.caixin.com/m/2023-12-28/102150686.html).
    """
    _, direction = rule_and_direction(case, "level")
    current, now, base, start = require(case, "current_value", "current_year", "base_value", "base_year")
    target, end = require(case, "target", "target_year")
    if end <= start:
        raise NoResultError("target_year_not_after_base_year")
    if now <= start:
        raise NoResultError("too_few_points")
    require_way_to_go(case, direction)
    band = 0.0 if case.get("band") is None else case["band"]
    if band < 0:
        raise ValueError(f"band is {band}; expected 0 or more, such as 0.1 for ratios from 0.9 to 1.1")
    share = (current - base) / (target - base)
    elapsed = min((now - start) / (end - start), 1.0)
    status = _pace_class(share / elapsed, band)
    if meets(current, target, direction) and now < end:
        status = "achieved_early"
    return MethodResult(share, None, status, "", {"elapsed_share": elapsed, "ratio": share / elapsed})


def _pace_class(ratio, band):
    # ratios carry the rounding of decimal values, so 56 -> 64.4 -> 70 is exactly on schedule
    if ratio > 1 + band + 1e-9:
        return "faster_than_schedule"
    return "as_scheduled" if ratio >= 1 - band - 1e-9 else "lagging"


def nagayo_town_grade(case: dict) -> MethodResult:
    """Mechanical grade S, A, B or C of Nagayo town, Japan, or "-" where it cannot be measured.

    S is above the target, A above the baseline, B at most 10 % below the baseline, and C lower.

    Source: webtown.nagayo.jp/kiji0032107/index.html.
    """
    try:
        _, direction = rule_and_direction(case, "level", "hold")
        base, current, target = require(case, "base_value", "current_value", "target")
    except NoResultError as silence:
        return MethodResult(status="-", reason=silence.reason)
    if direction * (current - target) > 0:
        return MethodResult(status="S")
    if direction * (current - base) > 0:
        return MethodResult(status="A")
    is_close = direction * (base - current) <= 0.10 * abs(base) + CUT_TOLERANCE
    return MethodResult(status="B" if is_close else "C")
