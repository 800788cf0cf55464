import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.intake.history import (
    breaks_of,
    change,
    earlier,
    levels,
    panel_limit,
    read_guard_facts,
    remember,
    series_of,
)
from sy_analysis.record.folders import record_folder

from .guard_cases import candidate, known, observations


def test_months_are_compared_with_the_same_month_of_earlier_years():
    record = known(observations("V15_city", {"2019-01": 30.0, "2020-01": 40.0, "2020-06": 100.0}))
    assert earlier(candidate("V15_city", "2021-01", "35.5"), record) == [(2020, 40.0), (2019, 30.0)]


def test_a_value_that_passed_is_known_for_the_next_one():
    record, passed = known(), candidate("P02", "2022", "92.4")
    remember(record, passed)
    assert series_of(passed, record) == {"2022": 92.4}
    assert earlier(candidate("P02", "2023", "92.8"), record) == [(2022, 92.4)]


def test_printed_bounds_say_nothing_about_the_level():
    table = observations("P02", {"2021": 90, "2022": 95})
    table.loc[table["period"] == "2022", "qualifier"] = ">="
    assert series_of(candidate("P02", "2023", "91"), known(table)) == {"2021": 90.0}


def test_two_names_of_an_area_are_one_series():
    record = known(observations("P02", {"2022": 92.0}, "湘西土家族苗族自治州"))
    assert series_of(candidate("P02", "2023", "92", area="湘西州"), record) == {"2022": 92.0}


def test_a_break_for_all_areas_concerns_each():
    assert [row["first_year"] for row in breaks_of(candidate("P01", "2020", "98"), known())] == ["2018"]
    assert breaks_of(candidate("V17", "2024", "54"), known()) == []  # the break of another area


def test_other_areas_say_the_level_of_a_share_only_from_three_values_on():
    areas = ("长沙市", "湘潭市", "岳阳市")
    tables = [observations("P02", {"2022": 92 + i}, area) for i, area in enumerate(areas)]
    given = candidate("P02", "2023", "93")
    assert levels(given, known(*tables), []) == [92.0, 93.0, 94.0]
    assert levels(given, known(*tables[:2]), []) == []


def test_comparable_series_set_a_limit_only_when_there_are_enough():
    years = {str(2000 + i): 50 + i % 2 for i in range(22)}  # 21 changes of one point
    given = candidate("P02", "2023", "93")
    assert panel_limit(given, known(observations("P02", years, "长沙市"))) == pytest.approx(1.0)
    assert panel_limit(given, known(observations("P02", {"2021": 50, "2022": 51}, "长沙市"))) is None
    assert panel_limit(given, known(observations("P02", years))) is None  # its own changes do not count


def test_a_change_from_zero_is_relative_to_the_larger_value():
    assert change(0.0, 5.0, share=False) == 1.0


def test_the_guard_knows_words_parts_breaks_and_exceptions_of_the_record():
    facts = read_guard_facts(record_folder("shaoyang-2021-2025"))
    assert len(facts["guard_facts"]["words"]) == 11
    assert facts["guard_facts"]["parts"][0]["counts"] == (28, 29, 30, 31, 32)
    assert len(facts["breaks"]) == 6 and facts["exceptions"] == []


def test_a_record_without_facts_for_the_guard_has_none(tmp_path):
    assert read_guard_facts(tmp_path) == {"guard_facts": {}, "breaks": [], "exceptions": []}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("parts:\n  - {indicator: V16, area: 湖南省, counts: [0]}\n", r"guard\.yaml: parts\.0\.counts\.0"),
        ("words:\n  - {pattern: '(', conflicts: x, zh: x, en: x}\n", r"guard\.yaml: “\(” is no pattern"),
        ("rules: []\n", r"guard\.yaml: rules"),
    ],
)
def test_a_mistake_in_the_facts_names_the_file_and_the_word(write, tmp_path, text, problem):
    write("guard.yaml", text)
    with pytest.raises(DataError, match=problem):
        read_guard_facts(tmp_path)
