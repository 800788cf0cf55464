"""Classes of printed targets, and the verdict that the rule of each class gives.

Growth-ratio formulas are defined for a minority of a plan's targets. The rest are floors to hold, ceilings to
keep, counts, milestones, directions without a number and measures without a baseline. `classify_target` reads
the class from the target's own row, and `apply_rule` applies its rule.
"""

import math
import re
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import pandas as pd

from sy_analysis.base.words import read_words
from sy_analysis.judge.targets import gap_to_target, weakest_target

# status, or reason of a verdict -> (Chinese, English)
STATUS = read_words("sy_analysis.judge", "statuses.csv")
REASONS = read_words("sy_analysis.judge", "reasons.csv")
# a difference below this is the rounding of decimal values, not a change
_ROUNDING = 1e-9


class Rule(NamedTuple):
    """Class of a target, or None and a key of `REASONS` without its `refused_`."""

    rule_class: str | None
    reason: str = ""


class Judgement(NamedTuple):
    """Verdict of a rule: status, a key of `REASONS` and the class that gave it."""

    status: str
    reason: str
    rule_class: str | None = None


def classify_target(target: Mapping) -> Rule:
    """Read the rule class of a target from its row.

    In this order:

    - direction_only: the plan leaves the number to others (relation unset).
    - milestone: something is to exist, printed without a digit or as a count of one.
    - count_or_range: any other number of things, of hectares, of kilometres. A range is attained from its low
      end.
    - start_up: a share without a baseline.
    - ceiling: the baseline stands at the best value possible, and so does the target.
    - hold: the baseline already meets the target.
    - grow: the target lies beyond the baseline.

    Parameters
    ----------
    target : mapping
        a row of `targets` with the `direction`, `family` and `upper_bound` of its row of `indicators`.

    Returns
    -------
    Rule
        without a class, but with a reason, where the target cannot be judged as printed.

    Examples
    --------
    >>> row = {"relation": "at_least", "target_low": 61, "target_high": None, "target_year": 2025}
    >>> row |= {"baseline_year": 2020, "baseline_value": 61.02, "printed_target": "≧61"}
    >>> row |= {"unit": "%", "family": "hold", "direction": 1, "upper_bound": 100}
    >>> classify_target(row).rule_class
    'hold'
    >>> classify_target({**row, "baseline_value": None}).rule_class
    'start_up'
    """
    if target["relation"] == "unset":
        return Rule("direction_only")
    refusal = _refusal(target)
    if refusal:
        return Rule(None, refusal)
    if _is_milestone(target):
        return Rule("milestone")
    if target["unit"] != "%":
        return Rule("count_or_range")
    baseline = _value_or_nan(target["baseline_value"])
    if math.isnan(baseline):
        return Rule("start_up")
    if gap_to_target(baseline, target) > 0:
        return Rule("grow")
    return Rule("ceiling" if _is_at_bound(target) else "hold")


def _value_or_nan(value):
    """A number, nan for a missing one (None, nan, pandas NA)."""
    return math.nan if pd.isna(value) else float(value)


def _refusal(target):
    low, high = _value_or_nan(target["target_low"]), _value_or_nan(target["target_high"])
    goal = weakest_target({**target, "target_low": low, "target_high": high})
    if math.isnan(goal):
        return "no_number"
    if low > high:
        return "range_reversed"
    if (target["relation"], target["direction"]) in (("at_least", -1), ("at_most", 1)):
        return "direction_conflict"
    lower, upper = (_value_or_nan(target.get(name)) for name in ("lower_bound", "upper_bound"))
    if goal < lower or goal > upper:
        return "beyond_bounds"
    if target["target_year"] <= _value_or_nan(target["baseline_year"]):
        return "year_before_baseline"
    return "names_a_standard" if re.search(r"\d+(\.\d+)?%标准", target["printed_target"]) else ""


def _is_milestone(target):
    has_digit = re.search(r"[0-9]", target["printed_target"]) is not None
    return not has_digit or (
        target["family"] == "count" and target["relation"] == "at_least" and target["target_low"] == 1
    )


