import pandas as pd

from sy_analysis.judge.evidence import collect_evidence, reference_series
from sy_analysis.record.known import known_as_of


def evidence_of(plan, target_id, as_of="2200-01-01"):
    return collect_evidence(known_as_of(plan, as_of), plan.targets).set_index("target_id").loc[target_id]


def record_of(plan, histories):
    """The record of a plan that holds just these yearly series."""
    record = known_as_of(plan, "2200-01-01")
    vars(record)["histories"] = histories
    return record


def history(values, first=2020):
    return pd.Series(values, index=range(first, first + len(values)), dtype=float)


def test_references_are_other_areas_and_near_relatives_with_two_values(demo):
    histories = {
        ("G1", "甲市"): history([90, 91]),
        ("G1", "乙市"): history([88, 89]),
        ("G1", "丙市"): history([88]),
        ("G1_city", "甲市"): history([80, 81]),
        ("H1", "乙市"): history([70, 71]),
    }
    assert set(reference_series(record_of(demo, histories), "G1", "甲市")) == {
        ("G1", "乙市"),
        ("G1_city", "甲市"),
    }


def test_every_target_has_one_row_of_evidence(demo):
    evidence = collect_evidence(known_as_of(demo, "2200-01-01"), demo.targets)
    assert evidence["target_id"].tolist() == ["G1", "H1", "N1"]


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
