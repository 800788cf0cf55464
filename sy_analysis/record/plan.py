"""Read and write a plan and its record."""

import platform
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from sy_analysis.base.csv_text import read_text_table
from sy_analysis.base.errors import DataError, is_hidden, shown
from sy_analysis.base.reading import file_of, hash_files, read_utf8, read_yaml
from sy_analysis.base.writing import write_atomically
from sy_analysis.record import folders as places
from sy_analysis.record.areas import register
from sy_analysis.record.checks import check_tables
from sy_analysis.record.schema import EXPECTED_ID, columns


class Plan(NamedTuple):
    """One plan with its record, read and checked."""

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


def read_plan(plan: str | Path = "shaoyang-2021-2025") -> Plan:
    """Read and check a plan and its record, from memory if neither has changed since the last reading.

    Parameters
    ----------
    plan : str or Path
        name of a folder in data/raw/plans, or a path to a plan folder.

    Returns
    -------
    Plan
        its tables indexed by the line of each row, every area under the name that the record uses (areas.csv).
        An indicator of the record that the plan does not list has the role context. `data_hash` identifies the
        bytes that were read. Each call returns its own tables, which the caller may change.

    Raises
    ------
    DataError
        with every problem of every file.

    Examples
    --------
    >>> plan = read_plan("shaoyang-2021-2025")
    >>> plan.area, plan.target_year, len(plan.targets)
    ('邵阳市', 2025, 60)
    """
    folders = tuple(places.input_folders(plan).items())
    data_hash = _collect([], _hash_of, dict(folders))  # the reader lists what cannot be read
    cached = _read_plan(folders, data_hash)
    tables = {
        name: value.copy(deep=False) for name, value in cached._asdict().items() if hasattr(value, "columns")
    }
    return cached._replace(**tables, lines=list(cached.lines))


def _hash_of(folders):
    own = next(iter(folders.values()))
    files = [own / name for name in ("plan.yaml", "plan.txt", "plan_notes.csv")]
    files += places.table_files(folders).values()
    return hash_files(file_of(file.parent, file.name) for file in files if file.is_file())


@lru_cache(maxsize=1)  # a plan may fill gigabytes
def _read_plan(folders, data_hash):
    folders = dict(folders)
    own = next(iter(folders.values()))
    text, notes, problems = own / "plan.txt", own / "plan_notes.csv", []
    facts = _collect(problems, _read_facts, own / "plan.yaml")
    tables = _collect(problems, _read_tables, folders)
    lines = _collect(problems, read_utf8, text) if text.exists() else ""
    noted = _collect(problems, read_text_table, notes) if notes.exists() else pd.DataFrame()
    if problems:
        raise DataError(problems)
    if _hash_of(folders) != data_hash:
        raise DataError([f"{own.name}: changed while it was read; please read it again"])
    return Plan(**facts, **tables, notes=noted, lines=lines.splitlines(), data_hash=data_hash)


def _read_tables(folders):
    """Read and check the raw tables, with all their problems at once."""
    files, texts, problems = places.table_files(folders), {}, []
    official = {row["official_name"]: row["name"] for row in register() if row["official_name"]}
    # in two folders messages name a file with its place, such as records/hunan/sources.csv
    place_of = {folder: place for place, folder in folders.items()}
    labels = {name: (Path(place_of[file.parent]) / file.name).as_posix() for name, file in files.items()}
    for name, file in files.items():
        try:
            texts[name] = _renamed(read_text_table(file), official)
        except DataError as error:
            # both folders have an indicators.csv
            problems += [f"{labels[name].removesuffix(file.name)}{problem}" for problem in error.problems]
    tables = _collect(problems, check_tables, texts, labels)
    if problems:
        raise DataError(problems)
    if "purposes" in tables:
        tables["indicators"] = with_purposes(tables.pop("quantities"), tables.pop("purposes"))
    return tables


def with_purposes(quantities: pd.DataFrame, purposes: pd.DataFrame) -> pd.DataFrame:
    """Join a record's indicators with what a plan uses them for; those that it does not list are context."""
    purpose = purposes.set_index("indicator_id").reindex(quantities["indicator_id"])
    role, relates_to = purpose["role"].fillna("context"), purpose["relates_to"].fillna("")
    joined = quantities.assign(role=role.to_numpy(), relates_to=relates_to.to_numpy())
    return joined[columns("indicators")]


