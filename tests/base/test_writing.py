import ctypes
import hashlib

import pytest

from sy_analysis.base import writing as files
from sy_analysis.base.reading import hash_files, hash_tree
from sy_analysis.base.writing import replace_folder, restore_folder, write_atomically


def test_hash_does_not_depend_on_the_order_of_files(tmp_path):
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.write_text(path.name)
    assert hash_files(paths) == hash_files(paths[::-1])
    assert len(hash_files(paths)) == len(hashlib.sha256().hexdigest())


def test_a_failed_write_leaves_the_old_file_and_no_scrap(tmp_path):
    path = tmp_path / "table.csv"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "\ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_hidden_and_compiled_files_have_no_hash(tmp_path):
    for name in ("a.csv", "deep/b.csv", ".checkpoint/c.csv", "__pycache__/d.pyc"):
        write_atomically(tmp_path / name, name)
    assert list(hash_tree(tmp_path)) == ["a.csv", "deep/b.csv"]


@pytest.fixture
def folders(tmp_path):
    for name in ("new", "old"):
        write_atomically(tmp_path / name / "page.html", name)
    return tmp_path / "new", tmp_path / "old"


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_folder_takes_the_place_of_another(folders, monkeypatch, can_exchange):
    new, old = folders
    if not can_exchange:
        monkeypatch.setattr(files, "_exchange", lambda *_: False)
    replace_folder(new, old)
    assert (old / "page.html").read_text() == "new"
    assert list(old.parent.iterdir()) == [old]


def test_here_the_two_are_swapped_at_one_stroke(folders):
    if not hasattr(ctypes.CDLL(None), "renameat2"):
        pytest.skip("this system cannot swap two names")
    new, old = folders
    assert files._exchange(new, old)
    assert (new / "page.html").read_text() == "old" and (old / "page.html").read_text() == "new"


def test_a_crash_between_the_two_steps_is_mended(folders, monkeypatch):
    new, old = folders
    monkeypatch.setattr(files, "_exchange", lambda *_: False)
    monkeypatch.setattr(type(new), "replace", crash_at_the_second(type(new).replace))
    with pytest.raises(KeyboardInterrupt):
        replace_folder(new, old)
    monkeypatch.undo()
    assert not old.exists()
    restore_folder(old)
    assert (old / "page.html").read_text() == "old"


def crash_at_the_second(replace):
    calls = iter(range(9))

    def crashing(self, target):
        if next(calls):
            raise KeyboardInterrupt
        return replace(self, target)

    return crashing
