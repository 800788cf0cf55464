"""The scheduled run of a quarter: skip what is unchanged, lock out other runs, publish a report atomically."""

import getpass
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from sy_analysis.base.errors import ParamsError
from sy_analysis.base.reading import read_yaml
from sy_analysis.base.writing import ROOT, replace_folder, restore_folder, write_atomically
from sy_analysis.record.areas import chosen_area, find_area, peers_of
from sy_analysis.record.folders import plan_folder
from sy_analysis.run import manifest
from sy_analysis.run.params import Execution, Params, day_of
from sy_analysis.run.preload import execute_here, warm_up

NOTEBOOKS = ROOT / "notebooks"
PROCESSED = ROOT / "data" / "processed"
# from best to worst; what has not been assessed is neither
STATUS_ORDER = ("attained", "on_track", "at_risk", "off_track", "missed")


class Run(NamedTuple):
    """Outcome of a run for one plan and area."""

    folder: Path  # of the report
    failures: list[str]  # a line for each notebook that failed
    is_unchanged: bool  # whether the previous report was still current


def run_quarters(
    params: Params,
    plans: Sequence[str] = (),
    areas: Sequence[str] = (),
    reports: str | Path = ROOT / "reports",
    execution: Execution | None = None,
) -> Iterator[Run]:
    """Make the reports of a quarter for each of several plans and areas, one after the other.

    A report of which nothing has changed is left as it is. Otherwise executed notebooks are reused, from the
    previous report or from a run that was killed.

    Parameters
    ----------
    params : Params
    plans : sequence of str
        Names or folders of plans instead of that of `params`.
    areas : sequence of str
        Areas that each plan's targets are applied to, `all` for every area under the same parent as the plan's
        own. By default that of `params`, or the plan's own.
    reports : path
        Folder of the reports. The first plan's report on its own area is a folder named by as_of. To the names
        of the others are added their plan and the code of their area.
    execution : Execution, optional
        By default on this machine, reusing what was made from the same inputs.

    Yields
    ------
    Run

    Raises
    ------
    DataError, ParamsError
        for bad input, or when somebody else runs the same quarter; the previous report is untouched. An unknown
        area is an error before anything runs.
    OSError
        when a file cannot be read or written; the previous report is untouched.
    """
    execution, plans = execution or Execution(), plans or [params.plan]
    areas = areas or ([params.area] if params.area else [])
    chosen = [(plan, area) for plan in plans for area in _areas_of(plan, areas)]
    as_of = day_of(params, date.today())
    finished = []
    with ExitStack() as stack:
        stack.callback(_archive, finished)
        opened = cache(partial(_executor, execution, stack))
        for plan, area in chosen:
            name = f"{as_of}" if plan == plans[0] else f"{as_of}-{Path(plan).name}"
            folder = Path(reports) / _with_area(name, area)
            one = params.model_copy(update={"plan": plan, "area": area})
            done = _run(one, as_of, folder, execution, opened)
            finished.append(folder)
            yield done


def _executor(execution, stack):
    """Return the function that executes notebooks, in forked kernels or on a cluster until the stack closes."""
    if execution.is_here:
        return execute_here
    from sy_analysis.run.cluster import connect, execute_there  # needs optional packages

    client = stack.enter_context(connect(execution.scheduler, execution.workers))
    return partial(execute_there, client=client)


def _areas_of(plan, areas):
    """List the areas chosen for a plan, each once; its own comes first, as None."""
    if not areas:
        return [None]
    own = str(read_yaml(plan_folder(plan) / "plan.yaml").get("area"))
    names = [name for area in areas for name in (peers_of(own) if area == "all" else [chosen_area(area)])]
    others = [name for name in dict.fromkeys(names) if name != own]
    return [None, *others] if own in names else others


def _with_area(name, area):
    """Add the code of the area that a plan's targets are applied to, unless it is the plan's own."""
    return f"{name}-{find_area(area).code}" if area else name


def _run(params, as_of, folder, execution, opened):
    inputs = manifest.inputs_of(params, as_of, NOTEBOOKS)
    with _locked(folder.with_name(f".{folder.name}.lock")):
        restore_folder(folder)
        is_unchanged = _has_nothing_to_do(folder, inputs, execution.reuse)
        failures = [] if is_unchanged else _make(params, as_of, folder, execution, opened)
        _publish_tables(folder)
    return Run(folder, failures, is_unchanged)


def _make(params, as_of, folder, execution, opened):
    if execution.is_here:
        warm_up()  # the kernels' process loads its libraries on one core while this one does on another
    # a grammar that takes a second to load, to check addresses in JSON
    sys.modules["rfc3987_syntax"] = None
    from sy_analysis.run.build import make_report

    work = folder.with_name(f".{folder.name}.work")
    failures = make_report(params, as_of, NOTEBOOKS, work, folder, execution, opened)
    replace_folder(work, folder)
    return failures


def _has_nothing_to_do(folder, inputs, reuse):
    if reuse != "succeeded":
        return reuse == "same" and manifest.is_unchanged(folder, inputs)
    previous = manifest.read_manifest(folder)
    if not previous["inputs"]:
        raise ParamsError(
            f"{folder}: no report whose failed notebooks could run again; run without --only-failed"
        )
    changed = manifest.changes_since(previous["inputs"], inputs)
    changed = [line for line in changed if not line.startswith("notebooks")]
    if changed:
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise ParamsError(
            f"{folder}: changed since this report was made: {', '.join(changed[:3])}{more}; its pages would no "
            "longer agree with each other: run without --only-failed"
        )
    return not manifest.failed_notebooks(previous)


def _archive(folders):
    """Write the archive of all runs, once for all reports that a command has finished."""
    if not all(map(_is_archived, folders)):
        from sy_analysis.report.pages import write_archive

        write_archive(folders[0].parent)


def _is_archived(folder):
    """Return whether the archive is newer than a report: a run may be killed between the two."""
    archive, report = folder.with_name("index.html"), folder / "run.json"
    return archive.exists() and archive.stat().st_mtime_ns >= report.stat().st_mtime_ns


@contextmanager
def _locked(path):
    """Lock a quarter against other runs; the system releases the lock when its owner dies."""
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
    """Copy the tables of a report to data/processed, which has those of each plan's and area's last run."""
    summary = manifest.read_summary(folder)
    target = PROCESSED / _with_area(summary["plan"], summary["parameters"]["area"])
    target.mkdir(parents=True, exist_ok=True)
    with FileLock(target / ".lock", timeout=60):  # two quarters may end at the same time
        for table in sorted(folder.glob("*.csv")):
            content, copy = table.read_bytes(), target / table.name
            if not copy.exists() or copy.read_bytes() != content:
                write_atomically(copy, content)


def has_core_status(folder: Path, status: str) -> bool:
    """Return whether a core indicator of a report has a status of `STATUS_ORDER` or a worse one."""
    alarming, core = STATUS_ORDER[STATUS_ORDER.index(status) :], manifest.read_summary(folder)["core"]
    return any(row["status"] in alarming for row in core)
