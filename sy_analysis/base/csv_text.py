"""CSV files: bounded reading as text by line, writing of text that no spreadsheet runs as a formula."""

import csv
import io
import re
from collections import Counter
from itertools import islice
from pathlib import Path

import pandas as pd

from sy_analysis.base.errors import DataError, Problem, shown
from sy_analysis.base.reading import read_utf8
from sy_analysis.base.words import both
from sy_analysis.base.writing import write_atomically

# OWASP's list of characters that make a cell a formula (CSV injection), and their full-width forms
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_FORMULA = re.compile(rf"'*[{re.escape(''.join(FORMULA_STARTS))}].", re.DOTALL)
_NUMBER = re.compile(r"[-+]?[0-9][0-9.,]*%?")
MAX_ROWS = 1_000_000  # of one raw table: 100,000 series; the largest plan so far has 2,437
MAX_COLUMNS = 200  # the widest raw table has 17


def read_text_table(path: Path) -> pd.DataFrame:
    """Read a CSV file as text cells, indexed by the line on which each row starts.

    Raises
    ------
    DataError
        for a file that is missing, not UTF-8, empty or larger than the limits, for a repeated column, and for
        every row with the wrong number of cells.
    """
    reader = csv.reader(io.StringIO(read_utf8(path), newline=""), strict=True)
    try:
        records = [(cells, reader.line_num) for cells in islice(reader, MAX_ROWS + 2)]
    except csv.Error as error:
        raise DataError([Problem(path.name, reader.line_num, expected=str(error))]) from None
    if problem := _size_problem(records):
        raise DataError([Problem(path.name, expected=problem)])
    (header, _), *rows = records
    lines = pd.Index([last_line + 1 for _, last_line in records[:-1]], name="line")
    cells = [[restore(cell) for cell in cells] for cells, _ in rows]
    if problems := _shape_problems(path.name, header, cells, lines):
        raise DataError(problems)
    return pd.DataFrame(cells, columns=header, index=lines, dtype=str)


def _size_problem(records):
    if not records:
        return "the file is empty; expected a header row"
    if len(records) > MAX_ROWS + 1:
        return both(f"超过{MAX_ROWS}行", f"more than {MAX_ROWS} rows")
    if len(records[0][0]) > MAX_COLUMNS:
        return both(f"超过{MAX_COLUMNS}列", f"more than {MAX_COLUMNS} columns")
    return ""


def _shape_problems(name, header, rows, lines):
    """Rows with too many or too few cells, and columns of the same name."""
    size = len(header)
    problems = [
        Problem(name, line, expected=f"{len(row)} cells; expected {size}, as in the header")
        for line, row in zip(lines, rows, strict=True)
        if len(row) != size
    ]
    return problems + [
        Problem(name, expected=f"column “{shown(column, 80)}” stands {times} times")
        for column, times in Counter(header).items()
        if times > 1
    ]


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV with at most six decimals, ISO dates and LF line ends."""
    texts = {c: table[c].map(neutralise) for c in table.select_dtypes(["str", "object"])}
    rounded = table.assign(**texts, **{c: table[c].map(_decimal) for c in table.select_dtypes("float")})
    write_atomically(path, rounded.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d"))


def neutralise(text: object) -> object:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    Numbers and values other than text stay as they are. `restore` removes the apostrophe again.

    >>> neutralise("=1+1"), neutralise("-12.5%"), neutralise("@SUM(A1)"), neutralise("=")
    ("'=1+1", '-12.5%', "'@SUM(A1)", '=')
    """
    is_formula = isinstance(text, str) and _FORMULA.match(text) and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text


def restore(text: str) -> str:
    """Remove the apostrophe of `neutralise`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _decimal(value):
    return "" if pd.isna(value) else f"{value:.6f}".rstrip("0").rstrip(".")
