"""Findings about the plan are computed from its own words, its tables and the record."""

import re

import pandas as pd
import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.judge.plan_checks import CHECKS, Finding, check_notes, check_plan
from sy_analysis.record.plan import read_plan


@pytest.fixture(scope="module")
def plan():
    return read_plan()


@pytest.fixture(scope="module")
def findings(plan):
    return check_plan(plan)


def of(findings, check, target_id=""):
    return findings[(findings["check"] == check) & (findings["target_id"] == target_id)]


# ---- The notes


def test_every_quote_stands_in_its_line_of_the_plan(plan):
    notes = check_notes(plan)
    assert all(note["quote"] in plan.lines[note["plan_line"] - 1] for note in notes.to_dict("records"))
    assert notes["note_id"].is_unique


def test_every_wrong_cell_of_the_notes_is_named_at_once(plan):
    broken = plan.notes.copy()
    broken.loc[2, "quote"] = "合格率达到101%"
    broken.loc[3, "target_id"] = "P99"
    broken.loc[4, "kind"] = "rumour"
    broken.loc[5, "plan_line"] = "999"
    with pytest.raises(DataError) as error:
        check_notes(plan._replace(notes=broken))
    assert len(error.value.problems) == 4
    assert "line 2, column “quote”: “合格率达到101%”; expected words of plan line 14" in str(error.value)
    broken.loc[broken["kind"] == "count", "other"] = "everything"
    with pytest.raises(DataError, match="column “other”: “everything”"):
        check_notes(plan._replace(notes=broken))
    with pytest.raises(DataError, match="expected note_id, kind"):
        check_notes(plan._replace(notes=plan.notes.drop(columns="quote")))


# ---- The findings


def test_every_finding_is_bilingual_advises_and_gives_its_lines(findings):
    assert tuple(findings.columns) == Finding._fields
    words = findings[["finding_zh", "finding_en", "advice_zh", "advice_en"]]
    assert (words.map(lambda text: len(text.strip()) > 0)).all().all()
    assert findings["plan_lines"].str.fullmatch(r"\d+(, \d+)*").all()
    assert set(findings["check"]) <= set(CHECKS)
    assert not words.stack().str.contains(r"\bnan\b").any()


def test_binding_targets_come_first(findings):
    assert findings["is_binding"].is_monotonic_decreasing
    assert set(findings.loc[findings["is_binding"], "target_id"]) == {"V15", "V17"}


def test_the_air_baseline_is_found_to_be_the_share_of_another_year(findings):
    found = of(findings, "baseline_of_another_year", "V15").iloc[0]
    assert "2019年" in found["finding_zh"] and "312天" in found["finding_zh"]
    assert "93.4" in found["finding_en"] and "overstated" in found["finding_en"]
    days = of(findings, "text_against_table", "V15").iloc[0]
    assert days["plan_lines"] == "17, 124, 125" and "366天的93.4%" in days["finding_zh"]


def test_a_binding_target_without_a_number_is_named_with_what_the_province_says(findings):
    found = of(findings, "target_not_set", "V15").iloc[0]
    assert "湖南省" in found["finding_zh"] and "Hunan" in found["finding_en"]


def test_the_forest_floor_and_its_change_of_definition_are_two_findings(findings):
    assert "0.02" in of(findings, "floor_below_baseline", "V17").iloc[0]["finding_zh"]
    broken = of(findings, "definition_break", "V17").iloc[0]
    # 59.9 for 2019 and 59.97 for 2021 on the old basis, 53.03 restated for 2020
    assert "低6.91点" in broken["finding_zh"] and "no forest was lost" in broken["finding_en"]


def test_a_definition_break_compares_the_same_year_where_both_are_known(findings):
    assert "中国2018年为98.2" in of(findings, "definition_break", "P01").iloc[0]["finding_zh"]


def test_targets_below_the_plans_above_are_listed(findings):
    above = findings[findings["check"] == "higher_plan_asks_more"]
    assert above["target_id"].tolist() == ["P02", "P02"]
    assert above["finding_en"].str.contains("asks 94 for the same year").all()
    assert of(findings, "asked_for_earlier", "E10").iloc[0]["finding_zh"].endswith("2020年的目标已是30。")


def test_the_counts_of_the_text_agree_with_the_table_and_the_heading_does_not(findings):
    counts = findings[findings["check"] == "counts"]
    assert len(counts) == 1 and "四大主要指标" in counts.iloc[0]["finding_zh"]


def test_a_wrong_binding_count_would_be_found(plan):
    fewer = plan._replace(targets=plan.targets.assign(is_binding=plan.targets["target_id"] == "V13"))
    counts = check_plan(fewer).query("check == 'counts'")["finding_zh"]
    assert counts.str.contains("约束性指标为1项").any() and counts.str.contains("预期性指标为16项").any()


def test_a_raised_floor_and_a_corrected_baseline_clear_their_findings(plan):
    targets = plan.targets.copy()
    targets.loc[targets["target_id"] == "V17", ["target_low", "printed_target"]] = [61.02, "≧61.02"]
    targets.loc[targets["target_id"] == "V15", "baseline_value"] = 93.4
    cleared = check_plan(plan._replace(targets=targets))
    assert cleared[cleared["check"].isin(["floor_below_baseline", "baseline_of_another_year"])].empty
    assert of(cleared, "text_against_table", "V15").empty


def test_the_missing_box_is_found_in_the_text(findings, plan):
    found = findings[findings["check"] == "numbering"].iloc[0]
    numbers = [int(line) for line in found["plan_lines"].split(", ")]
    assert [re.match(r"专栏(\d+)", plan.lines[number - 1])[1] for number in numbers] == ["9", "11"]


def test_a_rank_claimed_in_the_text_is_compared_with_the_record(findings):
    ranks = findings[findings["finding_en"].str.contains("14 of 14")]
    assert len(ranks) == 1 and ranks.iloc[0]["plan_lines"] == "20"


def test_no_notes_leave_what_the_tables_alone_can_say(plan):
    bare = check_plan(plan._replace(notes=plan.notes.iloc[:0]))
    assert {"target_not_set", "baseline_of_another_year", "floor_below_baseline", "numbering"} <= set(
        bare["check"]
    )
    assert isinstance(bare, pd.DataFrame) and "typo" not in set(bare["check"])


def test_a_plan_whose_text_is_not_kept_is_checked_without_lines(tables, write_plan):
    tables["targets"]["plan_line"] = ""
    findings = check_plan(read_plan(write_plan(tables)))
    assert of(findings, "target_not_set", "H1")["plan_lines"].tolist() == [""]
    assert not findings["finding_zh"].str.contains("nan|—").any()
