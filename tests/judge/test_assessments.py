import math

import pandas as pd
import pytest

from sy_analysis.judge.assessments import assess_as_of, evidence_grade
from sy_analysis.judge.thresholds import thresholds_of
from sy_analysis.record.plan import read_plan


@pytest.fixture
def assess(tables, write_plan):
    """Assessments of the small plan after changing cells of its observations or targets."""

    def run(as_of="2024-12-31", more=(), thresholds=None, **target_cells):
        template = tables["observations"].iloc[0].to_dict()
        names = ("indicator_id", "area", "period", "frequency", "source_id", "value", "unit")
        rows = [template | dict(zip(names, row, strict=True)) for row in more]
        observations = pd.concat([tables["observations"], pd.DataFrame(rows)], ignore_index=True)
        targets = tables["targets"].copy()
        for column, value in target_cells.items():
            targets.loc[0, column] = value
        plan = read_plan(write_plan(tables | {"observations": observations, "targets": targets}))
        return assess_as_of(plan, as_of, thresholds).assessments.set_index("target_id")

    return run


def outturn(value, indicator_id="G1", unit="%"):
    return (indicator_id, "甲市", "2025", "A", "S2", value, unit)


def test_exactly_one_row_per_target_always(assess):
    for as_of in ("2000-01-01", "2021-12-31", "2024-12-31"):
        assert assess(as_of).index.tolist() == ["G1", "H1", "N1"]


def test_gap_and_paces_are_in_indicator_units_and_years(assess):
    row = assess().loc["G1"]
    assert row["latest_year"] == 2023
    assert row["gap"] == pytest.approx(0.9)  # 93 - 92.1
    assert row["required_pace"] == pytest.approx(0.45)  # 0.9 in two years
    assert row["observed_pace"] == pytest.approx(0.7)  # 2.1 in three years


def test_the_interval_is_within_bounds_and_around_the_median(assess):
    row = assess().loc["G1"]
    assert 0 <= row["predicted_low"] < row["predicted_median"] < row["predicted_high"] <= 100
    assert 0 < row["attainment_probability"] < 1


def test_no_number_in_the_plan_is_a_designed_answer(assess):
    row = assess().loc["H1"]
    assert (row["status"], row["reason"]) == ("not_assessed", "no_target")
    assert math.isnan(row["attainment_probability"])


def test_no_observation_is_a_designed_answer(assess):
    row = assess().loc["N1"]
    assert (row["status"], row["reason"]) == ("not_assessed", "no_observation")
    assert row["evidence_grade"] == "none"


def test_one_value_and_nothing_comparable_is_too_little(assess):
    row = assess(more=[("N1", "甲市", "2022", "A", "S2", "1", "个")]).loc["N1"]
    assert (row["status"], row["reason"]) == ("not_assessed", "too_few_observations")
    assert math.isnan(row["predicted_median"])


def test_one_value_with_changes_seen_elsewhere_is_judged_with_a_wide_interval(assess):
    row = assess("2023-06-30").loc["G1"]  # own 2020 and 2021, a neighbour's four values
    assert row["reason"] == "probability"
    assert row["predicted_high"] - row["predicted_low"] > 1


@pytest.mark.parametrize(("value", "status"), [("93", "attained"), ("92.99", "missed")])
def test_an_outturn_overrides_any_forecast(assess, value, status):
    row = assess(more=[outturn(value)]).loc["G1"]
    assert (row["status"], row["reason"]) == (status, "outturn")
    assert math.isnan(row["attainment_probability"])


def test_a_value_after_the_target_year_does_not_hide_the_outturn(assess):
    later = ("G1", "甲市", "2026", "A", "S2", "99", "%")
    assert assess(more=[outturn("90"), later]).loc["G1", "status"] == "missed"


