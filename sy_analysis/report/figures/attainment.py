"""Many targets or areas at a glance: probabilities and verdicts."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from sy_analysis.base.words import probability
from sy_analysis.judge.rules import STATUS
from sy_analysis.report.figures.style import (
    COLOURS,
    INK,
    MARKERS,
    SOFT,
    axes_of,
    caption,
    frame_grid,
    hints_of,
    use_style,
)
from sy_analysis.report.tables import summary_table

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
    caption(ax, f"空心表示证据弱（多借用外地的变化）；数据截至 {as_of}")
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
    caption(ax, "点为中位数，条为 80% 预测区间")


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
        **hints_of([told]),
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
    ax = axes_of(ax, (3.2 + 1.15 * statuses.shape[1], 0.36 * len(statuses) + 1.6))
    for height, (_, strip) in enumerate(statuses.iterrows()):
        for place, status in enumerate(strip):
            _draw_status(ax, place, height, status)
    frame_grid(ax, labels, statuses.columns)
    ax.set_xlim(-0.3, statuses.shape[1] - 0.1)
    ax.set_title(title, pad=14)
    return ax


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
