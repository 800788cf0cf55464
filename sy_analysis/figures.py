"""The figures: one message each, in the title; observations as points, intervals as bands, the target a line.

The only module that imports matplotlib and seaborn. Chinese is drawn with Noto Sans CJK, which comes as a
package (SIL Open Font License), so that no font of the machine is needed.
"""

import io

import matplotlib
import numpy as np
import pandas as pd
import PIL.Image
import seaborn as sns
from IPython.display import Image
from lxml import etree
from matplotlib import font_manager
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from noto_cjk_sans_otc import FONT_PATH

from sy_analysis.base.words import number, probability
from sy_analysis.judge.rules import STATUS
from sy_analysis.record.selection import by_core
from sy_analysis.tables import interval_table, summary_table
from sy_analysis.text import cite, target_text

# Okabe & Ito's palette, told apart with any colour vision; each status has a marker of its own, too
COLOURS = {
    "attained": "#0072B2",
    "on_track": "#00805C",
    "at_risk": "#A86500",
    "off_track": "#C44900",
    "missed": "#A3366F",
    "not_assessed": "#6E6E6E",
}
MARKERS = {
    "attained": "*",
    "on_track": "o",
    "at_risk": "D",
    "off_track": "v",
    "missed": "X",
    "not_assessed": "s",
}
INK, SOFT, BAND = "#222222", "#5F5F5F", "#0072B2"
DOTS_PER_INCH = 120
_PALETTE = 64  # colours of a PNG: a figure has few, and its weight falls to a third
_COMPRESSION = 8  # zlib's highest level takes thrice the time for a hundredth of the weight
_SVG = "{http://www.w3.org/2000/svg}"
_LINES = {"stroke-linejoin": "round", "stroke-linecap": "butt"}  # as matplotlib's style sheet has them
_HINT = "hint: "  # begins the gid of a line whose points say more when a pointer rests on them
PEERS = ("AutoETS", "AutoTheta")  # of statsforecast, whose scores are drawn by length and horizon
MOST_PANELS = 15  # reference areas that one figure shows
INTERVALS = {0.8: ((0.1, 0.9), 0.30), 0.95: ((0.025, 0.975), 0.14)}  # coverage: quantile levels, opacity
_STYLE = {
    "font.family": ["Noto Sans CJK SC", "DejaVu Sans"],
    "font.size": 11,
    "axes.titlesize": 14,
    "axes.titlelocation": "left",
    "axes.titlepad": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.unicode_minus": False,
    "figure.dpi": DOTS_PER_INCH,
    "figure.constrained_layout.use": True,
    "text.parse_math": False,  # a name with two $ is a name
    "svg.fonttype": "path",
    "svg.hashsalt": "sy-analysis",
}


font_manager.fontManager.addfont(str(FONT_PATH))


def use_style():
    """Set the house style; safe to call again."""
    sns.set_theme(style="ticks", rc=_STYLE)


def _axes(ax, size):
    use_style()
    return ax if ax is not None else plt.figure(figsize=size).subplots()


def _caption(ax, *lines):
    """Small print under the figure; as an axis label it has its place in the layout."""
    label = ax.get_xlabel()
    ax.set_xlabel(
        "\n".join([*([label] if label else []), *lines]), loc="left", fontsize=9, color=SOFT, labelpad=8
    )


def _hints(texts):
    """Keyword by which the points of a line say more, each its text, when a pointer rests on them."""
    texts = list(texts)
    return {"gid": _HINT + "\n".join(texts)} if texts else {}


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
    ax = _axes(ax, (8, 4.6))
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
    _caption(ax, f"{known}{bands}{scope}　数据截至 {as_of}", f"最新值来源：{cite(view.source)}")
    return ax


