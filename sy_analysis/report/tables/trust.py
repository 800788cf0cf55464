"""How good the forecasts have been, on the record and on public series."""

import pandas as pd

from sy_analysis.report.columns import display


def score_table(scores: pd.DataFrame) -> pd.DataFrame:
    """Show coverage and skill of the record's own series by horizon.

    Parameters
    ----------
    scores : DataFrame from `score_record`, shares 0 to 1
    """
    return display(scores.rename(columns={"n": "n_forecasts"}), "score")


def peer_table(published: pd.DataFrame) -> pd.DataFrame:
    """Show the system beside other methods on public indicator series.

    Parameters
    ----------
    published : DataFrame from `published_scores`, coverage 0 to 100
    """
    rows = published[published["table"].isin(["all windows", "subsample"])].astype({"windows": int})
    columns = {"table": "sample", "coverage_80": "coverage_80_pct", "coverage_95": "coverage_95_pct"}
    return display(rows.rename(columns=columns), "peer")
