"""Promises of forked kernels: as clean as papermill's own, a death stays alone, nothing is left behind."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import suppress
from pathlib import Path

import nbformat
import papermill
import psutil
import pytest

from sy_analysis.run.kernels import client
from sy_analysis.run.kernels.engine import execute_notebooks
from sy_analysis.run.preload import LIBRARIES, execute_here

ROOT = Path(__file__).parents[3]


def write_notebook(path, *sources):
    """A notebook of code cells, the first of which holds the parameters."""
    cells = [nbformat.v4.new_code_cell(textwrap.dedent(source).strip()) for source in ("x = 1", *sources)]
    cells[0].metadata["tags"] = ["parameters"]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def printed(path):
    """Everything that the cells of an executed notebook printed."""
    cells = nbformat.read(path, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return "".join(output.text for output in outputs if output.get("name") == "stdout")


@pytest.fixture
def run(tmp_path):
    """Run named lists of cells at once: their outcomes, and where the executed notebooks are."""

    def run(notebooks, **options):
        jobs = {
            name: (write_notebook(tmp_path / f"{name}.in.ipynb", *cells), tmp_path / f"{name}.ipynb", {})
            for name, cells in notebooks.items()
        }
        return execute_notebooks(jobs, **options)

    return run


@pytest.fixture(scope="module", autouse=True)
def _end_zygotes():
    yield
    client.close_zygotes()


# What a notebook can see of its kernel's state, once the same libraries are imported; a difference is a leak

STATE = f"""
import importlib
for name in {LIBRARIES}: importlib.import_module(name)
"""
STATE += """
import builtins, decimal, gc, io, json, locale, logging, os, random, signal, sys, threading, warnings
import matplotlib, matplotlib.pyplot, numpy, pandas, scipy, seaborn, statsmodels.api
from pandas._config.config import _select_options

