"""What a valid table is: its columns, keys, words and forms of cells.

`schema.csv` lists the columns of each raw table in the order of its file. `form` is a row of `forms.csv` or the
words that are allowed, `refers_to` the table whose key a cell must name.
"""

import re
from functools import cache
from pathlib import Path

import pandas as pd

from sy_analysis.base.csv_text import read_text_table
from sy_analysis.base.periods import is_day, is_window

STATUSES = ("attained", "missed", "on_track", "at_risk", "off_track", "not_assessed")
# patterns with [0-9], not \d: there are digits of forty scripts, and pandas reads only these as numbers; fifteen digits
# are what a float keeps, and more decimals are noise that tables of floats print
FORMS = dict(read_text_table(Path(__file__).with_name("forms.csv")).set_index("form").agg(tuple, axis=1))
EXPECTED_ID = FORMS["id"][1]
PERIODS = {name.split()[1]: pattern for name, (pattern, _) in FORMS.items() if name.startswith("period ")}
_PERIOD_EXAMPLES = {frequency: FORMS[f"period {frequency}"][1] for frequency in PERIODS}
_LIMITS = {
    "at_least": "its numbers: at_least needs target_low",
    "equal_ceiling": "its numbers: equal_ceiling needs target_low",
    "at_most": "its numbers: at_most needs target_high",
    "between": "its numbers: between needs target_low below target_high",
    "unset": "its numbers: unset takes no number",
}


def _read_codebook():
    """Marks of each column; in two folders, the columns of indicators are parted between both."""
    rows = read_text_table(Path(__file__).with_name("schema.csv"))
    indicators = rows[rows["table"] == "indicators"]
    is_purpose = indicators["column"].isin(["role", "relates_to"])
    purposes = indicators[is_purpose | (indicators["is_key"] == "yes")].assign(table="purposes")
    quantities = indicators[~is_purpose].assign(table="quantities")
    return pd.concat([rows, purposes, quantities]).set_index(["table", "column"])


_CODEBOOK = _read_codebook()


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


@cache
def schema_of(name: str) -> object:
    """Build the pandera schema of a raw table of text cells.

    A check of whole rows has the column that it is about as its name.
    """
    import pandera.pandas as pa

    # no type to check: every cell is text
    cells = {
        column: pa.Column(
            None, [pa.Check(test, error=f"expected {expected}") for test, expected in _cell_tests(**marks)]
        )
        for column, marks in _CODEBOOK.loc[name, ["form", "type"]].iterrows()
    }
    test, column, words = _ROW_TESTS.get(name, (None, "", {}))
    rows = [
        pa.Check(test, name=column, error=f"expected {expected}", word=word)
        for word, expected in words.items()
    ]
    return pa.DataFrameSchema(cells, checks=rows)


def _cell_tests(form, type):
    """Tests of a column's cells, each with what it expects."""
    if "|" in form:
        words = form.split("|")
        yield lambda texts: texts.isin(words), "one of " + ", ".join(words)
    elif form != "any":
        pattern, expected = FORMS[form]
        yield lambda texts: texts.str.fullmatch(pattern), expected
    if type == "date":
        yield lambda texts: (texts == "") | texts.map(is_day), "a date that exists"


def _has_period(observations, word):
    has_frequency = observations["frequency"] == word
    wrong = [
        period
        for period in observations.loc[has_frequency, "period"].unique()
        if not (re.fullmatch(PERIODS[word], period) and is_window(period))
    ]
    return ~(has_frequency & observations["period"].isin(wrong))


def _has_limits(targets, word):
    low = pd.to_numeric(targets["target_low"], errors="coerce")
    high = pd.to_numeric(targets["target_high"], errors="coerce")
    fits = {
        "at_least": low.notna(),
        "equal_ceiling": low.notna(),
        "at_most": high.notna(),
        "between": low < high,
        "unset": low.isna() & high.isna(),
    }
    return (targets["relation"] != word) | fits[word]


# of a table: a test of its rows, the column that it is about, and what is expected with each frequency or relation
_ROW_TESTS = {
    "observations": (_has_period, "period", _PERIOD_EXAMPLES),
    "targets": (_has_limits, "relation", _LIMITS),
}


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
