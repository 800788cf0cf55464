"""What the record said about a plan on one day: the whole line from raw rows to assessments."""

from datetime import date, timedelta
from typing import NamedTuple

import pandas as pd

from sy_analysis.assessments import assess_attainment, forecast_evidence
from sy_analysis.evidence import collect_evidence, reference_series, relatives
from sy_analysis.observations import clean_observations
from sy_analysis.schema import ParamsError
from sy_analysis.series import histories_of, series_as_of


class Vintage(NamedTuple):
    """All tables as known on `as_of`; nothing in them was published later."""

    as_of: date
    observations: pd.DataFrame
    series: pd.DataFrame
    evidence: pd.DataFrame
    forecasts: pd.DataFrame
    assessments: pd.DataFrame


def assess_as_of(plan, as_of, thresholds=None, target_ids=None):
    """Judge a plan with what was known on a day.

    Parameters
    ----------
    plan : Plan from `read_plan`
    as_of : date or ISO text
    thresholds : dict, see `assess_attainment`
    target_ids : list of str, optional
        judge only these; by default every target of the plan.

    Returns
    -------
    Vintage

    Raises
    ------
    ParamsError
        for a target that the plan does not have.
    """
    targets = select_targets(plan, target_ids)
    observations = clean_observations(plan.observations, plan.sources, as_of)
    series = series_as_of(observations, plan.indicators)
    evidence = collect_evidence(series, plan.indicators, targets)
    forecasts = forecast_evidence(evidence, targets, plan.indicators)
    assessments = assess_attainment(evidence, forecasts, targets, plan.indicators, thresholds)
    return Vintage(pd.Timestamp(as_of).date(), observations, series, evidence, forecasts, assessments)


def thresholds_of(on_track_binding, on_track_expected, off_track):
    """The three probabilities that part the statuses, see `assess_attainment`.

    Raises
    ------
    ParamsError
        when they do not rise from off_track to on_track_binding within 0 and 1.
    """
    if not 0 <= off_track <= on_track_expected <= on_track_binding <= 1:
        raise ParamsError(
            f"thresholds off_track {off_track}, on_track_expected {on_track_expected}, on_track_binding "
            f"{on_track_binding}; expected to rise in this order within 0 and 1"
        )
    return {
        "on_track_binding": on_track_binding,
        "on_track_expected": on_track_expected,
        "off_track": off_track,
    }


def select_targets(plan, target_ids=None):
    """Rows of the plan's targets, in its order.

    Raises
    ------
    ParamsError
        naming the ids that the plan does not have, and those that it has.
    """
    if target_ids is None:
        return plan.targets
    unknown = [name for name in target_ids if name not in set(plan.targets["target_id"])]
    if unknown:
        known = ", ".join(plan.targets["target_id"])
        raise ParamsError(f"{plan.plan_id} has no indicator {', '.join(unknown)}; it has {known}")
    return plan.targets[plan.targets["target_id"].isin(target_ids)]


def core_ids(plan):
    """Ids of the core indicators, in the plan's order."""
    core = set(plan.indicators.query("role == 'core'")["indicator_id"])
    return [name for name in plan.targets["target_id"] if name in core]


class View(NamedTuple):
    """One target of a vintage, for a page about it."""

    target: dict
    indicator: dict
    measured: dict  # the indicator of the series judged on: its own, or a stand-in
    source: dict  # of the latest value; empty without one
    assessment: dict
    history: pd.Series
    forecast: pd.DataFrame
    references: dict


def view_target(plan, vintage, target_id):
    """All that one page shows of one target.

    Raises
    ------
    ParamsError
        when the vintage does not judge that target.
    """
    target = select_targets(plan, [target_id]).iloc[0].to_dict()
    indicator_id = target["indicator_id"]
    indicators = plan.indicators.set_index("indicator_id", drop=False)
    sources = plan.sources.set_index("source_id", drop=False)
    assessment = vintage.assessments.set_index("target_id", drop=False).loc[target_id].to_dict()
    evidence = vintage.evidence.set_index("target_id").loc[target_id]
    return View(
        target=target,
        indicator=indicators.loc[indicator_id].to_dict(),
        measured=indicators.loc[assessment["evidence_id"]].to_dict(),
        source=sources.reindex([assessment["latest_source"].split("+")[-1]]).iloc[0].dropna().to_dict(),
        assessment=assessment,
        history=evidence["history"],
        forecast=vintage.forecasts[vintage.forecasts["target_id"] == target_id],
        references=reference_series(
            histories_of(vintage.series),
            relatives(plan.indicators, indicator_id),
            indicator_id,
            target["area"],
        ),
    )


def quarter_end_before(day):
    """Last day of the last quarter that ended before a day.

    >>> quarter_end_before(date(2026, 11, 24)), quarter_end_before(date(2024, 12, 31))
    (datetime.date(2026, 9, 30), datetime.date(2024, 9, 30))
    """
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1) - timedelta(days=1)
