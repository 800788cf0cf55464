"""From a reported number back to the printed cell."""

import hashlib
import re

import pandas as pd

from sy_analysis.base.errors import DataError
from sy_analysis.base.reading import file_of, read_bytes, read_utf8
from sy_analysis.intake.periods import read_period
from sy_analysis.intake.record import PROVENANCE, rows_of
from sy_analysis.record.observations import clean_observations
from sy_analysis.record.plan import plan_folder, read_plan
from sy_analysis.record.series import resolve_conflicts

_KEY = ["indicator_id", "area", "period", "frequency", "source_id"]
_PARTS = {"M": 12, "Q": 4}
_COLUMNS = [
    *("indicator_id", "area", "period", "value", "unit", "qualifier", "is_chosen", "grade", "printed"),
    *("document", "place", "printed_line", "parse", "file_hash", "publisher", "title", "url", "published"),
    *("recorded", "note", "source_id"),
]


def trace(plan, indicator_id, period, area=None):
    """Every printed figure behind one number of the record.

    Parameters
    ----------
    plan : str or Path
    indicator_id : str
    period : str
        as printed or as in the record: 2020, 2024Q3, 2024年1-9月.
    area : str, optional
        the plan's own area by default.

    Returns
    -------
    DataFrame
        one row a source, the one that the series uses first (`is_chosen`); `printed_line` is the line of a
        document that is kept beside the record. A year that is made of its months or quarters gives their rows.

    Raises
    ------
    DataError
        when the record holds no such number; the message lists what it holds.
    """
    tables, folder = read_plan(plan), plan_folder(plan)
    wanted = _period_of(period)
    area = area or tables.area
    own = tables.observations.query("indicator_id == @indicator_id and area == @area")
    printed = _printed_rows(own, wanted)
    if printed.empty:
        raise DataError([_not_found(tables, indicator_id, area, wanted)])
    sources = tables.sources.drop(columns="note")
    rows = printed.merge(sources, on="source_id", how="left", validate="many_to_one")
    origins = pd.DataFrame(
        rows_of(folder / "provenance.csv", PROVENANCE), columns=list(PROVENANCE), dtype=str
    )
    rows = rows.merge(
        origins[[*_KEY, "file_hash", "place", "parse"]], on=_KEY, how="left", validate="one_to_many"
    )
    rows["place"] = rows["place"].fillna(rows["locator"])
    rows["printed_line"] = [_line_of(folder, locator) for locator in rows["locator"]]
    chosen = _chosen(rows, tables)
    rows["is_chosen"] = [key in chosen for key in zip(rows["period"], rows["source_id"], strict=True)]
    rows["file_hash"] = rows["file_hash"].fillna(rows["document"].map(lambda name: _hash_of(folder, name)))
    rows["parse"] = rows["parse"].fillna("")
    for column in ("published", "recorded"):
        rows[column] = rows[column].dt.strftime("%Y-%m-%d").fillna("")
    order = ["period", "is_chosen", "grade", "source_id"]
    return rows[_COLUMNS].sort_values(order, ascending=[True, False, True, True], ignore_index=True)


def _printed_rows(own, wanted):
    """Rows of the period; for a year that is not printed, the months or quarters that it is made of."""
    rows = own[own["period"] == wanted]
    for frequency, count in _PARTS.items():
        parts = own[(own["frequency"] == frequency) & own["period"].str.startswith(wanted)]
        if rows.empty and len(wanted) == 4 and parts["period"].nunique() == count:
            rows = parts
    return rows


def _not_found(tables, indicator_id, area, wanted):
    held = tables.observations[tables.observations["area"] == area]
    own = sorted(set(held.loc[held["indicator_id"] == indicator_id, "period"]))
    related = tables.indicators.loc[tables.indicators["relates_to"] == indicator_id, "indicator_id"]
    near = held[held["indicator_id"].isin(related) & (held["period"] == wanted)]["indicator_id"]
    said = f"{indicator_id} {area} {wanted}: not in the record, which holds {', '.join(own) or 'nothing'}"
    return f"{said}; related measures of this period: {', '.join(sorted(set(near)))}" if len(near) else said


def _period_of(text):
    try:
        return read_period(text).period
    except ValueError as error:
        raise DataError([str(error)]) from None


def _chosen(rows, tables):
    """Period and source of the values that the series uses; none where only bounds are printed."""
    observations = tables.observations.merge(rows[_KEY], on=_KEY, validate="one_to_one")
    chosen = resolve_conflicts(clean_observations(observations, tables.sources))
    return set(zip(chosen["period"], chosen["source_id"], strict=True))


def _hash_of(folder, name):
    """SHA-256 of a document that is kept in the plan folder."""
    path = file_of(folder, name)
    return hashlib.sha256(read_bytes(path)).hexdigest() if path.is_file() else ""


def _line_of(folder, locator):
    """The printed line of a text that is kept in the plan folder, such as “plan.txt line 56”."""
    name, _, rest = locator.partition(" line ")
    path = file_of(folder, name)
    number = rest.split(" ")[0]
    if not (re.fullmatch("[1-9][0-9]{0,8}", number) and path.is_file() and path.suffix == ".txt"):
        return ""
    lines = read_utf8(path).splitlines()
    return lines[int(number) - 1].strip() if int(number) <= len(lines) else ""
