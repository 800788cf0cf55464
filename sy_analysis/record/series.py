"""Turn observations into series: one value a period, months or quarters joined to years."""

import numpy as np
import pandas as pd

from sy_analysis.base.periods import days_in

SERIES_KEY = ["indicator_id", "area", "frequency", "period"]
_PER_YEAR = {"M": 12, "Q": 4}


def resolve_conflicts(observations: pd.DataFrame) -> pd.DataFrame:
    """Choose one value for each indicator, area and period, and measure the spread of its sources.

    The first difference decides: better grade (A official, B press, C copy, D derived), a value printed as
    exact before one printed as about, the later known (a revision), the source id. Printed bounds
    ("more than 93") are left out. Frequencies stay apart: a year-to-date figure is not a year.

    Returns
    -------
    DataFrame
        keyed by indicator_id, area, frequency, period: year, value, source_id, grade, known_on, n_sources and
        spread (largest minus smallest published value, same unit).
    """
    values = observations[observations["is_value"]]
    ordered = values.assign(is_about=values["qualifier"] == "~").sort_values(
        ["grade", "is_about", "known_on", "source_id"], ascending=[True, True, False, True], kind="stable"
    )
    groups = ordered.groupby(SERIES_KEY, sort=True)
    series = groups[["year", "value", "source_id", "grade", "known_on"]].first()
    series["n_sources"] = groups["source_id"].nunique()
    series["spread"] = groups["value"].max() - groups["value"].min()
    return series.reset_index()


def find_conflicts(observations: pd.DataFrame) -> pd.DataFrame:
    """Find observations of periods with different printed values, and mark the chosen one."""
    series = resolve_conflicts(observations)
    disputed = series[series["spread"] > 0].drop(columns=["year", "value", "grade", "known_on"])
    rows = observations[observations["is_value"]].merge(
        disputed.rename(columns={"source_id": "chosen"}), on=SERIES_KEY, validate="many_to_one"
    )
    rows["is_chosen"] = rows.pop("chosen") == rows["source_id"]
    order = [True] * len(SERIES_KEY) + [False]
    return rows.sort_values([*SERIES_KEY, "is_chosen"], ascending=order, ignore_index=True)


def annualise(series: pd.DataFrame, indicators: pd.DataFrame) -> pd.DataFrame:
    """Add years made of twelve months or four quarters by the annual_rule of their indicator.

    A published year is never replaced, and an incomplete one makes no value. The rules are mean, sum, last and
    days (a share of days: months weighted by their calendar days). The result is like that of `resolve_conflicts`,
    frequency A only, with made_from = A, M or Q.
    """
    rules = indicators.set_index("indicator_id")["annual_rule"]
    ruled = series.assign(rule=series["indicator_id"].map(rules))
    parts = ruled[ruled["frequency"].isin(_PER_YEAR) & (ruled["rule"] != "none")]
    published = series[series["frequency"] == "A"].assign(made_from="A")
    yearly = pd.concat([published, _years_of(parts)], ignore_index=True)
    kept = yearly.drop_duplicates(["indicator_id", "area", "year"], keep="first")
    return kept.sort_values(SERIES_KEY, ignore_index=True)


def _years_of(parts):
    days = np.array([days_in(period) for period in parts["period"]], dtype=float)
    parts = parts.assign(days=days, value_days=parts["value"] * days).sort_values("period")
    key = ["indicator_id", "area", "frequency", "year"]
    is_full = parts.groupby(key)["period"].transform("size") == parts["frequency"].map(_PER_YEAR)
    parts = parts[is_full]
    years = parts.groupby(key, as_index=False).agg(
        rule=("rule", "first"),
        mean=("value", "mean"),
        sum=("value", "sum"),
        last=("value", "last"),
        value_days=("value_days", "sum"),
        days_in_year=("days", "sum"),
        source_id=("source_id", lambda ids: "+".join(sorted(set(ids)))),
        grade=("grade", "max"),
        known_on=("known_on", "max"),
        n_sources=("source_id", "nunique"),
        spread=("spread", "max"),
    )
    years["days"] = years["value_days"] / years.pop("days_in_year")
    value = [years.at[row, rule] for row, rule in years["rule"].items()]
    years = years.drop(columns=["rule", "mean", "sum", "last", "days", "value_days"])
    period, made_from = years["year"].astype(str), years["frequency"]
    return years.assign(value=value, period=period, made_from=made_from, frequency="A")


def series_as_of(observations: pd.DataFrame, indicators: pd.DataFrame, breaks: pd.DataFrame) -> pd.DataFrame:
    """Build the yearly series of a record, one row a year, gaps as missing values.

    Returns
    -------
    DataFrame
        keyed by indicator_id, area, year. The value is missing in a gap between the first and the last year.
        segment counts the changes of definition up to that year: values of two segments are not comparable.
    """
    yearly = annualise(resolve_conflicts(observations), indicators)
    spans = yearly.groupby(["indicator_id", "area"])["year"].agg(["min", "max"])
    years = [(*key, year) for key, first, last in spans.itertuples() for year in range(first, last + 1)]
    grid = pd.DataFrame(years, columns=["indicator_id", "area", "year"])
    values = yearly.drop(columns=["frequency", "period"])
    series = grid.merge(values, how="left", on=list(grid), validate="one_to_one")
    return series.assign(segment=_segments(series, breaks))


def _segments(series, breaks):
    """Count the breaks before each row; the area * of a break means every area."""
    segment = np.zeros(len(series), dtype=int)
    for row in breaks.itertuples():
        is_hit = (series["indicator_id"] == row.indicator_id) & (series["year"] >= row.first_year)
        segment += (is_hit if row.area == "*" else is_hit & (series["area"] == row.area)).to_numpy(int)
    return segment


def find_gaps(series: pd.DataFrame) -> pd.DataFrame:
    """List years without a value between the first and the last of each series."""
    years = series[series["value"].isna()].groupby(["indicator_id", "area"])["year"]
    return years.agg(n_missing="count", years=list).reset_index()


def histories_of(series: pd.DataFrame) -> dict[tuple[str, str], pd.Series]:
    """Split yearly series into values by year since their last change of definition, gaps left out.

    Returns
    -------
    dict of (indicator_id, area) to Series by year, named “indicator_id area”
    """
    known = current_segments(series)
    years, values = known["year"].to_numpy(int), known["value"].to_numpy(float)
    return {
        key: pd.Series(values[rows], index=pd.Index(years[rows], name="year"), name=" ".join(key))
        for key, rows in known.groupby(["indicator_id", "area"]).indices.items()
    }


def current_segments(series: pd.DataFrame) -> pd.DataFrame:
    """Select rows with a value since the last change of definition of their series."""
    known = series[series["value"].notna()]
    last = known.groupby(["indicator_id", "area"])["segment"].transform("max")
    return known[known["segment"] == last]


EMPTY_HISTORY = pd.Series([], index=pd.Index([], dtype=int, name="year"), dtype=float)
