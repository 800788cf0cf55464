"""Promises of those who start zygotes: one for each kind of kernel, and nothing shared with forks."""

import os
import signal
import stat

import psutil
import pytest

from sy_analysis.run.kernels import client
from sy_analysis.run.kernels.client import (
    ForkedKernel,
    LostZygoteError,
    can_fork,
    close_zygotes,
    kernel_environment,
    socket_folder,
    warm_up,
)

pytestmark = pytest.mark.skipif(not can_fork(), reason="kernels are forked on Linux only")


@pytest.fixture(autouse=True)
def _end_zygotes():
    yield
    close_zygotes()


def children():
    """This process's children; those of other tests too, such as multiprocessing's tracker."""
    return set(psutil.Process().children())


def test_one_blas_thread_unless_the_user_has_chosen_another_number():
    environment = kernel_environment({"OMP_NUM_THREADS": "3", "JPY_PARENT_PID": "5"})
    assert environment == {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "3", "MKL_NUM_THREADS": "1"}


def test_one_zygote_for_each_environment_folder_and_list_of_modules(tmp_path):
    others = children()
    first = warm_up()
    assert warm_up() is first
    second = warm_up(folder=tmp_path)
    assert warm_up(folder=tmp_path, modules=["json"]) is not second is not first
    assert first.is_closed and second.is_closed  # an idle one does not stay for ever
    assert len(children() - others) == 1


def test_a_killed_zygote_is_replaced():
    others = children()
    first = warm_up()
    (process,) = children() - others
    process.kill()
    with pytest.raises(LostZygoteError, match="has ended"):
        first.fork([])
    assert warm_up() is not first


def test_a_process_forked_from_the_owner_leaves_its_zygote_alone():
    warm_up()
    if (pid := os.fork()) == 0:
        os._exit(len(client._zygotes))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert psutil.Process().children()


def test_sockets_stay_when_a_zygote_ends_before_its_owner():
    one, folder = warm_up(), socket_folder()
    one._orders.close()
    one._process.wait()
    assert folder.exists()


def test_sockets_are_for_this_user_only():
    assert not socket_folder().stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)


def test_a_crash_is_told_from_a_kill_by_others():
    kernel = ForkedKernel(warm_up(), pid=1)
    kernel.end(-signal.SIGSEGV, 1.0)
    assert not kernel.was_killed
    kernel.end(-signal.SIGKILL, 1.0)
    assert kernel.was_killed
