"""Where a plan and its record are kept: one folder each, or one flat folder for both."""

import os
import re
from pathlib import Path

from sy_analysis.base.errors import DataError, shown
from sy_analysis.base.reading import read_yaml
from sy_analysis.base.writing import ROOT

RAW = ROOT / "data" / "raw"
ID = r"[A-Za-z][A-Za-z0-9_-]{0,39}"
# raw tables of a flat folder, and of a plan and its record in two folders
RAW_TABLES = ("indicators", "targets", "sources", "observations", "breaks", "reference_targets")
PLAN_TABLES = ("purposes", "targets", "reference_targets")
RECORD_TABLES = ("quantities", "sources", "observations", "breaks")


def plan_folder(plan: str | Path) -> Path:
    """Find the folder of a plan.

    Parameters
    ----------
    plan : str or Path
        name of a folder in data/raw/plans or data/raw, or a path. A path to a plan that has moved from data/raw to
        data/raw/plans leads there.

    Raises
    ------
    DataError
        when there is no such folder; the message lists the plans that exist.
    """
    path = Path(plan)
    moved = [RAW / "plans" / path.name] if path.absolute().parent == RAW else []
    for folder in (RAW / "plans" / path, RAW / path, path, *moved):
        if os.path.isfile(folder / "plan.yaml"):  # noqa: PTH113 pathlib's raises for a name too long or locked
            return folder
    files = *RAW.glob("plans/*/plan.yaml"), *RAW.glob("*/plan.yaml")
    known = ", ".join(sorted({file.parent.name for file in files})) or "none"
    problem = f"no plan.yaml in such a folder; plans in data/raw: {known}"
    raise DataError([f"{shown(str(plan), 80)}: {problem}"])


def record_folder(plan: str | Path) -> Path:
    """Find the folder of a plan's record.

    `plans/NAME/plan.yaml` names a record in `records/` beside `plans/`, or else in data/raw/records. A plan that
    names none is its own record.

    Raises
    ------
    DataError
        when there is no such plan or record; the message lists the records that exist.
    """
    folder = plan_folder(plan)
    try:
        name = read_yaml(folder / "plan.yaml").get("record")
    except DataError:
        if not (folder / "sources.csv").exists():
            raise
        name = None  # of a flat folder the reader lists this problem with all others
    if name is None:
        return folder
    if is_id(name) and (record := record_named(name, folder)).is_dir():
        return record
    found = sorted({path.name for shelf in _shelves(folder) for path in shelf.glob("*/")})
    known = ", ".join(found) or "none"
    expected = f"expected one of data/raw/records: {known}"
    raise DataError([f"plan.yaml: record is “{shown(str(name), 80)}”; {expected}"])


def record_named(name: str, folder: Path) -> Path:
    """Folder of a record that a plan in a folder names, or the folder where a new one belongs."""
    places = [shelf / name for shelf in _shelves(folder)]
    return next((place for place in places if place.is_dir()), places[0])


def _shelves(folder):
    return [folder.absolute().parent.parent / "records", RAW / "records"]


def input_folders(plan: str | Path) -> dict[str, Path]:
    """Folders that a plan is read from, by their place in a copy.

    The plan's own folder comes first. The places are `plans/NAME` and `records/NAME`, or `.` for a flat folder.
    """
    own, record = plan_folder(plan), record_folder(plan)
    return {".": own} if own == record else placed(own, record)


def placed(own: Path, record: Path) -> dict[str, Path]:
    """Folders of a plan and of its record, by their place in a copy."""
    return {f"plans/{own.name}": own, f"records/{record.name}": record}


def table_files(folders: dict[str, Path]) -> dict[str, Path]:
    """File of each raw table in the folders of a plan."""
    own, *record = folders.values()
    names = dict.fromkeys(PLAN_TABLES if record else RAW_TABLES, own)
    names |= dict.fromkeys(RECORD_TABLES, record[0]) if record else {}
    return {name: folder / file_name(name) for name, folder in names.items()}


def file_name(name: str) -> str:
    """File of a raw table; in two folders, both the purposes and the quantities are an indicators.csv."""
    return "indicators.csv" if name in ("purposes", "quantities") else f"{name}.csv"


def is_id(word: object) -> bool:
    """Whether a word can be an id, and so a part of a file's name.

    >>> is_id("P02"), is_id("../P02"), is_id("Р02")  # the last with a Cyrillic letter
    (True, False, False)
    """
    return isinstance(word, str) and bool(re.fullmatch(ID, word))
