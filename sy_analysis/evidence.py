"""What the record says about one indicator in one area: its own history, and what can be borrowed from others."""

import numpy as np
import pandas as pd

from sy_analysis.series import history_of


def choose_series(series, indicators, indicator_id, area):
    """The series that an indicator is judged on: its own, or a stand-in that reaches a later year.

    A stand-in (role `stand_in` in indicators.csv, such as the city proper where the plan means all county seats)
    is a different scope, so it counts only where the indicator itself has nothing as recent, and every report
    that uses it says so.

    Returns
    -------
    (str, Series)
        id of the series and its history; the history is empty when nothing was published.
    """
    own = history_of(series, indicator_id, area)
    stand_ins = indicators.query("role == 'stand_in' and relates_to == @indicator_id")["indicator_id"]
    candidates = [(indicator_id, own), *((name, history_of(series, name, area)) for name in stand_ins)]
    return max(candidates, key=lambda candidate: candidate[1].index.max() if len(candidate[1]) else -1)


def reference_series(series, indicators, indicator_id, area):
    """Comparable series from elsewhere: the same quantity in other areas, and its near relatives anywhere.

    Returns
    -------
    dict of (indicator_id, area) to Series
        only series with at least two values; relatives are the rows of indicators.csv with role `reference` or
        `stand_in` that relate to the indicator.
    """
    related = indicators.query("relates_to == @indicator_id and role in ['reference', 'stand_in']")["indicator_id"]
    rows = series[series["indicator_id"].isin([indicator_id, *related]) & series["value"].notna()]
    rows = rows[(rows["area"] != area) | (rows["indicator_id"] != indicator_id)]
    counts = rows.groupby(["indicator_id", "area"]).size()
    return {key: history_of(series, *key) for key in counts.index[counts >= 2]}


def reference_changes(references, used=None):
    """Yearly changes of the reference series, in indicator units a year, positive is up.

    Over a gap of k years the change is divided by the square root of k, the spread that a random walk would have
    in one year.

    Parameters
    ----------
    references : dict from `reference_series`
    used : key to leave out, the stand-in that is already judged as own evidence
    """
    changes = [
        (np.diff(history.to_numpy()) / np.sqrt(np.diff(history.index.to_numpy())))
        for key, history in references.items()
        if key != used
    ]
    return np.concatenate(changes) if changes else np.array([])


def collect_evidence(series, indicators, targets):
    """One row per target: the series it is judged on and what else is known.

    Parameters
    ----------
    series : DataFrame from `series_as_of`
    indicators, targets : checked tables

    Returns
    -------
    DataFrame
        keyed by target_id: evidence_id (the series judged on), is_stand_in, n_own, first_year, latest_year,
        latest_value, latest_source, n_sources, worst_grade, n_references, n_reference_changes, and the objects
        `history` (Series by year) and `changes` (array) for the forecast.
    """
    return pd.DataFrame([_evidence_of(series, indicators, target) for target in targets.to_dict("records")])


def _evidence_of(series, indicators, target):
    indicator_id, area = target["indicator_id"], target["area"]
    evidence_id, history = choose_series(series, indicators, indicator_id, area)
    references = reference_series(series, indicators, indicator_id, area)
    used = (evidence_id, area)
    changes = reference_changes(references, used)
    rows = series[(series["indicator_id"] == evidence_id) & (series["area"] == area) & series["value"].notna()]
    latest = rows.iloc[-1] if len(rows) else None
    return {
        "target_id": target["target_id"],
        "evidence_id": evidence_id,
        "is_stand_in": evidence_id != indicator_id,
        "n_own": len(history),
        "first_year": history.index.min() if len(history) else pd.NA,
        "latest_year": history.index.max() if len(history) else pd.NA,
        "latest_value": float(history.iloc[-1]) if len(history) else np.nan,
        "latest_source": latest["source_id"] if latest is not None else "",
        "n_sources": rows["source_id"].nunique(),
        "worst_grade": rows["grade"].max() if len(rows) else "",
        "n_references": len(references) - (used in references),
        "n_reference_changes": len(changes),
        "history": history,
        "changes": changes,
    }
