"""The official methods say what their publishers print, and nothing where they divide by nothing."""

import json
import math
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sy_analysis.judge.methods import METHODS, REASONS, compare_methods, evaluate_method

VECTORS = json.loads((Path(__file__).parent / "vectors" / "methods.json").read_text(encoding="utf-8"))
# what a vector says about its case beside the case itself
ANNOTATIONS = {"method", "vid", "kind", "source", "licence", "note", "tol", "extra"}
ANNOTATIONS |= {"exp_value", "exp_score", "exp_status"}
CASE = {
    "base_year": 2020,
    "base_value": 91.27,
    "current_year": 2023,
    "current_value": 92.4,
    "target": 93,
    "target_year": 2025,
    "direction": 1,
}
SERIES = {"years": [2018, 2019, 2020, 2021, 2022, 2023], "values": [90.1, 90.6, 91.27, 91.5, 92.0, 92.4]}
GROWTH_METHODS = ("statcan_opensdg", "un_progress_2022", "un_progress_2023", "eurostat")


def fields(vector):
    """The case, and those of its extra numbers that the method reads; the others are expected of it."""
    inputs = METHODS[vector["method"]][1]
    given = {name: value for name, value in vector.get("extra", {}).items() if name in inputs}
    return given | {name: value for name, value in vector.items() if name not in ANNOTATIONS}


def change(case, **values):
    return {**case, **values}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["vid"])
def test_a_published_case_gives_the_published_value_score_and_status(vector):
    verdict = evaluate_method(vector["method"], **fields(vector))
    tolerance = vector.get("tol", 0)
    for name in ("value", "score"):
        expected = vector.get(f"exp_{name}")
        if expected is not None:
            assert getattr(verdict, name) == pytest.approx(expected, abs=tolerance * max(1, abs(expected)))
    assert verdict.status == vector.get("exp_status")
    for name, expected in vector.get("extra", {}).items():
        if name in verdict.extra:
            assert verdict.extra[name] == pytest.approx(expected, abs=max(tolerance, 1e-9))


def test_every_method_with_published_cases_is_there():
    assert {vector["method"] for vector in VECTORS} <= set(METHODS)


def test_a_fall_below_a_floor_is_not_250_percent_done():
    slip = {
        "base_year": 2020,
        "base_value": 61.02,
        "current_year": 2023,
        "current_value": 60.97,
        "target": 61,
    }
    assert evaluate_method("china_time_progress", **slip, target_year=2025).reason == "baseline_meets_target"


def test_an_unknown_method_or_field_is_refused_and_the_message_says_what_exists():
    with pytest.raises(ValueError, match="no method “sdsn”; there are china_time_progress"):
        evaluate_method("sdsn")
    with pytest.raises(ValueError, match="no field “baseline”; it has rule, direction"):
        evaluate_method("eurostat", baseline=1)
    with pytest.raises(ValueError, match="no field “band”"):
        evaluate_method("eurostat", band=0.1)
    with pytest.raises(ValueError, match="no rule “ratio”; there are level"):
        evaluate_method("eurostat", **CASE, rule="ratio")
    with pytest.raises(ValueError, match="direction is 'up'"):
        evaluate_method("eurostat", **change(CASE, direction="up"))
    with pytest.raises(ValueError, match="base_value is '91'"):
        evaluate_method("eurostat", **change(CASE, base_value="91"))
    with pytest.raises(ValueError, match="the same number"):
        evaluate_method("germany_dns_weather", years=[2020], values=[])
    with pytest.raises(ValueError, match="a pair"):
        evaluate_method("germany_dns_weather", target=[1, 2, 3])
    with pytest.raises(ValueError, match="repeats a year"):
        evaluate_method("germany_dns_weather", years=[2020, 2020], values=[1, 2])


@pytest.mark.parametrize(
    "method", ["china_time_progress", "un_progress_2022", "eurostat", "escap_current_status"]
)
def test_baseline_equal_to_target_has_no_ratio(method):
    verdict = evaluate_method(method, **change(CASE, base_value=93))
    assert (verdict.value, verdict.status, verdict.reason) == (None, None, "baseline_equals_target")


