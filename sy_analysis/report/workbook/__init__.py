"""The workbook for officials: verdicts as numbers, charts, sources, notes on the method.

XlsxWriter writes it: the same tables give the same bytes. Its numbers are those of the CSV tables beside it, six
decimals; it has no formula at all, and text that a spreadsheet would take for one is marked as text.
"""

import io
from collections.abc import Mapping
from datetime import datetime, time
from pathlib import Path

import xlsxwriter

from sy_analysis.base.writing import write_atomically
from sy_analysis.judge.assessments import Vintage
from sy_analysis.record.plan import Plan
from sy_analysis.report.data import ReportData
from sy_analysis.report.workbook.charts import add_chart
from sy_analysis.report.workbook.content import has_chart, sheet_names, workbook_sheets
from sy_analysis.report.workbook.layout import HEADER_ROW, make_styles, write_sheet


def write_workbook(data: ReportData, path: Path) -> None:
    """Write attainment.xlsx, see `workbook_sheets` for its content."""
    plan, vintage, thresholds = data.plan, data.vintage, data.thresholds
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    _describe(book, plan, vintage)
    _fill(book, plan, vintage, thresholds)
    book.close()
    write_atomically(path, buffer.getvalue())


def _describe(book, plan, vintage):
    book.set_properties(
        {
            "title": f"{plan.name_zh} 达成判断 {vintage.as_of}",
            "subject": plan.name_en,
            "author": "sy-analysis",
            "created": datetime.combine(vintage.as_of, time()),  # a clock would change the bytes
        }
    )


def _fill(book, plan, vintage, thresholds):
    sheets = workbook_sheets(plan, vintage, thresholds)
    names = sheet_names([sheet.title for sheet in sheets])
    *_, note_name, data_name = names
    known = f"数据截至 as of {vintage.as_of}　　空白：没有公布，或无法计算　　概率的含义见“{note_name}”"
    style, first = make_styles(book), HEADER_ROW + 1
    for name, sheet in zip(names, sheets, strict=True):
        written = write_sheet(book.add_worksheet(name), style, plan.name_zh, known, sheet)
        if has_chart(sheet):
            add_chart(book, written, sheet, (data_name, first), thresholds)
            first += len(sheet.rows)
