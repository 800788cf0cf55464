import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sy_analysis.forecast import forecast
from sy_analysis.forecast.references import ChangePool

numbers = st.lists(st.integers(-3, 3).map(float) | st.floats(-50, 50), max_size=6)


@given(st.lists(numbers, min_size=2, max_size=6), st.data())
def test_what_is_borrowed_is_summarised_as_numpy_does_it(series, data):
    left_out = data.draw(st.sets(st.integers(0, len(series))))
    others = np.array([change for i, one in enumerate(series) if i not in left_out for change in one])
    borrowed = ChangePool(dict(enumerate(series))).without(left_out)
    assert len(borrowed) == len(others) and borrowed.n_series == len(series) - len(
        left_out & set(range(len(series)))
    )
    assert np.array_equal(borrowed, others)
    if len(others):
        assert borrowed.median() == np.median(others)
        assert borrowed.median_size() == np.median(np.abs(others))
        assert borrowed.mean_size() == pytest.approx(np.abs(others).mean(), abs=1e-12)


def test_an_empty_pool_lends_nothing():
    assert len(ChangePool({}).without(["A"])) == 0


HISTORY = pd.Series([90.0], index=[2020], name="甲市")
ELSEWHERE = pd.Series([88.0, 89.0, 91.0], index=[2018, 2019, 2020])


def test_references_lend_the_changes_of_printed_values():
    bounded = pd.DataFrame(
        {"value": [88.0, 89.0, 91.0, 95.0], "qualifier": ["=", "~", "=", ">="]},
        index=[2018, 2019, 2020, 2021],
    )
    of_series, of_table = (
        forecast(HISTORY, 2, bounds=(0, 100), references={"乙市": reference}).median.to_list()
        for reference in (ELSEWHERE, bounded)
    )
    assert of_series == of_table


def test_an_area_with_one_value_has_no_change_to_lend():
    alone, lent = (
        forecast(HISTORY, 1, references=references).median.to_list()
        for references in (None, {"乙市": ELSEWHERE.iloc[:1]})
    )
    assert alone == lent


@pytest.mark.parametrize(
    ("references", "message"),
    [
        ({"甲市": ELSEWHERE}, "甲市: reference 甲市 is the series itself"),
        ({"乙市": ELSEWHERE.iloc[:0]}, "甲市: reference 乙市 is empty"),
        ({"乙市": ELSEWHERE + 20}, "甲市: reference 乙市: value 108 of 2018 is outside 0 to 100"),
        ({"乙市": ELSEWHERE.replace(89.0, np.inf)}, "甲市: reference 乙市: a value is infinite"),
        (
            {"乙市": pd.DataFrame({"value": [90.0], "qualifier": ["约"]}, index=[2019])},
            "甲市: reference 乙市: qualifier '约'; expected one of =, ~, >=, <=",
        ),
        (
            {
                "乙市": pd.DataFrame({"value": [90.0], "unit": ["%"]}, index=[2019]),
                "丙市": pd.DataFrame({"value": [90.0], "unit": ["家"]}, index=[2019]),
            },
            "甲市: references in units %, 家; expected one unit",
        ),
    ],
)
def test_bad_references_are_named(references, message):
    with pytest.raises(ValueError, match=message):
        forecast(HISTORY, 1, bounds=(0, 100), references=references)
