"""Evidence, forecasts and targets to assessments: one row per target, always, with a status and a reason."""

import math
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from sy_analysis.forecast.members import MODEL_VERSION
from sy_analysis.forecast.panel import attainment_panel, forecast_panel, own_share
from sy_analysis.forecast.year import complete_year, completion_probability
from sy_analysis.judge.evidence import collect_evidence
from sy_analysis.judge.rules import judge
from sy_analysis.judge.targets import gap_to_target, observed_pace, required_pace, weakest_target
from sy_analysis.record.observations import clean_observations
from sy_analysis.record.schema import check_result
from sy_analysis.record.selection import select_targets
from sy_analysis.record.series import resolve_conflicts, series_as_of

THRESHOLDS = {"on_track_binding": 0.8, "on_track_expected": 0.66, "off_track": 0.33}
INTERVAL = (0.1, 0.9)  # an 80 % prediction interval, as official reports of forecasts use


def forecast_evidence(evidence, targets, indicators):
    """Predictive quantiles of every year from the latest observation to the target year.

    Parameters
    ----------
    evidence : DataFrame from `collect_evidence`
    targets, indicators : checked tables

    Returns
    -------
    DataFrame
        keyed by target_id, year, quantile_level: indicator_id (the series forecast), predicted (its unit). A
        target without observations, or whose target year is already observed, has no rows.
    """
    joined = evidence.merge(
        targets[["target_id", "indicator_id", "target_year"]], on="target_id", validate="one_to_one"
    )
    joined = joined.merge(
        indicators[["indicator_id", "lower_bound", "upper_bound", "family", "annual_rule"]],
        on="indicator_id",
        validate="many_to_one",
    )
    rows = [row for row in joined.to_dict("records") if _can_forecast(row)]
    tables = [
        complete_year(**_year_inputs(row)).assign(target_id=row["target_id"]) for row in rows if is_begun(row)
    ]
    tables += [
        forecast_panel(table, horizon, reference_changes=changes).reset_index("target_id")
        for horizon, table, changes in _panels(rows)
    ]
    if not tables:
        return pd.DataFrame(columns=["target_id", "indicator_id", "year", "quantile_level", "predicted"])
    forecasts = _long(pd.concat(tables), joined.set_index("target_id")["evidence_id"])
    return check_result(forecasts, "forecasts")


def _panels(rows):
    """Targets whose year has not begun, by years ahead: horizon, table and changes for `forecast_panel`."""
    panels = {}
    for row in rows:
        if not is_begun(row):
            panels.setdefault(int(row["target_year"] - row["latest_year"]), []).append(row)
    for horizon, panel in panels.items():
        lengths = [len(row["history"]) for row in panel]
        columns = {
            name: np.repeat(np.array([row[source] for row in panel], dtype=dtype), lengths)
            for name, (source, dtype) in _PANEL_COLUMNS.items()
        }
        values = {"value": np.concatenate([row["history"].to_numpy() for row in panel])}
        years = {"year": np.concatenate([row["history"].index.to_numpy() for row in panel])}
        yield (
            horizon,
            pd.DataFrame(columns | years | values),
            {row["target_id"]: row["changes"] for row in panel},
        )


_PANEL_COLUMNS = {
    "target_id": ("target_id", object),
    "lower": ("lower_bound", float),
    "upper": ("upper_bound", float),
    "family": ("family", object),
}


def _long(forecasts, evidence_ids):
    """One row a quantile, the targets in the order of the evidence."""
    long = (
        forecasts.set_index("target_id", append=True)
        .rename_axis(columns="quantile_level")
        .stack()
        .rename("predicted")
        .reset_index()
    )
    long["indicator_id"] = long["target_id"].map(evidence_ids)
    place = long["target_id"].map({target_id: place for place, target_id in enumerate(evidence_ids.index)})
    long = long.iloc[np.argsort(place.to_numpy(), kind="stable")].reset_index(drop=True)
    return long[["target_id", "indicator_id", "year", "quantile_level", "predicted"]]


