"""Tables of a saved web page as grids."""

import re

from sy_analysis.intake.grids import Grid
from sy_analysis.intake.texts import decode
from sy_analysis.intake.words import refusal


def read_page(file: str, content: bytes) -> list[Grid]:
    """Read each table of a page that has no table inside.

    Raises
    ------
    DataError
        for a page that is cut off, damaged or has no table.
    """
    import lxml.etree
    import lxml.html

    text = decode(file, content)
    opened, closed = len(re.findall(r"<table\b", text, re.I)), len(re.findall(r"</table\s*>", text, re.I))
    if opened > closed:
        raise refusal(file, "page.cut")
    try:
        page = lxml.html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except lxml.etree.LxmlError as error:
        raise refusal(file, "page.damaged", error=error) from None
    tables = [table for table in page.iter("table") if table.find(".//table") is None]
    if not tables:
        raise refusal(file, "page.no_table")
    title = page.findtext(".//title") or ""
    return [_page_grid(file, number, table, title) for number, table in enumerate(tables, start=1)]


def _page_grid(file, number, table, title):
    rows, anchors = {}, {}
    sources = [row for row in table.iter("tr") if not _is_invisible(row)]
    for r, source in enumerate(sources):
        c = 0
        for cell in source:
            if cell.tag not in ("td", "th") or _is_invisible(cell):
                continue
            while (r, c) in rows:
                c += 1
            text = _cell_text(cell)
            # a span cannot reach beyond the table's own rows; 200 columns is wider than any published table
            for r2 in range(r, min(r + _span(cell, "rowspan"), len(sources))):
                for c2 in range(c, c + min(_span(cell, "colspan"), 200)):
                    rows.setdefault((r2, c2), text)
                    if (r2, c2) != (r, c):
                        anchors[r2, c2] = (r, c)
    width = max((c for _, c in rows), default=-1) + 1
    grid = [[rows.get((r, c), "") for c in range(width)] for r in range(len(sources))]
    return Grid(file, f"table {number}", "page", grid, anchors, caption=_caption_of(table) or title)


def _is_invisible(element):
    return "display:none" in (element.get("style") or "").replace(" ", "").lower()


def _span(cell, name):
    try:
        return max(1, int(cell.get(name, "1")))
    except ValueError:
        return 1


def _cell_text(cell):
    """Text of a cell; a raised footnote mark must not become a digit of the number before it."""
    parts = [cell.text or ""]
    for part in cell:
        inner = _cell_text(part) if isinstance(part.tag, str) and not _is_invisible(part) else ""
        before = "".join(parts).rstrip()
        is_mark = part.tag == "sup" and before[-1:] and (before[-1].isdigit() or before[-1] in "%％)")
        parts.append(
            f"[{inner.strip('[]() ')}]" if is_mark and inner.strip() else " " if part.tag == "br" else inner
        )
        parts.append(part.tail or "")
    return re.sub(r"\s+", " ", "".join(parts)).strip()


def _caption_of(table):
    if own := (table.findtext("caption") or "").strip():
        return own
    for element in table.itersiblings(preceding=True):
        if not isinstance(element.tag, str) or element.tag == "table":
            break
        text = re.sub(r"\s+", " ", element.text_content()).strip()
        if text:
            return text[-120:]
    return ""