def test_statcan_calls_a_tie_achieved_until_the_first_slip_and_is_silent_then():
    tie = change(CASE, base_value=100, target=100, current_value=100)
    assert evaluate_method("statcan_opensdg", **tie)[:3] == (None, 5.0, "target_achieved")
    slip = evaluate_method("statcan_opensdg", **change(tie, current_value=99.95))
    assert slip[:4] == (None, None, None, "baseline_equals_target")


def test_a_falling_target_reads_as_the_mirror_of_a_rising_one():
    falling = change(CASE, base_value=10, current_value=8, target=5, direction=-1)
    assert evaluate_method("china_time_progress", **falling).value == pytest.approx(0.4)
    assert evaluate_method("escap_current_status", **falling).value == pytest.approx(4)
    for method in GROWTH_METHODS:
        assert evaluate_method(method, **falling).value > 0
        assert evaluate_method(method, **change(falling, current_value=11)).value < 0


@pytest.mark.parametrize("method", [*METHODS])
@pytest.mark.parametrize("missing", [None, math.nan, math.inf])
def test_a_missing_number_gives_a_reason_and_never_a_number(method, missing):
    for name in ("target", "base_value", "current_value"):
        verdict = evaluate_method(method, **change(CASE, **{name: missing}), rule="level")
        reads = {"nhs_spc_assurance": "target", "germany_dns_weather": "years"}.get(method, name)
        if reads == name:
            assert verdict.value is None and verdict.status in (None, "not_available", "not_applicable", "-")
        assert verdict.reason in REASONS or verdict.status is not None


def test_growth_is_undefined_from_zero_and_across_zero_except_where_the_source_replaces_zero():
    for method in ("un_progress_2022", "un_progress_2023", "eurostat"):
        assert evaluate_method(method, **change(CASE, base_value=0)).reason == "zero_baseline"
        assert evaluate_method(method, **change(CASE, base_value=-1)).reason == "mixed_signs"
    # open-sdg replaces a base or target of zero by 0.001
    zero_base = evaluate_method("statcan_opensdg", **change(CASE, base_value=0))
    assert zero_base == evaluate_method("statcan_opensdg", **change(CASE, base_value=0.001))
    zero_target = change(CASE, base_value=10, current_value=5, target=0, direction=-1)
    assert evaluate_method("statcan_opensdg", **zero_target) == evaluate_method(
        "statcan_opensdg", **change(zero_target, target=0.001)
    )
    assert evaluate_method("statcan_opensdg", **change(CASE, base_value=-1)).status == "not_available"


def test_without_a_better_direction_every_method_that_needs_one_says_so():
    for method in (*GROWTH_METHODS, "china_time_progress", "escap_current_status", "nagayo_town_grade"):
        assert evaluate_method(method, **change(CASE, direction=0)).reason == "no_direction"
    assert evaluate_method("nagayo_town_grade", **change(CASE, direction=0)).status == "-"
    assert (
        evaluate_method("escap_current_status", **change(CASE, direction=0), rule="parity").value is not None
    )


def test_statcan_flips_the_sign_of_negative_series():
    negative = change(CASE, base_value=-10, current_value=-8, target=-5)
    assert evaluate_method("statcan_opensdg", **negative).value > 0
    assert evaluate_method("statcan_opensdg", **change(negative, current_value=-12)).status == "deterioration"


def test_statcan_uses_its_documented_defaults():
    bare = {"years": [2016, 2023], "values": [10.0, 8.0], "base_year": 2015}
    verdict = evaluate_method("statcan_opensdg", **bare)
    assert (
        verdict.status == "substantial_progress"
    )  # direction is negative unless said, base is the next year
    assert verdict.value == pytest.approx(1 - (8 / 10) ** (1 / 7))


def test_statcan_eases_its_cuts_near_a_natural_limit_and_at_it():
    at_limit = {"base_year": 2020, "base_value": 100, "current_year": 2023, "direction": 1, "limit": 100}
    assert evaluate_method("statcan_opensdg", **at_limit, current_value=100)[1:3] == (
        5.0,
        "substantial_progress",
    )
    assert evaluate_method("statcan_opensdg", **at_limit, current_value=99.9).status == "deterioration"