def _can_forecast(row):
    return has_evidence(row) and (row["n_own"] == 0 or row["latest_year"] < row["target_year"])


def has_evidence(row):
    """Whether there is enough to forecast: months of the target year, two own values, or one and a change
    seen in reference areas."""
    borrowed = row["n_own"] == 1 and row["n_reference_changes"] >= 1
    return is_begun(row) or row["n_own"] >= 2 or borrowed


def is_begun(row):
    """Whether months of the target year are known and make a year by the indicator's rule."""
    return row["annual_rule"] != "none" and any(
        month.startswith(str(row["target_year"])) for month in row["months"].index
    )


def model_inputs(row):
    """What the forecast is given beside the history: bounds, family and the changes seen elsewhere."""
    return {
        "lower": None if math.isnan(row["lower_bound"]) else row["lower_bound"],
        "upper": None if math.isnan(row["upper_bound"]) else row["upper_bound"],
        "family": row["family"],
        "reference_changes": row["changes"],
    }


def _year_inputs(row):
    inputs = {name: value for name, value in model_inputs(row).items() if name != "reference_changes"}
    return {"months": row["months"], "year": int(row["target_year"]), "rule": row["annual_rule"], **inputs}


def assess_attainment(evidence, forecasts, targets, indicators, thresholds=None):
    """Judge every target: what is known, what is predicted, how likely, and the status with its reason.

    Parameters
    ----------
    evidence : DataFrame from `collect_evidence`
    forecasts : DataFrame from `forecast_evidence`
    targets, indicators : checked tables
    thresholds : dict, optional
        `on_track_binding` and `on_track_expected` (least attainment probability of on_track; binding
        indicators are judged more strictly) and `off_track` (below it), all 0 to 1.

    Returns
    -------
    DataFrame
        exactly one row per target_id, sorted as `targets`. Gap and paces are in indicator units (a year),
        positive is still to go and improvement; probabilities are 0 to 1.
    """
    thresholds = {**THRESHOLDS, **(thresholds or {})}
    facts = indicators[["indicator_id", "direction", "lower_bound", "upper_bound", "family", "annual_rule"]]
    joined = targets.merge(facts, on="indicator_id", validate="many_to_one").merge(
        evidence, on="target_id", validate="one_to_one"
    )
    rows = joined.to_dict("records")
    final = _final_quantiles(forecasts, targets)
    probabilities = _probabilities([row for row in rows if row["target_id"] in final])
    rows = [
        _assess_one(
            row, final.get(row["target_id"], {}), probabilities.get(row["target_id"], math.nan), thresholds
        )
        for row in rows
    ]
    assessments = pd.DataFrame(rows).astype({"latest_year": "Int64"})
    return check_result(assessments, "assessments")


def _final_quantiles(forecasts, targets):
    """Quantiles of the target year by level, for each target with a forecast."""
    years = forecasts["target_id"].map(targets.set_index("target_id")["target_year"])
    final = forecasts[forecasts["year"] == years]
    quantiles = {}
    for target_id, level, predicted in zip(
        final["target_id"], final["quantile_level"], final["predicted"], strict=True
    ):
        quantiles.setdefault(target_id, {})[level] = predicted
    return quantiles