def _renamed(text, official):
    """Rename the areas that are printed under their official names as the record does.

    A folder made before families had this name calls that column of the indicators kind.
    """
    text = text.rename(columns={"kind": "family"}) if "direction" in text else text
    return (
        text.assign(area=text["area"].map(lambda name: official.get(name, name))) if "area" in text else text
    )


def _collect(problems, read, *arguments):
    """Return what a reader returns, or nothing and add the problems that it raises."""
    try:
        return read(*arguments)
    except DataError as error:
        problems += error.problems


def _read_facts(path):
    facts = read_yaml(path)
    facts.pop("record", None)  # `record_folder` reads and checks it
    unknown = [key for key in facts if key not in PLAN_KEYS]
    problems = [f"“{key}” is missing" for key in PLAN_KEYS if key not in facts]
    problems += [f"“{key}” is not expected; expected {', '.join(PLAN_KEYS)}" for key in unknown]
    problems += [
        f"{key} is “{shown(str(facts[key]), 80)}”; expected {expected}"
        for key, (expected, is_good) in _PLAN_FACTS.items()
        if key in facts and not is_good(facts[key])
    ]
    if problems:
        raise DataError(f"{path.name}: {problem}" for problem in problems)
    return facts


def _is_name(fact):
    return isinstance(fact, str) and 0 < len(fact.strip()) <= 200 and not any(map(is_hidden, fact))


def _is_year(fact):
    return type(fact) is int and 1900 <= fact < 2200


# the id becomes the name of a folder
_PLAN_FACTS = {
    "plan_id": (EXPECTED_ID, places.is_id),
    **dict.fromkeys(("name_zh", "name_en", "area"), ("a name of at most 200 characters", _is_name)),
    **dict.fromkeys(("baseline_year", "target_year"), ("a year", _is_year)),
}
PLAN_KEYS = tuple(_PLAN_FACTS)


def write_plan(folder: Path, facts: dict, tables: dict[str, pd.DataFrame]) -> None:
    """Start a plan: plan.yaml and the raw tables.

    Parameters
    ----------
    folder : Path, that of the new plan
    facts : dict with `PLAN_KEYS`
        and, for a plan that has its record in another folder, `record`. A record that does not exist is started in
        `records/` beside `plans/`.
    tables : dict of table name to DataFrame
        a table that is not given is written with its header only. Columns that are not given, and missing cells, are
        blank. True and false are words, as in the files.

    Raises
    ------
    DataError
        for a folder that holds a plan, or tables of a record that exists: what is on record is never overwritten.
    """
    import yaml

    if (folder / "plan.yaml").exists():
        raise DataError([f"{folder.name}: holds a plan; expected a new folder"])
    record = places.record_named(facts["record"], folder) if "record" in facts else folder
    folders = {".": folder} if record == folder else places.placed(folder, record)
    is_new = not record.exists() or record == folder
    if not is_new and set(tables) & set(places.RECORD_TABLES):
        raise DataError([f"{record.name}: holds a record; expected tables of the plan only"])
    for name, file in places.table_files(folders).items():
        if is_new or name in places.PLAN_TABLES:
            table = tables.get(file.stem, pd.DataFrame()).reindex(columns=columns(name))
            write_atomically(file, table.to_csv(index=False, lineterminator="\n"))
    write_atomically(folder / "plan.yaml", yaml.safe_dump(facts, allow_unicode=True, sort_keys=False))


def provenance(plan: Plan, as_of: date) -> dict:
    """What a page was made from: plan, vintage, bytes of the data and versions of the packages.

    Returns
    -------
    dict
        plan, area, as_of, data_sha256 and versions (of Python, this package and those that compute).
    """
    packages = ("sy-analysis", "pandas", "numpy", "statsmodels")
    return {
        "plan": plan.plan_id,
        "area": plan.area,
        "as_of": str(as_of),
        "data_sha256": plan.data_hash,
        "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
    }
