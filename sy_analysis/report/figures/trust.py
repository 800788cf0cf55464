"""How good the forecasts have been: coverage, skill, calibration."""

import matplotlib
import seaborn as sns
from matplotlib import pyplot as plt

from sy_analysis.report.figures.style import (
    BAND,
    INK,
    SOFT,
    axes_of,
    caption,
    headline_over,
    hints_of,
    use_style,
)

PEERS = ("AutoETS", "AutoTheta")  # of statsforecast, whose scores are drawn by length and horizon


def plot_coverage(scores, as_of="", ax=None):
    """How often the outturn fell inside the interval, by horizon, against what the interval promises.

    Parameters
    ----------
    scores : DataFrame with horizon, coverage_80, coverage_95 (shares, 0 to 1) and n

    Returns
    -------
    Axes
    """
    ax = axes_of(ax, (7, 4))
    if scores.empty:
        ax.set_axis_off()
        ax.set_title("没有足够长的序列可以检验")
        return ax
    for column, level, colour, marker in (
        ("coverage_95", 0.95, "#00805C", "s"),
        ("coverage_80", 0.80, BAND, "o"),
    ):
        ax.axhline(level, color=colour, linewidth=1, linestyle=":")
        told = hints_of(f"提前 {row.horizon} 年：{getattr(row, column):.1%}" for row in scores.itertuples())
        ax.plot(scores["horizon"], scores[column], marker + "-", color=colour, **told)
        ax.annotate(
            f"{level:.0%} 区间",
            (scores["horizon"].iloc[-1], scores[column].iloc[-1]),
            (8, 0),
            textcoords="offset points",
            va="center",
            color=colour,
        )
    ax.set_ylim(min(0.5, scores["coverage_80"].min() - 0.05), 1.02)
    ax.yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1, decimals=0))
    ax.set_xticks(scores["horizon"])
    ax.set_xlim(0.8, scores["horizon"].max() + 0.9)
    ax.set_xlabel("提前年数")
    ax.set_ylabel("实际值落入区间的比例")
    worst = (scores["coverage_80"] - 0.8).abs().max()
    ax.set_title(f"80% 区间的实际覆盖率与名义值最多相差 {100 * worst:.0f} 个百分点")
    caption(ax, f"点线为名义值；{int(scores['n'].sum())} 个预测；数据截至 {as_of}")
    return ax


def plot_by_length(published):
    """Coverage on public indicator series, and skill against no change and two peers, by length and horizon.

    Parameters
    ----------
    published : DataFrame from `published_scores`

    Returns
    -------
    Axes, the first one
    """
    rows = published.astype({"n_values": "Int64", "horizon": "Int64"}).set_index("table")
    own, peers = (
        rows.loc[[name]] for name in ("by length and horizon", "against peers by length and horizon")
    )
    covered = own.pivot(index="n_values", columns="horizon", values="coverage_80")
    ratios = {
        "“不变”": own.pivot(index="n_values", columns="horizon", values="crps_to_naive"),
        **{
            name: theirs.pivot(index="n_values", columns="horizon", values="crps_to_peer")
            for name, theirs in peers[peers["method"].isin(PEERS)].groupby("method")
        },
    }
    gained = {name: 100 * (1 - ratio) for name, ratio in ratios.items()}
    use_style()
    axes = plt.figure(figsize=(10, 7.6)).subplots(2, 2).ravel()
    shared = {"annot": True, "cbar": False, "linewidths": 1.5, "annot_kws": {"size": 10, "color": INK}}
    sns.heatmap(covered, ax=axes[0], fmt=".1f", cmap=_PALE, vmin=60, vmax=100, **shared)
    axes[0].set_title("80% 区间的实际覆盖率（%，应为 80）", fontsize=11)
    for panel, (name, gain) in zip(axes[1:], gained.items(), strict=True):
        sns.heatmap(gain, ax=panel, fmt="+.1f", cmap=_PALE, vmin=-40, vmax=40, **shared)
        panel.set_title(f"CRPS 比 {name} 改进（%，正数为好）", fontsize=11)
    for panel in axes:
        panel.set(xlabel="提前年数", ylabel="已知年度值数")
        panel.tick_params(length=0, rotation=0)
    against_none = gained["“不变”"]
    headline_over(
        axes[0].figure,
        f"80% 区间实际覆盖 {covered.min(axis=None):.0f}%–{covered.max(axis=None):.0f}%；"
        f"CRPS 比“不变”改进 {against_none.min(axis=None):.0f}%–{against_none.max(axis=None):.0f}%",
    )
    return axes[0]


def plot_calibration(published, ax=None):
    """PIT histogram and reliability of stated probabilities on public indicator series, beside no change.

    Parameters
    ----------
    published : DataFrame from `published_scores`
    ax : pair of Axes, optional

    Returns
    -------
    Axes, the left one
    """
    use_style()
    axes = ax if ax is not None else plt.figure(figsize=(10, 4.2)).subplots(1, 2)
    for method, name, colour, line in (
        ("no change", "“不变”", SOFT, "s--"),
        ("product", "本方法", BAND, "o-"),
    ):
        of_method = published[published["method"] == method]
        pit, events = (of_method[of_method["table"] == table] for table in ("pit", "reliability"))
        told = hints_of(f"{name} 第 {row.tenth:g} 个十分之一：{row.share:.1%}" for row in pit.itertuples())
        axes[0].plot(pit["tenth"], 100 * pit["share"], line, color=colour, **told)
        told = hints_of(f"{name} 说 {row.stated:.0%}，发生 {row.observed:.1%}" for row in events.itertuples())
        axes[1].plot(100 * events["stated"], 100 * events["observed"], line, color=colour, label=name, **told)
    axes[0].axhline(10, color=INK, linewidth=1, linestyle=":")
    axes[0].set(xlabel="实际值落在预测分布的第几个十分之一", ylabel="占比（%，应为 10）", xticks=range(1, 11))
    axes[0].set_ylim(0)
    axes[1].plot([0, 100], [0, 100], color=INK, linewidth=1, linestyle=":")
    axes[1].set(xlabel="事先给出的概率（%）", ylabel="事后发生的频率（%）", aspect="equal")
    axes[1].legend(frameon=False, loc="upper left")
    worst = 100 * (events["stated"] - events["observed"]).abs().max()
    headline_over(axes[0].figure, f"说多大概率，就发生多大比例：最多相差 {worst:.0f} 个百分点")
    return axes[0]


_PALE = sns.diverging_palette(35, 230, s=60, l=75, as_cmap=True)
