"""The tables of a record that the intake adds to, all together or none.

These are sources.csv (one row a file), observations.csv (what passed), provenance.csv (where each figure stands and
how it was read) and quarantine.csv (what is held back). Rows are only ever appended: existing bytes stay.
"""

import csv
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sy_analysis.base.csv_text import neutralise, read_text_table
from sy_analysis.base.errors import DataError
from sy_analysis.base.reading import read_bytes
from sy_analysis.base.writing import write_atomically
from sy_analysis.intake.words import columns_of, message
from sy_analysis.record.folders import input_folders, plan_folder, record_folder, table_files
from sy_analysis.record.plan import read_plan
from sy_analysis.record.schema import columns

PROVENANCE = columns_of("provenance")
QUARANTINE = columns_of("quarantine")
ADDED_TABLES = {"provenance": PROVENANCE, "quarantine": QUARANTINE}


def rows_of(path: Path, expected: Sequence[str] = ()) -> list[dict[str, str]]:
    """Read rows of a CSV file as dicts of text, none where there is no such file.

    Parameters
    ----------
    path : Path
    expected : sequence of str, optional
        columns that it must have.

    Raises
    ------
    DataError
        as for `read_text_table`, and for a missing column.
    """
    if not path.exists():
        return []
    table = read_text_table(path)
    missing = [name for name in expected if name not in table]
    if missing:
        raise DataError([f"{path.name}: column “{name}” is missing" for name in missing])
    return table.to_dict("records")


def added_table(plan: str | Path, name: str) -> pd.DataFrame:
    """Read provenance or quarantine of a plan's record as text, empty where there is no such file yet."""
    rows = rows_of(record_folder(plan) / f"{name}.csv", ADDED_TABLES[name])
    return pd.DataFrame(rows, columns=list(ADDED_TABLES[name]), dtype=str)


def write_rows(plan: str | Path, added: dict[str, list[dict]]) -> None:
    """Append rows to tables of a plan's record, all or nothing.

    The new tables are first read back in a copy of the folders, with all checks of the record. When writing
    one of them fails, those already written are put back.

    Parameters
    ----------
    plan : str or Path
    added : dict of table name to list of dict
        the names are sources, observations, provenance and quarantine. Cells of other columns are left out.

    Raises
    ------
    DataError
        when the result would not be a valid record, and then nothing is changed.
    """
    folder = record_folder(plan)
    # observations come last: until they are there, the other rows point at nothing and do no harm
    order = [name for name in ("sources", "provenance", "quarantine", "observations") if added.get(name)]
    paths = {name: folder / f"{name}.csv" for name in order}
    before = {name: _bytes_of(path) for name, path in paths.items()}
    after = {name: _appended(name, before[name], added[name]) for name in order}
    _check_copy(plan, after)
    changed = [f"{name}.csv" for name in order if _bytes_of(paths[name]) != before[name]]
    if changed:
        raise DataError([f"{name}: {message('record.changed')}" for name in changed])
    written = []
    try:
        for name in order:
            written.append(name)
            write_atomically(paths[name], after[name])
    except BaseException:
        for name in written:
            _put_back(paths[name], before[name])
        raise


def _bytes_of(path):
    return read_bytes(path) if path.exists() else None


def _appended(name, before, rows):
    header = ADDED_TABLES.get(name) or columns(name)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, lineterminator="\n")
    if before is None:
        writer.writeheader()
    elif before and not before.endswith(b"\n"):
        text.write("\n")
    writer.writerows({name: neutralise(row.get(name, "")) for name in header} for row in rows)
    return (before or b"") + text.getvalue().encode("utf-8")


def _check_copy(plan, after):
    """Read a copy of the plan and its record with the new tables."""
    folders = input_folders(plan)
    own, record = plan_folder(plan), record_folder(plan)
    with tempfile.TemporaryDirectory() as copy:
        copies = {folder: Path(copy) / place for place, folder in folders.items()}
        for file in (own / "plan.yaml", *table_files(folders).values()):
            copies[file.parent].mkdir(parents=True, exist_ok=True)
            (copies[file.parent] / file.name).write_bytes(read_bytes(file))
        for name, content in after.items():
            (copies[record] / f"{name}.csv").write_bytes(content)
        read_plan(copies[own])


def _put_back(path, content):
    if content is None:
        path.unlink(missing_ok=True)
    else:
        write_atomically(path, content)
