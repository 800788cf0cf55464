from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sy_analysis.intake.candidates import Candidate
from sy_analysis.intake.guard import check, check_all
from sy_analysis.intake.known import earlier, known_from

BREAKS = [
    {
        "indicator_id": "V17",
        "area": "湖南省",
        "first_year": "2023",
        "becomes": "V17_newbasis",
        "note": "land survey",
    },
    {"indicator_id": "P01", "area": "*", "first_year": "2018", "becomes": "", "note": "more parameters"},
]
GUARD_FACTS = {
    "words": [
        {"pattern": "不合格", "conflicts": "P0\\d", "zh": "不合格率", "en": "a failure rate"},
        {"pattern": "市区", "conflicts": "V14", "zh": "市区口径", "en": "the city proper"},
    ],
    "parts": [{"indicator": "V16", "area": "湖南省", "counts": [28, 29, 30]}],
}
INDICATORS = pd.DataFrame(
    [
        # indicator_id, unit, lower, upper, kind, annual_rule, relates_to
        ("P01", "%", 0, 100, "hold", "none", ""),
        ("P02", "%", 0, 100, "percentage", "none", ""),
        ("P05", "个", 0, None, "count", "none", ""),
        ("V14", "%", 0, 100, "percentage", "none", ""),
        ("V14_city", "%", 0, 100, "percentage", "none", "V14"),
        ("V15_city", "%", 0, 100, "days_share", "days", ""),
        ("V16", "%", 0, 100, "ceiling", "none", ""),
        ("V17", "%", 0, 100, "hold", "none", ""),
        ("X", "件", 0, None, "amount", "sum", ""),
    ],
    columns=["indicator_id", "unit", "lower_bound", "upper_bound", "family", "annual_rule", "relates_to"],
)


def observations(indicator_id, values, area="邵阳市"):
    """Rows of the record from a dict of period to value."""
    rows = [(indicator_id, area, p, frequency(p), float(v), "=", "A") for p, v in values.items()]
    return pd.DataFrame(
        rows, columns=["indicator_id", "area", "period", "frequency", "value", "qualifier", "grade"]
    )


def frequency(period):
    return (
        "YTD" if "/" in period or "B" in period else "Q" if "Q" in period else "M" if "-" in period else "A"
    )


def known(*tables, **facts):
    record = pd.concat(tables) if tables else observations("P02", {})
    return known_from(record, INDICATORS, GUARD_FACTS, BREAKS, **facts)


def candidate(indicator_id, period, value, area="邵阳市", **more):
    unit = INDICATORS.set_index("indicator_id").at[indicator_id, "unit"]
    number = None if value is None else Decimal(value)
    return Candidate(
        indicator_id, area, period, frequency(period), number, unit, "=", str(value), "A1"
    )._replace(**more)


def rules(found):
    return [suspicion.rule for suspicion in found]


# ------------------------------------------------------------------ the two accidents on record
# Statistics Canada's public repository, 2026: 12.1.1 got a 2025 value of 8.88 (2024: 14.63) on 20 February,
# withdrawn on the 23rd with “Wait for all quarters before publishing year”; the final value was 9.53. In
# 3.5.1 a wrong measure came in on 9 February (49.2, then 13.6) and was corrected the same day.


def quarters(year, values):
    return {f"{year}Q{q}": value for q, value in enumerate(values, start=1)}


def test_a_year_with_missing_quarters_waits_and_the_corrected_value_joins():
    yearly = {"2022": 15.9, "2023": 15.2, "2024": 14.63}
    full = quarters(2024, [14.9, 14.8, 14.5, 14.3])
    held = check(
        candidate("P02", "2025", "8.88"),
        known(observations("P02", yearly | full | quarters(2025, [9, 9, 8.6]))),
    )
    assert rules(held)[0] == "complete"
    assert "only 3 of 4 quarters of 2025 are in" in held[0].reason
    assert "the whole period, all its parts in" in held[0].release
    complete = observations("P02", yearly | full | quarters(2025, [9, 9, 8.6, 11.5]))
    assert check(candidate("P02", "2025", "9.53"), known(complete)) == []


def test_a_wrong_measure_waits_and_the_right_one_joins():
    for history in ({"2024": 49.2}, {"2022": 47.5, "2023": 48.6, "2024": 49.2}):
        record = known(observations("P02", history))
        held = check(candidate("P02", "2025", "13.6"), record)
        assert rules(held) == ["jump"]
        assert "49.2 in 2024, now 13.6: 35.6 points a year" in held[0].reason
        assert check(candidate("P02", "2025", "49.9"), record) == []


