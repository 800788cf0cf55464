import pandas as pd
import pytest

from sy_analysis.base.errors import ParamsError
from sy_analysis.judge.assessments import assess_as_of, statuses_through
from sy_analysis.judge.ledger import ledger
from sy_analysis.judge.what_if import ASSUMED, assume
from sy_analysis.record.observations import clean_observations
from sy_analysis.record.plan import read_plan
from sy_analysis.record.selection import (
    core_ids,
    extract_target,
    latest_in,
)
from sy_analysis.report.data import assess, view_target
from sy_analysis.report.tables import observation_table
from sy_analysis.report.words import verdict


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


def test_the_ledger_explains_every_move_of_the_real_plan(shaoyang):
    days = ["2022-12-31", "2024-12-31", "2026-09-30"]
    vintages = [assess_as_of(shaoyang, day) for day in days]
    moves = ledger(shaoyang, vintages)
    first, *_, last = (vintage.assessments.set_index("target_id")["status"] for vintage in vintages)
    # counted from the statuses alone, apart from the ledger's own arithmetic
    after = first.copy()
    for move in moves.itertuples():
        assert after[move.target_id] == move.from_status
        after[move.target_id] = move.to_status
    assert after.equals(last)


def test_assumed_values_change_the_verdict_and_are_marked(shaoyang):
    assumed = assume(shaoyang, "P02", {2024: 92.4, 2025: 93.2})
    view = view_target(assumed, assess_as_of(assumed, "2026-09-30", target_ids=["P02"]), "P02")
    assert (view.assessment["status"], view.assessment["reason"]) == ("attained", "outturn")
    assert view.source["source_id"] == ASSUMED and "assumed" in view.source["title"]
    assert "assumed" in assumed.name_en and "假设" in assumed.name_zh
    assert ASSUMED not in set(shaoyang.observations["source_id"])


def test_an_assumed_target_replaces_the_printed_one(shaoyang):
    view = view_target(
        p := assume(shaoyang, "V15", target=90), assess_as_of(p, "2026-09-30", target_ids=["V15"]), "V15"
    )
    assert view.assessment["target"] == 90
    assert "90" in verdict(view.assessment, view.target, view.indicator)[0]
    with pytest.raises(ParamsError, match="target is 200; expected 0 to 100, the bounds of V15"):
        assume(shaoyang, "V15", target=200)
    with pytest.raises(ParamsError, match="2024 is -3"):
        assume(shaoyang, "V15", {2024: -3})


def test_the_binding_targets_have_a_brief_of_known_unknown_and_next(shaoyang):
    briefs = assess(shaoyang, "2026-09-30").next_steps
    assert list(briefs) == ["V13", "V15", "V17"]
    assert "目标数值未定" in briefs["V15"]["unknown"][0]
    assert all(len(text) == 2 for brief in briefs.values() for text in brief.values())


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


def test_values_elsewhere_are_those_known_on_the_day(demo):
    for day, shown in (("2022-12-31", []), ("2024-12-31", [["乙市", "G1", 90.0]])):
        latest = latest_in(demo, assess_as_of(demo, day), ("乙市", "丙市"))
        assert latest[["area", "target_id", "value"]].to_numpy().tolist() == shown
