import pytest

from sy_analysis.base.errors import ParamsError
from sy_analysis.judge.assessments import assess_as_of
from sy_analysis.judge.what_if import ASSUMED, assume
from sy_analysis.record.plan import read_plan
from sy_analysis.report.data import view_target
from sy_analysis.report.words import verdict


@pytest.fixture(scope="module")
def shaoyang():
    return read_plan("shaoyang-2021-2025")


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
