import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sy_analysis.judge.targets import gap_to_target, observed_pace, required_pace, weakest_target

NAN = math.nan


def target(relation, low=NAN, high=NAN, direction=1):
    return {"relation": relation, "target_low": low, "target_high": high, "direction": direction}


@pytest.mark.parametrize(
    ("value", "aim", "gap"),
    [
        (92.0, target("at_least", 93), 1.0),
        (94.0, target("at_least", 93), -1.0),
        (12.0, target("at_most", high=10, direction=-1), 2.0),
        (99.9, target("equal_ceiling", 100), 0.1),
        (1.0, target("between", 2, 3), 1.0),
        (4.0, target("between", 2, 3), -2.0),
        (4.0, target("between", 2, 3, direction=-1), 1.0),
    ],
)
def test_gap_is_positive_while_there_is_still_to_go(value, aim, gap):
    assert gap_to_target(value, aim) == pytest.approx(gap)


def test_without_a_number_nothing_is_met_or_missed():
    assert math.isnan(weakest_target(target("unset")))
    assert math.isnan(gap_to_target(90.0, target("unset")))


def test_a_value_equal_to_the_target_has_met_it_in_spite_of_floating_point():
    assert gap_to_target(0.1 + 0.2, target("at_least", 0.3)) <= 0


def test_required_pace_is_zero_when_met_and_infinite_when_no_year_is_left():
    assert required_pace(-1.0, 3) == 0
    assert required_pace(1.0, 0) == math.inf
    assert math.isnan(required_pace(NAN, 3))


@given(gap=st.floats(0.001, 1e6), years=st.integers(1, 20))
def test_doubling_the_unit_doubles_the_required_pace(gap, years):
    assert required_pace(2 * gap, years) == pytest.approx(2 * required_pace(gap, years))


def test_observed_pace_counts_years_not_values():
    history = pd.Series([80.0, 90.0, 93.0], index=[2010, 2020, 2023])
    assert observed_pace(history, direction=1) == pytest.approx(
        1.0
    )  # 3 points in 3 years; 2010 is too long ago
    assert observed_pace(history, direction=-1) == pytest.approx(-1.0)
    assert math.isnan(observed_pace(history.iloc[:1], direction=1))
    assert math.isnan(observed_pace(history.iloc[:0], direction=1))
