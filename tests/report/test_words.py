import math

import pytest

from sy_analysis.base.words import number, probability, shorten
from sy_analysis.judge.assessments import assess_as_of
from sy_analysis.judge.rules import REASONS, STATUS
from sy_analysis.report.data import view_target
from sy_analysis.report.words import SIGN, cite, target_text, verdict


def sentences(plan, target_id, as_of="2024-12-31"):
    view = view_target(plan, assess_as_of(plan, as_of), target_id)
    return verdict(view.assessment, view.target, view.indicator)


def test_every_status_and_reason_is_said_in_both_languages():
    for words in [*STATUS.values(), *REASONS.values()]:
        zh, en = words
        assert zh and en and zh != en


def test_every_status_has_a_sign_of_its_own():
    assert set(SIGN) == set(STATUS) and len(set(SIGN.values())) == len(SIGN)


@pytest.mark.parametrize(
    ("value", "text"),
    [(93.0, "93"), (93.456, "93.46"), (-0.001, "0"), (1234567.0, "1,234,567"), (math.inf, "∞"), (None, "—")],
)
def test_numbers_have_at_most_two_decimals_and_no_trailing_zeros(value, text):
    assert number(value) == text


def test_a_probability_never_claims_certainty():
    assert [probability(p) for p in (0.0, 0.005, 0.5, 0.995, 1.0)] == ["<1%", "<1%", "50%", ">99%", ">99%"]


@pytest.mark.parametrize(
    ("relation", "low", "high", "text"),
    [
        ("at_least", 93.0, math.nan, "≥93%"),
        ("at_most", math.nan, 5.0, "≤5%"),
        ("equal_ceiling", 100.0, math.nan, "100%"),
        ("between", 2.0, 3.0, "2–3%"),
        ("unset", math.nan, math.nan, "未设定"),
    ],
)
def test_a_target_shows_its_sign(relation, low, high, text):
    assert target_text({"relation": relation, "target_low": low, "target_high": high, "unit": "%"}) == text


def test_a_forecast_verdict_says_value_interval_and_probability(demo):
    zh, en = sentences(demo, "G1")
    assert zh.startswith("合格率：2023年为92.1%，2025年预计")
    assert "80%区间" in zh and "达到≥93%的概率约" in zh
    assert "本地只有3个年度值" in zh
    assert en.startswith("Pass rate: 92.1% in 2023, expected ")
    assert "Own yearly values: 3" in en


def test_an_unjudged_target_says_why(demo):
    assert sentences(demo, "H1") == (
        "优良天数比例：无法判断，规划未给出数值，也没有趋势可看。",
        "Good-air days: not assessed, the plan sets no number, and there is no trend to see yet.",
    )
    assert "没有公开数据" in sentences(demo, "N1")[0]


def test_a_source_is_cited_with_its_id_and_its_day_where_known():
    source = {"publisher": "省局;转载", "title": "公报" * 20, "source_id": "S9"}
    assert cite(source) == f"省局《{shorten('公报' * 20)}》[S9]"
    assert len(shorten("公报" * 20)) == 30
    assert cite({}) == "—"
