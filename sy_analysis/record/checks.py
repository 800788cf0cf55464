"""What a valid table is: columns, units, keys and allowed words, and the errors that say what is wrong.

Every raw table is read as text with the line number as its index, so that a problem names the file, the line,
the column, the value and what was expected; all problems of a table are raised at once.
"""

import re
import unicodedata
from datetime import date

import pandas as pd

from sy_analysis.base.errors import DataError, is_hidden, shown
from sy_analysis.record.schema import DATES, DAY, KEYS, NUMBERS, PERIODS, column_checks, columns

_LONGEST_CELL = 10_000


def check_tables(texts, files):
    """Check raw tables of text cells, each by itself and against the others, and type them.

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
        with every problem of every table: file, line, column, value, what was expected. Beside malformed
        cells these are repeated keys, unknown ids, units that contradict the indicator, values outside its
        bounds.
    """
    tables, problems = {}, []
    for name, text in texts.items():
        missing = _column_problems(text, name, files[name])
        problems += missing or _own_problems(text, name, files[name])
        if not missing:
            tables[name] = _typed(text, name)
    problems += _link_problems(tables, files)
    if problems:
        first = {}
        for text in problems:
            first.setdefault(_cell_of(text), text)
        raise DataError(sorted(first.values(), key=_line_of))
    return tables


def _own_problems(text, name, file):
    problems = _cell_problems(text, name, file) + _key_problems(text, name, file)
    problems += _period_problems(text, file) if name == "observations" else []
    problems += _relation_problems(text, file) + _page_problems(text, file) if name == "targets" else []
    return problems + _date_problems(text, name, file) + _text_problems(text, file)


def _text_problems(text, file):
    """Cells that are longer, or other, than they look."""
    problems = []
    for column in text:
        expected = {value: _text_expected(value) for value in set(text[column].tolist())}
        if any(expected.values()):
            problems += [
                problem(file, line, column, value, expected[value])
                for line, value in text[column].items()
                if expected[value]
            ]
    return problems


def _text_expected(value):
    if len(value) > _LONGEST_CELL:
        return f"expected at most {_LONGEST_CELL} characters, found {len(value)}"
    if not value.isprintable() and (hidden := next(filter(is_hidden, value), "")):
        return f"expected no invisible character, found U+{ord(hidden):04X}"
    # forms that look alike but compare as different, such as the two 樂 of Unicode
    return (
        "" if unicodedata.is_normalized("NFC", value) else "expected the usual form of each character (NFC)"
    )


def _cell_of(text):
    """The file, line and column that a problem names; one problem a cell is enough."""
    return text.split("”:")[0]


def _column_problems(text, name, file):
    expected, found = columns(name), list(text.columns)
    return [
        f"{file}: column “{c}” is missing; expected {', '.join(expected)}" for c in expected if c not in found
    ] + [
        f"{file}: column “{shown(c, 80)}” is not expected; expected {', '.join(expected)}"
        for c in [name for name in found if name not in expected][:10]
    ]


def _cell_problems(text, name, file):
    import pandera.pandas as pa

    # no type to check: every cell is text
    columns_of = {c: pa.Column(None, list(checks)) for c, checks in column_checks()[name].items()}
    try:
        pa.DataFrameSchema(columns_of).validate(text, lazy=True)
    except pa.errors.SchemaErrors as errors:
        return [
            problem(file, case["index"], case["column"], case["failure_case"], str(case["check"]))
            for case in errors.failure_cases.to_dict("records")
        ]
    return []


def _key_problems(text, name, file):
    key = KEYS[name]
    repeated = text[text.duplicated(key, keep="first")]
    first = text.drop_duplicates(key).reset_index(names="first_line").set_index(key)["first_line"]
    return [
        f"{file} line {line}: the same {' + '.join(key)} stands in line {first[_key_of(row, key)]}: "
        f"{', '.join(row[key])}; a correction is a new row with its own source"
        for line, row in repeated.iterrows()
    ]


def _key_of(row, key):
    return row[key[0]] if len(key) == 1 else tuple(row[key])


def _period_problems(text, file):
    pattern = text["frequency"].map(PERIODS)
    return [
        problem(
            file,
            line,
            "period",
            period,
            f"expected a period of frequency {frequency}, such as {_EXAMPLES[frequency]}",
        )
        for line, period, frequency, regex in zip(
            text.index, text["period"], text["frequency"], pattern, strict=True
        )
        if isinstance(regex, str) and not (re.fullmatch(regex, period) and _is_window(period))
    ]


_EXAMPLES = {"A": "2024", "Q": "2024Q3", "M": "2024-09", "YTD": "2024-01/2024-09"}


def _is_window(period):
    start, _, end = period.partition("/")
    return not end or (start <= end and all(_is_date(part) for part in (start, end)))


def _is_date(text):
    try:
        date.fromisoformat(text if len(text) == 10 else f"{text}-01")
    except ValueError:
        return False
    return True


