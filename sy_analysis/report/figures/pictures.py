"""Figures as bytes, PNG for notebooks and SVG for pages, with tooltips."""

import io

import matplotlib
import numpy as np
import PIL.Image
from IPython.display import Image
from lxml import etree
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg

from sy_analysis.report.figures.style import DOTS_PER_INCH, TOOLTIP

_PALETTE = 64  # colours of a PNG: a figure has few, and the file shrinks to a third
_COMPRESSION = 8  # zlib's highest level takes three times as long and saves a hundredth
_SVG = "{http://www.w3.org/2000/svg}"
_LINES = {"stroke-linejoin": "round", "stroke-linecap": "butt"}  # as in matplotlib's style element


def figure_bytes(ax: Axes, format: str = "png") -> bytes:
    """Render a figure as PNG or SVG, the same bytes each time.

    A PNG has 120 dots per inch and 64 colours.
    """
    if format == "svg":
        return _svg(ax)
    canvas = FigureCanvasAgg(ax.figure)
    canvas.draw()
    image, buffer = _few_coloured(np.asarray(canvas.buffer_rgba())), io.BytesIO()
    image.save(buffer, "png", compress_level=_COMPRESSION, dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
    return buffer.getvalue()


def _few_coloured(pixels):
    """Reduce RGBA pixels to `_PALETTE` colours, one of them the background's."""
    colours = pixels.view(np.uint32)[..., 0]
    inked = colours != colours[0, 0]
    inked[0, 0] = True  # an empty figure is an image, too
    drawn = PIL.Image.fromarray(pixels[inked][None, :, :3])
    drawn = drawn.quantize(_PALETTE - 1, dither=PIL.Image.Dither.NONE)
    places = np.zeros(colours.shape, np.uint8)
    places[inked] = np.asarray(drawn)[0] + 1
    image = PIL.Image.fromarray(places)
    image.putpalette([*pixels[0, 0, :3].tolist(), *drawn.getpalette()[: 3 * (_PALETTE - 1)]])
    return image


def message_of(ax: Axes) -> str:
    """Return the message of a figure, which is its title."""
    return ax.figure.get_suptitle() or ax.get_title(loc="left")


def picture(ax: Axes) -> Image:
    """Close a figure and return its image, with its message as alternative text.

    The image's metadata have `hints`, the tooltips for a page: for each point its distance from the left and from
    the top in percent, and its text.
    """
    width = round(96 * ax.figure.get_figwidth())
    data = figure_bytes(ax)
    metadata = {"hints": [hint for panel in ax.figure.axes for hint in _hints(panel)]}
    plt.close(ax.figure)
    return Image(data, alt=message_of(ax), width=width, metadata=metadata)


def _hints(ax):
    """Where the tooltips of drawn axes lie, and their texts."""
    from_pixels = ax.figure.transFigure.inverted()
    for line in ax.lines:
        places = from_pixels.transform(line.get_transform().transform(line.get_xydata()))
        for (x, y), text in zip(places.tolist(), _texts(line.get_gid()), strict=False):
            if text:
                yield [round(100 * x, 1), round(100 * (1 - y), 1), text]


def _texts(gid):
    return gid.removeprefix(TOOLTIP).split("\n") if gid and gid.startswith(TOOLTIP) else []


def inline_svg(ax: Axes) -> str:
    """Render a figure as an SVG element for a page, its letters as text."""
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        # a reader's machine may not have matplotlib's own font
        return _svg(ax).decode().replace("'DejaVu Sans'", "sans-serif")


def _svg(ax):
    """SVG bytes of a figure with its message, and its tooltips as titles of groups."""
    buffer = io.BytesIO()
    ax.figure.savefig(buffer, format="svg", metadata={"Date": None})
    svg = etree.fromstring(buffer.getvalue())
    # a style element would hold for the whole page
    etree.strip_elements(svg, f"{_SVG}metadata", f"{_SVG}style")
    svg.attrib.update({"role": "img", "aria-label": message_of(ax), **_LINES})
    for group in svg.iter(f"{_SVG}g"):
        # names of parts, such as text_1, occur in every figure of a page
        name = group.attrib.pop("id", "")
        if name.startswith(TOOLTIP):
            title = etree.Element(f"{_SVG}title")
            title.text = name.removeprefix(TOOLTIP)
            group.insert(0, title)
    return etree.tostring(svg, encoding="UTF-8")
