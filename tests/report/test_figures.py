import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from sy_analysis.forecast.scores import published_scores
from sy_analysis.judge.assessments import assess_as_of, statuses_through
from sy_analysis.judge.rules import STATUS
from sy_analysis.judge.thresholds import THRESHOLDS
from sy_analysis.record.selection import latest_by_area
from sy_analysis.report import figures
from sy_analysis.report.data import view_target
from sy_analysis.report.figures import (
    figure_bytes,
    forecast,
    inline_svg,
    message_of,
    overview,
    picture,
    plot_areas,
    plot_attainment,
    plot_by_length,
    plot_calibration,
    plot_coverage,
    plot_forecast,
    plot_record,
    plot_references,
    plot_statuses,
    plot_subareas,
    trust,
)
from sy_analysis.report.figures.forecast import MOST_PANELS
from sy_analysis.report.figures.style import COLOURS, MARKERS, caption, new_axes
from sy_analysis.report.figures.trust import PEERS


def with_references(view, references):
    view = replace(view)
    vars(view)["references"] = references
    return view


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


def hints_of(ax):
    _, metadata = picture(ax)._repr_mimebundle_()
    return metadata["image/png"]["hints"]


def test_the_package_lists_all_that_notebooks_and_pages_draw():
    modules = [forecast, overview, trust]
    drawn = {name for module in modules for name in vars(module) if name.startswith("plot_")}
    offered = {name for name in vars(figures) if callable(getattr(figures, name))}
    assert drawn | {"figure_bytes", "inline_svg", "message_of", "picture"} == offered


def test_every_status_has_a_colour_and_a_marker_of_its_own():
    for looks in (COLOURS, MARKERS):
        assert set(looks) == set(STATUS) and len(set(looks.values())) == len(STATUS)


def test_a_caption_stands_below_the_label_of_its_axis():
    ax = new_axes((3, 2))
    caption(ax, "甲", "乙")
    assert ax.get_xlabel() == "甲\n乙"
    ax.set_xlabel("年")
    caption(ax, "甲")
    assert ax.get_xlabel() == "年\n甲"


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
    assert len(hints_of(ax)) == (target_id == "H1")


def test_the_caption_of_a_forecast_explains_what_is_drawn_and_nothing_else(demo, vintage):
    view = view_target(demo, vintage, "G1")
    first, second = plot_forecast(view, "2024-12-31").get_xlabel().split("\n")
    assert first == "● 公布值　深色带 80%、浅色带 95% 预测区间　数据截至 2024-12-31"
    assert second.startswith("最新值来源：") and second.endswith("[S2]")
    near = replace(view, assessment=view.assessment | {"evidence_id": "G1_city"})
    assert "　所用序列：合格率　" in plot_forecast(near).get_xlabel()
    unknown = plot_forecast(view_target(demo, vintage, "N1"), "2024-12-31")
    assert unknown.get_xlabel() == "无公布值　数据截至 2024-12-31\n最新值来源：—"


def test_a_forecast_is_drawn_into_given_axes_in_the_house_style(demo, vintage):
    given = plt.figure().subplots()
    assert plot_forecast(view_target(demo, vintage, "G1"), ax=given) is given
    draw(given)


def test_the_limits_of_the_last_year_are_labelled_unless_they_lie_on_the_median(demo, vintage):
    view = view_target(demo, vintage, "G1")
    last = view.quantiles.loc[2025]
    labels = [text.get_text() for text in plot_forecast(view).texts]
    assert {f"{last[level]:.1f}".removesuffix(".0") for level in (0.1, 0.5, 0.9)} <= set(labels)
    flat = replace(view, quantiles=view.quantiles * 0 + last[0.5])
    assert len(plot_forecast(flat).texts) == len(labels) - 2


def test_the_overview_names_every_target_and_counts_in_its_title(demo, vintage):
    ax = plot_attainment(vintage.assessments, demo.targets, demo.indicators, THRESHOLDS, vintage.as_of)
    assert ax.figure.get_suptitle().startswith("3 项指标：")
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["N1 平台", "H1 优良天数比例（约束性）", "G1 合格率"]
    draw(ax)


