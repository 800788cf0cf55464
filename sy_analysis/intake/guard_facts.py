"""What the guard knows about a record: guard.yaml, breaks.csv and exceptions.csv of its folder."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sy_analysis.base.errors import DataError
from sy_analysis.base.reading import read_yaml
from sy_analysis.intake.mappings import check_patterns, said_by
from sy_analysis.intake.record import rows_of

EXCEPTIONS = ("indicator_id", "area", "period", "rule")


def read_guard_facts(folder: Path) -> dict:
    """Read what the guard knows about a record, as the arguments of `known_from`.

    Raises
    ------
    DataError
        naming the file and the word that was not expected.
    """
    facts = folder / "guard.yaml"
    return {
        "guard_facts": _guard_facts(facts) if facts.exists() else {},
        "breaks": rows_of(folder / "breaks.csv"),
        "exceptions": rows_of(folder / "exceptions.csv", EXCEPTIONS),
    }


class _GuardWord(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    pattern: str
    conflicts: str
    zh: str
    en: str


class _GuardParts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    indicator: str
    area: str
    counts: tuple[Annotated[int, Field(ge=1, le=100_000)], ...] = Field(min_length=1)


class _GuardFacts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    words: tuple[_GuardWord, ...] = ()
    parts: tuple[_GuardParts, ...] = ()


def _guard_facts(path):
    try:
        facts = _GuardFacts(**read_yaml(path))
    except ValidationError as error:
        raise DataError(said_by(path.name, error)) from None
    check_patterns(path.name, [text for word in facts.words for text in (word.pattern, word.conflicts)])
    return facts.model_dump()
