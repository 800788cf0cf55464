"""A sampled rate is told from its target only when the sample is large enough."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sy_analysis.judge.sampling import judge_sample, sample_to_tell, wilson_interval

VECTORS = json.loads((Path(__file__).parent / "vectors" / "wilson.json").read_text(encoding="utf-8"))
TABLE = [vector["extra"] for vector in VECTORS]
LEVELS = {"95": 0.95, "998": 0.998, "95%": 0.95, "99.8%": 0.998}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row['x']:g} of {row['n']:g}")
def test_intervals_are_those_of_the_published_tables(row):
    bounds = {row["confidence"]: ""} if "confidence" in row else {"95": "95", "998": "998"}
    for level, name in bounds.items():
        lower, upper = wilson_interval(row["x"], row["n"], LEVELS[level])
        assert lower == pytest.approx(row[f"lower{name}"], abs=1e-9)
        assert upper == pytest.approx(row[f"upper{name}"], abs=1e-9)


@given(n=st.integers(1, 10_000), share=st.floats(0, 1), confidence=st.floats(0.5, 0.999))
def test_an_interval_holds_the_rate_and_stays_between_0_and_1(n, share, confidence):
    lower, upper = wilson_interval(share * n, n, confidence)
    assert 0 <= lower <= share + 1e-12 and share - 1e-12 <= upper <= 1


def test_a_perfect_small_sample_leaves_doubt():
    verdict = judge_sample(100, 50, 98.2)
    assert verdict.outcome == "met_within_error" and verdict.lower < 93


def test_a_miss_is_told_from_chance_only_beyond_the_interval():
    assert judge_sample(97.0, 100, 98.2).outcome == "missed_within_error"
    assert judge_sample(97.0, 2000, 98.2).outcome == "missed"
    assert judge_sample(99.5, 2000, 98.2).outcome == "met"


@given(rate=st.floats(50, 100), target=st.floats(50, 99.5))
def test_the_sample_to_tell_is_the_first_that_tells(rate, target):
    needed = sample_to_tell(rate, target)
    if needed is None or needed > 10**7 or needed < 2:
        return
    clear = {judge_sample(rate, n, target).outcome in ("met", "missed") for n in (needed + 1, 2 * needed)}
    unclear = {
        judge_sample(rate, n, target).outcome in ("met", "missed")
        for n in (max(1, needed - 2), max(1, needed // 2))
    }
    assert clear == {True} and unclear == {False}


def test_impossible_samples_are_refused():
    for passes, sample, confidence in [(1, 0, 0.95), (2, 1, 0.95), (-1, 1, 0.95), (1, 2, 95)]:
        with pytest.raises(ValueError, match="expected"):
            wilson_interval(passes, sample, confidence)
    with pytest.raises(ValueError, match="rate is 101"):
        judge_sample(101, 10, 95)
    with pytest.raises(ValueError, match=r"rate 0\.95, target 195"):
        sample_to_tell(0.95, 195)
