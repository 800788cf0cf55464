import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from sy_analysis import __version__, cli

ROOT = Path(__file__).parents[1]


def call(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["sy-analysis", *words])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    return stop.value.code


def test_help_names_the_commands_and_the_exit_codes(monkeypatch, capsys):
    assert call(monkeypatch, "--help") == 0
    text = capsys.readouterr().out
    assert "run" in text
    assert "Exit codes: 0 all well, 1 a notebook failed, 2 bad data or parameters, 3" in text


def test_run_help_shows_every_option(monkeypatch, capsys):
    assert call(monkeypatch, "run", "--help") == 0
    text = capsys.readouterr().out
    for option in ("--params", "--as-of", "--indicator", "--plan", "--reports"):
        assert option in text


def test_version(monkeypatch, capsys):
    assert call(monkeypatch, "--version") == 0
    assert __version__ in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "--params", "nowhere.yaml"], "nowhere.yaml: cannot be read"),
        (["run", "--indicator", "X9"], "has no indicator X9; it has P01, P02"),
        (["run", "--as-of", "yesterday"], "as_of is “yesterday”: Input should be a valid date"),
        (
            ["run", "--plan", "nowhere"],
            "nowhere: no plan.yaml in such a folder; plans in data/raw: hunan-2021-2025, shaoyang-2021-2025",
        ),
        (["run", "--colour", "red"], "No such option"),
        (["walk"], "No such command"),
        (
            ["compare", "--area", "甲市"],
            "--area: “甲市”不在地区名录中 / “甲市” is not in the register of areas",
        ),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(monkeypatch, capsys, words, message):
    monkeypatch.chdir(ROOT)
    assert call(monkeypatch, *words) == cli.BAD_INPUT
    printed = capsys.readouterr()
    assert message in printed.err
    assert "Traceback" not in printed.err


def test_an_interrupt_says_that_nothing_was_lost(monkeypatch, capsys):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("sy_analysis.run.run_quarter", interrupt)
    assert call(monkeypatch, "run") == cli.INTERRUPTED
    assert "the previous report is untouched" in capsys.readouterr().err


def test_the_package_is_light_until_work_begins():
    heavy = "import sys, sy_analysis.cli; print([m for m in ('pandas', 'numpy', 'papermill') if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"


def test_what_if_shows_both_verdicts_and_marks_the_assumption(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert (
        call(monkeypatch, "what-if", "P02", "--add", "2024=92.4", "--target", "94", "--as-of", "2026-09-30")
        == 0
    )
    text = capsys.readouterr().out
    assert "按公布数据 as published" in text and "假设 assumed: 2024=92.4 target=94" in text
    assert "≥93%" in text and "≥94%" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["P02", "--add", "92.4"], "--add is “92.4”; expected a year and a number, such as 2024=92.4"),
        (["P02", "--target", "200"], "target is 200; expected 0 to 100, the bounds of P02"),
        (["X9"], "has no indicator X9"),
        (["P02", "--as-of", "soon"], "as_of is “soon”; expected a date"),
    ],
)
def test_a_bad_assumption_is_named(monkeypatch, capsys, words, message):
    monkeypatch.chdir(ROOT)
    assert call(monkeypatch, "what-if", *words) == cli.BAD_INPUT
    assert message in capsys.readouterr().err


def test_compare_puts_plans_and_areas_into_one_table(monkeypatch, capsys, tmp_path):
    out = tmp_path / "areas.csv"
    words = [
        "--plan",
        "shaoyang-2021-2025",
        "--plan",
        "hunan-2021-2025",
        "--area",
        "湘西",
        "--as-of",
        "2024-12-31",
    ]
    assert call(monkeypatch, "compare", *words, "--out", str(out)) == 0
    assert "如果各地都适用这些目标" in capsys.readouterr().out
    table = pd.read_csv(out)
    assert table.groupby("plan_id").size().to_dict() == {"hunan-2021-2025": 4, "shaoyang-2021-2025": 17}
    assert set(table["area"]) == {"湘西州"} and not table["is_own"].any()
