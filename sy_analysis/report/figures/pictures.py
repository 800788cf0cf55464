"""Figures as bytes: PNG for notebooks, SVG for pages, with the tooltips of their points."""

import io

import matplotlib
import numpy as np
import PIL.Image
from IPython.display import Image
from lxml import etree
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg

from sy_analysis.report.figures.style import DOTS_PER_INCH, TOOLTIP

_PALETTE = 64  # colours of a PNG: a figure has few, and its weight falls to a third
_COMPRESSION = 8  # zlib's highest level takes thrice the time for a hundredth of the weight
_SVG = "{http://www.w3.org/2000/svg}"
_LINES = {"stroke-linejoin": "round", "stroke-linecap": "butt"}  # as matplotlib's style sheet has them


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
    for line in (line for line in lines if (line.get_gid() or "").startswith(TOOLTIP)):
        places = figure.transFigure.inverted().transform(line.get_transform().transform(line.get_xydata()))
        texts = line.get_gid().removeprefix(TOOLTIP).split("\n")
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
        if name.startswith(TOOLTIP):
            title = etree.Element(f"{_SVG}title")
            title.text = name.removeprefix(TOOLTIP)
            group.insert(0, title)
    return etree.tostring(svg, encoding="UTF-8")
