"""The committed notebooks: thin, parameterized, executed in order, clean; nbval then compares their numbers."""

import ast
import json
from pathlib import Path

import nbformat
import pytest
from IPython.display import display
from matplotlib import pyplot as plt
from papermill import inspect_notebook

from sy_analysis.judge import ledger
from sy_analysis.judge.assessments import assess_record
from sy_analysis.record import known
from sy_analysis.record import plan as io
from sy_analysis.record.observations import clean_observations
from sy_analysis.record.plan import read_plan
from sy_analysis.record.schema import STATUSES
from sy_analysis.record.selection import core_ids
from sy_analysis.report import data

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
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


def test_the_notebooks_are_there():
    assert NAMES == [
        "1_record.ipynb",
        "2_indicator.ipynb",
        "3_attainment.ipynb",
        "4_trust.ipynb",
        "5_plan.ipynb",
        "tutorial.ipynb",
    ]


def test_it_opens_with_a_question(notebook):
    title = notebook.cells[0].source.splitlines()[0]
    assert title.startswith("# ") and "？" in title and "?" in title


def test_cells_are_few_and_short_and_define_nothing(notebook):
    cells = code_cells(notebook)
    assert len(cells) <= 12
    for cell in cells:
        assert len(ast.parse(cell.source).body) <= 9, cell.source
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
    assert str(Path.home()) not in raw and str(ROOT) not in raw


def test_metadata_is_clean(notebook):
    assert "papermill" not in notebook.metadata
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags"}, cell.metadata


def test_it_is_small(path):
    assert path.stat().st_size < 300_000


@pytest.mark.parametrize("plan_id", ["shaoyang-2021-2025", "hunan-2021-2025"])
def test_changing_the_indicator_and_running_all_works_for_every_core_indicator(plan_id, monkeypatch):
    plan, cells = read_plan(plan_id), code_cells(nbformat.read(ROOT / "notebooks/2_indicator.ipynb", 4))
    monkeypatch.setattr(io, "read_plan", lambda _: plan)
    first, *others = [cell.source for cell in cells]
    for target_id in core_ids(plan):
        names = {"display": display}  # a notebook has it without an import
        exec(first, names)
        names |= {"plan": plan_id, "indicator_id": target_id}
        for source in others:
            exec(source, names)
        assert names["view"].assessment["status"] in STATUSES
        plt.close("all")


@pytest.mark.parametrize("name", ["1_record", "2_indicator", "3_attainment", "4_trust", "5_plan"])
def test_a_page_cleans_the_observations_once_and_judges_no_vintage_twice(name, demo_folder, monkeypatch):
    cleaned, judged = [], []

    def count_clean(*given):
        cleaned.append(given)
        return clean_observations(*given)

    def count_judge(record, *given):
        judged.append(record.observations.to_csv(index=False))
        return assess_record(record, *given)

    for module in (data, ledger):
        monkeypatch.setattr(module, "assess_record", count_judge)
    monkeypatch.setattr(known, "clean_observations", count_clean)
    first, *others = code_cells(nbformat.read(ROOT / f"notebooks/{name}.ipynb", 4))
    names = {"display": display}
    exec(first.source, names)
    names |= {
        "indicator_id": "G1",
        "plan": str(demo_folder),
        "as_of": "2024-12-31",
        "previous_as_of": "2022-12-31",
    }
    for cell in others:
        exec(cell.source, names)
    plt.close("all")
    assert len(cleaned) == 1
    assert len(judged) == len(set(judged)) == {"2_indicator": 1, "3_attainment": 4}.get(name, 0)
