import pandas as pd
import pytest

from sy_analysis.base.errors import ParamsError
from sy_analysis.judge.assessments import assess_as_of
from sy_analysis.judge.other_areas import ask_of, compare_areas
from sy_analysis.record.known import known_as_of
from sy_analysis.record.plan import read_plan
from sy_analysis.record.selection import core_ids

PREFECTURES = ["邵阳市", "长沙市", "株洲市", "湘西州"]


@pytest.fixture(scope="module")
def shaoyang():
    return read_plan("shaoyang-2021-2025")


@pytest.fixture(scope="module")
def latest(shaoyang):
    return assess_as_of(shaoyang, "2026-09-30")


@pytest.fixture(scope="module")
def compared(shaoyang, latest):
    return compare_areas(shaoyang, latest.record, PREFECTURES)


def test_a_comparison_has_one_row_for_each_area_and_core_target(shaoyang, compared):
    key = [(area, target_id) for area in PREFECTURES for target_id in core_ids(shaoyang)]
    assert list(zip(compared["area"], compared["target_id"], strict=True)) == key
    assert set(compared["plan_id"]) == {"shaoyang-2021-2025"}


def test_the_plans_own_area_is_judged_as_in_its_report(compared, latest):
    own = compared[compared["is_own"]].set_index("target_id")[latest.assessments.columns.drop("target_id")]
    assert set(own["area"]) == {"邵阳市"}
    assert own.equals(latest.assessments.set_index("target_id").loc[own.index])


def test_another_area_never_borrows_the_plans_baseline_or_its_values(compared):
    rows = compared.set_index(["area", "target_id"])
    assert rows.loc[("长沙市", "V14"), ["rule_class", "status"]].tolist() == ["start_up", "on_track"]
    assert rows.loc[("长沙市", "P02"), ["n_own", "reason"]].tolist() == [0, "no_observation"]


def test_another_area_starts_from_its_own_published_baseline(demo):
    own = demo.observations.assign(area="丙市")
    asked = demo._replace(observations=pd.concat([demo.observations, own], ignore_index=True))
    rows = compare_areas(asked, known_as_of(asked, "2024-12-31"), ["甲市", "丙市"], target_ids=["G1"])
    assert rows["rule_class"].tolist() == ["grow", "grow"]
    assert rows["latest_value"].tolist() == [92.1, 92.1]


def test_a_plan_asked_of_another_area_gives_the_verdicts_of_the_comparison(shaoyang, latest, compared):
    asked = ask_of(shaoyang, "长沙市", latest.record)
    judged = assess_as_of(asked, "2026-09-30").assessments
    rows = compared[compared["area"] == "长沙市"]
    same = ["target_id", "status", "reason", "rule_class", "attainment_probability", "predicted_median"]
    pd.testing.assert_frame_equal(judged[same], rows[same].reset_index(drop=True))
    assert asked.area == "长沙市" and "长沙市" in asked.name_zh and "not its own plan" in asked.name_en


def test_an_area_without_observations_is_refused_with_those_that_have_some(demo):
    with pytest.raises(ParamsError, match="no observation of “丁市”; it has those of 甲市, 乙市"):
        ask_of(demo, "丁市", assess_as_of(demo, "2024-12-31").record)
