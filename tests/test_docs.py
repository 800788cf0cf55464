"""The documents say what the product does: every column, parameter, option and command, and the real table."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from sy_analysis.cli import cli
from sy_analysis.judge.assessments import assess_as_of
from sy_analysis.judge.thresholds import THRESHOLDS
from sy_analysis.record.folders import RAW_TABLES
from sy_analysis.record.plan import read_plan
from sy_analysis.record.schema import STATUSES, columns
from sy_analysis.record.selection import core_ids
from sy_analysis.report.tables import summary_table
from sy_analysis.run.build import tables_of
from sy_analysis.run.params import Params

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
    for option in ("--force", "--only-failed", "--fail-on", "--quiet"):
        assert option in README


def test_the_documents_link_only_to_what_exists():
    for path in [
        ROOT / "README.md",
        ROOT / "data" / "README.md",
        ROOT / "CHANGELOG.md",
        *(ROOT / "docs").glob("*.md"),
    ]:
        for link in re.findall(r"\]\((?!https:)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), f"{path.name}: {link}"


def test_the_readme_shows_the_real_verdicts():
    plan = read_plan()
    vintage = assess_as_of(plan, AS_OF, target_ids=core_ids(plan))
    table = summary_table(vintage.assessments, plan.targets, plan.indicators).reset_index(names="编号")
    rows = [table.columns, ["---"] * len(table.columns), *table.to_numpy()]
    expected = "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)
    shown = README.split("<!-- verdicts -->")[1].split("<!-- /verdicts -->")[0].strip()
    assert shown == expected, f"replace the table in README.md by:\n{expected}"


# ---- Commands: each block is run, line by line, in a copy of the project

PAGES = ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]
NOT_RUN = {
    "make run": "a whole quarter; test_run.py runs one",
    "make test": "it would run itself",
    "sy-analysis run --as-of 2024-12-31": "a whole quarter; test_run.py runs one",
    "sy-analysis run --indicator P02 --indicator V14": "the run that test_run.py makes",
    "sy-analysis run --workers 4": "a whole quarter; test_cluster.py runs notebooks on a cluster",
    "sy-analysis run --quiet --fail-on off_track": "a whole quarter that ends with 4; test_cli.py tries it",
    "sy-analysis verify reports/2026-09-30": "needs the whole quarter; test_verify.py verifies a report",
    "sy-analysis run --plan shaoyang-2021-2025 --plan hunan-2021-2025": "test_run.py runs two small plans",
    "sy-analysis run --area all": "a report for each of 14 areas; test_run.py runs two",
    "sudo systemctl enable --now sy-analysis.timer": "changes the machine; the units are verified below",
    "systemctl list-timers sy-analysis.timer": "needs the timer to be there",
    "python benchmarks/run_quarter.py --rounds 3": "takes minutes",
    "python benchmarks/fit_priors.py WINDOWS.parquet": "its data are not part of the project",
    "python benchmarks/forecast.py WINDOWS.parquet": "its data are not part of the project",
}


def blocks(page, language):
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


def command_of(line):
    return re.sub(r"\s+#.*", "", line)


def reason_not_to_run(line):
    return next((NOT_RUN[start] for start in NOT_RUN if command_of(line).startswith(start)), None)


def script_of(page):
    lines = "".join(blocks(page, "bash")).splitlines()
    return "\n".join(line for line in lines if not reason_not_to_run(line))


SCRIPTS = {page: script_of(page) for page in PAGES if script_of(page)}


@pytest.fixture(scope="module")
def shells(tmp_path_factory):
    """A shell for each page, at work side by side, each in a copy of the project that it may change."""
    started = {page: start_shell(page, tmp_path_factory.mktemp("docs") / "project") for page in SCRIPTS}
    yield started
    for shell in started.values():
        shell.kill()


def start_shell(page, folder):
    ignored = shutil.ignore_patterns(".*", "reports", "processed", "__pycache__", "*.egg-info", "tests")
    shutil.copytree(ROOT, folder, ignore=ignored)
    bulletin = "indicator_id,area,period,value,unit\nP02,中国,2024,93.93,%\n"
    (folder / "bulletin.csv").write_text(bulletin, encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", SCRIPTS[page]],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("page", SCRIPTS)
def test_every_command_of_a_page_runs(page, shells):
    said, _ = shells[page].communicate()
    assert shells[page].returncode == 0, said


def test_a_command_that_is_not_run_is_well_formed_and_still_there(tmp_path, monkeypatch):
    (tmp_path / "reports" / "2026-09-30").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    lines = [command_of(line) for page in PAGES for line in "".join(blocks(page, "bash")).splitlines()]
    for start in NOT_RUN:
        assert any(line.startswith(start) for line in lines), start
    for line in filter(reason_not_to_run, lines):
        program, name, *arguments = shlex.split(line)
        if program == "sy-analysis":
            cli.commands[name].make_context(name, arguments)
        if program == "make":
            assert re.search(rf"^{name}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
        if program == "python":
            assert (ROOT / name).exists()


def test_the_systemd_units_are_valid(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed here")
    service, timer = blocks("docs/guide.md", "ini")
    service = service.replace("/srv/sy-analysis/.venv/bin/sy-analysis", sys.executable)
    for name, unit in (("service", service), ("timer", timer)):
        (tmp_path / f"sy-analysis.{name}").write_text(unit, encoding="utf-8")
    units = [str(tmp_path / f"sy-analysis.{name}") for name in ("service", "timer")]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_cron_and_the_workflow_run_on_the_fifth_day_of_each_quarter():
    line = blocks("docs/guide.md", "cron")[0].strip()
    *when, command = line.split(" ", 5)
    workflow = yaml.safe_load((ROOT / ".github/workflows/quarterly.yml").read_text(encoding="utf-8"))
    assert when == ["0", "2", "5", "1,4,7,10", "*"]
    assert workflow[True]["schedule"] == [{"cron": " ".join(when)}]  # YAML reads the word “on” as true
    assert command == "cd /srv/sy-analysis && make run"
