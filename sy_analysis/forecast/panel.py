"""Forecast yearly series: one function for a single series, one for a panel, the same distributions."""

import numpy as np
import pandas as pd

from sy_analysis.forecast import members
from sy_analysis.forecast.distribution import Forecast, years_of
from sy_analysis.forecast.members import PRIORS, Batch
from sy_analysis.forecast.references import borrowed, reference_of
from sy_analysis.forecast.year import complete_year

FAMILIES = tuple(PRIORS["families"])
# columns of a panel that do not name its series
PANEL_COLUMNS = ("year", "value", "lower", "upper", "family")
# series handled at once: keeps the arrays of a chunk in the processor's cache
_CHUNK = 256


def forecast(
    history: pd.Series,
    horizon: int,
    *,
    bounds: tuple | None = None,
    family: str | None = None,
    references: dict | None = None,
    months: pd.Series | None = None,
    annual_rule: str = "mean",
    tested: float | pd.Series | None = None,
) -> Forecast:
    """Forecast the years after the last value of a series.

    Parameters
    ----------
    history : Series of numbers by year, its name the own area
        one value a year, years rising; plain years, or a PeriodIndex or DatetimeIndex of years. A gap is a year absent
        or missing.
    horizon : years ahead of the last value, 1 to 30
    bounds : (low, high), optional
        values that the indicator cannot leave, such as (0, 100); either may be None.
    family : percentage, hold, ceiling, count, amount or days_share, optional
        by default percentage where both bounds are given, else amount.
    references : dict of area to Series by year, or to DataFrame by year, optional
        comparable series elsewhere in the same unit; a DataFrame has columns value, qualifier (=, ~, >=, <=) and
        optionally unit. Their yearly changes set the spread of a short history and add a share of their median as
        drift, the less so the more own values there are. An area with one value has no change to lend.
    months : Series by month such as "2024-09", optional
        of this and earlier years; they decide the year of the last month, see `complete_year`.
    annual_rule : how months make a year: mean, sum, last or days
    tested : float or Series by year, optional
        how many things each value of a share between two bounds counts (the n of k of n). The years ahead count as
        many as the last. 100 % of 20 then leaves more room than 100 % of 2,000.

    Returns
    -------
    Forecast
        of one series, in its unit.

    Raises
    ------
    ValueError
        naming the series and the value that cannot be used.

    Examples
    --------
    >>> history = pd.Series([91.27, 91.9, 92.4, 92.9], index=[2020, 2021, 2022, 2023], name="邵阳市")
    >>> ahead = forecast(history, 2, bounds=(0, 100))
    >>> ahead.median.round(1).to_dict(), ahead.probability(at_least=0).to_dict()
    ({2024: 93.2, 2025: 93.5}, {2024: 1.0, 2025: 1.0})
    """
    if not isinstance(history, pd.Series):
        raise ValueError(f"history is {type(history).__name__}; expected a pandas Series indexed by year")
    name = history.name
    _check_horizon(horizon, name)
    if family is not None and family not in FAMILIES:
        raise ValueError(f"{name}: family {family!r}; expected one of {', '.join(FAMILIES)}")
    lower, upper = members.limits_of(bounds, name)
    values = _checked_values(history, lower, upper)
    rows, steps = values.to_numpy(), np.arange(1, horizon + 1)
    pattern = tuple((values.index - values.index[0]).tolist())
    families = np.array([family or members.default_family(lower, upper)])
    batch = Batch(rows[None], pattern, np.array([lower]), np.array([upper]), families)
    reference = reference_of([borrowed(references, name, lower, upper)], len(rows) - 1)
    mixture = members.mixture_of(batch, steps, reference, members.sampling_noise(values, tested, batch))
    years = pd.Index(values.index[-1] + steps, name="year")
    parts = [((steps - 1)[None], mixture)]
    if months is not None:
        parts += _running_year(months, years, annual_rule, bounds, family)
    return Forecast(years, parts, values)


