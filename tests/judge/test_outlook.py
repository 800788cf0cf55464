import re

import pandas as pd
import pytest

from sy_analysis.judge.assessments import assess_as_of
from sy_analysis.judge.outlook import outlook, status_if
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
