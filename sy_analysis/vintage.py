"""What the record said about a plan on one day: the whole line from raw rows to assessments."""

from datetime import date
from typing import NamedTuple

import pandas as pd

from sy_analysis.assessments import assess_attainment, forecast_evidence, model_inputs
from sy_analysis.base.errors import ParamsError
from sy_analysis.evidence import collect_evidence, reference_series
from sy_analysis.ledger import replay
from sy_analysis.methods import Comparison, compare_methods
from sy_analysis.next_steps import next_steps_of
from sy_analysis.record.observations import clean_observations
from sy_analysis.record.selection import core_ids, relatives, select_targets
from sy_analysis.record.series import EMPTY_HISTORY, histories_of, resolve_conflicts, series_as_of


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
    return Vintage(pd.Timestamp(as_of).date(), observations, *_judge(plan, observations, targets, thresholds))


def _judge(plan, observations, targets, thresholds):
    series = series_as_of(observations, plan.indicators, plan.breaks)
    months = resolve_conflicts(observations[observations["frequency"] == "M"])
    evidence = collect_evidence(series, plan.indicators, targets, months)
    forecasts = forecast_evidence(evidence, targets, plan.indicators)
    assessments = assess_attainment(evidence, forecasts, targets, plan.indicators, thresholds)
    return series, evidence, forecasts, assessments


def statuses_through(plan, days, thresholds=None, target_ids=None):
    """Verdicts on several days, each with what was known then.

    Parameters
    ----------
    plan : Plan
    days : iterable of dates, rising
    thresholds, target_ids : as for `assess_as_of`

    Returns
    -------
    DataFrame
        status by target_id (rows) and day as ISO text (columns).
    """
    vintages = (assess_as_of(plan, day, thresholds, target_ids) for day in days)
    return pd.DataFrame(
        {
            vintage.as_of.isoformat(): vintage.assessments.set_index("target_id")["status"]
            for vintage in vintages
        }
    )


def compare_areas(plan, as_of, areas, thresholds=None, target_ids=None):
    """The plan's targets as they would stand if they were asked of other areas: a comparison, not their plans.

    Parameters
    ----------
    plan : Plan
    as_of : date or ISO text
    areas : list of str, as named in observations.csv
    thresholds : dict, see `assess_attainment`
    target_ids : list of str, optional
        by default the targets of core indicators.

    Returns
    -------
    DataFrame
        keyed by plan_id, area, target_id, with the other columns of assessments and `is_own`: whether the plan
        binds the area. Another area starts from its own value of the baseline year, where one was published.

    Raises
    ------
    ParamsError
        for a target that the plan does not have.
    """
    own = select_targets(plan, core_ids(plan) if target_ids is None else target_ids)
    observations = clean_observations(plan.observations, plan.sources, as_of)
    histories = histories_of(series_as_of(observations, plan.indicators, plan.breaks))
    asked = pd.concat([_asked_of(area, own, histories) for area in areas], ignore_index=True)
    # a judged target has one id; here that is the target and the area of whom it is asked
    key = asked["target_id"].str.cat(asked["area"], sep=" ")
    assessments = _judge(plan, observations, asked.assign(target_id=key), thresholds)[-1]
    table = assessments.assign(target_id=asked["target_id"], is_own=asked["is_own"], plan_id=plan.plan_id)
    first = ["plan_id", "area", "target_id", "is_own"]
    return table[[*first, *table.columns.drop(first)]]


def ask_of(plan, area, as_of):
    """The plan with its core targets asked of another area: a comparison, not that area's plan.

    Parameters
    ----------
    plan : Plan
    area : str, as named in observations.csv; empty or the plan's own area for the plan as it is
    as_of : date or ISO text

    Returns
    -------
    Plan
        without text and notes; its targets start from the area's own value of the baseline year, where one was
        published by that day.

    Raises
    ------
    ParamsError
        for an area of which the record has no observation.
    """
    if not area or area == plan.area:
        return plan
    known = plan.observations["area"].unique()
    if area not in known:
        raise ParamsError(f"the record has no observation of “{area}”; it has those of {', '.join(known)}")
    observations = clean_observations(plan.observations, plan.sources, as_of)
    histories = histories_of(series_as_of(observations, plan.indicators, plan.breaks))
    asked = _asked_of(area, select_targets(plan, core_ids(plan)), histories)
    return plan._replace(
        name_zh=f"{area}比照{plan.name_zh}的目标（非本地规划）",
        name_en=f"{area} by the targets of the {plan.name_en} (not its own plan)",
        area=area,
        targets=asked.drop(columns="is_own").assign(printed_baseline=""),
        reference_targets=plan.reference_targets[:0],
        notes=plan.notes[:0],
        lines=[],
    )


def _asked_of(area, targets, histories):
    """Targets as asked of an area: as printed for the one that the plan binds, else from its own baseline."""
    is_own = targets["area"] == area
    baselines = [
        histories.get((indicator_id, area), EMPTY_HISTORY).get(year)
        for indicator_id, year in zip(targets["indicator_id"], targets["baseline_year"], strict=True)
    ]
    asked = targets.assign(area=area, is_own=is_own)
    return asked.assign(
        baseline_value=targets["baseline_value"].where(
            is_own, pd.Series(baselines, targets.index, dtype=float)
        )
    )


