"""What-if paths of the WHO Triple Billion, and the interval of a sampled rate."""

import re

from sy_analysis.methods.case import Verdict, annual_growth, undefined
from sy_analysis.sampling import wilson_interval


def wilson_rate(case):
    """Rate of `x` passes in a sample of `n`, times `multiplier` (1 or 100), with its Wilson intervals.

    extra holds lower95, upper95, lower998 and upper998, and lower and upper for `confidence` ("95%" or 0.95).

    Source: PHEindicatormethods, phe_proportion; E. B. Wilson (1927).
    """
    passes, sample = case.get("x"), case.get("n")
    if passes is None or not sample:
        return undefined("no_sample")
    multiplier = case.get("multiplier") or 1
    levels = {"95": 0.95, "998": 0.998}
    if case.get("confidence") is not None:
        levels[""] = _confidence(case["confidence"])
    extra = {}
    for name, level in levels.items():
        lower, upper = wilson_interval(passes, sample, level)
        extra |= {f"lower{name}": lower * multiplier, f"upper{name}": upper * multiplier}
    return Verdict(passes / sample * multiplier, None, None, "no_class", extra)


def _confidence(text):
    """A confidence level as a share.

    >>> _confidence("99.8%"), _confidence(0.95)
    (0.998, 0.95)
    """
    if isinstance(text, str):
        return round(float(text.removesuffix("%")) / 100, 12) if text.endswith("%") else float(text)
    return float(text)


# rule -> inputs that it cannot do without, beside at least one value by year
WHO_RULES = {
    "aroc_latest": ("target_year",),
    "aroc_target": ("target", "target_year"),
    "aroc_percent_change": ("percent_change",),
    "fixed_target_linear": ("target", "target_year"),
    "percent_baseline": (
        "baseline",
        "baseline_year",
        "percent_change",
        "v_start",
        "target_year",
        "eval_year",
    ),
    "linear_change": ("linear_value", "year"),
    "halt_rise": (),
}


def who_billionaire_scenario(case):
    """Value of a what-if path of the WHO Triple Billion, kept in `lower_limit` to `upper_limit` (0 to 100).

    Inputs are values by year (`v2018`), `target_year`, and by rule: aroc_latest (the latest annual rate of
    change carried on), aroc_target and fixed_target_linear (compound and straight path to `target`),
    aroc_percent_change (`percent_change` of the latest value by the target year), percent_baseline (straight
    from `v_start` toward `baseline` changed by `percent_change`, read in `eval_year`), linear_change
    (`linear_value` a year since the given value, read in `year`), halt_rise (the latest value kept).

    Source: gpw13/billionaiRe @ecb82c4a, scenario functions and their tests.
    """
    rule = case["rule"]
    if rule not in WHO_RULES:
        raise ValueError(f"there is no rule “{rule}”; who_billionaire_scenario has {', '.join(WHO_RULES)}")
    points = sorted((int(name[1:]), value) for name, value in case.items() if re.fullmatch(r"v\d{4}", name))
    points = [(year, value) for year, value in points if value is not None]
    if any(case.get(name) is None for name in WHO_RULES[rule]):
        return undefined("no_input")
    if rule != "percent_baseline" and len(points) < (2 if rule == "aroc_latest" else 1):
        return undefined("too_few_points")
    path = _who_path(rule, points, case)
    if isinstance(path, str):
        return undefined(path)
    low = 0.0 if case.get("lower_limit") is None else case["lower_limit"]
    high = 100.0 if case.get("upper_limit") is None else case["upper_limit"]
    trimmed = [min(max(value, low), high) for value in path]
    return Verdict(trimmed[-1], None, None, "no_class", {"path": trimmed})


def _who_path(rule, points, case):
    """Values of the path up to the year asked for, or the reason why there is none."""
    if rule == "percent_baseline":
        return _who_percent_baseline(case)
    year, latest = points[-1]
    if rule == "linear_change":
        return [latest + case["linear_value"] * (case["year"] - year)]
    if rule == "halt_rise":
        return [latest]
    if rule == "aroc_percent_change":
        return [latest * (1 + case["percent_change"] / 100)]
    if case["target_year"] < year + (rule != "aroc_latest"):
        return "target_year_not_after_base_year"
    steps = range(int(case["target_year"]) - year + 1)
    if rule == "fixed_target_linear":
        return [latest + (case["target"] - latest) * step / steps[-1] for step in steps]
    before_year, before = points[-2] if rule == "aroc_latest" else (None, latest)
    after = latest if rule == "aroc_latest" else case["target"]
    if before == 0 or before * after < 0:
        return "zero_baseline" if before == 0 else "mixed_signs"
    rate = annual_growth(before, after, year - before_year if rule == "aroc_latest" else steps[-1])
    path = [latest * (1 + rate) ** step for step in steps]
    return path if rule == "aroc_latest" else [*path[:-1], case["target"]]


def _who_percent_baseline(case):
    if case["target_year"] <= case["baseline_year"]:
        return "target_year_not_after_base_year"
    aim = case["baseline"] * (1 + case["percent_change"] / 100)
    share = (case["eval_year"] - case["baseline_year"]) / (case["target_year"] - case["baseline_year"])
    return [case["v_start"] + (aim - case["v_start"]) * share]