def test_a_range_is_attained_from_its_weak_end_on(assess):
    assert assess(more=[outturn("2", "N1", "个")]).loc["N1", "status"] == "attained"
    assert assess(more=[outturn("4", "N1", "个")]).loc["N1", "status"] == "attained"
    assert assess(more=[outturn("1", "N1", "个")]).loc["N1", "status"] == "missed"


def test_probability_rises_as_an_at_least_target_falls(assess):
    chances = [assess(target_low=low).loc["G1", "attainment_probability"] for low in ("95", "93", "91", "80")]
    assert chances == sorted(chances)
    assert chances[0] < chances[-1]


def test_binding_indicators_are_judged_more_strictly(assess):
    expected = assess().loc["G1", "attainment_probability"]
    thresholds = thresholds_of(
        on_track_binding=min(1, expected + 0.05), on_track_expected=expected - 0.05, off_track=0
    )
    assert assess(thresholds=thresholds).loc["G1", "status"] == "on_track"
    assert assess(thresholds=thresholds, is_binding="true").loc["G1", "status"] == "at_risk"


def test_a_low_probability_is_off_track(assess):
    assert assess(target_low="99.9").loc["G1", "status"] == "off_track"


def test_the_order_of_rows_does_not_matter(demo):
    shuffled = demo._replace(observations=demo.observations.sample(frac=1, random_state=5))
    pd.testing.assert_frame_equal(
        assess_as_of(shuffled, "2024-12-31").assessments, assess_as_of(demo, "2024-12-31").assessments
    )


@pytest.mark.parametrize(
    ("n_own", "is_stand_in", "worst", "latest", "grade"),
    [
        (0, False, "", None, "none"),
        (3, True, "D", 2024, "weak"),
        (4, False, "A", 2024, "moderate"),
        (4, False, "D", 2024, "weak"),
        (8, False, "C", 2023, "strong"),
        (8, False, "C", 2022, "moderate"),
        (17, True, "A", 2024, "moderate"),
        (17, True, "D", 2024, "weak"),
    ],
)
def test_evidence_grade_falls_for_another_scope_for_derived_values_and_with_age(
    n_own, is_stand_in, worst, latest, grade
):
    row = {"n_own": n_own, "is_stand_in": is_stand_in, "worst_grade": worst, "is_split": False}
    assert evidence_grade(row | {"latest_year": latest, "target_year": 2025}) == grade


def test_met_but_slipping_is_a_warning(assess):
    fell = [("G1", "甲市", "2024", "A", "S2", "91.2", "%")]  # from 92.1: once more would be 90.3
    row = assess(more=fell, target_low="91").loc["G1"]
    assert (row["rule_class"], row["status"], row["reason"]) == ("grow", "at_risk", "met_but_slipping")


def test_months_of_the_target_year_pin_part_of_it(assess):
    def months(count):
        return [("H1", "甲市", f"2025-{month:02d}", "M", "S2", "90", "%") for month in range(1, count + 1)]

    def interval(count):
        row = assess(more=[*history, *months(count)]).loc["H1"]
        return row["predicted_high"] - row["predicted_low"]

    history = [
        ("H1", "甲市", f"{year}-{month:02d}", "M", "S2", str(80 + (month % 5) + year - 2022), "%")
        for year in (2022, 2023)
        for month in range(1, 13)
    ]
    widths = [interval(count) for count in (1, 6, 11)]
    assert widths == sorted(widths, reverse=True) and widths[-1] < widths[0] / 2
    full = assess(more=[*history, *months(12)]).loc["H1"]
    assert (full["latest_year"], full["latest_value"]) == (2025, pytest.approx(90))


def test_only_values_since_the_last_change_of_definition_are_judged(demo):
    breaks = pd.DataFrame({"indicator_id": ["G1"], "area": ["甲市"], "first_year": [2022]})
    row = (
        assess_as_of(demo._replace(breaks=breaks), "2024-12-31").assessments.set_index("target_id").loc["G1"]
    )
    assert (row["n_own"], row["latest_year"]) == (1, 2023)
    assert "broken" in row["evidence_doubts"]
