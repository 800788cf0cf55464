"""The house style of figures: colours, markers, fonts, captions, labels, tooltips."""

from collections.abc import Iterable, Sequence

import seaborn as sns
from matplotlib import font_manager
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from noto_cjk_sans_otc import FONT_PATH

# Okabe & Ito's palette, distinct for any colour vision; each status has a marker of its own, too
_LOOKS = {
    "attained": ("#0072B2", "*"),
    "on_track": ("#00805C", "o"),
    "at_risk": ("#A86500", "D"),
    "off_track": ("#C44900", "v"),
    "missed": ("#A3366F", "X"),
    "not_assessed": ("#6E6E6E", "s"),
}
COLOURS = {status: colour for status, (colour, _) in _LOOKS.items()}
MARKERS = {status: marker for status, (_, marker) in _LOOKS.items()}
INK, SOFT, BAND = "#222222", "#5F5F5F", "#0072B2"
TARGET_LINE = {"color": INK, "linestyle": (0, (5, 3))}
WHITE_BOX = {"facecolor": "white", "edgecolor": "none", "pad": 1}  # behind a label that crosses lines
DOTS_PER_INCH = 120
TOOLTIP = "tooltip: "  # begins the gid of a line whose points have tooltips
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
    "text.parse_math": False,  # a name with two $ is not a formula
    "svg.fonttype": "path",
    "svg.hashsalt": "sy-analysis",
}
font_manager.fontManager.addfont(str(FONT_PATH))


def use_style() -> None:
    """Set the house style; safe to call again."""
    sns.set_theme(style="ticks", rc=_STYLE)


def axes_of(ax: Axes | None, size: tuple[float, float]) -> Axes:
    """Return the given axes, or those of a new figure of some size in inches."""
    use_style()
    return ax if ax is not None else plt.figure(figsize=size).subplots()


def headline(figure: Figure, message: str) -> None:
    """Write the message over all axes of a figure."""
    figure.suptitle(message, x=0.005, ha="left", fontsize=14)


def caption(ax: Axes, *lines: str) -> None:
    """Write small print under the axes, below their label: as part of it, it has its place in the layout."""
    text = "\n".join(filter(None, [ax.get_xlabel(), *lines]))
    ax.set_xlabel(text, loc="left", fontsize=9, color=SOFT, labelpad=8)


def label_right(ax: Axes, text: str, place: tuple, gap: float, colour: str, size: float = 10, **options):
    """Write text to the right of a place, some points away."""
    shape = {"va": "center", "color": colour, "fontsize": size, **options}
    ax.annotate(text, place, (gap, 0), textcoords="offset points", **shape)


def label_above(ax: Axes, text: str, place: tuple, gap: float, colour: str, size: float = 11, **options):
    """Write text above a place, some points away."""
    shape = {"ha": "center", "color": colour, "fontsize": size, **options}
    ax.annotate(text, place, (0, gap), textcoords="offset points", **shape)


def label_top(ax: Axes, text: str, x: float, colour: str) -> None:
    """Write the name of a vertical line above the axes."""
    label_above(ax, text, (x, 1), 3, colour, size=9, xycoords=("data", "axes fraction"))


def tooltips(texts: Iterable[str]) -> dict[str, str]:
    """Keyword argument of `Axes.plot` that gives each point of the line a tooltip; empty text for none.

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
