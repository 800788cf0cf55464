"""The scheduled run: whether there is anything to do, one at a time, and a report that appears whole or not at all."""

import getpass
import json
import os
import platform
import sys
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from sy_analysis.errors import ParamsError
from sy_analysis.files import ROOT, replace_folder, restore_folder, write_atomically
from sy_analysis.manifest import (
    changes_since,
    failed_notebooks,
    inputs_of,
    is_unchanged,
    read_manifest,
)
from sy_analysis.params import day_of
from sy_analysis.zygote import warm_up

NOTEBOOKS = ROOT / "notebooks"
PROCESSED = ROOT / "data" / "processed"
# from the best to the worst; what has not been assessed is neither
STATUS_ORDER = ("attained", "on_track", "at_risk", "off_track", "missed")


class Run(NamedTuple):
    """What a run did: the report's folder, a line for each notebook that failed, whether nothing had to be done."""

    folder: Path
    failures: list[str]
    is_unchanged: bool


def run_quarter(
    params,
    reports=ROOT / "reports",
    force=False,
    only_failed=False,
    quiet=False,
    scheduler=None,
    workers=None,
):
    """Make the report of a quarter, unless it is there and nothing that it was made from has changed.

    Executed notebooks whose inputs have not changed are taken over, from the previous report or from a run
    that was killed.

    Parameters
    ----------
    params : Params
    reports : folder in which a folder named by as_of is made
    force : bool, execute every notebook
    only_failed : bool, execute only the notebooks that failed in the last run
    quiet : bool, no progress bar
    scheduler : str, address of a Dask scheduler on whose workers the notebooks are executed
    workers : int, worker processes of a Dask cluster on this machine, instead

    Returns
    -------
    Run

    Raises
    ------
    DataError, ParamsError
        for bad input, or when somebody else runs the same quarter; the previous report is untouched.
    OSError
        when a file cannot be read or written; the previous report is untouched.
    """
    as_of = day_of(params, date.today())
    folder = Path(reports) / as_of.isoformat()
    inputs = inputs_of(params, as_of, NOTEBOOKS)
    with _locked(folder.with_name(f".{folder.name}.lock")):
        restore_folder(folder)
        if _has_nothing_to_do(folder, inputs, force, only_failed):
            _publish_tables(folder)
            return Run(folder, [], True)
        if scheduler is None and workers is None:
            warm_up()  # the kernels' process loads its libraries on one core while this one does on another
        sys.modules["rfc3987_syntax"] = (
            None  # a grammar that takes a second to load, to check addresses in JSON
        )
        from sy_analysis.report import make_report
        from sy_analysis.site import write_archive

        work = folder.with_name(f".{folder.name}.work")
        reuse = "succeeded" if only_failed else "none" if force else "same"
        failures = make_report(params, as_of, NOTEBOOKS, work, folder, reuse, quiet, scheduler, workers)
        replace_folder(work, folder)
        write_archive(folder.parent)
        _publish_tables(folder)
    return Run(folder, failures, False)


def _has_nothing_to_do(folder, inputs, force, only_failed):
    if not only_failed:
        return not force and is_unchanged(folder, inputs) and _is_archived(folder)
    manifest = read_manifest(folder)
    if not manifest["inputs"]:
        raise ParamsError(
            f"{folder}: no report whose failed notebooks could run again; run without --only-failed"
        )
    changed = [line for line in changes_since(manifest["inputs"], inputs) if not line.startswith("notebooks")]
    if changed:
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise ParamsError(
            f"{folder}: changed since this report was made: {', '.join(changed[:3])}{more}; its pages would no "
            "longer agree with each other: run without --only-failed"
        )
    return not failed_notebooks(manifest)


def _is_archived(folder):
    """Whether the archive of all runs was made after a report: a run may be killed between the two."""
    archive, report = folder.with_name("index.html"), folder / "run.json"
    return archive.exists() and archive.stat().st_mtime_ns >= report.stat().st_mtime_ns


@contextmanager
def _locked(path):
    """Keep everybody else from the same quarter; the system lets go of the lock when its owner dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        owner = path.read_text(encoding="utf-8")
        raise ParamsError(
            f"this quarter is just being run by {owner}; run again when that has ended"
        ) from None
    try:
        path.write_text(_owner(), encoding="utf-8")
        yield
    finally:
        lock.release()


def _owner():
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a number without a name, as in some containers
        user = os.getuid()
    return f"{user}@{platform.node()}, process {os.getpid()}, since {datetime.now():%Y-%m-%d %H:%M:%S}"


def _publish_tables(folder):
    """Bring the tables of a report to data/processed, where those of the plan's last run are."""
    target = PROCESSED / read_summary(folder)["plan"]
    target.mkdir(parents=True, exist_ok=True)
    with FileLock(target / ".lock", timeout=60):  # two quarters may end at the same time
        for table in sorted(folder.glob("*.csv")):
            content, copy = table.read_bytes(), target / table.name
            if not copy.exists() or copy.read_bytes() != content:
                write_atomically(copy, content)


def read_summary(folder):
    """Content of a report's run.json."""
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def has_core_status(folder, status):
    """Whether a core indicator of a report has a status, or a worse one, of `STATUS_ORDER`."""
    alarming = STATUS_ORDER[STATUS_ORDER.index(status) :]
    return any(row["status"] in alarming for row in read_summary(folder)["core"])
