"""The house style of figures: colours, markers, fonts, captions, tooltips."""

import seaborn as sns
from matplotlib import font_manager
from matplotlib import pyplot as plt
from noto_cjk_sans_otc import FONT_PATH

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
HINT = "hint: "  # begins the gid of a line whose points say more when a pointer rests on them
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


def axes_of(ax, size):
    use_style()
    return ax if ax is not None else plt.figure(figsize=size).subplots()


def caption(ax, *lines):
    """Small print under the figure; as an axis label it has its place in the layout."""
    label = ax.get_xlabel()
    ax.set_xlabel(
        "\n".join([*([label] if label else []), *lines]), loc="left", fontsize=9, color=SOFT, labelpad=8
    )


def hints_of(texts):
    """Keyword by which the points of a line say more, each its text, when a pointer rests on them."""
    texts = list(texts)
    return {"gid": HINT + "\n".join(texts)} if texts else {}


def headline_over(figure, message):
    figure.suptitle(message, x=0.005, ha="left", fontsize=14)


def frame_grid(ax, rows, columns, **heads):
    """Axes as a table: names of rows at the left, heads of columns on top, no lines."""
    ax.set_yticks(range(len(rows)), rows)
    ax.set_xticks(range(len(columns)), columns, **heads)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.spines[["left", "bottom"]].set_visible(False)
