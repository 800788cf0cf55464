"""Evidence, forecasts and targets to assessments: one row per target, always, with a status and a reason."""

import math

import pandas as pd

from sy_analysis.forecasts import (
    MODEL_VERSION,
    attainment_probability,
    complete_year,
    completion_probability,
    forecast_values,
    own_share,
)
from sy_analysis.rules import judge
from sy_analysis.schema import check_result
from sy_analysis.targets import gap_to_target, observed_pace, required_pace, weakest_target

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
        indicators[["indicator_id", "lower_bound", "upper_bound", "kind", "annual_rule"]],
        on="indicator_id",
        validate="many_to_one",
    )
    tables = [_forecast_one(row) for row in joined.to_dict("records") if _can_forecast(row)]
    empty = pd.DataFrame(columns=["target_id", "indicator_id", "year", "quantile_level", "predicted"])
    forecasts = pd.concat(tables, ignore_index=True) if tables else empty
    return check_result(forecasts, "forecasts") if len(forecasts) else forecasts


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
    """What the forecast is given beside the history: bounds, kind and the changes seen elsewhere."""
    return {
        "lower": None if math.isnan(row["lower_bound"]) else row["lower_bound"],
        "upper": None if math.isnan(row["upper_bound"]) else row["upper_bound"],
        "kind": row["kind"],
        "reference_changes": row["changes"],
    }


def _forecast_one(row):
    if is_begun(row):
        quantiles = complete_year(**_year_inputs(row))
    else:
        horizon = int(row["target_year"] - row["latest_year"])
        quantiles = forecast_values(row["history"], horizon, **model_inputs(row))
    long = (
        quantiles.rename_axis(index="year", columns="quantile_level")
        .stack()
        .rename("predicted")
        .reset_index()
    )
    return long.assign(target_id=row["target_id"], indicator_id=row["evidence_id"])[
        ["target_id", "indicator_id", "year", "quantile_level", "predicted"]
    ]


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
    facts = indicators[["indicator_id", "direction", "lower_bound", "upper_bound", "kind", "annual_rule"]]
    joined = targets.merge(facts, on="indicator_id", validate="many_to_one").merge(
        evidence, on="target_id", validate="one_to_one"
    )
    rows = [_assess_one(row, forecasts, thresholds) for row in joined.to_dict("records")]
    assessments = pd.DataFrame(rows).astype({"latest_year": "Int64"})
    return check_result(assessments, "assessments")


def _assess_one(row, forecasts, thresholds):
    target_forecast = forecasts[forecasts["target_id"] == row["target_id"]]
    final = target_forecast[target_forecast["year"] == row["target_year"]].set_index("quantile_level")[
        "predicted"
    ]
    probability = _probability(row) if len(final) else math.nan
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
        "own_share": own_share(row["history"], reference_changes=row["changes"]) if len(final) else math.nan,
        "latest_source": row["latest_source"],
        "model": MODEL_VERSION if len(final) else "",
    }


def _probability(row):
    target = weakest_target(row)
    if math.isnan(target):
        return math.nan
    bounds = (
        {"high": target}
        if row["relation"] == "at_most" or (row["relation"] == "between" and row["direction"] < 0)
        else {"low": target}
    )
    if is_begun(row):
        return completion_probability(**_year_inputs(row), **bounds)
    horizon = int(row["target_year"] - row["latest_year"])
    return attainment_probability(row["history"], horizon, **bounds, **model_inputs(row))


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