def ledger(plan, days, thresholds=None, target_ids=None):
    """Why verdicts moved between days: every move of a status, with its cause.

    Parameters
    ----------
    plan : Plan
    days : sequence of dates or ISO texts, rising
    thresholds, target_ids : as for `assess_as_of`

    Returns
    -------
    DataFrame
        one row a move, see `ledger.replay`: from_date, to_date, target_id, cause, from_status, from_reason,
        to_status, to_reason. No row means that nothing moved.
    """
    return replay(
        clean_observations(plan.observations, plan.sources),
        select_targets(plan, target_ids),
        thresholds,
        lambda observations, targets, rules: _judge(plan, observations, targets, rules)[-1],
        days,
    )


ASSUMED = "assumed"  # source of a value that nobody published
_ALWAYS = pd.Timestamp(1900, 1, 1)  # an assumption holds on any day


def assume(plan, target_id, values=None, target=None):
    """The plan as it would be with assumed values or another target, marked as assumed throughout.

    Parameters
    ----------
    plan : Plan
    target_id : str
    values : dict of year to value, optional
        in the unit of the target's indicator; they win over published values.
    target : float, optional
        instead of the printed number; the end of a range that decides.

    Returns
    -------
    Plan
        its name says "assumed", and every assumed value has the source `assumed`.

    Raises
    ------
    ParamsError
        for an unknown target, or a number outside the indicator's bounds.
    """
    row = select_targets(plan, [target_id]).iloc[0]
    indicator = plan.indicators.set_index("indicator_id").loc[row["indicator_id"]]
    _check_assumed({**(values or {}), **({"target": target} if target is not None else {})}, indicator)
    rows = pd.DataFrame(
        {
            "indicator_id": row["indicator_id"],
            "area": row["area"],
            "period": [str(year) for year in values or {}],
            "frequency": "A",
            "source_id": ASSUMED,
            "value": [float(value) for value in (values or {}).values()],
            "unit": row["unit"],
            "qualifier": "=",
            "grade": "A",
            "printed": "",
            "locator": "",
            "note": "Assumed, not published.",
        }
    )
    source = {"source_id": ASSUMED, "publisher": "假设", "title": "假设的数值 assumed", "note": "what-if"}
    source |= {"url": "", "document": "", "published": _ALWAYS, "recorded": _ALWAYS}
    published = plan.observations
    replaced = (
        (published["indicator_id"] == row["indicator_id"])
        & (published["area"] == row["area"])
        & published["period"].isin(rows["period"])
        & (published["frequency"] == "A")
    )
    targets = plan.targets.copy()
    if target is not None:
        limits = _assumed_limits(row, indicator, target)
        targets.loc[row.name, ["relation", "target_low", "target_high"]] = limits
        targets.loc[row.name, "printed_target"] = f"{target:g}（假设）"
    return plan._replace(
        name_zh=f"{plan.name_zh}（假设情景）",
        name_en=f"{plan.name_en} (assumed)",
        targets=targets,
        sources=pd.concat([plan.sources, pd.DataFrame([source])], ignore_index=True),
        observations=pd.concat([published[~replaced], rows], ignore_index=True),
    )


def _check_assumed(numbers, indicator):
    lower, upper = indicator["lower_bound"], indicator["upper_bound"]
    wrong = [f"{name} is {number:g}" for name, number in numbers.items() if number < lower or number > upper]
    if wrong:
        raise ParamsError(
            f"{'; '.join(wrong)}; expected {lower:g} to {upper:g}, the bounds of {indicator.name}"
        )


def _assumed_limits(row, indicator, target):
    is_upper = row["relation"] == "at_most" or (row["relation"] == "unset" and indicator["direction"] < 0)
    return ["at_most", None, target] if is_upper else ["at_least", target, None]


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
    methods: Comparison
    model_inputs: dict  # bounds, kind and borrowed changes that the forecast was given


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
        methods=compare_methods(
            evidence["history"],
            target,
            indicators.loc[indicator_id].to_dict(),
            is_stand_in=bool(evidence["is_stand_in"]),
        ),
        model_inputs=model_inputs({**indicators.loc[indicator_id].to_dict(), "changes": evidence["changes"]}),
        forecast=vintage.forecasts[vintage.forecasts["target_id"] == target_id],
        references=reference_series(
            histories_of(vintage.series),
            relatives(plan.indicators, indicator_id),
            indicator_id,
            target["area"],
        ),
    )


def months_of(view, vintage):
    """Published months of the target year of the series judged on: DataFrame with period and value."""
    series = vintage.observations
    rows = series[
        (series["indicator_id"] == view.assessment["evidence_id"])
        & (series["area"] == view.target["area"])
        & (series["frequency"] == "M")
        & (series["year"] == view.target["target_year"])
    ]
    return resolve_conflicts(rows)[["period", "value"]]


def next_steps(plan, vintage, findings, target_ids):
    """What is known of some targets, what is not, and what the office should do next.

    Parameters
    ----------
    findings : DataFrame from `check_plan`

    Returns
    -------
    dict of target_id to the dict from `next_steps_of`
    """
    indicators = plan.indicators.set_index("indicator_id", drop=False)
    histories = histories_of(vintage.series)
    return {
        row["target_id"]: next_steps_of(
            row,
            indicators.loc[row["indicator_id"]].to_dict(),
            histories.get((row["indicator_id"], row["area"]), EMPTY_HISTORY),
            findings,
        )
        for row in select_targets(plan, target_ids).to_dict("records")
    }