# ------------------------------------------------------------------ rule by rule

PASS_RATES = observations("P02", {"2019": 91.0, "2020": 91.27, "2021": 92.1, "2022": 92.4})
AMOUNTS = observations("X", {"2020": 610, "2021": 644, "2022": 900})


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        (candidate("P02", "2023", "0.927"), "scale"),
        (candidate("P02", "2023", "9.27"), "decimal"),
        (candidate("P02", "2023", "7.3"), "reverse"),
        (candidate("P02", "2023", "927"), "bounds"),
        (candidate("P02", "2023", "92.40"), "copied"),
        (candidate("P02", "2023", "72.4"), "jump"),
        (candidate("P02", "2023", "92.7", header="不合格率"), "words"),
        (candidate("P02", "2023", "92.7", header="1-9月 合格率"), "complete"),
        (candidate("P02", "2023", "92.7", doubts=("unit",)), "unit"),
        (candidate("P02", "2023", None, doubts=("range",)), "range"),
        (candidate("X", "2023", "9610000"), "scale"),
        (candidate("X", "2023", "9610"), "decimal"),
        (candidate("X", "2023", "0.0961"), "scale"),
    ],
)
def test_each_accident_is_found_by_its_rule(given, rule):
    found = check(given, known(PASS_RATES, AMOUNTS))
    assert rule in rules(found)
    assert all(" / " in s.reason and " / " in s.release for s in found)


@pytest.mark.parametrize(
    "given",
    [
        candidate("P02", "2023", "92.8"),
        candidate("P02", "2023", "92.4"),  # one decimal repeats by chance
        candidate("P02", "2024", "93.6"),
        candidate("X", "2023", "1200"),
        candidate("P05", "2023", "2"),
        candidate("V14", "2023", "94"),  # the first value of its series
        candidate("P02", "2023", "60", qualifier=">="),
    ],
)
def test_ordinary_values_pass(given):
    assert check(given, known(PASS_RATES, AMOUNTS)) == []


def test_a_fraction_for_a_per_cent_is_found_where_only_other_areas_have_values():
    record = known(
        *(
            observations("P02", {"2022": 92 + i}, area)
            for i, area in enumerate(["长沙市", "湘潭市", "岳阳市", "常德市", "益阳市"])
        )
    )
    assert "scale" in rules(check(candidate("P02", "2023", "0.93"), record))
    assert check(candidate("P02", "2023", "93"), record) == []


def test_a_pass_rate_under_a_half_waits_where_nothing_else_is_known():
    record = known()
    record.facts["P02"]["name_zh"] = "产品质量合格率"
    assert rules(check(candidate("P02", "2023", "7.9"), record)) == ["reverse"]
    assert check(candidate("P02", "2023", "92.1"), record) == []


def test_a_stock_is_compared_with_other_months_where_its_own_month_has_no_past():
    record = known(observations("X", {"2020-11": 276, "2021-02": 300}, "湘西土家族苗族自治州"))
    assert rules(check(candidate("X", "2021-09", "3000000", area="湘西州"), record)) == ["scale"]
    assert check(candidate("X", "2021-09", "330", area="湘西州"), record) == []


def test_a_year_that_is_not_over_is_no_year():
    given = candidate("P02", "2023", "92.8")
    assert rules(check(given, known(PASS_RATES), date(2023, 12, 20))) == ["complete"]
    assert check(given, known(PASS_RATES), date(2023, 12, 31)) == []
    assert check(given, known(PASS_RATES), date(2024, 2, 1)) == []


def test_a_month_in_which_it_was_published_is_not_over():
    given = candidate("V15_city", "2021-11", "96.7")
    assert rules(check(given, known(), date(2021, 11, 20))) == ["complete"]
    assert check(given, known(), date(2021, 12, 5)) == []


def test_the_value_of_nine_months_given_as_the_year_waits():
    record = known(PASS_RATES, observations("P02", {"2023-01/2023-09": 92.85}))
    assert "equals the value of 2023-01/2023-09" in check(candidate("P02", "2023", "92.85"), record)[0].reason
    assert check(candidate("P02", "2023", "92.9"), record) == []


def test_a_month_can_only_be_days_of_its_calendar():
    assert check(candidate("V15_city", "2021-11", "96.7"), known()) == []  # 29 of 30
    assert rules(check(candidate("V15_city", "2021-11", "96.2"), known())) == ["parts"]
    assert check(candidate("V15_city", "2024-02", "96.55", parse="28 of 29 days"), known()) == []
    assert check(candidate("V15_city", "2021-11", "96.2", area="湖南省"), known()) == []  # a mean of cities


