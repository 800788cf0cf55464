import pandas as pd
import pytest

from sy_analysis.forecast.scores import published_scores
from sy_analysis.judge.assessments import assess_as_of
from sy_analysis.judge.plan_checks import check_plan
from sy_analysis.report.columns import COLUMNS, FIELDS, display, display_facts, english_words, texts
from sy_analysis.report.data import view_target
from sy_analysis.report.tables import (
    at_risk_table,
    change_table,
    evidence_table,
    finding_table,
    interval_table,
    method_table,
    observation_table,
    peer_table,
    record_rows,
    record_table,
    summary_table,
    verdict_table,
)
from sy_analysis.report.words import WORDS, read_rows


@pytest.fixture
def vintage(demo):
    return assess_as_of(demo, "2024-12-31")


@pytest.fixture
def view(demo, vintage):
    return view_target(demo, vintage, "G1")


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("target_id", "P01", "P01"),
        ("latest_value", 92.10, "92.1%"),
        ("required_pace", float("nan"), "—"),
        ("attainment_probability", 0.003, "<1%"),
        ("year", pd.NA, "—"),
        ("grade", "B", "报刊"),
        ("status", "at_risk", "有风险 at risk"),
        ("skill", -0.05, "-5.0%"),
        ("to_date", pd.Timestamp("2024-12-31"), "2024-12-31"),
    ],
)
def test_a_field_is_written_in_its_format(field, value, text):
    rows = pd.DataFrame({field: [value], "unit": ["%"]})
    assert texts(rows, [field])[field].tolist() == [text]


def test_a_table_for_people_has_headings_and_its_first_field_as_index():
    rows = pd.DataFrame({"n": [2], "reason_zh": ["没有公开数据"], "status_zh": ["无法判断"]}, index=[7])
    table = display(rows, "count")
    assert (table.columns.name, list(table.columns)) == ("结论", ["理由", "项数"])
    assert table.loc["无法判断"].tolist() == ["没有公开数据", 2]


def test_every_field_of_a_displayed_table_has_a_heading():
    fields = {field for fields in FIELDS.values() for field in fields}
    assert fields <= set(COLUMNS)


def test_facts_stand_upright():
    table = display_facts({"gap": 1.5, "unit": "%", "binding": "约束性"}, ["gap", "binding"])
    assert table["内容"].to_dict() == {"差距": "1.5%", "属性": "约束性"}
    assert display_facts({}, []).empty


def test_every_field_of_a_sheet_has_a_heading_in_both_languages():
    fields = {row["field"] for row in read_rows("sheets.csv")} - set(WORDS["status"])
    assert [field for field in fields if not (COLUMNS[field].zh and COLUMNS[field].sheet_en)] == []


def test_every_set_of_words_that_a_format_names_is_there():
    kinds = {column.format.split()[1] for column in COLUMNS.values() if " " in column.format}
    assert kinds <= set(WORDS)


def test_no_heading_has_two_translations():
    pairs = {(column.zh, column.en) for column in COLUMNS.values() if column.en}
    assert len(pairs) == len({zh for zh, _ in pairs})


def test_every_head_of_a_page_s_table_is_said_in_english(demo, vintage, view):
    words = english_words(demo.indicators)
    tables = [
        summary_table(vintage.assessments, demo.targets, demo.indicators),
        at_risk_table(vintage.assessments, demo.targets, demo.indicators),
        change_table(vintage.assessments, vintage.assessments, demo.targets, demo.indicators),
        record_table(record_rows(demo, vintage.observations, vintage.series, ["G1"])),
        observation_table(view, vintage.observations, demo.sources),
        interval_table(view),
        method_table(view.methods),
        verdict_table(view).T,
        evidence_table(view).T,
        finding_table(check_plan(demo)),
        peer_table(published_scores()),
    ]
    heads = {head for table in tables for head in [table.columns.name, *table.columns] if head}
    assert heads - set(words) - {"Brier", "AUC"} == set()


def test_statuses_grades_and_names_are_said_in_english(demo):
    words = english_words(demo.indicators)
    assert (words["有风险 at risk"], words["弱"], words["合格率"]) == ("at risk", "weak", "Pass rate")