def test_the_overview_draws_the_forecast_beside_the_target_better_to_the_right(demo, vintage):
    row = vintage.assessments.set_index("target_id").loc["G1"]
    for direction in (1, -1):
        indicators = demo.indicators.assign(direction=direction)
        beside = plot_attainment(vintage.assessments, demo.targets, indicators, THRESHOLDS).figure.axes[1]
        interval, median = beside.lines[0].get_xdata(), beside.lines[1].get_xdata()
        ends = [row["predicted_low"] - 93, row["predicted_high"] - 93]
        assert list(interval) == pytest.approx([direction * end for end in ends])
        assert median == pytest.approx([direction * (row["predicted_median"] - 93)])


def test_verdicts_through_time_have_a_word_a_colour_and_a_count_of_those_that_moved(demo):
    statuses = statuses_through(assess_as_of(demo, day) for day in ("2021-12-31", "2024-12-31"))
    ax = plot_statuses(statuses, {"G1": "合格率", "H1": "优良天数比例", "N1": "平台"})
    n_moved = (statuses["2021-12-31"] != statuses["2024-12-31"]).sum()
    assert ax.get_title(loc="left") == f"3 项指标中，{n_moved} 项的结论随新数据变过"
    assert text_of(ax).count("无法判断") == (statuses == "not_assessed").sum(axis=None)
    assert {line.get_color() for line in ax.lines} == {COLOURS[status] for status in statuses.stack()}
    draw(ax)


def test_a_target_that_a_day_did_not_judge_leaves_its_place_empty():
    ax = plot_statuses(pd.DataFrame({"2024": ["missed", None]}, index=["A", "B"]), {"A": "甲", "B": "乙"})
    assert len(ax.lines) == 1


def test_areas_side_by_side_say_how_many_are_well_and_leave_out_what_is_not_known():
    statuses = pd.DataFrame(
        {"G1": ["on_track", "missed"], "H1": ["not_assessed", "attained"]}, index=["甲市", "乙市"]
    )
    ax = plot_areas(statuses)
    assert ax.get_title(loc="left") == "2 地比照同一目标：3 个结论中，2 个已达成或预计达成"
    assert len(ax.lines) == 3 and "无法判断" not in text_of(ax)
    draw(ax)


def test_the_same_indicator_elsewhere_says_how_many_are_there_already(demo, vintage):
    ax = plot_references(view_target(demo, vintage, "G1"), vintage.as_of)
    assert ax.figure.get_suptitle() == "1 条外地序列中，0 条的最近值已达到本地目标 ≥93%"
    assert "乙市" in text_of(ax)
    draw(ax)


@pytest.mark.parametrize("target_id", ["H1", "N1"])
def test_an_indicator_without_references_says_so(demo, vintage, target_id):
    ax = plot_references(view_target(demo, vintage, target_id), vintage.as_of)
    assert ax.figure.get_suptitle() == "没有外地同类序列可以参照"
    draw(ax)


def test_more_references_than_panels_are_counted_and_the_longest_drawn(demo, vintage):
    view = view_target(demo, vintage, "G1")
    lengths = range(1, MOST_PANELS + 3)
    references = {("G1", f"地{n}"): pd.Series(90.0, index=range(2020 - n, 2020)) for n in lengths}
    ax = plot_references(with_references(view, references), "2024-12-31")
    assert message_of(ax) == "17 条外地序列（图中 15 条）中，0 条的最近值已达到本地目标 ≥93%"
    assert ax.get_title(loc="left") == "地17" and len(ax.figure.axes) == MOST_PANELS
    assert "地2" not in {panel.get_title(loc="left") for panel in ax.figure.axes}
    assert ax.figure.get_supxlabel() == "蓝线为外地，黑点为甲市，虚线为目标；数据截至 2024-12-31"
    undirected = with_references(replace(view, indicator=view.indicator | {"direction": 0}), references)
    assert message_of(plot_references(undirected)) == "外地同类指标：17 条序列（图中 15 条）"


