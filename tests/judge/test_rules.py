"""Each printed target has the rule that fits it, and each rule its own verdict."""

import math

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sy_analysis.judge.rules import REASONS, apply_rule, classify_target, is_slipping
from sy_analysis.record.plan import read_plan
from sy_analysis.record.schema import STATUSES

CUTS = {"on_track_binding": 0.8, "on_track_expected": 0.66, "off_track": 0.33}
NAN = math.nan
RULE_CLASSES = {"grow", "hold", "ceiling", "count_or_range", "milestone", "direction_only", "start_up"}


def target(**values):
    row = {
        "relation": "at_least",
        "target_low": 93.0,
        "target_high": NAN,
        "baseline_year": 2020.0,
        "baseline_value": 91.27,
        "target_year": 2025,
        "unit": "%",
        "family": "percentage",
        "direction": 1,
        "lower_bound": 0.0,
        "upper_bound": 100.0,
        "is_binding": False,
        "is_stand_in": False,
        "printed_target": "93",
    }
    return {**row, **values}


def hold(**values):
    return target(**{"target_low": 98.2, "baseline_value": 98.2, "printed_target": "≧98.2", **values})


def ceiling(**values):
    return target(
        **{
            "relation": "equal_ceiling",
            "target_low": 100.0,
            "baseline_value": 100.0,
            "printed_target": "100",
            **values,
        }
    )


def count(**values):
    row = {"unit": "个", "family": "count", "upper_bound": NAN, "baseline_year": NAN, "baseline_value": NAN}
    return target(**{**row, "target_low": 5.0, "printed_target": "5个", **values})


def verdict(row, history, probability=NAN):
    return apply_rule(pd.Series(history, dtype=float), row, probability, CUTS)[:2]


# ---- The real plan ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plan_targets():
    plan = read_plan()
    facts = plan.indicators[["indicator_id", "direction", "family", "lower_bound", "upper_bound", "role"]]
    return plan.targets.merge(facts, on="indicator_id", validate="many_to_one")


def test_all_17_core_targets_have_the_class_that_their_numbers_say(plan_targets):
    core = plan_targets[plan_targets["role"] == "core"].to_dict("records")
    classes = {}
    for row in core:
        classes.setdefault(classify_target(row).rule_class, []).append(row["target_id"])
    assert classes == {
        "grow": ["P02", "P03", "P04", "E09", "E10", "V14"],
        "hold": ["P01", "E08", "V17"],
        "ceiling": ["E06", "E07", "V13", "V16"],
        "count_or_range": ["P05", "S12"],
        "start_up": ["S11"],
        "direction_only": ["V15"],
    }


def test_every_box_target_has_a_class_or_a_stated_refusal(plan_targets):
    rules = {row["target_id"]: classify_target(row) for row in plan_targets.to_dict("records")}
    assert all(
        (rule.rule_class in RULE_CLASSES) != (f"refused_{rule.reason}" in REASONS) for rule in rules.values()
    )
    refused = {target_id: rule.reason for target_id, rule in rules.items() if rule.rule_class is None}
    # "fully apply the 65 % energy standard": 65 names the standard, it is no share of buildings
    assert refused == {"B06-5": "names_a_standard"}
    milestones = [target_id for target_id, rule in rules.items() if rule.rule_class == "milestone"]
    assert milestones == [
        "B01-7",
        "B03-1",
        "T-2",
        "T-3",
        "B08-3",
        "B08-7",
        "B09-1",
        "B09-3",
        "B11-1",
        "B11-2",
    ]


# ---- Classes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (target(), "grow"),
        (target(baseline_value=93.0), "hold"),
        (target(baseline_value=NAN), "start_up"),
        (target(target_low=100.0, baseline_value=100.0), "ceiling"),
        (ceiling(baseline_value=95.0), "grow"),
        (target(relation="unset", target_low=NAN, printed_target="省下达指标"), "direction_only"),
        (count(), "count_or_range"),
        (count(target_low=1.0, printed_target="建设1个"), "milestone"),
        (count(printed_target="全面建成"), "milestone"),
        (
            count(relation="between", target_low=2.0, target_high=3.0, printed_target="2-3个"),
            "count_or_range",
        ),
        (
            target(relation="at_most", target_low=NAN, target_high=5.0, direction=-1, baseline_value=9.0),
            "grow",
        ),
        (
            target(relation="at_most", target_low=NAN, target_high=5.0, direction=-1, baseline_value=4.0),
            "hold",
        ),
    ],
)
def test_the_class_follows_from_the_printed_numbers(row, expected):
    assert classify_target(row) == (expected, "")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (target(target_low=NAN), "no_number"),
        (count(relation="between", target_low=3.0, target_high=2.0), "range_reversed"),
        (target(direction=-1), "direction_conflict"),
        (target(target_low=101.0), "beyond_bounds"),
        (target(baseline_year=2025.0), "year_before_baseline"),
        (target(printed_target="执行建筑节能65%标准"), "names_a_standard"),
    ],
)
def test_a_target_that_cannot_be_judged_as_printed_is_refused_with_a_reason(row, reason):
    assert classify_target(row) == (None, reason)
    assert verdict(row, {2023: 90.0}, 0.9) == ("not_assessed", f"refused_{reason}")


