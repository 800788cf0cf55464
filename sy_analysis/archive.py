"""The archive: what every run in a folder of reports said, and when; made from the runs' own tables alone."""

import json
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from sy_analysis.errors import DataError
from sy_analysis.io import parse_date
from sy_analysis.schema import STATUSES


class Report(NamedTuple):
    """One run: its folder's name, its plan and day, and the verdict of each core target."""

    folder: str
    plan: str
    names: tuple[str, str]  # of the plan, Chinese and English
    as_of: str
    targets: dict[str, tuple[str, str]]  # target_id to its Chinese and English name, in the plan's order
    statuses: pd.Series  # by target_id


def read_reports(reports):
    """Every finished run of a folder, by plan and day, and why other folders were left out.

    Parameters
    ----------
    reports : Path

    Returns
    -------
    (list of Report, list of str)
        folders whose name begins with a dot are work in progress and not looked at.
    """
    found, notes = [], []
    for folder in sorted(path for path in reports.iterdir() if path.is_dir() and path.name[0] != "."):
        try:
            found.append(read_report(folder))
        except DataError as error:
            notes.extend(error.problems)
    return sorted(found, key=lambda report: (report.plan, report.as_of, report.folder)), notes


def read_report(folder):
    """One run, from its run.json and assessments.csv.

    Raises
    ------
    DataError
        when it is no report, is damaged, or was made by an older version that did not name its core targets.
    """
    try:
        summary = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        assessments = pd.read_csv(folder / "assessments.csv", dtype=str)
        report = _report_of(folder.name, summary, assessments.set_index("target_id"))
    except FileNotFoundError as error:
        raise DataError([f"{folder.name}: no {Path(error.filename).name}; expected a report"]) from None
    except KeyError as error:
        raise DataError(
            [f"{folder.name}: run.json or assessments.csv has no {error}; run that day again"]
        ) from None
    except (ValueError, TypeError, AttributeError, OSError) as error:
        raise DataError([f"{folder.name}: cannot be read: {error}"]) from None
    wrong = report.statuses[~report.statuses.isin(STATUSES)]
    if len(wrong):
        raise DataError(
            [
                f"{folder.name}/assessments.csv: status of {wrong.index[0]} is “{wrong.iloc[0]}”; "
                f"expected {', '.join(STATUSES)}"
            ]
        )
    return report


def _report_of(folder, summary, assessments):
    targets = {target_id: (zh, en) for target_id, zh, en in summary["core_targets"]}
    plan_zh, plan_en = summary["plan_names"]
    if Path(summary["plan"]).name != summary["plan"]:
        raise ValueError(f"plan is “{summary['plan']}”; expected the name of a folder")
    return Report(
        folder=folder,
        plan=summary["plan"],
        names=(plan_zh, plan_en),
        as_of=parse_date(summary["as_of"]).isoformat(),
        targets=targets,
        statuses=assessments["status"].reindex(list(targets)),
    )
