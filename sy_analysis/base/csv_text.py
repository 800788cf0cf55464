"""CSV files: bounded reading as text by line, writing that no spreadsheet takes for formulas."""

import csv
import io
import re
from collections import Counter

import pandas as pd

from sy_analysis.base.errors import DataError, shown
from sy_analysis.base.reading import read_utf8
from sy_analysis.base.writing import write_atomically

# OWASP's list of characters that make a cell a formula (CSV injection), and their full-width forms
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_FORMULA = re.compile(rf"'*[{re.escape(''.join(FORMULA_STARTS))}].", re.DOTALL)
_NUMBER = re.compile(r"[-+]?[0-9][0-9.,]*%?")
MAX_ROWS = 1_000_000  # of one raw table: 100,000 series; the largest plan so far has 2,437
MAX_COLUMNS = 200  # the widest raw table has 17


def read_text_table(path):
    """A CSV file as text cells, indexed by the line on which each row starts.

    Raises
    ------
    DataError
        for a file that is missing, not UTF-8, empty or larger than the limits, for a column that stands twice, and
        for every row with the wrong number of cells.
    """
    reader = csv.reader(io.StringIO(read_utf8(path), newline=""), strict=True)
    try:
        header = next(reader, None)
        rows, lines, line = [], [], 2
        for row in reader:
            rows.append([restore(cell) for cell in row])
            lines.append(line)
            line = reader.line_num + 1
            if len(rows) > MAX_ROWS:
                raise DataError([f"{path.name}: 超过{MAX_ROWS}行 / more than {MAX_ROWS} rows"])
    except csv.Error as error:
        raise DataError([f"{path.name} line {reader.line_num}: {error}"]) from None
    if header is None:
        raise DataError([f"{path.name}: the file is empty; expected a header row"])
    if len(header) > MAX_COLUMNS:
        raise DataError([f"{path.name}: 超过{MAX_COLUMNS}列 / more than {MAX_COLUMNS} columns"])
    wrong = [
        f"{path.name} line {line}: {len(row)} cells; expected {len(header)}, as in the header"
        for line, row in zip(lines, rows, strict=True)
        if len(row) != len(header)
    ]
    wrong += [
        f"{path.name}: column “{shown(name, 80)}” stands {n} times"
        for name, n in Counter(header).items()
        if n > 1
    ]
    if wrong:
        raise DataError(wrong)
    return pd.DataFrame(rows, columns=header, index=pd.Index(lines, name="line"), dtype=str)


def write_table(table, path):
    """Write a table as CSV: at most six decimals, ISO dates, LF line ends, text that is no formula."""
    texts = {c: table[c].map(neutralise) for c in table.select_dtypes(["str", "object"])}
    rounded = table.assign(**texts, **{c: table[c].map(_decimal) for c in table.select_dtypes("float")})
    write_atomically(path, rounded.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d"))


def neutralise(text):
    """Text of a CSV cell that no spreadsheet takes for a formula: an apostrophe before what would begin one.

    Numbers stay as they are, and so does what is no text. `restore` takes the apostrophe away again.

    >>> neutralise("=1+1"), neutralise("-12.5%"), neutralise("@SUM(A1)"), neutralise("=")
    ("'=1+1", '-12.5%', "'@SUM(A1)", '=')
    """
    is_formula = isinstance(text, str) and _FORMULA.match(text) and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text


def restore(text):
    """Text of a CSV cell without the apostrophe of `neutralise`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _decimal(value):
    return "" if pd.isna(value) else f"{value:.6f}".rstrip("0").rstrip(".")
