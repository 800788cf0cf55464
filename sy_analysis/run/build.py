"""Build one report in a work folder: tables, notebooks executed or reused, pages, workbook, brief."""

import json
import shutil
import sys
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import nbformat
import pandas as pd
from papermill import inspect_notebook
from tqdm import tqdm

from sy_analysis.base.csv_text import write_table
from sy_analysis.base.errors import DataError, ParamsError
from sy_analysis.base.writing import write_atomically, write_json
from sy_analysis.forecast.members import MODEL_VERSION
from sy_analysis.judge.assessments import Vintage
from sy_analysis.judge.plan_checks import check_plan
from sy_analysis.record.plan import Plan, provenance, read_plan
from sy_analysis.record.selection import core_names, extract_target, select_targets
from sy_analysis.report.brief.drawing import write_brief
from sy_analysis.report.data import ReportData, assess
from sy_analysis.report.markup import rendered
from sy_analysis.report.pages import write_site
from sy_analysis.report.rows import count_statuses
from sy_analysis.report.tables import verdict_text
from sy_analysis.report.workbook import write_workbook
from sy_analysis.run import manifest
from sy_analysis.run.params import Execution, Params


def make_report(
    params: Params,
    as_of: date,
    notebooks: Path,
    work: Path,
    previous: Path,
    execution: Execution,
    opened: Callable,
) -> list[str]:
    """Build one report in a work folder: compute tables, run or reuse notebooks, write pages and files.

    Parameters
    ----------
    notebooks : folder of the notebooks
    work : folder of the report while it is made, where a run that was killed may have left executed notebooks
    previous : the report whose executed notebooks may be reused
    execution : which executed notebooks are reused, and whether there is a progress bar
    opened : returns the function that executes notebooks, and is only called when there is one to execute

    Returns
    -------
    list of str
        one line for each notebook that failed.

    Raises
    ------
    DataError, ParamsError
        before anything is published: for bad input, or when the inputs change while the notebooks are executed.
    """
    inputs_now = partial(manifest.inputs_of, params, as_of, notebooks)
    inputs = inputs_now()
    data = assess(read_plan(params.plan), as_of, area=params.area, thresholds=params.thresholds)
    jobs = notebook_jobs(params, data, notebooks)
    for job in jobs.values():
        check_parameters(*job)
    _refuse_other_plan(previous, data.plan)
    keys = {name: _key(data, inputs, *job) for name, job in jobs.items()}
    tables = tables_of(data.plan, data.vintage)
    kept = _reuse_notebooks(work, previous, keys, execution.reuse)
    with _log_to(work / manifest.LOG, data, inputs, kept) as log:
        note = partial(_note, log, work, inputs_now, inputs, keys, kept)
        changed = {
            name: (notebook, manifest.notebook_file(work, name), given)
            for name, (notebook, given) in jobs.items()
            if name not in kept
        }
        failures = _execute(opened, changed, note, execution.is_quiet)
        write_tables(tables, work)
        _write_results(data, params, failures, work)
        # reused pages may be of older notebooks, which the next run has to find out
        is_current = all(key == keys[name] for name, key in kept.items())
        manifest.write_manifest(work, inputs if is_current else inputs | {"notebooks": {}}, kept)
        log("end", failures=failures)
    return failures


def notebook_jobs(params: Params, data: ReportData, notebooks: Path) -> dict[str, tuple[Path, dict]]:
    """Name of each page, with the notebook that makes it and its parameters."""
    pages = select_targets(data.plan, params.indicators or data.core_ids)["target_id"]
    common = {"plan": params.plan, "as_of": data.as_of.isoformat()}
    asked = {**common, "area": params.area or ""}
    judged = {**asked, **params.thresholds}
    jobs = {
        "4_trust": common,  # first, because it takes longest
        "3_attainment": {**judged, "previous_as_of": data.since.isoformat()},
        "1_record": asked,
        **{name: {**judged, "indicator_id": name} for name in pages},
        "5_plan": common,
    }
    if data.is_asked:  # the two are about the whole record and the plan's own text
        del jobs["4_trust"], jobs["5_plan"]
    files = {name: f"{name}.ipynb" for name in jobs} | dict.fromkeys(pages, "2_indicator.ipynb")
    return {name: (notebooks / files[name], given) for name, given in jobs.items()}


def check_parameters(notebook: Path, given: dict) -> None:
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
    if not (previous / "run.json").exists():
        return
    made_of = manifest.read_summary(previous)
    if (made_of["plan"], made_of.get("area", plan.area)) != (plan.plan_id, plan.area):
        raise ParamsError(f"{previous} holds a report of another plan; choose another folder with --reports")


