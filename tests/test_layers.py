"""The architecture, executable: data walks one way, and each heavy library has its doors."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sy_analysis"
MAY_IMPORT = {
    "errors": set(),
    "schema": set(),
    "inputs": set(),
    "files": set(),
    "params": {"inputs"},
    "manifest": {"files"},
    "io": {"files", "inputs", "schema"},
    "observations": set(),
    "series": set(),
    "changes": set(),
    "evidence": {"changes", "series"},
    "targets": set(),
    "forecasts": {"changes", "schema"},
    "scores": {"forecasts"},
    "rules": {"targets"},
    "bounds": set(),
    "sampling": set(),
    "ledger": set(),
    "methods": {"rules", "targets"},
    "plan_checks": {"bounds", "evidence", "schema", "targets"},
    "next_steps": {"plan_checks"},
    "assessments": {"forecasts", "rules", "schema", "targets"},
    "vintage": {
        "assessments",
        "next_steps",
        "evidence",
        "ledger",
        "methods",
        "observations",
        "schema",
        "series",
    },
    "intake": {"files", "inputs", "io", "observations", "schema", "series"},
    "text": {"rules"},
    "outlook": {"bounds", "forecasts", "ledger", "rules", "sampling", "series", "targets", "text"},
    "tables": {"evidence", "ledger", "plan_checks", "rules", "text"},
    "figures": {"evidence", "tables", "text"},
    "workbook": {"figures", "files", "io", "tables", "text", "vintage"},
    "brief": {"figures", "files", "io", "rules", "tables", "text", "workbook"},
    "markup": set(),
    "archive": {"io", "schema"},
    "site": {
        *("archive", "figures", "files", "intake", "io", "ledger"),
        *("markup", "params", "scores", "tables", "text", "vintage"),
    },
    "zygote": set(),
    "kernels": {"zygote"},
    "cluster": {"files", "kernels"},
    "report": {
        "brief",
        "cluster",
        "workbook",
        "files",
        "forecasts",
        "inputs",
        "io",
        "kernels",
        "manifest",
        "params",
        "plan_checks",
        "site",
        "tables",
        "vintage",
    },
    "run": {"files", "inputs", "intake", "manifest", "params", "report", "site", "zygote"},
    "verify": {"io", "manifest", "params", "report", "run", "vintage"},
    "cli": {"intake", "io", "params", "run", "tables", "text", "verify", "vintage"},
}
DOORS = {
    "statsmodels": {"forecasts"},
    "seaborn": {"figures"},
    "matplotlib": {"brief", "figures", "site"},
    "distributed": {"cluster"},
    "papermill": {"cluster", "kernels", "report"},
    "nbconvert": {"markup"},
    "xlsxwriter": {"workbook"},
    "docx": {"brief"},
    "click": {"cli", "intake"},
    "pandera": {"schema"},
    "pydantic": {"intake", "params"},
    "openpyxl": {"intake"},
    "lxml": {"figures", "intake", "markup"},
    "IPython": {"figures"},
    "PIL": {"figures"},
}
PURE = set(MAY_IMPORT) - {
    *(
        "inputs",
        "files",
        "params",
        "manifest",
        "io",
        "intake",
        "archive",
        "site",
        "workbook",
        "brief",
        "zygote",
    ),
    *("kernels", "cluster", "report", "run", "verify", "cli"),
}
MODULES = sorted(
    {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in PACKAGE.rglob("*.py")}
    - {"__init__", "__main__"}
)


def sources_of(name):
    files = (
        [PACKAGE / f"{name}.py"]
        if (PACKAGE / f"{name}.py").exists()
        else sorted((PACKAGE / name).glob("*.py"))
    )
    return [path.read_text(encoding="utf-8") for path in files]


def imports_of(name):
    for node in (node for source in sources_of(name) for node in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module


def test_every_module_has_its_place():
    assert set(MODULES) == set(MAY_IMPORT)


def test_every_module_has_its_test():
    tests = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    assert set(MODULES) - tests == {"errors"}  # two classes, tested where they are raised


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_only_what_lies_before_it(name):
    ours = {module.split(".")[1] for module in imports_of(name) if module.startswith("sy_analysis.")}
    assert ours - {name, "errors"} <= MAY_IMPORT[name]


@pytest.mark.parametrize("name", MODULES)
def test_heavy_libraries_come_in_by_their_doors(name):
    outside = {module.split(".")[0] for module in imports_of(name)}
    assert [library for library, doors in DOORS.items() if library in outside and name not in doors] == []


@pytest.mark.parametrize("name", sorted(PURE))
def test_the_rooms_read_no_clock_and_no_environment(name):
    source = "".join(sources_of(name))
    for word in (".today()", ".now()", "os.environ", "random.", "open("):
        assert word not in source, word


def test_no_indicator_is_named_in_code():
    import re

    for name in MODULES:
        tree = ast.parse("\n".join(sources_of(name)))
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
