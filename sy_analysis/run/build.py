"""One report, made in a work folder: tables judged, notebooks executed or taken over, pages, workbook, brief."""

import json
import shutil
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

import nbformat
from papermill import inspect_notebook
from tqdm import tqdm

from sy_analysis.base.csv_text import write_table
from sy_analysis.base.errors import DataError, ParamsError
from sy_analysis.base.periods import quarter_end_before
from sy_analysis.base.writing import write_atomically, write_json
from sy_analysis.forecast.members import MODEL_VERSION
from sy_analysis.judge.assessments import assess_as_of
from sy_analysis.judge.other_areas import ask_of
from sy_analysis.judge.plan_checks import check_plan
from sy_analysis.record.plan import provenance, read_plan
from sy_analysis.record.selection import core_ids, core_names, extract_target, select_targets
from sy_analysis.report.brief import write_brief
from sy_analysis.report.pages import write_site
from sy_analysis.report.tables import count_statuses, verdict_text
from sy_analysis.report.workbook import write_workbook
from sy_analysis.run.manifest import (
    LOG,
    has_notebook,
    inputs_of,
    notebook_file,
    page_key,
    read_manifest,
    write_manifest,
)
from sy_analysis.run.preload import execute_here

INDICATOR = "2_indicator.ipynb"
VERDICTS = "verdicts.txt"


def make_report(params, as_of, notebooks, work, previous, opened, reuse="same", quiet=False):
    """Make a whole report in a work folder, in which a run that was killed may have left executed notebooks.

    Parameters
    ----------
    params : Params
    as_of : date
    notebooks : Path, their folder
    work : Path, the folder of the report while it is made
    previous : Path, the report to take executed notebooks over from
    opened : callable that gives what an `executor` does; only called when there is a notebook to execute
    reuse : str
        which executed notebooks are taken over: `same` (made from the same inputs), `succeeded` (all that did
        not fail in the previous report) or `none`.
    quiet : bool, no progress bar

    Returns
    -------
    list of str
        one line for each notebook that failed.

    Raises
    ------
    DataError, ParamsError
        before anything is published: for bad input, or when the inputs change while the notebooks are executed.
    """
    made_from = inputs_of(params, as_of, notebooks)
    published = read_plan(params.plan)
    plan = ask_of(published, params.area, as_of)
    pages = list(select_targets(plan, params.indicators or core_ids(plan))["target_id"])
    vintage = assess_as_of(plan, as_of, params.thresholds)
    jobs = notebook_jobs(params, as_of, notebooks, pages)
    if plan is not published:  # what these say is about the whole record and the plan's own text
        del jobs["4_trust"], jobs["5_plan"]
    for job in jobs.values():
        check_parameters(*job)
    _refuse_other_plan(previous, plan)
    keys = {name: _key(plan, as_of, made_from, *job) for name, job in jobs.items()}
    kept = _take_over(work, previous, keys, reuse)
    log = _log_to(work / LOG)
    log("start", **provenance(plan, as_of), parameters=made_from["parameters"])
    for name in kept:
        log("notebook", notebook=name, is_reused=True)

    def note(name, outcome):
        if inputs_of(params, as_of, notebooks) != made_from:
            raise DataError(["data or code changed during the run; nothing was published, please run again"])
        _strip(notebook_file(work, name))
        if not outcome.problem:
            kept[name] = keys[name]
            write_manifest(work, made_from, kept)
        facts = {"seconds": round(outcome.seconds, 2), "peak_mb": outcome.peak_mb and round(outcome.peak_mb)}
        log("notebook", notebook=name, is_reused=False, problem=outcome.problem, **facts)

    try:
        changed = {name: job for name, job in jobs.items() if name not in kept}
        failures = _execute(opened(), changed, work, note, quiet) if changed else []
        _write_results(plan, params, vintage, failures, work)
        # pages taken over as they were do not stand for the notebooks of today: the next run looks again
        is_current = all(key == keys[name] for name, key in kept.items())
        write_manifest(work, made_from if is_current else made_from | {"notebooks": {}}, kept)
    except BaseException as error:
        log("stopped", problem=f"{type(error).__name__}: {error}")
        raise
    log("end", failures=failures)
    return failures


def notebook_jobs(params, as_of, notebooks, pages):
    """Name of each page, with the notebook that makes it and its parameters."""
    common = {"plan": params.plan, "as_of": as_of.isoformat()}
    asked = {**common, "area": params.area or ""}
    judged = {**asked, **params.thresholds}
    return {
        "4_trust": (notebooks / "4_trust.ipynb", common),  # first, because it takes longest
        "3_attainment": (
            notebooks / "3_attainment.ipynb",
            {**judged, "previous_as_of": quarter_end_before(as_of).isoformat()},
        ),
        "1_record": (notebooks / "1_record.ipynb", asked),
        **{name: (notebooks / INDICATOR, {**judged, "indicator_id": name}) for name in pages},
        "5_plan": (notebooks / "5_plan.ipynb", common),
    }