def test_the_measured_scores_are_drawn_by_length_and_horizon():
    published = published_scores()
    ax = plot_by_length(published)
    one = published.query("table == 'by length and horizon' and n_values == 4 and horizon == 1").iloc[0]
    assert f"{one['coverage_80']:.1f}" in text_of(ax)
    assert f"{100 * (1 - one['crps_to_naive']):+.1f}" in text_of(ax)
    assert len(ax.texts) == 7 * 5  # 4 to 10 values, 1 to 5 years ahead
    theirs = published.query(
        "table == 'against peers by length and horizon' and n_values == 10 and horizon == 5"
    )
    for panel, name in zip(ax.figure.axes[2:], PEERS, strict=True):
        ratio = theirs.set_index("method").loc[name, "crps_to_peer"]
        assert (
            name in panel.get_title(loc="left") and panel.texts[-1].get_text() == f"{100 * (1 - ratio):+.1f}"
        )
    draw(ax)


def test_stated_probabilities_are_drawn_against_what_happened():
    published = published_scores()
    ax = plot_calibration(published)
    ours = published.query("table == 'reliability' and method == 'product'")
    drawn = ax.figure.axes[1].lines[1].get_xydata()
    np.testing.assert_allclose(drawn, 100 * ours[["stated", "observed"]].to_numpy())
    assert f"{100 * (ours['stated'] - ours['observed']).abs().max():.0f} 个百分点" in ax.figure.get_suptitle()
    draw(ax)


def test_a_picture_says_its_message_to_those_who_do_not_see_it(demo, vintage):
    _, metadata = picture(plot_forecast(view_target(demo, vintage, "G1")))._repr_mimebundle_()
    assert metadata["image/png"]["alt"].startswith("G1 合格率：") and plt.get_fignums() == []


def test_a_picture_knows_where_each_point_lies_and_what_it_says(demo, vintage):
    view = view_target(demo, vintage, "G1")
    ax = plot_forecast(view)
    hints = hints_of(ax)
    published = {text: (left, top) for left, top, text in hints if "公布值" in text}
    assert list(published) == [f"{year} 年公布值 {value:g}%" for year, value in view.history.items()]
    lefts, tops = zip(*published.values(), strict=True)
    assert list(lefts) == sorted(lefts) and 0 < lefts[0] < lefts[-1] < 100
    values = list(view.history)
    assert tops.index(min(tops)) == values.index(max(values)) and 0 < min(tops) < max(tops) < 100
    median = view.quantiles.loc[2025, 0.5]
    (text,) = [text for _, _, text in hints if text.startswith("2025 年预测")]
    assert f"中位数 {median:.2f}".rstrip("0") in text and "80% 区间" in text and "95% 区间" in text


def test_points_of_every_kind_of_chart_say_their_values(demo, vintage):
    scores = pd.DataFrame({"horizon": [1], "n": [9], "coverage_80": [0.7], "coverage_95": [0.95]})
    view = view_target(demo, vintage, "G1")
    for ax, said in (
        (plot_references(view), "乙市 2019 年 90"),
        (plot_coverage(scores), "提前 1 年：70.0%"),
        (plot_calibration(published_scores()), "本方法 第 1 个十分之一："),
        (
            plot_attainment(vintage.assessments, demo.targets, demo.indicators, THRESHOLDS),
            "指标 合格率　最新值 92.1",
        ),
    ):
        assert any(text.startswith(said) for _, _, text in hints_of(ax)), said


def test_a_dot_of_the_overview_has_all_facts_of_its_verdict(demo, vintage):
    ax = plot_attainment(vintage.assessments, demo.targets, demo.indicators, THRESHOLDS)
    row = vintage.assessments.set_index("target_id").loc["G1"]
    ((_, _, text),) = hints_of(ax)
    facts = dict(fact.split(" ", 1) for fact in text.split("　"))
    assert list(facts) == ["指标", "最新值", "年份", "目标", "80%区间", "达成概率", "结论"]
    assert facts["最新值"] == "92.1%" and facts["年份"] == "2023" and facts["目标"] == "≥93%"
    low, high = (float(end) for end in facts["80%区间"].split("–"))
    assert (low, high) == pytest.approx((row["predicted_low"], row["predicted_high"]), abs=0.005)
    assert facts["结论"] == " ".join(STATUS[row["status"]])


