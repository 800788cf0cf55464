import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.intake.trace import trace

from .conftest import HEADERS, take


def test_a_baseline_is_traced_to_the_printed_line_of_the_plan():
    (row,) = trace("shaoyang-2021-2025", "P02", "2020").to_dict("records")
    assert (row["value"], row["printed"], row["place"], row["printed_line"]) == (
        91.27,
        "91.27",
        "plan.txt line 56",
        "91.27 |",
    )
    assert (row["is_chosen"], row["published"], len(row["file_hash"])) == (True, "2021-12-31", 64)


def test_a_number_from_a_file_is_traced_to_its_cell(plan, write):
    take(write("air.csv", HEADERS), plan)
    rows = trace(plan, "V15_city", "2021年11月")
    own = rows[rows["document"] == "air.csv"].iloc[0]
    assert (own["place"], own["printed"], own["value"]) == ("line 5 column 2", "９３。３", 93.3)
    assert "decimal point" in own["parse"]


def test_of_several_sources_the_one_that_the_series_uses_comes_first():
    rows = trace("shaoyang-2021-2025", "P02", "2023", area="湖南省")
    assert list(rows["is_chosen"]) == [True, False]
    assert list(rows["value"]) == [93.93, 93.9]


def test_a_year_that_is_made_of_months_is_traced_to_each_of_them(plan):
    months = [f"2013-{month:02d}" for month in range(1, 13)]
    with (plan / "observations.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"V15_city,邵阳市,{month},M,S006,90,%,=,B,,,\n" for month in months)
    rows = trace(plan, "V15_city", "2013")
    assert list(rows["period"]) == months
    assert rows["is_chosen"].all()


def test_what_is_not_in_the_record_says_what_is():
    with pytest.raises(
        DataError, match=r"holds 2020; related measures of this period: V14_city, V14_city_total"
    ):
        trace("shaoyang-2021-2025", "V14", "2024")
    with pytest.raises(DataError, match="is no period"):
        trace("shaoyang-2021-2025", "V14", "x")


def test_a_line_of_the_text_of_another_plan_of_the_record_is_shown_as_well():
    (row,) = trace("hunan-2021-2025", "P02", "2020", area="邵阳市").to_dict("records")
    assert (row["document"], row["printed_line"]) == ("shaoyang-2021-2025/plan.txt", "91.27 |")
