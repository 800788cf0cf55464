"""What was known of a plan on a day: observations, series and histories, without any judgement."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import pandas as pd

from sy_analysis.record import series as yearly
from sy_analysis.record.observations import clean_observations
from sy_analysis.record.plan import Plan
from sy_analysis.record.series import EMPTY_HISTORY


@dataclass(frozen=True)
class Record:
    """The published values that bear on a plan, as known on a day; nothing in it was published later.

    Attributes
    ----------
    observations : DataFrame from `clean_observations`
    """

    as_of: date
    area: str
    indicators: pd.DataFrame
    breaks: pd.DataFrame
    observations: pd.DataFrame

    @cached_property
    def series(self) -> pd.DataFrame:
        """Yearly series, one row a year, gaps as missing values; see `series_as_of`."""
        return yearly.series_as_of(self.observations, self.indicators, self.breaks)

    @cached_property
    def histories(self) -> dict[tuple[str, str], pd.Series]:
        """Values by year since the last change of definition, for each indicator and area."""
        return yearly.histories_of(self.series)

    @cached_property
    def sources(self) -> dict[tuple[str, str], list]:
        """Source ids, grades and segments of each history's values."""
        return _groups(yearly.current_segments(self.series), ["source_id", "grade", "segment"])

    def earlier(self, day: date) -> "Record":
        """The record as it was known on an earlier day."""
        is_known = self.observations["known_on"] <= pd.Timestamp(day)
        return replace(self, as_of=day, observations=self.observations[is_known].reset_index(drop=True))

    @cached_property
    def _months(self):
        months = yearly.resolve_conflicts(self.observations[self.observations["frequency"] == "M"])
        return _groups(months, ["year", "period", "value"])

    @cached_property
    def _relatives(self):
        """Ids and roles of the indicators that relate to each indicator."""
        rows = self.indicators.query("role in ('stand_in', 'reference')")
        return {
            name: list(zip(rows["indicator_id"], rows["role"], strict=True))
            for name, rows in rows.groupby("relates_to")
        }

    def comparable_ids(self, indicator_id: str) -> list[str]:
        """Ids of an indicator and of all that measure nearly the same."""
        return [indicator_id, *(name for name, _ in self._relatives.get(indicator_id, []))]

    def judged_on(self, indicator_id: str, area: str) -> str:
        """Id of the series that an indicator is judged on: its own, or a stand-in that reaches a later year.

        A stand-in (role `stand_in` of the plan's indicators, such as the city proper where the plan means all
        county seats) has a different scope, so it counts only where the indicator itself has nothing as recent.
        """
        relatives = self._relatives.get(indicator_id, [])
        ids = [indicator_id, *(name for name, role in relatives if role == "stand_in")]
        years = {name: self.histories.get((name, area), EMPTY_HISTORY).index for name in ids}
        return max(ids, key=lambda name: years[name][-1] if len(years[name]) else -1)

    def history(self, indicator_id: str, area: str | None = None) -> pd.Series:
        """Yearly values that an indicator is judged on, see `judged_on`.

        Parameters
        ----------
        area : as named in observations.csv; by default the plan's own

        Returns
        -------
        Series of float by year
            its name is the indicator and the area of the values; empty where nothing was published.
        """
        area = area or self.area
        return self.histories.get((self.judged_on(indicator_id, area), area), EMPTY_HISTORY)

    def references(self, indicator_id: str, area: str | None = None) -> dict[str, pd.Series]:
        """Comparable series: the same indicator in other areas, and its relatives anywhere.

        Returns
        -------
        dict
            of area to Series by year; a relative's id follows the name of its area.
        """
        area = area or self.area
        own = {(indicator_id, area), (self.judged_on(indicator_id, area), area)}
        ids = self.comparable_ids(indicator_id)
        return {
            where if name == indicator_id else f"{where} {name}": history
            for (name, where), history in self.histories.items()
            if name in ids and (name, where) not in own
        }

    def months(self, indicator_id: str, area: str | None = None, last_year: int = 9999) -> pd.Series:
        """Monthly values by month, such as 2024-09, up to a year."""
        area = area or self.area
        years, periods, values = self._months.get((indicator_id, area), _NO_MONTHS)
        is_before = years <= last_year
        index = pd.Index(periods[is_before], dtype=object)
        return pd.Series(values[is_before].astype(float), index=index, name=f"{indicator_id} {area}")


def known_as_of(plan: Plan, day: date | str) -> Record:
    """Clean the observations that were known on a day.

    Parameters
    ----------
    plan : Plan from `read_plan`
    day : date or ISO text

    Examples
    --------
    >>> from sy_analysis.record.plan import read_plan
    >>> record = known_as_of(read_plan("shaoyang-2021-2025"), "2024-12-31")
    >>> record.history("P02").to_dict()
    {2020: 91.27}
    """
    as_of = pd.Timestamp(day).date()
    observations = clean_observations(plan.observations, plan.sources, as_of)
    return Record(as_of, plan.area, plan.indicators, plan.breaks, observations)


def _groups(table, columns):
    """Columns of a table as arrays for each indicator and area."""
    arrays = [table[column].to_numpy() for column in columns]
    places = table.groupby(["indicator_id", "area"]).indices
    return {key: [array[rows] for array in arrays] for key, rows in places.items()}


_EMPTY = pd.Series([], dtype=float).to_numpy()
_NO_MONTHS = (_EMPTY, _EMPTY, _EMPTY)