def _is_at_bound(target):
    bound = target.get("upper_bound" if target["direction"] > 0 else "lower_bound")
    return target["relation"] == "equal_ceiling" or weakest_target(target) == _value_or_nan(bound)


def apply_rule(
    history: pd.Series, target: Mapping, probability: float, thresholds: Mapping[str, float]
) -> Judgement:
    """Judge a target by the rule of its class.

    The value of the target year decides as soon as it is known. A later year never stands in for it. Before
    that each class has its own rule, see the functions below. They share that

    - a probability from the on-track threshold up (stricter for binding targets) is on_track, one below the
      off-track threshold off_track, and any between at_risk.
    - a target that is met now is never off_track. When it slips (`is_slipping`), it is at_risk with the
      reason met_but_slipping.
    - a target that was met before and has been lost is never on_track.

    All else equal, a better latest value or a higher probability never gives a worse status.

    Parameters
    ----------
    history : Series of float by year, as observed, no gaps filled, may be empty
    target : mapping
        as for `classify_target`, with `is_binding`. `is_stand_in` is true where the history has another scope
        than the plan's baseline.
    probability : float, attainment probability 0 to 1, nan without a forecast
    thresholds : mapping with on_track_binding, on_track_expected, off_track

    Returns
    -------
    Judgement

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"relation": "at_least", "target_low": 93, "target_high": None, "target_year": 2025}
    >>> row |= {"baseline_year": 2020, "baseline_value": 91.27, "printed_target": "93", "is_binding": False}
    >>> row |= {"unit": "%", "family": "percentage", "direction": 1}
    >>> cuts = {"on_track_binding": 0.8, "on_track_expected": 0.66, "off_track": 0.33}
    >>> apply_rule(pd.Series({2022: 92.4, 2023: 92.9}), row, 0.7, cuts)[:2]
    ('on_track', 'probability')
    >>> apply_rule(pd.Series({2022: 94.4, 2023: 93.5}), row, 0.7, cuts)[:2]
    ('at_risk', 'met_but_slipping')
    """
    rule = classify_target(target)
    if rule.rule_class is None:
        return Judgement("not_assessed", f"refused_{rule.reason}")
    if rule.rule_class == "direction_only":
        return Judgement(*_direction(history, target), rule.rule_class)
    if not len(history):
        return Judgement("not_assessed", "no_observation", rule.rule_class)
    if history.index.max() >= target["target_year"]:
        return Judgement(*_outturn(history, target), rule.rule_class)
    verdict = _VERDICTS[rule.rule_class]
    cuts = (
        thresholds["on_track_binding" if target["is_binding"] else "on_track_expected"],
        thresholds["off_track"],
    )
    return Judgement(*verdict(history, target, probability, cuts), rule.rule_class)


def _outturn(history, target):
    if target["target_year"] not in history.index:
        return "not_assessed", "outturn_missing"
    return ("attained" if _is_met(history[target["target_year"]], target) else "missed"), "outturn"


def _grow(history, target, probability, cuts):
    """Judge a level beyond the baseline by the attainment probability.

    Source: probability of attainment instead of a growth ratio after OECD "Measuring Distance to the SDG
    Targets" 2022, the one official system found that states a likelihood. Met but slipping after Germany's
    weather symbols.
    """
    if _is_met(history.iloc[-1], target):
        return _met(history, target, probability, cuts)
    if math.isnan(probability):
        return "not_assessed", "too_few_observations"
    if is_slipping(history, target):
        return _no_better_than_at_risk(probability, cuts), "slipped_below_target"
    return _by_probability(probability, cuts), "probability"


def _hold(history, target, probability, cuts, reason_below="below_floor"):
    """Judge a floor that the baseline already meets, a value below it being at_risk or worse.

    Source: Germany's rule for "a constant target for each year" (dns-indikatoren.de/en/status), which takes
    the last value first and then its trend.
    """
    if _is_met(history.iloc[-1], target):
        return _met(history, target, probability, cuts)
    if math.isnan(probability) and len(history) < 2:
        return "not_assessed", "too_few_observations"
    return _no_better_than_at_risk(probability, cuts), reason_below


