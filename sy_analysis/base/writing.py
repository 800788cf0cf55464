"""Write files and replace folders atomically, with the standard library only."""

import ctypes
import json
import os
import shutil
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# renameat2(2): names relative to the working folder, and the flag that swaps two of them
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, even after a crash."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = content.encode("utf-8") if isinstance(content, str) else content
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(0o644)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    _sync(path.parent)


def write_json(content: object, path: Path) -> None:
    """Write a JSON file with sorted keys."""
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True, default=str)
    write_atomically(path, text + "\n")


def replace_folder(new: Path, old: Path) -> None:
    """Move a finished folder to the place of another, which is removed.

    A reader finds one of the two at any time. Where the system cannot swap two names (not Linux, some network
    file systems) there is a moment without either. After a crash at that moment, call `restore_folder`.
    """
    for path in (*new.rglob("*"), new):
        _sync(path)
    if not old.exists():
        new.replace(old)
    elif not _exchange(new, old):
        shutil.rmtree(_aside(old), ignore_errors=True)
        old.replace(_aside(old))
        new.replace(old)
    _sync(old.parent)
    for path in (new, _aside(old)):
        shutil.rmtree(path, ignore_errors=True)


def restore_folder(folder: Path) -> None:
    """Restore the previous folder if a crash interrupted `replace_folder`."""
    if _aside(folder).exists() and not folder.exists():
        _aside(folder).replace(folder)


def _aside(folder):
    return folder.with_name(f".{folder.name}.old")


def _exchange(one, other):
    """Swap the names of two folders, if the system can, and return whether it did."""
    swap = getattr(ctypes.CDLL(None), "renameat2", None)
    names = os.fsencode(one), os.fsencode(other)
    return bool(swap) and swap(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0


def _sync(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
