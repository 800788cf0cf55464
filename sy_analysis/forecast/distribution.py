"""Forecasts as objects: one computation, of which quantiles, intervals and probabilities are views."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

QUANTILE_LEVELS = (0.025, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.975)


class Samples(NamedTuple):
    """Simulated values of one series by year ahead; views are the same as a mixture's."""

    draws: np.ndarray  # (horizon, simulations)

    def quantiles(self, levels: np.ndarray) -> np.ndarray:
        """Return quantiles (1, horizon, levels)."""
        return np.quantile(self.draws, levels, axis=1).T[None]

    def probability(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Return the share of simulations from low to high, (1, horizon)."""
        draws = self.draws[None]
        return ((draws >= low[:, :, None]) & (draws <= high[:, :, None])).mean(axis=2)


class Forecast:
    """Predictive distributions of the years ahead, of one series or of many.

    Made by `forecast`, `forecast_panel`, `complete_year` or `Forecast.from_samples`. Every number is a view of the
    same distributions, in the unit of the series. Views of one series are indexed by year, views of
    many by series and year.

    Parameters
    ----------
    index : Index of years, or MultiIndex of series and year
    parts : list of (rows, distribution)
        rows, (series, horizon), are places in the index; the distribution has `quantiles` and `probability`, see
        `mixtures.Mixture`.
    history : Series by year, optional
        what a single series is forecast from, for `plot`.
    """

    def __init__(self, index: pd.Index, parts: list, history: pd.Series | None = None):
        self.index, self._parts, self._history = index, parts, history

    @classmethod
    def from_samples(cls, table: pd.DataFrame) -> "Forecast":
        """Take the simulations of any other model: one row a year ahead, one column a simulation.

        Raises
        ------
        ValueError
            for a table without rows or columns, years that are not plain years, or a value that is not finite.

        Examples
        --------
        >>> forecast = Forecast.from_samples(pd.DataFrame([[90.0, 91.0, 92.0, 93.0]], index=[2025]))
        >>> forecast.probability(at_least=92).to_dict()
        {2025: 0.5}
        """
        years = years_of(table.index, "samples")
        try:
            draws = table.to_numpy(float)
        except (TypeError, ValueError) as error:
            raise ValueError(f"samples: {error}; expected numbers") from None
        is_bad = ~np.isfinite(draws).all(axis=1)
        if not draws.size or is_bad.any():
            found = f"a value of {years[is_bad][0]} is not finite" if draws.size else "no value"
            raise ValueError(f"samples: {found}; expected one row a year and one column a simulation")
        return cls(years, [(np.arange(len(years))[None], Samples(draws))])

    @classmethod
    def join(cls, forecasts: Iterable["Forecast"], names: list[str]) -> "Forecast":
        """Put forecasts of many series under one index; their rows follow each other.

        Parameters
        ----------
        forecasts : forecasts of many series
        names : of the index levels that identify a series
        """
        forecasts = list(forecasts)
        if not forecasts:
            none = pd.DataFrame({name: [] for name in names}, dtype=str).assign(year=np.zeros(0, int))
            return cls(pd.MultiIndex.from_frame(none), [])
        starts = np.cumsum([0, *(len(one.index) for one in forecasts)])
        parts = [
            (rows + start, distribution)
            for one, start in zip(forecasts, starts, strict=False)
            for rows, distribution in one._parts
        ]
        return cls(forecasts[0].index.append([one.index for one in forecasts[1:]]), parts)

    def of_series(self, **names: object) -> "Forecast":
        """Put the forecast of a single series under the given index levels, as one of many."""
        levels = [pd.Index([value], name=name) for name, value in names.items()]
        return Forecast(pd.MultiIndex.from_product([*levels, self.index.rename("year")]), self._parts)

    def only(self) -> "Forecast":
        """Take the forecast out of a panel of one series or none."""
        return Forecast(self.index.get_level_values("year"), self._parts)

    def quantiles(self, levels: Iterable[float] = QUANTILE_LEVELS) -> pd.DataFrame:
        """Quantiles, one column a level; they rise along a row and stay within the bounds.

        Parameters
        ----------
        levels : rising probabilities strictly between 0 and 1
        """
        levels = list(levels)
        if not levels or not (np.diff([0, *levels, 1]) > 0).all():
            raise ValueError(f"quantile levels {levels}; expected rising numbers between 0 and 1")
        values = np.empty((len(self.index), len(levels)))
        for rows, distribution in self._parts:
            values[rows] = distribution.quantiles(np.asarray(levels, float))
        return pd.DataFrame(values, index=self.index, columns=levels)

    def interval(self, coverage: float = 0.8) -> pd.DataFrame:
        """Central prediction interval, columns lower and upper; 0.8 contains the outturn eight times in ten."""
        if not 0 < coverage < 1:
            raise ValueError(f"coverage {coverage}; expected a number between 0 and 1, such as 0.8")
        return self.quantiles([(1 - coverage) / 2, (1 + coverage) / 2]).set_axis(["lower", "upper"], axis=1)

    @property
    def median(self) -> pd.Series:
        """Median, in the unit of the series."""
        return self.quantiles([0.5])[0.5].rename("median")

    def probability(
        self, at_least: float | pd.Series | None = None, at_most: float | pd.Series | None = None
    ) -> pd.Series:
        """Probability that a year's value lies between two limits, both included.

        Parameters
        ----------
        at_least, at_most : a number, or a Series by series; None or missing is no limit

        Raises
        ------
        ValueError
            naming the series whose lower limit lies above its upper one.
        """
        low, high = self._limits(at_least, -np.inf), self._limits(at_most, np.inf)
        if not (low <= high).all():
            row = int(np.argmin(low <= high))
            name = " ".join(map(str, np.atleast_1d(self.index[row])[:-1])) or "target"
            found = f"target from {low[row]} to {high[row]} is empty"
            raise ValueError(f"{name}: {found}; expected at_least up to at_most")
        values = np.empty(len(self.index))
        for rows, distribution in self._parts:
            values[rows] = distribution.probability(low[rows], high[rows])
        return pd.Series(values, index=self.index, name="probability")

    def _limits(self, limit, default):
        """A limit for each row of the index."""
        if isinstance(limit, pd.Series):
            limit = limit.reindex(self.index.droplevel("year")).to_numpy()
        limits = np.full(len(self.index), np.nan if limit is None else limit, dtype=float)
        return np.where(np.isnan(limits), default, limits)

    def plot(self, ax: object = None) -> object:
        """Draw the median with the 80 % and 95 % intervals of a single series, and what it was forecast from.

        Returns
        -------
        matplotlib Axes
        """
        if self.index.nlevels > 1:
            raise ValueError(f"a forecast of {len(self.index.unique(0))} series; expected one to plot")
        from matplotlib import pyplot  # takes a second to load

        ax = ax or pyplot.subplots()[1]
        last = (
            self.median.iloc[:0] if self._history is None else self._history.iloc[-1:]
        )  # where the bands start
        for coverage, opacity in ((0.95, 0.14), (0.8, 0.3)):
            low, high = (pd.concat([last, side]) for _, side in self.interval(coverage).items())
            ax.fill_between(low.index, low, high, alpha=opacity, color="C0", linewidth=0)
        ax.plot(self.index, self.median, ".-", color="C0")
        if self._history is not None:
            ax.plot(self._history.index, self._history, "o-", color="black", markersize=4)
        ax.xaxis.get_major_locator().set_params(integer=True)
        return ax


def years_of(index: pd.Index, name: str) -> pd.Index:
    """Plain years of an index of years, whether whole numbers, periods or dates.

    Raises
    ------
    ValueError
        naming the series, for another index, a year that is repeated or out of order, or a running number.

    Examples
    --------
    >>> years_of(pd.period_range("2020", "2022", freq="Y"), "P02").to_list()
    [2020, 2021, 2022]
    """
    years = index.year if isinstance(index, pd.PeriodIndex | pd.DatetimeIndex) else index
    if not pd.api.types.is_integer_dtype(years.dtype):
        raise ValueError(f"{name}: years are {years.dtype}; expected whole numbers such as 2020")
    late = years[1:][np.diff(years) <= 0]
    if len(late):
        raise ValueError(f"{name}: year {late[0]} is repeated or out of order; expected rising years")
    if len(years) and not 1000 <= years[0] <= years[-1] < 3000:
        wrong = years[0] if years[0] < 1000 else years[-1]
        raise ValueError(f"{name}: year {wrong}; expected an index of years such as 2020")
    return pd.Index(years, name="year")
