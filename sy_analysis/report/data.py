"""What one page shows of one target."""

from typing import NamedTuple

import pandas as pd

from sy_analysis.judge.assessments import forecast_inputs
from sy_analysis.judge.evidence import reference_series
from sy_analysis.judge.methods import Comparison, compare_methods
from sy_analysis.judge.next_steps import next_steps_of
from sy_analysis.record.selection import select_targets
from sy_analysis.record.series import EMPTY_HISTORY, histories_of, resolve_conflicts


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
    model_inputs: dict  # bounds, family and borrowed changes that the forecast was given


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
        model_inputs=forecast_inputs(
            {**indicators.loc[indicator_id].to_dict(), "changes": evidence["changes"]}
        ),
        forecast=vintage.forecasts[vintage.forecasts["target_id"] == target_id],
        references=reference_series(vintage.record, indicator_id, target["area"]),
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
