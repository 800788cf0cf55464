"""How honest stated probabilities are: of events, and of the quantiles that a year's outturn falls between."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata


def pit_histogram(quantiles, observed):
    """Share of outturns in each tenth of their forecasts: 0.1 everywhere when the forecasts are right.

    An outturn that meets several deciles at once, as on a bound, counts in equal parts in the tenths that they
    part (Czado, Gneiting and Held 2009).

    Parameters
    ----------
    quantiles : DataFrame with the columns 0.1, 0.2, … 0.9 among others
    observed : array (n,)

    Returns
    -------
    array (10,)

    Examples
    --------
    >>> deciles = pd.DataFrame([np.arange(1.0, 10.0)], columns=np.round(np.arange(0.1, 1, 0.1), 1))
    >>> pit_histogram(deciles, np.array([2.5])).tolist()
    [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    deciles = quantiles[[round(tenth / 10, 1) for tenth in range(1, 10)]].to_numpy()
    outturns = np.asarray(observed, float)[:, None]
    first, last = (deciles < outturns).sum(axis=1), (deciles <= outturns).sum(axis=1)
    tenths = np.arange(10)
    is_met = (tenths >= first[:, None]) & (tenths <= last[:, None])
    return (is_met / is_met.sum(axis=1, keepdims=True)).mean(axis=0)


def brier_score(probability, has_happened):
    """Mean squared distance of probabilities (0 to 1) from what happened; smaller is better (Brier 1950).

    >>> brier_score(np.array([0.8, 0.4]), np.array([True, False])).round(2)
    np.float64(0.1)
    """
    return np.square(np.asarray(probability, float) - np.asarray(has_happened, float)).mean()


def reliability(probability, has_happened, n_bins=10):
    """Stated against observed frequency of events, by bin of the stated probability.

    Returns
    -------
    DataFrame
        one row for each bin that is not empty: n, stated, observed.
    """
    bins = np.minimum((np.asarray(probability) * n_bins).astype(int), n_bins - 1)
    events = pd.DataFrame({"bin": bins, "stated": probability, "observed": np.asarray(has_happened, float)})
    groups = events.groupby("bin")
    return groups.mean().assign(n=groups.size()).reset_index(drop=True)[["n", "stated", "observed"]]


def calibration_error(probability, has_happened, n_bins=10):
    """Mean distance of stated from observed frequency over the bins of `reliability`; 0 is honest.

    >>> calibration_error(np.array([0.25, 0.25, 0.25, 0.25]), np.array([True, False, False, False]))
    np.float64(0.0)
    """
    bins = reliability(probability, has_happened, n_bins)
    return (bins["n"] * (bins["stated"] - bins["observed"]).abs()).sum() / bins["n"].sum()


def discrimination(probability, has_happened):
    """Area under the ROC curve: how often an event had the higher probability than a non-event; 0.5 is
    chance.

    >>> discrimination(np.array([0.9, 0.3, 0.6]), np.array([True, False, True]))
    np.float64(1.0)
    """
    has_happened = np.asarray(has_happened, bool)
    ranks, n_events = rankdata(probability), has_happened.sum()
    n_others = len(has_happened) - n_events
    return (ranks[has_happened].sum() - n_events * (n_events + 1) / 2) / (n_events * n_others)
