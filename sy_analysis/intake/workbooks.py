"""Excel workbooks as grids, after a check of the packed parts: nothing unsafe or damaged is opened."""

import io
import re
import warnings
import zipfile
from typing import NoReturn

from sy_analysis.base.errors import DataError
from sy_analysis.intake.digits import render_sheet_number
from sy_analysis.intake.grids import MAX_CELLS, MAX_ROWS, Grid, too_many
from sy_analysis.intake.words import message, refusal

# Limits of the unpacked size, and of its ratio to the packed one: sheets of numbers pack about 5 to 15 times.
MAX_UNPACKED = 256 * 2**20
MAX_RATIO = 200
_XML = (".xml", ".rels", ".vml")  # endings of parts that hold markup
_RATIO_FROM = 16 * 2**20
# Entities make a few hundred bytes stand for gigabytes, or for a file of this machine.
_DOCTYPES = [
    mark.encode(code) for mark in ("<!DOCTYPE", "<!ENTITY") for code in ("utf-8", "utf-16-le", "utf-16-be")
]


def refuse_old_workbook(file: str, content: bytes) -> NoReturn:
    """Refuse a workbook of the old format or with a password; both are OLE files.

    Raises
    ------
    DataError
    """
    has_password = "EncryptedPackage".encode("utf-16-le") in content
    raise refusal(file, "book.password" if has_password else "book.old")


def read_workbook(file: str, content: bytes) -> list[Grid]:
    """Read each visible sheet of a workbook.

    Raises
    ------
    DataError
        for hidden sheets, macros, damage, or more than the limits.
    """
    has_formulas = _check_archive(file, content)
    values = _load(file, content, data_only=True)
    formulas = _load(file, content, data_only=False) if has_formulas else None
    problems = [
        f"{file}: {message('book.hidden_sheet', sheet=sheet.title)}"
        for sheet in values.worksheets
        if sheet.sheet_state != "visible" and not sheet.title.startswith("_")
    ]
    if problems:
        raise DataError(problems)
    visible = [sheet for sheet in values.worksheets if sheet.sheet_state == "visible"]
    cells = sum(sheet.max_row * sheet.max_column for sheet in visible)
    if cells > MAX_CELLS:
        raise refusal(file, "book.too_large", cells=cells, limit=MAX_CELLS)
    return [_sheet_grid(file, sheet, formulas[sheet.title] if formulas else None) for sheet in visible]


def _check_archive(file, content):
    """Check the packed parts before any sheet is read; True when there are formulas."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(file, archive.infolist(), len(content))
            texts = {
                name: archive.read(name) for name in archive.namelist() if name.casefold().endswith(_XML)
            }
    except DataError:
        raise
    except Exception:  # whatever its parts raise on damaged files, as below
        raise refusal(file, "book.cut") from None
    if any(mark in text for text in texts.values() for mark in _DOCTYPES):
        raise refusal(file, "book.entities")
    sheets = [text for name, text in texts.items() if name.startswith("xl/worksheets/")]
    rows = sum(text.count(b"<row ") for text in sheets)
    if rows > 5 * MAX_ROWS or sum(text.count(b"<v>") + text.count(b"<is>") for text in sheets) > MAX_CELLS:
        raise too_many(file, rows)
    return any(re.search(rb"<f[ >/]", text) for text in sheets)


def _check_parts(file, parts, packed):
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED or (unpacked > _RATIO_FROM and unpacked > MAX_RATIO * packed):
        raise refusal(file, "book.bomb", size=unpacked // 2**20)
    names = {part.filename.casefold() for part in parts}
    if any(name.endswith("vbaproject.bin") for name in names):
        raise refusal(file, "book.macros")
    if not any(name.endswith("workbook.xml") for name in names):
        raise refusal(file, "book.archive")


def _load(file, content, data_only):
    import openpyxl

    try:
        with warnings.catch_warnings():
            # notices about styles, print headers and drop-downs: none concerns a cell's content
            warnings.simplefilter("ignore", UserWarning)
            return openpyxl.load_workbook(io.BytesIO(content), data_only=data_only)
    except Exception as error:
        # the library raises whatever its parts raise on damaged files
        raise refusal(file, "book.damaged", kind=type(error).__name__, error=error) from None


def _sheet_grid(file, sheet, formulas):
    rows = [[_shown(cell) for cell in row] for row in sheet.iter_rows()]
    if formulas is not None:
        _mark_uncached(rows, formulas)
    anchors = {}
    for span in sheet.merged_cells.ranges:
        top, left = span.min_row - 1, span.min_col - 1
        for r in range(top, min(span.max_row, len(rows))):
            for c in range(left, min(span.max_col, len(rows[r]))):
                if (r, c) != (top, left):
                    rows[r][c] = rows[top][left]
                    anchors[r, c] = (top, left)
    return Grid(file, sheet.title, "sheet", rows, anchors, caption=sheet.title, notes=_hidden_parts(sheet))


def _shown(cell):
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return render_sheet_number(value, cell.number_format or "General")
    if hasattr(value, "strftime"):
        shows_day = "d" in re.sub(r"\[[^\]]*\]|\"[^\"]*\"", "", (cell.number_format or "d").lower())
        return f"{value:%Y-%m-%d}" if shows_day else f"{value:%Y}年{value.month}月"
    return str(value)


def _mark_uncached(rows, formulas):
    """Keep a formula whose result was never stored, so that its cell is not read as empty."""
    for r, row in enumerate(formulas.iter_rows()):
        for c, cell in enumerate(row):
            if cell.data_type == "f" and r < len(rows) and c < len(rows[r]) and rows[r][c] == "":
                rows[r][c] = str(getattr(cell.value, "text", cell.value))


def _hidden_parts(sheet):
    """Notes on hidden rows and columns, of which the first ten are named."""
    dimensions = {"book.hidden_rows": sheet.row_dimensions, "book.hidden_columns": sheet.column_dimensions}
    notes = []
    for key, sizes in dimensions.items():
        hidden = [str(name) for name, size in sizes.items() if size.hidden][:10]
        if hidden:
            notes.append(message(key, sheet=sheet.title, zh="、".join(hidden), en=", ".join(hidden)))
    return tuple(notes)
