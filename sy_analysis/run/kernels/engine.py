"""Execute notebooks with papermill, in kernels forked from one warm process.

`papermill --engine sy-fork in.ipynb out.ipynb` executes one notebook, `execute_notebooks` many. Each has a
process of its own, as clean as with plain papermill. Where a kernel cannot be forked, an ordinary one starts.
A kernel that dies fails its own notebook only.
"""

import os
import signal
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import papermill
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from jupyter_client.provisioning import LocalProvisioner
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellTimeoutError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.log import logger

from sy_analysis.run.kernels import client

ENGINE = "sy-fork"
# two more than cores: of half a second to start and end a kernel, most is waiting for its messages
WORKERS = len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)) + 2
LAUNCHER = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]


class Outcome(NamedTuple):
    """How the execution of one notebook went."""

    problem: str | None
    seconds: float
    peak_mb: float | None


def execute_notebooks(
    jobs: dict[str, tuple],
    workers: int | None = None,
    timeout: int | None = None,
    on_done: Callable | None = None,
    modules: Sequence[str] = (),
    calls: Sequence[tuple] = (),
) -> dict[str, Outcome]:
    """Execute notebooks, several at a time, each in a kernel of its own.

    Parameters
    ----------
    jobs : dict of str to (path, path, dict)
        For each name, the notebook, the file for the executed notebook, and its parameters.
    workers : int, optional
        Notebooks executed at the same time, by default two more than there are cores.
    timeout : int, optional
        Seconds that one cell may take, by default without limit.
    on_done : callable, optional
        Called in this thread with the name and the Outcome of each notebook as it ends.
    modules : sequence of str
        Modules that the forked kernels share, see `warm_up`.
    calls : sequence of (module, function, *arguments)
        Calls made before the kernels are forked, see `Zygote.prepare`.

    Returns
    -------
    dict of str to Outcome
        In the order of `jobs`: what went wrong, or None; wall seconds; the kernel's largest resident memory
        in MB, with the libraries that it shares, or None if it was not forked.
    """
    outcomes = {}
    for call in calls if client.can_fork() else ():
        client.warm_up(modules=modules).prepare(*call)
    with ThreadPoolExecutor(workers or WORKERS) as pool:
        running = {pool.submit(_execute, *job, timeout, modules): name for name, job in jobs.items()}
        try:
            for job in as_completed(running):
                name = running[job]
                outcomes[name] = job.result()
                if on_done:
                    on_done(name, outcomes[name])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            # what was cancelled before it began never counts as done
            while wait([job for job in running if not job.cancelled()], timeout=1).not_done:
                client.close_zygotes()  # ends the kernels, one that was just starting at the next turn
            client.close_zygotes()
            raise
    return {name: outcomes[name] for name in jobs}


def _execute(notebook, out, parameters, timeout, modules):
    usage, start = {}, time.perf_counter()
    try:
        papermill.execute_notebook(
            str(notebook),
            str(out),
            parameters,
            engine_name=ENGINE,
            kernel_name="python3",
            progress_bar=False,
            request_save_on_cell_execute=False,
            execution_timeout=timeout,
            modules=modules,
            usage=usage,
        )
        problem = None
    except PapermillExecutionError as error:
        problem = f"cell {error.exec_count}: {error.ename}: {error.evalue}"
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
    finally:
        ensure_event_loop().close()
    return Outcome(problem, time.perf_counter() - start, usage.get("peak_mb"))