def _assess_one(row, final, probability, thresholds):
    gap = gap_to_target(row["latest_value"], row)
    years_left = int(row["target_year"] - row["latest_year"]) if row["n_own"] else 0
    verdict = judge(row["history"], row, probability, thresholds)
    return {
        "target_id": row["target_id"],
        "indicator_id": row["indicator_id"],
        "area": row["area"],
        "is_binding": row["is_binding"],
        "rule_class": verdict.rule_class or "",
        "status": verdict.status,
        "reason": verdict.reason,
        "attainment_probability": probability,
        "latest_year": row["latest_year"],
        "latest_value": row["latest_value"],
        "target": weakest_target(row),
        "gap": gap,
        "required_pace": required_pace(gap, years_left) if row["n_own"] else math.nan,
        "observed_pace": observed_pace(row["history"], row["direction"]),
        "predicted_low": final.get(INTERVAL[0], math.nan),
        "predicted_median": final.get(0.5, math.nan),
        "predicted_high": final.get(INTERVAL[1], math.nan),
        "evidence_grade": evidence_grade(row),
        "evidence_doubts": " ".join(evidence_doubts(row)),
        "evidence_id": row["evidence_id"],
        "n_own": row["n_own"],
        "n_sources": row["n_sources"],
        "n_reference_changes": row["n_reference_changes"],
        "own_share": own_share(row["history"]) if final else math.nan,
        "latest_source": row["latest_source"],
        "model": MODEL_VERSION if final else "",
    }


def _probabilities(rows):
    """Attainment probability by target; none where the plan sets no number."""
    rows = [row for row in rows if not math.isnan(weakest_target(row))]
    probabilities = {
        row["target_id"]: completion_probability(**_year_inputs(row), **_limits(row))
        for row in rows
        if is_begun(row)
    }
    limits = pd.DataFrame(
        [_limits(row) for row in rows], index=[row["target_id"] for row in rows], columns=["low", "high"]
    )
    for horizon, table, changes in _panels(rows):
        probabilities |= attainment_panel(table, horizon, limits, changes).to_dict()
    return probabilities


def _limits(row):
    is_upper = row["relation"] == "at_most" or (row["relation"] == "between" and row["direction"] < 0)
    return {"high" if is_upper else "low": weakest_target(row)}


def evidence_grade(row):
    """How much a verdict rests on: strong, moderate, weak or none.

    Strong is eight own yearly values, moderate is four; each of `evidence_doubts` takes one step down, but
    never below weak while there is a value.

    >>> row = {"n_own": 17, "is_stand_in": True, "worst_grade": "C", "is_split": False}
    >>> row |= {"latest_year": 2024, "target_year": 2025}
    >>> evidence_grade(row)
    'moderate'
    """
    steps = ["none", "weak", "moderate", "strong"]
    step = 0 if row["n_own"] == 0 else 1 if row["n_own"] < 4 else 2 if row["n_own"] < 8 else 3
    return steps[max(min(step, 1), step - len(evidence_doubts(row)))]


def evidence_doubts(row):
    """Why the evidence is worth less than its number of values: another scope, derived values, age.

    Returns
    -------
    list of str
        of `stand_in`, `derived` (a value computed or compiled, not printed: grade D), `broken` (a change of
        definition: only what came after it counts) and `stale` (the latest
        value lies three years or more before the target year).
    """
    doubts = {
        "stand_in": row["is_stand_in"],
        "derived": row["worst_grade"] == "D",
        "broken": row["is_split"],
        "stale": row["n_own"] > 0 and row["target_year"] - row["latest_year"] >= 3,
    }
    return [name for name, holds in doubts.items() if holds]


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
    return Vintage(
        pd.Timestamp(as_of).date(), observations, *judge_known(plan, observations, targets, thresholds)
    )


def judge_known(plan, observations, targets, thresholds):
    series = series_as_of(observations, plan.indicators, plan.breaks)
    months = resolve_conflicts(observations[observations["frequency"] == "M"])
    evidence = collect_evidence(series, plan.indicators, targets, months)
    forecasts = forecast_evidence(evidence, targets, plan.indicators)
    assessments = assess_attainment(evidence, forecasts, targets, plan.indicators, thresholds)
    return series, evidence, forecasts, assessments


def statuses_through(vintages: Iterable[Vintage]) -> pd.DataFrame:
    """Status by target_id (rows) and day as ISO text (columns)."""
    return pd.DataFrame(
        {
            vintage.as_of.isoformat(): vintage.assessments.set_index("target_id")["status"]
            for vintage in vintages
        }
    )
