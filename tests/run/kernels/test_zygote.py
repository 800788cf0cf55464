"""Promises of the zygote alone: one for each environment and folder, no thread, nothing shared with forks."""

import os
import signal
import stat

import psutil
import pytest

from sy_analysis.run.kernels import zygote
from sy_analysis.run.kernels.zygote import (
    LostZygoteError,
    close_zygotes,
    kernel_environment,
    socket_folder,
    warm_up,
)

pytestmark = pytest.mark.skipif(not zygote.can_fork(), reason="kernels are forked on Linux only")


@pytest.fixture(autouse=True)
def _bare_zygote(monkeypatch):
    monkeypatch.setattr(zygote, "LIBRARIES", ())
    yield
    close_zygotes()


def children():
    """This process's children; those of other tests too, such as multiprocessing's tracker."""
    return set(psutil.Process().children())


def test_one_blas_thread_unless_the_user_has_chosen_another_number():
    environment = kernel_environment({"OMP_NUM_THREADS": "3", "JPY_PARENT_PID": "5"})
    assert environment == {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "3", "MKL_NUM_THREADS": "1"}


def test_one_zygote_for_each_environment_and_folder(tmp_path):
    others = children()
    first = warm_up()
    assert warm_up() is first
    assert warm_up(folder=tmp_path) is not first
    assert first.is_closed  # an idle one does not stay for ever
    assert len(children() - others) == 1


def test_a_killed_zygote_is_replaced():
    others = children()
    first = warm_up()
    (process,) = children() - others
    process.kill()
    with pytest.raises(LostZygoteError, match="has ended"):
        first.fork([])
    assert warm_up() is not first


def test_a_library_that_starts_a_thread_is_not_forked(tmp_path, monkeypatch, capfd):
    (tmp_path / "spinning.py").write_text(
        "import threading, time; threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()"
    )
    monkeypatch.setattr(zygote, "LIBRARIES", ("spinning",))
    with pytest.raises(LostZygoteError):
        warm_up(folder=tmp_path).fork([])
    assert "spinning: one of them starts threads" in capfd.readouterr().err


@pytest.mark.parametrize(
    "call", [("keeper", "fail"), ("keeper", "missing"), ("os", "abort_", "x"), ("not_loaded", "keep")]
)
def test_what_cannot_be_prepared_is_left_to_the_kernel(tmp_path, monkeypatch, call):
    (tmp_path / "keeper.py").write_text("def fail(): raise SyntaxError('never mind')")
    monkeypatch.setattr(zygote, "LIBRARIES", ("keeper",))
    one = warm_up(folder=tmp_path)
    one.prepare(*call)
    assert one.fork([]).pid and not one.is_lost


def test_a_preparation_that_starts_a_thread_is_not_forked(tmp_path, monkeypatch, capfd):
    (tmp_path / "keeper.py").write_text(
        "import threading, time\n"
        "def keep(): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()"
    )
    monkeypatch.setattr(zygote, "LIBRARIES", ("keeper",))
    one = warm_up(folder=tmp_path)
    one.prepare("keeper", "keep")
    with pytest.raises(LostZygoteError):
        one.fork([])
    assert "keeper.keep: one of them starts threads" in capfd.readouterr().err
    one.prepare("keeper", "keep", "again")  # a zygote that has ended is no error here


def test_nothing_is_prepared_beside_pyarrow(tmp_path, monkeypatch):
    (tmp_path / "pyarrow.py").write_text("")
    (tmp_path / "keeper.py").write_text("from pathlib import Path\ndef keep(): Path('kept').touch()")
    monkeypatch.setattr(zygote, "LIBRARIES", ("keeper", "pyarrow"))
    one = warm_up(folder=tmp_path)
    one.prepare("keeper", "keep")
    one.fork([])
    assert not (tmp_path / "kept").exists()
    monkeypatch.setattr(zygote, "LIBRARIES", ("keeper",))
    close_zygotes()
    one = warm_up(folder=tmp_path)
    one.prepare("keeper", "keep")
    one.fork([])
    assert (tmp_path / "kept").exists()


def test_a_process_forked_from_the_owner_leaves_its_zygote_alone():
    warm_up()
    if (pid := os.fork()) == 0:
        os._exit(len(zygote._zygotes))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert psutil.Process().children()


def test_sockets_are_for_this_user_only():
    assert not socket_folder().stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)


def test_a_crash_is_told_from_a_kill_by_others():
    kernel = zygote.ForkedKernel(warm_up(), pid=1)
    kernel.end(-signal.SIGSEGV, 1.0)
    assert not kernel.was_killed
    kernel.end(-signal.SIGKILL, 1.0)
    assert kernel.was_killed
