"""Everything that a report shows, each part computed once, when it is first needed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property

import pandas as pd

from sy_analysis.base.periods import quarter_end_before
from sy_analysis.forecast import Forecast
from sy_analysis.judge.assessments import Vintage, assess_record, forecast_inputs, statuses_through
from sy_analysis.judge.evidence import reference_series
from sy_analysis.judge.ledger import ledger
from sy_analysis.judge.methods import Comparison, compare_methods
from sy_analysis.judge.next_steps import next_steps_of
from sy_analysis.judge.other_areas import ask_of, compare_areas
from sy_analysis.judge.plan_checks import check_plan
from sy_analysis.judge.thresholds import complete_thresholds
from sy_analysis.record import selection
from sy_analysis.record.areas import children_of, peers_of
from sy_analysis.record.known import Record, known_as_of
from sy_analysis.record.plan import Plan, provenance
from sy_analysis.record.series import EMPTY_HISTORY, find_conflicts, find_gaps


def assess(
    plan: Plan,
    as_of: date | str | None = None,
    *,
    area: str | None = None,
    since: date | str | None = None,
    thresholds: dict | None = None,
    record: Record | None = None,
) -> "ReportData":
    """Judge a plan with what was known on a day.

    Parameters
    ----------
    as_of : by default the end of the last quarter that is over
    area : another area to which the plan's core targets are applied, as a comparison
    since : the earlier day to compare with, by default the end of the quarter before `as_of`
    thresholds : by name or three numbers, see `assess_record`
    record : what was known of the plan on that day, where it has been cleaned before

    Returns
    -------
    ReportData

    Raises
    ------
    ParamsError
        for an area without any observation on record.

    Examples
    --------
    >>> from sy_analysis.record.plan import read_plan
    >>> data = assess(read_plan("shaoyang-2021-2025"), "2026-09-30")
    >>> len(data.core), data.since
    (17, datetime.date(2026, 6, 30))
    """
    as_of = _day(quarter_end_before(date.today()) if as_of is None else as_of)
    since = quarter_end_before(as_of) if since is None else _day(since)
    thresholds = complete_thresholds(thresholds)
    data = ReportData(plan, as_of, since, thresholds)
    vars(data).update({"record": record} if record else {})
    if not area or area == plan.area:
        return data
    asked = ReportData(ask_of(plan, area, data.record), as_of, since, thresholds, is_asked=True)
    vars(asked)["record"] = replace(data.record, area=area)  # cleaned once for both
    return asked


def _day(day):
    return pd.Timestamp(day).date()


class ReportData:
    """All that pages, workbook and brief show of a plan on a day. Use `assess` to get one.

    Attributes
    ----------
    plan : Plan
    as_of, since : date, of the vintage and of the earlier one to compare with
    thresholds : dict, see `assess_record`
    is_asked : bool, whether the plan's targets are only applied to the area, as a comparison
    core_ids : list of str
    vintage_of : callable of a date, the core targets judged with what was known on that day
    view : callable of a target_id, see `view_target`
    """

    def __init__(self, plan: Plan, as_of: date, since: date, thresholds: dict, is_asked: bool = False):
        self.plan, self.as_of, self.since = plan, as_of, since
        self.thresholds, self.is_asked = thresholds, is_asked
        self.core_ids = selection.core_ids(plan)
        self.vintage_of = cache(self._vintage_of)
        self.view = cache(lambda target_id: view_target(plan, self.vintage, target_id))

    @cached_property
    def record(self) -> Record:
        """Everything that was known on `as_of`."""
        return known_as_of(self.plan, self.as_of)

    @cached_property
    def vintage(self) -> Vintage:
        """All targets, judged with what was known on `as_of`."""
        return assess_record(self.record, self.plan.targets, self.thresholds)

    def _vintage_of(self, day):
        """The core targets, judged with what was known on an earlier day."""
        if day == self.as_of:
            return self.vintage
        return assess_record(self.record.earlier(day), self.core_targets, self.thresholds)

    @cached_property
    def core(self) -> pd.DataFrame:
        """Assessments of the core targets."""
        assessments = self.vintage.assessments
        return assessments[assessments["target_id"].isin(self.core_ids)]

    @property
    def before(self) -> Vintage:
        return self.vintage_of(self.since)

    @cached_property
    def moves(self) -> pd.DataFrame:
        """Why core verdicts moved between `since` and `as_of`, see `ledger`."""
        return ledger(self.plan, [self.before, self.vintage], self.thresholds, self.core_ids)

    @cached_property
    def statuses(self) -> pd.DataFrame:
        """Core verdicts at the end of each year of the plan and on `as_of`, see `statuses_through`."""
        ends = pd.date_range(f"{self.plan.baseline_year + 1}-12-31", self.as_of, freq="YE").date
        statuses = statuses_through(map(self.vintage_of, [*ends, self.as_of]))
        return statuses.loc[self.core["target_id"]]

    @cached_property
    def areas(self) -> pd.DataFrame:
        """Verdicts on all areas beside the plan's own, see `compare_areas`."""
        return compare_areas(self.plan, self.record, peers_of(self.plan.area), self.thresholds)

    @property
    def core_targets(self) -> pd.DataFrame:
        return selection.select_targets(self.plan, self.core_ids)

    @cached_property
    def conflicts(self) -> pd.DataFrame:
        return find_conflicts(self.record.observations)

    @cached_property
    def gaps(self) -> pd.DataFrame:
        return find_gaps(self.record.series)

    @property
    def subareas(self) -> Sequence[str]:
        return children_of(self.plan.area)

    @cached_property
    def latest_in_subareas(self) -> pd.DataFrame:
        known, indicators = self.record.observations, self.plan.indicators
        return selection.latest_by_area(known, indicators, self.core_targets, self.subareas)

    @property
    def core_names(self) -> dict[str, str]:
        """Chinese short name of each core target."""
        return {target_id: zh for target_id, (zh, _) in selection.core_names(self.plan).items()}

    def target(self, target_id: str) -> dict:
        """One target with the facts of its indicator, see `target_row`."""
        return selection.target_row(self.plan, target_id)

    def provenance(self, target_id: str) -> dict:
        """What a page about one target is made from, see `provenance`."""
        return provenance(
            selection.extract_target(self.plan, target_id, self.record.observations), self.as_of
        )

    @cached_property
    def findings(self) -> pd.DataFrame:
        return check_plan(self.plan)

    @cached_property
    def next_steps(self) -> dict[str, dict]:
        """What is known of each binding target, what is not, and what to do next, see `next_steps_of`."""
        steps = {}
        for target in map(self.target, selection.binding_ids(self.plan)):
            key = target["indicator_id"], target["area"]
            history = self.record.histories.get(key, EMPTY_HISTORY)
            steps[target["target_id"]] = next_steps_of(target, target, history, self.findings)
        return steps


