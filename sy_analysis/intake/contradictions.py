"""Where documents disagree: what people found and noted, and what the record shows by itself, each once.

What was found by reading is a row of contradictions.csv, with both printed texts and where they stand, so that a
check can look there. What the record shows is every period for which two sources print values that rounding does
not explain; a row of contradictions.csv that names the same period covers it.
"""

import re

import pandas as pd

from sy_analysis.files import plan_folder
from sy_analysis.inputs import file_of, read_utf8
from sy_analysis.intake.record import rows_of
from sy_analysis.io import read_plan

COLUMNS = (
    *("contradiction_id", "kind", "subject_zh", "subject_en", "one", "place_one", "other", "place_other"),
    "reading",
)


def find_contradictions(plan):
    """Every contradiction of a plan's documents and record, once.

    Returns
    -------
    DataFrame
        keyed by contradiction_id, columns `COLUMNS`; kind is plan, published, definition or record, the last
        for those that the record shows and nobody has explained.
    """
    tables = read_plan(plan)
    listed = rows_of(plan_folder(plan) / "contradictions.csv", COLUMNS)
    found = [row for row in _conflicts(tables.observations) if not any(_covers(own, row) for own in listed)]
    return pd.DataFrame([*listed, *found], columns=list(COLUMNS))


def _conflicts(observations):
    """Periods of one indicator and area with values of different sources that rounding does not explain."""
    values = observations[observations["qualifier"].isin(["=", "~"])]
    key = ["indicator_id", "area", "frequency", "period"]
    counts = values.groupby(key)["value"].transform("nunique")
    for (indicator_id, area, _, period), rows in values[counts > 1].groupby(key):
        low, high = rows.loc[rows["value"].idxmin()], rows.loc[rows["value"].idxmax()]
        if not is_rounding(low["value"], high["value"]):
            yield {
                "contradiction_id": f"{indicator_id} {area} {period}",
                "kind": "record",
                "subject_zh": f"{area}{period}年{indicator_id}"
                if len(period) == 4
                else f"{area}{period} {indicator_id}",
                "subject_en": f"{indicator_id} {area} {period}",
                "one": f"{low['value']:g}",
                "place_one": f"{indicator_id} {area} {period} {low['source_id']}",
                "other": f"{high['value']:g}",
                "place_other": f"{indicator_id} {area} {period} {high['source_id']}",
                "reading": "",
            }


def is_rounding(one, other):
    """Whether one value is the other with fewer decimals.

    >>> is_rounding(93.93, 93.9), is_rounding(93.93, 93.8), is_rounding(24.02, 24.0)
    (True, False, True)
    """
    decimals = min(len(f"{value:.6f}".rstrip("0").partition(".")[2]) for value in (one, other))
    return abs(one - other) <= 0.5 * 10**-decimals + 1e-9


def _covers(listed, found):
    """A listed row covers a conflict of the same indicator, area (or any: *) and period."""
    wanted = found["place_one"].split(" ")[:3]
    for place in (listed["place_one"], listed["place_other"]):
        parts = place.split(" ")[:3]
        if len(parts) == 3 and all(part in ("*", want) for part, want in zip(parts, wanted, strict=True)):
            return True
    return False


def check_listed(plan):
    """Listed contradictions whose printed texts are not where they are said to be.

    A place is a line of a kept document (“plan.txt line 14”), a row of the record (“P04 天水市 2019 S098”, an area
    of * stands for any), a reference target (“target P02 中国 2025”), or nothing for what was read and left out.

    Returns
    -------
    list of str
        empty when every text was found.
    """
    tables, folder = read_plan(plan), plan_folder(plan)
    problems = []
    for row in rows_of(folder / "contradictions.csv", COLUMNS):
        for text, place in ((row["one"], row["place_one"]), (row["other"], row["place_other"])):
            if place and not _stands_at(text, place, tables, folder):
                problems.append(f"{row['contradiction_id']}: “{text}” does not stand at {place}")
    return problems


def _stands_at(text, place, tables, folder):
    line = re.fullmatch(r"(\S+) line (\d+)", place)
    if line:
        lines = read_utf8(file_of(folder, line[1])).splitlines()
        return int(line[2]) <= len(lines) and text in lines[int(line[2]) - 1]
    if place.startswith("target "):
        rows = _rows_at(tables.reference_targets, place.split(" ")[1:])
        return any(f"{value:g}" == text for value in rows["value"])
    rows = _rows_at(tables.observations, place.split(" "))
    is_value = any(f"{value:g}" == text for value in rows["value"])
    return is_value or any(text in note for note in rows["note"]) or (" * " in place and len(rows) > 0)


def _rows_at(table, parts):
    names = ("indicator_id", "area", "period", "source_id")
    for name, part in zip(names, parts, strict=False):
        table = table if part == "*" else table[table[name] == part]
    return table
