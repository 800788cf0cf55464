import pandas as pd
import pytest

from sy_analysis.forecast.scores import published_scores
from sy_analysis.judge.assessments import assess_as_of
from sy_analysis.judge.ledger import ledger
from sy_analysis.judge.other_areas import compare_areas
from sy_analysis.record.selection import latest_by_area
from sy_analysis.record.series import find_conflicts, find_gaps
from sy_analysis.report.data import assess, view_target
from sy_analysis.report.tables import (
    area_table,
    at_risk_table,
    change_table,
    conflict_table,
    evidence_table,
    finding_table,
    gap_table,
    interval_table,
    method_table,
    move_table,
    next_steps_table,
    observation_table,
    peer_table,
    record_rows,
    record_table,
    score_table,
    stale_table,
    subarea_table,
    summary_table,
    verdict_table,
)


@pytest.fixture
def vintage(demo):
    return assess_as_of(demo, "2024-12-31")


@pytest.fixture
def view(demo, vintage):
    return view_target(demo, vintage, "G1")


def test_the_summary_has_a_row_per_target_in_words(demo, vintage):
    summary = summary_table(vintage.assessments, demo.targets, demo.indicators)
    assert summary.index.tolist() == ["G1", "H1", "N1"]
    assert summary.loc["G1", ["最新值", "年份", "目标", "属性"]].tolist() == [
        "92.1%",
        "2023",
        "≥93%",
        "预期性",
    ]
    assert summary.loc["H1", "结论"] == "无法判断 not assessed"
    assert summary.loc["N1", ["最新值", "年份", "目标", "达成概率"]].tolist() == ["—", "—", "2–3个", "—"]


def test_at_risk_puts_binding_first_and_the_least_likely_first(demo, vintage):
    risky = vintage.assessments.assign(
        status="at_risk", attainment_probability=[0.5, 0.6, 0.4], is_binding=[False, True, False]
    )
    assert at_risk_table(risky, demo.targets, demo.indicators).index.tolist() == ["H1", "N1", "G1"]


def test_only_what_moved_is_listed_as_changed(demo, vintage):
    before = assess_as_of(demo, "2022-12-31").assessments
    moved = change_table(vintage.assessments, before, demo.targets, demo.indicators)
    assert moved.index.tolist() == ["G1"]
    assert moved.loc["G1", ["上期最新值", "本期最新值"]].tolist() == ["90.8%", "92.1%"]
    same = change_table(vintage.assessments, vintage.assessments, demo.targets, demo.indicators)
    assert len(same) == 0


def test_the_record_counts_own_values_and_references_apart(demo, vintage):
    rows = record_rows(demo, vintage.observations, vintage.series, ["G1", "N1"])
    record = record_table(rows)
    assert record.loc["G1", ["本地年度值", "最新年份", "参照地区", "参照年度值"]].tolist() == [
        3,
        "2023",
        1,
        4,
    ]
    assert record.loc["N1", "最新年份"] == "—"
    assert stale_table(rows, 2024).index.tolist() == ["N1"]
    assert stale_table(rows, 2027).index.tolist() == ["G1", "N1"]


def test_conflicts_and_gaps_are_named(demo, vintage):
    second = demo.observations.iloc[[1]].assign(source_id="S2", value=91.0)
    disputed = demo._replace(observations=_append(demo.observations, second))
    conflicts = conflict_table(find_conflicts(assess_as_of(disputed, "2024-12-31").observations), disputed)
    assert conflicts[["采用", "另有", "相差"]].to_numpy().tolist() == [["91%", "90.8%", "0.2"]]
    assert len(conflict_table(find_conflicts(vintage.observations), demo)) == 0
    assert gap_table(find_gaps(vintage.series), demo)["缺少年份"].tolist() == ["2022"]


def test_areas_below_have_their_latest_value_its_scope_and_source(demo, vintage):
    latest = latest_by_area(vintage.observations, demo.indicators, demo.targets, ("乙市",))
    (row,) = subarea_table(latest, demo).reset_index(names="地区").to_dict("records")
    assert (row["地区"], row["编号"], row["最新值"], row["时期"]) == ("乙市", "G1", "90%", "2019")
    assert row["口径"] == "同口径" and "[S3]" in row["来源"]


def _append(table, rows):
    return pd.concat([table, rows])


def test_every_observation_is_shown_with_its_source(demo, vintage, view):
    shown = observation_table(view, vintage.observations, demo.sources)
    assert shown.index.tolist() == ["2020", "2021", "2023"]
    assert shown["来源"].tolist() == ["plan", "S1", "S2"]
    assert shown["公布日"].tolist() == ["2021-12-31", "2022-03-01", "2024-03-01"]


def test_the_forecast_is_shown_by_year(demo, vintage, view):
    assert interval_table(view).index.tolist() == ["2024", "2025"]
    assert len(interval_table(view_target(demo, vintage, "N1"))) == 0


def test_verdict_and_evidence_are_shown_in_full(demo, vintage, view):
    assert verdict_table(view).loc["最新值", "内容"] == "92.1%（2023年）"
    assert verdict_table(view_target(demo, vintage, "N1")).loc["最新值", "内容"] == "—"
    assert evidence_table(view).loc["借用的外地年变化", "内容"] == "3"


def test_scores_are_shown_as_shares():
    scores = pd.DataFrame(
        {"horizon": [1], "n": [10], "coverage_80": [0.8], "coverage_95": [0.951], "skill": [-0.05]}
    )
    assert score_table(scores).loc[1].tolist() == [10, "80.0%", "95.1%", "-5.0%"]


def test_the_measured_scores_are_shown_beside_their_peers():
    peers = peer_table(published_scores())
    assert {"本系统", "不变", "AutoETS", "AutoTheta", "AutoARIMA"} <= set(peers.index)


def test_every_method_speaks_or_says_why_not(view):
    shown = method_table(view.methods)
    assert len(shown) >= 7
    assert set(shown["结论"]) <= {"能达标", "不能达标", "—"}
    assert (shown["依据或沉默原因"].str.len() > 0).all()


def test_moves_are_shown_with_their_cause(demo):
    def vintages(*days):
        return [assess_as_of(demo, day) for day in days]

    moves = move_table(ledger(demo, vintages("2021-12-31", "2024-12-31")), demo)
    assert moves.loc["G1", ["此前", "原因", "截至"]].tolist() == ["无法判断", "新一期数据", "2024-12-31"]
    assert len(move_table(ledger(demo, vintages("2024-12-30", "2024-12-31")), demo)) == 0


def test_findings_and_briefs_are_shown_in_words(demo):
    data = assess(demo, "2024-12-31")
    assert "H1" in finding_table(data.findings).index
    briefs = next_steps_table(data.next_steps)
    assert "目标" in briefs.loc["H1", "已知"] and briefs.loc["H1", "下一步"]


def test_areas_stand_side_by_side_as_far_as_they_have_verdicts(demo, vintage):
    table = area_table(compare_areas(demo, vintage.record, ["乙市", "丙市", "甲市"]))
    assert table.index.tolist() == ["乙市", "甲市（本规划）"]
    assert table.columns.tolist() == ["G1"]
    assert area_table(compare_areas(demo, vintage.record, ["甲市"])).empty