class ForkEngine(NBClientEngine):
    """Papermill's ordinary engine with forked kernels; their death or delay is recorded in the notebook."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man, kernel_name, start_timeout=60, execution_timeout=None, modules=(), usage=None, **options
    ):
        """Execute the notebook, once more if somebody else killed its kernel.

        Parameters
        ----------
        start_timeout, execution_timeout : int
            Seconds for the kernel's start and for each cell.
        modules : sequence of str
            Modules that the forked kernels share, none for papermill's own command.
        usage : dict, optional
            Receives `peak_mb`, the kernel's largest resident memory.
        options
            Those of papermill's ordinary engine.
        """
        options |= {"kernel_name": kernel_name, "log": logger}
        options |= {"startup_timeout": start_timeout, "timeout": execution_timeout}
        options.pop("input_path", None)  # nothing that a notebook's client knows
        for attempt in (1, 2):
            manager = kernel_manager(kernel_name, modules)
            try:
                PapermillNotebookClient(nb_man, km=manager, **options).execute(cleanup_kc=True)
            except (RuntimeError, CellTimeoutError) as error:
                kernel = forked_kernel(manager)
                if attempt == 1 and kernel and kernel.was_killed and not isinstance(error, CellTimeoutError):
                    nb_man.notebook_start()
                    continue
                _record_failure(nb_man, error, kernel, execution_timeout)
            break
        if usage is not None and (kernel := forked_kernel(manager)):
            usage["peak_mb"] = kernel.peak_mb


# papermill looks up its entry point `sy-fork`, this module, while the module may just be importing papermill,
# before the class above exists; so the module itself is an engine, by the three functions of one
execute_notebook = ForkEngine.execute_notebook
nb_kernel_name = ForkEngine.nb_kernel_name
nb_language = ForkEngine.nb_language
papermill_engines.register(ENGINE, ForkEngine)


def kernel_manager(kernel_name: str, modules: Sequence[str] = ()) -> AsyncKernelManager:
    """Return a manager that forks its kernel, or an ordinary one unless it is this Python's plain ipykernel."""
    with suppress(NoSuchKernel):  # the ordinary manager says so
        specification = KernelSpecManager().get_kernel_spec(kernel_name)
        if client.can_fork() and specification.argv[1:] == LAUNCHER and not specification.env:
            return ForkKernelManager(modules, kernel_name=kernel_name)
    return AsyncKernelManager(kernel_name=kernel_name)


class ForkKernelManager(AsyncKernelManager):
    """Manager of one forked kernel, reached through sockets in a folder of the user's own."""

    def __init__(self, modules: Sequence[str], **options: Any):
        super().__init__(**options)
        self.modules = modules
        self.kernel_id = uuid.uuid4().hex[:12]
        self.transport = "ipc"
        self.connection_file = str(client.socket_folder() / f"{self.kernel_id}.json")
        self.provisioner = ForkProvisioner(
            kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
        )


class ForkProvisioner(LocalProvisioner):
    """Provisioner that has its kernel forked, and otherwise treats it as an ordinary one."""

    forked = None

    async def launch_kernel(self, cmd: list[str], **options: Any) -> dict[str, Any]:
        """Fork the kernel, or start it as usual when the zygote cannot."""
        try:
            zygote = client.warm_up(options["env"], options.get("cwd"), self.parent.modules)
            self.process = self.forked = zygote.fork(cmd[3:])
        except client.LostZygoteError as error:
            logger.warning("%s; a kernel is started as usual", error)
            return await super().launch_kernel(cmd, **options)
        self.pid = self.pgid = self.process.pid
        self.cwd = options.get("cwd", Path.cwd())
        return self.connection_info

    async def send_signal(self, signum: int) -> None:
        """Send a signal, but no interrupt at the end: between two messages it delays a kernel for seconds."""
        if not (signum == signal.SIGINT and self.parent.shutting_down):
            await super().send_signal(signum)


def forked_kernel(manager: AsyncKernelManager) -> client.ForkedKernel | None:
    """Return the kernel that a manager had forked, or None."""
    return getattr(manager.provisioner, "forked", None)


def _record_failure(nb_man, error, kernel, timeout):
    """Put what stopped the notebook into the cell where it stopped, as Jupyter shows an exception."""
    cells = [cell for cell in nb_man.nb.cells if cell.cell_type == "code"]
    begun = [cell for cell in cells if cell.metadata.papermill.get("start_time")]
    if not cells:
        raise error
    cell = (begun or cells[:1])[-1]
    reason = _reason(error, kernel, timeout)
    cell.outputs.append(
        nbformat.v4.new_output("error", ename=type(error).__name__, evalue=reason, traceback=[reason])
    )
    cell.execution_count = cell.execution_count or len(begun)
    nb_man.cell_exception(cell)


def _reason(error, kernel, timeout):
    if isinstance(error, CellTimeoutError):
        return f"the cell took longer than {timeout} seconds and was stopped" if timeout else str(error)
    code = kernel.poll() if kernel else None
    if code is None:
        return str(error)
    if code >= 0:
        return f"the notebook ended its kernel with exit code {code}"
    if kernel.was_killed:
        return f"the kernel was killed twice by {signal.Signals(-code).name}, perhaps for want of memory"
    return f"the kernel crashed with {signal.Signals(-code).name}"