def test_every_reason_is_said_in_chinese_and_english():
    assert all(zh and en and zh != en for zh, en in REASONS.values())


# ---- Verdicts ---------------------------------------------------------------------------------------------


def test_the_target_years_value_decides_and_no_other_year_stands_in_for_it():
    assert verdict(target(), {2025: 93.0}, 0.01) == ("attained", "outturn")
    assert verdict(target(), {2024: 95.0, 2025: 92.9}, 0.99) == ("missed", "outturn")
    assert verdict(target(), {2024: 92.0, 2026: 95.0}) == ("not_assessed", "outturn_missing")
    assert verdict(target(), {2025: 92.9, 2026: 95.0}) == ("missed", "outturn")


def test_growing_is_judged_by_probability_and_more_strictly_when_binding():
    history = {2022: 92.0, 2023: 92.4}
    assert verdict(target(), history, 0.7) == ("on_track", "probability")
    assert verdict(target(is_binding=True), history, 0.7) == ("at_risk", "probability")
    assert verdict(target(), history, 0.2) == ("off_track", "probability")
    assert verdict(target(), {2023: 92.4}) == ("not_assessed", "too_few_observations")


def test_already_met_is_on_track_but_slipping_is_a_warning():
    assert verdict(hold(), {2022: 98.5, 2023: 98.5}) == ("on_track", "already_met")
    assert verdict(hold(), {2022: 98.5, 2023: 98.5}, 0.9) == ("on_track", "already_met")
    # 99.0 -> 98.5 in one year: two more such years end at 97.5
    assert verdict(hold(), {2022: 99.0, 2023: 98.5}, 0.9) == ("at_risk", "met_but_slipping")
    # 99.0 -> 98.9: two more such years still end above the floor
    assert verdict(hold(), {2022: 99.0, 2023: 98.9}, 0.9) == ("on_track", "already_met")


def test_a_target_that_is_met_is_never_called_off_track():
    assert verdict(hold(), {2022: 98.2, 2023: 98.2}, 0.1) == ("at_risk", "probability")


def test_below_a_floor_or_ceiling_is_at_best_at_risk():
    assert verdict(hold(), {2022: 98.5, 2023: 98.0}, 0.9) == ("at_risk", "below_floor")
    assert verdict(hold(), {2022: 97.0, 2023: 97.0}, 0.1) == ("off_track", "below_floor")
    assert verdict(hold(), {2022: 97.0, 2023: 97.5}) == ("at_risk", "below_floor")
    assert verdict(ceiling(), {2022: 100.0, 2023: 99.4}) == ("at_risk", "below_ceiling")
    assert verdict(ceiling(), {2022: 100.0, 2023: 100.0}) == ("on_track", "already_met")


def test_one_value_alone_is_no_verdict_on_a_floor():
    assert verdict(hold(), {2021: 98.4}) == ("not_assessed", "too_few_observations")


def test_a_target_met_before_and_lost_is_not_on_track_whatever_the_forecast():
    assert verdict(target(), {2022: 93.5, 2023: 92.9}, 0.95) == ("at_risk", "slipped_below_target")


def test_a_range_is_attained_from_its_low_end_and_more_does_not_undo_it():
    row = count(relation="between", target_low=2.0, target_high=3.0, printed_target="2-3个")
    assert verdict(row, {2024: 1.0, 2025: 2.0}) == ("attained", "outturn")
    assert verdict(row, {2024: 1.0, 2025: 7.0}) == ("attained", "outturn")
    assert verdict(row, {2023: 2.0, 2024: 3.0}) == ("on_track", "already_met")


def test_a_milestone_is_attained_once_it_exists():
    row = count(target_low=1.0, printed_target="构建1个")
    assert verdict(row, {2023: 1.0}) == ("attained", "milestone_reached")
    assert verdict(row, {2023: 0.0}) == ("not_assessed", "milestone_open")


