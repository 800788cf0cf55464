"""Files of all usual kinds as grids of printed cells, each with its place.

The bytes decide the kind, not the name: a “.xls” is often a web page. Nothing is interpreted here, and what a
spreadsheet shows is kept as text.
"""

import re

from sy_analysis.base.errors import DataError, is_hidden
from sy_analysis.intake.grids import MAX_ROWS, Grid, place_of, too_many
from sy_analysis.intake.texts import read_page, read_text
from sy_analysis.intake.words import message, refusal
from sy_analysis.intake.workbooks import read_workbook, refuse_old_workbook

# embeddings, overrides and isolates of text that runs from right to left (Unicode's UAX 9)
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def grids_of(file: str, content: bytes) -> list[Grid]:
    """Read the bytes of a file as grids, one for each sheet, web table or text.

    Raises
    ------
    DataError
        with everything that is wrong with the file, in Chinese and English, naming file, sheet and cell.
    """
    if any(map(is_hidden, file)) or "\n" in file:
        raise refusal(file, "file.hidden_name")
    if not content.strip(b"\0 \r\n\t"):
        raise refusal(file, "file.empty")
    grids = [_trim(_cleaned(grid)) for grid in _reader_of(content)(file, content)]
    grids = [grid for grid in grids if grid.rows]
    if not grids:
        raise refusal(file, "file.no_rows")
    size = sum(len(grid.rows) for grid in grids)
    if size > MAX_ROWS:
        raise too_many(file, size)
    return grids


def _reader_of(content):
    if content.startswith(_OLE):
        return refuse_old_workbook
    if content.startswith(b"%PDF"):
        return _refuse_pdf
    if content.startswith(b"PK"):
        return read_workbook
    head = content[:4096].replace(b"\0", b"").lower()
    if re.search(rb"<(!doctype html|html|table|body|meta|head)\b", head) or b"<table" in content.lower():
        return read_page
    return read_text


def _refuse_pdf(file, content):
    raise refusal(file, "file.pdf")


def _cleaned(grid):
    """Remove the invisible characters that copies bring along; one that turns digits round stops the file."""
    turned = [
        (r, c)
        for r, row in enumerate(grid.rows)
        for c, cell in enumerate(row)
        if not cell.isascii() and _TURNING.search(cell)
    ]
    if turned:
        raise DataError(
            [f"{grid.file} {place_of(grid, *place)}: {message('file.turning')}" for place in turned]
        )
    rows = [[cell if cell.isprintable() else _visible(cell) for cell in row] for row in grid.rows]
    return grid._replace(name=_visible(grid.name), rows=rows, caption=_visible(grid.caption))


def _visible(text):
    return "".join(
        " " if sign in "\t\r\n" else sign for sign in text if sign in "\t\r\n" or not is_hidden(sign)
    )


def _trim(grid):
    """Remove the empty rows at the end and empty columns at the right that formatting leaves behind."""
    widths = [max((c for c, cell in enumerate(row, start=1) if cell.strip()), default=0) for row in grid.rows]
    height = max((r for r, width in enumerate(widths, start=1) if width), default=0)
    width = max(widths, default=0)
    rows = [row[:width] for row in grid.rows[:height]]
    return grid._replace(rows=rows, lines=grid.lines[:height] if grid.lines else None)
