"""Sampling error of an inspected rate, and whether a miss is more than chance."""

import math
from statistics import NormalDist
from typing import NamedTuple

# two-sided, as PHEindicatormethods and most official health and inspection statistics print it
CONFIDENCE = 0.95


def wilson_interval(passes: float, sample: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Wilson interval of the true rate, given passed items of a sample.

    Parameters
    ----------
    passes : float
        Passed items, 0 to `sample`. Not whole where a rate was rounded or weighted.
    sample : float
        Inspected items, above 0.
    confidence : float
        Two-sided, between 0 and 1.

    Returns
    -------
    (float, float)
        Lower and upper bound as shares, 0 to 1. Unlike rate ± 2 standard errors they stay inside 0 to 1 and
        keep a width when every item passes.

    Raises
    ------
    ValueError
        for a sample or count that cannot be.

    Notes
    -----
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
    American Statistical Association 22 (1927), without continuity correction.

    Examples
    --------
    >>> [round(bound, 4) for bound in wilson_interval(65, 100)]
    [0.5525, 0.7364]
    """
    if not (math.isfinite(sample) and sample > 0):
        raise ValueError(f"sample is {sample}; expected more than 0 inspected items")
    if not 0 <= passes <= sample:
        raise ValueError(f"passes is {passes}; expected 0 to {sample}, the size of the sample")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; expected a number between 0 and 1, such as 0.95")
    z2 = _quantile(confidence) ** 2
    share = passes / sample
    middle = share + z2 / (2 * sample)
    half = math.sqrt(z2) * math.sqrt(share * (1 - share) / sample + z2 / (4 * sample**2))
    scale = 1 + z2 / sample
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def _quantile(confidence):
    """Standard normal quantile of a two-sided confidence."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


class SampleVerdict(NamedTuple):
    """Outcome of a sampled rate, met or missed or either _within_error, and its interval."""

    outcome: str
    rate: float
    lower: float
    upper: float


def judge_sample(rate: float, sample: int, target: float, confidence: float = CONFIDENCE) -> SampleVerdict:
    """Tell a missed target from one that is missed within sampling error.

    Parameters
    ----------
    rate : float, per cent of the sample that passed
    sample : int, inspected items
    target : float, per cent, at least
    confidence : float, two-sided

    Returns
    -------
    SampleVerdict
        "met" and "missed" only when the Wilson interval of the rate lies wholly on one side of the target.

    Raises
    ------
    ValueError
        for a rate outside 0 to 100 or an impossible sample.

    Notes
    -----
    Right for a plain sample of items. A weighted rate, such as the manufacturing pass rate by industry and
    region, has a wider error than its sample size suggests. Products chosen for their risk are not a sample
    of all.

    Examples
    --------
    >>> judge_sample(94.0, 400, 95).outcome
    'missed_within_error'
    >>> judge_sample(94.0, 4000, 95).outcome
    'missed'
    """
    if not 0 <= rate <= 100:
        raise ValueError(f"rate is {rate}; expected per cent, 0 to 100")
    lower, upper = (100 * bound for bound in wilson_interval(rate / 100 * sample, sample, confidence))
    if rate >= target:
        return SampleVerdict("met" if lower >= target else "met_within_error", rate, lower, upper)
    return SampleVerdict("missed" if upper < target else "missed_within_error", rate, lower, upper)


def sample_to_tell(rate: float, target: float, confidence: float = CONFIDENCE) -> int | None:
    """Smallest sample whose interval around this rate excludes this target.

    Parameters
    ----------
    rate, target : float, per cent, 0 to 100
    confidence : float, two-sided

    Returns
    -------
    int or None
        None when rate and target are equal, which no sample can tell apart.

    Notes
    -----
    The Wilson interval of a share p excludes a share t exactly when n > z² t (1 - t) / (p - t)², since it
    collects the shares that the score test does not reject.

    Examples
    --------
    >>> sample_to_tell(94, 95), sample_to_tell(100, 98.2), sample_to_tell(95, 95)
    (1825, 210, None)
    """
    p, t = rate / 100, target / 100
    if not (0 <= p <= 1 and 0 <= t <= 1):
        raise ValueError(f"rate {rate}, target {target}; expected per cent, 0 to 100")
    if p == t:
        return None
    return max(1, math.floor(_quantile(confidence) ** 2 * t * (1 - t) / (p - t) ** 2) + 1)