def _draw_history(ax, history, unit):
    ax.plot(history.index, history, color=INK, linewidth=0.8, alpha=0.35, zorder=3)
    told = _hints(f"{year} 年公布值 {number(value, unit)}" for year, value in history.items())
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
    told = _hints(
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


_TOLD = ("指标", "最新值", "年份", "目标", "80%区间", "达成概率", "结论")


def plot_attainment(assessments, targets, indicators, thresholds, as_of=""):
    """All targets at a glance, the likeliest on top: attainment probability, and the forecast beside the target.

    Returns
    -------
    Axes, of the probabilities
    """
    use_style()
    figure = plt.figure(figsize=(10, 0.36 * len(assessments) + 1.9))
    ax, beside = figure.subplots(1, 2, sharey=True, width_ratios=[2.1, 1])
    names = assessments.merge(
        indicators[["indicator_id", "short_zh", "unit", "direction"]],
        on="indicator_id",
        validate="many_to_one",
    )
    names = names.assign(order=names["attainment_probability"].fillna(-1)).sort_values(
        ["order", "is_binding", "target_id"], ascending=[True, True, False], ignore_index=True
    )
    _draw_thresholds(ax, thresholds)
    told = summary_table(assessments, targets, indicators)[list(_TOLD)]
    for height, row in names.iterrows():
        facts = told.loc[row["target_id"]]
        _draw_dot(ax, height, row, "　".join(f"{name} {fact}" for name, fact in facts.items()))
        _draw_distance(beside, height, row)
    labels = [
        f"{row.target_id} {row.short_zh}{'（约束性）' if row.is_binding else ''}"
        for row in names.itertuples()
    ]
    ax.set_yticks(range(len(names)), labels)
    ax.set_ylim(-0.7, len(names) - 0.3)
    ax.set_xlim(-0.03, 1.3)
    ax.set_xticks(np.arange(0, 1.01, 0.2), [f"{share:.0%}" for share in np.arange(0, 1.01, 0.2)])
    ax.set_xlabel("达成概率")
    _frame_distances(beside)
    for panel in (ax, beside):
        panel.tick_params(axis="y", length=0)
    figure.suptitle(_headline(assessments), x=0.005, ha="left", fontsize=14)
    _caption(ax, f"空心表示证据弱（多借用外地的变化）；数据截至 {as_of}")
    return ax


def _draw_distance(ax, height, row):
    """Median and 80 % interval of the forecast less the target, better to the right; only what is in percent."""
    if row["unit"] != "%" or pd.isna(row["predicted_median"]) or pd.isna(row["target"]):
        return
    ends = [row["predicted_low"], row["predicted_median"], row["predicted_high"]]
    low, median, high = ((row["direction"] or 1) * (end - row["target"]) for end in ends)
    colour = COLOURS[row["status"]]
    ax.plot([low, high], [height, height], color=colour, linewidth=3, alpha=0.45, solid_capstyle="butt")
    ax.plot(median, height, MARKERS[row["status"]], color=colour, markersize=6)


def _frame_distances(ax):
    ax.axvline(0, color=INK, linewidth=1.2, linestyle=(0, (5, 3)), zorder=0)
    ax.annotate(
        "目标",
        (0, 1),
        (0, 3),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="center",
        fontsize=9,
        color=INK,
    )
    ax.set_xlabel("预测比目标好（右）或差（左）的百分点")
    _caption(ax, "点为中位数，条为 80% 预测区间")


def _draw_thresholds(ax, thresholds):
    for name, label in (
        ("off_track", "预计不达线"),
        ("on_track_expected", "预期性"),
        ("on_track_binding", "约束性"),
    ):
        ax.axvline(thresholds[name], color=SOFT, linewidth=0.9, linestyle=":", zorder=0)
        ax.annotate(
            label,
            (thresholds[name], 1),
            (0, 3),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            fontsize=9,
            color=SOFT,
            ha="center",
        )


def _draw_dot(ax, height, row, told):
    status, colour = row["status"], COLOURS[row["status"]]
    label = STATUS[status][0]
    chance = row["attainment_probability"]
    if pd.isna(chance):
        ax.annotate(
            label, (0, height), (4, 0), textcoords="offset points", va="center", color=colour, fontsize=10
        )
        return
    filled = colour if row["evidence_grade"] in ("strong", "moderate") else "white"
    ax.plot([0, chance], [height, height], color=colour, linewidth=1, alpha=0.35, zorder=1)
    ax.plot(
        chance,
        height,
        MARKERS[status],
        color=colour,
        markerfacecolor=filled,
        markersize=8,
        markeredgewidth=1.6,
        **_hints([told]),
    )
    ax.annotate(
        f"{probability(chance)} {label}",
        (chance, height),
        (9, 0),
        textcoords="offset points",
        va="center",
        color=colour,
        fontsize=10,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8},
    )


def _headline(assessments):
    counts = assessments["status"].value_counts()
    parts = [f"{counts[status]} 项{STATUS[status][0]}" for status in STATUS if counts.get(status, 0)]
    return f"{len(assessments)} 项指标：" + "、".join(parts)


