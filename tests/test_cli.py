import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from sy_analysis import __version__, cli
from sy_analysis.run.quarter import Run
from sy_analysis.run.verify import Verification

ROOT = Path(__file__).parents[1]


def call(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["sy-analysis", *words])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    return stop.value.code


def test_help_names_the_commands_and_the_exit_codes(monkeypatch, capsys):
    assert call(monkeypatch, "--help") == 0
    text = " ".join(capsys.readouterr().out.split())
    assert set(cli.cli.commands) == {
        *("run", "verify", "what-if", "compare", "intake", "quarantine", "trace", "template", "plan-table"),
        "contradictions",
    }
    assert set(cli.cli.commands) <= set(text.split())
    assert "Exit codes: 0 all well; 1 a notebook failed" in text
    assert "3 interrupted; 4 a core indicator has the status of --fail-on" in text


def test_run_help_shows_every_option(monkeypatch, capsys):
    assert call(monkeypatch, "run", "--help") == 0
    text = capsys.readouterr().out
    for option in ("--params", "--as-of", "--indicator", "--plan", "--reports"):
        assert option in text
    for option in ("--force", "--only-failed", "--fail-on", "--quiet"):
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
        (["run", "--force", "--only-failed"], "choose one"),
        (["run", "--fail-on", "sadness"], "'sadness' is not one of"),
        (["run", "--reports", "/proc/no/reports"], "/proc/no: No such file or directory"),
        (["verify", "tests"], "tests: no manifest.json that can be read; expected the folder of a report"),
        (["verify", "nowhere"], "'nowhere' does not exist"),
        (["walk"], "No such command"),
        (
            ["run", "--area", "甲市"],
            "area: “甲市”不在地区名录中 / “甲市” is not in the register of areas",
        ),
        (
            ["run", "--area", "all", "--plan", "nowhere"],
            "nowhere: no plan.yaml in such a folder; plans in data/raw: hunan-2021-2025, shaoyang-2021-2025",
        ),
        (
            ["compare", "--area", "甲市"],
            "area: “甲市”不在地区名录中 / “甲市” is not in the register of areas",
        ),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(monkeypatch, capsys, words, message):
    monkeypatch.chdir(ROOT)
    assert call(monkeypatch, *words) == cli.BAD_INPUT
    printed = capsys.readouterr()
    assert message in printed.err
    assert "Traceback" not in printed.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_says_that_nothing_was_lost(monkeypatch, capsys, number):
    def interrupted(*_):
        signal.raise_signal(number)
        time.sleep(10)  # Python runs the handler between two of its own steps, not at once
        yield

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("sy_analysis.run.quarter.run_quarters", interrupted)
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    assert call(monkeypatch, "run") == cli.INTERRUPTED
    for name, handler in before.items():
        signal.signal(name, handler)
    assert "the previous report is untouched" in capsys.readouterr().err


@pytest.fixture
def finished(monkeypatch, tmp_path):
    """The run command without a run: its report has one core indicator at risk."""
    (tmp_path / "verdicts.txt").write_text("P02 at risk", encoding="utf-8")
    (tmp_path / "run.json").write_text(json.dumps({"core": [{"status": "at_risk", "n": 1}]}))

    def finish(failures=(), is_unchanged=False, n_runs=1):
        monkeypatch.chdir(ROOT)
        done = Run(tmp_path, list(failures), is_unchanged)
        monkeypatch.setattr("sy_analysis.run.quarter.run_quarters", lambda *_: iter([done] * n_runs))

    return finish


@pytest.mark.parametrize(
    ("words", "failures", "code"),
    [
        ([], [], 0),
        (["--fail-on", "at_risk"], [], cli.ALERT),
        (["--fail-on", "off_track"], [], 0),
        ([], ["P02: cell 3: no such luck"], cli.SOME_FAILED),
        (["--fail-on", "at_risk"], ["P02: cell 3: no such luck"], cli.SOME_FAILED),
    ],
)
def test_the_exit_code_says_how_the_run_went(monkeypatch, capsys, finished, words, failures, code):
    finished(failures)
    assert call(monkeypatch, "run", *words) == code
    printed = capsys.readouterr()
    assert "P02 at risk" in printed.out
    assert all(line in printed.err for line in failures)


def test_an_unchanged_quarter_says_so_and_a_quiet_one_says_nothing(monkeypatch, capsys, finished):
    finished(is_unchanged=True)
    assert call(monkeypatch, "run") == 0
    assert "Nothing has changed" in capsys.readouterr().out
    assert call(monkeypatch, "run", "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_several_runs_name_the_report_of_each_failure_and_the_page_over_all(
    monkeypatch, capsys, finished, tmp_path
):
    finished(["P02: cell 3: no such luck"], n_runs=2)
    assert call(monkeypatch, "run", "--area", "all") == cli.SOME_FAILED
    printed = capsys.readouterr()
    assert printed.err.count(f"{tmp_path.name}: P02: cell 3") == 2
    assert printed.out.endswith(f"{tmp_path.parent / 'index.html'}\n")


def test_a_full_disk_is_one_message_and_exit_code_2(monkeypatch, capsys):
    def fail(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "reports/table.csv")

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("sy_analysis.run.quarter.run_quarters", fail)
    assert call(monkeypatch, "run") == cli.BAD_INPUT
    message = "reports/table.csv: No space left on device; the previous report is untouched"
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("found", "code", "message"),
    [
        (Verification([], [], None, ["series"]), 0, "identical: series"),
        (Verification(["data: targets.csv"], [], None, []), 0, "changed since: data: targets.csv"),
        (Verification([], ["index.html"], None, []), 1, "not as it was written: index.html"),
        (Verification([], [], "series.csv, V14", []), 1, "differs: series.csv, V14"),
    ],
)
def test_verify_says_what_it_found(monkeypatch, capsys, tmp_path, found, code, message):
    monkeypatch.setattr("sy_analysis.run.verify.verify_report", lambda _: found)
    assert call(monkeypatch, "verify", str(tmp_path)) == code
    assert message in capsys.readouterr().out


def test_the_package_is_light_until_work_begins():
    heavy = "import sys, sy_analysis.cli, sy_analysis.run.quarter; print([m for m in ('pandas', 'numpy', 'papermill') if m in sys.modules])"
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