def test_an_inline_figure_keeps_letters_as_text_and_hints_on_its_dots(demo, vintage):
    indicators = demo.indicators.assign(short_zh=demo.indicators["short_zh"].replace("合格率", "率 < 1"))
    svg = inline_svg(plot_attainment(vintage.assessments, demo.targets, indicators, THRESHOLDS))
    assert svg.startswith("<svg") and 'role="img"' in svg and 'aria-label="3 项指标：' in svg
    assert "<title>指标 率 &lt; 1　最新值 92.1%" in svg and "G1 率 &lt; 1</text>" in svg
    assert "<style" not in svg and 'id="figure_1"' not in svg  # of the page, and of its other figures


def test_areas_below_show_the_latest_value_or_that_there_is_none(demo, vintage):
    areas = ("乙市", "丙市")
    latest = latest_by_area(vintage.observations, demo.indicators, demo.targets, areas)
    ax = plot_subareas(latest, areas, {"G1": "合格率", "H1": "优良天数"}, vintage.as_of)
    text = text_of(ax)
    assert message_of(ax) == "下辖 2 地中，1 地公布过核心指标的数值，涉及 2 项中的 1 项"
    assert "G1 合格率" in text and "H1" not in text and text.count("—") == 2 and "90%（2019）" in text
    draw(ax)


def test_areas_without_values_and_no_areas_are_said(demo, vintage):
    latest = latest_by_area(vintage.observations, demo.indicators, demo.targets, ("丙市",))
    ax = plot_subareas(latest, ("丙市",), {"G1": "合格率"})
    assert message_of(ax) == "下辖 1 地中，0 地公布过核心指标的数值"
    draw(ax)
    ax = plot_subareas(latest, (), {"G1": "合格率"})
    assert message_of(ax) == "地区名录中没有下辖地区"
    draw(ax)


def test_the_record_marks_own_values(demo, vintage):
    ax = plot_record(
        vintage.series, demo.indicators, demo.targets, demo.area, demo.baseline_year, vintage.as_of
    )
    assert ax.get_title(loc="left") == "3 项指标中，1 项在 2020 年之后有甲市同口径年度值"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["G1 合格率", "H1 优良天数比例", "N1 平台"]
    exact, near = ax.lines
    np.testing.assert_allclose(exact.get_xydata(), [(10.3, 0.5), (11.3, 0.5), (13.3, 0.5), (10.3, 1.5)])
    assert len(near.get_xdata()) == 0 and [text.get_text() for text in ax.texts] == ["1"] * 4
    assert ax.get_xlabel().endswith("数字为有值的参照地区数；数据截至 2024-12-31")
    draw(ax)


def test_the_record_marks_a_value_of_another_scope_apart(demo, vintage):
    series = vintage.series.assign(
        indicator_id=vintage.series["indicator_id"].where(vintage.series["area"] != demo.area, "G1_city")
    )
    ax = plot_record(series, demo.indicators, demo.targets, demo.area, demo.baseline_year)
    exact, near = ax.lines
    assert len(exact.get_xdata()) == 0 and len(near.get_xdata()) == 4
    assert near.get_markerfacecolor() == "white"


def test_coverage_says_how_far_off_it_is():
    scores = pd.DataFrame(
        {"horizon": [1, 2], "n": [10, 8], "coverage_80": [0.7, 0.8], "coverage_95": [0.95, 0.9]}
    )
    ax = plot_coverage(scores, "2024-12-31")
    assert "最多相差 10 个百分点" in ax.get_title(loc="left")
    assert ax.get_xlabel() == "提前年数\n点线为名义值；18 个预测；数据截至 2024-12-31"
    draw(ax)
    nothing = plot_coverage(scores.iloc[:0])
    assert message_of(nothing) == "没有足够长的序列可以检验" and not nothing.axison
    draw(nothing)


@pytest.mark.parametrize("format", ["png", "svg"])
def test_the_same_figure_is_the_same_bytes(demo, vintage, format):
    view = view_target(demo, vintage, "G1")
    assert figure_bytes(plot_forecast(view), format) == figure_bytes(plot_forecast(view), format)