print(json.dumps({
    "variables": sorted(name for name in globals() if not name.startswith("_")),
    "monkeypatches": [f"{f.__module__}.{f.__qualname__}" for f in (pandas.read_csv, json.dumps, numpy.mean)],
    "pandas options": {name: str(pandas.get_option(name)) for name in _select_options("all")},
    "numpy options": str(numpy.get_printoptions() | numpy.geterr()),
    "matplotlib options": {name: str(value) for name, value in matplotlib.rcParams.items()},
    "matplotlib backend": matplotlib.get_backend(),
    "environment": {name: value for name, value in os.environ.items() if name != "JPY_PARENT_PID"},
    "working folder": os.getcwd(),
    "path": sys.path,
    "warning filters": sorted(map(str, warnings.filters)),
    "logging": [logging.root.level, logging.root.manager.disable, len(logging.root.handlers)],
    "builtins": sorted(dir(builtins)),
    "threads": len(threading.enumerate()),
    "figures": matplotlib.pyplot.get_fignums(),
    "locale": locale.setlocale(locale.LC_ALL),
    "signals": [str(signal.getsignal(name)) for name in (signal.SIGCHLD, signal.SIGTERM, signal.SIGPIPE)],
    "file mode": os.umask(0),
    "decimals": str(decimal.getcontext()),
    "recursion": sys.getrecursionlimit(),
    "garbage": [gc.isenabled(), gc.get_threshold()],
    "tracing": str([sys.gettrace(), sys.getprofile()]),
    "arguments": [os.path.basename(sys.argv[0]), len(sys.argv)],
    "flags": str(sys.flags),
    "main module": [sys.modules["__main__"].__name__, hasattr(sys.modules["__main__"], "_serve")],
    "leads its process group": os.getpid() == os.getpgid(0) == os.getsid(0),
    "parent": os.environ["JPY_PARENT_PID"] == str(os.getppid()),
    "input": sys.__stdin__.read(),
    "seeds": [random.random(), numpy.random.random()],
}))
"""
DIRTY = """
import builtins, decimal, gc, locale, logging, os, random, signal, sys, threading, time, warnings
import matplotlib, matplotlib.pyplot, numpy, pandas
leaked = numpy.ones(30_000_000)
def other(*args, **options): return "patched"
pandas.read_csv = numpy.mean = other
pandas.set_option("display.precision", 1)
numpy.set_printoptions(precision=1)
matplotlib.rcParams["font.size"] = 33
matplotlib.use("svg")
os.environ["LEAKED"] = "1"
os.chdir("/")
sys.path.insert(0, "/leaked")
warnings.simplefilter("ignore")
logging.root.setLevel(5)
logging.disable(10)
builtins.leaked = 1
threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
matplotlib.pyplot.figure()
locale.setlocale(locale.LC_ALL, "C")
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.umask(0o77)
decimal.getcontext().prec = 3
sys.setrecursionlimit(5000)
gc.disable()
sys.setprofile(lambda *_: None)
random.seed(1); numpy.random.seed(1)
"""
# read before the kernels are forked, which nothing below may show
PLAN = {"plan": "shaoyang-2021-2025"}
SHOWN = (
    "import pandas as pd, seaborn as sns, sys, warnings",
    "print('text'); print('error text', file=sys.stderr)",
    "pd.DataFrame({'指标': [x, 2.5], 'b': ['u', None]})",
    "ax = sns.lineplot(x=[1, 2, 3], y=[x, 4, 2]); ax.set_title('title')",
    "x; 5",
    "1 / 0",
    "print('never')",
)
CHANGED = (
    "variables",
    "monkeypatches",
    "pandas options",
    "numpy options",
    "matplotlib options",
    "matplotlib backend",
    "environment",
    "working folder",
    "path",
    "warning filters",
    "logging",
    "builtins",
    "threads",
    "figures",
    "locale",
    "signals",
    "file mode",
    "decimals",
    "recursion",
    "garbage",
    "tracing",
)


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """Folder of notebooks run in ordinary kernels and in forked ones, and outcomes of the latter."""
    folder = tmp_path_factory.mktemp("executed")
    shown = write_notebook(folder / "shown.ipynb", STATE, *SHOWN)
    soiled = write_notebook(folder / "soiled.ipynb", DIRTY, STATE)
    clean = write_notebook(folder / "clean.ipynb", STATE)
    out = {name: folder / f"{name}.out.ipynb" for name in ("ordinary", "forked", "soiled", "next")}
    with pytest.MonkeyPatch.context() as patch, suppress(papermill.PapermillExecutionError):
        for name in client.BLAS_THREADS:
            patch.setenv(name, "1")
        papermill.execute_notebook(shown, out["ordinary"], {"x": 3, **PLAN}, progress_bar=False)
    jobs = {
        "forked": (shown, out["forked"], {"x": 3, **PLAN}),
        "soiled": (soiled, out["soiled"], PLAN),
        "next": (clean, out["next"], PLAN),
    }
    return out, execute_here(jobs, workers=1)


@pytest.fixture(scope="module")
def states(executed):
    """State of an ordinary kernel, of a forked one, of one that soils itself, and of the next one."""
    out, outcomes = executed
    states = {name: json.loads(printed(path).splitlines()[0]) for name, path in out.items()}
    return {
        name: state | {"peak": name in outcomes and outcomes[name].peak_mb} for name, state in states.items()
    }


def test_forked_kernel_starts_in_the_state_of_an_ordinary_one(states):
    ordinary, forked = states["ordinary"], states["forked"]
    for name in ordinary.keys() - {"seeds", "peak"}:
        assert forked[name] == ordinary[name], name


@pytest.mark.parametrize("name", CHANGED)
def test_what_one_notebook_changes_is_not_seen_by_the_next(states, name):
    assert states["soiled"][name] != states["forked"][name]  # the change was real
    assert states["next"][name] == states["forked"][name]


def test_each_notebook_has_random_numbers_of_its_own(states):
    seeds = [states[name]["seeds"] for name in ("ordinary", "forked", "next")]
    assert len({number for pair in seeds for number in pair}) == 6


def test_memory_of_one_notebook_is_not_carried_by_the_next(states):
    assert states["soiled"]["peak"] > states["forked"]["peak"] + 200  # 30 million numbers of 8 bytes
    assert abs(states["next"]["peak"] - states["forked"]["peak"]) < 30


def test_a_call_is_made_once_for_all_kernels_and_none_can_change_what_it_keeps(tmp_path, monkeypatch):
    (tmp_path / "keeper.py").write_text(
        "import itertools; number = itertools.count(); kept = []\n"
        "def keep(name): kept.append((name, next(number)))"
    )
    monkeypatch.chdir(tmp_path)
    notebook = write_notebook(
        tmp_path / "in.ipynb", "import keeper; print(keeper.kept); keeper.kept.append('changed')"
    )
    for name in ("a", "b", "c"):
        job = (notebook, tmp_path / f"{name}.ipynb", {})
        kept = "one" if name < "c" else "two"
        execute_notebooks({name: job}, modules=["keeper"], calls=[("keeper", "keep", kept)])
    assert printed(tmp_path / "a.ipynb") == printed(tmp_path / "b.ipynb") == "[('one', 0)]\n"
    assert printed(tmp_path / "c.ipynb") == "[('one', 0), ('two', 1)]\n"


# What a user sees must not depend on the engine


def test_executed_notebook_is_the_same_as_papermills_own(executed):
    out, outcomes = executed
    forked, plain = (nbformat.read(out[name], as_version=4) for name in ("forked", "ordinary"))
    assert [contents(cell) for cell in forked.cells] == [contents(cell) for cell in plain.cells]
    assert forked.metadata.keys() == plain.metadata.keys()
    assert "image/png" in str(forked)
    assert outcomes["forked"].problem == "cell 9: ZeroDivisionError: division by zero"


def contents(cell):
    """What must be the same; the state has a test of its own, and random numbers in it."""
    outputs = cell.get("outputs") if cell.source != STATE.strip() else None
    return cell.cell_type, cell.source, outputs, cell.get("execution_count"), cell.metadata.get("tags")


def test_outcomes_come_in_the_order_of_the_jobs_and_are_told_as_they_end(run):
    told = {}
    outcomes = run(
        {"slow": ["import time; time.sleep(1)"], "quick": [], "wrong": ["unknown"]},
        workers=3,
        on_done=lambda name, outcome: told.update({name: (outcome, threading.current_thread())}),
    )
    assert list(outcomes) == ["slow", "quick", "wrong"]
    assert list(told)[-1] == "slow"
    assert {name: outcome for name, (outcome, _) in told.items()} == outcomes
    assert {thread for _, thread in told.values()} == {threading.main_thread()}
    assert outcomes["wrong"].problem == "cell 2: NameError: name 'unknown' is not defined"
    assert all(outcome.seconds > 0 and outcome.peak_mb > 20 for outcome in outcomes.values())


def test_a_change_of_environment_or_folder_reaches_the_next_kernel(run, tmp_path, monkeypatch):
    show = "import os; print(os.environ.get('SY_CHOICE'), os.getcwd())"
    run({"before": [show]})
    monkeypatch.setenv("SY_CHOICE", "this")
    monkeypatch.chdir(tmp_path)
    run({"after": [show]})
    assert printed(tmp_path / "before.ipynb") == f"None {ROOT}\n"
    assert printed(tmp_path / "after.ipynb") == f"this {tmp_path}\n"


def test_files_left_open_are_written_and_farewells_are_said_at_the_end(run, tmp_path):
    run(
        {
            "a": [
                f"""
                import atexit, tempfile, threading, time
                from pathlib import Path
                folder = Path({str(tmp_path)!r})
                unclosed = open(folder / "unclosed.txt", "w")
                unclosed.write("whole")
                temporary = tempfile.NamedTemporaryFile(dir=folder, prefix="temporary")
                atexit.register((folder / "farewell.txt").write_text, "said")
                write = lambda: (time.sleep(0.5), (folder / "thread.txt").write_text("done"))
                threading.Thread(target=write).start()
                """
            ]
        }
    )
    for name, content in {"unclosed": "whole", "farewell": "said", "thread": "done"}.items():
        assert (tmp_path / f"{name}.txt").read_text() == content
    assert not list(tmp_path.glob("temporary*"))


# A kernel's death


KILL_ONCE = """
import os, signal
from pathlib import Path
marker = Path({marker!r})
if not marker.exists():
    marker.touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""


