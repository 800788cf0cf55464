"""The architecture, executable: data walks one way, and each heavy library has its doors."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sy_analysis"
MAY_IMPORT = {
    "schema": set(),
    "io": {"schema"},
    "observations": set(),
    "series": set(),
    "evidence": {"series"},
    "targets": set(),
    "forecasts": {"schema"},
    "scores": {"forecasts"},
    "assessments": {"forecasts", "schema", "targets"},
    "vintage": {"assessments", "evidence", "observations", "schema", "series"},
    "text": set(),
    "tables": {"evidence", "text"},
    "figures": {"evidence", "text"},
    "site": {"figures", "io", "tables", "text", "vintage"},
    "run": {"io", "schema", "site", "tables", "vintage"},
    "cli": {"run", "schema", "tables", "vintage"},
}
DOORS = {
    "statsmodels": {"forecasts"},
    "seaborn": {"figures"},
    "matplotlib": {"figures", "site"},
    "papermill": {"run"},
    "nbconvert": {"site"},
    "click": {"cli"},
    "pandera": {"schema"},
    "pydantic": {"run"},
}
PURE = set(MAY_IMPORT) - {"io", "site", "run", "cli"}
MODULES = [path.stem for path in sorted(PACKAGE.glob("*.py")) if not path.stem.startswith("__")]


def imports_of(name):
    for node in ast.walk(ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module


def test_every_module_has_its_place():
    assert set(MODULES) == set(MAY_IMPORT)


def test_every_module_has_its_test():
    tests = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    assert set(MODULES) - tests == set()


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_only_what_lies_before_it(name):
    ours = {module.split(".")[1] for module in imports_of(name) if module.startswith("sy_analysis.")}
    assert ours <= MAY_IMPORT[name]


@pytest.mark.parametrize("name", MODULES)
def test_heavy_libraries_come_in_by_their_doors(name):
    outside = {module.split(".")[0] for module in imports_of(name)}
    assert [library for library, doors in DOORS.items() if library in outside and name not in doors] == []


@pytest.mark.parametrize("name", sorted(PURE))
def test_the_rooms_read_no_clock_and_no_environment(name):
    source = (PACKAGE / f"{name}.py").read_text(encoding="utf-8")
    for word in (".today()", ".now()", "os.environ", "random.", "open("):
        assert word not in source, word


def test_no_indicator_is_named_in_code():
    import re

    for name in MODULES:
        tree = ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))
        docstrings = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                assert not re.fullmatch(r"[PESV]\d\d(_\w+)?", node.value), (name, node.value)
