"""A run that is killed at any point and started again ends in the same bytes, and the report before it stays whole."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sy_analysis.run.manifest import LOG, damaged_files, read_manifest

AS_OF = "2024-12-31"
KILLS, KILLS_A_CYCLE = 100, 5
# a point of a run: after so many lines of its log (start, five notebooks, end), and some seconds
LINES, PAUSE = 7, 2
# the command line, with the published tables kept apart from those of the project
COMMAND = """import sys
from pathlib import Path
from sy_analysis import cli
from sy_analysis.run import quarter as run
run.PROCESSED = Path(sys.argv.pop(1))
cli.main()"""


@pytest.fixture
def start(demo_folder, tmp_path):
    """Start a run of the small plan as a process of its own."""

    def start(reports, *options):
        words = ["run", "--plan", demo_folder, "--as-of", AS_OF, "--indicator", "G1"]
        return subprocess.Popen(
            [sys.executable, "-c", COMMAND, tmp_path / "processed", *words, "--reports", reports, *options],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


@pytest.fixture
def whole(start, tmp_path):
    """Bytes of the report of a run that nobody disturbed."""
    finish(start(tmp_path / "undisturbed"))
    return bytes_of(tmp_path / "undisturbed" / AS_OF)


def finish(process):
    printed, _ = process.communicate(timeout=600)
    assert process.returncode == 0, printed


def bytes_of(report):
    """Every file of a report but the log, which alone holds times."""
    return {
        path.relative_to(report): path.read_bytes()
        for path in report.rglob("*")
        if path.is_file() and path.name != LOG
    }


def kill(process):
    """Kill a run as the system would; whether it was still running."""
    is_running = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return is_running


def wait_for(process, reports, lines):
    """Wait until a run has written so many lines to the log in its work folder, or has ended."""
    log = reports / f".{AS_OF}.work" / LOG
    before = len(read(log))
    while process.poll() is None and len(read(log)) < before + lines:
        time.sleep(0.005)


def read(log):
    if not log.exists():
        return []
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def test_a_killed_run_goes_on_where_it_was_and_ends_in_the_same_bytes(start, whole, tmp_path):
    reports = tmp_path / "reports"
    process = start(reports)
    wait_for(process, reports, lines=2)
    assert kill(process)
    assert not (reports / AS_OF).exists()
    finish(start(reports))
    assert bytes_of(reports / AS_OF) == whole
    lines = read(reports / AS_OF / LOG)
    assert [line["event"] for line in lines].count("start") == 2
    assert [line for line in lines if line.get("is_reused")]
    assert {path.name for path in reports.iterdir() if path.name[0] == "."} == {f".{AS_OF}.lock"}


@pytest.mark.soak
def test_a_hundred_kills_at_random_points_lose_nothing(start, whole, tmp_path):
    reports, draw = tmp_path / "reports", random.Random(6)
    finish(start(tmp_path / "previous", "--indicator", "N1"))
    kills = finished = 0
    while kills < KILLS:
        shutil.rmtree(reports, ignore_errors=True)
        if finished % 2:  # every other time there is a report to be replaced
            shutil.copytree(tmp_path / "previous", reports)
        for _ in range(KILLS_A_CYCLE):
            process = start(reports)
            wait_for(process, reports, draw.randrange(LINES + 1))
            time.sleep(draw.uniform(0, PAUSE))
            was_running = kill(process)
            kills += was_running
            if (reports / AS_OF).exists():
                assert damaged_files(reports / AS_OF, read_manifest(reports / AS_OF)) == []
            else:
                assert finished % 2 == 0
            if not was_running:
                break
        finish(start(reports))
        finished += 1
        assert bytes_of(reports / AS_OF) == whole
        print(f"{kills} kills, {finished} runs finished after them, each with the same bytes", flush=True)
