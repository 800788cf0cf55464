import math

import pandas as pd
import pytest

from sy_analysis.judge.assessments import assess_as_of, evidence_grade, statuses_through
from sy_analysis.judge.thresholds import thresholds_of
from sy_analysis.record.observations import clean_observations
from sy_analysis.record.plan import read_plan
from sy_analysis.record.selection import core_ids, extract_target
from sy_analysis.report.data import view_target
from sy_analysis.report.tables import observation_table


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


# ---- The real plan


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


def test_a_view_compares_the_official_methods(shaoyang, latest):
    methods = view_target(shaoyang, latest, "V14").methods
    assert methods.mark in ("robust", "contested", "not_comparable")
    assert {"china_time_progress", "germany_dns_weather", "statcan_opensdg"} <= set(methods.table["method"])


@pytest.mark.parametrize("as_of", ["2026-09-30", "2023-06-30"])
def test_a_page_that_sees_only_what_bears_on_its_target_says_the_same(shaoyang, as_of):
    whole = assess_as_of(shaoyang, as_of, target_ids=core_ids(shaoyang))
    for target_id in core_ids(shaoyang):
        part = extract_target(shaoyang, target_id, whole.observations)
        alone = assess_as_of(part, as_of, target_ids=[target_id])
        pd.testing.assert_frame_equal(
            alone.assessments, whole.assessments.query("target_id == @target_id").reset_index(drop=True)
        )
        expected, view = view_target(shaoyang, whole, target_id), view_target(part, alone, target_id)
        assert repr(view.references) == repr(expected.references)
        assert view.quantiles.to_csv() == expected.quantiles.to_csv()
        assert view.methods.table.to_csv() == expected.methods.table.to_csv()
        for facts in ("source", "target", "indicator", "measured"):
            assert repr(getattr(view, facts)) == repr(getattr(expected, facts))
        shown, all_shown = (
            observation_table(view, vintage.observations, plan.sources)
            for plan, vintage in ((part, alone), (shaoyang, whole))
        )
        assert shown.to_csv() == all_shown.to_csv()


def test_nothing_on_record_is_a_page_too(demo):
    known = clean_observations(demo.observations, demo.sources, "2024-12-31")
    part = extract_target(demo, "N1", known)
    assert part.observations.empty
    assert assess_as_of(part, "2024-12-31").assessments["reason"].tolist() == ["no_observation"]


def test_verdicts_through_time_are_those_of_each_day(demo):
    statuses = statuses_through(assess_as_of(demo, day) for day in ("2021-12-31", "2024-12-31"))
    assert list(statuses.columns) == ["2021-12-31", "2024-12-31"]
    for day in statuses:
        judged = assess_as_of(demo, day).assessments.set_index("target_id")["status"]
        assert statuses[day].to_dict() == judged.to_dict()
