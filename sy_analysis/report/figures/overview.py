"""Many targets or areas at a glance: probabilities, verdicts, years with values, latest values."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from sy_analysis.base.words import number, probability
from sy_analysis.judge.rules import STATUS
from sy_analysis.record.selection import by_core
from sy_analysis.report.columns import FIELDS, headed, texts
from sy_analysis.report.figures import style
from sy_analysis.report.rows import verdict_rows
from sy_analysis.report.words import count_text

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
    ax, beside = style.new_axes(size, 1, 2, sharey=True, width_ratios=[2.1, 1])
    for name, text in _THRESHOLDS.items():
        ax.axvline(thresholds[name], color=style.SOFT, linewidth=0.9, linestyle=":", zorder=0)
        style.label_top(ax, text, thresholds[name], style.SOFT)
    for height, row in enumerate(rows.to_dict("records")):
        _draw_probability(ax, height, row)
        _draw_distance(beside, height, row)
    _frame_probabilities(ax, rows)
    _frame_distances(beside)
    counts = count_text(assessments["status"], "{n} 项{zh}", "、")
    style.headline(ax.figure, f"{len(assessments)} 项指标：{counts}")
    style.caption(ax, f"空心表示证据弱（多借用外地的变化）；数据截至 {as_of}")
    return ax


def _rising(assessments, targets, indicators):
    """Verdicts with the text of their tooltips, the likeliest last."""
    rows = verdict_rows(assessments, targets, indicators).rename(columns={"latest_year": "year"})
    facts = headed(texts(rows, FIELDS["dot"])).to_dict("records")
    rows["tooltip"] = ["　".join(f"{name} {fact}" for name, fact in row.items()) for row in facts]
    keys = ["attainment_probability", "is_binding", "target_id"]
    return rows.sort_values(keys, ascending=[True, True, False], na_position="first", ignore_index=True)


def _draw_probability(ax, height, row):
    """A dot at the probability, hollow where evidence is weak."""
    status, chance = row["status"], row["attainment_probability"]
    colour, label = style.COLOURS[status], STATUS[status][0]
    if pd.isna(chance):
        style.label_right(ax, label, (0, height), 4, colour)
        return
    ax.plot([0, chance], [height, height], color=colour, linewidth=1, alpha=0.35, zorder=1)
    face = colour if row["evidence_grade"] in ("strong", "moderate") else "white"
    dot = {"markersize": 8, "markeredgewidth": 1.6, "markerfacecolor": face}
    _mark(ax, chance, height, status, **dot, **style.tooltips([row["tooltip"]]))
    box = style.WHITE_BOX | {"alpha": 0.8}
    style.label_right(ax, f"{probability(chance)} {label}", (chance, height), 9, colour, bbox=box)


def _mark(ax, x, y, status, **options):
    ax.plot(x, y, style.MARKERS[status], color=style.COLOURS[status], **options)


def _draw_distance(ax, height, row):
    """Median and 80 % interval less the target, better to the right, in percent only."""
    if row["unit"] != "%" or pd.isna(row["predicted_median"]) or pd.isna(row["target"]):
        return
    ends = [row["predicted_low"], row["predicted_median"], row["predicted_high"]]
    low, median, high = ((row["direction"] or 1) * (end - row["target"]) for end in ends)
    bar = {"color": style.COLOURS[row["status"]], "alpha": 0.45, "solid_capstyle": "butt"}
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
    ax.axvline(0, linewidth=1.2, zorder=0, **style.TARGET_LINE)
    style.label_top(ax, "目标", 0, style.INK)
    ax.set_xlabel("预测比目标好（右）或差（左）的百分点")
    ax.tick_params(axis="y", length=0)
    style.caption(ax, "点为中位数，条为 80% 预测区间")


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
    ax = style.new_axes((3.2 + 1.15 * n_columns, 0.36 * n_rows + 1.6))
    for (height, place), status in np.ndenumerate(statuses):
        if not pd.isna(status):
            _mark(ax, place, height, status, markersize=7, clip_on=False)
            style.label_right(ax, STATUS[status][0], (place, height), 8, style.COLOURS[status])
    style.frame_grid(ax, labels, statuses.columns)
    ax.set_xlim(-0.3, n_columns - 0.1)
    ax.set_title(title, pad=14)
    return ax


def plot_record(
    series: pd.DataFrame,
    indicators: pd.DataFrame,
    targets: pd.DataFrame,
    area: str,
    baseline_year: int,
    as_of: date | str = "",
) -> Axes:
    """Draw the years with own values, and how many other areas have a value."""
    ax = style.new_axes((10, 0.36 * len(targets) + 1.8))
    years = range(baseline_year - 10, int(targets["target_year"].max()) + 1)
    known = _known_values(series, indicators, targets, years)
    own, others = known[known["area"] == area], known[known["area"] != area]
    _draw_counts(ax, _count_areas(others, targets["indicator_id"], years))
    heights = {indicator_id: height for height, indicator_id in enumerate(targets["indicator_id"])}
    exact, near = own[own["is_exact"]], own[~own["is_exact"]]
    for marker, face, points in (("o", style.COLOURS["attained"], exact), ("s", "white", near)):
        x, y = points["year"] - years[0] + 0.3, points["core_id"].map(heights).astype(float) + 0.5
        shape = {"markerfacecolor": face, "markersize": 7, "markeredgewidth": 1.5}
        ax.plot(x, y, marker, color=style.COLOURS["attained"], **shape)
    names = targets["indicator_id"].map(indicators.set_index("indicator_id")["short_zh"])
    ax.set_yticklabels(targets["target_id"] + " " + names, rotation=0)
    n_followed = exact.loc[exact["year"] > baseline_year, "core_id"].nunique()
    ax.set_title(f"{len(targets)} 项指标中，{n_followed} 项在 {baseline_year} 年之后有{area}同口径年度值")
    style.caption(ax, f"● 本地同口径　□ 本地近似口径　数字为有值的参照地区数；数据截至 {as_of}")
    return ax


def _known_values(series, indicators, targets, years):
    """Values that bear on the targets, with whether their indicator is a target's own."""
    known = by_core(series, indicators)
    known = known[known["year"].isin(years) & known["core_id"].isin(targets["indicator_id"])]
    return known.assign(is_exact=known["indicator_id"] == known["core_id"])


