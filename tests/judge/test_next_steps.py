"""A brief says what is known of a target, what is not, and what to do next."""

import pandas as pd
import pytest

from sy_analysis.judge.next_steps import next_steps_of
from sy_analysis.judge.plan_checks import check_plan
from sy_analysis.record.plan import read_plan
from sy_analysis.report.data import assess


@pytest.fixture(scope="module")
def plan():
    return read_plan()


@pytest.fixture(scope="module")
def findings(plan):
    return check_plan(plan)


def brief_of(plan, findings, target_id, history):
    target = plan.targets.set_index("target_id", drop=False).loc[target_id].to_dict()
    indicator = plan.indicators.set_index("indicator_id").loc[target["indicator_id"]].to_dict()
    return next_steps_of(target, indicator, history, findings)


def test_each_binding_target_says_what_is_known_what_is_not_and_what_to_do(plan, findings):
    for target_id in plan.targets.loc[plan.targets["is_binding"], "target_id"]:
        brief = brief_of(plan, findings, target_id, pd.Series(dtype=float))
        assert list(brief) == ["known", "unknown", "next"]
        assert all(zh.endswith("。") and en.endswith(".") for zh, en in brief.values())
        assert "2021、2022、2023、2024、2025" in brief["unknown"][0]


def test_the_brief_of_air_asks_for_the_number_and_the_right_baseline(plan, findings):
    zh, en = brief_of(plan, findings, "V15", pd.Series({2020: 85.5}))["next"]
    assert "书面指标值" in zh and "基期年份" in zh and "Check year and scope of the baseline" in en


def test_known_years_are_listed_and_no_longer_asked_for(plan, findings):
    brief = brief_of(plan, findings, "V17", pd.Series({2020: 61.02, 2021: 61.02}))
    assert "2021年61.02" in brief["known"][0] and "2021" not in brief["unknown"][0]


def test_a_target_fully_observed_has_no_gap(plan, findings):
    history = pd.Series(dict.fromkeys(range(2020, 2026), 100.0))
    brief = brief_of(plan, findings, "V13", history)
    assert brief["unknown"][1] == "Nothing is missing."
    assert brief["next"][1] == "Record new values as they are published."


def test_the_binding_targets_have_a_brief_of_known_unknown_and_next(plan):
    briefs = assess(plan, "2026-09-30").next_steps
    assert list(briefs) == ["V13", "V15", "V17"]
    assert "目标数值未定" in briefs["V15"]["unknown"][0]
    assert all(len(text) == 2 for brief in briefs.values() for text in brief.values())
