"""Verify a report: compute its tables again and compare them byte for byte."""

import csv
import tempfile
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from sy_analysis.base.errors import ParamsError
from sy_analysis.record.plan import read_plan
from sy_analysis.report.data import assess
from sy_analysis.run.build import tables_of, write_tables
from sy_analysis.run.manifest import changes_since, damaged_files, inputs_of, read_manifest
from sy_analysis.run.params import Params
from sy_analysis.run.quarter import NOTEBOOKS

# key of each table
KEYS = {
    "observations": ("indicator_id", "area", "frequency", "period", "source_id"),
    "series": ("indicator_id", "area", "year"),
    "forecasts": ("target_id", "year", "quantile_level"),
    "findings": ("target_id", "check", "plan_lines"),
    **dict.fromkeys(("evidence", "assessments"), ("target_id",)),
}


class Verification(NamedTuple):
    """What `verify_report` found."""

    changed: list[str]  # inputs that are not what they were at the run
    damaged: list[str]  # files of the report that are not as they were written
    difference: str | None  # the first cell that differs
    tables: list[str]  # those compared


def verify_report(folder: Path) -> Verification:
    """Compute a report's tables again from the plan as it is now, with the parameters of the run.

    Parameters
    ----------
    folder : Path of the report

    Returns
    -------
    Verification

    Raises
    ------
    ParamsError
        when the folder is not a report.
    DataError
        when the plan can no longer be read.
    """
    manifest = read_manifest(folder)
    if not manifest["inputs"]:
        raise ParamsError(f"{folder}: no manifest.json that can be read; expected the folder of a report")
    params = Params(**manifest["inputs"]["parameters"])
    data = assess(read_plan(params.plan), params.as_of, area=params.area, thresholds=params.thresholds)
    tables = tables_of(data.plan, data.vintage)
    with tempfile.TemporaryDirectory() as again:
        write_tables(tables, Path(again))
        pairs = [(name, folder / f"{name}.csv", Path(again) / f"{name}.csv") for name in tables]
        difference = next(filter(None, (first_difference(*pair) for pair in pairs)), None)
    return Verification(
        changes_since(manifest["inputs"], inputs_of(params, params.as_of, NOTEBOOKS)),
        damaged_files(folder, manifest),
        difference,
        list(tables),
    )


def first_difference(name: str, stored: Path, recomputed: Path) -> str | None:
    """Describe the first cell in which two CSV files of one table differ; None if all bytes are equal."""
    if not stored.exists():
        return f"{name}.csv is missing"
    if stored.read_bytes() == recomputed.read_bytes():
        return None
    rows = zip_longest(_rows(stored), _rows(recomputed))
    before, now = next((pair for pair in rows if pair[0] != pair[1]), (None, None))
    if not (before or now):
        return f"{name}.csv: the same cells in other bytes, such as other line ends"
    if not (before and now):
        which = "no" if before else "an additional"
        return f"{name}.csv, {_key(name, before or now)}: recomputed as {which} row"
    key, recomputed_key = _key(name, before), _key(name, now)
    if key != recomputed_key:
        return f"{name}.csv: stored row {key}, recomputed row {recomputed_key}"
    column = next(column for column in {**now, **before} if before.get(column) != now.get(column))
    old, new = before.get(column), now.get(column)
    return f"{name}.csv, {key}, column {column}: stored “{old}”, recomputed “{new}”"


def _rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _key(name, row):
    return " ".join(str(row.get(column)) for column in KEYS[name])
