"""Read files that somebody else wrote: bounded in size, inside their folder, plain data only."""

import hashlib
import signal
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sy_analysis.base.errors import DataError, shown

# A plan's largest table has 0.5 MB; a year of monthly county tables of a country is about 60 MB.
MAX_BYTES = 64 * 2**20
# The largest hand-written YAML file of a plan has 3 KB.
_MAX_YAML = 2**18
_MAX_DEPTH = 20


class _TooLongError(BaseException):
    """Not an Exception: a reader that expects damage would catch that and go on."""


@contextmanager
def time_limit(name: str, seconds: float) -> Iterator[None]:
    """Stop reading a file that takes longer than a limit.

    The limit is an alarm of Unix, which only the main thread receives. Other threads read without a limit.

    Raises
    ------
    DataError
        naming the file.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_):
        raise _TooLongError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except _TooLongError:
        problem = f"{name}: {seconds}秒内读不完,已停止 / not read within {seconds} seconds; stopped"
        raise DataError([problem]) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def file_of(folder: Path, name: str) -> Path:
    """Path of a file in a folder, whether or not it exists.

    Raises
    ------
    DataError
        when the name, or a link of that name, leads out of the folder.
    """
    folder = Path(folder)
    try:
        is_inside = (folder / name).resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a name that no file can have, or a link to itself
        is_inside = False
    if not is_inside:
        problem = f"不在{folder.name}文件夹内,未打开 / leads out of {folder.name}; not opened"
        raise DataError([f"{shown(str(name), 80)}: {problem}"])
    return folder / name


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Read a regular file.

    Parameters
    ----------
    path : Path
    limit : int
        largest size in bytes.

    Raises
    ------
    DataError
        naming the file, when it is missing, larger, a folder, pipe or device, or cannot be read.
    """
    path = Path(path)
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
        content = _first_bytes(path, limit + 1) if is_file else b""
    except FileNotFoundError:
        raise DataError([f"{path.name}: no such file in {path.parent.name}"]) from None
    except OSError as error:
        raise DataError([f"{shown(path.name, 80)}: 文件打不开 / cannot be read: {error.strerror}"]) from None
    except ValueError:
        raise DataError([f"{path.name}: 文件名无效 / cannot be read: no file can have this name"]) from None
    if not is_file:
        raise DataError([f"{path.name}: 不是文件 / cannot be read: it is no file"])
    if len(content) > limit:
        size = f"{limit / 2**20:g} MB"
        raise DataError([f"{path.name}: 超过{size}上限 / the limit is {size}; split the file"])
    return content


def _first_bytes(path, size):
    with path.open("rb") as file:
        return file.read(size)


def read_utf8(path: Path, limit: int = MAX_BYTES) -> str:
    """Read a UTF-8 file of a plan folder, with or without a byte order mark.

    Raises
    ------
    DataError
        as for `file_of` and `read_bytes`, and for a byte that is not UTF-8.
    """
    path = Path(path)
    try:
        return read_bytes(file_of(path.parent, path.name), limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError([f"{path.name}: byte {error.start} is not UTF-8; save the file as UTF-8"]) from None


def read_yaml(path: Path) -> dict[str, object]:
    """Read a YAML file that maps words to plain data, without tags, anchors or aliases.

    Raises
    ------
    DataError
        naming the file and, for a syntax error, line and column.
    """
    import yaml

    name, text = Path(path).name, read_utf8(path, _MAX_YAML)
    try:
        reason = _bomb_in(yaml.scan(text, Loader=yaml.SafeLoader))
        content = None if reason else yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # a ValueError for a day such as 2024-02-30
        reason = str(error)
    if reason:
        raise DataError([f"{name}: 无法读取 / cannot be read: {reason}"])
    if not (isinstance(content, dict) and all(isinstance(key, str) for key in content)):
        raise DataError([f"{name}: 应为“名称: 值” / expected lines such as “name: value”"])
    return content


def _bomb_in(tokens):
    """Why a short text would take endless time or memory to read, or an empty text."""
    depth = 0
    for token in tokens:
        kind = type(token).__name__
        if kind in ("AnchorToken", "AliasToken"):
            return "anchors (&) and aliases (*) are not used here"
        depth += kind.endswith(("MappingStartToken", "SequenceStartToken")) - kind.endswith("EndToken")
        if depth > _MAX_DEPTH:
            return f"nested deeper than {_MAX_DEPTH} levels"
    return ""


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, computed once a process for each state of the file."""
    state = path.stat()
    return _hash_once(path, state.st_ino, state.st_size, state.st_mtime_ns)


@cache
def _hash_once(path, *_):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hash_files(paths: Iterable[Path]) -> str:
    """One SHA-256 over the names and bytes of some files; the errors are those of `read_bytes`."""
    digest = hashlib.sha256()
    for path in sorted(paths, key=lambda path: path.name):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(read_bytes(path)).digest())
    return digest.hexdigest()


def hash_tree(folder: Path, pattern: str = "*") -> dict[str, str]:
    """SHA-256 of every file below a folder whose name matches a pattern, by relative path.

    Hidden files and Python's compiled files are left out.
    """
    paths = {path.relative_to(folder): path for path in sorted(folder.rglob(pattern)) if path.is_file()}
    return {
        name.as_posix(): hash_file(path)
        for name, path in paths.items()
        if not any(part.startswith(".") or part == "__pycache__" for part in name.parts)
    }
