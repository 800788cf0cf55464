"""Where documents disagree: what people found and noted, and what the record shows by itself, each once.

What was found by reading is a row of contradictions.csv, with both printed texts and where they stand. What the
record shows is every period for which two sources print values that rounding does not explain; a row of
contradictions.csv that names the same period covers it.
"""

import pandas as pd

from sy_analysis.intake.record import rows_of
from sy_analysis.record.plan import plan_folder, read_plan

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
