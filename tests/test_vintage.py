from datetime import date

import pandas as pd
import pytest

from sy_analysis.io import read_plan
from sy_analysis.schema import ParamsError
from sy_analysis.vintage import (
    assess_as_of,
    core_ids,
    quarter_end_before,
    select_targets,
    thresholds_of,
    view_target,
)


@pytest.fixture(scope="module")
def shaoyang():
    return read_plan("shaoyang-2021-2025")


@pytest.fixture(scope="module")
def latest(shaoyang):
    return assess_as_of(shaoyang, "2026-09-30")


def test_the_real_plan_has_a_verdict_for_every_target(shaoyang, latest):
    assert latest.assessments["target_id"].tolist() == shaoyang.targets["target_id"].tolist()
    assert len(core_ids(shaoyang)) == 17


def test_a_vintage_holds_only_what_was_known_then(shaoyang):
    for as_of in ("2022-12-31", "2024-12-31"):
        observations = assess_as_of(shaoyang, as_of, target_ids=["V14"]).observations
        assert len(observations)
        assert observations["known_on"].max() <= pd.Timestamp(as_of)


def test_vintages_differ_where_the_record_differs(shaoyang):
    early, late = (
        assess_as_of(shaoyang, as_of).assessments.set_index("target_id")
        for as_of in ("2022-12-31", "2024-12-31")
    )
    assert (
        early.loc["P02", "predicted_high"] != late.loc["P02", "predicted_high"]
    )  # Hunan's 2023 value came in
    assert early.loc["P05", "reason"] == late.loc["P05", "reason"] == "no_observation"


def test_nothing_known_is_a_vintage_without_verdicts(shaoyang):
    assessments = assess_as_of(shaoyang, "1990-01-01").assessments
    assert set(assessments["status"]) == {"not_assessed"}


def test_an_observation_taken_out_leaves_no_number_behind(shaoyang, latest):
    judged = latest.assessments[latest.assessments["latest_year"].notna()]
    for row in judged.to_dict("records"):
        gone = (
            (shaoyang.observations["indicator_id"] == row["evidence_id"])
            & (shaoyang.observations["area"] == row["area"])
            & (shaoyang.observations["period"] == str(row["latest_year"]))
        )
        without = shaoyang._replace(observations=shaoyang.observations[~gone])
        after = assess_as_of(without, "2026-09-30", target_ids=[row["target_id"]]).assessments.iloc[0]
        assert (after["evidence_id"], str(after["latest_year"])) != (
            row["evidence_id"],
            str(row["latest_year"]),
        )


def test_a_single_target_is_judged_as_in_the_whole_plan(shaoyang, latest):
    alone = assess_as_of(shaoyang, "2026-09-30", target_ids=["V14"]).assessments.iloc[0]
    together = latest.assessments.set_index("target_id", drop=False).loc["V14"]
    assert alone.drop("history", errors="ignore").to_dict() == together.to_dict()


def test_a_view_names_the_series_judged_on_and_its_source(shaoyang, latest):
    view = view_target(shaoyang, latest, "V14")
    assert view.indicator["indicator_id"] == "V14"
    assert view.measured["indicator_id"] == view.assessment["evidence_id"] == "V14_city"
    assert view.source["source_id"] == view.assessment["latest_source"]
    assert view.history.index.max() == view.assessment["latest_year"]
    assert view_target(shaoyang, latest, "P05").source == {}


def test_an_unknown_target_names_those_that_exist(demo):
    with pytest.raises(ParamsError, match="demo-2021-2025 has no indicator X9; it has G1, H1, N1"):
        select_targets(demo, ["G1", "X9"])


@pytest.mark.parametrize("values", [(0.5, 0.6, 0.3), (0.8, 0.2, 0.3), (1.2, 0.6, 0.3), (0.8, 0.6, -0.1)])
def test_thresholds_must_rise_within_zero_and_one(values):
    with pytest.raises(ParamsError, match="expected to rise"):
        thresholds_of(*values)


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2026, 1, 1), date(2025, 12, 31)),
        (date(2026, 3, 31), date(2025, 12, 31)),
        (date(2026, 4, 1), date(2026, 3, 31)),
        (date(2026, 11, 24), date(2026, 9, 30)),
    ],
)
def test_the_last_finished_quarter(day, end):
    assert quarter_end_before(day) == end
