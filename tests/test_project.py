"""What the project promises about itself: one set of packages, hashes, no host of a registry, two commands."""

import re
import tomllib
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
