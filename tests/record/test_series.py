import pandas as pd
import pytest

from sy_analysis.record.observations import clean_observations
from sy_analysis.record.plan import read_plan
from sy_analysis.record.series import (
    annualise,
    find_conflicts,
    find_gaps,
    histories_of,
    resolve_conflicts,
    series_as_of,
)


@pytest.fixture
def add_rows(tables, write_plan):
    """The small plan with more observations: (indicator_id, area, period, frequency, source_id, value)."""

    def add(*rows, **cells):
        template = tables["observations"].iloc[0].to_dict()
        names = ("indicator_id", "area", "period", "frequency", "source_id", "value")
        more = [template | dict(zip(names, row, strict=True)) | cells for row in rows]
        tables["observations"] = pd.concat([tables["observations"], pd.DataFrame(more)], ignore_index=True)
        return read_plan(write_plan(tables))

    return add


def yearly(plan, as_of=None):
    return series_as_of(
        clean_observations(plan.observations, plan.sources, as_of), plan.indicators, plan.breaks
    )


def history(plan, indicator_id, area, as_of=None):
    return histories_of(yearly(plan, as_of))[(indicator_id, area)]


def months(values, year=2022, area="甲市"):
    return [
        ("H1", area, f"{year}-{month:02d}", "M", "S2", str(value)) for month, value in enumerate(values, 1)
    ]


def test_one_row_a_year_with_gaps_as_missing_values(demo):
    own = yearly(demo).query("indicator_id == 'G1' and area == '甲市'")
    assert own["year"].tolist() == [2020, 2021, 2022, 2023]
    assert own["value"].isna().tolist() == [False, False, True, False]
    assert find_gaps(yearly(demo)).to_dict("records") == [
        {"indicator_id": "G1", "area": "甲市", "n_missing": 1, "years": [2022]}
    ]


def test_a_better_grade_wins_and_the_spread_is_kept(add_rows):
    plan = add_rows(("G1", "甲市", "2023", "A", "S3", "95"), grade="B")
    series = resolve_conflicts(clean_observations(plan.observations, plan.sources)).set_index(
        ["area", "period"]
    )
    row = series.loc[("甲市", "2023")]
    assert (row["value"], row["source_id"], row["n_sources"]) == (92.1, "S2", 2)
    assert row["spread"] == pytest.approx(2.9)  # 95 - 92.1


def test_among_equal_grades_the_later_known_is_the_revision(add_rows):
    plan = add_rows(("G1", "甲市", "2021", "A", "S2", "91"))
    assert history(plan, "G1", "甲市")[2021] == 91
    assert history(plan, "G1", "甲市", "2023-01-01")[2021] == 90.8


def test_an_exact_value_wins_over_about(add_rows):
    plan = add_rows(("G1", "甲市", "2021", "A", "S2", "91"), qualifier="~")
    assert history(plan, "G1", "甲市")[2021] == 90.8


def test_conflicts_list_every_side_with_the_chosen_first(add_rows):
    plan = add_rows(("G1", "甲市", "2021", "A", "S2", "91"))
    conflicts = find_conflicts(clean_observations(plan.observations, plan.sources))
    assert conflicts[["value", "source_id", "is_chosen"]].to_dict("records") == [
        {"value": 91, "source_id": "S2", "is_chosen": True},
        {"value": 90.8, "source_id": "S1", "is_chosen": False},
    ]


def test_year_to_date_value_is_not_a_yearly_observation(add_rows):
    plan = add_rows(
        ("G1", "甲市", "2024-01/2024-11", "YTD", "S2", "99"), ("G1", "甲市", "2024Q3", "Q", "S2", "99")
    )
    assert 2024 not in history(plan, "G1", "甲市").index


def test_twelve_months_make_a_year_by_their_days_where_the_rule_says_so(add_rows):
    plan = add_rows(*months([0, *[100] * 11]))
    # January has 31 of 365 days: 100 * 334 / 365
    assert history(plan, "H1", "甲市")[2022] == pytest.approx(100 * 334 / 365)


def test_eleven_months_make_no_year(add_rows):
    assert 2022 not in history(add_rows(*months([100] * 11)), "H1", "甲市").index


def test_a_published_year_is_never_replaced_by_its_months(add_rows):
    plan = add_rows(*months([100] * 12), ("H1", "甲市", "2022", "A", "S2", "88"))
    row = yearly(plan).query("indicator_id == 'H1' and year == 2022").iloc[0]
    assert (row["value"], row["made_from"]) == (88, "A")


def test_months_make_no_year_where_no_rule_says_so(add_rows):
    rows = [("G1", "甲市", f"2022-{month:02d}", "M", "S2", "95") for month in range(1, 13)]
    assert 2022 not in history(add_rows(*rows), "G1", "甲市").index


@pytest.mark.parametrize(("rule", "expected"), [("mean", 2.5), ("sum", 10), ("last", 4)])
def test_four_quarters_make_a_year_by_the_rule(demo, rule, expected):
    quarters = pd.DataFrame(
        {
            "indicator_id": "N1",
            "area": "甲市",
            "frequency": "Q",
            "period": [f"2022Q{q}" for q in (3, 1, 4, 2)],
            "year": 2022,
            "value": [3.0, 1.0, 4.0, 2.0],
            "source_id": "S1",
            "grade": "A",
            "known_on": pd.Timestamp("2023-01-31"),
            "n_sources": 1,
            "spread": 0.0,
        }
    )
    indicators = demo.indicators.assign(annual_rule=rule)
    assert annualise(quarters, indicators)["value"].tolist() == [expected]


def test_nothing_known_is_an_empty_series(demo):
    empty = yearly(demo, "2000-01-01")
    assert len(empty) == 0
    assert histories_of(empty) == {}


def test_the_order_of_rows_does_not_matter(demo):
    shuffled = demo._replace(observations=demo.observations.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(yearly(shuffled), yearly(demo))


def test_values_before_a_change_of_definition_are_never_compared_with_those_after(demo):
    broken = demo._replace(
        breaks=pd.DataFrame({"indicator_id": ["G1", "G1"], "area": ["*", "乙市"], "first_year": [2021, 2018]})
    )
    series = yearly(broken).query("indicator_id == 'G1'").set_index(["area", "year"])["segment"]
    assert [series[("甲市", year)] for year in (2020, 2021, 2023)] == [0, 1, 1]
    assert [series[("乙市", year)] for year in (2017, 2018)] == [0, 1]
    assert history(broken, "G1", "甲市").index.tolist() == [2021, 2023]
    assert history(broken, "G1", "乙市").index.tolist() == [2018, 2019]