def plot_record(series, indicators, targets, area, baseline_year, as_of="", ax=None):
    """What the record holds: own yearly values of each indicator, and how many reference areas have one.

    Returns
    -------
    Axes
    """
    ax = _axes(ax, (10, 0.36 * len(targets) + 1.8))
    rows = targets.merge(indicators[["indicator_id", "short_zh"]], on="indicator_id", validate="many_to_one")
    years = range(baseline_year - 10, int(targets["target_year"].max()) + 1)
    counted = by_core(series, indicators)
    counted = counted[counted["year"].isin(years) & counted["core_id"].isin(rows["indicator_id"])]
    elsewhere = counted[counted["area"] != area].groupby(["core_id", "year"])["area"].nunique()
    grid = elsewhere.unstack("year").reindex(index=rows["indicator_id"], columns=years)
    sns.heatmap(
        grid,
        ax=ax,
        cmap=sns.light_palette("#8FA3B0", as_cmap=True),
        vmin=0,
        vmax=20,
        cbar=False,
        linewidths=2,
        annot=True,
        fmt=".0f",
        annot_kws={"size": 9, "color": SOFT, "ha": "left"},
    )
    own = counted[counted["area"] == area]
    is_exact = own["indicator_id"] == own["core_id"]
    position = {name: height for height, name in enumerate(rows["indicator_id"])}
    for marker, filled, chosen in (("o", COLOURS["attained"], own[is_exact]), ("s", "white", own[~is_exact])):
        ax.plot(
            chosen["year"] - years[0] + 0.3,
            chosen["core_id"].map(position).astype(float) + 0.5,
            marker,
            color=COLOURS["attained"],
            markerfacecolor=filled,
            markersize=7,
            markeredgewidth=1.5,
        )
    ax.set_yticklabels([f"{row.target_id} {row.short_zh}" for row in rows.itertuples()], rotation=0)
    ax.set(xlabel="", ylabel="")
    ax.tick_params(length=0)
    n_followed = own[(own["year"] > baseline_year) & is_exact]["core_id"].nunique()
    ax.set_title(f"{len(targets)} 项指标中，{n_followed} 项在 {baseline_year} 年之后有{area}同口径年度值")
    _caption(ax, f"● 本地同口径　□ 本地近似口径　数字为有值的参照地区数；数据截至 {as_of}")
    return ax


