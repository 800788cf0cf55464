"""Each printed target compiled to the rule that fits it, and the verdict of each rule.

Growth-ratio formulas are defined for a minority of a plan's targets: the rest are floors to hold, ceilings to
keep, counts, milestones, directions without a number and measures without a baseline. `classify_target` reads
the class from the target's own row, `judge` gives the verdict.
"""

import math
import re
from typing import NamedTuple

from sy_analysis.judge.targets import gap_to_target, weakest_target

# why a target has no rule: reason -> (Chinese, English)
REFUSALS = {
    "no_number": ("目标没有数值", "the target has no number"),
    "range_reversed": ("区间下限高于上限", "the range starts above its end"),
    "direction_conflict": ("目标方向与指标优劣方向相反", "the target asks for the worse direction"),
    "beyond_bounds": ("目标值超出指标的可能范围", "the target lies outside what the indicator can be"),
    "year_before_baseline": ("目标年份不晚于基期", "the target year is not after the baseline"),
    "names_a_standard": (
        "数字是标准的名称（如“节能65%标准”），不是要达到的水平",
        "the number names a standard, not a level to reach",
    ),
}
# why a verdict is what it is: reason -> (Chinese, English)
REASONS = {
    "outturn": ("目标年数值已公布", "the value of the target year is known"),
    "outturn_missing": ("目标年已过，但当年数值未公布", "the target year is over but its value is not known"),
    "milestone_reached": ("已建成", "it exists"),
    "milestone_open": ("尚未建成，无趋势可推", "it does not exist yet, and there is no trend to carry on"),
    "already_met": ("已达到目标且未见下滑", "already met and not slipping"),
    "met_but_slipping": (
        "已达到目标，但照最近一次的降幅到目标年将失守",
        "met, but at the pace of its last fall it would be missed in the target year",
    ),
    "slipped_below_target": ("曾达到目标，现已跌破", "was met before and has fallen below"),
    "below_floor": ("低于应保持的水平", "below the level to hold"),
    "below_ceiling": ("低于应保持的100%", "below the ceiling to keep"),
    "probability": ("按达标概率判断", "judged by the attainment probability"),
    "too_few_observations": ("数据点太少", "too few observations"),
    "no_observation": ("没有公开数据", "no observation"),
    "no_target": (
        "规划未给出数值，也没有趋势可看",
        "the plan sets no number, and there is no trend to see yet",
    ),
    "no_target_improving": ("规划未给出数值；近年在改善", "the plan sets no number; it has improved"),
    "no_target_worsening": ("规划未给出数值；近年在变差", "the plan sets no number; it has worsened"),
    "no_target_unchanged": ("规划未给出数值；近年持平", "the plan sets no number; it has not changed"),
    **{f"refused_{name}": words for name, words in REFUSALS.items()},
}
# a difference below this is the rounding of decimal values, not a change
_ROUNDING = 1e-9


class Rule(NamedTuple):
    """Class of a target, or None with a key of `REFUSALS`."""

    rule_class: str | None
    reason: str = ""


class Judgement(NamedTuple):
    """Verdict of a rule: a word of `schema.STATUSES`, a key of `REASONS`, and the class that gave it."""

    status: str
    reason: str
    rule_class: str | None = None


