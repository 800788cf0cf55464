"""Years with values in the record, and the latest values of areas below."""

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from sy_analysis.base.words import number
from sy_analysis.record.selection import by_core
from sy_analysis.report.figures.style import (
    BAND,
    COLOURS,
    INK,
    SOFT,
    caption,
    frame_grid,
    headline,
    label_right,
    new_axes,
)


def plot_record(
    series: pd.DataFrame,
    indicators: pd.DataFrame,
    targets: pd.DataFrame,
    area: str,
    baseline_year: int,
    as_of: date | str = "",
) -> Axes:
    """Draw the years with own values, and how many other areas have a value."""
    ax = new_axes((10, 0.36 * len(targets) + 1.8))
    years = range(baseline_year - 10, int(targets["target_year"].max()) + 1)
    known = _known_values(series, indicators, targets, years)
    own, others = known[known["area"] == area], known[known["area"] != area]
    _draw_counts(ax, _count_areas(others, targets["indicator_id"], years))
    heights = {indicator_id: height for height, indicator_id in enumerate(targets["indicator_id"])}
    exact, near = own[own["is_exact"]], own[~own["is_exact"]]
    for marker, face, points in (("o", COLOURS["attained"], exact), ("s", "white", near)):
        x, y = points["year"] - years[0] + 0.3, points["core_id"].map(heights).astype(float) + 0.5
        shape = {"markerfacecolor": face, "markersize": 7, "markeredgewidth": 1.5}
        ax.plot(x, y, marker, color=COLOURS["attained"], **shape)
    names = targets["indicator_id"].map(indicators.set_index("indicator_id")["short_zh"])
    ax.set_yticklabels(targets["target_id"] + " " + names, rotation=0)
    n_followed = exact.loc[exact["year"] > baseline_year, "core_id"].nunique()
    ax.set_title(f"{len(targets)} 项指标中，{n_followed} 项在 {baseline_year} 年之后有{area}同口径年度值")
    caption(ax, f"● 本地同口径　□ 本地近似口径　数字为有值的参照地区数；数据截至 {as_of}")
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
    style = {"cmap": sns.light_palette("#8FA3B0", as_cmap=True), "cbar": False, "linewidths": 2}
    words = {"size": 9, "color": SOFT, "ha": "left"}
    sns.heatmap(counts, ax=ax, vmin=0, vmax=20, annot=True, fmt=".0f", annot_kws=words, **style)
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
    ax = new_axes((3.2 + 2.4 * n_columns, 0.3 * len(areas) + 1.7))
    if not areas:
        ax.set_axis_off()
        headline(ax.figure, "地区名录中没有下辖地区")
        return ax
    rows = {(row["target_id"], row["area"]): row for row in latest.to_dict("records")}
    for place, target_id in enumerate(shown):
        for height, area in enumerate(areas):
            _draw_latest(ax, place, height, rows.get((target_id, area)))
    frame_grid(ax, areas, [f"{target_id} {names[target_id]}" for target_id in shown], ha="left")
    ax.set_xlim(-0.15, n_columns - 0.1)
    n_known = latest["area"].nunique()
    scope = f"，涉及 {len(names)} 项中的 {len(shown)} 项" if n_known else ""
    headline(ax.figure, f"下辖 {len(areas)} 地中，{n_known} 地公布过核心指标的数值{scope}")
    caption(ax, f"● 同口径　□ 近似口径　— 没有公布　括号内为时期；数据截至 {as_of}")
    return ax


def _draw_latest(ax, place, height, row):
    if row is None:
        label_right(ax, "—", (place, height), 10, SOFT, size=11)
        return
    marker, face = ("o", BAND) if row["is_exact"] else ("s", "white")
    ax.plot(place, height, marker, color=BAND, markerfacecolor=face, markersize=6, clip_on=False)
    text = f"{number(row['value'], row['unit'])}（{row['period']}）"
    label_right(ax, text, (place, height), 10, INK)
