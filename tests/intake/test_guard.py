from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from sy_analysis.intake.guard import check, check_all

from .guard_cases import INDICATORS, PASS_RATES, candidate, known, observations, quarters, rules

# ------------------------------------------------------------------ the two accidents on record
# Statistics Canada's public repository, 2026: 12.1.1 got a 2025 value of 8.88 (2024: 14.63) on 20 February,
# withdrawn on the 23rd with “Wait for all quarters before publishing year”; the final value was 9.53. In
# 3.5.1 a wrong measure came in on 9 February (49.2, then 13.6) and was corrected the same day.


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
