"""Methods that read the series itself: Germany's weather symbols and the limits of a process."""

from itertools import pairwise

from sy_analysis.judge.methods.case import CUT_TOLERANCE, Verdict, reaches, rule_of, undefined

# dns-indikatoren.de/en/status: the last six values, at least four
_GERMAN_WINDOW, _GERMAN_LEAST = 6, 4


def germany_dns_weather(case):
    """Weather symbol of Germany's sustainability strategy: sun, sun_cloud, cloud, thunderstorm.

    The mean yearly change over the last six values (at least four) is carried on to the target year. Missing
    the target by less than 5 % of the way still to go is sun, 5 to 20 % sun_cloud, more but moving right
    cloud, else thunderstorm. A target to hold every year, and one that is already met, is judged on the last
    value and then the trend; direction alone on the trend and then the last change. Of an interval the
    weakest end counts.

    Source: dns-indikatoren.de/en/status.
    """
    rule, silent = rule_of(case, "level", "hold", "direction")
    if rule is None:
        return undefined(silent)
    if case["direction"] == 0:
        return undefined("no_direction")
    if len(case["values"]) < _GERMAN_LEAST:
        return undefined("too_few_points")
    direction = 1 if case["direction"] is None else case["direction"]
    years, values = case["years"][-_GERMAN_WINDOW:], case["values"][-_GERMAN_WINDOW:]
    trend = direction * (values[-1] - values[0]) / (years[-1] - years[0])
    if rule == "direction":
        return Verdict(
            None, None, _german_direction(trend, direction * (values[-1] - values[-2])), "", {"trend": trend}
        )
    target = _weakest_end(case["target"], direction)
    if target is None:
        return undefined("no_target")
    gap = direction * (target - values[-1])
    if rule == "hold" or gap <= 0:
        return Verdict(None, None, _german_hold(gap <= 0, trend), "", {"trend": trend, "gap": gap})
    if case["target_year"] is None:
        return undefined("no_target_year")
    years_left = max(case["target_year"] - years[-1], 0)
    miss = max(gap - trend * years_left, 0) / gap
    return Verdict(None, None, _german_level(trend, miss), "", {"trend": trend, "gap": gap, "miss": miss})


def _weakest_end(target, direction):
    if not isinstance(target, tuple):
        return target
    ends = [end for end in target if end is not None]
    return (min if direction > 0 else max)(ends) if ends else None


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


def nhs_spc_assurance(case):
    """NHS "Making data count" assurance: will the process meet the target by itself, year after year?

    Limits are mean ± 2.66 times the mean moving range, moving ranges of 3.267 times their mean and more
    dropped once; or `lpl` and `upl` are given. A target outside the limits is a
    consistent_pass or consistent_fail, on or inside them inconsistent; without a target or direction
    not_applicable. The source warns of limits from under 12 values: extra holds n.

    Source: nhs-r-community/NHSRplotthedots R/ptd_spc_standard.R and R/ptd_calculate_assurance_type.R
    @050b07d7.
    """
    direction = 1 if case["direction"] is None else case["direction"]
    if case["target"] is None or direction == 0:
        return Verdict(
            None, None, "not_applicable", "no_target" if case["target"] is None else "no_direction"
        )
    limits = _xmr_limits(case) if case["values"] else {name: case.get(name) for name in ("lpl", "upl")}
    if limits is None or limits["lpl"] is None or limits["upl"] is None:
        return undefined("too_few_points")
    if limits["lpl"] <= case["target"] <= limits["upl"]:
        return Verdict(None, None, "inconsistent", "", limits)
    is_pass = direction * (limits["lpl"] - case["target"]) > 0
    return Verdict(None, None, "consistent_pass" if is_pass else "consistent_fail", "", limits)


def _xmr_limits(case):
    values = case["values"]
    if len(values) < 2:
        return None
    ranges = [abs(after - before) for before, after in pairwise(values)]
    mean_range = sum(ranges) / len(ranges)
    kept = [size for size in ranges if size < _XMR_SCREEN * mean_range] or ranges
    mean, half = sum(values) / len(values), _XMR_LIMIT * sum(kept) / len(kept)
    return {"mean": mean, "lpl": mean - half, "upl": mean + half, "n": len(values)}
