"""Words of the intake as data: what printed words mean (words.csv), and what messages say (messages.csv)."""

import csv
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from sy_analysis.base.errors import DataError
from sy_analysis.base.words import both, read_words


@cache
def read_rows(name: str) -> tuple[dict[str, str], ...]:
    """Rows of a CSV file of this package, as dicts."""
    path = files("sy_analysis.intake").joinpath(f"{name}.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def columns_of(table: str) -> tuple[str, ...]:
    """Columns of a table, in their order (columns.csv)."""
    return tuple(row["column"] for row in read_rows("columns") if row["table"] == table)


@cache
def meanings(role: str) -> dict[str, str]:
    """Printed words of one role and what each means.

    >>> meanings("exactness")
    {'确切': '=', '约': '~', '至少': '>=', '至多': '<='}
    """
    return {row["word"]: row["means"] for row in read_rows("words") if row["role"] == role}


def one_of(words: Iterable[str]) -> str:
    """A regular expression for any of some words, the longest first.

    >>> one_of(["万", "", "万亿"])
    '(?:万亿|万)'
    """
    return f"(?:{'|'.join(map(re.escape, sorted(filter(None, words), key=len, reverse=True)))})"


def message(key: str, **facts: object) -> str:
    """A message in both languages, with its facts filled in.

    >>> message("header.missing", words="城市")
    '缺少“城市”列 / no column “城市”'
    """
    chinese, english = read_words("sy_analysis.intake", "messages.csv")[key]
    return both(chinese.format(**facts), english.format(**facts))


def refusal(file: str, key: str, **facts: object) -> DataError:
    """The error for a file that cannot be read, with the reason."""
    return DataError([f"{file}: {message(key, **facts)}"])
