"""One indicator with its forecast and target, and the same indicator elsewhere."""

from datetime import date

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from sy_analysis.base.words import number, probability
from sy_analysis.judge.rules import STATUS
from sy_analysis.report.data import View
from sy_analysis.report.figures import style
from sy_analysis.report.words import cite, target_text

MOST_PANELS = 15  # reference areas that one figure shows
_PANELS_A_ROW = 5
_OPACITY = {(0.1, 0.9): 0.30, (0.025, 0.975): 0.14}  # of the 80 % and the 95 % interval, by quantile levels


def plot_forecast(view: View, as_of: date | str = "", ax: Axes | None = None) -> Axes:
    """Draw the published values of one indicator, its forecast and its target.

    Parameters
    ----------
    view : View from `view_target`
    as_of : date or str, for the caption
    ax : Axes, optional
        to draw into, instead of those of a new figure
    """
    style.use_style()
    ax = style.new_axes((8, 4.6)) if ax is None else ax
    fan = view.quantiles
    _draw_target(ax, view.target)
    if len(fan):
        _draw_fan(ax, view, fan)
    _draw_history(ax, view)
    _frame(ax, view, fan)
    ax.set_title(_message(view), color=style.COLOURS[view.assessment["status"]])
    style.caption(ax, _legend(view, as_of), f"最新值来源：{cite(view.source)}")
    return ax


def _message(view):
    status = STATUS[view.assessment["status"]][0]
    chance = view.assessment["attainment_probability"]
    tail = "" if pd.isna(chance) else f"，达到{target_text(view.target)}的概率约 {probability(chance)}"
    return f"{view.assessment['target_id']} {view.indicator['short_zh']}：{status}{tail}"


def _legend(view, as_of):
    is_stand_in = view.assessment["evidence_id"] != view.assessment["indicator_id"]
    parts = [
        "● 公布值" if len(view.history) else "无公布值",
        "深色带 80%、浅色带 95% 预测区间" if len(view.quantiles) else "",
        f"所用序列：{view.measured['short_zh']}" if is_stand_in else "",
        f"数据截至 {as_of}",
    ]
    return "　".join(filter(None, parts))


def _draw_target(ax, target):
    if target["relation"] == "unset":
        return
    level = target["target_high"] if target["relation"] == "at_most" else target["target_low"]
    ax.axhline(level, linewidth=1.2, zorder=2, **style.TARGET_LINE)
    text, coordinates = f"目标 {target_text(target)}", ("axes fraction", "data")
    style.label_right(ax, text, (1, level), 3, style.INK, xycoords=coordinates)


def _draw_fan(ax, view, fan):
    """Median with tooltips, and the bands; both start at the latest published value."""
    history = view.history
    texts = style.tooltips(_fan_tooltip(fan.loc[year], view.measured["unit"]) for year in fan.index)
    ax.plot(fan.index, fan[0.5], "o", color=style.BAND, markersize=4, **texts)
    fan = pd.concat([pd.DataFrame(history.iloc[-1], index=[history.index[-1]], columns=fan.columns), fan])
    for (low, high), alpha in _OPACITY.items():
        ax.fill_between(
            fan.index.astype(float), fan[low], fan[high], color=style.BAND, alpha=alpha, linewidth=0
        )
    ax.plot(fan.index, fan[0.5], color=style.BAND, linewidth=1.8)
    least_gap = 0.05 * (max(history.max(), fan.max(axis=None)) - min(history.min(), fan.min(axis=None)))
    _label_last(ax, fan.iloc[-1], least_gap)


def _fan_tooltip(values, unit):
    inner, outer = (f"{number(values[low])}–{number(values[high])}" for low, high in _OPACITY)
    median = number(values[0.5], unit)
    return f"{values.name} 年预测中位数 {median}　80% 区间 {inner}　95% 区间 {outer}"


def _label_last(ax, values, least_gap):
    """Label the last median, and the 80 % limits that are not too close to it."""
    for level, size in ((0.1, 9), (0.5, 11), (0.9, 9)):
        if level == 0.5 or abs(values[level] - values[0.5]) >= least_gap:
            text, place = number(values[level], decimals=1), (values.name, values[level])
            style.label_right(ax, text, place, 7, style.BAND, size, bbox=style.WHITE_BOX)


