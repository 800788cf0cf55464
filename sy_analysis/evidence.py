"""What the record says about one indicator in one area: its own history, and what others can lend."""

import numpy as np
import pandas as pd

from sy_analysis.series import EMPTY_HISTORY, histories_of


def relatives(indicators, indicator_id, roles=("stand_in", "reference")):
    """Ids of the indicators that measure nearly the same: rows of indicators.csv that relate to this one."""
    related = (indicators["relates_to"] == indicator_id) & indicators["role"].isin(roles)
    return list(indicators.loc[related, "indicator_id"])


def by_core(series, indicators):
    """Known yearly values with `core_id`, what they bear on: for a relative, the one that it relates to."""
    is_relative = indicators["role"].isin(["stand_in", "reference"])
    near = indicators[is_relative].set_index("indicator_id")["relates_to"]
    known = series[series["value"].notna()]
    return known.assign(core_id=known["indicator_id"].map(near).fillna(known["indicator_id"]))


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
    return max(candidates, key=lambda candidate: candidate[1].index.max() if len(candidate[1]) else -1)


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
        objects `history` (Series by year), `changes` (array) and `months` (Series by month, such as
        2024-09, up to the target year) for the forecast.
    """
    histories = histories_of(series)
    evidence = [
        _evidence_of(series, histories, indicators, months, target) for target in targets.to_dict("records")
    ]
    return pd.DataFrame(evidence).astype({"first_year": "Int64", "latest_year": "Int64"})


def _evidence_of(series, histories, indicators, months, target):
    indicator_id, area = target["indicator_id"], target["area"]
    stand_ins = relatives(indicators, indicator_id, roles=("stand_in",))
    evidence_id, history = choose_series(histories, stand_ins, indicator_id, area)
    history = history.loc[
        : target["target_year"]
    ]  # what came later neither decides nor informs the target year
    references = reference_series(histories, relatives(indicators, indicator_id), indicator_id, area)
    references.pop((evidence_id, area), None)
    changes = reference_changes(references)
    own = series[
        (series["indicator_id"] == evidence_id)
        & (series["area"] == area)
        & series["year"].isin(history.index)
    ]
    return {
        "target_id": target["target_id"],
        "evidence_id": evidence_id,
        "is_stand_in": evidence_id != indicator_id,
        "n_own": len(history),
        "first_year": history.index.min() if len(history) else pd.NA,
        "latest_year": history.index.max() if len(history) else pd.NA,
        "latest_value": float(history.iloc[-1]) if len(history) else np.nan,
        "latest_source": own["source_id"].iloc[-1] if len(own) else "",
        "n_sources": own["source_id"].nunique(),
        "worst_grade": own["grade"].max() if len(own) else "",
        "is_split": own["segment"].max() > 0 if len(own) else False,
        "n_references": len(references),
        "n_reference_changes": len(changes),
        "history": history,
        "changes": changes,
        "months": _months_of(months, evidence_id, area, target["target_year"]),
    }


def _months_of(months, indicator_id, area, last_year):
    rows = months[
        (months["indicator_id"] == indicator_id) & (months["area"] == area) & (months["year"] <= last_year)
    ]
    return pd.Series(rows["value"].to_numpy(float), index=list(rows["period"]), name=f"{indicator_id} {area}")