def test_a_share_of_29_sources_can_only_be_so_many():
    assert check(candidate("V16", "2018", "96.6", area="湖南省"), known()) == []  # 28 of 29
    assert rules(check(candidate("V16", "2018", "95.0", area="湖南省"), known())) == ["parts"]


def test_nothing_is_compared_across_a_break():
    record = known(observations("P01", {"2016": 70.0, "2017": 70.2}))
    assert earlier(candidate("P01", "2018", "97.5"), record) == []
    assert check(candidate("P01", "2018", "97.5"), record) == []
    assert rules(
        check(candidate("P01", "2017", "97.5"), known(observations("P01", {"2015": 70, "2016": 70.1})))
    ) == ["jump"]


def test_after_a_break_the_old_id_waits_with_the_new_one_named():
    record = known(observations("V17", {"2022": 59.98}, "湖南省"))
    held = check(candidate("V17", "2024", "54.11", area="湖南省"), record)
    assert rules(held)[0] == "break"
    assert "V17_newbasis" in held[0].release


def test_the_city_proper_is_not_the_whole_city():
    assert rules(check(candidate("V14", "2023", "94", area="邵阳市区"), known())) == ["level"]
    assert rules(check(candidate("V14", "2023", "94", header="市区污水集中处理率"), known())) == ["words"]


def test_months_are_compared_with_the_same_month_of_earlier_years():
    record = known(observations("V15_city", {"2019-01": 30.0, "2020-01": 40.0, "2020-06": 100.0}))
    assert earlier(candidate("V15_city", "2021-01", "35.5"), record) == [(2020, 40.0), (2019, 30.0)]


def test_months_that_are_published_only_when_perfect_wait():
    perfect = [candidate("V15_city", "2021-06", "100", area=area) for area in ("邵阳市", "怀化市")]
    assert [rules(found) for _, found in check_all(perfect, known())] == [["selected"]] * 2
    mixed = [*perfect, candidate("V15_city", "2021-06", "96.7", area="长沙市")]
    assert [rules(found) for _, found in check_all(mixed, known())] == [[]] * 3


def test_a_column_that_repeats_last_year_waits():
    areas = ("长沙市", "湘潭市", "岳阳市")
    record = known(*(observations("V14_city", {"2022": 95 + i}, area) for i, area in enumerate(areas)))
    again = [candidate("V14_city", "2023", str(95 + i), area=area) for i, area in enumerate(areas)]
    assert [rules(found) for _, found in check_all(again, record)] == [["copied"]] * 3


def test_values_of_one_file_are_checked_against_one_another_parts_before_the_year():
    record = known(observations("P02", {"2023": 92.0} | quarters(2023, [92, 92, 92, 92])))
    parts = [candidate("P02", f"2024Q{q}", "92.5") for q in (1, 2, 3)]
    year = candidate("P02", "2024", "92.5")
    assert rules(check_all([year, *parts], record)[0][1]) == ["complete"]
    record = known(observations("P02", {"2023": 92.0} | quarters(2023, [92, 92, 92, 92])))
    assert [rules(f) for _, f in check_all([year, *parts, candidate("P02", "2024Q4", "92.5")], record)] == [
        []
    ] * 5


def test_a_known_exception_is_a_row_for_one_value_and_one_rule():
    row = {"indicator_id": "P02", "area": "邵阳市", "period": "2023", "rule": "copied"}
    given = candidate("P02", "2023", "92.40")
    assert [found for _, found in check_all([given], known(PASS_RATES, exceptions=[row]))] == [()]
    assert [
        rules(f) for _, f in check_all([given], known(PASS_RATES, exceptions=[{**row, "period": "2022"}]))
    ] == [["copied"]]


PERIODS = ("2023", "2023-04", "2023Q2", "2023-01/2023-09", "2023-01-01/2023-10-23", "2023-B1")


@given(
    st.sampled_from(list(INDICATORS["indicator_id"])),
    st.sampled_from(PERIODS),
    st.decimals(min_value=-1000, max_value=10**9, places=2),
    st.lists(st.floats(0, 10**6), max_size=6),
)
@example("X", "2023", Decimal("0.01"), [2.225073858507e-311, 1.0])  # whose ratio no float holds
def test_any_value_after_any_history_gets_a_reason_in_two_languages_or_passes(
    indicator_id, period, value, history
):
    past = {period.replace("2023", str(2022 - k)): number for k, number in enumerate(history)}
    found = check(candidate(indicator_id, period, str(value)), known(observations(indicator_id, past)))
    assert all(" / " in suspicion.reason and suspicion.release for suspicion in found)
