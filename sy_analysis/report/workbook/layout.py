"""How the workbook looks: styles, widths and heights, cells, charts, the printed page.

XlsxWriter writes it: the same tables give the same bytes. Its numbers are those of the CSV tables beside it, six
decimals; it has no formula at all, and text that a spreadsheet would take for one is marked as text.
"""

import io
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import xlsxwriter

from sy_analysis.base.csv_text import FORMULA_STARTS
from sy_analysis.base.words import probability
from sy_analysis.base.writing import write_atomically
from sy_analysis.judge.rules import STATUS
from sy_analysis.report.columns import COLUMNS
from sy_analysis.report.data import ReportData
from sy_analysis.report.figures.style import COLOURS
from sy_analysis.report.words import FORECAST_STATUSES, SENTENCES, pair, read_rows, text_width
from sy_analysis.report.workbook.content import DECIMALS, has_chart, sheet_names, workbook_sheets

# formats of XlsxWriter; the font comes with Windows and WPS, others put their own Chinese font in its place
_STYLES = json.loads(files(__package__).joinpath("styles.json").read_text(encoding="utf-8"))
A4 = 9  # number of the paper size in the file format
HEADER_ROW = 3  # below a title, a line on the vintage and a line of counts
_LINE_POINTS = 14.0  # of text in 10 points
_HIGHEST_ROW = 409.0  # points; the format's limit
_ROW_PIXELS = 20  # height of a row that nobody set
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


def write_workbook(data: ReportData, path: Path) -> None:
    """Write attainment.xlsx, see `workbook_sheets` for its content."""
    plan, as_of, buffer = data.plan, data.vintage.as_of, io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties(
        {
            "title": f"{plan.name_zh} 达成判断 {as_of}",
            "subject": plan.name_en,
            "author": "sy-analysis",
            "created": datetime.combine(as_of, time()),  # a clock would change the bytes
        }
    )
    _fill(book, data)
    book.close()
    write_atomically(path, buffer.getvalue())


def _fill(book, data):
    sheets = workbook_sheets(data.plan, data.vintage, data.thresholds)
    names = sheet_names([sheet.title for sheet in sheets])
    *_, note_name, data_name = names
    known = f"数据截至 as of {data.vintage.as_of}　　空白：没有公布，或无法计算　　概率的含义见“{note_name}”"
    style, first = make_styles(book), HEADER_ROW + 1
    for name, sheet in zip(names, sheets, strict=True):
        worksheet = book.add_worksheet(name)
        _write_sheet(worksheet, style, data.plan.name_zh, known, sheet)
        if has_chart(sheet):
            chart = _chart(book, sheet, data_name, first, data.thresholds)
            _place_chart(worksheet, chart, sheet)
            first += len(sheet.rows)


def make_styles(book: xlsxwriter.Workbook) -> Callable:
    """Return a lookup of formats by name, each made once."""
    cells = _STYLES["cells"]
    cells = cells | {status: cells["status"] | {"bg_color": colour} for status, colour in COLOURS.items()}
    named = _STYLES["lines"] | {name: _STYLES["cell"] | look for name, look in cells.items()}

    @cache
    def style(name, is_quoted=False):
        return book.add_format(_STYLES["every"] | named[name] | {"quote_prefix": is_quoted})

    return style


def _write_sheet(worksheet, style, footer, known, sheet):
    """Write the lines, header and rows of a sheet, and set up its page."""
    columns = SHEET_COLUMNS[sheet.kind]
    for row, (text, look) in enumerate(((sheet.heading, "title"), (known, "lead"), (sheet.lead, "lead"))):
        _write_cell(worksheet, row, 0, text, style, look)
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


def row_height(record: Mapping, columns: Sequence[Column]) -> float:
    """Measure the tallest text of a row in points.

    Not every spreadsheet does so on opening.

    >>> row_height({"name": "十个字的指标名称如此"}, [Column("指标", "name", 11)])
    32.0
    """
    cells = [(record[column.field], column.width - 1) for column in columns]
    heights = [_count_lines(text, width) for text, width in cells if isinstance(text, str)]
    return min(4 + _LINE_POINTS * max(heights, default=1), _HIGHEST_ROW)


def _count_lines(text, width):
    return sum(max(1, math.ceil(text_width(line) / width)) for line in text.split("\n"))


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
    elif name == "link" and re.fullmatch(r"https?://[!-~]+", value) and len(value) <= _LONGEST_URL:
        sheet.write_url(row, column, value, style(name), string=value)
    elif isinstance(value, str) and value:
        look = style("text" if name == "link" else name, value.startswith(FORMULA_STARTS))
        sheet.write_string(row, column, value, look)
    elif value == "" or pd.isna(value):
        sheet.write_blank(row, column, None, style("text" if name == "link" else name))
    elif name == "date":
        sheet.write_datetime(row, column, value.to_pydatetime(), style(name))
    elif math.isinf(value):
        sheet.write_string(row, column, "∞", style(name))
    else:
        sheet.write_number(row, column, round(float(value), DECIMALS), style(name))


def _chart(book, sheet, data, first, thresholds):
    """Make the bars of a sheet's probabilities, read from row `first` on of the sheet with the charts' data."""
    look, last = _STYLES["chart"], first + len(sheet.rows) - 1
    chart = book.add_chart({"type": "bar"})
    for column, status in enumerate(FORECAST_STATUSES, start=2):
        cells = {"categories": [data, first, 1, last, 1], "values": [data, first, column, last, column]}
        labels = {"data_labels": look["labels"] | {"font": look["font"]}}
        named = {"name": pair("status", status), "fill": {"color": COLOURS[status]}}
        chart.add_series(look["series"] | cells | labels | named)
    limits = {name: probability(value) for name, value in thresholds.items()}
    fonts = {"num_font": look["font"], "name_font": look["font"]}
    chart.set_x_axis(look["x_axis"] | fonts | {"name": SENTENCES["chart_axis"][0].format(**limits)})
    chart.set_y_axis(look["y_axis"] | fonts)
    title = f"{sheet.title}：达成概率"
    chart.set_title({"name": title, "name_font": look["title_font"], "overlay": False})
    chart.set_legend({"position": "top", "font": look["font"]})
    return chart


def _place_chart(worksheet, chart, sheet):
    """Put a chart under its table, and let the printed area include it."""
    row, height = HEADER_ROW + len(sheet.rows) + 2, 26 * len(sheet.rows) + 150
    chart.set_size({"width": 900, "height": height})
    finding = f"{sheet.title}各指标达成概率条形图。{sheet.lead}"
    worksheet.insert_chart(row, 1, chart, {"description": finding, "object_position": 2})
    last = row + math.ceil(height / _ROW_PIXELS)
    worksheet.print_area(0, 0, last, len(SHEET_COLUMNS[sheet.kind]) - 1)
