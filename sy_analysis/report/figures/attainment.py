"""Many targets or areas at a glance: probabilities and verdicts."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from sy_analysis.base.words import number, probability
from sy_analysis.judge.rules import STATUS
from sy_analysis.report.figures.style import (
    COLOURS,
    INK,
    MARKERS,
    SOFT,
    TARGET_LINE,
    WHITE_BOX,
    caption,
    frame_grid,
    headline,
    label_right,
    label_top,
    new_axes,
    tooltips,
)
from sy_analysis.report.words import interval, target_text

_THRESHOLDS = {"off_track": "预计不达线", "on_track_expected": "预期性", "on_track_binding": "约束性"}


def plot_attainment(
    assessments: pd.DataFrame,
    targets: pd.DataFrame,
    indicators: pd.DataFrame,
    thresholds: Mapping[str, float],
    as_of: date | str = "",
) -> Axes:
    """Draw attainment probabilities, and beside each the forecast less the target.

    The likeliest target is on top.

    Returns
    -------
    Axes
        of the probabilities
    """
    rows = _rising(assessments, targets, indicators)
    size = (10, 0.36 * len(rows) + 1.9)
    ax, beside = new_axes(size, 1, 2, sharey=True, width_ratios=[2.1, 1])
    for name, text in _THRESHOLDS.items():
        ax.axvline(thresholds[name], color=SOFT, linewidth=0.9, linestyle=":", zorder=0)
        label_top(ax, text, thresholds[name], SOFT)
    for height, row in enumerate(rows.to_dict("records")):
        _draw_probability(ax, height, row)
        _draw_distance(beside, height, row)
    _frame_probabilities(ax, rows)
    _frame_distances(beside)
    headline(ax.figure, _count_statuses(assessments))
    caption(ax, f"空心表示证据弱（多借用外地的变化）；数据截至 {as_of}")
    return ax


def _rising(assessments, targets, indicators):
    """Assessments with the names and limits of their targets, the likeliest last."""
    limits = targets[["target_id", "relation", "target_low", "target_high"]]
    names = indicators[["indicator_id", "short_zh", "unit", "direction"]]
    rows = assessments.merge(limits, on="target_id", validate="one_to_one").merge(
        names, on="indicator_id", validate="many_to_one"
    )
    keys = ["attainment_probability", "is_binding", "target_id"]
    return rows.sort_values(keys, ascending=[True, True, False], na_position="first", ignore_index=True)


def _count_statuses(assessments):
    counts = assessments["status"].value_counts()
    parts = [f"{counts[status]} 项{words[0]}" for status, words in STATUS.items() if status in counts]
    return f"{len(assessments)} 项指标：" + "、".join(parts)


def _draw_probability(ax, height, row):
    """A dot at the probability, hollow where evidence is weak."""
    status, chance = row["status"], row["attainment_probability"]
    colour, label = COLOURS[status], STATUS[status][0]
    if pd.isna(chance):
        label_right(ax, label, (0, height), 4, colour)
        return
    ax.plot([0, chance], [height, height], color=colour, linewidth=1, alpha=0.35, zorder=1)
    face = colour if row["evidence_grade"] in ("strong", "moderate") else "white"
    dot = {"markersize": 8, "markeredgewidth": 1.6, "markerfacecolor": face}
    _mark(ax, chance, height, status, **dot, **tooltips([_tooltip(row)]))
    box = WHITE_BOX | {"alpha": 0.8}
    label_right(ax, f"{probability(chance)} {label}", (chance, height), 9, colour, bbox=box)


def _mark(ax, x, y, status, **options):
    ax.plot(x, y, MARKERS[status], color=COLOURS[status], **options)


def _tooltip(row):
    facts = {
        "指标": row["short_zh"],
        "最新值": number(row["latest_value"], row["unit"]),
        "年份": "—" if pd.isna(row["latest_year"]) else row["latest_year"],
        "目标": target_text(row),
        "80%区间": interval(row),
        "达成概率": probability(row["attainment_probability"]),
        "结论": " ".join(STATUS[row["status"]]),
    }
    return "　".join(f"{name} {fact}" for name, fact in facts.items())


def _draw_distance(ax, height, row):
    """Median and 80 % interval less the target, better to the right, in percent only."""
    if row["unit"] != "%" or pd.isna(row["predicted_median"]) or pd.isna(row["target"]):
        return
    ends = [row["predicted_low"], row["predicted_median"], row["predicted_high"]]
    low, median, high = ((row["direction"] or 1) * (end - row["target"]) for end in ends)
    bar = {"color": COLOURS[row["status"]], "alpha": 0.45, "solid_capstyle": "butt"}
    ax.plot([low, high], [height, height], linewidth=3, **bar)
    _mark(ax, median, height, row["status"], markersize=6)


def _frame_probabilities(ax, rows):
    labels = [
        f"{row.target_id} {row.short_zh}{'（约束性）' if row.is_binding else ''}" for row in rows.itertuples()
    ]
    ax.set_yticks(range(len(rows)), labels)
    ax.set_ylim(-0.7, len(rows) - 0.3)
    ax.set_xlim(-0.03, 1.3)
    shares = np.arange(0, 1.01, 0.2)
    ax.set_xticks(shares, [f"{share:.0%}" for share in shares])
    ax.set_xlabel("达成概率")
    ax.tick_params(axis="y", length=0)


def _frame_distances(ax):
    ax.axvline(0, linewidth=1.2, zorder=0, **TARGET_LINE)
    label_top(ax, "目标", 0, INK)
    ax.set_xlabel("预测比目标好（右）或差（左）的百分点")
    ax.tick_params(axis="y", length=0)
    caption(ax, "点为中位数，条为 80% 预测区间")


def plot_statuses(statuses: pd.DataFrame, names: Mapping[str, str]) -> Axes:
    """Draw verdicts through time, each status with its marker and word.

    Parameters
    ----------
    statuses : DataFrame of status, index target_id, columns days as text, rising
    names : mapping of target_id to its name
    """
    labels = [f"{target_id} {names[target_id]}" for target_id in statuses.index]
    n_moved = (statuses.nunique(axis=1) > 1).sum()
    return _draw_statuses(statuses, labels, f"{len(statuses)} 项指标中，{n_moved} 项的结论随新数据变过")


def plot_areas(statuses: pd.DataFrame) -> Axes:
    """Draw verdicts of areas by the same targets, a table without a map.

    Parameters
    ----------
    statuses : DataFrame of status, index areas, columns target_id; nothing is drawn for what is not assessed
    """
    judged = statuses.where(statuses != "not_assessed")
    n_judged, n_good = judged.count().sum(), judged.isin(["attained", "on_track"]).to_numpy().sum()
    title = f"{len(judged)} 地比照同一目标：{n_judged} 个结论中，{n_good} 个已达成或预计达成"
    return _draw_statuses(judged, judged.index, title)


def _draw_statuses(statuses, labels, title):
    n_rows, n_columns = statuses.shape
    ax = new_axes((3.2 + 1.15 * n_columns, 0.36 * n_rows + 1.6))
    for (height, place), status in np.ndenumerate(statuses):
        if not pd.isna(status):
            _mark(ax, place, height, status, markersize=7, clip_on=False)
            label_right(ax, STATUS[status][0], (place, height), 8, COLOURS[status])
    frame_grid(ax, labels, statuses.columns)
    ax.set_xlim(-0.3, n_columns - 0.1)
    ax.set_title(title, pad=14)
    return ax
