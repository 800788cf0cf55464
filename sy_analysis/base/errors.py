"""The two errors that a user can correct: bad data and bad parameters."""

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

_MOST_SHOWN = 200
_LONGEST_SHOWN = 2000
# control, direction and invisible characters, halves of a pair, private and unknown ones, odd line ends
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


class Problem(NamedTuple):
    """One thing that is wrong in a file: where, the value there, and what was expected instead.

    Without a column, `expected` states in words what is wrong with the line or the file. Problems sort by place.

    >>> str(Problem("observations.csv", 7, "value", "九十三", "expected a plain number such as 98.2"))
    'observations.csv line 7, column “value”: “九十三”; expected a plain number such as 98.2'
    >>> str(Problem("sources.csv", expected="the file is empty"))
    'sources.csv: the file is empty'
    """

    file: str
    line: int = 0
    column: str = ""
    value: object = ""
    expected: str = ""

    def __str__(self) -> str:
        line = f" line {self.line}" if self.line else ""
        if not self.column:
            return f"{self.file}{line}: {self.expected}"
        value = shown(str(self.value), 200).replace("\n", "\\n")
        return f"{self.file}{line}, column “{self.column}”: “{value}”; {self.expected}"


def one_a_cell(problems: Iterable[Problem]) -> list[Problem]:
    """Keep the first problem of each cell, sorted by file and line."""
    first = {}
    for problem in problems:
        first.setdefault(problem[:3] if problem.column else problem, problem)
    return sorted(first.values(), key=lambda problem: problem[:2])


class DataError(ValueError):
    """Bad data, with the sentence of each problem in `problems`."""

    def __init__(self, problems: Iterable[Problem | str]):
        self.problems = [shown(str(problem), _LONGEST_SHOWN) for problem in problems]
        more = len(self.problems) - _MOST_SHOWN
        rest = [f"还有{more}处 / {more} more problems"] if more > 0 else []
        super().__init__("\n".join(self.problems[:_MOST_SHOWN] + rest))


class ParamsError(ValueError):
    """Bad parameters of a run."""

    def __init__(self, text: str):
        super().__init__(shown(text, _MOST_SHOWN * _LONGEST_SHOWN))


def shown(text: str, longest: int) -> str:
    """Make text fit for a terminal: hidden characters as codes, at most `longest` characters.

    >>> shown("P02\\u202e\\x1b[31m", 80)
    'P02\\\\u202e\\\\u001b[31m'
    >>> shown("abcdef", 3)
    'abc…'
    """
    cut = str(text[:longest]) + ("…" if len(text) > longest else "")
    if cut.isprintable():
        return cut
    return "".join(f"\\u{ord(sign):04x}" if is_hidden(sign) else sign for sign in cut)


def is_hidden(sign: str) -> bool:
    """Whether a character is invisible or changes its neighbours; a line end is visible."""
    return sign != "\n" and unicodedata.category(sign) in _HIDDEN
