"""A file of any of the usual kinds as grids of printed cells, each with its place.

The kind is told by the bytes, not by the name: a “.xls” is often a web page. Nothing is interpreted here;
what a spreadsheet shows is kept as text. All that makes a file unreadable is said at once.
"""

import re
from pathlib import Path

from sy_analysis.errors import DataError
from sy_analysis.intake.grids import MAX_BYTES, MAX_ROWS, said, too_many
from sy_analysis.intake.pages import read_page
from sy_analysis.intake.texts import read_text
from sy_analysis.intake.workbooks import read_workbook, refuse_old_workbook

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_tables(path):
    """Grids of a file: one for each sheet, web table or text.

    Raises
    ------
    DataError
        with everything that is wrong with the file, in Chinese and English, naming file, sheet and cell.
    """
    path = Path(path)
    content = _bytes_of(path)
    kind = _kind_of(content)
    grids = _READERS[kind](path.name, content)
    grids = [_trim(grid) for grid in grids]
    grids = [grid for grid in grids if grid.rows]
    if not grids:
        raise DataError([said(path.name, "没有任何数据行", "there are no rows in it")])
    size = sum(len(grid.rows) for grid in grids)
    if size > MAX_ROWS:
        raise DataError([too_many(path.name, size)])
    return grids


def _bytes_of(path):
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            limit = MAX_BYTES // 2**20
            raise DataError(
                [
                    said(
                        path.name,
                        f"文件有{size // 2**20}MB,上限{limit}MB",
                        f"{size // 2**20} MB, the limit is {limit} MB; split the file",
                    )
                ]
            )
        content = path.read_bytes()
    except OSError as error:
        raise DataError([said(path.name, "文件打不开", f"cannot be read: {error.strerror}")]) from None
    if not content.strip(b"\0 \r\n\t"):
        raise DataError([said(path.name, "文件是空的", "the file is empty")])
    return content


def _kind_of(content):
    if content.startswith(_OLE):
        return "ole"
    if content.startswith(b"%PDF"):
        return "pdf"
    if content.startswith(b"PK"):
        return "workbook"
    head = content[:4096].replace(b"\0", b"").lower()
    if re.search(rb"<(!doctype html|html|table|body|meta|head)\b", head) or b"<table" in content.lower():
        return "page"
    return "text"


def _refuse_pdf(file, content):
    english = "this is a PDF; copy its table into Excel or text"
    raise DataError([said(file, "是PDF,请把其中的表复制到Excel或文本", english)])


_READERS = {
    "pdf": _refuse_pdf,
    "ole": refuse_old_workbook,
    "workbook": read_workbook,
    "page": read_page,
    "text": read_text,
}


def _trim(grid):
    """Without the empty rows at the end and empty columns at the right that formatting leaves behind."""
    height = max(
        (r for r, row in enumerate(grid.rows, start=1) if any(cell.strip() for cell in row)), default=0
    )
    rows = grid.rows[:height]
    width = max((c for row in rows for c, cell in enumerate(row, start=1) if cell.strip()), default=0)
    return grid._replace(
        rows=[row[:width] for row in rows], lines=grid.lines[:height] if grid.lines else None
    )
