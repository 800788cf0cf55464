"""Assess targets: evidence and forecasts to one row per target with a status."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from sy_analysis.forecast import MODEL_VERSION, Forecast, complete_year, forecast_panel, own_share
from sy_analysis.judge.evidence import collect_evidence
from sy_analysis.judge.rules import apply_rule
from sy_analysis.judge.targets import (
    attainment_limits,
    gap_to_target,
    observed_pace,
    required_pace,
    weakest_target,
)
from sy_analysis.judge.thresholds import complete_thresholds
from sy_analysis.record.known import Record, known_as_of
from sy_analysis.record.plan import Plan
from sy_analysis.record.schema import check_result
from sy_analysis.record.selection import select_targets, with_facts


@dataclass(frozen=True)
class Vintage:
    """A plan judged with what was known on a day.

    Attributes
    ----------
    evidence : DataFrame from `collect_evidence`
    forecast : Forecast
        by target_id and year, up to the target year. A target without enough evidence, or whose outturn is known, has
        no rows.
    assessments : DataFrame
        exactly one row per target_id, sorted as the targets. Gap and paces are in indicator units (a year),
        positive is still to go and improvement; probabilities are 0 to 1.
    """

    record: Record
    evidence: pd.DataFrame
    forecast: Forecast
    assessments: pd.DataFrame

    @property
    def as_of(self) -> date:
        """Day of the record."""
        return self.record.as_of

    @property
    def observations(self) -> pd.DataFrame:
        """Observations known on the day."""
        return self.record.observations

    @property
    def series(self) -> pd.DataFrame:
        """Yearly series of the record."""
        return self.record.series

    @cached_property
    def quantiles(self) -> pd.DataFrame:
        """Quantiles of the forecast by target_id and year, one column a level."""
        return self.forecast.quantiles().rename_axis(columns="quantile_level")

    @cached_property
    def forecasts(self) -> pd.DataFrame:
        """Quantiles as a long table keyed by target_id, year, quantile_level.

        Its other columns are indicator_id (the series forecast) and predicted (its unit).
        """
        ids = self.evidence.set_index("target_id")["evidence_id"]
        order = [name for name in ids.index if name in self.quantiles.index]
        long = self.quantiles.loc[order].stack().rename("predicted").reset_index()
        long.insert(1, "indicator_id", long["target_id"].map(ids))
        return check_result(long, "forecasts")


def assess_as_of(plan: Plan, as_of: date | str, thresholds=None, target_ids=None) -> Vintage:
    """Judge a plan with what was known on a day.

    Parameters
    ----------
    plan : Plan from `read_plan`
    as_of : date or ISO text
    thresholds : dict, see `assess_record`
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
    return assess_record(known_as_of(plan, as_of), select_targets(plan, target_ids), thresholds)


def assess_record(
    record: Record, targets: pd.DataFrame, thresholds: dict | None = None, forecasts: dict | None = None
) -> Vintage:
    """Judge targets by a record: collect evidence, forecast, compare with the target.

    Parameters
    ----------
    record : Record from `known_as_of`
    targets : checked table
    thresholds : by name, or three numbers in this order, optional
        `on_track_binding` and `on_track_expected` (least attainment probability of on_track; binding
        indicators are judged more strictly) and `off_track` (below it), all 0 to 1.
    forecasts : dict of target_id to the Forecast of its series, optional
        instead of this package's own; an empty one is none.
    """
    evidence = collect_evidence(record, targets)
    rows = with_facts(targets, record.indicators).merge(evidence, on="target_id", validate="one_to_one")
    rows = rows.to_dict("records")
    given = [one.of_series(target_id=name) for name, one in (forecasts or {}).items()]
    missing = [row for row in rows if row["target_id"] not in (forecasts or {}) and _can_forecast(row)]
    forecast = Forecast.join([*given, *_forecast_rows(missing)], ["target_id"])
    predicted = _in_target_year(forecast, rows)
    thresholds = complete_thresholds(thresholds)
    assessed = [_assess_one(row, predicted.get(row["target_id"], {}), thresholds) for row in rows]
    assessments = pd.DataFrame(assessed).astype({"latest_year": "Int64"})
    return Vintage(record, evidence, forecast, check_result(assessments, "assessments"))


def forecast_target(record: Record, target: dict) -> Forecast:
    """Forecast one target's series up to its year from all that the record contains.

    Parameters
    ----------
    record : Record from `known_as_of`
    target : row from `target_row`

    Returns
    -------
    Forecast
        of one series, by year; without a year where there is too little evidence or nothing left to forecast.
    """
    evidence = collect_evidence(record, pd.DataFrame([target])).iloc[0].to_dict()
    row = {**target, **evidence}
    parts = _forecast_rows([row] if _can_forecast(row) else [])
    return Forecast.join(parts, ["target_id"]).only()


def _can_forecast(row):
    """Whether there is enough to forecast, and something left to.

    Enough are months of the target year, two own values, or one and a change seen in reference areas.
    """
    borrowed = row["n_own"] == 1 and row["n_reference_changes"] >= 1
    has_evidence = _is_begun(row) or row["n_own"] >= 2 or borrowed
    return has_evidence and (row["n_own"] == 0 or row["latest_year"] < row["target_year"])


