import json
from datetime import date

import pytest

from sy_analysis.base.writing import ROOT, write_atomically
from sy_analysis.run.manifest import (
    MANIFEST,
    changes_since,
    damaged_files,
    failed_notebooks,
    has_notebook,
    inputs_of,
    is_unchanged,
    page_key,
    read_manifest,
    write_manifest,
)
from sy_analysis.run.params import Params


@pytest.fixture
def inputs(demo, tmp_path):
    return inputs_of(Params(plan=str(tmp_path / "demo-2021-2025")), date(2024, 12, 31), ROOT / "notebooks")


@pytest.fixture
def folder(inputs, tmp_path):
    """A report with one notebook that succeeded and one that did not."""
    for name in ("index.html", "notebooks/G1.ipynb", "notebooks/H1.ipynb"):
        write_atomically(tmp_path / "report" / name, name)
    write_manifest(tmp_path / "report", inputs, {"G1": "key"})
    return tmp_path / "report"


def test_inputs_are_data_parameters_notebooks_code_and_packages(inputs):
    assert inputs["parameters"]["as_of"] == "2024-12-31"
    assert "observations.csv" in inputs["data"] and "plan.yaml" in inputs["data"]
    assert "2_indicator.ipynb" in inputs["notebooks"] and "base/errors.py" in inputs["package"]
    assert {"python", "pandas"} <= set(inputs["environment"])


@pytest.mark.parametrize("kind", ["notebooks", "package", "environment"])
def test_a_key_changes_with_everything_that_a_page_is_made_from(inputs, kind):
    page = ("2_indicator.ipynb", {"indicator_id": "G1"}, "data")
    before = page_key(inputs, *page)
    assert page_key(json.loads(json.dumps(inputs)), *page) == before
    assert page_key(inputs | {kind: dict.fromkeys(inputs[kind], "other")}, *page) != before
    assert page_key(inputs, "2_indicator.ipynb", {"indicator_id": "H1"}, "data") != before
    assert page_key(inputs, "2_indicator.ipynb", {"indicator_id": "G1"}, "other data") != before


def test_a_report_is_unchanged_if_it_is_whole_without_failures_and_of_these_inputs(folder, inputs):
    assert failed_notebooks(read_manifest(folder)) == ["H1"]
    assert not is_unchanged(folder, inputs)
    write_manifest(folder, inputs, {"G1": "key", "H1": "key"})
    assert is_unchanged(folder, inputs)
    assert not is_unchanged(folder, inputs | {"parameters": {}})
    (folder / "index.html").write_text("changed")
    assert damaged_files(folder, read_manifest(folder)) == ["index.html"]
    assert not is_unchanged(folder, inputs)


def test_a_notebook_is_had_only_with_a_key_and_its_own_bytes(folder):
    manifest = read_manifest(folder)
    assert has_notebook(folder, manifest, "G1") and not has_notebook(folder, manifest, "H1")
    (folder / "notebooks" / "G1.ipynb").write_text("edited")
    assert not has_notebook(folder, manifest, "G1")


@pytest.mark.parametrize("content", ["", "{", "[]", '"text"', "null"])
def test_a_damaged_manifest_is_none(folder, content):
    (folder / MANIFEST).write_text(content)
    assert read_manifest(folder)["inputs"] == {}


def test_changes_name_kind_and_file(inputs):
    now = inputs | {"data": inputs["data"] | {"targets.csv": "other"}}
    assert changes_since(inputs, now) == ["data: targets.csv"]
