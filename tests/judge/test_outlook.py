import math
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sy_analysis.judge.assessments import assess_as_of
from sy_analysis.judge.outlook import fastest_pace, last_recovery_quarter, next_flips, outlook, status_if
from sy_analysis.judge.thresholds import THRESHOLDS
from sy_analysis.judge.what_if import assume
from sy_analysis.report.data import view_target


@pytest.fixture
def view_of(demo):
    def view(target_id, plan=demo):
        vintage = assess_as_of(plan, "2024-12-31")
        return view_target(plan, vintage, target_id)

    return view


def test_the_next_value_that_flips_a_verdict_really_flips_it(view_of):
    view = view_of("G1")
    zh, en = outlook(view, THRESHOLDS).flips
    number, side = re.search(r"([\d.]+)% or (more|less)", en).groups()
    value, step = float(number), 0.1 if side == "more" else -0.1
    assert status_if(view, 2024, value, THRESHOLDS) != status_if(view, 2024, value - step, THRESHOLDS)
    assert "2024年若" in zh


def test_months_of_the_target_year_leave_a_number_of_bad_days(view_of, demo):
    view = view_of("H1", assume(demo, "H1", target=85))
    assert outlook(view, THRESHOLDS).certain is None
    vars(view)["months"] = pd.Series(100.0, index=["2025-01", "2025-02"])
    # 365 days need 311 good ones (85 % of 365 is 310.25): 54 bad ones may be among the 306 left
    assert outlook(view, THRESHOLDS).certain[0] == "余下306天中最多还能有54天不达标。"


def test_the_last_way_back_is_at_the_fastest_pace_of_the_others(view_of):
    zh, en = outlook(view_of("G1"), THRESHOLDS).recovery
    # the neighbour's best year brought 0.9; the gap of 0.9 takes one year: the end of 2024
    assert "0.9%（乙市）" in zh and "2024Q4" in en


def test_a_sampled_rate_says_how_many_items_tell(view_of):
    zh, _ = outlook(view_of("G1"), THRESHOLDS).sampling
    assert "最新值92.1%与目标93%" in zh
    assert outlook(view_of("H1"), THRESHOLDS).sampling is None


def test_nothing_is_said_where_nothing_can_be_computed(view_of):
    assert outlook(view_of("N1"), THRESHOLDS) == (None, None, None, None)


def test_only_months_of_the_target_year_count(view_of):
    assert view_of("H1").months.empty


def status_of(value):
    return "off_track" if value < 90 else "at_risk" if value < 93 else "on_track"


def test_the_nearest_flips_are_the_first_published_values_with_another_status():
    down, up = next_flips(status_of, pd.Series({0.5: 91.27}), 0, 100, decimals=2)
    assert (down.value, down.status, up.value, up.status) == (89.99, "off_track", 93.0, "on_track")


def test_flip_probabilities_come_from_the_forecast_of_the_next_value():
    predicted = pd.Series({0.1: 90.0, 0.5: 92.0, 0.9: 94.0})
    down, up = next_flips(status_of, predicted, 0, 100, decimals=0)
    assert (down.value, up.value) == (89.0, 93.0)
    assert down.probability == pytest.approx(0.1) and up.probability == pytest.approx(1 - 0.6)


@given(start=st.integers(0, 100), cuts=st.lists(st.integers(0, 100), max_size=4))
def test_no_nearer_value_flips(start, cuts):
    def steps(value):
        return str(sum(value >= cut for cut in cuts))

    down, up = next_flips(steps, pd.Series({0.5: start}), 0, 100, decimals=0)
    others = [value for value in range(101) if steps(value) != steps(start)]
    below, above = [v for v in others if v < start], [v for v in others if v > start]
    assert (down.value == max(below)) if below else math.isnan(down.value)
    assert (up.value == min(above)) if above else math.isnan(up.value)


def test_recovery_ends_when_even_the_fastest_peer_would_be_too_slow():
    assert last_recovery_quarter(0, 1, 2025) == "2025Q4"
    assert last_recovery_quarter(0.25, 1, 2025) == "2025Q3"
    assert last_recovery_quarter(0.26, 1, 2025) == "2025Q2"
    assert last_recovery_quarter(2, 1, 2025) == "2023Q4"
    assert last_recovery_quarter(2, math.nan, 2025) is None


def test_no_improving_peer_gives_no_pace():
    assert fastest_pace({"甲": pd.Series({2020: 90.0, 2021: 89.0})}, 1)[1] is None
    assert fastest_pace({"甲": pd.Series({2020: 9.0, 2021: 7.0})}, -1) == (2.0, "甲")
