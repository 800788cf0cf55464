import warnings

import pytest
from matplotlib import pyplot as plt

from sy_analysis.assessments import THRESHOLDS
from sy_analysis.figures import figure_bytes, plot_attainment, plot_coverage, plot_forecast, plot_record
from sy_analysis.vintage import assess_as_of, view_target


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def vintage(demo):
    return assess_as_of(demo, "2024-12-31")


def text_of(ax):
    return " ".join(text.get_text() for text in ax.figure.findobj(plt.Text))


def draw(ax):
    """Render: a missing glyph is a warning, and warnings are errors here."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return figure_bytes(ax)


def test_a_forecast_shows_message_target_source_and_day(demo, vintage):
    ax = plot_forecast(view_target(demo, vintage, "G1"), vintage.as_of)
    text = text_of(ax)
    for part in ("G1 合格率", "目标 ≥93%", "92.1", "公报二", "[S2]", "2024-12-31"):
        assert part in text
    assert draw(ax).startswith(b"\x89PNG")


@pytest.mark.parametrize(("target_id", "said"), [("N1", "没有公开的年度值"), ("H1", "无法判断")])
def test_a_target_without_data_or_number_still_has_a_picture(demo, vintage, target_id, said):
    ax = plot_forecast(view_target(demo, vintage, target_id), vintage.as_of)
    assert said in text_of(ax)
    draw(ax)


def test_the_overview_names_every_target_and_counts_in_its_title(demo, vintage):
    ax = plot_attainment(vintage.assessments, demo.indicators, THRESHOLDS, vintage.as_of)
    assert ax.get_title(loc="left").startswith("3 项指标：")
    assert [label.get_text()[-2:] for label in ax.get_yticklabels()] == ["平台", "比例", "格率"]
    draw(ax)


def test_the_record_marks_own_values(demo, vintage):
    ax = plot_record(
        vintage.series, demo.indicators, demo.targets, demo.area, demo.baseline_year, vintage.as_of
    )
    assert ax.get_title(loc="left") == "3 项指标中，1 项在 2020 年之后有甲市同口径年度值"
    draw(ax)


def test_coverage_says_how_far_off_it_is():
    import pandas as pd

    scores = pd.DataFrame(
        {"horizon": [1, 2], "n": [10, 8], "coverage_80": [0.7, 0.8], "coverage_95": [0.95, 0.9]}
    )
    ax = plot_coverage(scores, "2024-12-31")
    assert "最多相差 10 个百分点" in ax.get_title(loc="left")
    draw(ax)


@pytest.mark.parametrize("format", ["png", "svg"])
def test_the_same_figure_is_the_same_bytes(demo, vintage, format):
    view = view_target(demo, vintage, "G1")
    assert figure_bytes(plot_forecast(view), format) == figure_bytes(plot_forecast(view), format)
