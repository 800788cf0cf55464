"""Printed cells with their places: what every reader of files gives."""

from typing import NamedTuple

from sy_analysis.base.words import both

# Limits of one file: a year of monthly county tables of a province is about 20,000 rows.
MAX_ROWS = 200_000
MAX_CELLS = 3_000_000


class Grid(NamedTuple):
    """Printed cells of one sheet or table.

    `rows` are lists of text of equal length, merged cells filled from their first cell; `anchors` gives that
    first cell for every filled one; `lines` is the line of each row in a text file; `places` names cells that
    have a line each; `caption` is what stands above.
    """

    file: str
    name: str
    kind: str
    rows: list
    anchors: dict
    lines: list | None = None
    places: dict | None = None
    caption: str = ""
    notes: tuple = ()


def said(file, chinese, english):
    """A problem of a whole file, in both languages."""
    return f"{file}: {both(chinese, english)}"


def too_many(file, rows):
    """The problem of a file with more rows than the limit."""
    return said(
        file,
        f"有{rows}行,超过{MAX_ROWS}行的上限,请拆分",
        f"{rows} rows, the limit is {MAX_ROWS}; split the file",
    )


def place_of(grid, row, column):
    """Where a cell stands, in the words of its kind of file.

    >>> place_of(Grid("a.xlsx", "表1", "sheet", [], {}), 6, 2)
    '表1!C7'
    >>> place_of(Grid("a.csv", "", "lines", [], {}, lines=[1, 2, 5]), 2, 0)
    'line 5 column 1'
    """
    if grid.places:
        return grid.places[row, column]
    if grid.kind == "sheet":
        return f"{grid.name}!{column_letter(column)}{row + 1}"
    if grid.lines:
        return f"line {grid.lines[row]} column {column + 1}"
    return f"{grid.name} row {row + 1} column {column + 1}"


def column_letter(column):
    """Letters of a sheet's column, the first is 0.

    >>> column_letter(0), column_letter(27)
    ('A', 'AB')
    """
    from openpyxl.utils import get_column_letter

    return get_column_letter(column + 1)
