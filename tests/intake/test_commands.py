import pytest
from click.testing import CliRunner

from sy_analysis.base.errors import DataError
from sy_analysis.intake import commands
from sy_analysis.intake.record import rows_of

ROWS = "指标,地区,期间,数值,单位\nP02,湖南省,2024,93.95,%\nP02,湖南省,2025,9.41,%\n"


def run(command, *arguments):
    result = CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)
    return result.output


def test_a_dry_run_shows_everything_and_writes_nothing(plan, write, bytes_of):
    path, before = write("rows.csv", ROWS), bytes_of(plan)
    said = run(commands.intake, path, "--plan", plan, "--dry-run")
    assert "1 条收入 / to the record, 1 条隔离 / held back" in said
    assert "+ P02 湖南省 2024 93.95 %  rows.csv line 2 column 4" in said
    assert "9.41 may be 94.1: the decimal point slipped" in said
    assert "nothing was written" in said
    assert bytes_of(plan) == before


def test_intake_then_quarantine_then_trace(plan, write):
    path = write("rows.csv", ROWS)
    assert "observations 1" in run(commands.intake, path, "--plan", plan, "--published", "2025-11-20")
    listed = run(commands.quarantine, "list", "--plan", plan)
    held = listed.split()[0]
    assert "放行需要 / would release it: 该期结束后的完整数据" in listed
    assert f"{held} released" in run(
        commands.quarantine,
        "release",
        held,
        "--plan",
        plan,
        "--by",
        "王芳",
        "--reason",
        "原件为94.1",
        "--value",
        "94.1",
    )
    assert run(commands.quarantine, "list", "--plan", plan) == "0 条 / values\n"
    assert "released" in run(commands.quarantine, "list", "--all", "--plan", plan)
    traced = run(commands.trace, "P02", "2025", "--area", "湖南省", "--plan", plan)
    assert "* P02 湖南省 2025: 94.1 %" in traced
    assert "印作 / printed             9.41" in traced
    assert "line 3 column 4" in traced


def test_a_rejection_keeps_the_value_out(plan, write):
    run(commands.intake, write("rows.csv", ROWS), "--plan", plan)
    held = rows_of(plan / "quarantine.csv")[0]["quarantine_id"]
    assert "rejected" in run(
        commands.quarantine, "reject", held, "--plan", plan, "--by", "王芳", "--reason", "印错"
    )
    assert rows_of(plan / "quarantine.csv")[-1]["action"] == "rejected"


def test_a_day_that_does_not_exist_is_bad_input(plan, write):
    with pytest.raises(DataError):
        run(commands.intake, write("rows.csv", ROWS), "--plan", plan, "--published", "2026-02-30")


def test_the_form_is_written_where_it_is_wanted(plan, tmp_path):
    assert str(tmp_path / "a.xlsx") in run(
        commands.template, "--plan", plan, "--quarter", "2026Q1", "--out", tmp_path / "a.xlsx"
    )
    assert (tmp_path / "a.xlsx").is_file()


def test_the_plans_table_and_the_contradictions_are_shown():
    assert "17 / 17 与targets.csv一致" in run(commands.plan_table)
    assert "40 处 / contradictions" in run(commands.contradictions)
