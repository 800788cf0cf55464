"""Contradictions between documents, noted by readers or visible in the record, each once.

A reader notes one as a row of contradictions.csv of the plan or of the record, with both printed texts and their
places. The record shows one where two sources print values for a period that rounding does not explain. A noted row
for the same period covers it.
"""

from pathlib import Path

import pandas as pd

from sy_analysis.intake.record import rows_of
from sy_analysis.intake.words import columns_of
from sy_analysis.record.folders import input_folders
from sy_analysis.record.plan import read_plan

COLUMNS = columns_of("contradictions")


def find_contradictions(plan: str | Path) -> pd.DataFrame:
    """Find every contradiction of a plan's text and its record, once.

    Returns
    -------
    DataFrame
        keyed by contradiction_id, columns `COLUMNS`. The kind is plan, published, definition or record, the last
        for those that the record shows and nobody has explained.
    """
    files = [folder / "contradictions.csv" for folder in input_folders(plan).values()]
    listed = [row for file in files for row in rows_of(file, COLUMNS)]
    conflicts = _conflicts(read_plan(plan).observations)
    unexplained = [row for row in conflicts if not any(_covers(known, row) for known in listed)]
    return pd.DataFrame([*listed, *unexplained], columns=COLUMNS)


def _conflicts(observations):
    """Yield periods for which two sources print values that rounding does not explain."""
    values = observations[observations["qualifier"].isin(["=", "~"])]
    key = ["indicator_id", "area", "frequency", "period"]
    counts = values.groupby(key)["value"].transform("nunique")
    for (indicator_id, area, _, period), rows in values[counts > 1].groupby(key):
        low, high = rows.loc[rows["value"].idxmin()], rows.loc[rows["value"].idxmax()]
        if not is_rounding(low["value"], high["value"]):
            place = f"{indicator_id} {area} {period}"
            subject_zh = f"{area}{period}{'年' if len(period) == 4 else ' '}{indicator_id}"
            one, other = ((f"{row['value']:g}", f"{place} {row['source_id']}") for row in (low, high))
            cells = (place, "record", subject_zh, place, *one, *other, "")
            yield dict(zip(COLUMNS, cells, strict=True))


def is_rounding(one: float, other: float) -> bool:
    """Whether one value is the other with fewer decimals.

    >>> is_rounding(93.93, 93.9), is_rounding(93.93, 93.8), is_rounding(24.02, 24.0)
    (True, False, True)
    """
    decimals = min(len(f"{value:.6f}".rstrip("0").partition(".")[2]) for value in (one, other))
    return abs(one - other) <= 0.5 * 10**-decimals + 1e-9


def _covers(listed, conflict):
    """Whether a listed row names the indicator, area (or any: *) and period of a conflict."""
    wanted = conflict["place_one"].split(" ")[:3]
    places = (listed[name].split(" ")[:3] for name in ("place_one", "place_other"))
    return any(
        len(place) == 3 and all(part in ("*", want) for part, want in zip(place, wanted, strict=True))
        for place in places
    )