def _count_areas(known, indicator_ids, years):
    """How many areas have a value: one row an indicator, one column a year."""
    counts = known.groupby(["core_id", "year"])["area"].nunique()
    return counts.unstack("year").reindex(index=indicator_ids, columns=years)


def _draw_counts(ax, counts):
    look = {"cmap": sns.light_palette("#8FA3B0", as_cmap=True), "cbar": False, "linewidths": 2}
    words = {"size": 9, "color": style.SOFT, "ha": "left"}
    sns.heatmap(counts, ax=ax, vmin=0, vmax=20, annot=True, fmt=".0f", annot_kws=words, **look)
    ax.set(xlabel="", ylabel="")
    ax.tick_params(length=0)


def plot_subareas(
    latest: pd.DataFrame, areas: Sequence[str], names: Mapping[str, str], as_of: date | str = ""
) -> Axes:
    """Draw a table of the latest values in the areas below the plan's.

    Parameters
    ----------
    latest : DataFrame from `latest_by_area`
    areas : sequence of str, all the areas
    names : mapping of target_id to its name, of all the targets
    as_of : date or str, for the caption
    """
    shown = [target_id for target_id in names if target_id in set(latest["target_id"])]
    n_columns = max(2, len(shown))
    ax = style.new_axes((3.2 + 2.4 * n_columns, 0.3 * len(areas) + 1.7))
    if not areas:
        ax.set_axis_off()
        style.headline(ax.figure, "地区名录中没有下辖地区")
        return ax
    rows = {(row["target_id"], row["area"]): row for row in latest.to_dict("records")}
    for place, target_id in enumerate(shown):
        for height, area in enumerate(areas):
            _draw_latest(ax, place, height, rows.get((target_id, area)))
    style.frame_grid(ax, areas, [f"{target_id} {names[target_id]}" for target_id in shown], ha="left")
    ax.set_xlim(-0.15, n_columns - 0.1)
    n_known = latest["area"].nunique()
    scope = f"，涉及 {len(names)} 项中的 {len(shown)} 项" if n_known else ""
    style.headline(ax.figure, f"下辖 {len(areas)} 地中，{n_known} 地公布过核心指标的数值{scope}")
    style.caption(ax, f"● 同口径　□ 近似口径　— 没有公布　括号内为时期；数据截至 {as_of}")
    return ax


def _draw_latest(ax, place, height, row):
    if row is None:
        style.label_right(ax, "—", (place, height), 10, style.SOFT, size=11)
        return
    marker, face = ("o", style.BAND) if row["is_exact"] else ("s", "white")
    ax.plot(place, height, marker, color=style.BAND, markerfacecolor=face, markersize=6, clip_on=False)
    text = f"{number(row['value'], row['unit'])}（{row['period']}）"
    style.label_right(ax, text, (place, height), 10, style.INK)
