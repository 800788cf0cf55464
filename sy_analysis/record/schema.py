"""What a valid table is: its columns, keys, words and forms of cells.

`schema.csv` lists the columns of each raw table in the order of its file. `form` is a name of `FORMS` or the
words that are allowed, `refers_to` the table whose key a cell must name.
"""

import re
from functools import cache
from pathlib import Path

import pandas as pd

from sy_analysis.base.csv_text import read_text_table
from sy_analysis.base.periods import is_day, is_window

STATUSES = ("attained", "missed", "on_track", "at_risk", "off_track", "not_assessed")
ID = r"[A-Za-z][A-Za-z0-9_-]{0,39}"
EXPECTED_ID = "an id of letters, digits, - and _ (at most 40)"
# [0-9], not \d: there are digits of forty scripts, and pandas reads only these as numbers
YEAR = r"(?:19|20|21)[0-9]{2}"
_MONTH = rf"{YEAR}-(?:0[1-9]|1[0-2])"
_DAY = rf"{YEAR}-[0-9]{{2}}-[0-9]{{2}}"
# fifteen digits are what a float keeps; more decimals are noise that tables of floats print
_NUMBER = r"-?[0-9]{1,15}(?:\.[0-9]{1,20})?"
FORMS = {
    "id": (ID, EXPECTED_ID),
    "text": (r"(?s)\s*\S.*", "text, found none"),
    "year": (YEAR, "a year of four digits"),
    "year or nothing": (rf"(?:{YEAR})?", "a year of four digits or nothing"),
    "number": (_NUMBER, "a plain number such as 98.2"),
    "number or nothing": (rf"(?:{_NUMBER})?", "a plain number or nothing"),
    "date": (_DAY, "a date like 2024-12-31"),
    "date or nothing": (rf"(?:{_DAY})?", "a date like 2024-12-31 or nothing"),
    "line or nothing": (r"[0-9]{0,9}", "a line number or nothing"),
    "url or nothing": (r"(https?://\S+)?", "a web address or nothing"),
}
PERIODS = {
    "A": YEAR,
    "Q": rf"{YEAR}Q[1-4]",
    "M": _MONTH,
    "YTD": rf"{_MONTH}/{_MONTH}|{_DAY}/{_DAY}|{YEAR}-[RPB][0-9]{{1,2}}",
}
_EXAMPLES = {"A": "2024", "Q": "2024Q3", "M": "2024-09", "YTD": "2024-01/2024-09"}
_LIMITS = {
    "at_least": "at_least needs target_low",
    "equal_ceiling": "equal_ceiling needs target_low",
    "at_most": "at_most needs target_high",
    "between": "between needs target_low below target_high",
    "unset": "unset takes no number",
}
PURPOSE = ("role", "relates_to")  # columns of indicators that state what a plan uses them for
# of a flat folder, and of a plan and its record in two folders
RAW_TABLES = ("indicators", "targets", "sources", "observations", "breaks", "reference_targets")
PLAN_TABLES = ("purposes", "targets", "reference_targets")
RECORD_TABLES = ("quantities", "sources", "observations", "breaks")


def _read_codebook():
    """Marks of each column; in two folders, the columns of indicators are parted between both."""
    rows = read_text_table(Path(__file__).with_name("schema.csv"))
    indicators = rows[rows["table"] == "indicators"]
    is_purpose, is_key = indicators["column"].isin(PURPOSE), indicators["is_key"] == "yes"
    purposes = indicators[is_key | is_purpose].assign(table="purposes")
    quantities = indicators[~is_purpose].assign(table="quantities")
    return pd.concat([rows, purposes, quantities]).set_index(["table", "column"])


_CODEBOOK = _read_codebook()
FAMILIES = tuple(_CODEBOOK.at[("indicators", "family"), "form"].split("|"))


def columns(name: str, **marks: str) -> list[str]:
    """List the columns of a raw table in the order of its file, or those with some marks.

    >>> columns("breaks")
    ['indicator_id', 'area', 'first_year', 'becomes', 'source_id', 'note']
    >>> columns("sources", type="date")
    ['published', 'recorded']
    """
    rows = _CODEBOOK.loc[name]
    return rows.index[(rows[list(marks)] == list(marks.values())).all(axis=1)].tolist()


