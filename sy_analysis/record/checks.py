"""Check raw tables, each by itself and against the others, and give their columns types.

Every raw table is read as text with the line number as its index, so that a problem names the file, the line,
the column, the value and what was expected. All problems of all tables are raised at once.
"""

import unicodedata

import pandas as pd

from sy_analysis.base.errors import DataError, Problem, is_hidden, one_a_cell, shown
from sy_analysis.record.schema import KEYS, columns, schema_of

_LONGEST_CELL = 10_000


def check_tables(texts: dict[str, pd.DataFrame], files: dict[str, str]) -> dict[str, pd.DataFrame]:
    """Check raw tables of text cells and type them.

    Parameters
    ----------
    texts : dict of table name to DataFrame of str, its index the line of each row in the file
    files : dict of table name to the name that the messages give

    Returns
    -------
    dict of table name to DataFrame
        with numbers, dates and booleans.

    Raises
    ------
    DataError
        with every problem of every table. Besides malformed cells these are repeated keys, unknown ids, units
        that contradict the indicator and values outside its bounds.
    """
    tables, problems = {}, []
    for name, text in texts.items():
        misnamed = _column_problems(text, name, files[name])
        problems += misnamed or _own_problems(text, name, files[name])
        if not misnamed:
            tables[name] = _typed(text, name)
    problems += _link_problems(tables, files)
    if problems:
        raise DataError(one_a_cell(problems))
    return tables


def _column_problems(text, name, file):
    wanted = columns(name)
    wrong = [f"“{column}” is missing" for column in wanted if column not in text]
    wrong += [f"“{shown(c, 80)}” is not expected" for c in text if c not in wanted][:10]
    expected = f"expected {', '.join(wanted)}"
    return [Problem(file, expected=f"column {found}; {expected}") for found in wrong]


def _own_problems(text, name, file):
    problems = _schema_problems(text, name, file) + _key_problems(text, name, file)
    problems += _page_problems(text, file) if name == "targets" else []
    return problems + _text_problems(text, file)


def _schema_problems(text, name, file):
    import pandera.errors

    try:
        schema_of(name).validate(text, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        return [
            Problem(file, line, column, value, error.check.error)
            for error in errors.schema_errors
            for column in [error.schema.name or error.check.name]
            for line, value in text.loc[error.failure_cases["index"].unique(), column].items()
        ]
    return []


def _key_problems(text, name, file):
    key = KEYS[name]
    lines = text.index.to_series()
    first = lines.groupby([text[column] for column in key]).transform("first")
    return [
        Problem(
            file,
            line,
            expected=f"the same {' + '.join(key)} stands in line {first[line]}: {', '.join(cells)}; "
            "a correction is a new row with its own source",
        )
        for line, *cells in text.loc[lines != first, key].itertuples()
    ]


def _page_problems(text, file):
    """Ids whose pages would share a file name, also with the overview, on systems that ignore case."""
    ids, folded = text["target_id"], text["target_id"].str.casefold()
    first = ids.groupby(folded).transform("first").mask(folded == "index", "index")
    return [
        Problem(file, line, "target_id", name, f"expected another name than “{first[line]}” for its page")
        for line, name in ids[(ids != first) | (ids == "index")].items()
    ]


def _text_problems(text, file):
    """Cells that are longer, or other, than they look."""
    problems = []
    for column, cells in text.items():
        expected = {value: _text_expected(value) for value in cells.unique()}
        wrong = cells[cells.map(expected) != ""]
        problems += [Problem(file, line, column, value, expected[value]) for line, value in wrong.items()]
    return problems


def _text_expected(value):
    if len(value) > _LONGEST_CELL:
        return f"expected at most {_LONGEST_CELL} characters, found {len(value)}"
    if not value.isprintable() and (hidden := next(filter(is_hidden, value), "")):
        return f"expected no invisible character, found U+{ord(hidden):04X}"
    # forms that look alike but compare as different, such as the two 樂 of Unicode
    is_usual = unicodedata.is_normalized("NFC", value)
    return "" if is_usual else "expected the usual form of each character (NFC)"


def _typed(text, name):
    filled = text.where(text != "")
    numbers = {column: _numbers(filled[column]) for column in columns(name, type="number")}
    dates = filled[columns(name, type="date")].apply(pd.to_datetime, format="%Y-%m-%d", errors="coerce")
    flags = {column: text[column] == "true" for column in columns(name, type="flag")}
    return text.assign(**numbers, **dates, **flags)


def _numbers(texts):
    numbers = pd.to_numeric(texts, errors="coerce")
    return numbers if pd.api.types.is_numeric_dtype(numbers) else numbers.astype(float)  # an empty column


def _link_problems(tables, files):
    """What the tables contradict in each other, as far as they could be read."""
    listed = "quantities" if "purposes" in files else "indicators"
    if not {listed, "sources"} <= set(tables):
        return []
    rules = tables[listed].drop_duplicates("indicator_id").set_index("indicator_id")
    rules = rules[["unit", "lower_bound", "upper_bound"]].add_prefix("rule_")
    problems = []
    for name, table in tables.items():
        problems += _id_problems(name, tables, files, listed)
        if "unit" in table and name != listed:
            rows = table.join(rules, on="indicator_id")
            problems += _unit_problems(rows, files[name])
            for column in columns(name, form="number") + columns(name, form="number or nothing"):
                problems += _bound_problems(rows, column, files[name])
    return problems


def _id_problems(name, tables, files, listed):
    problems, table = [], tables[name]
    for mark, other in (("indicators", listed), ("sources", "sources")):
        expected = f"expected an id of {'this table' if other == name else files[other]}"
        known = {*tables[other][KEYS[other][0]], ""}
        for column in columns(name, refers_to=mark):
            unknown = table.loc[~table[column].isin(known), column]
            problems += [
                Problem(files[name], line, column, value, expected) for line, value in unknown.items()
            ]
    return problems


def _unit_problems(rows, file):
    wrong = rows[rows["rule_unit"].notna() & (rows["unit"] != rows["rule_unit"])]
    expected = "expected " + wrong["rule_unit"] + ", the unit of " + wrong["indicator_id"]
    return [Problem(file, line, "unit", wrong["unit"][line], text) for line, text in expected.items()]


def _bound_problems(rows, column, file):
    wrong = rows[(rows[column] < rows["rule_lower_bound"]) | (rows[column] > rows["rule_upper_bound"])]
    parts = wrong[[column, "rule_lower_bound", "rule_upper_bound", "indicator_id"]]
    return [
        Problem(file, line, column, f"{value:g}", f"expected {_range(*bounds)}, the bounds of {name}")
        for line, value, *bounds, name in parts.itertuples()
    ]


def _range(lower, upper):
    if pd.isna(upper):
        return f"{lower:g} or more"
    return f"{upper:g} or less" if pd.isna(lower) else f"{lower:g} to {upper:g}"
