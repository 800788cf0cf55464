"""Trace a reported number back to the printed cell."""

import re
from pathlib import Path

import pandas as pd

from sy_analysis.base.errors import DataError
from sy_analysis.base.reading import file_of, hash_file, read_utf8
from sy_analysis.intake.periods import read_period
from sy_analysis.intake.record import added_table
from sy_analysis.intake.words import columns_of
from sy_analysis.record.folders import plan_folder, record_folder
from sy_analysis.record.observations import clean_observations
from sy_analysis.record.plan import read_plan
from sy_analysis.record.series import resolve_conflicts

_KEY = ["indicator_id", "area", "period", "frequency", "source_id"]
_PARTS = {"M": 12, "Q": 4}
_COLUMNS = list(columns_of("trace"))


def trace(plan: str | Path, indicator_id: str, period: str, area: str | None = None) -> pd.DataFrame:
    """Find every printed figure behind one number of the record.

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
        one row a source, the one that the series uses first (`is_chosen`). `printed_line` is the line of a
        document that is kept with the record or plan. A year made of months or quarters gives their rows.

    Raises
    ------
    DataError
        when the record has no such number. The message lists the periods that it has.
    """
    tables = read_plan(plan)
    wanted = _period_of(period)
    area = area or tables.area
    own = tables.observations.query("indicator_id == @indicator_id and area == @area")
    printed = _printed_rows(own, wanted)
    if printed.empty:
        raise DataError([_not_found(tables, indicator_id, area, wanted)])
    sources = tables.sources.drop(columns="note")
    rows = printed.merge(sources, on="source_id", how="left", validate="many_to_one")
    origins = added_table(plan, "provenance")[[*_KEY, "file_hash", "place", "parse"]]
    rows = rows.merge(origins, on=_KEY, how="left", validate="one_to_many")
    rows["place"] = rows["place"].fillna(rows["locator"])
    places = zip(rows["locator"], rows["document"], strict=True)
    rows["printed_line"] = [_line_of(plan, locator, document) for locator, document in places]
    chosen = _chosen(rows, tables)
    rows["is_chosen"] = [key in chosen for key in zip(rows["period"], rows["source_id"], strict=True)]
    rows["file_hash"] = rows["file_hash"].fillna(rows["document"].map(lambda name: _hash_of(plan, name)))
    rows["parse"] = rows["parse"].fillna("")
    for column in ("published", "recorded"):
        rows[column] = rows[column].dt.strftime("%Y-%m-%d").fillna("")
    order = ["period", "is_chosen", "grade", "source_id"]
    return rows[_COLUMNS].sort_values(order, ascending=[True, False, True, True], ignore_index=True)


def _printed_rows(own, wanted):
    """Select rows of the period, or the months or quarters of a year that is not printed."""
    rows = own[own["period"] == wanted]
    for frequency, count in _PARTS.items():
        parts = own[(own["frequency"] == frequency) & own["period"].str.startswith(wanted)]
        if rows.empty and len(wanted) == 4 and parts["period"].nunique() == count:
            rows = parts
    return rows


def _not_found(tables, indicator_id, area, wanted):
    own = tables.observations[tables.observations["area"] == area]
    periods = sorted(set(own.loc[own["indicator_id"] == indicator_id, "period"]))
    related = tables.indicators.loc[tables.indicators["relates_to"] == indicator_id, "indicator_id"]
    others = own.loc[own["indicator_id"].isin(related) & (own["period"] == wanted), "indicator_id"]
    message = (
        f"{indicator_id} {area} {wanted}: not in the record, which holds {', '.join(periods) or 'nothing'}"
    )
    measures = ", ".join(sorted(set(others)))
    return f"{message}; related measures of this period: {measures}" if measures else message


def _period_of(text):
    try:
        return read_period(text).period
    except ValueError as error:
        raise DataError([str(error)]) from None


def _chosen(rows, tables):
    """Find period and source of the values that the series uses, none where only bounds are printed."""
    observations = tables.observations.merge(rows[_KEY], on=_KEY, validate="one_to_one")
    chosen = resolve_conflicts(clean_observations(observations, tables.sources))
    return set(zip(chosen["period"], chosen["source_id"], strict=True))


def _hash_of(plan, document):
    """SHA-256 of a document that is kept in a folder of the plan or record."""
    path = _kept(plan, document)
    return hash_file(path) if path.is_file() else ""


def _kept(plan, document):
    """File of a document: in the record's folder, or PLAN/FILE where it is the text of a plan."""
    record = record_folder(plan)
    path = file_of(record, document)
    is_own_record = record == plan_folder(plan)
    return path if is_own_record or path.exists() else file_of(record.parent.parent / "plans", document)


def _line_of(plan, locator, document):
    """The printed line of a text that is kept, such as “plan.txt line 56”."""
    name, _, rest = locator.partition(" line ")
    path = _kept(plan, document if Path(document).name == name else name)
    number = rest.split(" ")[0]
    if not (re.fullmatch("[1-9][0-9]{0,8}", number) and path.is_file() and path.suffix == ".txt"):
        return ""
    lines = read_utf8(path).splitlines()
    return lines[int(number) - 1].strip() if int(number) <= len(lines) else ""
