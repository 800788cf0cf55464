"""Collect what is known for each target: own history and comparable series."""

import numpy as np
import pandas as pd

from sy_analysis.forecast.references import ChangePool, yearly_changes
from sy_analysis.record.known import Record
from sy_analysis.record.series import EMPTY_HISTORY


def collect_evidence(record: Record, targets: pd.DataFrame) -> pd.DataFrame:
    """One row per target: the series it is judged on and what else is known.

    Parameters
    ----------
    record : Record from `known_as_of`
    targets : checked table

    Returns
    -------
    DataFrame
        keyed by target_id: evidence_id (the series judged on), is_stand_in, n_own, first_year, latest_year,
        latest_value, latest_source, n_sources, worst_grade, is_split (by a change of definition, after which
        it is judged), n_references, n_reference_changes, and the objects `history` (Series by year), `changes`
        (BorrowedChanges) and `months` (Series by month, up to the target year) for the forecast.
    """
    pools = {
        name: ChangePool({key: yearly_changes(own) for key, own in _comparable(record, name).items()})
        for name in targets["indicator_id"].unique()
    }
    evidence = [_evidence_of(record, target, pools) for target in targets.to_dict("records")]
    return pd.DataFrame(evidence).astype({"first_year": "Int64", "latest_year": "Int64"})


def _comparable(record, indicator_id):
    """Series of an indicator and of its relatives with at least two values."""
    ids = record.comparable_ids(indicator_id)
    return {key: history for key, history in record.histories.items() if key[0] in ids and len(history) >= 2}


def _evidence_of(record, target, pools):
    indicator_id, area, last_year = target["indicator_id"], target["area"], target["target_year"]
    evidence_id = record.judged_on(indicator_id, area)
    history = record.histories.get((evidence_id, area), EMPTY_HISTORY)
    # what came later neither decides nor informs the target year
    history = history.loc[:last_year] if len(history) and history.index[-1] > last_year else history
    changes = pools[indicator_id].without([(indicator_id, area), (evidence_id, area)])
    sources, grades, segments = record.sources.get((evidence_id, area), ([], [], []))
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
        "months": record.months(evidence_id, area, last_year),
    }


def reference_series(record: Record, indicator_id: str, area: str) -> dict[tuple[str, str], pd.Series]:
    """Find comparable series with at least two values, by indicator and area."""
    comparable = _comparable(record, indicator_id)
    comparable.pop((indicator_id, area), None)
    return comparable
