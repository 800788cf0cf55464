"""What a valid table is: columns, units, keys and allowed words."""

import re
from functools import cache

STATUSES = ("attained", "missed", "on_track", "at_risk", "off_track", "not_assessed")
FREQUENCIES = ("A", "Q", "M", "YTD")
QUALIFIERS = ("=", ">=", "<=", "~")
GRADES = ("A", "B", "C", "D")
RELATIONS = ("at_least", "at_most", "equal_ceiling", "between", "unset")
FAMILIES = ("percentage", "hold", "ceiling", "count", "amount", "days_share")
PURPOSE = ("role", "relates_to")  # columns that say what a plan uses an indicator for
ROLES = ("core", "box", "stand_in", "reference", "context")
ANNUAL_RULES = ("none", "mean", "sum", "last", "days")
ID = r"[A-Za-z][A-Za-z0-9_-]{0,39}"
EXPECTED_ID = "an id of letters, digits, - and _ (at most 40)"
# [0-9], not \d: there are digits of forty scripts, and those of another one are no number to pandas
YEAR = r"(?:19|20|21)[0-9]{2}"
_MONTH = rf"{YEAR}-(?:0[1-9]|1[0-2])"
DAY = rf"{YEAR}-[0-9]{{2}}-[0-9]{{2}}"
# fifteen digits are what a float keeps; more decimals are noise that tables of floats print
_NUMBER = r"-?[0-9]{1,15}(?:\.[0-9]{1,20})?"
PERIODS = {
    "A": YEAR,
    "Q": rf"{YEAR}Q[1-4]",
    "M": _MONTH,
    "YTD": rf"{_MONTH}/{_MONTH}|{DAY}/{DAY}|{YEAR}-[RPB][0-9]{{1,2}}",
}


def _words(words):
    import pandera.pandas as pa

    return pa.Check.isin(words, error="expected one of " + ", ".join(words))


def _matches(pattern, expected):
    import pandera.pandas as pa

    return pa.Check(lambda text: text.str.fullmatch(pattern).fillna(True), error=f"expected {expected}")


def _filled():
    import pandera.pandas as pa

    return pa.Check(lambda text: text.str.strip() != "", error="expected text, found none")


@cache
def column_checks():
    """Checks of each column of each raw table."""
    identifier = _matches(ID, EXPECTED_ID)
    year = _matches(YEAR, "a year of four digits")
    number = _matches(_NUMBER, "a plain number such as 98.2")
    optional_number = _matches(rf"(?:{_NUMBER})?", "a plain number or nothing")
    optional_date = _matches(rf"(?:{DAY})?", "a date like 2024-12-31 or nothing")
    text = (_filled(),)
    checks = {
        "indicators": {
            "indicator_id": (identifier,),
            "name_zh": text,
            "name_en": text,
            "short_zh": text,
            "short_en": text,
            "group_zh": (),
            "group_en": (),
            "unit": text,
            "lower_bound": (optional_number,),
            "upper_bound": (optional_number,),
            "direction": (_words(("1", "-1")),),
            "family": (_words(FAMILIES),),
            "annual_rule": (_words(ANNUAL_RULES),),
            "is_sampled": (_words(("true", "false")),),
            "role": (_words(ROLES),),
            "relates_to": (),
            "note": (),
        },
        "targets": {
            "target_id": (identifier,),
            "indicator_id": (identifier,),
            "area": text,
            "baseline_year": (_matches(rf"(?:{YEAR})?", "a year of four digits or nothing"),),
            "baseline_value": (optional_number,),
            "target_year": (year,),
            "relation": (_words(RELATIONS),),
            "target_low": (optional_number,),
            "target_high": (optional_number,),
            "unit": text,
            "is_binding": (_words(("true", "false")),),
            "section": text,
            "printed_baseline": (),
            "printed_target": text,
            "plan_line": (_matches(r"[0-9]{0,9}", "a line number or nothing"),),
            "note": (),
        },
        "sources": {
            "source_id": (identifier,),
            "publisher": (),
            "title": text,
            "url": (_matches(r"(https?://\S+)?", "a web address or nothing"),),
            "published": (optional_date,),
            "recorded": (_matches(DAY, "a date like 2024-12-31"),),
            "document": (),
            "note": (),
        },
        "observations": {
            "indicator_id": (identifier,),
            "area": text,
            "period": text,
            "frequency": (_words(FREQUENCIES),),
            "source_id": (identifier,),
            "value": (number,),
            "unit": text,
            "qualifier": (_words(QUALIFIERS),),
            "grade": (_words(GRADES),),
            "printed": (),
            "locator": (),
            "note": (),
        },
        "breaks": {
            "indicator_id": (identifier,),
            "area": text,
            "first_year": (year,),
            "becomes": (),
            "source_id": (),
            "note": text,
        },
        "reference_targets": {
            "indicator_id": (identifier,),
            "area": text,
            "period": (year,),
            "relation": (_words(("at_least", "at_most", "about", "unset")),),
            "value": (optional_number,),
            "unit": text,
            "source_id": (identifier,),
            "note": (),
        },
    }
    # in two folders, the plan's own file has what its indicators are for, and the record's file the rest
    facts = checks["indicators"]
    return checks | {
        "purposes": {column: facts[column] for column in ("indicator_id", *PURPOSE)},
        "quantities": {column: facts[column] for column in facts if column not in PURPOSE},
    }


KEYS = {
    "indicators": ["indicator_id"],
    "purposes": ["indicator_id"],
    "quantities": ["indicator_id"],
    "targets": ["target_id"],
    "sources": ["source_id"],
    "observations": ["indicator_id", "area", "period", "frequency", "source_id"],
    "breaks": ["indicator_id", "area", "first_year"],
    "reference_targets": ["indicator_id", "area", "period", "source_id"],
}
NUMBERS = {
    "indicators": ["lower_bound", "upper_bound", "direction"],
    "quantities": ["lower_bound", "upper_bound", "direction"],
    "targets": ["baseline_year", "baseline_value", "target_year", "target_low", "target_high", "plan_line"],
    "observations": ["value"],
    "breaks": ["first_year"],
    "reference_targets": ["value"],
}
DATES = {"sources": ["published", "recorded"]}
# of a flat folder, and of a plan and its record in two folders
RAW_TABLES = ("indicators", "targets", "sources", "observations", "breaks", "reference_targets")
PLAN_TABLES = ("purposes", "targets", "reference_targets")
RECORD_TABLES = ("quantities", "sources", "observations", "breaks")


def columns(name):
    """Columns of a raw table, in the order in which its file prints them."""
    return list(column_checks()[name])


def file_name(name):
    """File of a raw table; in two folders, both the purposes and the quantities are an indicators.csv."""
    return "indicators.csv" if name in ("purposes", "quantities") else f"{name}.csv"


def is_id(text):
    """Whether a text can be an id, and so a part of a file's name.

    >>> is_id("P02"), is_id("../P02"), is_id("Р02")  # the last with a Cyrillic letter
    (True, False, False)
    """
    return bool(re.fullmatch(ID, text))


def check_result(table, name):
    """Check a table that the library made; a failure here is our mistake, so it names the rows."""
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