def _is_begun(row):
    """Whether some months of the target year are known and can be made a year."""
    year = str(row["target_year"])
    return row["annual_rule"] != "none" and any(month.startswith(year) for month in row["months"].index)


def _forecast_rows(rows):
    """Forecast up to each target year, years begun from their months, others in panels."""
    years = [
        complete_year(
            row["months"],
            int(row["target_year"]),
            row["annual_rule"],
            bounds=(row["lower_bound"], row["upper_bound"]),
            family=row["family"],
        ).of_series(target_id=row["target_id"])
        for row in rows
        if _is_begun(row)
    ]
    by_horizon = {}
    for row in rows:
        if not _is_begun(row):
            by_horizon.setdefault(int(row["target_year"] - row["latest_year"]), []).append(row)
    panels = [
        forecast_panel(_panel(panel), horizon, references={row["target_id"]: row["changes"] for row in panel})
        for horizon, panel in by_horizon.items()
    ]
    return [*years, *panels]


def _panel(rows):
    """Histories of some targets as a table for `forecast_panel`."""
    facts = pd.DataFrame(
        [(row["target_id"], row["lower_bound"], row["upper_bound"], row["family"]) for row in rows],
        columns=["target_id", "lower", "upper", "family"],
    )
    table = facts.loc[facts.index.repeat([len(row["history"]) for row in rows])].reset_index(drop=True)
    return table.assign(
        value=np.concatenate([row["history"].to_numpy() for row in rows]),
        year=np.concatenate([row["history"].index.to_numpy() for row in rows]),
    )


def forecast_inputs(row: dict) -> dict:
    """Arguments of `forecast` beside the history."""
    return {
        "bounds": (row["lower_bound"], row["upper_bound"]),
        "family": row["family"],
        "references": row["changes"],
    }


def _in_target_year(forecast, rows):
    """Median, 80 % interval and attainment probability of each target's own year.

    The interval is the one that official reports of forecasts use.
    """
    ids, limits = [row["target_id"] for row in rows], [attainment_limits(row) for row in rows]
    limits = pd.DataFrame(limits, index=ids, columns=["at_least", "at_most"], dtype=float)
    chances = forecast.probability(limits["at_least"], limits["at_most"])
    has_number = limits.notna().any(axis=1).reindex(chances.index.droplevel("year")).to_numpy()
    table = forecast.quantiles([0.1, 0.5, 0.9]).assign(chance=chances.where(has_number))
    return table.groupby(level="target_id", sort=False).last().to_dict("index")


def _assess_one(row, predicted, thresholds):
    gap = gap_to_target(row["latest_value"], row)
    years_left = int(row["target_year"] - row["latest_year"]) if row["n_own"] else 0
    probability = predicted.get("chance", math.nan)
    verdict = apply_rule(row["history"], row, probability, thresholds)
    return {
        **{name: row[name] for name in ("target_id", "indicator_id", "area", "is_binding")},
        "rule_class": verdict.rule_class or "",
        "status": verdict.status,
        "reason": verdict.reason,
        "attainment_probability": probability,
        **{name: row[name] for name in ("latest_year", "latest_value")},
        "target": weakest_target(row),
        "gap": gap,
        "required_pace": required_pace(gap, years_left) if row["n_own"] else math.nan,
        "observed_pace": observed_pace(row["history"], row["direction"]),
        "predicted_low": predicted.get(0.1, math.nan),
        "predicted_median": predicted.get(0.5, math.nan),
        "predicted_high": predicted.get(0.9, math.nan),
        "evidence_grade": evidence_grade(row),
        "evidence_doubts": " ".join(evidence_doubts(row)),
        **{name: row[name] for name in ("evidence_id", "n_own", "n_sources", "n_reference_changes")},
        "own_share": own_share(row["history"]) if predicted else math.nan,
        "latest_source": row["latest_source"],
        "model": MODEL_VERSION if predicted else "",
    }


def evidence_grade(row: Mapping) -> str:
    """How much a verdict rests on: strong, moderate, weak or none.

    Strong is eight own yearly values, moderate is four; each of `evidence_doubts` takes one step down, but
    never below weak while there is a value.

    >>> row = {"n_own": 17, "is_stand_in": True, "worst_grade": "C", "is_split": False}
    >>> row |= {"latest_year": 2024, "target_year": 2025}
    >>> evidence_grade(row)
    'moderate'
    """
    step = sum(row["n_own"] >= least for least in (1, 4, 8))
    return ("none", "weak", "moderate", "strong")[max(min(step, 1), step - len(evidence_doubts(row)))]


def evidence_doubts(row: Mapping) -> list[str]:
    """List why the evidence is worth less than its number of values.

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


def statuses_through(vintages: Iterable[Vintage]) -> pd.DataFrame:
    """Status by target_id (rows) and day as ISO text (columns)."""
    return pd.DataFrame(
        {
            vintage.as_of.isoformat(): vintage.assessments.set_index("target_id")["status"]
            for vintage in vintages
        }
    )