def _running_year(months, years, rule, bounds, family):
    """The part of a forecast that months decide: the year of the last one, if it lies ahead."""
    year = int(str(months.index[-1])[:4])
    if year not in years:
        expected = f"expected a year from {years[0]} to {years[-1]}"
        raise ValueError(f"{months.name}: months end in {year}; {expected}")
    ((_, mixture),) = complete_year(months, year, rule, bounds=bounds, family=family)._parts
    return [(np.array([[year - years[0]]]), mixture)]


def forecast_panel(
    table: pd.DataFrame, horizon: int, *, references: dict | None = None, families: dict | None = None
) -> Forecast:
    """Forecast many series in one call, each as `forecast` does alone.

    Parameters
    ----------
    table : DataFrame
        one row a series and year: `year`, `value`, optionally `lower`, `upper` and `family`, which are those of
        the series' last row; all other columns together name the series.
    horizon : years ahead of each series' last value, 1 to 30
    references : dict of series name to references, see `forecast`, optional
        a name is a tuple where several columns name a series.
    families : dict of series name to family, optional
        instead of the column.

    Returns
    -------
    Forecast
        of many series, in sorted order.

    Raises
    ------
    ValueError
        naming the series and the value that cannot be used.

    Examples
    --------
    >>> table = pd.DataFrame({"area": ["A", "A", "B"], "year": [2020, 2021, 2021], "value": [5.0, 6.0, 7.0]})
    >>> forecast_panel(table, 1).median.round(1).to_dict()
    {('A', 2022): 6.0, ('B', 2022): 7.0}
    """
    rows, names = _checked_panel(table, horizon, families)
    last_rows = rows.drop_duplicates("series", keep="last")
    keys, steps, parts = _keys_of(names), np.arange(1, horizon + 1), []
    for batch, chosen in _batches(rows, last_rows):
        lent = [
            borrowed((references or {}).get(keys[one]), keys[one], lower, upper)
            for one, lower, upper in zip(chosen, batch.lower, batch.upper, strict=True)
        ]
        mixture = members.mixture_of(batch, steps, reference_of(lent, len(batch.pattern) - 1))
        parts.append((chosen[:, None] * horizon + steps - 1, mixture))
    years = last_rows["year"].to_numpy()[:, None] + steps
    index = names.take(np.repeat(np.arange(len(names)), horizon)).assign(year=years.ravel())
    return Forecast(pd.MultiIndex.from_frame(index), parts)


def _keys_of(names):
    """Name of each series: a tuple where several columns name it."""
    return names.set_index(list(names)).index.tolist()


def _check_horizon(horizon, name):
    is_whole = isinstance(horizon, int | np.integer) and not isinstance(horizon, bool)
    if not is_whole or not 1 <= horizon <= members.MAX_HORIZON:
        expected = f"expected a whole number of years from 1 to {members.MAX_HORIZON}"
        raise ValueError(f"{name}: horizon {horizon!r}; {expected}")


def _checked_values(history, lower, upper):
    """Known values by plain year."""
    name = history.name
    try:
        values = history.astype(float).set_axis(years_of(history.index, name)).dropna()
    except (TypeError, ValueError) as error:
        found = str(error).removeprefix(f"{name}: ")
        raise ValueError(f"{name}: {found}; expected numbers") from None
    if values.empty:
        raise ValueError(f"{name}: no value in {len(history)} years; expected at least one")
    for wrong, expected in (
        (values[~np.isfinite(values)], "; expected a finite number"),
        (values[(values < lower) | (values > upper)], f" is outside {lower:g} to {upper:g}"),
    ):
        if len(wrong):
            raise ValueError(f"{name}: value {wrong.iloc[0]:g} of {wrong.index[0]}{expected}")
    return values


