"""Excel workbooks as grids, after a look at the packed parts: nothing unsafe or damaged is opened."""

import io
import re
import warnings
import zipfile

from sy_analysis.base.errors import DataError
from sy_analysis.base.words import both
from sy_analysis.intake.digits import render_sheet_number
from sy_analysis.intake.grids import MAX_CELLS, MAX_ROWS, Grid, said, too_many

# What a workbook may unpack to, and how much smaller than that it may be packed before it is no honest
# workbook: sheets of numbers pack about 5 to 15 times.
MAX_UNPACKED = 256 * 2**20
MAX_RATIO = 200
_RATIO_FROM = 16 * 2**20
# Entities make a few hundred bytes stand for gigabytes, or for a file of this machine.
_DOCTYPES = [
    mark.encode(code) for mark in ("<!DOCTYPE", "<!ENTITY") for code in ("utf-8", "utf-16-le", "utf-16-be")
]


def refuse_old_workbook(file, content):
    if "EncryptedPackage".encode("utf-16-le") in content:
        problem = said(
            file, "工作簿有密码,请去掉密码后另存", "the workbook has a password; save a copy without one"
        )
    else:
        problem = said(file, "是旧式.xls格式,请另存为.xlsx", "this is the old .xls format; save it as .xlsx")
    raise DataError([problem])


def read_workbook(file, content):
    has_formulas = _check_archive(file, content)
    values = _load(file, content, data_only=True)
    formulas = _load(file, content, data_only=False) if has_formulas else None
    problems = [
        said(
            file,
            f"工作表“{sheet.title}”是隐藏的,请取消隐藏或删除",
            f"sheet “{sheet.title}” is hidden; unhide or delete it",
        )
        for sheet in values.worksheets
        if sheet.sheet_state != "visible" and not sheet.title.startswith("_")
    ]
    if problems:
        raise DataError(problems)
    visible = [sheet for sheet in values.worksheets if sheet.sheet_state == "visible"]
    cells = sum(sheet.max_row * sheet.max_column for sheet in visible)
    if cells > MAX_CELLS:
        raise DataError(
            [said(file, f"有{cells}个单元格,上限{MAX_CELLS}", f"{cells} cells, the limit is {MAX_CELLS}")]
        )
    return [_sheet_grid(file, sheet, formulas[sheet.title] if formulas else None) for sheet in visible]


def _check_archive(file, content):
    """Look at the packed parts before anything is unpacked; True when there are formulas."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            unpacked = sum(part.file_size for part in parts)
            is_bomb = unpacked > MAX_UNPACKED or (
                unpacked > _RATIO_FROM and unpacked > MAX_RATIO * len(content)
            )
            if is_bomb:
                raise DataError(
                    [
                        said(
                            file,
                            f"解压后有{unpacked // 2**20}MB,疑为压缩炸弹,未打开",
                            f"would unpack to {unpacked // 2**20} MB and was not opened",
                        )
                    ]
                )
            names = {part.filename.casefold() for part in parts}
            if any(name.endswith("vbaproject.bin") for name in names):
                raise DataError(
                    [
                        said(
                            file,
                            "含有宏,请另存为不带宏的.xlsx",
                            "the workbook has macros; save it as .xlsx without them",
                        )
                    ]
                )
            if not any(name.endswith("workbook.xml") for name in names):
                raise DataError([said(file, "是压缩包,不是工作簿", "this is an archive, not a workbook")])
            texts = {part.filename: archive.read(part) for part in parts if _is_xml(part.filename)}
    except DataError:
        raise
    except Exception:  # whatever its parts raise on damaged files, as below
        raise DataError(
            [said(file, "文件不完整或已损坏,请重新下载", "the file is cut off or damaged; fetch it again")]
        ) from None
    if any(mark in text for text in texts.values() for mark in _DOCTYPES):
        english = "the workbook defines XML entities, as no spreadsheet program does; not opened"
        raise DataError([said(file, "含有XML实体定义,未打开", english)])
    texts = [text for name, text in texts.items() if name.startswith("xl/worksheets/")]
    rows = sum(text.count(b"<row ") for text in texts)
    if rows > 5 * MAX_ROWS or sum(text.count(b"<v>") + text.count(b"<is>") for text in texts) > MAX_CELLS:
        raise DataError([too_many(file, rows)])
    return any(re.search(rb"<f[ >/]", text) for text in texts)


def _is_xml(name):
    return name.casefold().endswith((".xml", ".rels", ".vml"))


def _load(file, content, data_only):
    import openpyxl

    try:
        with warnings.catch_warnings():
            # notices about styles, print headers and drop-downs: none concerns a cell's content
            warnings.simplefilter("ignore", UserWarning)
            return openpyxl.load_workbook(io.BytesIO(content), data_only=data_only)
    except Exception as error:
        # the library raises whatever its parts raise on damaged files
        raise DataError(
            [said(file, "工作簿已损坏,无法读取", f"the workbook is damaged: {type(error).__name__}: {error}")]
        ) from None


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
    """Formulas whose result was never stored show as empty: keep the formula, so that reading it says so."""
    for r, row in enumerate(formulas.iter_rows()):
        for c, cell in enumerate(row):
            if cell.data_type == "f" and r < len(rows) and c < len(rows[r]) and rows[r][c] == "":
                rows[r][c] = str(getattr(cell.value, "text", cell.value))


def _hidden_parts(sheet):
    rows = [str(r) for r, size in sheet.row_dimensions.items() if size.hidden]
    columns = [c for c, size in sheet.column_dimensions.items() if size.hidden]
    notes = []
    if rows:
        notes.append(
            both(
                f"工作表“{sheet.title}”有隐藏行:{'、'.join(rows[:10])}",
                f"sheet “{sheet.title}” has hidden rows: {', '.join(rows[:10])}",
            )
        )
    if columns:
        notes.append(
            both(
                f"工作表“{sheet.title}”有隐藏列:{'、'.join(columns[:10])}",
                f"sheet “{sheet.title}” has hidden columns: {', '.join(columns[:10])}",
            )
        )
    return tuple(notes)