def plot_coverage(scores, as_of="", ax=None):
    """How often the outturn fell inside the interval, by horizon, against what the interval promises.

    Parameters
    ----------
    scores : DataFrame with horizon, coverage_80, coverage_95 (shares, 0 to 1) and n

    Returns
    -------
    Axes
    """
    ax = _axes(ax, (7, 4))
    if scores.empty:
        ax.set_axis_off()
        ax.set_title("没有足够长的序列可以检验")
        return ax
    for column, level, colour, marker in (
        ("coverage_95", 0.95, "#00805C", "s"),
        ("coverage_80", 0.80, BAND, "o"),
    ):
        ax.axhline(level, color=colour, linewidth=1, linestyle=":")
        told = _hints(f"提前 {row.horizon} 年：{getattr(row, column):.1%}" for row in scores.itertuples())
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
    _caption(ax, f"点线为名义值；{int(scores['n'].sum())} 个预测；数据截至 {as_of}")
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
    _headline_over(
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
        told = _hints(f"{name} 第 {row.tenth:g} 个十分之一：{row.share:.1%}" for row in pit.itertuples())
        axes[0].plot(pit["tenth"], 100 * pit["share"], line, color=colour, **told)
        told = _hints(f"{name} 说 {row.stated:.0%}，发生 {row.observed:.1%}" for row in events.itertuples())
        axes[1].plot(100 * events["stated"], 100 * events["observed"], line, color=colour, label=name, **told)
    axes[0].axhline(10, color=INK, linewidth=1, linestyle=":")
    axes[0].set(xlabel="实际值落在预测分布的第几个十分之一", ylabel="占比（%，应为 10）", xticks=range(1, 11))
    axes[0].set_ylim(0)
    axes[1].plot([0, 100], [0, 100], color=INK, linewidth=1, linestyle=":")
    axes[1].set(xlabel="事先给出的概率（%）", ylabel="事后发生的频率（%）", aspect="equal")
    axes[1].legend(frameon=False, loc="upper left")
    worst = 100 * (events["stated"] - events["observed"]).abs().max()
    _headline_over(axes[0].figure, f"说多大概率，就发生多大比例：最多相差 {worst:.0f} 个百分点")
    return axes[0]


def _headline_over(figure, message):
    figure.suptitle(message, x=0.005, ha="left", fontsize=14)


_PALE = sns.diverging_palette(35, 230, s=60, l=75, as_cmap=True)


def plot_statuses(statuses, names, ax=None):
    """Verdicts through time: one strip a target, one place a day; a status has its mark, colour and word.

    Parameters
    ----------
    statuses : DataFrame of status, index target_id, columns days as text, rising
    names : mapping of target_id to its name

    Returns
    -------
    Axes
    """
    labels = [f"{target_id} {names[target_id]}" for target_id in statuses.index]
    n_moved = (statuses.nunique(axis=1) > 1).sum()
    return _draw_statuses(statuses, labels, f"{len(statuses)} 项指标中，{n_moved} 项的结论随新数据变过", ax)


def plot_areas(statuses, ax=None):
    """Verdicts of areas by the same targets: one row an area, one column a target; a table without a map.

    Parameters
    ----------
    statuses : DataFrame of status, index areas, columns target_id; nothing is drawn for what is not assessed

    Returns
    -------
    Axes
    """
    judged = statuses.where(statuses != "not_assessed")
    n_good = judged.isin(["attained", "on_track"]).to_numpy().sum()
    title = f"{len(judged)} 地比照同一目标：{judged.notna().to_numpy().sum()} 个结论中，{n_good} 个已达成或预计达成"
    return _draw_statuses(judged, judged.index, title, ax)


def _draw_statuses(statuses, labels, title, ax):
    ax = _axes(ax, (3.2 + 1.15 * statuses.shape[1], 0.36 * len(statuses) + 1.6))
    for height, (_, strip) in enumerate(statuses.iterrows()):
        for place, status in enumerate(strip):
            _draw_status(ax, place, height, status)
    _frame_grid(ax, labels, statuses.columns)
    ax.set_xlim(-0.3, statuses.shape[1] - 0.1)
    ax.set_title(title, pad=14)
    return ax


def _frame_grid(ax, rows, columns, **heads):
    """Axes as a table: names of rows at the left, heads of columns on top, no lines."""
    ax.set_yticks(range(len(rows)), rows)
    ax.set_xticks(range(len(columns)), columns, **heads)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.spines[["left", "bottom"]].set_visible(False)


def _draw_status(ax, place, height, status):
    if pd.isna(status):
        return
    ax.plot(place, height, MARKERS[status], color=COLOURS[status], markersize=7, clip_on=False)
    ax.annotate(
        STATUS[status][0],
        (place, height),
        (8, 0),
        textcoords="offset points",
        va="center",
        color=COLOURS[status],
        fontsize=10,
    )


def plot_subareas(latest, areas, names, as_of=""):
    """What the areas below the plan's have published, the latest of each: a table without a map.

    Parameters
    ----------
    latest : DataFrame from `latest_by_area`
    areas : sequence of str, all the areas
    names : mapping of target_id to its name, of all the targets
    as_of : date or str, for the caption

    Returns
    -------
    Axes
    """
    shown = [target_id for target_id in names if target_id in set(latest["target_id"])]
    ax = _axes(None, (3.2 + 2.4 * max(2, len(shown)), 0.3 * len(areas) + 1.7))
    if not areas:
        ax.set_axis_off()
        _headline_over(ax.figure, "地区名录中没有下辖地区")
        return ax
    for place, target_id in enumerate(shown):
        values = latest[latest["target_id"] == target_id].set_index("area")
        for height, area in enumerate(areas):
            _draw_latest(ax, place, height, values.loc[area] if area in values.index else None)
    _frame_grid(ax, areas, [f"{name} {names[name]}" for name in shown], ha="left")
    ax.set_xlim(-0.15, max(2, len(shown)) - 0.1)
    n_known = latest["area"].nunique()
    scope = f"，涉及 {len(names)} 项中的 {len(shown)} 项" if n_known else ""
    _headline_over(ax.figure, f"下辖 {len(areas)} 地中，{n_known} 地公布过核心指标的数值{scope}")
    _caption(ax, f"● 同口径　□ 近似口径　— 没有公布　括号内为时期；数据截至 {as_of}")
    return ax


def _draw_latest(ax, place, height, row):
    if row is None:
        ax.annotate("—", (place, height), (10, 0), textcoords="offset points", va="center", color=SOFT)
        return
    marker, filled = ("o", BAND) if row["is_exact"] else ("s", "white")
    ax.plot(place, height, marker, color=BAND, markerfacecolor=filled, markersize=6, clip_on=False)
    text = f"{number(row['value'], row['unit'])}（{row['period']}）"
    ax.annotate(
        text, (place, height), (10, 0), textcoords="offset points", va="center", color=INK, fontsize=10
    )


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
    _headline_over(figure, _references_message(view, longest))
    figure.supxlabel(
        f"蓝线为外地，黑点为{view.target['area']}，虚线为目标；数据截至 {as_of}",
        x=0.005,
        ha="left",
        fontsize=9,
        color=SOFT,
    )
    return panels[0]


def _draw_reference(ax, view, history, title):
    told = _hints([*[""] * (len(history) - 1), f"{title} {history.index[-1]} 年 {number(history.iloc[-1])}"])
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


def figure_bytes(ax, format="png"):
    """The figure of some axes as PNG (120 dots per inch, 64 colours) or SVG bytes, the same bytes each time."""
    if format == "svg":
        return _svg(ax)
    buffer = io.BytesIO()
    canvas = FigureCanvasAgg(ax.figure)
    canvas.draw()
    _few_coloured(np.asarray(canvas.buffer_rgba())).save(
        buffer, format="png", compress_level=_COMPRESSION, dpi=(DOTS_PER_INCH, DOTS_PER_INCH)
    )
    return buffer.getvalue()


def _few_coloured(pixels):
    """A picture of RGBA pixels in `_PALETTE` colours, one of them the paper's, which is most of a figure."""
    colours = pixels.view(np.uint32)[..., 0]
    inked = colours != colours[0, 0]
    inked[0, 0] = True  # a sheet without ink is a picture, too
    drawn = PIL.Image.fromarray(pixels[inked][None, :, :3])
    drawn = drawn.quantize(_PALETTE - 1, dither=PIL.Image.Dither.NONE)
    places = np.zeros(colours.shape, np.uint8)
    places[inked] = np.asarray(drawn)[0] + 1
    image = PIL.Image.fromarray(places)
    image.putpalette([*pixels[0, 0, :3].tolist(), *drawn.getpalette()[: 3 * (_PALETTE - 1)]])
    return image


def message_of(ax):
    """What a figure says: its title."""
    return ax.figure.get_suptitle() or ax.get_title(loc="left")


def picture(ax):
    """The figure as an image for a notebook; its message is the text for those who do not see it.

    Its metadata have `hints`, for a page: how far a point is from the left and from the top, in percent, and its text.
    """
    width = round(96 * ax.figure.get_figwidth())
    image = Image(
        figure_bytes(ax), alt=message_of(ax), width=width, metadata={"hints": _placed_hints(ax.figure)}
    )
    plt.close(ax.figure)
    return image


def _placed_hints(figure):
    """Where the hints of a figure that has been drawn lie, and what they say."""
    placed = []
    lines = (line for ax in figure.axes for line in ax.lines)
    for line in (line for line in lines if (line.get_gid() or "").startswith(_HINT)):
        places = figure.transFigure.inverted().transform(line.get_transform().transform(line.get_xydata()))
        texts = line.get_gid().removeprefix(_HINT).split("\n")
        placed += [
            [round(100 * x, 1), round(100 * (1 - y), 1), text]
            for (x, y), text in zip(places.tolist(), texts, strict=True)
            if text
        ]
    return placed


def inline_svg(ax):
    """The figure as an SVG element for a page, its letters as text."""
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        return _svg(ax).decode().replace("'DejaVu Sans'", "sans-serif")  # what a reader's machine has


def _svg(ax):
    """SVG bytes of a figure with its message, and with the hints of its artists as their titles."""
    buffer = io.BytesIO()
    ax.figure.savefig(buffer, format="svg", metadata={"Date": None})
    svg = etree.fromstring(buffer.getvalue())
    svg.remove(svg.find(f"{_SVG}metadata"))
    # a style element would be that of the page
    style = svg.find(f"{_SVG}defs/{_SVG}style")
    style.getparent().remove(style)
    svg.attrib.update({"role": "img", "aria-label": message_of(ax), **_LINES})
    for group in svg.iter(f"{_SVG}g"):
        # names of parts, such as text_1, that every figure of a page has
        name = group.attrib.pop("id", "")
        if name.startswith(_HINT):
            title = etree.Element(f"{_SVG}title")
            title.text = name.removeprefix(_HINT)
            group.insert(0, title)
    return etree.tostring(svg, encoding="UTF-8")
