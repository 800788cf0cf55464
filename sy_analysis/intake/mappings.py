"""The columns of known publications: a small YAML file for each, data and not code.

A mapping names header words and never counts columns. A table with another column is still read correctly,
and one with a changed header is refused. See docs/intake.md for the words of a mapping.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from sy_analysis.base.errors import DataError, shown
from sy_analysis.base.reading import read_yaml


class Facts(BaseModel):
    """A file of facts that people write: no word may be misspelled."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AreaRule(Facts):
    """The column of the area, or one area for all rows; `aliases` are words of this publication."""

    column: str | None = None
    fixed: str | None = None
    aliases: dict[str, str] = {}
    is_carried: bool = False


class PeriodRule(Facts):
    """The place of the period: a column, the header of each value, fixed, or else the caption."""

    column: str | None = None
    fixed: str | None = None
    in_header: bool = False


def _as_tuple(words):
    """Accept a single header word without a list."""
    return (words,) if isinstance(words, str) else words


class ValueColumn(Facts):
    """A column of values: words of its header, from the top row down, and what it means."""

    column: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
    indicator: str | None = None
    unit: str | None = None
    is_optional: bool = False


class Sentence(Facts):
    """A regular expression with the group value and, where printed, area and period."""

    pattern: str
    indicator: str


class Mapping(Facts):
    """The reading of one publication.

    `header_rows` of 0 is for text files without a header, whose columns `columns` then names. `missing` are
    the words or numbers of this publication for no value.
    """

    name: str
    title: str
    publisher: str = ""
    grade: Literal["A", "B", "C", "D"] = "C"
    layout: Literal["table", "one_cell_a_line", "sentences"] = "table"
    header_rows: int = 1
    columns: tuple[str, ...] = ()
    area: AreaRule = AreaRule()
    period: PeriodRule = PeriodRule()
    indicator: str | None = None
    indicators: dict[str, str] = {}
    unit: str | None = None
    qualifier: str | None = None
    notes: tuple[str, ...] = ()
    values: tuple[ValueColumn, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    skip: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    is_form: bool = False

    @property
    def single(self) -> dict[str, str]:
        """Header words of the columns that a table has once, by what they mean."""
        words = {
            "area": self.area.column,
            "period": self.period.column,
            "indicator": self.indicator,
            "unit": self.unit,
            "qualifier": self.qualifier,
        }
        return {name: word for name, word in words.items() if word}


def read_mappings(folder: str | Path) -> dict[str, Mapping]:
    """Read the mappings of a plan folder and of the package, by name.

    Raises
    ------
    DataError
        with every mistake in every file.
    """
    built_in = files("sy_analysis.intake").joinpath("mappings").iterdir()
    packaged = [path for path in sorted(built_in, key=lambda path: path.name) if path.name.endswith(".yaml")]
    mappings, problems = {}, []
    for path in [*packaged, *sorted((Path(folder) / "mappings").glob("*.yaml"))]:
        try:
            mapping = read_mapping(path)
            mappings[mapping.name] = mapping
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    return mappings


def read_mapping(path: Path) -> Mapping:
    """Read one mapping.

    Raises
    ------
    DataError
        naming the file, the word and what is expected.
    """
    mapping = read_facts(path, Mapping)
    sentences = [sentence.pattern for sentence in mapping.sentences]
    parts = [part for value in mapping.values for part in value.column]
    lists = (*mapping.skip, *mapping.notes, *mapping.columns, *sentences, *parts)
    check_patterns(path.name, [*mapping.single.values(), *lists])
    missing = [f"{path.name}: “{text}” has no group value" for text in sentences if "(?P<value>" not in text]
    if missing:
        raise DataError(missing)
    return mapping


def read_facts(path: Path, model: type[Facts]) -> Facts:
    """Read a YAML file of facts.

    Raises
    ------
    DataError
        naming the file, each word that was not expected, and what is.
    """
    try:
        return model(**read_yaml(path))
    except ValidationError as error:
        problems = [
            f"{path.name}: {'.'.join(map(str, case['loc']))}: {case['msg']}" for case in error.errors()
        ]
        raise DataError(problems) from None


def check_patterns(name: str, patterns: Iterable[str]) -> None:
    """Check that texts of a file are regular expressions.

    Raises
    ------
    DataError
        naming the file and each text that is not.
    """
    problems = []
    for pattern in patterns:
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            problems.append(f"{name}: “{shown(pattern, 80)}” is no pattern: {error}")
    if problems:
        raise DataError(problems)


def choose_mapping(mappings: dict[str, Mapping], name: str) -> Mapping:
    """The mapping of that name.

    Raises
    ------
    DataError
        listing the known ones.
    """
    if name not in mappings:
        raise DataError([f"no mapping “{name}”; known: {', '.join(sorted(mappings))}"])
    return mappings[name]


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern:
    """A header word as a regular expression."""
    return re.compile(pattern, re.IGNORECASE)