def check_parameters(notebook, given):
    """Compare parameters with those that a notebook declares; papermill alone only warns.

    Raises
    ------
    ParamsError
        for a name that the notebook does not declare, or a value of another type.
    """
    declared = {name: facts["inferred_type_name"] for name, facts in inspect_notebook(str(notebook)).items()}
    problems = [
        f"{notebook.name} has no parameter {name}; it has {', '.join(declared)}"
        for name in given
        if name not in declared
    ]
    problems += [
        f"{notebook.name}: {name} is “{value}”; expected {declared[name]}"
        for name, value in given.items()
        if declared.get(name, "None") not in ("None", type(value).__name__)
    ]
    if problems:
        raise ParamsError("\n".join(problems))


def _refuse_other_plan(previous, plan):
    summary = previous / "run.json"
    if not summary.exists():
        return
    made_of = json.loads(summary.read_text(encoding="utf-8"))
    if (made_of["plan"], made_of.get("area", plan.area)) != (plan.plan_id, plan.area):
        raise ParamsError(f"{previous} holds a report of another plan; choose another folder with --reports")


def _key(plan, as_of, inputs, notebook, parameters):
    """A page about one indicator depends on what it may see, any other page on the whole plan folder."""
    is_extract = notebook.name == INDICATOR
    data = extract_target(plan, parameters["indicator_id"], as_of).data_hash if is_extract else inputs["data"]
    return page_key(inputs, notebook.name, parameters, data)


def _take_over(work, previous, keys, reuse):
    """Copy executed notebooks that need not run again into the work folder, and clear it of all else.

    Returns
    -------
    dict of name to key
    """
    made, published = read_manifest(work), read_manifest(previous)
    kept = {}
    for name, key in keys.items():
        target = notebook_file(work, name)
        if reuse == "none":
            continue
        if made["notebooks"].get(name) == key and has_notebook(work, made, name):
            kept[name] = key
        elif has_notebook(previous, published, name) and (
            reuse == "succeeded" or published["notebooks"][name] == key
        ):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(notebook_file(previous, name), target)
            kept[name] = published["notebooks"][name]
    _clear(work, {notebook_file(work, name) for name in kept} | {work / LOG})
    return kept


def _clear(folder, kept):
    for path in list(folder.rglob("*")):
        if not path.is_dir() and path not in kept:
            path.unlink()
    (folder / "notebooks").mkdir(parents=True, exist_ok=True)


def _log_to(path):
    """Function that appends one line of JSON to a run's log."""

    def log(event, **facts):
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts}
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    return log


@contextmanager
def executor(scheduler=None, workers=None):
    """What executes notebooks: forked kernels of this process, or a cluster, see `cluster.connect`."""
    if scheduler is None and workers is None:
        yield execute_here
        return
    from sy_analysis.run.cluster import connect, execute_there  # needs optional packages

    with connect(scheduler, workers) as client:
        yield partial(execute_there, client=client)


def _execute(execute, jobs, work, note, quiet):
    """Run notebooks, some at a time, each in a kernel of its own; one that fails hides no other."""
    located = {
        name: (notebook, notebook_file(work, name), parameters)
        for name, (notebook, parameters) in jobs.items()
    }
    is_silent = quiet or not sys.stderr.isatty()
    with tqdm(total=len(located), desc="notebooks", unit="nb", disable=is_silent) as progress:

        def done(name, outcome):
            note(name, outcome)
            progress.update()

        outcomes = execute(located, on_done=done)
    return [f"{name}: {outcome.problem}" for name, outcome in outcomes.items() if outcome.problem]


def _strip(path):
    """Take times, machine paths and random ids out of an executed notebook: equal inputs give equal bytes."""
    if not path.exists():
        return
    notebook = nbformat.read(path, as_version=4)
    for part in (notebook, *notebook.cells):
        part.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "injected-parameters"
    write_atomically(path, nbformat.writes(notebook))


def tables_of(plan, vintage):
    """The tables of a run by name, as they are written."""
    plain = vintage.evidence.drop(columns=["history", "changes", "months"])
    return {
        "observations": vintage.observations,
        "series": vintage.series,
        "evidence": plain,
        "forecasts": vintage.forecasts,
        "assessments": vintage.assessments,
        "findings": check_plan(plan),
    }


def write_tables(tables, folder):
    """Write tables by name as CSV files."""
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv")


def _write_results(plan, params, vintage, failures, work):
    """Write everything but the executed notebooks."""
    core = vintage.assessments[vintage.assessments["target_id"].isin(core_ids(plan))]
    summary = provenance(plan, vintage.as_of) | {
        "parameters": params.model_dump(mode="json"),
        "model": {"version": MODEL_VERSION, "seed": None},  # quantiles are computed, nothing is drawn
        "observations_known": len(vintage.observations),
        "plan_names": [plan.name_zh, plan.name_en],
        "core_targets": [[target_id, *names] for target_id, names in core_names(plan).items()],
        "core": count_statuses(core).to_dict("records"),
        "all_targets": count_statuses(vintage.assessments).to_dict("records"),
        "failures": failures,
    }
    write_json(summary, work / "run.json")
    write_tables(tables_of(plan, vintage), work)
    write_atomically(work / VERDICTS, verdict_text(core, plan.targets, plan.indicators, vintage.as_of))
    write_site(plan, vintage, params.thresholds, summary, work)
    write_workbook(plan, vintage, params.thresholds, work / "attainment.xlsx")
    write_brief(plan, vintage, params.thresholds, work / "brief.docx")
