"""The house style of figures: colours, markers, fonts, captions, labels, tooltips."""

import json
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Any

import seaborn as sns
from matplotlib import font_manager
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from noto_cjk_sans_otc import FONT_PATH

from sy_analysis.report.words import read_rows

# Okabe & Ito's palette, distinct for any colour vision; each status has a marker of its own, too
_LOOKS = read_rows("figures/looks.csv")
COLOURS = {row["status"]: row["colour"] for row in _LOOKS}
MARKERS = {row["status"]: row["marker"] for row in _LOOKS}
TOOLTIP = "tooltip: "  # begins the gid of a line whose points have tooltips
_STYLE = json.loads(files(__package__).joinpath("style.json").read_text("utf-8"))
INK, SOFT, BAND = _STYLE["axes.labelcolor"], _STYLE["axes.edgecolor"], "#0072B2"
DOTS_PER_INCH = _STYLE["figure.dpi"]
TARGET_LINE = {"color": INK, "linestyle": (0, (5, 3))}
WHITE_BOX = {"facecolor": "white", "edgecolor": "none", "pad": 1}  # behind a label that crosses lines
font_manager.fontManager.addfont(str(FONT_PATH))


def use_style() -> None:
    """Set the house style, in which a name with two $ is not a formula."""
    sns.set_theme(style="ticks", rc=_STYLE)


def new_axes(size: tuple[float, float], *grid: int, **options) -> Any:
    """Return the subplots of a new figure of some size in inches."""
    use_style()
    return plt.figure(figsize=size).subplots(*grid, **options)


def headline(figure: Figure, message: str) -> None:
    """Write the message over all axes of a figure."""
    figure.suptitle(message, x=0.005, ha="left", fontsize=14)


def caption(ax: Axes, *lines: str) -> None:
    """Write small print below the label of the axes, as a part of it in the layout."""
    text = "\n".join(filter(None, [ax.get_xlabel(), *lines]))
    ax.set_xlabel(text, loc="left", fontsize=9, color=SOFT, labelpad=8)


def label_right(ax: Axes, text: str, place: tuple, gap: float, colour: str, size: float = 10, **options):
    """Write text to the right of a place, some points away."""
    _label(ax, text, place, (gap, 0), va="center", color=colour, fontsize=size, **options)


def label_above(ax: Axes, text: str, place: tuple, gap: float, colour: str, size: float = 11, **options):
    """Write text above a place, some points away."""
    _label(ax, text, place, (0, gap), ha="center", color=colour, fontsize=size, **options)


def _label(ax, text, place, offset, **options):
    ax.annotate(text, place, offset, textcoords="offset points", **options)


def label_top(ax: Axes, text: str, x: float, colour: str) -> None:
    """Write the name of a vertical line above the axes."""
    label_above(ax, text, (x, 1), 3, colour, size=9, xycoords=("data", "axes fraction"))


def tooltips(texts: Iterable[str]) -> dict[str, str]:
    """Keyword argument of `Axes.plot` that gives each point its tooltip, if not empty.

    >>> tooltips(["2020: 90%", "2021: 91%"])
    {'gid': 'tooltip: 2020: 90%\\n2021: 91%'}
    >>> tooltips([])
    {}
    """
    texts = list(texts)
    return {"gid": TOOLTIP + "\n".join(texts)} if texts else {}


def frame_grid(ax: Axes, rows: Sequence, columns: Sequence, **heads) -> None:
    """Make axes a table: names of rows at the left, heads of columns on top, no lines."""
    ax.set_yticks(range(len(rows)), rows)
    ax.set_xticks(range(len(columns)), columns, **heads)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.spines[["left", "bottom"]].set_visible(False)
