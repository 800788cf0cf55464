"""One indicator: its values, its forecast and its target; the same indicator elsewhere."""

import matplotlib
import pandas as pd
from matplotlib import pyplot as plt

from sy_analysis.base.words import number, probability
from sy_analysis.judge.rules import STATUS
from sy_analysis.report.figures.style import (
    BAND,
    COLOURS,
    INK,
    SOFT,
    axes_of,
    caption,
    headline_over,
    hints_of,
    use_style,
)
from sy_analysis.report.tables import interval_table
from sy_analysis.report.words import cite, target_text

MOST_PANELS = 15  # reference areas that one figure shows
INTERVALS = {0.8: ((0.1, 0.9), 0.30), 0.95: ((0.025, 0.975), 0.14)}  # coverage: quantile levels, opacity


def plot_forecast(view, as_of="", ax=None):
    """One indicator: what was published, what is expected, and the target.

    Parameters
    ----------
    view : View from `view_target`
    as_of : date or str, for the caption

    Returns
    -------
    Axes
    """
    ax = axes_of(ax, (8, 4.6))
    fan = view.forecast.pivot(index="year", columns="quantile_level", values="predicted")
    _draw_target(ax, view.target)
    if len(fan):
        _draw_fan(ax, view, fan)
    _draw_history(ax, view.history, view.measured["unit"])
    _frame(ax, view.history, fan, view.target)
    ax.set_ylabel(view.measured["unit"], rotation=0, ha="right", va="top", y=1)
    ax.set_title(_message(view), color=COLOURS[view.assessment["status"]])
    bands = "　深色带 80%、浅色带 95% 预测区间" if len(fan) else ""
    scope = (
        f"　所用序列：{view.measured['short_zh']}"
        if view.assessment["evidence_id"] != view.assessment["indicator_id"]
        else ""
    )
    known = "● 公布值" if len(view.history) else "无公布值"
    caption(ax, f"{known}{bands}{scope}　数据截至 {as_of}", f"最新值来源：{cite(view.source)}")
    return ax


def _draw_history(ax, history, unit):
    ax.plot(history.index, history, color=INK, linewidth=0.8, alpha=0.35, zorder=3)
    told = hints_of(f"{year} 年公布值 {number(value, unit)}" for year, value in history.items())
    ax.plot(history.index, history, "o", color=INK, markersize=5.5, zorder=4, **told)
    for year in sorted({history.index.min(), history.index.max()} if len(history) else ()):
        ax.annotate(
            number(history[year]),
            (year, history[year]),
            (0, 8),
            textcoords="offset points",
            ha="center",
            color=INK,
        )


def _draw_fan(ax, view, fan):
    history, unit = view.history, view.measured["unit"]
    told = hints_of(
        f"{year} 年预测中位数 {number(median, unit)}　80% 区间 {row['80%区间']}　95% 区间 {row['95%区间']}"
        for median, (year, row) in zip(fan[0.5], interval_table(view).iterrows(), strict=True)
    )
    ax.plot(fan.index, fan[0.5], "o", color=BAND, markersize=4, **told)
    fan = pd.concat([pd.DataFrame(history.iloc[-1], index=[history.index[-1]], columns=fan.columns), fan])
    for (low, high), alpha in INTERVALS.values():
        ax.fill_between(fan.index.astype(float), fan[low], fan[high], color=BAND, alpha=alpha, linewidth=0)
    ax.plot(fan.index, fan[0.5], color=BAND, linewidth=1.8)
    last = fan.iloc[-1]
    apart = 0.05 * (max(history.max(), fan.to_numpy().max()) - min(history.min(), fan.to_numpy().min()))
    for level, size in ((0.1, 9), (0.5, 11), (0.9, 9)):
        if level != 0.5 and abs(last[level] - last[0.5]) < apart:
            continue  # its label would lie on the median's
        ax.annotate(
            number(last[level], decimals=1),
            (fan.index[-1], last[level]),
            (7, 0),
            textcoords="offset points",
            va="center",
            color=BAND,
            fontsize=size,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )


