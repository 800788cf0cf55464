"""Columns of displayed tables: heading, format and words of each field.

columns.csv lists them, and tables.csv the fields of each table. Code works on tables whose columns are field
names. What is made here is output and never read again.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import pandas as pd

from sy_analysis.base.words import number, probability
from sy_analysis.judge.rules import STATUS
from sy_analysis.report.words import WORDS, chinese, pair, read_rows


class Column(NamedTuple):
    """One field: its headings in tables and in the workbook, and its format.

    `format` is empty (as it is), `amount` (a number with the unit of its row), `number`, `probability`,
    `year`, `words` or `pair` with a set of words.csv, or a format of Python such as `{:.1%}`.
    """

    field: str
    zh: str
    en: str
    sheet_en: str
    format: str


COLUMNS = {row["field"]: Column(**row) for row in read_rows("columns.csv")}
HEADINGS = {field: column.zh for field, column in COLUMNS.items()}
# fields of each displayed table, in order
FIELDS = {row["table"]: row["fields"].split() for row in read_rows("tables.csv")}


def display(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Write a table for people, its first field as the index, under Chinese headings.

    Parameters
    ----------
    rows : DataFrame
        columns are field names; `unit` among them if a field is an amount.
    name : str
        of a table in tables.csv.

    Examples
    --------
    >>> rows = pd.DataFrame({"horizon": [1], "n_forecasts": [10], "coverage_80": [0.8]})
    >>> rows = rows.assign(coverage_95=0.951, skill=-0.05)
    >>> display(rows, "score").loc[1, ["80%区间覆盖率", "较“不变”的改进"]].tolist()
    ['80.0%', '-5.0%']
    """
    first = HEADINGS[FIELDS[name][0]]
    return headed(texts(rows, FIELDS[name])).set_index(first).rename_axis(index=None, columns=first)


def display_facts(row: Mapping, fields: Sequence[str]) -> pd.DataFrame:
    """Write one row upright: a heading and its text on each line."""
    table = headed(texts(pd.DataFrame([row]), fields))
    return table.T.set_axis([HEADINGS["content"]], axis="columns")


def headed(table: pd.DataFrame) -> pd.DataFrame:
    """Replace field names by Chinese headings."""
    return table.rename(columns=HEADINGS)


def texts(rows: pd.DataFrame, fields: Sequence[str]) -> pd.DataFrame:
    """Write each field in words and rounded, in the same rows and under the same names."""
    return pd.DataFrame({field: _written(rows, field) for field in fields}, index=rows.index)


def _written(rows, field):
    form = COLUMNS[field].format
    if not form:
        return rows[field]
    if form == "amount":
        return list(map(number, rows[field], rows["unit"]))
    return list(map(_writer(form), rows[field]))


def _writer(form):
    if form.startswith("{"):
        return form.format
    name, _, kind = form.partition(" ")
    if kind:
        return partial({"words": chinese, "pair": pair}[name], kind)
    return {"number": number, "probability": probability, "year": _year}[name]


def _year(year):
    return "—" if pd.isna(year) else str(year)


def english_words(indicators: pd.DataFrame) -> dict[str, str]:
    """Translate whole cells and headings of displayed tables, Chinese to English.

    Words of documents are not among them.

    Parameters
    ----------
    indicators : DataFrame, the checked table `indicators`
    """
    pairs = [words for kind in WORDS.values() for words in kind.values()]
    pairs += [(" ".join(words), words[1]) for words in STATUS.values()]
    pairs += [(column.zh, column.en) for column in COLUMNS.values()]
    named = dict(zip(indicators["short_zh"], indicators["short_en"], strict=True))
    return named | {zh: en for zh, en in pairs if en}