DEATHS = {
    "exits": ["import os; os._exit(3)", "print('never')"],
    "crashes": ["import ctypes; ctypes.string_at(0)"],
    "always killed": ["import os; os.kill(os.getpid(), 9)"],
    "killed once": [KILL_ONCE, "print('alive')"],
    "hangs": ["print('before'); hang = True", "while hang: pass"],
    "leaves": ["import sys; sys.exit()", "print('never')"],
    "is well": ["import time; time.sleep(2)", "print('alive')"],
}
PROBLEMS = {
    "exits": "cell 3: DeadKernelError: the notebook ended its kernel with exit code 3",
    "crashes": "cell 3: DeadKernelError: the kernel crashed with SIGSEGV",
    "always killed": "cell 3: DeadKernelError: the kernel was killed twice by SIGKILL, "
    "perhaps for want of memory",
    "killed once": None,
    "hangs": "cell 4: CellTimeoutError: the cell took longer than 4 seconds and was stopped",
    "leaves": None,  # as papermill has it
    "is well": None,
}


def test_a_dying_kernel_fails_its_own_notebook_only(run, tmp_path):
    note = "with open({!r}, 'a') as log: log.write('x')"
    notebooks = {name: [note.format(str(tmp_path / name)), *cells] for name, cells in DEATHS.items()}
    notebooks["killed once"][1] = KILL_ONCE.format(marker=str(tmp_path / "marker"))
    outcomes = run(notebooks, workers=8, timeout=4)
    assert {name: outcome.problem for name, outcome in outcomes.items()} == PROBLEMS
    attempts = {name: len((tmp_path / name).read_text()) for name in DEATHS}
    assert attempts == dict.fromkeys(DEATHS, 1) | {"always killed": 2, "killed once": 2}
    assert printed(tmp_path / "killed once.ipynb") == printed(tmp_path / "is well.ipynb") == "alive\n"
    assert printed(tmp_path / "hangs.ipynb") == "before\n"
    for name in ("exits", "crashes", "always killed", "hangs"):
        check_error_notebook(tmp_path / f"{name}.ipynb")


