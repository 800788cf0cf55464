"""The documents say what the product does: every column, parameter, option and command, and the real table."""

import re
from pathlib import Path

import pytest

from sy_analysis.assessments import THRESHOLDS
from sy_analysis.cli import cli
from sy_analysis.io import read_plan
from sy_analysis.run import Params, tables_of
from sy_analysis.schema import RAW_TABLES, STATUSES, columns
from sy_analysis.tables import summary_table
from sy_analysis.vintage import assess_as_of, core_ids

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CODEBOOK = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
AS_OF = "2026-09-30"


def words_of(text):
    return set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", text))


@pytest.mark.parametrize("table", RAW_TABLES)
def test_every_raw_column_is_in_the_codebook(table):
    assert set(columns(table)) <= words_of(CODEBOOK)


def test_every_written_column_is_in_the_codebook():
    plan = read_plan()
    for name, table in tables_of(plan, assess_as_of(plan, AS_OF)).items():
        assert set(map(str, table.columns)) <= words_of(CODEBOOK), name


def test_every_status_and_parameter_is_explained():
    for status in STATUSES:
        assert status.replace("_", " ") in README, status
    assert set(Params.model_fields) <= words_of(README)
    assert f"{100 * THRESHOLDS['on_track_binding']:.0f} %" in README


def test_every_command_of_the_tool_is_shown():
    for name in cli.commands:
        assert f"sy-analysis {name}" in README


def test_the_documents_link_only_to_what_exists():
    for path in [
        ROOT / "README.md",
        ROOT / "data" / "README.md",
        ROOT / "CHANGELOG.md",
        *(ROOT / "docs").glob("*.md"),
    ]:
        for link in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), f"{path.name}: {link}"


def test_the_readme_shows_the_real_verdicts():
    plan = read_plan()
    vintage = assess_as_of(plan, AS_OF, target_ids=core_ids(plan))
    table = summary_table(vintage.assessments, plan.targets, plan.indicators).reset_index(names="编号")
    rows = [table.columns, ["---"] * len(table.columns), *table.to_numpy()]
    expected = "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)
    shown = README.split("<!-- verdicts -->")[1].split("<!-- /verdicts -->")[0].strip()
    assert shown == expected, f"replace the table in README.md by:\n{expected}"
