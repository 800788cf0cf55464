"""Text files and web pages as grids: their encoding, their separator or one cell a line, their tables."""

import csv
import io
import re
import unicodedata
from collections import Counter

from sy_analysis.intake.grids import MAX_ROWS, Grid, too_many
from sy_analysis.intake.words import refusal

_RARE_ENCODINGS = ["big5", "big5hkscs", "utf_16", "utf_16_le", "shift_jis", "euc_kr"]
_DELIMITERS = (",", "\t", ";", "|")
# More than nine in ten Chinese characters of ordinary text are common ones (GB 2312 level 1); text read in a
# wrong encoding is mostly rare ones.
_COMMON_SHARE = 0.7


def decode(file: str, content: bytes) -> str:
    """Text of a file.

    UTF-8 comes first, since it is strict enough to be certain. GB 18030 is next where it gives ordinary
    Chinese, and charset-normalizer decides the rest.

    Raises
    ------
    DataError
        when no encoding gives readable text, or characters were lost before.
    """
    if b"\0" in content and content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise refusal(file, "text.binary")
    text = _decode_known(content)
    text = _decode_detected(file, content) if text is None else text
    lost = [number for number, line in enumerate(text.splitlines(), start=1) if "\ufffd" in line]
    if lost:
        raise refusal(file, "text.lost", lines=", ".join(map(str, lost[:10])))
    return text


def _decode_known(content):
    marks = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
    for encoding in [marks.get(content[:2]) or marks.get(content[:3]) or "utf-8", "gb18030"]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != "gb18030" or _is_ordinary_chinese(text):
            return text
    return None


def _is_ordinary_chinese(text):
    signs = [sign for sign in text[:20000] if "\u3400" <= sign <= "\u9fff"]
    odd = sum(unicodedata.category(sign) in ("Co", "Cn") for sign in text[:20000])
    return not odd and sum(map(_is_common, signs)) >= _COMMON_SHARE * len(signs)


def _is_common(sign):
    try:
        return sign.encode("gb2312")[0] <= 0xD7
    except UnicodeEncodeError:
        return False


def _decode_detected(file, content):
    from charset_normalizer import from_bytes

    best = from_bytes(content[:200_000], cp_isolation=_RARE_ENCODINGS).best()
    if best is None:
        raise refusal(file, "text.unknown")
    try:
        return content.decode(best.encoding)
    except UnicodeDecodeError as error:
        raise refusal(file, "text.wrong", byte=error.start, encoding=best.encoding) from None


def read_text(file: str, content: bytes) -> list[Grid]:
    """Read a text file as one grid, of its columns or of one cell a line.

    Raises
    ------
    DataError
        for an empty file, unreadable text or a broken CSV file.
    """
    text = decode(file, content)
    lines = text.splitlines()
    if not text.strip():
        raise refusal(file, "file.empty")
    delimiter = _delimiter_of(lines) or _delimiter_by_name(file, lines)
    if delimiter is None or (delimiter == "|" and _is_flattened(lines)):
        return [Grid(file, "", "lines", [[line] for line in lines], {}, lines=list(range(1, len(lines) + 1)))]
    return [_delimited_grid(file, text, delimiter)]


def _is_flattened(lines):
    """One cell a line, each line ending in “|”."""
    filled = [line.strip() for line in lines if line.strip()]
    return sum(line.count("|") <= 2 and line.endswith("|") for line in filled) > len(filled) / 2


def _delimiter_of(lines):
    """The separator that most rows share, or None for running text."""
    best, share = None, 0.5
    filled = [f"{line}\n" for line in lines[:200] if line.strip()]
    for delimiter in _DELIMITERS:
        try:
            sample = list(csv.reader(filled, delimiter=delimiter))
        except csv.Error:
            continue
        widths = Counter(map(len, sample))
        width, times = next(((n, t) for n, t in widths.most_common() if n > 1), (0, 0))
        # one comma a line is a sentence, several the same number of times are columns
        is_table = width > 2 or delimiter == "\t" or len(widths) == 1
        if width and is_table and times / len(sample) > share:
            best, share = delimiter, times / len(sample)
    return best


def _delimiter_by_name(file, lines):
    """The separator of the first line, for a file named as CSV whose rows do not agree."""
    if not file.lower().endswith((".csv", ".tsv")):
        return None
    times, delimiter = max((lines[0].count(delimiter), delimiter) for delimiter in _DELIMITERS)
    return delimiter if times else None


def _delimited_grid(file, text, delimiter):
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, lines, line = [], [], 1
    try:
        for row in reader:
            rows.append([cell.strip() for cell in row])
            lines.append(line)
            line = reader.line_num + 1
            if len(rows) > MAX_ROWS:
                raise too_many(file, text.count("\n"))
    except csv.Error as error:
        raise refusal(file, "text.csv", line=reader.line_num, error=error) from None
    if delimiter == "|":
        rows = [row[1:-1] if len(row) > 2 and row[0] == row[-1] == "" else row for row in rows]
    width = max(map(len, rows))
    return Grid(file, "", "lines", [row + [""] * (width - len(row)) for row in rows], {}, lines=lines)


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
