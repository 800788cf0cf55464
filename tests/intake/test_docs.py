"""The page on the intake names every word, column, rule and command that there is."""

import csv
import re
from importlib.resources import files

import pytest

from sy_analysis.base.writing import ROOT
from sy_analysis.intake import commands, mappings
from sy_analysis.intake.record import PROVENANCE, QUARANTINE
from sy_analysis.intake.words import read_rows

PAGE = (ROOT / "docs/intake.md").read_text(encoding="utf-8")
FOLDER = ROOT / "data/raw/records/hunan"
TABLES = ("units", "words", "messages", "form", "columns")


def header(path):
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def test_every_word_of_a_mapping_is_explained():
    models = (
        mappings.Mapping,
        mappings.AreaRule,
        mappings.PeriodRule,
        mappings.ValueColumn,
        mappings.Sentence,
    )
    words = {word for model in models for word in model.model_fields}
    assert [word for word in sorted(words) if not re.search(rf"\b{word}\b", PAGE)] == []


@pytest.mark.parametrize("name", ["breaks", "exceptions", "contradictions"])
def test_every_column_of_the_tables_that_people_write_is_named(name):
    assert [column for column in header(FOLDER / f"{name}.csv") if column not in PAGE] == []


def test_every_column_that_the_intake_writes_is_named():
    package = files("sy_analysis.intake")
    tables = [files("sy_analysis.record") / "areas.csv", *(package / f"{name}.csv" for name in TABLES)]
    columns = {*PROVENANCE, *QUARANTINE[:7], *(column for path in tables for column in header(path))}
    assert [column for column in sorted(columns) if column not in PAGE] == []


def test_every_rule_of_the_guard_is_in_the_table():
    keys = [row["key"].split(".") for row in read_rows("messages")]
    rules = {key[1] for key in keys if key[0] == "guard" and key[-1] == "release"}
    assert len(rules) > 15
    assert [rule for rule in sorted(rules) if not re.search(rf"\b{rule}\b", PAGE)] == []


def test_every_command_is_shown():
    names = [commands.intake, commands.quarantine, commands.trace, commands.template, commands.plan_table]
    assert [c.name for c in (*names, commands.contradictions) if f"sy-analysis {c.name}" not in PAGE] == []
