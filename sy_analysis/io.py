"""A plan folder in, tables out: each file is read and checked here, each table written."""

import csv
import io
import platform
import re
from collections import Counter
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from sy_analysis.errors import DataError, is_hidden, shown
from sy_analysis.files import hash_files, plan_folder, write_atomically
from sy_analysis.inputs import file_of, read_bytes, read_utf8, read_yaml
from sy_analysis.schema import EXPECTED_ID, RAW_TABLES, check_tables, columns, is_id

AREAS = Path(__file__).parent / "intake" / "areas.csv"
# OWASP's list of characters that make a cell a formula (CSV injection), and their full-width forms
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_FORMULA = re.compile(rf"'*[{re.escape(''.join(FORMULA_STARTS))}].", re.DOTALL)
_NUMBER = re.compile(r"[-+]?[0-9][0-9.,]*%?")
MAX_ROWS = 1_000_000  # of one raw table: 100,000 series; the largest plan so far has 2,437
MAX_COLUMNS = 200  # the widest raw table has 17
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
    files, _ = _collect(_readable_files, folder)  # of one that cannot be read, the reader says all
    kept = _read_plan(folder, hash_files(files) if files else None)
    tables = {
        name: value.copy(deep=False) for name, value in kept._asdict().items() if hasattr(value, "columns")
    }
    return kept._replace(**tables, lines=list(kept.lines))


def _readable_files(folder):
    names = ["plan.yaml", *(f"{name}.csv" for name in RAW_TABLES), "plan.txt", "plan_notes.csv"]
    files = [file_of(folder, name) for name in names if (folder / name).is_file()]
    for file in files:
        read_bytes(file)
    return files


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
    if hash_files(_readable_files(folder)) != data_hash:
        raise DataError([f"{folder.name}: changed while it was read; please read it again"])
    return Plan(**facts, **tables, notes=noted, lines=lines.splitlines(), data_hash=data_hash)


def _record_names():
    """Official names of areas, each with the one that the record uses."""
    register = read_text_table(AREAS).query("official_name != ''")
    return dict(register[["official_name", "name"]].to_numpy())


def _renamed(text, names):
    """The table with every area that is printed under its official name under the one that the record uses."""
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


def read_text_table(path):
    """A CSV file as text cells, indexed by the line on which each row starts.

    Raises
    ------
    DataError
        for a file that is missing, not UTF-8, empty or larger than the limits, for a column that stands twice, and
        for every row with the wrong number of cells.
    """
    reader = csv.reader(io.StringIO(read_utf8(path), newline=""), strict=True)
    try:
        header = next(reader, None)
        rows, lines, line = [], [], 2
        for row in reader:
            rows.append([restore(cell) for cell in row])
            lines.append(line)
            line = reader.line_num + 1
            if len(rows) > MAX_ROWS:
                raise DataError([f"{path.name}: 超过{MAX_ROWS}行 / more than {MAX_ROWS} rows"])
    except csv.Error as error:
        raise DataError([f"{path.name} line {reader.line_num}: {error}"]) from None
    if header is None:
        raise DataError([f"{path.name}: the file is empty; expected a header row"])
    if len(header) > MAX_COLUMNS:
        raise DataError([f"{path.name}: 超过{MAX_COLUMNS}列 / more than {MAX_COLUMNS} columns"])
    wrong = [
        f"{path.name} line {line}: {len(row)} cells; expected {len(header)}, as in the header"
        for line, row in zip(lines, rows, strict=True)
        if len(row) != len(header)
    ]
    wrong += [
        f"{path.name}: column “{shown(name, 80)}” stands {n} times"
        for name, n in Counter(header).items()
        if n > 1
    ]
    if wrong:
        raise DataError(wrong)
    return pd.DataFrame(rows, columns=header, index=pd.Index(lines, name="line"), dtype=str)


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


def write_table(table, path):
    """Write a table as CSV: at most six decimals, ISO dates, LF line ends, text that is no formula."""
    texts = {c: table[c].map(neutralise) for c in table.select_dtypes(["str", "object"])}
    rounded = table.assign(**texts, **{c: table[c].map(_decimal) for c in table.select_dtypes("float")})
    write_atomically(path, rounded.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d"))


def neutralise(text):
    """Text of a CSV cell that no spreadsheet takes for a formula: an apostrophe before what would begin one.

    Numbers stay as they are, and so does what is no text. `restore` takes the apostrophe away again.

    >>> neutralise("=1+1"), neutralise("-12.5%"), neutralise("@SUM(A1)"), neutralise("=")
    ("'=1+1", '-12.5%', "'@SUM(A1)", '=')
    """
    is_formula = isinstance(text, str) and _FORMULA.match(text) and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text


def restore(text):
    """Text of a CSV cell without the apostrophe of `neutralise`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _decimal(value):
    return "" if pd.isna(value) else f"{value:.6f}".rstrip("0").rstrip(".")


def parse_date(text):
    """A date from ISO text.

    >>> parse_date("2024-12-31")
    datetime.date(2024, 12, 31)

    Raises
    ------
    DataError
        when it is not a date like 2024-12-31.
    """
    try:
        day = date.fromisoformat(str(text))
        if 1949 <= day.year <= 2100:
            return day
    except ValueError:
        pass
    raise DataError(
        [f"as_of is “{shown(str(text), 80)}”; expected a date like 2024-12-31, from 1949 to 2100"]
    )