def test_germany_needs_four_values_and_takes_the_weakest_end_of_an_interval():
    assert evaluate_method("germany_dns_weather", **change(CASE, **SERIES)).status == "sun"
    short = {"years": SERIES["years"][-3:], "values": SERIES["values"][-3:]}
    assert evaluate_method("germany_dns_weather", **change(CASE, **short)).reason == "too_few_points"
    interval = evaluate_method("germany_dns_weather", **change(CASE, **SERIES, target=(93, 99)))
    assert interval.status == evaluate_method("germany_dns_weather", **change(CASE, **SERIES)).status
    down = change(CASE, years=SERIES["years"], values=[7, 6, 5, 4, 3.5, 3], direction=-1)
    assert evaluate_method("germany_dns_weather", **change(down, target=(1, 2))) == evaluate_method(
        "germany_dns_weather", **change(down, target=2)
    )


@pytest.mark.parametrize(
    ("values", "status"),
    # target 100 from 80: a fall short by 1 of 20 is 5 %, by 4 of 20 is 20 %; one year left, slope over 5
    # years
    [
        ([0, 0, 0, 0, 0, 80], "sun_cloud"),
        ([-10, 0, 0, 0, 0, 80], "sun_cloud"),
        ([-16, 0, 0, 0, 0, 80], "sun"),
    ],
)
def test_germany_draws_its_lines_at_5_and_20_percent_of_the_way_to_go(values, status):
    case = {
        "years": [2019, 2020, 2021, 2022, 2023, 2024],
        "values": values,
        "target": 100,
        "target_year": 2025,
    }
    assert evaluate_method("germany_dns_weather", **case).status == status


def test_germany_past_the_target_year_does_not_run_the_trend_backwards():
    late = change(CASE, **SERIES, target=93, target_year=2020)
    verdict = evaluate_method("germany_dns_weather", **late)
    assert (verdict.status, verdict.extra["miss"]) == ("cloud", 1.0)


def test_germany_hold_looks_at_the_last_value_first_and_then_the_trend():
    years = [2018, 2019, 2020, 2021, 2022, 2023]
    case = {"rule": "hold", "target": 61, "years": years}
    for values, symbol in [
        ([61.0, 61.0, 61.0, 61.1, 61.1, 61.2], "sun"),
        ([61.5, 61.4, 61.3, 61.2, 61.1, 61.1], "sun_cloud"),
        ([60.0, 60.1, 60.2, 60.3, 60.4, 60.5], "cloud"),
        ([60.5, 60.5, 60.5, 60.5, 60.5, 60.5], "thunderstorm"),
    ]:
        assert evaluate_method("germany_dns_weather", **case, values=values).status == symbol


def test_un_2023_tolerance_near_100_can_be_switched_off():
    slip = change(CASE, base_value=98, current_value=99.4, target=100)
    assert evaluate_method("un_progress_2023", **slip).reason == "near_limit"
    strict = evaluate_method("un_progress_2023", **slip, near_limit_points=0)
    assert strict.reason == "" and strict.value == pytest.approx((99.4 * (99.4 / 98) ** (2 / 3) - 98) / 2)


def test_un_2023_judges_a_past_target_year_by_the_value_of_that_year():
    case = {"direction": 1, "base_year": 2020, "target": 93, "target_year": 2022}
    verdict = evaluate_method(
        "un_progress_2023", **case, **{**SERIES, "values": [90, 90, 91.27, 92, 93.2, 91]}
    )
    assert verdict.reason == "target_met"


def test_un_without_a_target_keeps_the_sign_of_a_worsening():
    case = {"base_year": 2020, "base_value": 100, "current_year": 2023, "current_value": 90, "direction": 1}
    assert evaluate_method("un_progress_2022", **case).status == "deterioration"
    assert evaluate_method("un_progress_2022", **change(case, direction=-1)).status == "substantial_on_track"


def test_eurostat_has_its_own_classes_with_and_without_a_target():
    assert evaluate_method("eurostat", **CASE).status == "significant_progress"
    assert evaluate_method("eurostat", **change(CASE, current_value=91.7)).status == "insufficient_progress"
    assert evaluate_method("eurostat", **change(CASE, current_value=91)).status == "movement_away"
    trend = {"base_year": 2020, "base_value": 100, "current_year": 2021, "direction": 1}
    statuses = [
        evaluate_method("eurostat", **trend, current_value=value).status
        for value in (101, 100.5, 100, 99.5, 99)
    ]
    assert statuses == [
        "significant_progress",
        "moderate_progress",
        "no_progress",
        "moderate_movement_away",
        "significant_movement_away",
    ]


