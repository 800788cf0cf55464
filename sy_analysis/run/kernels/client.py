"""Start zygotes, the processes that fork kernels, and follow the kernels that they fork."""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache, partialmethod
from multiprocessing import Pipe
from pathlib import Path

from sy_analysis.run.kernels import zygote

# tiny matrices on several threads only spin, and a process with threads must not fork
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
# the current folder leaves the path while the zygote loads itself, as ipykernel_launcher does for a kernel
_BOOT = """import sys
if sys.path[:1] == [""]: del sys.path[0]
from runpy import run_path
run_path({!r}, run_name="__main__")"""
_zygotes = {}
_zygotes_lock = threading.Lock()


class LostZygoteError(RuntimeError):
    """The zygote has ended, or could not start."""


def can_fork() -> bool:
    """Return whether kernels may be forked here; elsewhere the libraries' own threads make it unsafe."""
    return sys.platform == "linux"


def kernel_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a kernel, with one BLAS thread unless the user has chosen a number."""
    inherited = dict(environment)
    for name in ("JPY_PARENT_PID", "PYTHONEXECUTABLE"):
        inherited.pop(name, None)
    return dict.fromkeys(BLAS_THREADS, "1") | inherited


def warm_up(
    environment: Mapping | None = None, folder: str | Path | None = None, modules: Sequence[str] = ()
) -> "Zygote":
    """Return the zygote for such kernels, started now if there is none.

    Parameters
    ----------
    environment : mapping of str to str, optional
        This process's own by default.
    folder : path, optional
        Working folder of the kernels, this process's own by default.
    modules : sequence of str
        Modules that the zygote imports, so that its kernels need not.

    Returns
    -------
    Zygote
        At once, while its modules are still loading. Idle zygotes of another kind end.
    """
    environment = kernel_environment(os.environ if environment is None else environment)
    folder = str(Path(folder or ".").resolve())
    key = (folder, frozenset(environment.items()), tuple(modules))
    with _zygotes_lock:
        for other in [other for other in _zygotes if other != key and _zygotes[other].is_idle()]:
            _zygotes.pop(other).close()
        if key not in _zygotes or _zygotes[key].is_lost:
            _zygotes[key] = Zygote(environment, folder, modules)
        return _zygotes[key]


def close_zygotes() -> None:
    """End every zygote and the kernels that still run."""
    with _zygotes_lock:
        while _zygotes:
            _zygotes.popitem()[1].close()


def socket_folder() -> Path:
    """Return the folder of this process's sockets, for this user only; it goes when the process ends."""
    return _socket_folder(os.getpid())


@cache
def _socket_folder(owner):
    # a socket's path may have 107 characters at most, see unix(7)
    parent = None if len(tempfile.gettempdir()) < 60 else "/tmp"
    folder = Path(tempfile.mkdtemp(prefix="sy-kernels-", dir=parent))
    atexit.register(_remove_sockets, folder, owner)
    return folder


def _remove_sockets(folder, owner):
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _forget_zygotes():
    """Leave the zygotes to the parent, in a process forked from it; they end when the parent does."""
    global _zygotes_lock
    _zygotes_lock = threading.Lock()
    for one in _zygotes.values():
        one.forget()
    _zygotes.clear()


if can_fork():
    os.register_at_fork(after_in_child=_forget_zygotes)
    atexit.register(close_zygotes)


class Zygote:
    """A running zygote; threads may share it."""

    def __init__(self, environment: Mapping[str, str], folder: str, modules: Sequence[str]):
        self._lock = threading.RLock()
        self._orders, theirs = Pipe()
        arguments = [str(theirs.fileno()), str(os.getpid()), str(socket_folder()), *modules]
        with theirs:
            # a session of its own: what interrupts or ends this process's group reaches no kernel directly
            self._process = subprocess.Popen(
                [sys.executable, "-c", _BOOT.format(zygote.__file__), *arguments],
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self.is_lost = self.is_closed = False
        self._running, self._prepared = {}, set()

    def prepare(self, module: str, function: str, *arguments: str) -> None:
        """Call a function before the next fork, so that kernels share what it keeps in memory.

        Each call is made once. It is skipped where the module is not loaded, and beside pyarrow, which would
        work in threads of its own. An error is left to the kernel that makes the call itself.
        """
        call = (module, function, *arguments)
        with self._lock, suppress(OSError):  # the next fork finds out that a zygote has ended
            if call not in self._prepared:
                self._prepared.add(call)
                self._orders.send(call)

    def fork(self, arguments: list[str]) -> "ForkedKernel":
        """Fork a kernel with these arguments of ipykernel_launcher.

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
        """Read one message, and return the pid of a kernel that has started."""
        kind, *facts = self._orders.recv()
        if kind == "ended":
            pid, code, peak_mb = facts
            if pid in self._running:
                self._running.pop(pid).end(code, peak_mb)
        return facts[0] if kind == "started" else None

    def hear(self) -> None:
        """Take notice of the kernels that have ended."""
        with self._lock:
            try:
                while not self.is_lost and self._orders.poll():
                    self._receive()
            except (EOFError, OSError):
                self._lose()

    def is_idle(self) -> bool:
        """Return whether no kernel runs."""
        self.hear()
        return not self._running

    def _lose(self):
        """Record that the zygote is gone: the system kills its kernels, and this what they started."""
        self.is_lost = True
        for kernel in self._running.values():
            zygote.kill_group(kernel.pid)
            kernel.end(-signal.SIGKILL, None)
        self._running.clear()
        self._orders.close()
        self._process.wait()

    def close(self) -> None:
        """End the zygote, which kills the kernels that still run."""
        with self._lock:
            if self.is_lost:
                return
            self.is_closed = True
            if self._running:
                with suppress(OSError):
                    self._orders.send(None)
            else:
                self._process.kill()  # while it is still loading, it does not listen
            self._lose()

    def forget(self) -> None:
        """Let go of the zygote, in a process forked from the one that owns it."""
        self.is_lost = self.is_closed = True
        self._orders.close()
        self._process.returncode = 0  # not this process's child


class ForkedKernel:
    """A forked kernel, with the part of `subprocess.Popen` that a kernel provisioner uses."""

    stdin = stdout = stderr = None

    def __init__(self, zygote: Zygote, pid: int):
        self.zygote = zygote
        self.pid = pid
        self.returncode = None
        self.peak_mb = None

    def end(self, code: int, peak_mb: float | None) -> None:
        """Record how the kernel ended."""
        self.returncode, self.peak_mb = code, peak_mb

    def poll(self) -> int | None:
        """Return the exit code of a kernel that has ended, or None."""
        if self.returncode is None:
            self.zygote.hear()
        return self.returncode

    wait = poll  # only called once `poll` has seen the end

    def send_signal(self, number: int) -> None:
        """Send a signal to a kernel that still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    kill = partialmethod(send_signal, signal.SIGKILL)
    terminate = partialmethod(send_signal, signal.SIGTERM)

    @property
    def was_killed(self) -> bool:
        """Whether somebody else ended it, such as the system short of memory; a crash is its own fault."""
        return self.poll() in (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP) and not self.zygote.is_closed
