"""Promises of the zygote: no thread when it forks, and a failed preparation is left to the kernel."""

import pytest

from sy_analysis.run.kernels.client import LostZygoteError, can_fork, close_zygotes, warm_up

pytestmark = pytest.mark.skipif(not can_fork(), reason="kernels are forked on Linux only")


@pytest.fixture(autouse=True)
def _end_zygotes():
    yield
    close_zygotes()


def test_a_library_that_starts_a_thread_is_not_forked(tmp_path, capfd):
    (tmp_path / "spinning.py").write_text(
        "import threading, time; threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()"
    )
    with pytest.raises(LostZygoteError):
        warm_up(folder=tmp_path, modules=["spinning"]).fork([])
    assert "spinning: one of them starts threads" in capfd.readouterr().err


@pytest.mark.parametrize(
    "call", [("keeper", "fail"), ("keeper", "missing"), ("os", "abort_", "x"), ("not_loaded", "keep")]
)
def test_what_cannot_be_prepared_is_left_to_the_kernel(tmp_path, call):
    (tmp_path / "keeper.py").write_text("def fail(): raise SyntaxError('never mind')")
    one = warm_up(folder=tmp_path, modules=["keeper"])
    one.prepare(*call)
    assert one.fork([]).pid and not one.is_lost


def test_a_preparation_that_starts_a_thread_is_not_forked(tmp_path, capfd):
    (tmp_path / "keeper.py").write_text(
        "import threading, time\n"
        "def keep(): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()"
    )
    one = warm_up(folder=tmp_path, modules=["keeper"])
    one.prepare("keeper", "keep")
    with pytest.raises(LostZygoteError):
        one.fork([])
    assert "keeper.keep: one of them starts threads" in capfd.readouterr().err
    one.prepare("keeper", "keep", "again")  # a zygote that has ended is no error here


def test_nothing_is_prepared_beside_pyarrow(tmp_path):
    (tmp_path / "pyarrow.py").write_text("")
    (tmp_path / "keeper.py").write_text("from pathlib import Path\ndef keep(): Path('kept').touch()")
    one = warm_up(folder=tmp_path, modules=["keeper", "pyarrow"])
    one.prepare("keeper", "keep")
    one.fork([])
    assert not (tmp_path / "kept").exists()
    close_zygotes()
    one = warm_up(folder=tmp_path, modules=["keeper"])
    one.prepare("keeper", "keep")
    one.fork([])
    assert (tmp_path / "kept").exists()
