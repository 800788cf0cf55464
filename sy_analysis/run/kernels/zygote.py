"""A process that has imported the libraries once, and becomes a clean kernel at each order by forking.

Run as a script this file is that process, the zygote: it opens no thread and no figure, forks at each order,
and tells how each kernel ended. Imported, it starts zygotes and follows the kernels they fork.
Standard library only: the zygote must not import more than its kernels would.
"""

import atexit
import builtins
import ctypes
import gc
import importlib
import os
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import BytesIO, StringIO, TextIOWrapper
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import SimpleNamespace

# tiny matrices on several threads only spin, and a process with threads must not fork
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
# what ipykernel loads while it starts and ends, beyond its own first import
KERNEL_MODULES = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "ipykernel.displayhook",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.core.pylabtools",
    "IPython.extensions.storemagic",
    "encodings.idna",
    "faulthandler",
    "psutil",
    "sqlite3",
    "tornado.platform.asyncio",
    "tornado.queues",
)
# what the notebooks load; a name that cannot be imported is left to the notebook that wants it
LIBRARIES = (
    "matplotlib.backends.backend_agg",
    "PIL.BmpImagePlugin",
    "PIL.GifImagePlugin",
    "PIL.JpegImagePlugin",
    "PIL.PpmImagePlugin",
    "pandas.io.formats.html",
    "pandera.accessors",
    "pandera.pandas",
    "pandera.backends.pandas.register",
    "pandera.strategies.pandas_strategies",
    "scipy.stats",
    "seaborn",
    "yaml",
    "sy_analysis.report.figures.attainment",
    "sy_analysis.report.figures.forecast",
    "sy_analysis.report.figures.pictures",
    "sy_analysis.report.figures.record",
    "sy_analysis.report.figures.trust",
    "sy_analysis.record.plan",
    "sy_analysis.judge.outlook",
    "sy_analysis.forecast.scores",
    "sy_analysis.report.tables",
    "sy_analysis.report.data",
)
# pyarrow's allocator has fork handlers of its own for the thread that it starts, see pthread_atfork(3)
FORK_SAFE_THREADS = {"jemalloc_bg_thd"}
# prctl(2): the signal that a process gets when its parent dies
PR_SET_PDEATHSIG = 1
# seconds between looks whether the parent still lives, should another process hold its end of the pipe open
PARENT_CHECK = 2
# the current folder leaves the path while the zygote loads itself, as ipykernel_launcher does for a kernel
_BOOT = """import sys
if sys.path[:1] == [""]: del sys.path[0]
from runpy import run_path
run_path({!r}, run_name="__main__")"""
_zygotes = {}
_zygotes_lock = threading.Lock()


class LostZygoteError(RuntimeError):
    """The zygote has ended, or could not start."""


def can_fork():
    """Whether kernels may be forked here; on other systems the libraries' own threads make it unsafe."""
    return sys.platform == "linux"


def kernel_environment(environment):
    """Environment of a kernel, with one BLAS thread unless the user has chosen a number."""
    inherited = {
        name: value
        for name, value in environment.items()
        if name not in ("JPY_PARENT_PID", "PYTHONEXECUTABLE")
    }
    return dict.fromkeys(BLAS_THREADS, "1") | inherited


def warm_up(environment=None, folder=None):
    """Zygote for kernels with this environment and working folder, started now if there is none.

    Parameters
    ----------
    environment : dict of str, optional; this process's own if not given
    folder : path, optional; the working folder if not given

    Returns
    -------
    Zygote
        at once; the libraries are still loading. Those of other environments or folders end when idle.
    """
    environment = kernel_environment(os.environ if environment is None else environment)
    key = (str(Path(folder or ".").resolve()), frozenset(environment.items()))
    with _zygotes_lock:
        for other in [other for other in _zygotes if other != key and _zygotes[other].is_idle()]:
            _zygotes.pop(other).close()
        if key not in _zygotes or _zygotes[key].is_lost:
            _zygotes[key] = Zygote(environment, key[0])
        return _zygotes[key]


def close_zygotes():
    """End every zygote and the kernels that still run."""
    with _zygotes_lock:
        while _zygotes:
            _zygotes.popitem()[1].close()


def socket_folder():
    """Folder, for this user only, of the sockets of this process's kernels; gone when the process ends."""
    if _sockets["process"] != os.getpid():
        # a socket's path may have 107 characters at most, see unix(7)
        parent = None if len(tempfile.gettempdir()) < 60 else "/tmp"
        _sockets.update(process=os.getpid(), folder=tempfile.mkdtemp(prefix="sy-kernels-", dir=parent))
        atexit.register(_remove_sockets)
    return Path(_sockets["folder"])


