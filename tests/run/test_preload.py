"""Promises of preloading: every module can be loaded, none that a notebook imports is missing, a plan is read once."""

import ast
import json
import subprocess
import sys
from importlib import import_module

import pytest

from sy_analysis.base.writing import ROOT
from sy_analysis.run import preload
from sy_analysis.run.kernels import client, engine
from sy_analysis.run.kernels.zygote import KERNEL_MODULES


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", [*KERNEL_MODULES, *preload.LIBRARIES])
def test_every_module_can_be_loaded(name):
    assert import_module(name)


def imports_of(notebook):
    """Modules that a notebook imports, in its order."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        for node in ast.walk(ast.parse("".join(cell["source"]))) if cell["cell_type"] == "code" else ():
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            if isinstance(node, ast.ImportFrom):
                yield node.module


def test_what_the_notebooks_of_a_run_import_is_loaded_before():
    imported = {name for path in (ROOT / "notebooks").glob("[1-5]_*.ipynb") for name in imports_of(path)}
    assert "pandas" in imported
    names = [*KERNEL_MODULES, *preload.LIBRARIES]
    code = f"import sys; from importlib import import_module; [*map(import_module, {names})]; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert imported - set(loaded.split()) == set()


def test_each_plan_is_read_once_before_the_kernels_are_forked(monkeypatch):
    given = {}
    monkeypatch.setattr(engine, "execute_notebooks", lambda jobs, **options: given.update(options) or {})
    jobs = {f"{n}": ("in", "out", {"plan": plan}) for n, plan in enumerate("abab")}
    assert preload.execute_here({**jobs, "bare": ("in", "out", {})}, workers=1) == {}
    read = "sy_analysis.record.plan", "read_plan"
    assert given == {"modules": preload.LIBRARIES, "calls": [(*read, "a"), (*read, "b")], "workers": 1}


@pytest.mark.skipif(not client.can_fork(), reason="kernels are forked on Linux only")
def test_the_process_warmed_up_is_the_one_that_forks_the_kernels(monkeypatch):
    monkeypatch.setattr(preload, "LIBRARIES", ("json",))
    assert preload.warm_up() is client.warm_up(modules=["json"])
    client.close_zygotes()