def _milestone(history, target, probability, cuts):
    """Judge whether something exists, attained as soon as it does.

    Source: UN Progress Chart 2023, exception for binary indicators: yes is met. No is not read as regression
    while time is left.
    """
    if _is_met(history.iloc[-1], target):
        return "attained", "milestone_reached"
    if math.isnan(probability):
        return "not_assessed", "milestone_open"
    return _by_probability(probability, cuts), "probability"


def _direction(history, target):
    """Leave a direction without a number unassessed, with its trend as the reason.

    The last value is compared with the first of the last six. Source: Germany's rule for directional targets
    (dns-indikatoren.de/en/status). A number that nobody has set is not invented.
    """
    if len(history) < 2:
        return "not_assessed", "no_target"
    recent = history.iloc[-6:]
    change = target["direction"] * (recent.iloc[-1] - recent.iloc[0])
    if abs(change) <= _ROUNDING:
        return "not_assessed", "no_target_unchanged"
    return "not_assessed", "no_target_improving" if change > 0 else "no_target_worsening"


_VERDICTS = {
    "grow": _grow,
    "hold": _hold,
    # the tolerance near 100 % of UN Progress Chart 2023 is left out, since it would hide a slip from 100 to 99.4
    "ceiling": partial(_hold, reason_below="below_ceiling"),
    # Germany's rule for target intervals: the weakest end counts (dns-indikatoren.de/en/status)
    "count_or_range": _grow,
    "milestone": _milestone,
    # Germany's rule needs no baseline either; Open SDG takes the next year with data for it
    "start_up": _grow,
}


def is_slipping(history: pd.Series, target: Mapping) -> bool:
    """Whether the last fall, repeated each year, would lose a target that was met.

    A fall that leaves enough room until the target year is not a warning. Where the history has only one
    value, of the plan's own scope, the plan's baseline is the value before it.

    >>> import pandas as pd
    >>> floor = {"relation": "at_least", "target_low": 98.2, "target_high": None, "target_year": 2025}
    >>> floor |= {"baseline_year": 2020, "baseline_value": 98.2, "direction": 1}
    >>> is_slipping(pd.Series({2022: 99.0, 2023: 98.9}), floor)
    False
    >>> is_slipping(pd.Series({2022: 99.0, 2023: 98.5}), floor)
    True
    """
    before = _value_before_latest(history, target)
    if before is None:
        return False
    year, value = before
    latest_year, latest = history.index[-1], history.iloc[-1]
    fall = target["direction"] * (value - latest)
    if fall <= _ROUNDING or not _is_met(value, target):
        return False
    expected = latest + (latest - value) / (latest_year - year) * (target["target_year"] - latest_year)
    return not _is_met(expected, target)


def _value_before_latest(history, target):
    if len(history) > 1:
        return history.index[-2], history.iloc[-2]
    year, value = _value_or_nan(target["baseline_year"]), _value_or_nan(target["baseline_value"])
    if target.get("is_stand_in") or math.isnan(year) or math.isnan(value) or year >= history.index[-1]:
        return None
    return year, value


def _is_met(value, target):
    return gap_to_target(value, target) <= _ROUNDING


def _met(history, target, probability, cuts):
    if math.isnan(probability) and len(history) < 2:
        return "not_assessed", "too_few_observations"
    if is_slipping(history, target):
        return "at_risk", "met_but_slipping"
    if math.isnan(probability):
        return "on_track", "already_met"
    status = _by_probability(probability, cuts)
    return ("on_track", "already_met") if status == "on_track" else ("at_risk", "probability")


def _by_probability(probability, cuts):
    return "on_track" if probability >= cuts[0] else _no_better_than_at_risk(probability, cuts)


def _no_better_than_at_risk(probability, cuts):
    return "off_track" if probability < cuts[1] else "at_risk"
