import pandas as pd
import pytest

from sy_analysis.judge.evidence import choose_series, collect_evidence, reference_changes, reference_series
from sy_analysis.record.observations import clean_observations
from sy_analysis.record.series import series_as_of

NO_MONTHS = pd.DataFrame({"indicator_id": [], "area": [], "year": [], "period": [], "value": []})


def history(values, first=2020):
    return pd.Series(values, index=range(first, first + len(values)), dtype=float)


def evidence_of(plan, target_id, as_of=None):
    series = series_as_of(
        clean_observations(plan.observations, plan.sources, as_of), plan.indicators, plan.breaks
    )
    return (
        collect_evidence(series, plan.indicators, plan.targets, NO_MONTHS)
        .set_index("target_id")
        .loc[target_id]
    )


def test_the_own_series_is_judged_unless_a_stand_in_reaches_a_later_year():
    own, stand_in = history([90, 91]), history([80, 81, 82])
    histories = {("G1", "甲市"): own, ("G1_city", "甲市"): stand_in}
    assert choose_series(histories, ["G1_city"], "G1", "甲市")[0] == "G1_city"
    assert (
        choose_series(histories | {("G1_city", "甲市"): stand_in.loc[:2021]}, ["G1_city"], "G1", "甲市")[0]
        == "G1"
    )
    assert len(choose_series({}, ["G1_city"], "G1", "甲市")[1]) == 0


def test_references_are_other_areas_and_near_relatives_with_two_values():
    histories = {
        ("G1", "甲市"): history([90, 91]),
        ("G1", "乙市"): history([88, 89]),
        ("G1", "丙市"): history([88]),
        ("G1_city", "甲市"): history([80, 81]),
        ("H1", "乙市"): history([70, 71]),
    }
    assert set(reference_series(histories, ["G1_city"], "G1", "甲市")) == {
        ("G1", "乙市"),
        ("G1_city", "甲市"),
    }


def test_a_change_over_a_gap_is_scaled_as_a_random_walk():
    gap = pd.Series([90.0, 94.0], index=[2018, 2022])
    assert reference_changes({("G1", "乙市"): gap}) == pytest.approx(
        [2.0]
    )  # 4 points over 4 years: 4 / sqrt(4)
    assert len(reference_changes({})) == 0


def test_every_target_has_one_row_of_evidence(demo):
    series = series_as_of(clean_observations(demo.observations, demo.sources), demo.indicators, demo.breaks)
    assert collect_evidence(series, demo.indicators, demo.targets, NO_MONTHS)["target_id"].tolist() == [
        "G1",
        "H1",
        "N1",
    ]


def test_evidence_counts_own_values_and_borrowed_changes(demo):
    row = evidence_of(demo, "G1")
    assert (row["n_own"], row["latest_year"], row["latest_value"], row["latest_source"]) == (
        3,
        2023,
        92.1,
        "S2",
    )
    assert (row["n_references"], row["n_reference_changes"]) == (1, 3)
    assert evidence_of(demo, "G1", "2022-12-31")["latest_year"] == 2021


def test_nothing_published_is_a_row_too(demo):
    row = evidence_of(demo, "N1")
    assert row["n_own"] == 0
    assert pd.isna(row["latest_year"])
    assert row["latest_source"] == ""