def _draw_target(ax, target):
    if target["relation"] == "unset":
        return
    level = target["target_high"] if target["relation"] == "at_most" else target["target_low"]
    ax.axhline(level, color=INK, linewidth=1.2, linestyle=(0, (5, 3)), zorder=2)
    ax.annotate(
        f"目标 {target_text(target)}",
        (1, level),
        (3, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        va="center",
        color=INK,
        fontsize=10,
    )


def _frame(ax, history, fan, target):
    years = [*history.index, *fan.index, target["target_year"] - 5, target["target_year"]]
    ax.set_xlim(min(years) - 0.6, max(years) + 0.06 * (max(years) - min(years)) + 0.4)
    ax.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(integer=True, nbins=12))
    values = [
        *history,
        *fan.to_numpy().ravel(),
        *(v for v in (target["target_low"], target["target_high"]) if not pd.isna(v)),
    ]
    if len(history):
        pad = 0.12 * (max(values) - min(values)) or 1
        ax.set_ylim(min(values) - pad, max(values) + 1.4 * pad)
    else:
        ax.set_ylim(0, 1.5 * max(values, default=1))
        ax.set_yticks([0, *values])
        ax.text(0.5, 0.3, "没有公开的年度值", transform=ax.transAxes, ha="center", color=SOFT, fontsize=13)


def _message(view):
    status = STATUS[view.assessment["status"]][0]
    chance = view.assessment["attainment_probability"]
    tail = "" if pd.isna(chance) else f"，达到{target_text(view.target)}的概率约 {probability(chance)}"
    return f"{view.assessment['target_id']} {view.indicator['short_zh']}：{status}{tail}"


def plot_references(view, as_of=""):
    """The same indicator elsewhere: one small panel an area, the own values in each, the target a line.

    Parameters
    ----------
    view : View from `view_target`
    as_of : date or str, for the caption

    Returns
    -------
    Axes, of the first panel
    """
    use_style()
    longest = sorted(view.references.items(), key=lambda item: -len(item[1]))[:MOST_PANELS]
    n_rows = max(1, -(-len(longest) // 5))
    figure = plt.figure(figsize=(10, 1.6 * n_rows + 0.9))
    panels = figure.subplots(n_rows, 5, sharex=True, sharey=True, squeeze=False).ravel()
    for panel in panels[len(longest) :]:
        panel.set_axis_off()
    for panel, ((indicator_id, area), history) in zip(panels, longest, strict=False):
        scope = "" if indicator_id == view.indicator["indicator_id"] else f" {indicator_id}"
        _draw_reference(panel, view, history, f"{area}{scope}")
    headline_over(figure, _references_message(view, longest))
    figure.supxlabel(
        f"蓝线为外地，黑点为{view.target['area']}，虚线为目标；数据截至 {as_of}",
        x=0.005,
        ha="left",
        fontsize=9,
        color=SOFT,
    )
    return panels[0]


def _draw_reference(ax, view, history, title):
    told = hints_of(
        [*[""] * (len(history) - 1), f"{title} {history.index[-1]} 年 {number(history.iloc[-1])}"]
    )
    ax.plot(history.index, history, ".-", color=BAND, linewidth=1.2, markersize=4, **told)
    ax.plot(view.history.index, view.history, ".", color=INK, markersize=5)
    level = view.assessment["target"]
    if not pd.isna(level):
        ax.axhline(level, color=INK, linewidth=0.8, linestyle=(0, (5, 3)))
    ax.set_title(title, fontsize=9, pad=3)
    ax.tick_params(labelsize=8)
    ax.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(integer=True, nbins=3))


def _references_message(view, shown):
    n_all = len(view.references)
    if not n_all:
        return "没有外地同类序列可以参照"
    tail = f"（图中 {len(shown)} 条）" if n_all > len(shown) else ""
    level, direction = view.assessment["target"], view.indicator["direction"]
    if pd.isna(level) or direction == 0:
        return f"外地同类指标：{n_all} 条序列{tail}"
    n_there = sum(direction * (history.iloc[-1] - level) >= 0 for history in view.references.values())
    return f"{n_all} 条外地序列{tail}中，{n_there} 条的最近值已达到本地目标 {target_text(view.target)}"
