"""Values that the guard holds back, and what people decide about them.

A value is first a row `held` of quarantine.csv. A decision is another row with the same id, `released` or `rejected`,
with the name of the person, the reason and the day. The last row of an id is its state.
"""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd

from sy_analysis.base.errors import DataError, is_hidden
from sy_analysis.intake.record import added_table, write_rows
from sy_analysis.intake.words import message


def read_quarantine(plan: str | Path) -> pd.DataFrame:
    """Read the state of every value that was ever held back.

    Returns
    -------
    DataFrame
        keyed by quarantine_id, one row each with its last action; columns of quarantine.csv, all text.
    """
    table = added_table(plan, "quarantine")
    return table.drop_duplicates("quarantine_id", keep="last").sort_values("quarantine_id", ignore_index=True)


def decide(
    plan: str | Path,
    quarantine_ids: Sequence[str],
    action: str,
    by: str,
    reason: str,
    value: str | None = None,
    today: date | None = None,
) -> pd.DataFrame:
    """Release values into the record, or reject them, with a name and a reason.

    Parameters
    ----------
    plan : str or Path
    quarantine_ids : list of str
    action : str
        released or rejected.
    by, reason : str
        who decides, and why. Both are kept.
    value : str, optional
        the right value, where the printed one is a range or a slip. The printed text is kept beside it.
    today : date, optional

    Returns
    -------
    DataFrame
        the rows that were decided.

    Raises
    ------
    DataError
        for an unknown id, one already decided, a missing name or reason, a value that is not a number.
    """
    state = read_quarantine(plan).set_index("quarantine_id", drop=False)
    problems = _problems_of(state, quarantine_ids, action, by, reason, value)
    if problems:
        raise DataError(problems)
    day = (today or date.today()).isoformat()
    decided = state.loc[list(quarantine_ids)].assign(action=action, by=by, reason=reason, on=day)
    if value is not None:
        note = decided["note"].map(lambda text: f"{text}; corrected by {by}: {reason}".removeprefix("; "))
        decided = decided.assign(value=f"{Decimal(value):f}", note=note)
    added = {"quarantine": decided.to_dict("records")}
    if action == "released":
        added["observations"] = added["provenance"] = _released(decided).to_dict("records")
    write_rows(plan, added)
    return decided.reset_index(drop=True)


def _problems_of(state, quarantine_ids, action, by, reason, value):
    problems = []
    for name, text in (("by", by), ("reason", reason)):
        if not str(text or "").strip():
            problems.append(f"{name}: " + message("decide.empty"))
        elif any(map(is_hidden, str(text))):
            problems.append(f"{name}: " + message("decide.hidden"))
    problems += [
        f"{quarantine_id}: {problem}"
        for quarantine_id in quarantine_ids
        if (problem := _state_problem(state, quarantine_id, action, value))
    ]
    if value is not None and not re.fullmatch(r"-?\d+(\.\d+)?", value):
        problems.append(f"value “{value}”: " + message("decide.no_number"))
    if value is not None and len(quarantine_ids) != 1:
        problems.append("value: " + message("decide.one_id"))
    return problems


def _state_problem(state, quarantine_id, action, value):
    """Why a value cannot be decided, or nothing."""
    if quarantine_id not in state.index:
        return message("decide.unknown_id")
    row = state.loc[quarantine_id]
    if row["action"] != "held":
        return message("decide.decided", by=row["by"], action=row["action"])
    if action == "released" and not (value or row["value"]):
        return message("decide.range")
    return ""


def _released(decided):
    """Add to released values the cells that observations and provenance have besides."""
    note = decided["note"] + decided["note"].map(lambda text: "; " if text else "")
    return decided.assign(
        locator=decided["file"] + " " + decided["place"],
        note=note + "released from quarantine by " + decided["by"] + ": " + decided["reason"],
        recorded=decided["on"],
    )
