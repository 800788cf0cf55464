"""Turn executed notebooks into fragments of a page: outputs without code, both languages marked."""

import html
import re
from functools import cache
from pathlib import Path

import lxml.html
import nbformat
from nbconvert import HTMLExporter
from traitlets.config import Config

CHINESE, ENGLISH = "zh-CN", "en"  # values of lang, by which a page shows one language or both
_HAN = re.compile(r"[\u3400-\u9fff]")
_PAIR = re.compile(r"(.*[\u3400-\u9fff\u3000-\u303f\uff00-\uffef”])\s+([A-Za-z“\"][^\u3400-\u9fff]*)")
_LETTERS_PER_CHARACTER = 5  # an English word has about five letters where Chinese has a character


def notebook_body(path: Path, words: dict[str, str] | None = None) -> str:
    """Render prose and outputs of an executed notebook as an HTML fragment, without its code.

    Parameters
    ----------
    words : dict of Chinese to English, optional
        whole heads and cells of tables that are shown in both languages.
    """
    text = path.read_text(encoding="utf-8")
    root = lxml.html.fragment_fromstring(rendered(text), create_parent="div")
    for useless in root.xpath(".//a[@class='anchor-link'] | .//style"):
        useless.drop_tree()
    for heading in root.iter("h1", "h2", "h3"):
        _mark_pair(heading, split_languages(heading.text_content()))
    for paragraph in root.iter("p"):
        _mark_paragraph(paragraph)
    for table in root.iter("table"):
        _mark_table(table, words or {})
    hints = _hints_of(nbformat.reads(text, as_version=4))
    for image in list(root.iter("img")):
        _hang(image, hints.get(image.get("src").partition(",")[2], ()))
    for wide in root.xpath(".//table | .//div[@class='chart']"):
        _frame(wide)
    return lxml.html.tostring(root, encoding="unicode")


@cache
def rendered(text: str) -> str:
    """HTML of an executed notebook, once a process: a run renders each while others are executed."""
    notebook = nbformat.reads(text, as_version=4)
    for output in _outputs(notebook, "text/markdown"):  # Markdown passes tags in a name through unchanged
        output.data["text/markdown"] = html.escape(output.data["text/markdown"], quote=False)
    return _exporter().from_notebook_node(notebook)[0]


def _outputs(notebook, kind):
    """Outputs of all cells that have data of a kind."""
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    return [output for output in outputs if kind in output.get("data", {})]


@cache
def _exporter():
    options = {"exclude_input": True, "exclude_input_prompt": True, "exclude_output_prompt": True}
    return HTMLExporter(template_name="basic", config=Config({"HTMLExporter": options}))


def split_languages(text: str) -> tuple[str, str] | None:
    """Split a text in two languages into its Chinese and its English part.

    >>> split_languages("数据 The record"), split_languages("P02 合格率")
    (('数据', 'The record'), None)
    """
    match = _PAIR.fullmatch(text.strip())
    return match.groups() if match else None


def is_english(text: str) -> bool:
    """Whether a text is English, a few Chinese names aside."""
    letters = len(re.findall(r"[A-Za-z]", text))
    return letters > 0 and len(_HAN.findall(text)) * _LETTERS_PER_CHARACTER < letters


def _mark_pair(element, pair):
    if pair is None:
        return
    for child in list(element):
        element.remove(child)
    element.text = None
    for language, text in zip((CHINESE, ENGLISH), pair, strict=True):
        span = lxml.html.Element("span", lang=language)
        span.text, span.tail = text, " "
        element.append(span)


def _mark_paragraph(paragraph):
    """Mark English below the Chinese that it repeats; Chinese alone stays visible in either language."""
    before = paragraph.getprevious()
    if not is_english(paragraph.text_content()):
        return
    paragraph.set("lang", ENGLISH)
    if before is not None and before.tag in ("p", "ul", "ol") and not is_english(before.text_content()):
        before.set("lang", CHINESE)


def _mark_table(table, words):
    table.attrib.pop("border", None)
    for cell in list(table.iter("th", "td")):
        text = cell.text_content().strip()
        if text in words:
            _mark_pair(cell, split_languages(text) or (text, words[text]))
        if cell.tag == "th" and not text:
            cell.tag = "td"  # the corner of a table heads nothing
        elif cell.tag == "th":
            cell.set("scope", "col" if cell.xpath("ancestor::thead") else "row")


def _hints_of(notebook):
    """Places and tooltips of the points of each picture of a notebook, by the picture's data."""
    return {
        output.data["image/png"].strip(): output.metadata.get("image/png", {}).get("hints", ())
        for output in _outputs(notebook, "image/png")
    }


def _hang(image, hints):
    """Lay tooltips over a picture; the tables of the page show the same to readers without a pointer."""
    chart = lxml.html.Element("div", {"class": "chart"})
    _wrap(image, chart)
    layer = lxml.html.Element("div", {"aria-hidden": "true"})
    for left, top, text in hints:
        layer.append(lxml.html.Element("span", title=text, style=f"left:{left:g}%;top:{top:g}%"))
    if len(layer):
        chart.append(layer)


def _frame(element):
    """Frame what may be wider than the window, so that it scrolls by itself, with keys, too."""
    heading = element.xpath("preceding::*[self::h1 or self::h2][1]")
    label = heading[0].text_content().strip() if heading else "表 table"
    frame = {"tabindex": "0", "role": "group", "class": "scroll", "aria-label": label}
    _wrap(element, lxml.html.Element("div", frame))


def _wrap(inner, outer):
    """Put an element into a new one, which takes its place."""
    inner.addprevious(outer)
    outer.tail, inner.tail = inner.tail, None
    outer.append(inner)
