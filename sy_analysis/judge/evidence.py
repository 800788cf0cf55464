"""What the record says about one indicator in one area: its own history, and what others can lend."""

import numpy as np
import pandas as pd

from sy_analysis.forecast.references import ChangePool
from sy_analysis.record.selection import relatives
from sy_analysis.record.series import EMPTY_HISTORY, current_segments, histories_of


def choose_series(histories, stand_ins, indicator_id, area):
    """The series that an indicator is judged on: its own, or a stand-in that reaches a later year.

    A stand-in (role `stand_in` in indicators.csv, such as the city proper where the plan means all county
    seats) is a different scope, so it counts only where the indicator itself has nothing as recent, and every
    report that uses it says so.

    Parameters
    ----------
    histories : dict from `histories_of`
    stand_ins : list of ids

    Returns
    -------
    (str, Series)
        id of the series and its history; the history is empty when nothing was published.
    """
    candidates = [(name, histories.get((name, area), EMPTY_HISTORY)) for name in (indicator_id, *stand_ins)]
    return max(candidates, key=lambda candidate: candidate[1].index[-1] if len(candidate[1]) else -1)


def reference_series(histories, related, indicator_id, area):
    """Comparable series: the same quantity in other areas, and its near relatives anywhere.

    Parameters
    ----------
    histories : dict from `histories_of`
    related : list of ids from `relatives`

    Returns
    -------
    dict of (indicator_id, area) to Series
        only series with at least two values.
    """
    return {
        key: history
        for key, history in histories.items()
        if key[0] in (indicator_id, *related) and key != (indicator_id, area) and len(history) >= 2
    }


def reference_changes(references):
    """Yearly changes of the reference series, in indicator units a year, positive is up.

    Over a gap of k years the change is divided by the square root of k, the spread that a random walk would
    have in one year.
    """
    changes = [
        np.diff(history.to_numpy()) / np.sqrt(np.diff(history.index.to_numpy()))
        for history in references.values()
    ]
    return np.concatenate(changes) if changes else np.array([])


def collect_evidence(series, indicators, targets, months):
    """One row per target: the series it is judged on and what else is known.

    Parameters
    ----------
    series : DataFrame from `series_as_of`
    indicators, targets : checked tables
    months : DataFrame from `resolve_conflicts`, its rows of frequency M

    Returns
    -------
    DataFrame
        keyed by target_id: evidence_id (the series judged on), is_stand_in, n_own, first_year, latest_year,
        latest_value, latest_source, n_sources, worst_grade, is_split (by a change of definition, after which
        it is judged), n_references, n_reference_changes, and the
        objects `history` (Series by year), `changes` (BorrowedChanges, usable as an array) and `months` (Series by month, such as
        2024-09, up to the target year) for the forecast.
    """
    known = _Known(series, indicators, months, targets["indicator_id"].unique())
    evidence = [_evidence_of(known, target) for target in targets.to_dict("records")]
    return pd.DataFrame(evidence).astype({"first_year": "Int64", "latest_year": "Int64"})


class _Known:
    """The record, arranged so that what bears on one target is found without a search through all of it."""

    def __init__(self, series, indicators, months, indicator_ids):
        self.histories = histories_of(series)
        self.rows = _groups(current_segments(series), ["source_id", "grade", "segment"])
        self.months = _groups(months, ["year", "period", "value"])
        self.stand_ins = {name: relatives(indicators, name, roles=("stand_in",)) for name in indicator_ids}
        self.pools = {name: self._pool([name, *relatives(indicators, name)]) for name in indicator_ids}

    def _pool(self, indicator_ids):
        return ChangePool(
            {
                key: reference_changes({key: history})
                for key, history in self.histories.items()
                if key[0] in indicator_ids and len(history) >= 2
            }
        )


def _groups(table, columns):
    """Columns of a table as arrays for each indicator and area."""
    arrays = [table[column].to_numpy() for column in columns]
    places = table.groupby(["indicator_id", "area"]).indices
    return {key: [array[rows] for array in arrays] for key, rows in places.items()}


def _evidence_of(known, target):
    indicator_id, area, last_year = target["indicator_id"], target["area"], target["target_year"]
    evidence_id, history = choose_series(known.histories, known.stand_ins[indicator_id], indicator_id, area)
    # what came later neither decides nor informs the target year
    history = history.loc[:last_year] if len(history) and history.index[-1] > last_year else history
    changes = known.pools[indicator_id].without([(indicator_id, area), (evidence_id, area)])
    sources, grades, segments = known.rows.get((evidence_id, area), _NO_ROWS)
    n_own = len(history)
    return {
        "target_id": target["target_id"],
        "evidence_id": evidence_id,
        "is_stand_in": evidence_id != indicator_id,
        "n_own": n_own,
        "first_year": history.index[0] if n_own else pd.NA,
        "latest_year": history.index[-1] if n_own else pd.NA,
        "latest_value": float(history.iloc[-1]) if n_own else np.nan,
        "latest_source": sources[n_own - 1] if n_own else "",
        "n_sources": len(set(sources[:n_own])),
        "worst_grade": max(grades[:n_own], default=""),
        "is_split": bool(segments[0] > 0) if n_own else False,
        "n_references": changes.n_series,
        "n_reference_changes": len(changes),
        "history": history,
        "changes": changes,
        "months": _months_of(known, evidence_id, area, last_year),
    }


_NO_ROWS = ([], [], [])


def _months_of(known, indicator_id, area, last_year):
    if (indicator_id, area) not in known.months:
        return _NO_MONTHS
    years, periods, values = known.months[indicator_id, area]
    is_before = years <= last_year
    return pd.Series(
        values[is_before].astype(float), index=list(periods[is_before]), name=f"{indicator_id} {area}"
    )


_NO_MONTHS = pd.Series([], index=pd.Index([], dtype=object), dtype=float)
