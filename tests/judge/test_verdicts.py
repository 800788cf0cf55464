"""One verdict from a history, a target and any forecast."""

from math import isnan

import pandas as pd
import pytest

from sy_analysis.forecast import Forecast
from sy_analysis.judge.assessments import assess_as_of, assess_record, forecast_target
from sy_analysis.judge.rules import REASONS
from sy_analysis.judge.verdicts import judge
from sy_analysis.record.known import known_as_of
from sy_analysis.record.plan import read_plan
from sy_analysis.record.selection import core_ids, target_row

HISTORY = pd.Series([91.0, 92.0, 92.6], index=[2021, 2022, 2023], name="甲市")
GOAL = {"at_least": 93, "year": 2025, "is_binding": False}


def samples(*values):
    return Forecast.from_samples(pd.DataFrame([values], index=[2025]))


@pytest.mark.parametrize(
    ("n_good", "is_binding", "status"),
    [
        (9, True, "on_track"),
        (7, True, "at_risk"),
        (7, False, "on_track"),
        (5, False, "at_risk"),
        (3, True, "off_track"),
    ],
)
def test_the_probability_of_any_model_is_read_against_the_thresholds(n_good, is_binding, status):
    ahead = samples(*[94.0] * n_good, *[92.0] * (10 - n_good))
    verdict = judge(HISTORY, GOAL | {"is_binding": is_binding}, ahead, "2024-06-30")
    assert (verdict.status, verdict.probability) == (status, n_good / 10)


def test_thresholds_may_be_given_as_numbers_or_by_name():
    ahead = samples(94.0, 92.0)
    assert judge(HISTORY, GOAL, ahead, "2024-06-30", thresholds=(0.9, 0.5, 0.1)).status == "on_track"
    assert judge(HISTORY, GOAL, ahead, "2024-06-30", thresholds={"off_track": 0.6}).status == "off_track"


def test_the_value_of_the_target_year_decides():
    known = pd.concat([HISTORY, pd.Series({2025: 92.9})])
    verdict = judge(known, GOAL, samples(99.0), "2026-06-30")
    assert (verdict.status, verdict.evidence_basis, verdict.reason[1]) == (
        "missed",
        "own_outturn",
        "the value of the target year is known",
    )


@pytest.mark.parametrize(("n_own", "basis"), [(0, "nothing"), (1, "elsewhere"), (2, "own_values")])
def test_what_a_verdict_rests_on_is_said(n_own, basis):
    history = HISTORY[:n_own]
    assert judge(history, GOAL, samples(94.0), "2024-06-30").evidence_basis == basis


def test_less_is_better_where_the_target_is_an_upper_limit():
    ahead = samples(3.0, 4.0, 4.5, 9.0)
    verdict = judge(HISTORY, {"at_most": 5, "year": 2025, "is_binding": False}, ahead, "2024-06-30")
    assert (verdict.status, verdict.probability) == ("on_track", 0.75)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({}, "target has nothing; expected at_least or at_most, year, is_binding"),
        ({"at_least": 93}, "target has at_least; expected"),
        (GOAL | {"level": 3}, "target has at_least, year, is_binding, level; expected"),
        (GOAL | {"year": 2030}, r"the forecast covers \[2025\]; expected the target year 2030"),
    ],
)
def test_a_target_that_cannot_be_judged_is_named(target, message):
    with pytest.raises(ValueError, match=message):
        judge(HISTORY, target, samples(94.0), "2024-06-30")


def test_a_row_of_a_plan_is_judged_as_the_report_judges_it():
    plan = read_plan("shaoyang-2021-2025")
    vintage = assess_as_of(plan, "2026-09-30")
    reported = vintage.assessments.set_index("target_id")
    for target_id in core_ids(plan):
        target, history = (
            target_row(plan, target_id),
            vintage.record.history(target_row(plan, target_id)["indicator_id"]),
        )
        verdict = judge(history, target, forecast_target(vintage.record, target), "2026-09-30")
        row = reported.loc[target_id]
        assert (verdict.status, verdict.reason) == (row["status"], REASONS[row["reason"]])
        assert verdict.probability == row["attainment_probability"] or isnan(verdict.probability)


def test_another_forecast_changes_the_assessment():
    plan = read_plan("shaoyang-2021-2025")
    record = known_as_of(plan, "2026-09-30")
    judged = assess_record(record, plan.targets, forecasts={"P02": samples(99.0, 99.5)}).assessments
    row = judged.set_index("target_id").loc["P02"]
    assert (row["status"], row["attainment_probability"]) == ("on_track", 1.0)
