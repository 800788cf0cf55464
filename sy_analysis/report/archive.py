"""Verdicts of all runs in a folder of reports, read from the runs' own tables."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from sy_analysis.base.errors import DataError
from sy_analysis.base.periods import parse_date
from sy_analysis.record.schema import STATUSES


class Report(NamedTuple):
    """One run: its folder, plan, area and day, and its verdict on each core target."""

    folder: str
    plan: str
    names: tuple[str, str]  # of the plan, Chinese and English
    area: str
    is_asked: bool  # whether the plan's targets were only applied to the area, as a comparison
    as_of: str
    targets: dict[str, tuple[str, str]]  # target_id to its Chinese and English name, in the plan's order
    assessments: pd.DataFrame  # text, by target_id
    pages: set[str]  # names of its pages

    @property
    def statuses(self) -> pd.Series:
        """Status by target_id."""
        return self.assessments["status"]


def read_reports(reports: Path) -> tuple[list[Report], list[str]]:
    """Read every finished run of a folder, and list why other folders are left out.

    Returns
    -------
    (list of Report, list of str)
        runs by plan, area (the plan's own first) and day. Folders whose name begins with a dot are work in
        progress and left out silently.
    """
    found, notes = [], []
    for folder in sorted(path for path in reports.iterdir() if path.is_dir() and path.name[0] != "."):
        try:
            found.append(read_report(folder))
        except DataError as error:
            notes.extend(error.problems)
    return sorted(found, key=attrgetter("plan", "is_asked", "area", "as_of", "folder")), notes


def by_plan(reports: Iterable[Report]) -> Iterator[tuple[list[Report], list[Report]]]:
    """Yield the sorted reports of each plan: of its own area, and the latest of each other area.

    The other areas are in the order of their folders, and so of their codes.
    """
    for _, group in groupby(reports, key=attrgetter("plan")):
        of_plan = list(group)
        latest = {report.area: report for report in of_plan if report.is_asked}
        own = [report for report in of_plan if not report.is_asked]
        yield own, sorted(latest.values(), key=attrgetter("folder"))


def all_verdicts(reports: list[Report]) -> pd.DataFrame:
    """Collect the verdicts of every run on every core target.

    Returns
    -------
    DataFrame
        of text, keyed by plan, area, as_of and target_id, with the columns of assessments.csv.
    """
    names = ["plan", "area", "as_of", "target_id"]
    if not reports:
        return pd.DataFrame(columns=names)
    keys = [(report.plan, report.area, report.as_of) for report in reports]
    tables = [report.assessments.drop(columns="area", errors="ignore") for report in reports]
    return pd.concat(tables, keys=keys, names=names).reset_index()


def read_report(folder: Path) -> Report:
    """Read one run from its run.json and assessments.csv.

    Raises
    ------
    DataError
        when it is not a report, is damaged, or comes from an older version that did not name its core targets.
    """
    try:
        summary = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        assessments = pd.read_csv(folder / "assessments.csv", dtype=str)
        report = _report_of(folder, summary, assessments.set_index("target_id"))
        statuses = report.statuses
    except FileNotFoundError as error:
        raise DataError([f"{folder.name}: no {Path(error.filename).name}; expected a report"]) from None
    except KeyError as error:
        raise DataError(
            [f"{folder.name}: run.json or assessments.csv has no {error}; run that day again"]
        ) from None
    except (ValueError, TypeError, AttributeError, OSError) as error:
        raise DataError([f"{folder.name}: cannot be read: {error}"]) from None
    wrong = statuses[~statuses.isin(STATUSES)]
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
        folder=folder.name,
        plan=summary["plan"],
        names=(plan_zh, plan_en),
        as_of=parse_date(summary["as_of"]).isoformat(),
        targets=targets,
        area=summary["area"],
        is_asked=bool(summary["parameters"]["area"]),
        assessments=assessments.reindex(list(targets)),
        pages={path.stem for path in folder.glob("*.html")},
    )
