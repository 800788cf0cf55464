"""Contracts on the real plan folder: what a transcription must keep."""

import re

import pandas as pd
import pytest

from sy_analysis.judge.assessments import assess_as_of
from sy_analysis.record.folders import plan_folder, record_folder
from sy_analysis.record.plan import read_plan
from sy_analysis.record.selection import core_ids


@pytest.fixture(scope="module")
def plan():
    return read_plan("shaoyang-2021-2025")


@pytest.fixture(scope="module")
def lines():
    return (plan_folder("shaoyang-2021-2025") / "plan.txt").read_text(encoding="utf-8").splitlines()


def squeezed(text):
    return re.sub(r"[\s|]", "", text)


def test_seventeen_core_indicators_three_of_them_binding(plan):
    core = plan.targets[plan.targets["target_id"].isin(core_ids(plan))]
    assert len(core) == 17
    assert core.loc[core["is_binding"], "target_id"].tolist() == ["V13", "V15", "V17"]
    groups = plan.indicators.set_index("indicator_id").loc[core["indicator_id"], "group_zh"].value_counts()
    assert groups.to_dict() == {"产品质量": 5, "工程质量": 5, "服务质量": 2, "环境质量": 5}


def test_some_forty_box_targets_are_there_too(plan):
    assert len(plan.targets) - 17 >= 40
    assert {section.split()[0] for section in plan.targets["section"] if section.startswith("专栏")} == {
        f"专栏{n}" for n in (1, 2, 3, 4, 6, 8, 9, 10, 11)
    }


def test_every_core_target_is_as_printed(plan, lines):
    for target in plan.targets[plan.targets["target_id"].isin(core_ids(plan))].to_dict("records"):
        assert squeezed(lines[int(target["plan_line"]) - 1]) == squeezed(target["printed_target"]), target[
            "target_id"
        ]
        assert squeezed(lines[int(target["plan_line"]) - 2]) == squeezed(target["printed_baseline"]), target[
            "target_id"
        ]


def test_every_number_of_a_box_target_stands_in_its_line_of_the_plan(plan, lines):
    for target in plan.targets[~plan.targets["target_id"].isin(core_ids(plan))].to_dict("records"):
        printed = squeezed(target["printed_target"])
        line = squeezed(lines[int(target["plan_line"]) - 1])
        for number in re.findall(r"\d+(?:\.\d+)?", printed):
            assert number in line, target["target_id"]


def test_a_core_baseline_is_an_observation_from_the_plan(plan):
    from_plan = plan.observations[plan.observations["source_id"] == "plan"].set_index(
        ["indicator_id", "period"]
    )["value"]
    core = plan.targets[
        plan.targets["target_id"].isin(core_ids(plan)) & plan.targets["baseline_value"].notna()
    ]
    assert len(core) == 14
    for target in core.itertuples():
        assert from_plan[(target.indicator_id, str(int(target.baseline_year)))] == target.baseline_value


def test_an_observation_from_the_plan_is_printed_where_it_says(plan, lines):
    rows = plan.observations[(plan.observations["source_id"] == "plan") & (plan.observations["grade"] == "A")]
    for row in rows.itertuples():
        line = lines[int(row.locator.removeprefix("plan.txt line ")) - 1]
        assert row.printed in line


def test_no_source_is_recorded_before_it_was_published(plan):
    dated = plan.sources[plan.sources["published"].notna()]
    assert (dated["published"] <= dated["recorded"]).all()


def test_no_observation_runs_past_the_day_on_which_it_was_recorded(plan):
    from sy_analysis.record.observations import clean_observations

    observations = clean_observations(plan.observations, plan.sources)
    late = observations[observations["start"] > observations["known_on"]]
    assert late[["indicator_id", "area", "period", "source_id"]].to_dict("records") == []


def test_every_source_is_cited(plan):
    cited = set(plan.observations["source_id"]) | set(plan.reference_targets["source_id"])
    assert set(plan.sources["source_id"]) - cited == set()


def test_goals_are_not_observations(plan):
    assert not plan.observations["note"].str.contains(r"^Target\.|Target;", regex=True).any()


def test_the_forest_break_keeps_two_series_apart(plan):
    ids = plan.indicators.set_index("indicator_id")
    assert ids.loc["V17_newbasis", "role"] == "context"  # never compared with the plan's floor of 61
    new = plan.observations[plan.observations["indicator_id"] == "V17_newbasis"]
    assert pd.to_numeric(new["value"]).max() < 60


# ---- The second plan: the province's goals


@pytest.fixture(scope="module")
def hunan():
    return read_plan("hunan-2021-2025")


def test_the_second_plan_uses_the_same_record_and_copies_no_row(plan, hunan):
    assert record_folder("hunan-2021-2025") == record_folder("shaoyang-2021-2025")
    for name in ("observations", "sources", "breaks"):
        assert getattr(hunan, name).equals(getattr(plan, name)), name


def test_what_an_indicator_is_for_belongs_to_the_plan(plan, hunan):
    roles = [of.indicators.set_index("indicator_id")["role"] for of in (plan, hunan)]
    assert [role["V15_city"] for role in roles] == ["stand_in", "core"]
    assert (roles[1] != "context").sum() == 5  # all others are in the record, and nothing is asked of them


def test_the_second_plan_asks_what_the_record_says_that_the_province_asks(plan, hunan):
    asked = plan.reference_targets.query("area == '湖南省' and period == '2025'").set_index("source_id")
    for target in hunan.targets.to_dict("records"):
        source_id = re.match(r"S\d+", target["note"])[0]
        row = asked[asked["relation"] == target["relation"]].loc[[source_id]]
        assert target["target_low"] in set(row["value"]) or row["value"].isna().all(), target["target_id"]


def test_the_documents_of_the_goals_of_the_second_plan_are_sources(hunan):
    goals = set(hunan.targets["note"].str.extract(r"(S\d+)", expand=False))
    assert goals | set(hunan.reference_targets["source_id"]) <= set(hunan.sources["source_id"])


def test_the_four_goals_of_the_province_have_four_different_verdicts(hunan):
    assessments = assess_as_of(hunan, "2026-09-30").assessments.set_index("target_id")
    assert assessments["status"].to_dict() == {
        "P01": "on_track",
        "P02": "at_risk",
        "V15": "not_assessed",
        "V17": "attained",
    }