def test_a_direction_without_a_number_is_never_assessed_but_says_where_it_heads():
    row = target(relation="unset", target_low=NAN, printed_target="省下达指标")
    assert verdict(row, {}) == ("not_assessed", "no_target")
    assert verdict(row, {2021: 90.0, 2022: 91.0}) == ("not_assessed", "no_target_improving")
    assert verdict(row, {2021: 90.0, 2025: 89.0}) == ("not_assessed", "no_target_worsening")
    assert verdict(row, {2021: 90.0, 2022: 90.0}) == ("not_assessed", "no_target_unchanged")


def test_nothing_observed_is_said_so():
    for row in (target(), hold(), ceiling(), count()):
        assert verdict(row, {}) == ("not_assessed", "no_observation")


def test_the_plans_baseline_counts_as_the_value_before_unless_its_scope_differs():
    row = hold(target_low=61.0, baseline_value=61.02, printed_target="≧61")
    assert is_slipping(pd.Series({2021: 61.01}), row)
    assert not is_slipping(pd.Series({2021: 61.01}), {**row, "is_stand_in": True})


def test_falling_targets_are_judged_as_the_mirror_of_rising_ones():
    down = hold(relation="at_most", target_low=NAN, target_high=5.0, direction=-1, baseline_value=4.0)
    assert verdict(down, {2022: 3.0, 2023: 4.5}, 0.9) == ("at_risk", "met_but_slipping")
    assert verdict(down, {2022: 4.0, 2023: 6.0}, 0.9) == ("at_risk", "below_floor")
    assert verdict(down, {2022: 4.0, 2023: 3.0}, 0.9) == ("on_track", "already_met")


# ---- Better is never worse --------------------------------------------------------------------------------

ORDER = {"missed": 0, "off_track": 1, "not_assessed": 1, "at_risk": 2, "on_track": 3, "attained": 4}
rows = st.sampled_from(
    [
        target(),
        target(is_binding=True),
        hold(),
        ceiling(),
        target(baseline_value=NAN),
        count(),
        count(target_low=1.0),
        target(relation="at_most", target_low=NAN, target_high=5.0, direction=-1, baseline_value=9.0),
        hold(relation="at_most", target_low=NAN, target_high=5.0, direction=-1, baseline_value=4.0),
    ]
)
values = st.one_of(st.floats(0, 100), st.sampled_from([93.0, 92.99, 98.2, 100.0, 5.0, 1.0, 0.0]))
probabilities = st.one_of(st.just(NAN), st.floats(0, 1), st.sampled_from([0.33, 0.66, 0.8]))
histories = st.dictionaries(st.integers(2020, 2026), values, min_size=1, max_size=6)


@given(row=rows, history=histories, better=values, probability=probabilities)
def test_a_better_latest_value_never_worsens_the_verdict(row, history, better, probability):
    latest = max(history)
    assume(row["direction"] * (better - history[latest]) >= 0)
    before = pd.Series(history, dtype=float).sort_index()
    after = before.copy()
    after[latest] = better
    old, new = (apply_rule(series, row, probability, CUTS).status for series in (before, after))
    assert ORDER[new] >= ORDER[old]


@given(row=rows, history=histories, low=st.floats(0, 1), high=st.floats(0, 1))
def test_a_higher_probability_never_worsens_the_verdict(row, history, low, high):
    series = pd.Series(history, dtype=float).sort_index()
    old, new = (apply_rule(series, row, p, CUTS).status for p in sorted((low, high)))
    assert ORDER[new] >= ORDER[old]


@given(row=rows, history=histories, rise=st.floats(0, 50), probability=probabilities)
def test_a_whole_series_that_stands_better_never_worsens_the_verdict(row, history, rise, probability):
    # the plan's baseline is part of the record, so it moves along
    before = pd.Series(history, dtype=float).sort_index()
    after = before + row["direction"] * rise
    assume(len(before) > 1 and not is_slipping(after, row))
    old, new = (apply_rule(series, row, probability, CUTS).status for series in (before, after))
    assert ORDER[new] >= ORDER[old]


@given(
    row=rows, history=st.dictionaries(st.integers(2015, 2030), values, max_size=8), probability=probabilities
)
def test_every_case_has_one_of_the_statuses_and_a_reason_that_is_explained(row, history, probability):
    judgement = apply_rule(pd.Series(history, dtype=float).sort_index(), row, probability, CUTS)
    assert judgement.status in STATUSES and judgement.reason in REASONS
