"""Charts of the workbook: probabilities as bars in the colours of the statuses."""

import math
from collections.abc import Mapping

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from sy_analysis.base.words import probability
from sy_analysis.report.figures.style import COLOURS
from sy_analysis.report.words import FORECAST_STATUSES, pair
from sy_analysis.report.workbook.content import Sheet
from sy_analysis.report.workbook.layout import FONT, HEADER_ROW, INK, LINE, PROBABILITY, SHEET_COLUMNS

_ROW_PIXELS = 20  # height of a row that nobody set


def add_chart(
    book: Workbook,
    worksheet: Worksheet,
    sheet: Sheet,
    place: tuple[str, int],
    thresholds: Mapping[str, float],
) -> None:
    """Draw the probabilities of a sheet under its table.

    Parameters
    ----------
    book, worksheet : where the chart goes
    sheet : Sheet, its content
    place : (str, int)
        name of the sheet with the charts' data, and the row in which those of this chart begin.
    thresholds : dict of the run
    """
    chart = book.add_chart({"type": "bar"})
    _add_bars(chart, *place, len(sheet.rows))
    _set_axes(chart, thresholds)
    title = {"name": f"{sheet.title}：达成概率", "name_font": _font(13, bold=True), "overlay": False}
    chart.set_title(title)
    chart.set_legend({"position": "top", "font": _font(9)})
    _place_chart(worksheet, chart, sheet)


def _add_bars(chart, data, first, n_rows):
    """Add a series and a colour for each status, read from the charts' data."""
    last = first + n_rows - 1
    label = {"value": True, "num_format": PROBABILITY, "position": "outside_end", "font": _font(9)}
    for column, status in enumerate(FORECAST_STATUSES, start=2):
        chart.add_series(
            {
                "name": pair("status", status),
                "categories": [data, first, 1, last, 1],
                "values": [data, first, column, last, column],
                "fill": {"color": COLOURS[status]},
                "gap": 45,
                "overlap": 100,
                "data_labels": label,
            }
        )


def _set_axes(chart, thresholds):
    limits = {name: probability(value) for name, value in thresholds.items()}
    chart.set_x_axis(
        {
            "min": 0,
            "max": 1,
            "major_unit": 0.2,
            "num_format": "0%",
            "num_font": _font(9),
            "major_gridlines": {"visible": True, "line": {"color": LINE, "width": 0.5}},
            "name": "预计达成：约束性不低于{on_track_binding}，预期性不低于{on_track_expected}；"
            "低于{off_track}为预计不达；★ 约束性".format(**limits),
            "name_font": _font(9, bold=False),
        }
    )
    chart.set_y_axis({"reverse": True, "crossing": "max", "num_font": _font(9), "major_tick_mark": "none"})


def _font(size, bold=False):
    return {"name": FONT, "size": size, "bold": bold, "color": INK}


def _place_chart(worksheet, chart, sheet):
    """Put a chart under its table, and let the printed area include it."""
    row, height = HEADER_ROW + len(sheet.rows) + 2, 26 * len(sheet.rows) + 150
    chart.set_size({"width": 900, "height": height})
    finding = f"{sheet.title}各指标达成概率条形图。{sheet.lead}"
    worksheet.insert_chart(row, 1, chart, {"description": finding, "object_position": 2})
    last = row + math.ceil(height / _ROW_PIXELS)
    worksheet.print_area(0, 0, last, len(SHEET_COLUMNS[sheet.kind]) - 1)
