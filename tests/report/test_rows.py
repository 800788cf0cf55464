from sy_analysis.judge.assessments import assess_as_of
from sy_analysis.report.rows import at_risk_rows, core_and_others, count_statuses, is_forecast, verdict_rows


def rows_of(plan):
    return verdict_rows(assess_as_of(plan, "2024-12-31").assessments, plan.targets, plan.indicators)


def test_statuses_are_counted_by_reason(demo):
    counts = count_statuses(assess_as_of(demo, "2024-12-31").assessments)
    assert counts["n"].sum() == 3
    assert {"no_target", "no_observation"} <= set(counts["reason"])


def test_a_row_has_its_target_and_interval_as_text(demo):
    rows = rows_of(demo).set_index("target_id")
    assert rows["aim"].to_dict() == {"G1": "≥93%", "H1": "未设定", "N1": "2–3个"}
    assert "–" in rows.loc["G1", "interval_80"] and rows.loc["N1", "interval_80"] == "—"


def test_a_target_that_is_met_has_no_gap_left(demo):
    rows = rows_of(demo).assign(status="at_risk", gap=[-1.0, 2.0, 0.5])
    assert at_risk_rows(rows).set_index("target_id")["gap_left"].to_dict() == {
        "H1": 2.0,
        "G1": 0.0,
        "N1": 0.5,
    }


def test_core_targets_come_apart_from_others_and_binding_ones_first(demo):
    role = demo.indicators["role"].mask(demo.indicators["indicator_id"] == "N1", "box")
    plan = demo._replace(indicators=demo.indicators.assign(role=role))
    core, others = core_and_others(plan, assess_as_of(plan, "2024-12-31").assessments)
    assert core["target_id"].tolist() == ["H1", "G1"] and others["target_id"].tolist() == ["N1"]


def test_only_a_forecast_has_a_probability(demo):
    rows = rows_of(demo)
    assert rows.loc[is_forecast(rows), "target_id"].tolist() == ["G1"]