def check_error_notebook(path):
    """It opens in Jupyter, leads to the failing cell, shows there what went wrong, and nothing after it."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert "#papermill-error-cell" in notebook.cells[0].source
    (anchor,) = (i for i, cell in enumerate(notebook.cells) if 'id="papermill-error-cell"' in cell.source)
    assert notebook.cells[anchor + 1].outputs[-1].output_type == "error"
    assert not any(cell.get("outputs") for cell in notebook.cells[anchor + 2 :])


def test_notebooks_go_on_in_new_kernels_when_the_zygote_is_killed(run, tmp_path):
    kill_parent = KILL_ONCE.format(marker=str(tmp_path / "marker")).replace("getpid", "getppid")
    outcomes = run(
        {"kills": [kill_parent, "print('alive')"], "sleeps": ["import time; time.sleep(3)", "print('alive')"]}
    )
    assert [outcome.problem for outcome in outcomes.values()] == [None, None]
    assert printed(tmp_path / "kills.ipynb") == printed(tmp_path / "sleeps.ipynb") == "alive\n"


# Without fork


def test_ordinary_kernel_is_started_where_fork_is_missing(run, tmp_path, monkeypatch):
    monkeypatch.setattr(client, "can_fork", lambda: False)
    outcome = run({"a": ["import os; print(os.getppid())"]})["a"]
    assert outcome.problem is None and outcome.peak_mb is None
    assert int(printed(tmp_path / "a.ipynb")) == os.getpid()


def test_ordinary_kernel_is_started_where_the_zygote_cannot_start(run, tmp_path, monkeypatch):
    monkeypatch.setattr(client, "_BOOT", "raise SystemExit  # {}")
    monkeypatch.setenv("SY_CHOICE", "another zygote")
    outcome = run({"a": ["import os; print(os.getppid())"]})["a"]
    assert outcome.problem is None
    assert int(printed(tmp_path / "a.ipynb")) == os.getpid()


# Nothing is left behind


def gone(processes, seconds=5):
    """Whether processes have ended, or end within seconds."""
    return not psutil.wait_procs(processes, timeout=seconds)[1]


def descendants():
    return set(psutil.Process().children(recursive=True))


def test_no_process_and_no_socket_is_left(run):
    client.close_zygotes()
    before = descendants()  # of other tests, such as multiprocessing's tracker
    run({"a": ["import subprocess; subprocess.Popen(['sleep', '1000'])"], "b": []})
    client.close_zygotes()
    assert not list(client.socket_folder().iterdir())
    assert descendants() <= before


def test_an_interrupted_run_ends_its_kernels(run, tmp_path):
    def interrupt(*_):
        raise KeyboardInterrupt

    client.close_zygotes()
    before, start = descendants(), time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(
            {"quick": [], "slow": ["import time; time.sleep(1000)"], "later": [], "last": [], "never": []},
            on_done=interrupt,
        )
    assert time.monotonic() - start < 20
    assert gone(descendants() - before)


# a grammar that Jupyter's format checks compile when imported, in a second that these tests need not wait
QUICK = "import sys; sys.modules['rfc3987_syntax'] = None\n"
OWNER = """
from pathlib import Path
from sy_analysis.run.kernels import client
from sy_analysis.run.kernels.engine import execute_notebooks
print(client.socket_folder(), flush=True)
execute_notebooks({"a": (sys.argv[1], sys.argv[2], {})})
"""


@pytest.mark.parametrize("victims", ["owner", "owner and zygote"])
def test_no_process_outlives_a_killed_owner(tmp_path, victims):
    started = tmp_path / "started"
    notebook = write_notebook(
        tmp_path / "in.ipynb",
        f"""
        import subprocess, time
        from pathlib import Path
        child = subprocess.Popen(["sleep", "1000"])
        Path({str(started)!r}).touch()
        while True: pass
        """,
    )
    owner = psutil.Popen(
        [sys.executable, "-c", QUICK + OWNER, notebook, tmp_path / "out.ipynb"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with owner:
        folder = Path(owner.stdout.readline().strip())
        while not started.exists():
            assert owner.poll() is None
            time.sleep(0.05)
        descendants = owner.children(recursive=True)
        assert (
            len(descendants) == 3 and folder.exists()
        )  # the zygote, the kernel and what the notebook started
        if victims == "owner and zygote":
            owner.children()[0].kill()
            descendants = descendants[:2]  # the system ends the kernel, not what it has started
        owner.kill()
    assert gone(descendants)
    if victims == "owner and zygote":
        shutil.rmtree(folder)  # nobody is left who could
    assert not folder.exists()


# The entry point


def test_papermill_command_runs_the_engine(tmp_path):
    declare_entry_point(tmp_path)
    show = "import os; print(os.environ['JPY_PARENT_PID'] == str(os.getppid()), x)"
    write_notebook(tmp_path / "in.ipynb", show)
    command = "import papermill.cli as c; c.papermill()"
    options = ["--engine", "sy-fork", "-p", "x", "7", "--no-progress-bar", "in.ipynb", "out.ipynb"]
    run_python(QUICK + command, *options, cwd=tmp_path, path=[tmp_path, ROOT])
    assert printed(tmp_path / "out.ipynb") == "True 7\n"


def test_the_engine_is_found_when_it_is_imported_before_papermill(tmp_path):
    declare_entry_point(tmp_path)
    code = "import sy_analysis.run.kernels.engine, papermill.engines as e; e.papermill_engines.get_engine('sy-fork')"
    run_python(QUICK + code, cwd=ROOT, path=[tmp_path])


def run_python(code, *arguments, cwd, path):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path))}
    subprocess.run([sys.executable, "-c", code, *arguments], cwd=cwd, env=environment, check=True, timeout=60)


def declare_entry_point(folder):
    """An installed distribution's declaration, as an installer writes it."""
    facts = folder / "sy_test-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: sy-test\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[papermill.engine]\nsy-fork = sy_analysis.run.kernels.engine\n")