def test_china_band_widens_what_counts_as_on_schedule():
    behind = change(CASE, base_value=0, current_value=57, target=100)  # 57 % done in 60 % of the time
    assert evaluate_method("china_time_progress", **behind).status == "lagging"
    assert evaluate_method("china_time_progress", **behind, band=0.1).status == "as_scheduled"
    with pytest.raises(ValueError, match="band is -1"):
        evaluate_method("china_time_progress", **CASE, band=-1)


def test_china_calls_nothing_early_in_the_target_year():
    on_time = change(CASE, current_year=2025, current_value=93)
    assert evaluate_method("china_time_progress", **on_time).status == "as_scheduled"
    late = evaluate_method("china_time_progress", **change(on_time, current_year=2026, current_value=92))
    assert (late.status, late.extra["elapsed_share"]) == ("lagging", 1.0)


def test_nagayo_grades_mirror_for_falling_indicators():
    case = {"base_value": 80, "target": 70, "direction": -1}
    grades = [
        evaluate_method("nagayo_town_grade", **case, current_value=v).status
        for v in (69, 70, 79, 80, 88, 88.1)
    ]
    assert grades == ["S", "A", "A", "B", "B", "C"]


def test_process_limits_need_two_values_or_are_given():
    assert evaluate_method("nhs_spc_assurance", target=5, values=[4], years=[2020]).reason == "too_few_points"
    assert evaluate_method("nhs_spc_assurance", target=5, lpl=6, upl=7).status == "consistent_pass"


def test_an_interval_is_judged_only_by_the_method_that_has_a_rule_for_it():
    assert evaluate_method("eurostat", **change(CASE, target=(93, 95))).reason == "no_rule"


def test_a_current_value_beyond_the_series_belongs_to_it():
    case = {"target": 93, "target_year": 2025, "direction": 1}
    apart = {
        "years": SERIES["years"][:-1],
        "values": SERIES["values"][:-1],
        "current_year": 2023,
        "current_value": 92.4,
    }
    assert evaluate_method("germany_dns_weather", **case, **apart) == evaluate_method(
        "germany_dns_weather", **case, **SERIES
    )


@given(
    factor=st.floats(0.01, 100),
    method=st.sampled_from([*GROWTH_METHODS, "china_time_progress", "escap_current_status"]),
)
def test_another_unit_of_measurement_changes_no_ratio(factor, method):
    scaled = change(CASE, **{name: CASE[name] * factor for name in ("base_value", "current_value", "target")})
    assert evaluate_method(method, **scaled).value == pytest.approx(
        evaluate_method(method, **CASE).value, rel=1e-6
    )


number = st.one_of(st.none(), st.sampled_from([0.0, math.nan, 100.0, 1e-12]), st.floats(-1e6, 1e6))
year = st.one_of(st.none(), st.integers(2000, 2040))
wild_case = st.fixed_dictionaries(
    {
        "direction": st.sampled_from([None, 1, -1, 0]),
        "base_year": year,
        "base_value": number,
        "current_year": year,
        "current_value": number,
        "target": number,
        "target_year": year,
        "limit": number,
    }
)


@given(
    method=st.sampled_from([*METHODS]),
    case=wild_case,
    rule=st.sampled_from([None, "level", "hold", "direction", "parity"]),
    series=st.dictionaries(st.integers(2000, 2040), number, max_size=9),
)
def test_no_case_however_odd_gives_an_exception_or_a_number_that_is_none(method, case, rule, series):
    verdict = evaluate_method(method, **case, rule=rule, years=list(series), values=list(series.values()))
    for number_given in (verdict.value, verdict.score):
        assert number_given is None or (
            isinstance(number_given, (int, float)) and math.isfinite(number_given)
        )
    assert verdict.reason == "" or verdict.reason in REASONS
    assert verdict.status is not None or verdict.reason


# ---- Side by side -----------------------------------------------------------------------------------------

INDICATOR = {"direction": 1, "family": "percentage", "upper_bound": 100.0}


