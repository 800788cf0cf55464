"""Turn raw rows into observations: when each was known, its window, and whether it is a value."""

from datetime import date

import pandas as pd

from sy_analysis.base.periods import window_of

VALUE_QUALIFIERS = ("=", "~")  # a printed "more than 93" is a bound, not a value


def clean_observations(
    raw: pd.DataFrame, sources: pd.DataFrame, as_of: date | str | None = None
) -> pd.DataFrame:
    """Add to observations their year, their window and the day on which each was known.

    Parameters
    ----------
    raw : DataFrame, the checked table `observations`
    sources : DataFrame, the checked table `sources`
    as_of : date or ISO text, optional
        leave out what was not yet known on that day.

    Returns
    -------
    DataFrame
        keyed by indicator_id, area, period, frequency and source_id, sorted by that key, with year (int),
        start and end (first and last day of the window), known_on (the day the source was published, or the
        day it was recorded here where it carries no date) and is_value (False for a printed bound).
    """
    known_on = sources.set_index("source_id").eval("published.fillna(recorded)")
    window = raw["period"].map({period: window_of(period) for period in raw["period"].unique()})
    observations = raw.assign(
        start=pd.to_datetime(window.str[0]),
        end=pd.to_datetime(window.str[1]),
        year=raw["period"].str[:4].astype(int),
        known_on=known_on.reindex(raw["source_id"]).to_numpy(),
        is_value=raw["qualifier"].isin(VALUE_QUALIFIERS),
    )
    if as_of is not None:
        observations = observations[observations["known_on"] <= pd.Timestamp(as_of)]
    key = ["indicator_id", "area", "frequency", "period", "source_id"]
    return observations.sort_values(key, ignore_index=True)
