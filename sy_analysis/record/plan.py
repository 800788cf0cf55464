"""Read and write a plan folder."""

import os
import platform
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from sy_analysis.base.csv_text import read_text_table
from sy_analysis.base.errors import DataError, is_hidden, shown
from sy_analysis.base.reading import file_of, hash_files, read_utf8, read_yaml
from sy_analysis.base.writing import ROOT, write_atomically
from sy_analysis.record.checks import check_tables
from sy_analysis.record.schema import EXPECTED_ID, RAW_TABLES, columns, is_id

AREAS = Path(__file__).with_name("areas.csv")
PLAN_KEYS = ("plan_id", "name_zh", "name_en", "area", "baseline_year", "target_year")


class Plan(NamedTuple):
    """One plan folder, read and checked."""

    plan_id: str
    name_zh: str
    name_en: str
    area: str
    baseline_year: int
    target_year: int
    indicators: pd.DataFrame
    targets: pd.DataFrame
    sources: pd.DataFrame
    observations: pd.DataFrame
    breaks: pd.DataFrame
    reference_targets: pd.DataFrame
    notes: pd.DataFrame  # text cells of plan_notes.csv, empty without the file
    lines: list[str]  # of plan.txt, empty without the file
    data_hash: str


def read_plan(plan="shaoyang-2021-2025"):
    """Read and check a plan folder; one that this process has just read, and that has not changed, is at hand.

    Parameters
    ----------
    plan : str or Path
        name of a folder in data/raw, or a path to a folder.

    Returns
    -------
    Plan
        its tables indexed by the line of each row, every area under the name that the record uses (areas.csv);
        `data_hash` identifies the bytes that were read. What the caller does to them reaches no other caller.

    Raises
    ------
    DataError
        with all that is wrong in all its files.
    """
    folder = plan_folder(plan)
    data_hash, _ = _collect(_hash_of, folder)  # of a file that cannot be read, the reader says all
    kept = _read_plan(folder, data_hash)
    tables = {
        name: value.copy(deep=False) for name, value in kept._asdict().items() if hasattr(value, "columns")
    }
    return kept._replace(**tables, lines=list(kept.lines))


def _hash_of(folder):
    names = ["plan.yaml", *(f"{name}.csv" for name in RAW_TABLES), "plan.txt", "plan_notes.csv"]
    return hash_files(file_of(folder, name) for name in names if (folder / name).is_file())


@lru_cache(maxsize=1)  # a plan may fill gigabytes
def _read_plan(folder, data_hash):
    facts, problems = _collect(_read_facts, folder / "plan.yaml")
    texts, names = {}, _record_names()
    for name in RAW_TABLES:
        text, more = _collect(read_text_table, folder / f"{name}.csv")
        problems += more
        texts |= {} if more else {name: _renamed(text, names)}
    tables, more = _collect(check_tables, texts, {name: f"{name}.csv" for name in RAW_TABLES})
    problems += more
    text, notes = folder / "plan.txt", folder / "plan_notes.csv"
    lines, more = _collect(read_utf8, text) if text.exists() else ("", [])
    problems += more
    noted, more = _collect(read_text_table, notes) if notes.exists() else (pd.DataFrame(), [])
    if problems + more:
        raise DataError(problems + more)
    if _hash_of(folder) != data_hash:
        raise DataError([f"{folder.name}: changed while it was read; please read it again"])
    return Plan(**facts, **tables, notes=noted, lines=lines.splitlines(), data_hash=data_hash)


def _record_names():
    """Official names of areas, each with the one that the record uses."""
    register = read_text_table(AREAS).query("official_name != ''")
    return dict(register[["official_name", "name"]].to_numpy())


def _renamed(text, names):
    """The table with every area that is printed under its official name under the one that the record uses.

    A folder made before families had this name calls that column of the indicators kind.
    """
    text = text.rename(columns={"kind": "family"}) if "direction" in text else text
    return text.assign(area=text["area"].map(lambda name: names.get(name, name))) if "area" in text else text


def _collect(read, *arguments):
    """What a reader gives, and the problems that it raises instead."""
    try:
        return read(*arguments), []
    except DataError as error:
        return None, error.problems


def _read_facts(path):
    facts = read_yaml(path)
    problems = [f"{path.name}: “{key}” is missing" for key in PLAN_KEYS if key not in facts]
    problems += [
        f"{path.name}: “{key}” is not expected; expected {', '.join(PLAN_KEYS)}"
        for key in facts
        if key not in PLAN_KEYS
    ]
    problems += [
        f"{path.name}: {key} is “{shown(str(facts[key]), 80)}”; expected {expected}"
        for key, (expected, is_good) in _PLAN_FACTS.items()
        if key in facts and not is_good(facts[key])
    ]
    if problems:
        raise DataError(problems)
    return facts


def _is_name(fact):
    return isinstance(fact, str) and 0 < len(fact.strip()) <= 200 and not any(map(is_hidden, fact))


def _is_year(fact):
    return type(fact) is int and 1900 <= fact < 2200


# the id becomes the name of a folder
_PLAN_FACTS = {
    "plan_id": (EXPECTED_ID, lambda fact: isinstance(fact, str) and is_id(fact)),
    **dict.fromkeys(("name_zh", "name_en", "area"), ("a name of at most 200 characters", _is_name)),
    **dict.fromkeys(("baseline_year", "target_year"), ("a year", _is_year)),
}


def write_plan(folder, facts, tables):
    """Start a plan folder: plan.yaml and the raw tables, those that are not given with their header only.

    Parameters
    ----------
    folder : Path, that of the new plan
    facts : dict with `PLAN_KEYS`
    tables : dict of table name to DataFrame
        columns that are not given, and missing cells, are blank; true and false are words, as in the files.

    Raises
    ------
    DataError
        for a folder that holds a plan: what is on record is never overwritten.
    """
    import yaml

    if (folder / "plan.yaml").exists():
        raise DataError([f"{folder.name}: holds a plan; expected a new folder"])
    for name in RAW_TABLES:
        table = tables.get(name, pd.DataFrame()).reindex(columns=columns(name))
        write_atomically(folder / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
    write_atomically(folder / "plan.yaml", yaml.safe_dump(facts, allow_unicode=True, sort_keys=False))


def provenance(plan, as_of):
    """What a page was made from: plan, vintage, bytes of the data and versions of the packages.

    Returns
    -------
    dict
        plan, area, as_of, data_sha256 and versions (of Python, this package and those that compute).
    """
    return {
        "plan": plan.plan_id,
        "area": plan.area,
        "as_of": str(as_of),
        "data_sha256": plan.data_hash,
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("sy-analysis", "pandas", "numpy", "statsmodels")},
        },
    }


PLANS = ROOT / "data" / "raw"


def plan_folder(plan):
    """Folder of a plan: a path as given, or a name under data/raw.

    Raises
    ------
    DataError
        when there is no such folder; the message lists the plans that exist.
    """
    for folder in (PLANS / str(plan), Path(plan)):
        if os.path.isfile(folder / "plan.yaml"):  # noqa: PTH113 pathlib's raises for a name too long or locked
            return folder
    known = sorted(path.parent.name for path in PLANS.glob("*/plan.yaml"))
    raise DataError(
        [
            f"{shown(str(plan), 80)}: no plan.yaml in such a folder; plans in data/raw: {', '.join(known) or 'none'}"
        ]
    )
