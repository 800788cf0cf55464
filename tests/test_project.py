"""What the project promises about itself: one set of packages, hashes, no host of a registry, two commands."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
LOCKED = {
    canonicalize_name(name): version for name, version in re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", LOCK, re.M)
}


def requirements(*extras):
    lines = PROJECT["dependencies"] + [
        line for extra in extras for line in PROJECT["optional-dependencies"][extra]
    ]
    return {canonicalize_name(Requirement(line).name): Requirement(line).specifier for line in lines}


def conda_pins():
    lines = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    from_pip = [line for group in lines if isinstance(group, dict) for line in group["pip"]]
    plain = [line.replace("=", "==", 1) for line in lines if isinstance(line, str)] + from_pip
    return {
        canonicalize_name(Requirement(line).name): str(Requirement(line).specifier)
        for line in plain
        if line[0] != "-"
    }


def test_the_lock_pins_every_dependency_within_its_range():
    for name, allowed in requirements("test").items():
        assert allowed.contains(LOCKED[name]), name


def test_every_pin_has_a_hash_and_no_line_names_a_host():
    pins = re.split(r"\n(?=\S)", LOCK.strip())
    assert all("--hash=sha256:" in pin for pin in pins if not pin.startswith("#"))
    assert "://" not in LOCK and "--index-url" not in LOCK and "--find-links" not in LOCK


def test_the_conda_environment_agrees_with_pyproject_and_the_lock():
    pins = conda_pins()
    python = pins.pop("python")
    assert python.startswith("==3.11")
    assert set(pins) - {"pip"} == set(requirements("test"))
    assert {name: f"=={LOCKED[name]}" for name in requirements("test")} == {
        name: pins[name] for name in requirements("test")
    }


def test_ci_calls_make_test_and_nothing_that_hides_an_install_step():
    lines = [
        line
        for line in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
        if line and line[0] != "#"
    ]
    assert lines == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "make test"]


def test_no_generated_output_is_kept():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert {"reports/", ".venv/"} <= set(ignored)
    assert (ROOT / "data" / "processed" / ".gitignore").read_text(encoding="utf-8").split() == [
        "*",
        "!.gitignore",
    ]


# Words of licence classifiers and free texts for the SPDX names that docs/dependencies.md uses.
SPOKEN = {
    "MIT": "MIT",
    "MIT-CMU": "MIT-CMU|HPND",
    "BSD-3-Clause": "BSD",
    "BSD-2-Clause": "BSD",
    "PSF-2.0": "Python Software Foundation",
    "OFL-1.1": "OFL",
    "Apache-2.0": "Apache",
    "MPL-2.0": "MPL|Mozilla Public License",
}


def dependency_rows():
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z0-9-]+) \| (.+?) \| ([\w.-]+) \|$", page, re.M)
    return [row for row in rows if row[0] != "package"]


def test_every_dependency_is_listed_with_its_reason_and_licence():
    listed = [name for name, reason, _ in dependency_rows() if len(reason) > 3]
    assert sorted(listed) == sorted(requirements("test"))
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    others = {
        Requirement(x).name for n in ("browser", "benchmark") for x in PROJECT["optional-dependencies"][n]
    }
    assert [name for name in others if name not in page] == []


def test_every_licence_is_the_one_that_the_package_says_it_has():
    for name, _, licence in dependency_rows():
        facts = metadata.metadata(name)
        said = [facts.get("License-Expression"), facts.get("License"), *facts.get_all("Classifier", [])]
        own = " ".join(text for text in said if text and not text.startswith(("Programming", "Topic")))
        assert re.search(SPOKEN[licence], own), (name, licence)


def test_the_newest_releases_are_tried_on_every_python_that_is_named():
    job = yaml.safe_load((ROOT / ".github/workflows/newest.yml").read_text(encoding="utf-8"))
    assert "schedule" in job[True]  # YAML 1.1 reads the word “on” as true
    assert job["jobs"]["newest"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]


def test_nothing_in_the_package_can_run_what_it_reads():
    """No pickle, no evaluation of text, no YAML loader but the safe one, no shell."""
    banned = r"\b(pickle|marshal|shelve|joblib|dill|cloudpickle)\b|\beval\(|\bexec\(|yaml\.(load|full_load|unsafe_load)\("
    banned += r"|read_pickle|to_pickle|shell=True|os\.system|allow_pickle"
    for path in sorted((ROOT / "sy_analysis").rglob("*.py")):
        source = path.read_text(encoding="utf-8").replace(
            ".eval(", ""
        )  # pandas' own, on texts of this package
        assert re.findall(banned, source) == [], path.name