def view_forecast(
    plan: Plan, record: Record, target_id: str, forecast: Forecast, thresholds: dict | None = None
) -> "View":
    """Judge one target by a given forecast, and collect all that a page about it shows."""
    targets = selection.select_targets(plan, [target_id])
    return view_target(plan, assess_record(record, targets, thresholds, {target_id: forecast}), target_id)


@dataclass(frozen=True, eq=False)
class View:
    """One target of a vintage, for a page about it."""

    target: dict
    indicator: dict
    measured: dict  # the indicator of the series judged on: its own, or a stand-in
    source: dict  # of the latest value; empty without one
    assessment: dict
    evidence: dict  # its row of the vintage's evidence
    history: pd.Series
    quantiles: pd.DataFrame  # of the forecast, by year and level
    forecast_inputs: dict  # bounds, family and borrowed changes, beside the history
    record: Record

    @cached_property
    def references(self) -> dict[tuple[str, str], pd.Series]:
        """Comparable series by indicator and area, see `reference_series`."""
        return reference_series(self.record, self.indicator["indicator_id"], self.target["area"])

    @cached_property
    def months(self) -> pd.Series:
        """Published months of the target year of the series judged on."""
        year = self.target["target_year"]
        months = self.record.months(self.assessment["evidence_id"], self.target["area"], year)
        return months[[str(month).startswith(str(year)) for month in months.index]]

    @cached_property
    def methods(self) -> Comparison:
        is_stand_in = bool(self.evidence["is_stand_in"])
        return compare_methods(self.history, self.target, self.indicator, is_stand_in=is_stand_in)


def view_target(plan: Plan, vintage: Vintage, target_id: str) -> View:
    """Collect all that one page shows of one target.

    Raises
    ------
    ParamsError
        when the plan does not have that target.
    """
    target = selection.select_targets(plan, [target_id]).iloc[0].to_dict()
    indicator_id = target["indicator_id"]
    indicators = plan.indicators.set_index("indicator_id", drop=False)
    sources = plan.sources.set_index("source_id", drop=False)
    indicator = indicators.loc[indicator_id].to_dict()
    assessment, evidence = (
        table.set_index("target_id", drop=False).loc[target_id].to_dict()
        for table in (vintage.assessments, vintage.evidence)
    )
    last_source = assessment["latest_source"].split("+")[-1]
    return View(
        target=target,
        indicator=indicator,
        measured=indicators.loc[assessment["evidence_id"]].to_dict(),
        source=sources.reindex([last_source]).iloc[0].dropna().to_dict(),
        assessment=assessment,
        evidence=evidence,
        history=evidence["history"],
        quantiles=vintage.quantiles.query("target_id == @target_id").droplevel("target_id"),
        forecast_inputs=forecast_inputs({**indicator, "changes": evidence["changes"]}),
        record=vintage.record,
    )
