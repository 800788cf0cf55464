"""Execute notebooks on a Dask cluster, with the same result as on this machine.

`connect` gives a client, on which `execute_there` does what `preload.execute_here` does on this machine. Inputs
travel once to each worker, and a lost worker costs only its tasks. Needs the optional packages of
`sy-analysis[cluster]`.
"""

import logging
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import nbformat
from papermill.translators import translate_parameters

from sy_analysis.base.errors import ParamsError
from sy_analysis.base.writing import write_atomically
from sy_analysis.record.folders import input_folders
from sy_analysis.run.kernels.engine import Outcome
from sy_analysis.run.preload import execute_here

try:
    from distributed import Client, KilledWorker, LocalCluster, Worker, WorkerPlugin, as_completed, get_worker
except ImportError:
    raise ParamsError(
        "a cluster needs packages that are not installed; expected: pip install 'sy-analysis[cluster]'"
    ) from None
# seconds within which a scheduler answers, and within which there is a worker
CONNECT_TIMEOUT, WORKER_TIMEOUT = 10, 60
# versions that must be the same everywhere for the results to be the same
SAME_PACKAGES = (
    *("python", "sy-analysis", "distributed", "papermill", "ipykernel"),
    *("numpy", "pandas", "scipy", "statsmodels", "matplotlib"),
)
# a worker process of a cluster on this machine executes two notebooks at a time, since a kernel's start and end
# are mostly waiting
LOCAL = {"threads_per_worker": 2, "dashboard_address": "127.0.0.1:0", "silence_logs": logging.CRITICAL}


@contextmanager
def connect(scheduler: str | None = None, workers: int | None = None) -> Iterator[Client]:
    """Connect to a running cluster, or start one on this machine and close it at the end.

    Parameters
    ----------
    scheduler : str, optional
        Address of the running cluster, such as tcp://10.0.0.5:8786.
    workers : int, optional
        Without a scheduler, the number of worker processes to start here.

    Yields
    ------
    distributed.Client

    Raises
    ------
    ParamsError
        when the scheduler cannot be reached, no worker comes, or a worker or the scheduler lacks this package or
        has another version of what computes.
    """
    with ExitStack() as stack:
        cluster = scheduler or stack.enter_context(LocalCluster(n_workers=workers, **LOCAL))
        client = stack.enter_context(_client_of(cluster))
        try:
            client.wait_for_workers(1, timeout=WORKER_TIMEOUT)
        except TimeoutError:
            raise ParamsError(
                f"{client.scheduler.address}: no worker within {WORKER_TIMEOUT:g} seconds; expected at least one"
            ) from None
        _check_versions(client.get_versions(packages=list(SAME_PACKAGES[1:])))
        yield client


