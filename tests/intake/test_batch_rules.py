from sy_analysis.intake.guard import check_all

from .guard_cases import candidate, known, observations, rules


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
