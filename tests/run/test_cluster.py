"""Promises of a cluster: the same notebooks as here, deaths stay alone, and an error says what to do."""

import gc
import os
import signal
import sys
import time

import nbformat
import pytest
from distributed import LocalCluster, WorkerPlugin

from sy_analysis.base.errors import ParamsError
from sy_analysis.base.writing import write_atomically
from sy_analysis.record.plan import read_plan
from sy_analysis.run import cluster, preload
from sy_analysis.run.cluster import connect, execute_there

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
ANY_PORT = "127.0.0.1:0"


@pytest.fixture(autouse=True)
def _collected():
    """Collect clients of refused connections now: while another one starts, closing them would wait for ever."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def client():
    """A local cluster of two processes, whose kernels load no libraries before they are asked to."""

    class WithoutLibraries(WorkerPlugin):
        def setup(self, worker):
            preload.LIBRARIES = ()

    with connect(workers=2) as client:
        client.register_plugin(WithoutLibraries())
        yield client


@pytest.fixture
def jobs(tmp_path):
    """Jobs of named cells, each with a plan folder as a parameter."""
    plan = tmp_path / "plan"
    plan.mkdir()
    (plan / "plan.yaml").write_text("plan_id: 示例")

    def jobs(notebooks):
        return {
            name: (
                write_notebook(tmp_path / f"{name}.in.ipynb", source),
                tmp_path / f"{name}.ipynb",
                {"plan": str(plan)},
            )
            for name, source in notebooks.items()
        }

    return jobs


def write_notebook(path, source):
    cells = [nbformat.v4.new_code_cell("plan = None", metadata={"tags": ["parameters"]})]
    cells.append(nbformat.v4.new_code_cell(source))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def content(path):
    """What an executed notebook holds beside times and random ids."""
    notebook = nbformat.read(path, as_version=4)
    return notebook.metadata.papermill["parameters"], [
        (cell.source, cell.get("outputs")) for cell in notebook.cells
    ]


READ = "from pathlib import Path; print((Path(plan) / 'plan.yaml').read_text()); {'a': 1}"


def test_notebooks_are_what_they_are_on_this_machine(client, jobs, monkeypatch):
    monkeypatch.setattr(preload, "LIBRARIES", ())
    work, seen = jobs({"a": READ, "b": "1 / 0"}), []
    outcomes = execute_there(work, client, on_done=lambda name, outcome: seen.append((name, outcome)))
    remote = {name: content(out) for name, (_, out, _) in work.items()}
    here = preload.execute_here(work)
    assert list(outcomes) == ["a", "b"] and dict(seen) == outcomes
    assert {name: outcome.problem for name, outcome in outcomes.items()} == {
        name: outcome.problem for name, outcome in here.items()
    }
    assert outcomes["b"].problem == "cell 3: ZeroDivisionError: division by zero"
    assert outcomes["a"].seconds > 0 and outcomes["a"].peak_mb > 0
    assert remote == {name: content(out) for name, (_, out, _) in work.items()}
    assert "示例" in str(remote["a"])


def test_a_dying_kernel_fails_alone_and_leaves_its_worker_alive(client, jobs):
    workers = client.run(os.getpid)
    outcomes = execute_there(jobs({"dies": "import os; os._exit(3)", "lives": READ}), client)
    assert "ended its kernel with exit code 3" in outcomes["dies"].problem
    assert outcomes["lives"].problem is None
    assert client.run(os.getpid) == workers


def test_a_cell_beyond_the_timeout_is_stopped(client, jobs):
    outcomes = execute_there(jobs({"slow": "import time; time.sleep(1000)"}), client, timeout=1)
    assert "longer than 1 seconds" in outcomes["slow"].problem


def test_inputs_leave_nothing_on_the_workers(client, jobs):
    execute_there(jobs({"a": READ}), client)
    left = client.run(lambda dask_worker: list(map(str, dask_worker.plugins)))
    assert not any("inputs" in name for names in left.values() for name in names)


def test_a_lost_worker_costs_only_its_tasks(client, jobs):
    work = jobs({f"n{i}": "import time; time.sleep(0.3); print(plan and 6 * 7)" for i in range(8)})
    victims = list(client.run(os.getpid).values())[:1]

    def kill(name, outcome):
        while victims:
            os.kill(victims.pop(), signal.SIGKILL)

    outcomes = execute_there(work, client, on_done=kill)
    assert [outcome.problem for outcome in outcomes.values()] == [None] * 8
    assert all("42" in str(content(out)) for _, out, _ in work.values())


@pytest.mark.soak
def test_a_notebook_that_kills_its_workers_is_given_up_alone(jobs):
    kill = "import os, psutil; os.kill(psutil.Process().parents()[1].pid, 9)"
    with connect(workers=2) as client:
        outcomes = execute_there(jobs({"kills": kill, "lives": READ}), client)
    assert outcomes["kills"].problem == "4 workers were lost while they executed it"
    assert outcomes["lives"].problem is None


@pytest.mark.soak
def test_workers_killed_all_the_time_change_nothing(jobs):
    work = jobs({f"n{i}": f"import time; time.sleep(1); print({i} ** 2)" for i in range(60)})
    last = [time.monotonic()]
    with connect(workers=2) as client:

        def kill(name, outcome):
            if time.monotonic() - last[0] > 10:
                last[0] = time.monotonic()
                os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)

        outcomes = execute_there(work, client, on_done=kill)
    assert not any(outcome.problem for outcome in outcomes.values())
    for number, (_, out, _) in enumerate(work.values()):
        assert f"{number**2}\\n" in str(content(out))


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_TIMEOUT", 0.5)
    for address in ("tcp://127.0.0.1:9", "nowhere"):
        with pytest.raises(ParamsError, match=f"--scheduler is “{address}”: not reached"), connect(address):
            pass


def test_a_cluster_without_workers_is_named(monkeypatch):
    monkeypatch.setattr(cluster, "WORKER_TIMEOUT", 0.2)
    with (
        LocalCluster(n_workers=0, dashboard_address=ANY_PORT) as empty,
        pytest.raises(ParamsError, match="no worker within 0"),
        connect(empty.scheduler_address),
    ):
        pass


@pytest.mark.parametrize(
    ("version", "said"), [("0.0.9", "sy-analysis is 0.0.9"), (None, "sy-analysis is not installed")]
)
def test_other_versions_are_refused_before_anything_runs(client, monkeypatch, version, said):
    versions = client.get_versions(packages=list(cluster.SAME_PACKAGES[1:]))
    address = next(iter(versions["workers"]))
    versions["workers"][address]["packages"]["sy-analysis"] = version
    monkeypatch.setattr(cluster.Client, "get_versions", lambda self, packages: versions)
    with pytest.raises(ParamsError) as error, connect(client.scheduler.address):
        pass
    assert f"worker {address}: {said}; expected 0.1.0, as here" in str(error.value)


@pytest.mark.soak
def test_a_lost_cluster_stops_the_run_with_a_message(jobs):
    work = jobs({"quick": "1", "slow": "import time; time.sleep(1000)"})
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=ANY_PORT) as local,
        connect(local.scheduler_address) as client,
        pytest.raises(ParamsError, match="cluster was lost"),
    ):
        execute_there(work, client, on_done=lambda *_: local.close())
    assert work["quick"][1].exists() and not work["slow"][1].exists()


def test_without_dask_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.delitem(sys.modules, "sy_analysis.run.cluster")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ParamsError, match=r"pip install 'sy-analysis\[cluster\]'"):
        import sy_analysis.run.cluster  # noqa: F401


def test_a_plan_travels_with_its_record(two_folders, tmp_path):
    notebook = write_notebook(tmp_path / "a.in.ipynb", READ)
    files, places = cluster._pack({"a": (notebook, tmp_path / "a.ipynb", {"plan": str(two_folders)})})
    for name, written in files.items():
        write_atomically(tmp_path / "there" / name, written)
    there = read_plan(tmp_path / "there" / places[str(two_folders)])
    assert there.data_hash == read_plan(two_folders).data_hash