def target_row(**values):
    row = {
        "relation": "at_least",
        "target_low": 93.0,
        "target_high": math.nan,
        "baseline_year": 2020,
        "baseline_value": 91.27,
        "target_year": 2025,
        "is_binding": False,
        "unit": "%",
        "printed_target": "93",
    }
    return {**row, **values}


def test_the_table_has_one_row_per_method_with_its_reason_in_two_languages():
    history = pd.Series({2021: 91.9, 2022: 92.4, 2023: 92.9})
    table, mark, *_ = compare_methods(history, target_row(), INDICATOR)
    assert table["method"].is_unique and len(table) == 9
    assert mark == "robust"
    assert (table[["name_zh", "name_en", "why_zh", "why_en"]].map(len) > 0).all().all()


def test_methods_that_disagree_make_a_target_contested():
    # enough growth since 2020 for the compound rates, but the last six years point nowhere
    history = pd.Series({2018: 92.6, 2019: 92.5, 2020: 91.27, 2021: 91.9, 2022: 92.2, 2023: 92.4})
    comparison = compare_methods(history, target_row(), INDICATOR)
    verdicts = comparison.table.set_index("method")["will_attain"]
    assert verdicts["un_progress_2023"] and not verdicts["germany_dns_weather"]
    assert comparison.mark == "contested"
    assert "近六个值的趋势（德国" in comparison.line_zh.split("判断不能")[1]
    assert "Germany" in comparison.line_en.split("it will not")[1]


def test_only_rules_made_for_holding_judge_a_floor_that_the_baseline_meets():
    history = pd.Series({2020: 98.2, 2021: 98.5, 2022: 98.6, 2023: 98.6})
    table, mark, *_ = compare_methods(history, target_row(target_low=98.2, baseline_value=98.2), INDICATOR)
    statuses = table.set_index("method")["status"]
    assert statuses["germany_dns_weather"] == "sun"
    assert statuses[["china_time_progress", "eurostat", "un_progress_2022"]].isna().all()
    assert mark == "robust"


def test_a_binding_target_gets_no_tolerance_near_100():
    history = pd.Series({2021: 99.8, 2022: 99.6, 2023: 99.4})
    row = target_row(relation="equal_ceiling", target_low=100.0, baseline_value=100.0)
    lenient = compare_methods(history, row, INDICATOR).table.set_index("method")["reason"]["un_progress_2023"]
    strict = compare_methods(history, {**row, "is_binding": True}, INDICATOR).table.set_index("method")[
        "reason"
    ]
    assert (lenient, strict["un_progress_2023"]) == ("near_limit", "baseline_equals_target")


def test_nothing_observed_is_a_full_table_of_silent_methods():
    table, mark, *_ = compare_methods(pd.Series(dtype=float), target_row(), INDICATOR)
    assert mark == "not_comparable" and table["will_attain"].isna().all()
    assert "没有现值" in compare_methods(pd.Series(dtype=float), target_row(), INDICATOR).line_zh


def test_a_baseline_alone_agrees_with_nothing():
    row = target_row(relation="equal_ceiling", target_low=100.0, baseline_value=100.0)
    table, mark, *_ = compare_methods(pd.Series({2020: 100.0}), row, INDICATOR)
    assert mark == "not_comparable" and table["will_attain"].isna().all()


def test_a_stand_in_is_not_measured_from_the_baseline_of_another_scope():
    history = pd.Series({2020: 95.5, 2021: 100.0, 2022: 96.9, 2023: 100.0, 2024: 95.6})
    row = target_row(target_low=95.0, baseline_value=94.0, printed_target="95")
    table = compare_methods(history, row, INDICATOR, is_stand_in=True).table.set_index("method")
    assert table["reason"]["china_time_progress"] == "baseline_meets_target"


def test_a_target_without_a_number_is_judged_by_direction_or_not_at_all():
    history = pd.Series({2020: 93.4, 2021: 91.0, 2022: 90.0, 2023: 91.5})
    row = target_row(
        relation="unset", target_low=math.nan, baseline_value=math.nan, printed_target="省下达指标"
    )
    table = compare_methods(history, row, INDICATOR).table.set_index("method")
    assert table["status"]["germany_dns_weather"] == "cloud"
    assert table["reason"]["china_time_progress"] == "no_target"
