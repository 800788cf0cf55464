"""How sure an inspected rate is: the interval of a sample, and whether a miss can be told from chance."""

import math
from statistics import NormalDist

# two-sided, as PHEindicatormethods and most official health and inspection statistics print it
CONFIDENCE = 0.95


def wilson_interval(passes, sample, confidence=CONFIDENCE):
    """Range of true rates that a sample of `passes` out of `sample` leaves plausible.

    Parameters
    ----------
    passes : float
        Passed items, 0 to `sample`; not whole where a rate was rounded or weighted.
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
    z2 = NormalDist().inv_cdf((1 + confidence) / 2) ** 2
    share = passes / sample
    middle = share + z2 / (2 * sample)
    half = math.sqrt(z2) * math.sqrt(share * (1 - share) / sample + z2 / (4 * sample**2))
    scale = 1 + z2 / sample
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)