def _key(data, inputs, notebook, parameters):
    """Key of a page: one about an indicator depends on what it may use, any other on the whole plan folder."""
    used = inputs["data"]
    if "indicator_id" in parameters:
        used = extract_target(data.plan, parameters["indicator_id"], data.record.observations).data_hash
    return manifest.page_key(inputs, notebook.name, parameters, used)


def _reuse_notebooks(work, previous, keys, reuse):
    """Copy executed notebooks that need not run again into the work folder, and clear it of all else.

    Returns
    -------
    dict of name to key
    """
    made, published = manifest.read_manifest(work), manifest.read_manifest(previous)
    (work / "notebooks").mkdir(parents=True, exist_ok=True)
    kept = {}
    for name, key in keys.items() if reuse != "none" else ():
        if made["notebooks"].get(name) == key and manifest.has_notebook(work, made, name):
            kept[name] = key
        elif manifest.has_notebook(previous, published, name) and (
            reuse == "succeeded" or published["notebooks"][name] == key
        ):
            shutil.copyfile(manifest.notebook_file(previous, name), manifest.notebook_file(work, name))
            kept[name] = published["notebooks"][name]
    current = {manifest.notebook_file(work, name) for name in kept} | {work / manifest.LOG}
    for path in list(work.rglob("*")):
        if not path.is_dir() and path not in current:
            path.unlink()
    return kept


@contextmanager
def _log_to(path, data, inputs, kept):
    """Log a run as lines of JSON: its start and what stopped it; yields the function that adds a line."""

    def log(event, **facts):
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts}
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    log("start", **provenance(data.plan, data.as_of), parameters=inputs["parameters"])
    for name in kept:
        log("notebook", notebook=name, is_reused=True)
    try:
        yield log
    except BaseException as error:
        log("stopped", problem=f"{type(error).__name__}: {error}")
        raise


def _execute(opened, jobs, note, quiet):
    """Run notebooks, some at a time, each in its own kernel; one that fails does not stop the others."""
    if not jobs:
        return []
    is_silent = quiet or not sys.stderr.isatty()
    with tqdm(total=len(jobs), desc="notebooks", unit="nb", disable=is_silent) as progress:

        def done(name, outcome):
            note(name, outcome)
            progress.update()

        outcomes = opened()(jobs, on_done=done)
    return [f"{name}: {outcome.problem}" for name, outcome in outcomes.items() if outcome.problem]


def _note(log, work, inputs_now, inputs, keys, kept, name, outcome):
    """Keep an executed notebook, unless its inputs have changed meanwhile."""
    if inputs_now() != inputs:
        raise DataError(["data or code changed during the run; nothing was published, please run again"])
    _strip(manifest.notebook_file(work, name))
    if not outcome.problem:
        kept[name] = keys[name]
        manifest.write_manifest(work, inputs, kept)
        rendered(manifest.notebook_file(work, name).read_text(encoding="utf-8"))
    facts = {"seconds": round(outcome.seconds, 2), "peak_mb": outcome.peak_mb and round(outcome.peak_mb)}
    log("notebook", notebook=name, is_reused=False, problem=outcome.problem, **facts)


def _strip(path):
    """Remove times, machine paths and random ids, so that equal inputs give equal bytes."""
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


def tables_of(plan: Plan, vintage: Vintage) -> dict[str, pd.DataFrame]:
    """The tables of a run by name, as they are written."""
    return {
        "observations": vintage.observations,
        "series": vintage.series,
        "evidence": vintage.evidence.drop(columns=["history", "changes", "months"]),
        "forecasts": vintage.forecasts,
        "assessments": vintage.assessments,
        "findings": check_plan(plan),
    }


def write_tables(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write tables by name as CSV files."""
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv")


def _write_results(data, params, failures, work):
    """Write run.json, the verdicts as text, pages, workbook and brief."""
    summary = _summary(data, params, failures)
    write_json(summary, work / "run.json")
    text = verdict_text(data.core, data.plan.targets, data.plan.indicators, data.as_of)
    write_atomically(work / "verdicts.txt", text)
    write_site(data, summary, work)
    write_workbook(data, work / "attainment.xlsx")
    write_brief(data, work / "brief.docx")


def _summary(data, params, failures):
    """Content of run.json."""
    plan = data.plan
    return provenance(plan, data.as_of) | {
        "parameters": params.model_dump(mode="json"),
        "model": {"version": MODEL_VERSION, "seed": None},  # quantiles are computed, nothing is drawn
        "observations_known": len(data.record.observations),
        "plan_names": [plan.name_zh, plan.name_en],
        "core_targets": [[target_id, *names] for target_id, names in core_names(plan).items()],
        "core": count_statuses(data.core).to_dict("records"),
        "all_targets": count_statuses(data.vintage.assessments).to_dict("records"),
        "failures": failures,
    }