def _draw_history(ax, view):
    history, unit = view.history, view.measured["unit"]
    ax.plot(history.index, history, color=style.INK, linewidth=0.8, alpha=0.35, zorder=3)
    texts = style.tooltips(f"{year} 年公布值 {number(value, unit)}" for year, value in history.items())
    ax.plot(history.index, history, "o", color=style.INK, markersize=5.5, zorder=4, **texts)
    for year in sorted({*history.index[:1], *history.index[-1:]}):
        style.label_above(ax, number(history[year]), (year, history[year]), 8, style.INK)


def _frame(ax, view, fan):
    history, last_year = view.history, view.target["target_year"]
    years = [*history.index, *fan.index, last_year - 5, last_year]
    ax.set_xlim(min(years) - 0.6, max(years) + 0.06 * (max(years) - min(years)) + 0.4)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12))
    ax.set_ylabel(view.measured["unit"], rotation=0, ha="right", va="top", y=1)
    limits = [view.target[name] for name in ("target_low", "target_high")]
    values = [value for value in (*history, *fan.to_numpy().ravel(), *limits) if not pd.isna(value)]
    if len(history):
        pad = 0.12 * (max(values) - min(values)) or 1
        ax.set_ylim(min(values) - pad, max(values) + 1.4 * pad)
    else:
        ax.set_ylim(0, 1.5 * max(values, default=1))
        ax.set_yticks([0, *values])
        ax.text(
            0.5, 0.3, "没有公开的年度值", transform=ax.transAxes, ha="center", color=style.SOFT, fontsize=13
        )


def plot_references(view: View, as_of: date | str = "") -> Axes:
    """Draw the same indicator elsewhere, one small panel an area.

    The longest series come first.

    Returns
    -------
    Axes
        of the first panel
    """
    shown = sorted(view.references.items(), key=lambda item: -len(item[1]))[:MOST_PANELS]
    n_rows = max(1, -(-len(shown) // _PANELS_A_ROW))
    grid = {"nrows": n_rows, "ncols": _PANELS_A_ROW, "sharex": True, "sharey": True, "squeeze": False}
    panels = style.new_axes((10, 1.6 * n_rows + 0.9), **grid).ravel()
    for panel in panels[len(shown) :]:
        panel.set_axis_off()
    for panel, ((indicator_id, area), history) in zip(panels, shown, strict=False):
        scope = "" if indicator_id == view.indicator["indicator_id"] else f" {indicator_id}"
        _draw_reference(panel, view, history, f"{area}{scope}")
    style.headline(panels[0].figure, _references_message(view, len(shown)))
    legend = f"蓝线为外地，黑点为{view.target['area']}，虚线为目标；数据截至 {as_of}"
    panels[0].figure.supxlabel(legend, x=0.005, ha="left", fontsize=9, color=style.SOFT)
    return panels[0]


def _references_message(view, n_shown):
    n_all = len(view.references)
    if not n_all:
        return "没有外地同类序列可以参照"
    tail = f"（图中 {n_shown} 条）" if n_all > n_shown else ""
    level, direction = view.assessment["target"], view.indicator["direction"]
    if pd.isna(level) or direction == 0:
        return f"外地同类指标：{n_all} 条序列{tail}"
    n_there = sum(direction * (history.iloc[-1] - level) >= 0 for history in view.references.values())
    return f"{n_all} 条外地序列{tail}中，{n_there} 条的最近值已达到本地目标 {target_text(view.target)}"


def _draw_reference(ax, view, history, title):
    latest = f"{title} {history.index[-1]} 年 {number(history.iloc[-1])}"
    texts = style.tooltips([*[""] * (len(history) - 1), latest])
    ax.plot(history.index, history, ".-", color=style.BAND, linewidth=1.2, markersize=4, **texts)
    ax.plot(view.history.index, view.history, ".", color=style.INK, markersize=5)
    if not pd.isna(view.assessment["target"]):
        ax.axhline(view.assessment["target"], linewidth=0.8, **style.TARGET_LINE)
    ax.set_title(title, fontsize=9, pad=3)
    ax.tick_params(labelsize=8)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=3))
