"""The public door: every promised name, and the examples of docs/library.md run from a wheel outside the project."""

import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sy_analysis as sy

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
OUTSIDE, INSIDE = PAGE.split("## A plan and its record")


def code_of(text):
    return "\n".join(re.findall(r"```python\n(.*?)```", text, re.S))


def printed_in(text):
    return "".join(re.findall(r"```text\n(.*?)```", text, re.S))


def run(code, folder, **environment):
    command = [sys.executable, "-W", "error", "-c", code]
    environment = {**os.environ, "MPLBACKEND": "Agg", **environment}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the package installed from a wheel, and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    project = folder / "project"
    shutil.copytree(
        ROOT / "sy_analysis", project / "sy_analysis", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, project)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    built = [
        *pip,
        "wheel",
        str(project),
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--wheel-dir",
        str(folder),
    ]
    subprocess.run(built, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    subprocess.run(
        [*pip, "install", "--no-deps", "--no-index", "--target", str(site), str(wheel)], check=True
    )
    return site


def test_the_page_runs_from_a_wheel_outside_the_project(installed, tmp_path):
    where = "import sy_analysis, sys; print(sy_analysis.__file__, file=sys.stderr)\n"
    outcome = run(where + code_of(OUTSIDE), tmp_path, PYTHONPATH=str(installed))
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stderr.startswith(str(installed))
    assert outcome.stdout == printed_in(OUTSIDE)
    assert (tmp_path / "forecast.png").stat().st_size > 5000


def test_a_name_that_needs_a_project_folder_says_so(installed, tmp_path):
    outcome = run("import sy_analysis as sy; sy.read_plan('shaoyang')", tmp_path, PYTHONPATH=str(installed))
    assert "shaoyang: no plan.yaml in such a folder" in outcome.stderr


def test_what_needs_the_project_runs_inside_it():
    assert run("import sy_analysis as sy\n" + code_of(INSIDE), ROOT).stdout == printed_in(INSIDE)


@pytest.mark.parametrize("name", sy.__all__)
def test_every_promised_name_is_explained_annotated_and_shown(name):
    thing = getattr(sy, name)
    assert not inspect.ismodule(thing)
    assert ">>>" in inspect.getdoc(thing.from_samples if inspect.isclass(thing) else thing)
    assert inspect.isclass(thing) or inspect.signature(thing).return_annotation is not inspect.Signature.empty
    assert f"sy.{name}" in PAGE or f"`{name}`" in PAGE


def test_a_stage_does_not_hide_the_function_of_its_name():
    code = "import sy_analysis as sy, sy_analysis.forecast.scores, sy_analysis.judge.rules; print(sy.forecast.__name__, sy.judge.__name__)"
    assert run(code, ROOT).stdout == "forecast judge\n"


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(AttributeError, match="no attribute 'forecasts'; it has read_plan, known_as_of"):
        sy.forecasts  # noqa: B018


def test_help_shows_the_promised_names():
    shown = run("import sy_analysis as sy; help(sy)", ROOT).stdout
    assert [name for name in sy.__all__ if not re.search(rf"^ +(class )?{name}\(", shown, re.M)] == []