KEYS = {name: columns(name, is_key="yes") for name in _CODEBOOK.index.unique("table")}


def file_name(name: str) -> str:
    """File of a raw table; in two folders, both the purposes and the quantities are an indicators.csv."""
    return "indicators.csv" if name in ("purposes", "quantities") else f"{name}.csv"


@cache
def schema_of(name: str):
    """Build the pandera schema of a raw table of text cells.

    A check of whole rows has the column that it is about as its name.
    """
    import pandera.pandas as pa

    # no type to check: every cell is text
    cells = {
        column: pa.Column(None, _cell_checks(marks["form"], marks["type"]))
        for column, marks in _CODEBOOK.loc[name].iterrows()
    }
    return pa.DataFrameSchema(cells, checks=_row_checks(name))


def _row_checks(name):
    import pandera.pandas as pa

    if name == "observations":
        expected = "expected a period of frequency {}, such as {}".format
        return [
            pa.Check(_has_period, name="period", error=expected(frequency, example), frequency=frequency)
            for frequency, example in _EXAMPLES.items()
        ]
    if name == "targets":
        return [
            pa.Check(_has_limits, name="relation", error=f"expected its numbers: {needs}", relation=relation)
            for relation, needs in _LIMITS.items()
        ]
    return []


def _cell_checks(form, kind):
    import pandera.pandas as pa

    if form == "any":
        return []
    if "|" in form:
        words = form.split("|")
        return [pa.Check.isin(words, error="expected one of " + ", ".join(words))]
    pattern, expected = FORMS[form]
    checks = [pa.Check(lambda texts: texts.str.fullmatch(pattern), error=f"expected {expected}")]
    if kind == "date":
        checks.append(
            pa.Check(lambda texts: (texts == "") | texts.map(is_day), error="expected a date that exists")
        )
    return checks


def _has_period(observations, frequency):
    has_frequency = observations["frequency"] == frequency
    wrong = [
        period
        for period in observations.loc[has_frequency, "period"].unique()
        if not (re.fullmatch(PERIODS[frequency], period) and is_window(period))
    ]
    return ~(has_frequency & observations["period"].isin(wrong))


def _has_limits(targets, relation):
    low = pd.to_numeric(targets["target_low"], errors="coerce")
    high = pd.to_numeric(targets["target_high"], errors="coerce")
    fits = {
        "at_least": low.notna(),
        "equal_ceiling": low.notna(),
        "at_most": high.notna(),
        "between": low < high,
        "unset": low.isna() & high.isna(),
    }
    return (targets["relation"] != relation) | fits[relation]


def is_id(text: str) -> bool:
    """Whether a text can be an id, and so a part of a file's name.

    >>> is_id("P02"), is_id("../P02"), is_id("Р02")  # the last with a Cyrillic letter
    (True, False, False)
    """
    return bool(re.fullmatch(ID, text))


def check_result(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Check a table that the library made.

    Raises
    ------
    pandera.errors.SchemaErrors
        naming the rows; the mistake is in the library, not in what a user wrote.
    """
    import pandera.pandas as pa

    probability = pa.Check.in_range(0, 1)
    schemas = {
        "assessments": pa.DataFrameSchema(
            {
                "target_id": pa.Column(str, unique=True),
                "status": pa.Column(str, pa.Check.isin(STATUSES)),
                "reason": pa.Column(str, pa.Check.str_length(min_value=1)),
                "attainment_probability": pa.Column(float, probability, nullable=True),
            }
        ),
        "forecasts": pa.DataFrameSchema(
            {
                "target_id": pa.Column(str),
                "year": pa.Column(int),
                "quantile_level": pa.Column(float, probability),
                "predicted": pa.Column(float, pa.Check(lambda value: value.notna())),
            },
            unique=["target_id", "year", "quantile_level"],
            checks=pa.Check(_quantiles_rise, error="quantiles fall as the level rises"),
        ),
    }
    return schemas[name].validate(table, lazy=True)


def _quantiles_rise(forecasts):
    ordered = forecasts.sort_values(["target_id", "year", "quantile_level"])
    return bool((ordered.groupby(["target_id", "year"])["predicted"].diff().fillna(0) >= -1e-9).all())
