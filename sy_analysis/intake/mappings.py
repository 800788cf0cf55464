"""What the columns of a known publication mean: a small YAML file for each, data and not code.

A mapping names header words; it never counts columns, so a table with a column more is still read right, and
one whose header has changed is refused. See docs/intake.md for the words of a mapping.
"""

import re
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from sy_analysis.base.errors import DataError, shown
from sy_analysis.base.reading import read_yaml


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AreaRule(_Words):
    """Where the area stands: in a column, or the same for all; `aliases` are words of this publication."""

    column: str | None = None
    fixed: str | None = None
    aliases: dict[str, str] = {}
    is_carried: bool = False


class PeriodRule(_Words):
    """Where the period stands: in a column, in the header of each value, fixed, or else in the caption."""

    column: str | None = None
    fixed: str | None = None
    in_header: bool = False


def _as_tuple(words):
    """A single header word may be written without a list."""
    return (words,) if isinstance(words, str) else words


class ValueColumn(_Words):
    """A column of values: words of its header, from the top row down, and what it means."""

    column: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
    indicator: str | None = None
    unit: str | None = None
    is_optional: bool = False


class Sentence(_Words):
    """A regular expression with the groups value and, where printed, area and period."""

    pattern: str
    indicator: str


class Mapping(_Words):
    """How one publication is read.

    `header_rows` of 0 is for text files without a header, whose `columns` then name them; `missing` are words
    or numbers by which this publication says that there is no value.
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


def read_mappings(folder):
    """Mappings of a plan folder and those that come with the package, by name.

    Raises
    ------
    DataError
        with every mistake in every file.
    """
    own = sorted((Path(folder) / "mappings").glob("*.yaml"))
    built_in = [
        path
        for path in files("sy_analysis.intake").joinpath("mappings").iterdir()
        if path.name.endswith(".yaml")
    ]
    mappings, problems = {}, []
    for path in [*sorted(built_in, key=lambda path: path.name), *own]:
        try:
            mapping = read_mapping(path)
            mappings[mapping.name] = mapping
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    return mappings


def read_mapping(path):
    """One mapping.

    Raises
    ------
    DataError
        naming the file, the word and what was expected.
    """
    try:
        mapping = Mapping(**read_yaml(path))
    except ValidationError as error:
        raise DataError(said_by(path.name, error)) from None
    singles = (mapping.area.column, mapping.period.column, mapping.indicator, mapping.unit, mapping.qualifier)
    sentences = [sentence.pattern for sentence in mapping.sentences]
    check_patterns(
        path.name,
        [
            *filter(None, singles),
            *(*mapping.skip, *mapping.notes, *mapping.columns, *sentences),
            *(part for v in mapping.values for part in v.column),
        ],
    )
    missing = [f"{path.name}: “{text}” has no group value" for text in sentences if "(?P<value>" not in text]
    if missing:
        raise DataError(missing)
    return mapping


def said_by(name, error):
    """What pydantic finds wrong with a file of that name, one sentence each."""
    return [f"{name}: {'.'.join(map(str, case['loc']))}: {case['msg']}" for case in error.errors()]


def check_patterns(name, patterns):
    """See that texts of a file are regular expressions.

    Raises
    ------
    DataError
        naming the file and each text that is none.
    """
    problems = []
    for pattern in patterns:
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            problems.append(f"{name}: “{shown(pattern, 80)}” is no pattern: {error}")
    if problems:
        raise DataError(problems)


def choose_mapping(mappings, name):
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
def compiled(pattern):
    """A header word as a regular expression."""
    return re.compile(pattern, re.IGNORECASE)
