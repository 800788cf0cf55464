"""How good the forecasts have been: coverage, skill, calibration."""

from datetime import date

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from sy_analysis.report.figures import style

PEERS = ("AutoETS", "AutoTheta")  # of statsforecast, whose scores are drawn by length and horizon
_NO_CHANGE = "“不变”"
_PALE = sns.diverging_palette(35, 230, s=60, l=75, as_cmap=True)


def plot_coverage(scores: pd.DataFrame, as_of: date | str = "") -> Axes:
    """Draw how often outturns fell inside the intervals, by horizon.

    Parameters
    ----------
    scores : DataFrame with horizon, coverage_80, coverage_95 (shares, 0 to 1) and n
    """
    ax = style.new_axes((7, 4))
    if scores.empty:
        ax.set_axis_off()
        ax.set_title("没有足够长的序列可以检验")
        return ax
    _draw_coverage(ax, scores, 95, style.COLOURS["on_track"], "s-")
    _draw_coverage(ax, scores, 80, style.BAND, "o-")
    ax.set_ylim(min(0.5, scores["coverage_80"].min() - 0.05), 1.02)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.set_xlim(0.8, scores["horizon"].max() + 0.9)
    ax.set(xticks=scores["horizon"], xlabel="提前年数", ylabel="实际值落入区间的比例")
    worst = (scores["coverage_80"] - 0.8).abs().max()
    ax.set_title(f"80% 区间的实际覆盖率与名义值最多相差 {100 * worst:.0f} 个百分点")
    style.caption(ax, f"点线为名义值；{int(scores['n'].sum())} 个预测；数据截至 {as_of}")
    return ax


def _draw_coverage(ax, scores, percent, colour, line):
    horizons, shares = scores["horizon"], scores[f"coverage_{percent}"]
    ax.axhline(percent / 100, color=colour, linewidth=1, linestyle=":")
    texts = style.tooltips(
        f"提前 {horizon} 年：{share:.1%}" for horizon, share in zip(horizons, shares, strict=True)
    )
    ax.plot(horizons, shares, line, color=colour, **texts)
    style.label_right(ax, f"{percent}% 区间", (horizons.iloc[-1], shares.iloc[-1]), 8, colour, size=11)


def plot_by_length(published: pd.DataFrame) -> Axes:
    """Draw coverage and gains in CRPS by length and horizon, on public series.

    The rivals are no change and two peers.

    Parameters
    ----------
    published : DataFrame from `published_scores`

    Returns
    -------
    Axes
        the first one
    """
    axes = style.new_axes((10, 7.6), 2, 2).ravel()
    covered, gains = _coverage_and_gains(published)
    _draw_by_length(axes[0], covered, "80% 区间的实际覆盖率（%，应为 80）", fmt=".1f", vmin=60, vmax=100)
    for panel, (name, gain) in zip(axes[1:], gains.items(), strict=True):
        title = f"CRPS 比 {name} 改进（%，正数为好）"
        _draw_by_length(panel, gain, title, fmt="+.1f", vmin=-40, vmax=40)
    for panel in axes:  # after all heat maps, each of which lays the whole figure out
        panel.set(xlabel="提前年数", ylabel="已知年度值数")
        panel.tick_params(length=0, rotation=0)
    shares, gained = (
        f"{table.min(axis=None):.0f}%–{table.max(axis=None):.0f}%" for table in (covered, gains[_NO_CHANGE])
    )
    style.headline(axes[0].figure, f"80% 区间实际覆盖 {shares}；CRPS 比{_NO_CHANGE}改进 {gained}")
    return axes[0]


def _coverage_and_gains(published):
    """Coverage, and the percent by which CRPS is less than each rival's.

    One row a length, one column a horizon.
    """
    own = published[published["table"] == "by length and horizon"]
    rivals = published[published["table"] == "against peers by length and horizon"]
    ratios = {_NO_CHANGE: _by_length(own, "crps_to_naive")}
    for name in PEERS:
        ratios[name] = _by_length(rivals[rivals["method"] == name], "crps_to_peer")
    return _by_length(own, "coverage_80"), {name: 100 * (1 - ratio) for name, ratio in ratios.items()}


def _by_length(rows, column):
    whole = rows.astype({"n_values": "Int64", "horizon": "Int64"})
    return whole.pivot(index="n_values", columns="horizon", values=column)


def _draw_by_length(ax, table, title, **scale):
    words = {"size": 10, "color": style.INK}
    sns.heatmap(table, ax=ax, cmap=_PALE, annot=True, cbar=False, linewidths=1.5, annot_kws=words, **scale)
    ax.set_title(title, fontsize=11)


def plot_calibration(published: pd.DataFrame) -> Axes:
    """Draw the PIT histogram and the reliability of probabilities on public series.

    Parameters
    ----------
    published : DataFrame from `published_scores`

    Returns
    -------
    Axes
        the left one
    """
    left, right = style.new_axes((10, 4.2), 1, 2)
    for method, name, colour, line in (
        ("no change", _NO_CHANGE, style.SOFT, "s--"),
        ("product", "本方法", style.BAND, "o-"),
    ):
        rows = published[published["method"] == method]
        pit, events = (rows[rows["table"] == table] for table in ("pit", "reliability"))
        texts = style.tooltips(
            f"{name} 第 {row.tenth:g} 个十分之一：{row.share:.1%}" for row in pit.itertuples()
        )
        left.plot(pit["tenth"], 100 * pit["share"], line, color=colour, **texts)
        texts = style.tooltips(
            f"{name} 说 {row.stated:.0%}，发生 {row.observed:.1%}" for row in events.itertuples()
        )
        right.plot(100 * events["stated"], 100 * events["observed"], line, color=colour, label=name, **texts)
    _frame_calibration(left, right)
    worst = 100 * (events["stated"] - events["observed"]).abs().max()
    style.headline(left.figure, f"说多大概率，就发生多大比例：最多相差 {worst:.0f} 个百分点")
    return left


def _frame_calibration(left, right):
    guide = {"color": style.INK, "linewidth": 1, "linestyle": ":"}
    left.axhline(10, **guide)
    left.set(xlabel="实际值落在预测分布的第几个十分之一", ylabel="占比（%，应为 10）", xticks=range(1, 11))
    left.set_ylim(0)
    right.plot([0, 100], [0, 100], **guide)
    right.set(xlabel="事先给出的概率（%）", ylabel="事后发生的频率（%）", aspect="equal")
    right.legend(frameon=False, loc="upper left")
