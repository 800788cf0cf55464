"""The scheduled run: parameters in, judged tables, executed notebooks and pages out."""

import json
import shutil
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import NamedTuple

import yaml
from papermill import inspect_notebook
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from tqdm import tqdm

from sy_analysis.brief import write_brief
from sy_analysis.errors import ParamsError
from sy_analysis.forecasts import MODEL_VERSION
from sy_analysis.io import ROOT, Plan, provenance, read_plan, write_json, write_table
from sy_analysis.kernels import execute_notebooks
from sy_analysis.plan_checks import check_plan
from sy_analysis.site import write_archive, write_site
from sy_analysis.tables import count_statuses
from sy_analysis.vintage import (
    Vintage,
    assess_as_of,
    core_ids,
    core_names,
    quarter_end_before,
    select_targets,
    thresholds_of,
)
from sy_analysis.workbook import write_workbook

NOTEBOOKS = ROOT / "notebooks"
WORKERS = 2


class Params(BaseModel):
    """Choices of a run; an unknown name or an ill-typed value is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    plan: str
    as_of: date | None = Field(default=None, strict=False)
    indicators: tuple[str, ...] | None = Field(default=None, strict=False)
    on_track_binding: float = Field(default=0.8, ge=0, le=1)
    on_track_expected: float = Field(default=0.66, ge=0, le=1)
    off_track: float = Field(default=0.33, ge=0, le=1)

    @model_validator(mode="after")
    def _thresholds_rise(self):
        thresholds_of(self.on_track_binding, self.on_track_expected, self.off_track)
        return self

    @property
    def thresholds(self):
        return thresholds_of(self.on_track_binding, self.on_track_expected, self.off_track)


class Run(NamedTuple):
    """What a run did: the judged vintage, the report's folder, one line for each notebook that failed."""

    plan: Plan
    vintage: Vintage
    folder: Path
    failures: list[str]


def read_params(path, **overrides):
    """Parameters of a run from a YAML file, with those given on the command line instead.

    Raises
    ------
    ParamsError
        with every unknown name and every value of the wrong type or range.
    """
    path = Path(path)
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ParamsError(f"{path}: cannot be read: {error}") from None
    if not isinstance(given, dict):
        raise ParamsError(f"{path}: expected lines such as “plan: shaoyang-2021-2025”")
    given |= {name: value for name, value in overrides.items() if value}
    try:
        return Params(**given)
    except ValidationError as error:
        lines = [f"{path}: {_where(e)}{e['msg']}" for e in error.errors()]
        raise ParamsError(
            "\n".join([*lines, f"known parameters: {', '.join(Params.model_fields)}"])
        ) from None
    except TypeError as error:
        raise ParamsError(f"{path}: {error}") from None


def _where(error):
    name = ".".join(str(part) for part in error["loc"])
    return f"{name} is “{error['input']}”: " if name else ""


def run_quarter(params, reports=ROOT / "reports"):
    """Judge the plan, write its tables, execute the notebooks and render the pages.

    Parameters
    ----------
    params : Params
    reports : folder in which a folder named by as_of is made

    Returns
    -------
    Run

    Raises
    ------
    DataError, ParamsError
        before anything is written.
    """
    plan = read_plan(params.plan)
    as_of = day_of(params, date.today())  # the only use of the clock
    pages = list(select_targets(plan, params.indicators or core_ids(plan))["target_id"])
    vintage = assess_as_of(plan, as_of, params.thresholds)
    tables = tables_of(plan, vintage)
    jobs = notebook_jobs(params, as_of, pages)
    for job in jobs.values():
        check_parameters(*job)
    folder = Path(reports) / as_of.isoformat()
    _refuse_other_plan(folder, plan)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{as_of}.") as scratch:
        scratch = Path(scratch) / "report"
        _write_tables(tables, scratch)
        failures = _execute(jobs, scratch)
        summary = _summary(plan, params, vintage, core_ids(plan), failures)
        write_json(summary, scratch / "run.json")
        write_site(plan, vintage, params.thresholds, summary, scratch)
        write_workbook(plan, vintage, params.thresholds, scratch / "attainment.xlsx")
        write_brief(plan, vintage, params.thresholds, scratch / "brief.docx")
        _publish(scratch, folder)
    write_archive(folder.parent)
    _write_tables(tables, ROOT / "data" / "processed" / plan.plan_id)
    return Run(plan, vintage, folder, failures)


def day_of(params, today):
    """The day of the vintage: as given, or the end of the last quarter that was over by today."""
    return params.as_of or quarter_end_before(today)


def notebook_jobs(params, as_of, pages):
    """Name of each page, with the notebook that makes it and its parameters."""
    common = {"plan": params.plan, "as_of": as_of.isoformat()}
    judged = {**common, **params.thresholds}
    return {
        "4_trust": (NOTEBOOKS / "4_trust.ipynb", common),  # first, because it takes longest
        "1_record": (NOTEBOOKS / "1_record.ipynb", common),
        **{name: (NOTEBOOKS / "2_indicator.ipynb", {**judged, "indicator_id": name}) for name in pages},
        "3_attainment": (
            NOTEBOOKS / "3_attainment.ipynb",
            {**judged, "previous_as_of": quarter_end_before(as_of).isoformat()},
        ),
        "5_plan": (NOTEBOOKS / "5_plan.ipynb", common),
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


def _refuse_other_plan(folder, plan):
    previous = folder / "run.json"
    if previous.exists() and json.loads(previous.read_text(encoding="utf-8"))["plan"] != plan.plan_id:
        raise ParamsError(f"{folder} holds a report of another plan; choose another folder with --reports")


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


def _write_tables(tables, folder):
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv")


def _execute(jobs, folder):
    """Run the notebooks, some at a time, each in a kernel of its own; one that fails hides no other."""
    (folder / "notebooks").mkdir(parents=True, exist_ok=True)
    located = {
        name: (notebook, folder / "notebooks" / f"{name}.ipynb", parameters)
        for name, (notebook, parameters) in jobs.items()
    }
    with tqdm(total=len(located), desc="notebooks", unit="nb", disable=not sys.stderr.isatty()) as progress:
        outcomes = execute_notebooks(located, WORKERS, on_done=lambda *_: progress.update())
    return [f"{name}: {outcome.problem}" for name, outcome in outcomes.items() if outcome.problem]


def _summary(plan, params, vintage, core, failures):
    judged = vintage.assessments[vintage.assessments["target_id"].isin(core)]
    return provenance(plan, vintage.as_of) | {
        "parameters": params.model_dump(mode="json"),
        "model": {"version": MODEL_VERSION, "seed": None},  # quantiles are computed, nothing is drawn
        "observations_known": len(vintage.observations),
        "plan_names": [plan.name_zh, plan.name_en],
        "core_targets": [[target_id, *names] for target_id, names in core_names(plan).items()],
        "core": count_statuses(judged).to_dict("records"),
        "all_targets": count_statuses(vintage.assessments).to_dict("records"),
        "failures": failures,
    }


def _publish(scratch, folder):
    """Put the finished report in place of the previous one, which stays until this one is whole."""
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.replace(old)
    scratch.replace(folder)
    shutil.rmtree(old, ignore_errors=True)
