"""The architecture, executable: data walks one way, and each heavy library has its doors."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sy_analysis"
# each stage, and those whose results it may use
MAY_IMPORT = {
    "base": set(),
    "record": {"base"},
    "intake": {"base", "record"},
    "forecast": {"base", "record"},
    "judge": {"base", "record", "forecast"},
    "report": {"base", "record", "forecast", "judge"},
    "run": {"base", "record", "forecast", "judge", "report"},
    "cli": {"base", "record", "intake", "forecast", "judge", "report", "run"},
}
DOORS = {
    "statsmodels": {"forecast.members", "forecast.year"},
    "seaborn": {"report.figures"},
    "matplotlib": {"forecast.distribution", "report.figures", "report.brief", "report.pages"},
    "distributed": {"run.cluster"},
    "papermill": {"run.build", "run.cluster", "run.kernels"},
    "nbconvert": {"report.markup"},
    "xlsxwriter": {"report.workbook"},
    "docx": {"report.brief"},
    "click": {"cli", "intake.commands"},
    "pandera": {"record.schema", "record.checks"},
    "pydantic": {"intake.history", "intake.mappings", "run.params"},
    "openpyxl": {"intake.grids", "intake.template", "intake.workbooks"},
    "lxml": {"intake.texts", "report.figures", "report.markup"},
    "IPython": {"report.figures"},
    "PIL": {"report.figures"},
}
# rooms that may ask for the day, the environment or a file
OPEN = (
    *(
        "base.reading",
        "base.writing",
        "record.folders",
        "record.plan",
        "record.areas",
        "intake",
    ),
    *("report.archive", "report.brief", "report.data", "report.pages", "report.workbook", "run", "cli"),
)
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.parent != PACKAGE or not path.name.startswith("__")
}


def imports_of(name):
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = names & {f"sy_analysis.{module}" for module in MODULES}
            yield from modules | ({node.module} if names - modules else set())


def ours_of(name):
    """Modules of ours that a module imports, or from which it imports a name."""
    named = {module.split(".", 1)[1] for module in imports_of(name) if module.startswith("sy_analysis.")}
    return named & set(MODULES)


def is_in(name, rooms):
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def test_the_stages_are_all_that_the_folder_shows():
    shown = {path.stem for path in PACKAGE.iterdir() if not path.name.startswith("__")}
    assert shown == set(MAY_IMPORT)


def test_every_module_has_its_test():
    here = Path(__file__).parent
    tests = {
        ".".join(path.relative_to(here).with_suffix("").parts).replace("test_", "")
        for path in here.rglob("test_*.py")
    }
    modules = {name for name in MODULES if MODULES[name].name != "__init__.py"}
    # a package below a stage may have one file for all its modules
    rooms = tests - {"intake"}  # of what is read in, not of a module
    assert {name for name in modules if not {name, name.rpartition(".")[0]} & rooms} == set()


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_only_what_lies_before_it(name):
    stage = name.split(".")[0]
    assert {module.split(".")[0] for module in ours_of(name)} <= MAY_IMPORT[stage] | {stage}


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("run.kernels")])
def test_the_kernels_know_nothing_of_plans(name):
    named = set(re.findall(r"\bsy_analysis\.[\w.]+", MODULES[name].read_text(encoding="utf-8")))
    assert {other for other in named if not other.startswith("sy_analysis.run.kernels")} == set()


def test_modules_of_a_stage_do_not_go_round_in_a_circle():
    assert list(TopologicalSorter({name: ours_of(name) for name in MODULES}).static_order())


@pytest.mark.parametrize("name", MODULES)
def test_heavy_libraries_come_in_by_their_doors(name):
    outside = {module.split(".")[0] for module in imports_of(name)}
    assert [
        library for library, doors in DOORS.items() if library in outside and not is_in(name, doors)
    ] == []


@pytest.mark.parametrize("name", [name for name in MODULES if not is_in(name, OPEN)])
def test_the_rooms_read_no_clock_and_no_environment(name):
    source = MODULES[name].read_text(encoding="utf-8")
    for word in (".today()", ".now()", "os.environ", "random.", "open("):
        assert word not in source, word


@pytest.mark.parametrize("name", MODULES)
def test_no_module_is_longer_than_a_few_pages(name):
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("name", MODULES)
def test_no_indicator_is_named_in_code(name):
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            assert not re.fullmatch(r"[PESV]\d\d(_\w+)?", node.value), node.value
