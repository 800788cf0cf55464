import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.record.plan import read_plan


def problems_of(tables, write_plan):
    with pytest.raises(DataError) as error:
        read_plan(write_plan(tables))
    return error.value.problems


def test_an_unknown_column_and_a_missing_one_are_named(tables, write_plan):
    tables["sources"] = tables["sources"].rename(columns={"publisher": "owner"})
    first, second = problems_of(tables, write_plan)
    assert first.startswith("sources.csv: column “publisher” is missing; expected source_id, publisher")
    assert second.startswith("sources.csv: column “owner” is not expected")


def test_a_duplicate_key_names_both_lines(tables, write_plan):
    tables["observations"].loc[8] = tables["observations"].loc[0]
    assert problems_of(tables, write_plan) == [
        "observations.csv line 10: the same indicator_id + area + period + frequency + source_id stands "
        "in line 2: G1, 甲市, 2020, A, plan; a correction is a new row with its own source"
    ]


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("indicator_id", "../etc", "expected an id of letters, digits, - and _ (at most 40)"),
        ("frequency", "yearly", "expected one of A, Q, M, YTD"),
        ("value", "≧98.2", "expected a plain number such as 98.2"),
        ("value", "", "expected a plain number such as 98.2"),
        ("value", "1e400", "expected a plain number such as 98.2"),
        ("qualifier", "≈", "expected one of =, >=, <=, ~"),
        ("grade", "E", "expected one of A, B, C, D"),
        ("unit", "", "expected text, found none"),
        ("area", " ", "expected text, found none"),
    ],
)
def test_a_malformed_cell_names_line_column_value_and_what_was_expected(
    tables, write_plan, column, value, expected
):
    tables["observations"].loc[3, column] = value
    assert f"observations.csv line 5, column “{column}”: “{value}”; {expected}" in problems_of(
        tables, write_plan
    )


@pytest.mark.parametrize(
    ("frequency", "period"),
    [
        ("A", "2024Q3"),
        ("Q", "2024Q5"),
        ("M", "2024-13"),
        ("YTD", "2024"),
        ("YTD", "2024-02-30/2024-03-01"),
        ("YTD", "2024-09/2024-01"),
    ],
)
def test_a_period_must_fit_its_frequency(tables, write_plan, frequency, period):
    tables["observations"].loc[3, ["frequency", "period"]] = [frequency, period]
    (problem,) = problems_of(tables, write_plan)
    assert f"column “period”: “{period}”; expected a period of frequency {frequency}, such as" in problem


def test_ids_units_and_bounds_are_checked_against_the_indicator(tables, write_plan):
    tables["observations"].loc[0, "value"] = "190"
    tables["observations"].loc[1, "unit"] = "分"
    tables["observations"].loc[2, "source_id"] = "S9"
    tables["observations"].loc[3, "indicator_id"] = "G9"
    tables["targets"].loc[0, "target_low"] = "930"
    assert problems_of(tables, write_plan) == [
        "observations.csv line 2, column “value”: “190”; expected 0 to 100, the bounds of G1",
        "observations.csv line 3, column “unit”: “分”; expected %, the unit of G1",
        "observations.csv line 4, column “source_id”: “S9”; expected an id of sources.csv",
        "observations.csv line 5, column “indicator_id”: “G9”; expected an id of indicators.csv",
        "targets.csv line 2, column “target_low”: “930”; expected 0 to 100, the bounds of G1",
    ]


@pytest.mark.parametrize(
    ("relation", "low", "high", "expected"),
    [
        ("at_least", "", "", "at_least needs target_low"),
        ("between", "3", "2", "between needs target_low below target_high"),
        ("unset", "93", "", "unset takes no number"),
    ],
)
def test_a_relation_needs_its_numbers(tables, write_plan, relation, low, high, expected):
    tables["targets"].loc[0, ["relation", "target_low", "target_high"]] = [relation, low, high]
    (problem,) = problems_of(tables, write_plan)
    assert problem == f"targets.csv line 2, column “relation”: “{relation}”; expected its numbers: {expected}"
