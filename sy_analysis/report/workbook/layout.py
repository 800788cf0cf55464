"""Layout of the workbook: styles, widths and heights, cells, the printed page."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import pandas as pd
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from sy_analysis.base.csv_text import FORMULA_STARTS
from sy_analysis.judge.rules import STATUS
from sy_analysis.report.columns import COLUMNS
from sy_analysis.report.figures.style import COLOURS
from sy_analysis.report.words import pair, read_rows, text_width
from sy_analysis.report.workbook.content import DECIMALS, Sheet

FONT = "Microsoft YaHei"  # comes with Windows and WPS; others put their own Chinese font in its place
INK, SOFT, LINE, HEAD = "#222222", "#5F5F5F", "#BFBFBF", "#1F3A4D"
PROBABILITY = '[<0.01]"<1%";[>0.99]">99%";0%'  # as `base.words.probability` writes it
A4 = 9  # number of the paper size in the file format
HEADER_ROW = 3  # below a title, a line on the vintage and a line of counts
_LINE_POINTS = 14.0  # of text in 10 points
_HIGHEST_ROW = 409.0  # points; the format's limit
_LONGEST_URL = 2079  # a longer one is not a link in a spreadsheet


class Column(NamedTuple):
    """One column of a sheet: its two-language header, field, width and style."""

    header: str
    field: str
    width: float
    style: str = "text"


def _columns():
    columns = {}
    for row in read_rows("sheets.csv"):
        field = row["field"]
        words = STATUS[field] if field in STATUS else (COLUMNS[field].zh, COLUMNS[field].sheet_en)
        column = Column("\n".join(words), field, float(row["width"]), row["style"])
        columns.setdefault(row["sheet"], []).append(column)
    return columns


SHEET_COLUMNS = _columns()  # columns of each kind of sheet


def make_styles(book: Workbook) -> Callable:
    """Return a lookup of formats by name, each made once."""
    base = {"font_name": FONT, "font_size": 10, "font_color": INK, "valign": "vcenter"}
    cell = {**base, "border": 1, "border_color": LINE, "text_wrap": True}
    named = {
        "title": {**base, "font_size": 15, "bold": True},
        "lead": {**base, "font_color": SOFT},
        "header": {**cell, "bold": True, "font_color": "#FFFFFF", "bg_color": HEAD, "align": "center"},
        "text": cell,
        "centre": {**cell, "align": "center"},
        "number": {**cell, "num_format": "#,##0.00"},
        "count": {**cell, "num_format": "#,##0"},
        "year": {**cell, "num_format": "0", "align": "center"},
        "probability": {**cell, "num_format": PROBABILITY, "bold": True},
        "date": {**cell, "num_format": "yyyy-mm-dd", "align": "center"},
        "link": {**cell, "font_color": "#0B5394", "underline": 1},
        **{
            status: {**cell, "bold": True, "align": "center", "font_color": "#FFFFFF", "bg_color": colour}
            for status, colour in COLOURS.items()
        },
    }

    @cache
    def style(name, is_quoted=False):
        return book.add_format({**named[name], "quote_prefix": is_quoted})

    return style


def write_sheet(worksheet: Worksheet, style: Callable, footer: str, known: str, sheet: Sheet) -> Worksheet:
    """Write the lines, header and rows of a sheet, and set up its page."""
    columns = SHEET_COLUMNS[sheet.kind]
    for row, (text, look) in enumerate(((sheet.heading, "title"), (known, "lead"), (sheet.lead, "lead"))):
        _write_text(worksheet, row, 0, text, style, look)
    for place, column in enumerate(columns):
        worksheet.set_column(place, place, column.width)
        worksheet.write_string(HEADER_ROW, place, column.header, style("header"))
    for row, record in enumerate(sheet.rows.to_dict("records"), start=HEADER_ROW + 1):
        worksheet.set_row(row, row_height(record, columns))
        for place, column in enumerate(columns):
            value = record[column.field]
            _write_cell(worksheet, row, place, value, style, _look(column.style, value, record))
    last = HEADER_ROW + max(len(sheet.rows), 1)
    worksheet.autofilter(HEADER_ROW, 0, last, len(columns) - 1)
    _set_page(worksheet, footer, last, len(columns) - 1)
    return worksheet


def row_height(record: Mapping, columns: Sequence[Column]) -> float:
    """Measure the tallest text of a row in points.

    Not every spreadsheet does so on opening.

    >>> row_height({"name": "十个字的指标名称如此"}, [Column("指标", "name", 11)])
    32.0
    """
    lines = [
        sum(
            max(1, math.ceil(text_width(line) / (column.width - 1)))
            for line in record[column.field].split("\n")
        )
        for column in columns
        if isinstance(record[column.field], str)
    ]
    return min(4 + _LINE_POINTS * max(lines, default=1), _HIGHEST_ROW)


def _set_page(sheet, footer, last_row, last_column):
    sheet.set_row(0, 26)
    sheet.set_row(HEADER_ROW, 32)
    sheet.freeze_panes(HEADER_ROW + 1, min(2, last_column))
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.center_horizontally()
    sheet.repeat_rows(HEADER_ROW)
    sheet.fit_to_pages(1, 0)
    sheet.print_area(0, 0, last_row, last_column)
    name = footer[:80].replace("&", "&&")  # the format allows 255 characters, and & starts a code
    sheet.set_footer(f"&L{name}&C&A&R第 &P 页，共 &N 页")


def _look(name, value, record):
    """Numbers of things are whole: 2, not 2.00."""
    is_whole = name == "number" and record["unit"] != "%" and not pd.isna(value) and value % 1 == 0
    return "count" if is_whole else name


def _write_cell(sheet, row, column, value, style, name):
    if name == "status":
        sheet.write_string(row, column, pair("status", value), style(value))
    elif isinstance(value, str):
        write = _write_link if name == "link" else _write_text
        write(sheet, row, column, value, style, name)
    elif pd.isna(value):
        sheet.write_blank(row, column, None, style(name))
    elif name == "date":
        sheet.write_datetime(row, column, value.to_pydatetime(), style(name))
    elif math.isinf(value):
        sheet.write_string(row, column, "∞", style(name))
    else:
        sheet.write_number(row, column, round(float(value), DECIMALS), style(name))


def _write_text(sheet, row, column, text, style, name):
    if text:
        sheet.write_string(row, column, text, style(name, text.startswith(FORMULA_STARTS)))
    else:
        sheet.write_blank(row, column, None, style(name))


def _write_link(sheet, row, column, url, style, name):
    if re.fullmatch(r"https?://[!-~]+", url) and len(url) <= _LONGEST_URL:
        sheet.write_url(row, column, url, style(name), string=url)
    else:
        _write_text(sheet, row, column, url, style, "text")
