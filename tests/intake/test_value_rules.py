from datetime import date

import pytest

from sy_analysis.intake.guard import check
from sy_analysis.intake.history import earlier

from .guard_cases import AMOUNTS, PASS_RATES, candidate, known, observations, rules


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