def _client_of(cluster):
    try:
        return Client(cluster, timeout=CONNECT_TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ParamsError(
            f"--scheduler is “{cluster}”: not reached within {CONNECT_TIMEOUT} seconds "
            f"({error}); expected the address of a running Dask scheduler, such as tcp://10.0.0.5:8786"
        ) from None


def _check_versions(versions):
    ours = versions["client"]["packages"]
    places = {"scheduler": versions["scheduler"]} | {
        f"worker {address}": facts for address, facts in versions["workers"].items()
    }
    problems = [
        f"{place}: {package} is {facts['packages'][package] or 'not installed'}; expected {ours[package]}, as here"
        for place, facts in places.items()
        for package in SAME_PACKAGES
        if facts["packages"][package] != ours[package]
    ]
    if problems:
        raise ParamsError("\n".join(problems))


class InputFiles(WorkerPlugin):
    """The files of a run, unpacked once by each worker, even by one that joins or restarts later.

    Parameters
    ----------
    files : dict of str to bytes
        Content by path, relative to the folder where they are unpacked.
    """

    def __init__(self, files: dict[str, bytes]):
        self.name = f"sy-analysis-inputs-{uuid.uuid4().hex}"
        self.files = files

    def setup(self, worker: Worker) -> None:
        """Unpack the files; a killed worker leaves none half-written."""
        self.folder = Path(worker.local_directory) / self.name
        scratch = Path(tempfile.mkdtemp(dir=worker.local_directory))
        for name, content in self.files.items():
            path = scratch / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        shutil.rmtree(self.folder, ignore_errors=True)
        scratch.replace(self.folder)

    def teardown(self, worker: Worker) -> None:
        """Remove the files."""
        shutil.rmtree(self.folder, ignore_errors=True)


def execute_there(
    jobs: dict, client: Client, timeout: int | None = None, on_done: Callable | None = None
) -> dict[str, Outcome]:
    """Execute notebooks on a cluster, each in a forked kernel of a worker.

    The workers get the notebooks and the folders of the plan in their parameter `plan`, and nothing else of this
    machine.

    Parameters
    ----------
    jobs, timeout, on_done
        As for `kernels.engine.execute_notebooks`.
    client : distributed.Client from `connect`

    Returns
    -------
    dict of str to Outcome
        In the order of `jobs`. A notebook that Dask gives up, because its workers were lost several times, has
        that as its problem and no file.

    Raises
    ------
    ParamsError
        when the cluster is lost; notebooks that were ready before are written.
    """
    files, places = _pack(jobs)
    inputs = InputFiles(files)
    client.register_plugin(inputs)
    futures, outcomes = {}, {}
    try:
        for name, (notebook, _, parameters) in jobs.items():
            task = inputs.name, places[notebook], parameters, places.get(parameters.get("plan")), timeout
            futures[client.submit(_execute, *task, key=f"{inputs.name}-{name}", pure=False)] = name
        for future in as_completed(futures, loop=client.loop):
            name = futures[future]
            outcomes[name] = _receive(future, *jobs[name][1:])
            future.release()
            if on_done:
                on_done(name, outcomes[name])
    finally:
        with suppress(Exception):  # nothing to clean up on a lost cluster
            client.cancel([future for future, name in futures.items() if name not in outcomes], force=True)
            client.unregister_worker_plugin(inputs.name)
    return {name: outcomes[name] for name in jobs}


def _pack(jobs):
    """Pack the files that the jobs need, by path, and give the place of each notebook and plan among them."""
    notebooks = {notebook for notebook, _, _ in jobs.values()}
    plans = {parameters["plan"] for _, _, parameters in jobs.values() if "plan" in parameters}
    places = {notebook: f"notebooks/{n}.ipynb" for n, notebook in enumerate(sorted(notebooks))}
    files = {place: Path(notebook).read_bytes() for notebook, place in places.items()}
    for number, plan in enumerate(sorted(plans)):
        folders = input_folders(plan)
        places[plan] = f"inputs/{number}/{next(iter(folders))}"
        for place, folder in folders.items():
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    files[f"inputs/{number}/{place}/{path.relative_to(folder)}"] = path.read_bytes()
    return files, places


def _execute(inputs, notebook, parameters, plan, timeout):
    """Execute a notebook on a worker, and return it with its Outcome; None if there is no notebook."""
    folder = get_worker().plugins[inputs].folder
    here = parameters | ({"plan": str(folder / plan)} if plan else {})
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "out.ipynb"
        outcome = execute_here({"one": (folder / notebook, out, here)}, workers=1, timeout=timeout)["one"]
        return (out.read_bytes() if out.exists() else None), outcome


def _receive(future, out, parameters):
    """Write the executed notebook of a finished task and return its Outcome."""
    if future.status in ("cancelled", "lost"):
        raise ParamsError("the cluster was lost during the run; nothing was published, please run again")
    try:
        content, outcome = future.result()
    except KilledWorker as error:
        return Outcome(f"{error.allowed_failures + 1} workers were lost while they executed it", 0.0, None)
    except Exception as error:
        return Outcome(f"{type(error).__name__}: {error}", 0.0, None)
    if content is not None:
        write_atomically(out, _as_if_here(content, parameters))
    return outcome


def _as_if_here(content, parameters):
    """Give an executed notebook the parameters that it has when executed on this machine."""
    executed = nbformat.reads(content.decode("utf-8"), as_version=4)
    source = translate_parameters("python3", "python", parameters, "Parameters")
    for cell in executed.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = source
    executed.metadata.papermill["parameters"] = parameters
    return nbformat.writes(executed)