def _remove_sockets():
    if _sockets["process"] == os.getpid():
        shutil.rmtree(_sockets["folder"], ignore_errors=True)


_sockets = {"process": None, "folder": None}


def _forget_zygotes():
    """In a process forked from this one: the zygotes are the parent's, and end when the parent does."""
    global _zygotes_lock
    _zygotes_lock = threading.Lock()
    for zygote in _zygotes.values():
        zygote.forget()
    _zygotes.clear()


if can_fork():
    os.register_at_fork(after_in_child=_forget_zygotes)
    atexit.register(close_zygotes)


class Zygote:
    """A running zygote; threads may share it."""

    def __init__(self, environment, folder):
        self._lock = threading.RLock()
        self._orders, theirs = Pipe()
        facts = [str(theirs.fileno()), str(os.getpid()), str(socket_folder()), *LIBRARIES]
        with theirs:
            # a session of its own: what interrupts or ends this process's group reaches no kernel directly
            self._process = subprocess.Popen(
                [sys.executable, "-c", _BOOT.format(__file__), *facts],
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self.is_lost = self.is_closed = False
        self._running, self._prepared = {}, set()

    def prepare(self, module, function, *arguments):
        """Have a function of a library called before the next fork, so that kernels have what it keeps in memory.

        Called once for the same arguments; not where the library is not loaded, nor beside pyarrow, which would
        work in threads of its own. An error is left to the kernel that makes the call itself.
        """
        call = (module, function, *arguments)
        with self._lock, suppress(OSError):  # a zygote that has ended is found out at the next fork
            if call not in self._prepared:
                self._prepared.add(call)
                self._orders.send(call)

    def fork(self, arguments):
        """A kernel forked with these arguments of ipykernel_launcher.

        Raises
        ------
        LostZygoteError
            when the zygote could not start, or has ended.
        """
        with self._lock:
            try:
                self._orders.send(arguments)
                while (pid := self._receive()) is None:
                    pass
            except (EOFError, OSError) as error:
                self._lose()
                raise LostZygoteError(f"the process that forks kernels has ended: {error!r}") from None
            self._running[pid] = kernel = ForkedKernel(self, pid)
            return kernel

    def _receive(self):
        """Read one message; the pid of a kernel that has started, or nothing."""
        kind, *facts = self._orders.recv()
        if kind == "ended":
            pid, code, peak_mb = facts
            if pid in self._running:
                self._running.pop(pid).end(code, peak_mb)
        return facts[0] if kind == "started" else None

    def hear(self):
        """Take notice of the kernels that have ended."""
        with self._lock:
            try:
                while not self.is_lost and self._orders.poll():
                    self._receive()
            except (EOFError, OSError):
                self._lose()

    def is_idle(self):
        self.hear()
        return not self._running

    def _lose(self):
        """The zygote is gone: its kernels are killed by the system, what they started is killed here."""
        self.is_lost = True
        for kernel in self._running.values():
            _kill_group(kernel.pid)
            kernel.end(-signal.SIGKILL, None)
        self._running.clear()
        self._orders.close()
        self._process.wait()

    def close(self):
        """End the zygote, which kills the kernels that still run."""
        with self._lock:
            if self.is_lost:
                return
            self.is_closed = True
            if self._running:
                with suppress(OSError):
                    self._orders.send(None)
            else:
                self._process.kill()  # it may still be loading, when it does not listen
            self._lose()

    def forget(self):
        """Let go of the zygote, in a process forked from the one that owns it."""
        self.is_lost = self.is_closed = True
        self._orders.close()
        self._process.returncode = 0  # not this process's child


class ForkedKernel:
    """A forked kernel, with the part of `subprocess.Popen` that a kernel provisioner uses."""

    stdin = stdout = stderr = None

    def __init__(self, zygote, pid):
        self.zygote = zygote
        self.pid = pid
        self.returncode = None
        self.peak_mb = None

    def end(self, code, peak_mb):
        self.returncode, self.peak_mb = code, peak_mb

    def poll(self):
        if self.returncode is None:
            self.zygote.hear()
        return self.returncode

    def wait(self):
        """Exit code of a kernel that `poll` has seen to end."""
        return self.poll()

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    @property
    def was_killed(self):
        """Whether somebody else ended it, such as the system short of memory; a crash is its own fault."""
        return self.poll() in (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP) and not self.zygote.is_closed


def _load(libraries):
    """Import what kernels and notebooks use, in the state in which a kernel would."""
    os.environ["JPY_PARENT_PID"] = str(
        os.getpid()
    )  # read by ipykernel when imported: a kernel ends with its parent
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")  # as each kernel sets it
    with redirect_stderr(StringIO()):  # the debugger's remarks, which a kernel does not show either
        for name in KERNEL_MODULES:
            with suppress(ImportError):
                importlib.import_module(name)
    sys.path.insert(0, "")
    # pandas asks both when imported, to choose how many columns to show and in which encoding
    builtins.get_ipython = lambda: SimpleNamespace(kernel=None)
    with redirect_stdout(TextIOWrapper(BytesIO(), "UTF-8")):
        for name in libraries:
            with suppress(Exception):
                importlib.import_module(name)
    del builtins.get_ipython
    _settle(", ".join(libraries))


def _call(module, function, *arguments):
    """Call a function of a loaded library for what it keeps in memory; nothing else of it may reach a kernel."""
    if module not in sys.modules or "pyarrow" in sys.modules:
        return
    with suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one that was shown would not be shown again
        getattr(sys.modules[module], function)(*arguments)
    _settle(f"{module}.{function}")


def _settle(name):
    """Make ready to fork after new code has run: shared pages stay shared, and there is no thread."""
    gc.collect()
    gc.freeze()
    if threads := _threads() - FORK_SAFE_THREADS:
        sys.exit(f"{name}: one of them starts threads ({', '.join(threads)}); no kernel is forked")


def _threads():
    """Names of this process's threads beyond the first, Python's or not."""
    tasks = [path for path in Path("/proc/self/task").iterdir() if path.name != str(os.getpid())]
    return {(path / "comm").read_text().strip() for path in tasks}


def _serve(orders, parent, folder):
    """Fork at each order until told to end; returns in a forked process only, with its arguments."""
    bell, rope = os.pipe()
    os.set_blocking(rope, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(rope)
    zygote, kernels = os.getpid(), set()
    try:
        orders.send(("ready",))
        while os.getppid() == parent:
            ready = wait([orders, bell], timeout=PARENT_CHECK)
            if bell in ready:
                os.read(bell, 4096)
                for facts in _reap(kernels, os.WNOHANG):
                    orders.send(("ended", *facts))
            if orders in ready:
                if (arguments := orders.recv()) is None:
                    folder = None
                    break
                if isinstance(arguments, tuple):
                    _call(*arguments)
                elif (pid := os.fork()) == 0:
                    orders.close()
                    _separate(zygote, bell, rope)
                    return arguments
                else:
                    kernels.add(pid)
                    orders.send(("started", pid))
    except (EOFError, OSError):
        pass  # the parent has ended without a word
    _end(kernels, folder)


def _separate(zygote, *descriptors):
    """Make a forked process a session of its own that shares no more with the zygote and dies with it."""
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != zygote:
        os._exit(1)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for descriptor in descriptors:
        os.close(descriptor)
    if "numpy" in sys.modules:
        sys.modules[
            "numpy"
        ].random.seed()  # from the system's entropy; Python's own generator does so by itself


def _reap(kernels, option=0):
    """Kernels that have ended, as (pid, exit code, peak MB); what they started and left is killed first."""
    while kernels and (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT | option)):
        _kill_group(ended.si_pid)
        pid, status, usage = os.wait4(ended.si_pid, 0)
        kernels.discard(pid)
        yield pid, os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1024


def _kill_group(pid):
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _end(kernels, folder):
    """End the kernels and this process; the sockets too, if the process that made their folder cannot."""
    for pid in kernels:
        _kill_group(pid)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    list(_reap(kernels))
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def _main(descriptor, parent, folder, *libraries):
    orders = Connection(int(descriptor))
    _load(libraries)
    sys.argv[1:] = _serve(orders, int(parent), folder)
    runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)
    _leave()


def _leave():
    """End a kernel as the interpreter would, but for taking down the libraries.

    That would touch, and so copy, every page shared with the zygote: two fifths of a kernel's cost.
    """
    application = sys.modules["ipykernel.kernelapp"].IPKernelApp.instance()
    atexit.unregister(
        application.close
    )  # the sockets end with the process; to close them first hangs now and then
    threading._shutdown()
    atexit._run_exitfuncs()
    application.shell.user_ns.clear()  # closes and removes what the notebook has left open
    gc.collect()
    sys.__stdout__.flush()
    sys.__stderr__.flush()
    os._exit(0)


if __name__ == "__main__":
    _main(*sys.argv[1:])
