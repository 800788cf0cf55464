"""The zygote: a process that imports modules once, and forks a clean kernel at each order.

It is run as a script with the standard library only, because it must not import more than its kernels would.
It starts no thread and draws no figure. `client` starts it.
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
import sys
import threading
import time
import warnings
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import BytesIO, StringIO, TextIOWrapper
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import SimpleNamespace

# what ipykernel loads while it starts and ends, beyond its own first import
KERNEL_MODULES = Path(__file__).with_name("modules.csv").read_text().split()[1:]
# pyarrow's allocator has fork handlers of its own for the thread that it starts, see pthread_atfork(3)
FORK_SAFE_THREADS = {"jemalloc_bg_thd"}
# prctl(2): the signal that a process gets when its parent dies
PR_SET_PDEATHSIG = 1
# seconds between checks that the parent lives, should another process hold its end of the pipe open
PARENT_CHECK = 2


def _load(modules):
    """Import what kernels and notebooks use, in the state in which a kernel would."""
    # ipykernel reads it when imported: a kernel ends with its parent
    os.environ["JPY_PARENT_PID"] = str(os.getpid())
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")  # as each kernel sets it
    with redirect_stderr(StringIO()):  # the debugger's remarks, which a kernel does not show either
        _import(KERNEL_MODULES)
    sys.path.insert(0, "")
    # pandas asks both when imported, to choose how many columns to show and in which encoding
    builtins.get_ipython = lambda: SimpleNamespace(kernel=None)
    with redirect_stdout(TextIOWrapper(BytesIO(), "UTF-8")):
        _import(modules)
    del builtins.get_ipython
    _settle(", ".join(modules))


def _import(names):
    """Import modules; one that fails is left to the notebook that wants it."""
    for name in names:
        with suppress(Exception):
            importlib.import_module(name)


def _call(module, function, *arguments):
    """Call a function of a loaded module for what it keeps in memory; nothing else of it reaches a kernel."""
    if module not in sys.modules or "pyarrow" in sys.modules:
        return
    with suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a warning that was shown would not be shown again
        getattr(sys.modules[module], function)(*arguments)
    _settle(f"{module}.{function}")


def _settle(name):
    """Make ready to fork after new code has run: shared pages stay shared, and no thread runs."""
    gc.collect()
    gc.freeze()
    if threads := _threads() - FORK_SAFE_THREADS:
        sys.exit(f"{name}: one of them starts threads ({', '.join(threads)}); no kernel is forked")


def _threads():
    """Names of this process's threads beyond the first, Python's or not."""
    tasks = [path for path in Path("/proc/self/task").iterdir() if path.name != str(os.getpid())]
    return {(path / "comm").read_text().strip() for path in tasks}


def _serve(orders, parent, folder):
    """Fork at each order until the parent ends it; return in a forked process only, with its arguments."""
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
                if (order := orders.recv()) is None:
                    folder = None
                    break
                if isinstance(order, tuple):
                    _call(*order)
                elif (pid := os.fork()) == 0:
                    orders.close()
                    _separate(zygote, bell, rope)
                    return order
                else:
                    kernels.add(pid)
                    orders.send(("started", pid))
    except (EOFError, OSError):
        pass  # the parent has ended without a word, or closes the pipe while a kernel ends
    _end(kernels, parent, folder)


def _separate(zygote, *descriptors):
    """Give a forked process a session of its own; it shares no more with the zygote, and dies with it."""
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != zygote:
        os._exit(1)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for descriptor in descriptors:
        os.close(descriptor)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()  # from the system's entropy; Python's own generator does so by itself


def _reap(kernels, option=0):
    """Yield pid, exit code and peak MB of each kernel that has ended; kill first what it started and left."""
    while kernels and (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT | option)):
        kill_group(ended.si_pid)
        pid, status, usage = os.wait4(ended.si_pid, 0)
        kernels.discard(pid)
        yield pid, os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1024


def kill_group(pid: int) -> None:
    """Kill a process group, if it still exists."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _end(kernels, parent, folder):
    """End the kernels and this process; the sockets too, if the process that made their folder is dead."""
    for pid in kernels:
        kill_group(pid)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    list(_reap(kernels))
    for _ in range(10 if folder else 0):  # a dying parent closes its pipe shortly before it is gone
        if os.getppid() != parent:
            shutil.rmtree(folder, ignore_errors=True)
            break
        time.sleep(0.05)
    os._exit(0)


def _leave():
    """End a kernel as the interpreter would, without taking down the libraries.

    That would touch, and so copy, every page shared with the zygote: two fifths of a kernel's cost.
    """
    application = sys.modules["ipykernel.kernelapp"].IPKernelApp.instance()
    # the sockets end with the process; closing them before it hangs now and then
    atexit.unregister(application.close)
    threading._shutdown()
    atexit._run_exitfuncs()
    application.shell.user_ns.clear()  # closes and removes what the notebook has left open
    gc.collect()
    sys.__stdout__.flush()
    sys.__stderr__.flush()
    os._exit(0)


def _main(descriptor, parent, folder, *modules):
    orders = Connection(int(descriptor))
    _load(modules)
    sys.argv[1:] = _serve(orders, int(parent), folder)
    runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)
    _leave()


if __name__ == "__main__":
    _main(*sys.argv[1:])
