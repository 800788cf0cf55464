"""Files and folders: where they are, their hashes, and how they appear at one stroke; standard library only."""

import ctypes
import json
import os
import shutil
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# renameat2(2): names relative to the working folder, and the flag that swaps two of them
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def write_atomically(path, content):
    """Write text or bytes so that a reader sees the old file or the new one, never a part, even after a crash."""
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


def write_json(content, path):
    """Write a JSON file with sorted keys."""
    write_atomically(
        path, json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True, default=str) + "\n"
    )


def replace_folder(new, old):
    """Put a finished folder in the place of another, or where none was; what it replaces is removed.

    A reader finds one of the two at any time. Where the system cannot swap two names (not Linux, some network
    file systems) there is a moment without either: `restore_folder` mends it after a crash there.
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


def restore_folder(folder):
    """Put back the previous folder if a crash left `replace_folder` between its two steps."""
    if _aside(folder).exists() and not folder.exists():
        _aside(folder).replace(folder)


def _aside(folder):
    return folder.with_name(f".{folder.name}.old")


def _exchange(one, other):
    """Swap the names of two folders; whether the system can."""
    swap = getattr(ctypes.CDLL(None), "renameat2", None)
    names = os.fsencode(one), os.fsencode(other)
    return bool(swap) and swap(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0


def _sync(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
