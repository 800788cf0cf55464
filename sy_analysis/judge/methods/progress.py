"""Methods that take the share of the way gone: ESCAP, China, Nagayo town."""

from sy_analysis.judge.methods.case import CUT_TOLERANCE, Verdict, meets, ratio_gap, rule_of, undefined


def escap_current_status(case):
    """ESCAP Current Status Index: progress made of the progress needed, 0 at the base year, 10 at the target.

    level: 10·d·(current - base) / |target - base|; parity: 10 - 10·|target - current| / |target - base|.
    Below 0 is regression. The index has no classes, so the status is None with the reason no_class.

    Source: data.unescap.org/resource-guides/progress-assessment-methodology.
    """
    rule, silent = rule_of(case, "level", "parity")
    if rule is None:
        return undefined(silent)
    base, current, target = case["base_value"], case["current_value"], case["target"]
    direction = 1 if case["direction"] is None else case["direction"]
    gap = "no_current_value" if current is None else "no_baseline" if base is None else ""
    gap = gap or ("baseline_equals_target" if base == target else "")
    gap = gap or ("no_direction" if rule == "level" and direction == 0 else "")
    gap = gap or (ratio_gap(case, direction) if rule == "level" else "")
    if gap:
        return undefined(gap)
    need = abs(target - base)
    value = (
        10 * direction * (current - base) / need
        if rule == "level"
        else 10 - 10 * abs(target - current) / need
    )
    return Verdict(value, None, None, "no_class")


def china_time_progress(case):
    """China's mid-term practice: the share of the target's change made against the share of time gone.

    value = (current - base) / (target - base); ratio = value / elapsed share of the period. A target reached
    before its year is achieved_early (提前实现). Else a ratio above 1 + `band` is faster_than_schedule
    (快于预期), from 1 - `band` as_scheduled (基本符合预期), below that lagging (相对滞后). No official width
    of 基本符合 was found: `band` is 0 unless given, the plain slogan "half the time, half the task". Time
    stops at the target year.

    Source: national mid-term report of 2023-12-26 (finance.caixin.com/m/2023-12-28/102150686.html).
    """
    rule, silent = rule_of(case, "level")
    if rule is None:
        return undefined(silent)
    direction = 1 if case["direction"] is None else case["direction"]
    if direction == 0:
        return undefined("no_direction")
    base, current, target = case["base_value"], case["current_value"], case["target"]
    gap = "no_current_value" if current is None or case["current_year"] is None else ""
    gap = gap or ("no_baseline" if base is None or case["base_year"] is None else "")
    gap = gap or ("no_target_year" if case["target_year"] is None else "")
    gap = gap or ("target_year_not_after_base_year" if case["target_year"] <= case["base_year"] else "")
    gap = (
        gap
        or ("too_few_points" if case["current_year"] <= case["base_year"] else "")
        or ratio_gap(case, direction)
    )
    if gap:
        return undefined(gap)
    band = 0.0 if case.get("band") is None else case["band"]
    if band < 0:
        raise ValueError(f"band is {band}; expected 0 or more, such as 0.1 for ratios from 0.9 to 1.1")
    share = (current - base) / (target - base)
    elapsed = min((case["current_year"] - case["base_year"]) / (case["target_year"] - case["base_year"]), 1.0)
    ratio = share / elapsed
    extra = {"elapsed_share": elapsed, "ratio": ratio}
    if meets(current, target, direction) and case["current_year"] < case["target_year"]:
        return Verdict(share, None, "achieved_early", "", extra)
    # ratios carry the rounding of decimal values, so 56 -> 64.4 -> 70 is exactly on schedule
    if ratio > 1 + band + 1e-9:
        return Verdict(share, None, "faster_than_schedule", "", extra)
    return Verdict(share, None, "as_scheduled" if ratio >= 1 - band - 1e-9 else "lagging", "", extra)


def nagayo_town_grade(case):
    """Mechanical grade of Nagayo town, Japan: S, A, B, C or "-".

    S above the target, A above the baseline, B no more than 10 % below the baseline, C below that, "-" where
    it cannot be measured.

    Source: webtown.nagayo.jp/kiji0032107/index.html.
    """
    rule, silent = rule_of(case, "level", "hold")
    base, current, target = case["base_value"], case["current_value"], case["target"]
    if rule is None or base is None or current is None:
        return Verdict(None, None, "-", silent or ("no_baseline" if base is None else "no_current_value"))
    direction = 1 if case["direction"] is None else case["direction"]
    if direction * (current - target) > 0:
        return Verdict(None, None, "S")
    if direction * (current - base) > 0:
        return Verdict(None, None, "A")
    return Verdict(
        None, None, "B" if direction * (base - current) <= 0.10 * abs(base) + CUT_TOLERANCE else "C"
    )
