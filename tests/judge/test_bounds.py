"""Exact arithmetic agrees with trying every possible rest of the year."""

import calendar
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sy_analysis.judge.bounds import (
    bound_count,
    bound_months,
    bound_share,
    bound_share_between,
    describe_bound,
    good_items,
    good_needed,
)


def prints_at_least(good, total, target, decimals):
    share = Fraction(100 * good, total)
    if decimals is None:
        return share >= Fraction(str(target))
    # half up to the printed digits
    printed = Fraction(int(share * 10**decimals + Fraction(1, 2)), 10**decimals)
    return printed >= Fraction(str(target))


targets = st.decimals(0, 100, places=1).map(str) | st.sampled_from(["85.5", "98.2", "100", "0"])
decimals = st.sampled_from([None, 0, 1, 2])


@given(total=st.integers(1, 60), target=targets, decimals=decimals)
def test_the_number_needed_is_the_first_that_prints_as_the_target(total, target, decimals):
    meeting = [good for good in range(total + 1) if prints_at_least(good, total, target, decimals)]
    assert good_needed(target, total, decimals) == meeting[0]


@given(data=st.data(), total=st.integers(1, 40), target=targets, decimals=decimals)
def test_a_bound_is_what_every_possible_rest_of_the_year_would_say(data, total, target, decimals):
    seen = data.draw(st.integers(0, total))
    good = data.draw(st.integers(0, seen))
    left = total - seen
    outcomes = [prints_at_least(good + left - bad, total, target, decimals) for bad in range(left + 1)]
    bound = bound_share(good, seen, total, target, decimals)
    assert bound.state == ("secured" if all(outcomes) else "open" if any(outcomes) else "out_of_reach")
    if bound.state == "open":
        assert outcomes.index(False) == bound.spare + 1


@given(data=st.data(), total=st.integers(1, 30), target=targets)
def test_a_bound_from_a_range_is_certain_only_where_every_count_in_it_agrees(data, total, target):
    seen = data.draw(st.integers(0, total))
    low, high = sorted(data.draw(st.tuples(st.integers(0, seen), st.integers(0, seen))))
    states = {bound_share(good, seen, total, target).state for good in range(low, high + 1)}
    assert bound_share_between(low, high, seen, total, target).state == (
        states.pop() if len(states) == 1 else "open"
    )


@given(good=st.integers(0, 366), total=st.sampled_from([28, 29, 30, 31, 365, 366]), places=st.integers(0, 3))
def test_a_printed_share_gives_back_its_count(good, total, places):
    good = min(good, total)
    printed = Fraction(int(Fraction(100 * good, total) * 10**places + Fraction(1, 2)), 10**places)
    assert good in good_items(f"{float(printed):.{places}f}", total, places)


def test_the_plans_two_air_figures_are_day_counts_of_different_years():
    # the plan's line 17: 342 good days of 2020; its table: 85.5 for 2020, which is 312 of the 365 days of
    # 2019
    assert list(good_items(93.4, 366)) == [342]
    assert list(good_items(85.5, 365)) == [312]
    assert list(good_items(85.5, 366)) == [313]


def test_a_share_that_no_number_of_days_gives_is_refused():
    with pytest.raises(ValueError, match=r"no whole number of 30 days prints as 96\.5 %"):
        bound_months([(96.5, 30)], 365, 85)


def test_published_months_secure_a_year_before_it_ends():
    days = [calendar.monthrange(2024, month)[1] for month in range(1, 13)]
    ten_perfect_months = [(100, month) for month in days[:10]]
    assert bound_months(ten_perfect_months, 366, 83).state == "secured"
    assert bound_months(ten_perfect_months, 366, 84).state == "open"
    assert bound_months([(0, month) for month in days[:3]], 366, 80).state == "out_of_reach"


def test_one_failed_item_puts_a_ceiling_out_of_reach():
    assert bound_share(11, 12, 144, 100).state == "out_of_reach"
    assert bound_share(12, 12, 144, 100) == ("open", 144, 0, 132)


def test_impossible_counts_are_refused():
    for good, seen, total in [(5, 4, 10), (-1, 4, 10), (4, 11, 10), (0, 0, 0)]:
        with pytest.raises(ValueError, match="expected"):
            bound_share(good, seen, total, 85)
    with pytest.raises(ValueError, match="reached 5, possible 4"):
        bound_count(5, 5, possible=4)


@given(reached=st.integers(0, 20), extra=st.integers(0, 20), target=st.integers(0, 40))
def test_a_count_that_cannot_fall_is_what_every_possible_addition_would_say(reached, extra, target):
    outcomes = [reached + added >= target for added in range(extra + 1)]
    expected = "secured" if all(outcomes) else "open" if any(outcomes) else "out_of_reach"
    assert bound_count(reached, target, possible=reached + extra).state == expected


def test_every_state_has_a_sentence_in_both_languages():
    bounds = [bound_share(40, 40, 50, 80), bound_share(30, 40, 50, 80), bound_share(0, 40, 50, 80)]
    assert tuple(bound.state for bound in bounds) == ("secured", "open", "out_of_reach")
    for bound in bounds:
        assert all(describe_bound(bound))
