"""The Excel form in which departments report a quarter, and which the intake reads back."""

import io
import re
from pathlib import Path

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from sy_analysis.base.writing import write_atomically
from sy_analysis.intake.periods import read_period
from sy_analysis.intake.words import meanings, read_rows, refusal
from sy_analysis.record.areas import children_of
from sy_analysis.record.plan import read_plan

# Header, width in characters, and what to write there; the header words are those of mappings/form.yaml.
COLUMNS = tuple((row["header"], int(row["width"]), row["note"]) for row in read_rows("form"))
EXACTNESS = tuple(meanings("exactness"))
# Empty rows below the indicators, for other areas and for months.
_SPARE_ROWS = 60
_FIRST_ROW = 4
_OPEN = PatternFill("solid", fgColor="FFF9E5")
_HEAD = PatternFill("solid", fgColor="DDE7F0")
_LISTS = "_lists"


def write_template(plan: str | Path, quarter: str, out: str | Path | None = None) -> Path:
    """Write the form for one quarter.

    Parameters
    ----------
    plan : str or Path
    quarter : str
        such as 2025Q1.
    out : Path, optional
        by default PLAN_QUARTER.xlsx in the working folder.

    Returns
    -------
    Path
        the written file.

    Raises
    ------
    DataError
        when the text is not a quarter.
    """
    if not re.fullmatch(r"\d{4}Q[1-4]", quarter):
        raise refusal("quarter", "form.quarter", quarter=quarter)
    tables = read_plan(plan)
    core = tables.indicators[tables.indicators["role"] == "core"]
    book = Workbook()
    sheet = book.active
    sheet.title = "填报"
    _add_lists(book, tables, quarter)
    _add_header(sheet, tables, quarter)
    for r, row in enumerate(core.to_dict("records"), start=_FIRST_ROW):
        _add_row(sheet, r, row, tables, quarter)
    last = _FIRST_ROW + len(core) + _SPARE_ROWS - 1
    _open_cells(sheet, last, n_filled=len(core))
    _add_choices(sheet, book[_LISTS], last)
    # against slips of the hand, not against people: there is no password
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False
    _keep_as_text(book)
    path, content = Path(out or f"{tables.plan_id}_{quarter}.xlsx"), io.BytesIO()
    book.save(content)
    write_atomically(path, content.getvalue())
    return path


def _add_header(sheet, tables, quarter):
    sheet["A1"] = f"{tables.name_zh} {quarter} 指标填报表"
    sheet["A1"].font = Font(bold=True, size=14)
    sheet["A2"] = "只有浅黄色单元格可以填写;指标含义见各指标的批注。"
    for c, (name, width, note) in enumerate(COLUMNS, start=1):
        cell = sheet.cell(_FIRST_ROW - 1, c, name)
        cell.font, cell.fill, cell.comment = Font(bold=True), _HEAD, Comment(note, "sy-analysis")
        sheet.column_dimensions[get_column_letter(c)].width = width
    sheet.freeze_panes = f"A{_FIRST_ROW}"


def _add_row(sheet, r, row, tables, quarter):
    sheet.cell(r, 1, _label(row)).comment = Comment(_definition(row, tables), "sy-analysis")
    for c, text in ((2, tables.area), (3, quarter), (5, row["unit"]), (6, EXACTNESS[0])):
        sheet.cell(r, c, text)
    for c in range(1, len(COLUMNS) + 1):
        sheet.cell(r, c).alignment = Alignment(wrap_text=True, vertical="top")


def _label(row):
    return f"{row['indicator_id']} {row['name_zh']}"


def _definition(row, tables):
    """Name, unit, target and baseline of an indicator, for its comment."""
    targets = tables.targets[tables.targets["indicator_id"] == row["indicator_id"]]
    lines = [f"{row['name_zh']}({row['unit']})", row["name_en"]]
    lines += [f"规划目标 {tables.target_year}年:{text}" for text in targets["printed_target"]]
    lines += [f"{tables.baseline_year}年:{text}" for text in targets["printed_baseline"] if text]
    return "\n".join([*lines, row["note"]]).strip()


def _add_lists(book, tables, quarter):
    """Add the choices of the drop-downs, on a hidden sheet whose name the intake knows."""
    lists = book.create_sheet(_LISTS)
    lists.sheet_state = "hidden"
    judged = tables.indicators[tables.indicators["role"].isin(["core", "stand_in"])]
    choices = {
        "指标": [_label(row) for row in judged.to_dict("records")],
        "地区": [tables.area, *_parts_of(tables.area)],
        "期间": [read_period(period).period for period in _periods_of(quarter)],
        "单位": list(dict.fromkeys(judged["unit"])),
        "精确程度": list(EXACTNESS),
    }
    for c, (name, texts) in enumerate(choices.items(), start=1):
        for r, text in enumerate([name, *texts], start=1):
            lists.cell(r, c, text)


def _periods_of(quarter):
    """The quarter, the year so far, its months, and the year that ends with it or ended before."""
    year, q = int(quarter[:4]), int(quarter[5])
    months = [f"{year}-{month:02d}" for month in range(3 * q - 2, 3 * q + 1)]
    running = [f"{year}-01/{months[-1]}"] if q > 1 else []
    years = {1: [str(year - 1)], 4: [str(year)]}.get(q, [])
    return [quarter, *running, *months, *years]


def _parts_of(area):
    try:
        return list(children_of(area))
    except StopIteration:
        # a plan for an area that the register does not know has no list of parts
        return []


def _open_cells(sheet, last, n_filled):
    for r in range(_FIRST_ROW, last + 1):
        is_filled = r < _FIRST_ROW + n_filled
        for c, (name, *_) in enumerate(COLUMNS, start=1):
            if not (is_filled and name in ("指标", "单位")):
                cell = sheet.cell(r, c)
                cell.protection, cell.fill = Protection(locked=False), _OPEN


def _add_choices(sheet, lists, last):
    for column in lists.iter_cols():
        name, letter = column[0].value, column[0].column_letter
        n = sum(cell.value is not None for cell in column)
        choice = DataValidation("list", formula1=f"={_LISTS}!${letter}$2:${letter}${n}", allow_blank=True)
        _add_choice(sheet, name, choice, "请从下拉表中选择", last)
    number = DataValidation("decimal", operator="greaterThanOrEqual", formula1="0", allow_blank=True)
    _add_choice(sheet, "数值", number, "只填阿拉伯数字,例如 93.5", last)


def _add_choice(sheet, name, choice, error, last):
    """Restrict the cells of a column, with the error that the sheet then shows."""
    column = get_column_letter([header for header, *_ in COLUMNS].index(name) + 1)
    choice.error, choice.errorTitle = error, name
    sheet.add_data_validation(choice)
    choice.add(f"{column}{_FIRST_ROW}:{column}{last}")


def _keep_as_text(book):
    """Keep a name that begins with = from becoming a formula; the form has none."""
    for cell in (cell for sheet in book for row in sheet.iter_rows() for cell in row):
        if cell.data_type == "f":
            cell.data_type = "s"