def _relation_problems(text, file):
    limits = text[["target_low", "target_high"]].apply(pd.to_numeric, errors="coerce")
    has_low, has_high = limits["target_low"].notna(), limits["target_high"].notna()
    needs = {
        "at_least": (has_low, "at_least needs target_low"),
        "equal_ceiling": (has_low, "equal_ceiling needs target_low"),
        "at_most": (has_high, "at_most needs target_high"),
        "between": (
            limits["target_low"] < limits["target_high"],
            "between needs target_low below target_high",
        ),
        "unset": (~has_low & ~has_high, "unset takes no number"),
    }
    return [
        problem(file, line, "relation", relation, f"expected its numbers: {needs[relation][1]}")
        for line, relation in text["relation"].items()
        if relation in needs and not needs[relation][0][line]
    ]


def _page_problems(text, file):
    """Ids whose pages would have one name where capitals are not told apart; the overview is a page, too."""
    pages, problems = {"index": "index"}, []
    for line, target_id in text["target_id"].items():
        other = pages.setdefault(target_id.casefold(), target_id)
        if other != target_id or target_id == "index":
            expected = f"expected another name than “{other}” for its page"
            problems.append(problem(file, line, "target_id", target_id, expected))
    return problems


def _date_problems(text, name, file):
    return [
        problem(file, line, column, value, "expected a date that exists")
        for column in DATES.get(name, [])
        for line, value in text[column].items()
        if re.fullmatch(DAY, value) and not _is_date(value)
    ]


def _typed(text, name):
    filled = text.where(text != "")
    table = text.assign(
        **{column: _numbers(filled[column]) for column in NUMBERS.get(name, [])},
        **{column: pd.to_datetime(filled[column], errors="coerce") for column in DATES.get(name, [])},
    )
    flags = [column for column in ("is_binding", "is_sampled") if column in table]
    return table.assign(**{column: table[column] == "true" for column in flags})


def _numbers(texts):
    numbers = pd.to_numeric(texts, errors="coerce")
    return numbers if pd.api.types.is_numeric_dtype(numbers) else numbers.astype(float)  # an empty column


def problem(file, line, column, value, expected):
    """One sentence that says where a cell is wrong and what was expected.

    >>> problem("observations.csv", 7, "value", "九十三点五", "expected a plain number such as 98.2")
    'observations.csv line 7, column “value”: “九十三点五”; expected a plain number such as 98.2'
    """
    said = shown(str(value), 200).replace("\n", "\\n")
    return f"{file} line {line}, column “{column}”: “{said}”; {expected}"


def _line_of(text):
    found = re.search(r" line (\d+)", text)
    return text.split(" line ")[0].split(":")[0], int(found[1]) if found else 0


def _link_problems(tables, files):
    """What the tables say against each other, as far as they could be read."""
    quantities, purposes = ("quantities", "purposes") if "purposes" in files else ("indicators", "indicators")
    if not {quantities, purposes, "sources"} <= set(tables):
        return []
    indicators = tables[quantities].set_index("indicator_id")
    indicators = indicators[~indicators.index.duplicated()]
    known, listed = set(indicators.index), f"an id of {files[quantities]}"
    sources, cited = set(tables["sources"]["source_id"]), f"an id of {files['sources']}"
    relatives = tables[purposes].query("relates_to != ''")
    expected = "an id of this table" if purposes == quantities else listed
    problems = _unknown(relatives, "relates_to", known, files[purposes], expected)
    for name in {purposes, "breaks"} & set(tables):
        problems += _unknown(tables[name], "indicator_id", known, files[name], listed)
    for name in ("targets", "observations", "reference_targets"):
        if name not in tables or tables[name].empty:
            continue
        table, file = tables[name], files[name]
        problems += _unknown(table, "indicator_id", known, file, listed)
        if "source_id" in table:
            problems += _unknown(table, "source_id", sources, file, cited)
        problems += _unit_problems(table, indicators, file)
        problems += _bound_problems(table, _BOUNDED[name], indicators, file)
    return problems


_BOUNDED = {
    "targets": ["baseline_value", "target_low", "target_high"],
    "observations": ["value"],
    "reference_targets": ["value"],
}


def _unknown(table, column, known, file, expected):
    return [
        problem(file, line, column, value, f"expected {expected}")
        for line, value in table[column].items()
        if value not in known
    ]


def _unit_problems(table, indicators, file):
    expected = table["indicator_id"].map(indicators["unit"])
    wrong = table[expected.notna() & (table["unit"] != expected)]
    return [
        problem(
            file, line, "unit", row["unit"], f"expected {expected[line]}, the unit of {row['indicator_id']}"
        )
        for line, row in wrong.iterrows()
    ]


def _bound_problems(table, value_columns, indicators, file):
    lower = table["indicator_id"].map(indicators["lower_bound"])
    upper = table["indicator_id"].map(indicators["upper_bound"])
    return [
        problem(
            file,
            line,
            column,
            f"{table.at[line, column]:g}",
            f"expected {_range(lower[line], upper[line])}, the bounds of {table.at[line, 'indicator_id']}",
        )
        for column in value_columns
        for line in table.index[(table[column] < lower) | (table[column] > upper)]
    ]


def _range(lower, upper):
    return (
        f"{lower:g} or more"
        if pd.isna(upper)
        else f"{upper:g} or less"
        if pd.isna(lower)
        else f"{lower:g} to {upper:g}"
    )
