"""The scheduled run: whether there is anything to do, one at a time, and a report that appears whole or not at all."""

import getpass
import json
import os
import platform
import sys
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from sy_analysis.base.errors import ParamsError
from sy_analysis.base.reading import read_yaml
from sy_analysis.base.writing import ROOT, replace_folder, restore_folder, write_atomically
from sy_analysis.record.areas import chosen_area, find_area, peers_of
from sy_analysis.record.folders import plan_folder
from sy_analysis.run.kernels.zygote import warm_up
from sy_analysis.run.manifest import changes_since, failed_notebooks, inputs_of, is_unchanged, read_manifest
from sy_analysis.run.params import day_of

NOTEBOOKS = ROOT / "notebooks"
PROCESSED = ROOT / "data" / "processed"
# from the best to the worst; what has not been assessed is neither
STATUS_ORDER = ("attained", "on_track", "at_risk", "off_track", "missed")


class Run(NamedTuple):
    """What a run did for one plan and area: the report's folder, a line for each notebook that failed, whether nothing had to be done."""

    folder: Path
    failures: list[str]
    is_unchanged: bool


def run_quarter(params, reports=ROOT / "reports", **options):
    """Make the report of a quarter, unless it is there and nothing that it was made from has changed.

    Parameters
    ----------
    params : Params
    reports : folder in which a folder named by as_of is made
    options : see `run_quarters`

    Returns
    -------
    Run

    Raises
    ------
    DataError, ParamsError, OSError
        see `run_quarters`.
    """
    (run,) = run_quarters(params, reports=reports, **options)
    return run


def run_quarters(
    params,
    plans=(),
    areas=(),
    reports=ROOT / "reports",
    force=False,
    only_failed=False,
    quiet=False,
    scheduler=None,
    workers=None,
):
    """Make the reports of a quarter for each of several plans and areas, one after the other.

    Executed notebooks whose inputs have not changed are taken over, from the previous report or from a run
    that was killed; a report of which nothing has changed is left as it is.

    Parameters
    ----------
    params : Params
    plans : names or folders of plans instead of that of `params`
    areas : list of str
        areas of which each plan's targets are asked, `all` for every area under the same parent as the plan's own;
        by default that of `params`, or the plan's own.
    reports : folder
        the first plan's report on its own area is made in a folder named by as_of; to the names of the others
        are added their plan and the code of their area.
    force : bool, execute every notebook
    only_failed : bool, execute only the notebooks that failed in the last run
    quiet : bool, no progress bar
    scheduler : str, address of a Dask scheduler on whose workers the notebooks are executed
    workers : int, worker processes of a Dask cluster on this machine, instead

    Yields
    ------
    Run

    Raises
    ------
    DataError, ParamsError
        for bad input, or when somebody else runs the same quarter; the previous report is untouched. An unknown
        plan or area is said before anything is run.
    OSError
        when a file cannot be read or written; the previous report is untouched.
    """
    plans = plans or [params.plan]
    areas = areas or ([params.area] if params.area else [])
    chosen = [
        params.model_copy(update={"plan": plan, "area": area})
        for plan in plans
        for area in _areas_of(plan, areas)
    ]
    as_of = day_of(params, date.today())
    reuse = "succeeded" if only_failed else "none" if force else "same"
    is_local = scheduler is None and workers is None
    finished = []
    with ExitStack() as stack:
        stack.callback(_archive, finished)

        @cache
        def opened():
            from sy_analysis.run.build import executor

            return stack.enter_context(executor(scheduler, workers))

        for one in chosen:
            day = f"{as_of}" if one.plan == plans[0] else f"{as_of}-{Path(one.plan).name}"
            folder = Path(reports) / _with_area(day, one.area)
            done = _run(one, as_of, folder, reuse, quiet, opened, is_local)
            finished.append(folder)
            yield done


def _areas_of(plan, areas):
    """Areas that are chosen for a plan: None for its own, each once, its own first."""
    if not areas:
        return [None]
    own = str(read_yaml(plan_folder(plan) / "plan.yaml").get("area"))
    names = [name for area in areas for name in (peers_of(own) if area == "all" else [chosen_area(area)])]
    return sorted(
        dict.fromkeys(None if name == own else name for name in names), key=lambda name: name is not None
    )


def _with_area(name, area):
    """A name with the code of the area of which a plan's targets are asked, where it is not the plan's own."""
    return f"{name}-{find_area(area).code}" if area else name


def _run(params, as_of, folder, reuse, quiet, opened, is_local):
    inputs = inputs_of(params, as_of, NOTEBOOKS)
    with _locked(folder.with_name(f".{folder.name}.lock")):
        restore_folder(folder)
        if _has_nothing_to_do(folder, inputs, reuse):
            _publish_tables(folder)
            return Run(folder, [], True)
        if is_local:
            warm_up()  # the kernels' process loads its libraries on one core while this one does on another
        sys.modules["rfc3987_syntax"] = (
            None  # a grammar that takes a second to load, to check addresses in JSON
        )
        from sy_analysis.run.build import make_report

        work = folder.with_name(f".{folder.name}.work")
        failures = make_report(params, as_of, NOTEBOOKS, work, folder, opened, reuse, quiet)
        replace_folder(work, folder)
        _publish_tables(folder)
    return Run(folder, failures, False)


def _has_nothing_to_do(folder, inputs, reuse):
    if reuse != "succeeded":
        return reuse == "same" and is_unchanged(folder, inputs)
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


def _archive(folders):
    """Write the archive of all runs once for all the reports that a command has finished."""
    if not all(map(_is_archived, folders)):
        from sy_analysis.report.pages import write_archive

        write_archive(folders[0].parent)


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
    """Bring the tables of a report to data/processed, where those of the plan's and area's last run are."""
    summary = read_summary(folder)
    target = PROCESSED / _with_area(summary["plan"], summary["parameters"]["area"])
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
