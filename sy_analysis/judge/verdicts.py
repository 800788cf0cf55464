"""One verdict from a history, a target and any forecast: the last step of the line."""

import math
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import pandas as pd

from sy_analysis.forecast.distribution import Forecast, years_of
from sy_analysis.judge.rules import REASONS, apply_rule
from sy_analysis.judge.targets import attainment_limits, weakest_target
from sy_analysis.judge.thresholds import complete_thresholds

_GOAL_KEYS = {"at_least", "at_most", "year", "is_binding"}


class Verdict(NamedTuple):
    """Verdict on one target.

    status : a word of `schema.STATUSES`
    evidence_basis : own_outturn (the value of the target year), own_values (two or more), elsewhere (one own value,
        so the size of changes comes from other series) or nothing
    probability : attainment probability, 0 to 1; nan without a forecast or a number to attain
    reason : in Chinese and in English
    as_of : day up to which values were known
    """

    status: str
    evidence_basis: str
    probability: float
    reason: tuple[str, str]
    as_of: date


def judge(
    history: pd.Series,
    target: Mapping,
    forecast: Forecast,
    as_of: date | str,
    *,
    thresholds: tuple[float, float, float] | Mapping | None = None,
) -> Verdict:
    """Judge a target by what is known of its indicator and by a forecast of any model.

    The value of the target year decides once it is known. Until then the attainment probability is compared with the
    thresholds. A target that is met now is never off track, and at risk where its last fall, repeated each year, would
    lose it.

    Parameters
    ----------
    history : Series of numbers by year, may be empty
    target : mapping with at_least, at_most or both, year and is_binding
        a range is attained from its low end on, and more than its high end does not undo that. Or a row from
        `target_row`, which is judged by the rule of its class, see `judge.rules`.
    forecast : Forecast of one series that reaches the target year, or an empty one
    as_of : day up to which values were known
    thresholds : (on track if binding, on track if expected, off track), optional
        probabilities; by default (0.8, 0.66, 0.33).

    Returns
    -------
    Verdict

    Raises
    ------
    ValueError
        for a target without number or year, or a forecast of other years.

    Examples
    --------
    >>> from sy_analysis.forecast import forecast
    >>> history = pd.Series([96.1, 97.0, 97.4], index=[2021, 2022, 2023], name="V14")
    >>> target = {"at_least": 95, "year": 2025, "is_binding": True}
    >>> verdict = judge(history, target, forecast(history, 2, bounds=(0, 100)), "2024-06-30")
    >>> verdict.status, verdict.evidence_basis, verdict.reason[1]
    ('on_track', 'own_values', 'already met and not slipping')
    """
    row = dict(target) if "relation" in target else _row_of(target)
    if "indicator_id" in row and len(history):
        row["is_stand_in"] = history.name != f"{row['indicator_id']} {row['area']}"
    history = history.set_axis(years_of(history.index, str(history.name))) if len(history) else history
    year, probability = int(row["target_year"]), math.nan
    if len(forecast.index) and not math.isnan(weakest_target(row)):
        if year not in forecast.index:
            raise ValueError(f"the forecast covers {list(forecast.index)}; expected the target year {year}")
        probability = float(forecast.probability(**attainment_limits(row))[year])
    judged = apply_rule(history, row, probability, complete_thresholds(thresholds))
    basis = _evidence_basis(history, year)
    return Verdict(judged.status, basis, probability, REASONS[judged.reason], pd.Timestamp(as_of).date())


def _evidence_basis(history, year):
    if year in history.index:
        return "own_outturn"
    return ("nothing", "elsewhere", "own_values")[min(len(history), 2)]


def _row_of(target):
    """A row of targets from a plain goal: a number to reach, without baseline or class."""
    unknown, numbers = set(target) - _GOAL_KEYS, {"at_least", "at_most"} & set(target)
    if unknown or not numbers or "year" not in target:
        raise ValueError(
            f"target has {', '.join(target) or 'nothing'}; expected at_least or at_most, year, is_binding"
        )
    relation = "between" if len(numbers) == 2 else next(iter(numbers))
    return {
        "relation": relation,
        "target_low": target.get("at_least", math.nan),
        "target_high": target.get("at_most", math.nan),
        "target_year": target["year"],
        "is_binding": target.get("is_binding", False),
        "direction": -1 if relation == "at_most" else 1,
        "printed_target": "1",
        **dict.fromkeys(("baseline_year", "baseline_value"), math.nan),
        **dict.fromkeys(("unit", "family"), ""),
    }