def _checked_panel(table, horizon, families):
    """Rows of numbers sorted by series and year, and the names of the series."""
    _check_horizon(horizon, "panel")
    absent = {"year", "value"} - set(table.columns)
    key = [column for column in table.columns if column not in PANEL_COLUMNS]
    if absent or not key or table.empty:
        found = list(table.columns)
        raise ValueError(f"panel: columns {found}; expected year, value and what names a series")
    series = table.groupby(key, sort=True, observed=True, dropna=False).ngroup().to_numpy()
    is_first = ~pd.Series(series).duplicated().to_numpy()
    names = table.loc[is_first, key].iloc[np.argsort(series[is_first])].reset_index(drop=True)
    rows = pd.DataFrame(
        {
            "series": series,
            "year": table["year"].to_numpy(),
            "value": pd.to_numeric(table["value"], errors="coerce").to_numpy(float),
            "lower": _column_or(table, "lower", -np.inf).astype(float),
            "upper": _column_or(table, "upper", np.inf).astype(float),
            "family": _column_or(table, "family", None),
            "printed": table["value"].to_numpy(),
        }
    )
    if families is not None:
        rows["family"] = np.array([families.get(key) for key in _keys_of(names)], dtype=object)[series]
    rows = rows.sort_values(["series", "year"], kind="stable", ignore_index=True)
    _check_panel_rows(rows, names)
    return rows[rows["value"].notna()].reset_index(drop=True), names


def _column_or(table, column, default):
    if column not in table:
        return np.full(len(table), default)
    return table[column].where(table[column].notna(), default).to_numpy()


def _check_panel_rows(rows, names):
    def refuse(is_wrong, message):
        if is_wrong.any():
            row = rows[is_wrong].iloc[0]
            name = " ".join(map(str, names.iloc[int(row["series"])]))
            raise ValueError(f"{name}: " + message.format(**row))

    if not pd.api.types.is_integer_dtype(rows["year"].dtype):
        raise ValueError(f"panel: years are {rows['year'].dtype}; expected whole numbers such as 2020")
    refuse(rows.duplicated(["series", "year"]), "year {year} is repeated")
    refuse(rows["value"].isna() & rows["printed"].notna(), "value {printed!r} of {year}; expected a number")
    refuse(rows["value"].abs() == np.inf, "value {value} of {year}; expected a finite number")
    refuse(rows["lower"] >= rows["upper"], "bounds {lower:g} to {upper:g}; expected lower below upper")
    outside = (rows["value"] < rows["lower"]) | (rows["value"] > rows["upper"])
    refuse(outside, "value {value:g} of {year} is outside {lower:g} to {upper:g}")
    is_known = rows["family"].isna() | rows["family"].isin(FAMILIES)
    refuse(~is_known, "family {family!r}; expected one of " + ", ".join(FAMILIES))
    refuse(~rows["series"].isin(rows.loc[rows["value"].notna(), "series"].unique()), "no value in any year")


def _batches(rows, last_rows):
    """Chunks of series with one pattern of observed years, and their positions."""
    years, values = rows["year"].to_numpy(), rows["value"].to_numpy()
    lower, upper, families = (last_rows[name].to_numpy() for name in ("lower", "upper", "family"))
    usual = np.where(np.isfinite(lower) & np.isfinite(upper), "percentage", "amount")
    families = np.where(pd.isna(families), usual, families).astype(str)
    ends = last_rows.index.to_numpy()
    counts = np.diff(ends, prepend=-1)
    for count in np.unique(counts):
        same_count = np.flatnonzero(counts == count)
        cells = ends[same_count, None] + np.arange(1 - count, 1)
        since_first = years[cells] - years[cells[:, :1]]
        patterns, inverse = np.unique(since_first, axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            same_pattern = np.flatnonzero(inverse.ravel() == number)
            for chunk in np.split(same_pattern, range(_CHUNK, len(same_pattern), _CHUNK)):
                one, known = same_count[chunk], values[cells[chunk]]
                yield Batch(known, tuple(pattern.tolist()), lower[one], upper[one], families[one]), one
