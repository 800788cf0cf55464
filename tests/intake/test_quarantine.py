import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.intake.quarantine import decide, read_quarantine
from sy_analysis.intake.record import rows_of
from sy_analysis.record.plan import read_plan

from .conftest import TODAY, take


def hold_one(plan, write):
    take(
        write("rows.csv", "指标,地区,期间,数值,单位\nP05,邵阳市,2024,2-3个,个\nP02,湖南省,2025,9.41,%\n"),
        plan,
    )
    state = read_quarantine(plan).set_index("indicator_id")["quarantine_id"]
    return state["P05"], state["P02"]


def test_a_released_value_joins_the_record_with_the_name_and_the_reason(plan, write):
    _, held = hold_one(plan, write)
    decide(plan, [held], "released", "王芳", "已核对原件", today=TODAY)
    row = rows_of(plan / "observations.csv")[-1]
    assert (row["indicator_id"], row["value"], row["printed"]) == ("P02", "9.41", "9.41")
    assert row["note"] == "released from quarantine by 王芳: 已核对原件"
    assert rows_of(plan / "provenance.csv")[-1]["place"] == "line 3 column 4"
    actions = [(r["action"], r["by"]) for r in rows_of(plan / "quarantine.csv") if r["quarantine_id"] == held]
    assert actions == [("held", "guard"), ("released", "王芳")]
    assert read_plan(plan).observations["value"].iloc[-1] == 9.41


def test_a_slip_is_released_with_the_right_value_and_the_printed_one_is_kept(plan, write):
    of_range, slip = hold_one(plan, write)
    decide(plan, [slip], "released", "王芳", "小数点", value="94.1", today=TODAY)
    decide(plan, [of_range], "released", "王芳", "实为2个", value="2", today=TODAY)
    rows = rows_of(plan / "observations.csv")[-2:]
    assert [(r["value"], r["printed"]) for r in rows] == [("94.1", "9.41"), ("2", "2-3个")]


def test_a_rejected_value_stays_out_and_is_not_asked_again(plan, write):
    _, held = hold_one(plan, write)
    decide(plan, [held], "rejected", "王芳", "印错", today=TODAY)
    path = plan.parent / "rows.csv"
    assert set(take(path, plan)[1].values()) == {0}
    assert read_quarantine(plan).set_index("quarantine_id").at[held, "action"] == "rejected"


def test_a_decision_needs_an_id_a_name_and_a_reason(plan, write, bytes_of):
    of_range, held = hold_one(plan, write)
    before = bytes_of(plan)
    for ids, by, reason, value, said in (
        (["Q0"], "王芳", "x", None, "no such id"),
        ([held], "", "x", None, "by: "),
        ([held], "王芳", " ", None, "reason: "),
        ([of_range], "王芳", "x", None, "a range"),
        ([held], "王芳", "x", "九", "no plain number"),
        ([held, of_range], "王芳", "x", "9", "one id only"),
    ):
        with pytest.raises(DataError, match=said):
            decide(plan, ids, "released", by, reason, value, TODAY)
    assert bytes_of(plan) == before
    decide(plan, [held], "rejected", "王芳", "x", today=TODAY)
    with pytest.raises(DataError, match="already rejected by 王芳"):
        decide(plan, [held], "released", "王芳", "x", today=TODAY)