def classify_target(target):
    """The rule class of a target, read from its row.

    In this order:

    - direction_only: the plan leaves the number to others (relation unset).
    - milestone: the plan asks that something exists; it prints no digit or the number one of a count.
    - count_or_range: any other number of things, of hectares, of kilometres; a range is attained from its low
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
    try:
        return math.nan if value is None else float(value)
    except TypeError:
        return math.nan


def _refusal(target):
    low, high = _value_or_nan(target["target_low"]), _value_or_nan(target["target_high"])
    goal = weakest_target({**target, "target_low": low, "target_high": high})
    if math.isnan(goal):
        return "no_number"
    if low > high:
        return "range_reversed"
    if _direction_conflicts(target):
        return "direction_conflict"
    lower, upper = (_value_or_nan(target.get(name)) for name in ("lower_bound", "upper_bound"))
    if goal < lower or goal > upper:
        return "beyond_bounds"
    if target["target_year"] <= _value_or_nan(target["baseline_year"]):
        return "year_before_baseline"
    return "names_a_standard" if re.search(r"\d+(\.\d+)?%标准", target["printed_target"]) else ""


def _direction_conflicts(target):
    wrong = {"at_least": -1, "at_most": 1}.get(target["relation"])
    return wrong is not None and target["direction"] == wrong


def _is_milestone(target):
    has_digit = re.search(r"[0-9]", target["printed_target"]) is not None
    return not has_digit or (
        target["family"] == "count" and target["relation"] == "at_least" and target["target_low"] == 1
    )


def _is_at_bound(target):
    bound = target.get("upper_bound" if target["direction"] > 0 else "lower_bound")
    return target["relation"] == "equal_ceiling" or weakest_target(target) == _value_or_nan(bound)


def judge(history, target, probability, thresholds):
    """Status and reason of a target by the rule that fits it.

    The value of the target year decides as soon as it is known (a later year never stands in for it). Before
    that each class has its own verdict, see the functions below; what they share:

    - a forecast is read as: probability at least the on-track threshold (stricter for binding targets)
      on_track, below the off-track threshold off_track, between them at_risk;
    - a target that is met now is never off_track, and is a warning, not a success, when it slips
      (`is_slipping`): at_risk, met_but_slipping;
    - a target that was met before and is no longer is never on_track.

    With everything else the same, a better latest value or a higher probability never gives a worse status.

    Parameters
    ----------
    history : Series of float by year, the series judged on, without gaps filled; may be empty
    target : mapping
        as for `classify_target`, with `is_binding`; `is_stand_in` true where the history has another scope
        than the plan's baseline.
    probability : float, attainment probability 0 to 1, nan where there is no forecast
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
    >>> judge(pd.Series({2022: 92.4, 2023: 92.9}), row, 0.7, cuts)[:2]
    ('on_track', 'probability')
    >>> judge(pd.Series({2022: 94.4, 2023: 93.5}), row, 0.7, cuts)[:2]
    ('at_risk', 'met_but_slipping')
    """
    rule = classify_target(target)
    if rule.rule_class is None:
        return Judgement("not_assessed", f"refused_{rule.reason}")
    if rule.rule_class == "direction_only":
        return Judgement(*judge_direction(history, target), rule.rule_class)
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


def judge_grow(history, target, probability, cuts):
    """Reach a level beyond the baseline: judged by the attainment probability.

    Source: probability of attainment instead of a growth ratio, after OECD "Measuring Distance to the SDG
    Targets" 2022, the one official system found that states a likelihood; met but slipping after Germany's
    weather symbols.
    """
    if _is_met(history.iloc[-1], target):
        return _met(history, target, probability, cuts)
    if math.isnan(probability):
        return "not_assessed", "too_few_observations"
    if is_slipping(history, target):
        return _no_better_than_at_risk(probability, cuts), "slipped_below_target"
    return _by_probability(probability, cuts), "probability"


def judge_hold(history, target, probability, cuts):
    """Hold a floor that the baseline already meets: a value below it is a warning at least.

    Source: Germany's rule for "a constant target for each year" (dns-indikatoren.de/en/status): last value
    first, then where it is heading.
    """
    return _hold(history, target, probability, cuts, "below_floor")


def judge_ceiling(history, target, probability, cuts):
    """Stay at the best value possible: it cannot rise, and any value below is a warning at least.

    Source: as for `judge_hold`; no tolerance near 100 %, for the one in UN Progress Chart 2023 would hide a
    slip from 100 to 99.4 of a binding indicator.
    """
    return _hold(history, target, probability, cuts, "below_ceiling")


def judge_milestone(history, target, probability, cuts):
    """Exists or not: attained as soon as it does.

    Source: UN Progress Chart 2023, exception for binary indicators: yes is met. No is not read as regression
    while time is left.
    """
    if _is_met(history.iloc[-1], target):
        return "attained", "milestone_reached"
    if math.isnan(probability):
        return "not_assessed", "milestone_open"
    return _by_probability(probability, cuts), "probability"


def judge_direction(history, target):
    """A direction until a number is set: never assessed, but the reason tells where it is heading.

    The last value is compared with the first of the last six. Source: Germany's rule for directional targets
    (dns-indikatoren.de/en/status); a number that nobody has set is not invented.
    """
    if len(history) < 2:
        return "not_assessed", "no_target"
    recent = history.iloc[-6:]
    change = target["direction"] * (recent.iloc[-1] - recent.iloc[0])
    if abs(change) <= _ROUNDING:
        return "not_assessed", "no_target_unchanged"
    return "not_assessed", "no_target_improving" if change > 0 else "no_target_worsening"


_VERDICTS = {
    "grow": judge_grow,
    "hold": judge_hold,
    "ceiling": judge_ceiling,
    # Germany's rule for target intervals: the weakest end counts (dns-indikatoren.de/en/status)
    "count_or_range": judge_grow,
    "milestone": judge_milestone,
    # Germany's rule needs no baseline either; Open SDG takes the next year with data for it
    "start_up": judge_grow,
}


def is_slipping(history, target):
    """Whether a target that was met is being lost: the last fall, repeated each year, ends below the target.

    A fall that leaves enough room until the target year is no warning. The value before the latest is the
    plan's baseline where the history has only one value of the plan's own scope.

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


def _hold(history, target, probability, cuts, reason_below):
    if _is_met(history.iloc[-1], target):
        return _met(history, target, probability, cuts)
    if math.isnan(probability) and len(history) < 2:
        return "not_assessed", "too_few_observations"
    return _no_better_than_at_risk(probability, cuts), reason_below


def _by_probability(probability, cuts):
    on_track, off_track = cuts
    if probability >= on_track:
        return "on_track"
    return "off_track" if probability < off_track else "at_risk"


def _no_better_than_at_risk(probability, cuts):
    return "off_track" if probability < cuts[1] else "at_risk"


STATUS = {
    "attained": ("已达成", "attained"),
    "missed": ("未达成", "missed"),
    "on_track": ("预计达成", "on track"),
    "at_risk": ("有风险", "at risk"),
    "off_track": ("预计不达", "off track"),
    "not_assessed": ("无法判断", "not assessed"),
}
