"""The committed notebooks: thin, parameterized, executed in order, clean; nbval then compares their numbers."""

import ast
import json
from pathlib import Path

import nbformat
import pytest
from papermill import inspect_notebook

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
NAMES = [path.name for path in NOTEBOOKS]
DEFINITIONS = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.For,
    ast.While,
    ast.If,
    ast.Try,
    ast.Lambda,
)


@pytest.fixture(params=NOTEBOOKS, ids=NAMES)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_the_four_notebooks_are_there():
    assert NAMES == [
        "1_record.ipynb",
        "2_indicator.ipynb",
        "3_attainment.ipynb",
        "4_trust.ipynb",
        "5_plan.ipynb",
    ]


def test_it_opens_with_a_question(notebook):
    title = notebook.cells[0].source.splitlines()[0]
    assert title.startswith("# ") and "？" in title and "?" in title


def test_cells_are_few_and_short_and_define_nothing(notebook):
    cells = code_cells(notebook)
    assert len(cells) <= 12
    for cell in cells:
        assert len(ast.parse(cell.source).body) <= 8, cell.source
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, DEFINITIONS)], (
            cell.source
        )


def test_every_parameter_has_a_type_a_literal_and_a_comment(path, notebook):
    tagged = [cell for cell in code_cells(notebook) if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    for node in ast.parse(tagged[0].source).body:
        assert isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Constant)
    for name, facts in inspect_notebook(str(path)).items():
        assert facts["help"], name


def test_it_was_executed_from_top_to_bottom(notebook):
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))


def test_outputs_hold_no_error_no_stderr_no_address_and_no_machine_path(notebook, path):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr"
            text = json.dumps(output.get("data", {}).get("text/plain", ""))
            assert " at 0x" not in text
    raw = path.read_text(encoding="utf-8")
    assert str(Path.home()) not in raw and str(Path(__file__).parents[1]) not in raw


def test_metadata_is_clean(notebook):
    assert "papermill" not in notebook.metadata
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags"}, cell.metadata


def test_it_is_small(path):
    assert path.stat().st_size < 300_000
