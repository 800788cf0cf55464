"""What the record holds, for the plan's area and for those below it."""

import seaborn as sns

from sy_analysis.base.words import number
from sy_analysis.record.selection import by_core
from sy_analysis.report.figures.style import (
    BAND,
    COLOURS,
    INK,
    SOFT,
    axes_of,
    caption,
    frame_grid,
    headline_over,
)


def plot_record(series, indicators, targets, area, baseline_year, as_of="", ax=None):
    """What the record holds: own yearly values of each indicator, and how many reference areas have one.

    Returns
    -------
    Axes
    """
    ax = axes_of(ax, (10, 0.36 * len(targets) + 1.8))
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
    caption(ax, f"● 本地同口径　□ 本地近似口径　数字为有值的参照地区数；数据截至 {as_of}")
    return ax


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
    ax = axes_of(None, (3.2 + 2.4 * max(2, len(shown)), 0.3 * len(areas) + 1.7))
    if not areas:
        ax.set_axis_off()
        headline_over(ax.figure, "地区名录中没有下辖地区")
        return ax
    for place, target_id in enumerate(shown):
        values = latest[latest["target_id"] == target_id].set_index("area")
        for height, area in enumerate(areas):
            _draw_latest(ax, place, height, values.loc[area] if area in values.index else None)
    frame_grid(ax, areas, [f"{name} {names[name]}" for name in shown], ha="left")
    ax.set_xlim(-0.15, max(2, len(shown)) - 0.1)
    n_known = latest["area"].nunique()
    scope = f"，涉及 {len(names)} 项中的 {len(shown)} 项" if n_known else ""
    headline_over(ax.figure, f"下辖 {len(areas)} 地中，{n_known} 地公布过核心指标的数值{scope}")
    caption(ax, f"● 同口径　□ 近似口径　— 没有公布　括号内为时期；数据截至 {as_of}")
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
