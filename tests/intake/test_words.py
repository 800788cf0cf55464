"""The words of the intake are data: each is used, and whatever is used is there."""

import re
import string

import pytest

from sy_analysis.base.writing import ROOT
from sy_analysis.intake.words import columns_of, meanings, message, read_rows

SOURCES = "".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "sy_analysis/intake").glob("*.py"))
)
KEYS = [row["key"] for row in read_rows("messages")]


def test_every_message_and_every_role_stands_once():
    assert len(set(KEYS)) == len(KEYS)
    pairs = [(row["role"], row["word"]) for row in read_rows("words")]
    assert len(set(pairs)) == len(pairs)


@pytest.mark.parametrize("row", read_rows("messages"), ids=KEYS)
def test_a_message_has_both_languages_and_is_used(row):
    assert row["zh"] and row["en"]
    words = row["key"].split(".")
    assert re.search(rf"\b{words[-1]}\b", SOURCES), row["key"]


def test_every_message_that_the_code_names_is_there():
    named = set(
        re.findall(r"(?:message|refusal|_unreadable)\((?:file, |name, )?\"([a-z]+\.[\w.]+)\"", SOURCES)
    )
    assert named
    assert named <= set(KEYS)


def test_facts_are_filled_in_both_languages():
    chinese, english = message("book.bomb", size=300).split(" / ")
    assert "300MB" in chinese
    assert "300 MB" in english


def test_facts_with_braces_stay_as_they_are():
    assert "“{x}”" in message("cell.split", printed="{x}")


def test_every_role_that_the_code_names_has_words():
    roles = set(re.findall(r"meanings\(['\"](\w+)['\"]\)", SOURCES))
    assert {role for role in roles if not meanings(role)} == set()
    assert {row["role"] for row in read_rows("words")} == roles


@pytest.mark.parametrize("row", read_rows("messages"), ids=KEYS)
def test_the_fields_of_a_message_are_names(row):
    fields = [field for text in (row["zh"], row["en"]) for _, field, *_ in string.Formatter().parse(text)]
    assert all(field.isidentifier() for field in fields if field is not None)


def test_every_table_that_the_code_names_has_columns():
    tables = set(re.findall(r"columns_of\(\"(\w+)\"\)", SOURCES))
    assert {row["table"] for row in read_rows("columns")} == tables
    assert all(columns_of(table) for table in tables)
