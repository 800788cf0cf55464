"""Grids of printed cells with their places, which every reader of files returns."""

from typing import NamedTuple

from sy_analysis.base.errors import DataError
from sy_analysis.intake.words import refusal

# Limits of one file: a year of monthly county tables of a province is about 20,000 rows.
MAX_ROWS = 200_000
MAX_CELLS = 3_000_000


class Grid(NamedTuple):
    """Printed cells of one sheet or table.

    `rows` are lists of text of equal length, merged cells filled from their first cell. `anchors` maps each
    filled cell to that first one. `lines` is the line of each row in a text file, `places` the names of cells
    that have a line each, `caption` the text above.
    """

    file: str
    name: str
    kind: str
    rows: list[list[str]]
    anchors: dict[tuple[int, int], tuple[int, int]]
    lines: list[int] | None = None
    places: dict[tuple[int, int], str] | None = None
    caption: str = ""
    notes: tuple[str, ...] = ()


def too_many(file: str, rows: int) -> DataError:
    """The error for a file with more rows than the limit."""
    return refusal(file, "file.too_many", rows=rows, limit=MAX_ROWS)


def place_of(grid: Grid, row: int, column: int) -> str:
    """The place of a cell, in the words of its kind of file.

    >>> place_of(Grid("a.xlsx", "表1", "sheet", [], {}), 6, 2)
    '表1!C7'
    >>> place_of(Grid("a.csv", "", "lines", [], {}, lines=[1, 2, 5]), 2, 0)
    'line 5 column 1'
    """
    if grid.places:
        return grid.places[row, column]
    if grid.kind == "sheet":
        from openpyxl.utils import get_column_letter

        return f"{grid.name}!{get_column_letter(column + 1)}{row + 1}"
    if grid.lines:
        return f"line {grid.lines[row]} column {column + 1}"
    return f"{grid.name} row {row + 1} column {column + 1}"
