"""Certain before likely: what the days already counted allow, by arithmetic alone.

A share of days is settled early. Enough good days secure the year's target, too many bad ones put it out of
reach, and in between a number of bad days is left. This needs no forecast, and none can contradict it.
"""

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from sy_analysis.base.words import read_words
from sy_analysis.judge.sentences import Pair, fill

_SENTENCES = read_words("sy_analysis.judge", "bounds.csv")


class Bound(NamedTuple):
    """What is certain about a share of countable items.

    state : secured, open or out_of_reach
    needed : int, good items that the whole must contain
    spare : int, bad items that the rest may still contain, negative when out of reach
    left : int, items still to come
    """

    state: str
    needed: int
    spare: int
    left: int


def _exact(number):
    """A printed decimal as an exact fraction, so that 85.5 is 171/2 and not its binary neighbour.

    >>> _exact(85.5), _exact("98.20")
    (Fraction(171, 2), Fraction(491, 5))
    """
    return Fraction(str(number))


def good_needed(target: float | str, total: int, decimals: int | None = None) -> int:
    """Least number of good items out of `total` whose share meets the target.

    Parameters
    ----------
    target : number or text, per cent, 0 to 100, taken as the decimal it is written as
    total : int, items of the whole, such as 365 days
    decimals : int, optional
        digits to which the share is printed and compared (half up, as Chinese bulletins print). By default
        the exact share is compared. 312 of 365 days is 85.479 %, printed as 85.5.

    Returns
    -------
    int
        above `total` when even all good items do not meet it, which only a target above 100 can do.

    Examples
    --------
    >>> good_needed(85.5, 365), good_needed(85.5, 365, decimals=1)
    (313, 312)
    """
    share = _exact(target)
    if decimals is not None:
        step = Fraction(1, 10**decimals)
        # printed half up, a share prints as at least the target from half a step below the next printable
        # value
        share = math.ceil(share / step) * step - step / 2
    return max(0, math.ceil(share * total / 100))


def bound_share(good: int, seen: int, total: int, target: float | str, decimals: int | None = None) -> Bound:
    """Bound the share of a period by what is counted so far.

    Parameters
    ----------
    good : int, good items counted, at most `seen`
    seen : int, items counted, at most `total`
    total : int, items of the whole period
    target : per cent
    decimals : see `good_needed`

    Returns
    -------
    Bound

    Raises
    ------
    ValueError
        for counts that cannot be.

    Examples
    --------
    >>> bound_share(good=250, seen=273, total=365, target=85)
    Bound(state='open', needed=311, spare=31, left=92)
    >>> bound_share(good=311, seen=330, total=365, target=85).state
    'secured'
    """
    if not 0 <= good <= seen <= total:
        raise ValueError(f"good {good}, seen {seen}, total {total}; expected 0 <= good <= seen <= total")
    if total < 1:
        raise ValueError(f"total is {total}; expected at least one item")
    needed = good_needed(target, total, decimals)
    left = total - seen
    spare = good + left - needed
    state = "secured" if good >= needed else "out_of_reach" if spare < 0 else "open"
    return Bound(state, needed, spare, left)


def bound_share_between(
    good_low: int, good_high: int, seen: int, total: int, target: float | str, decimals: int | None = None
) -> Bound:
    """Bound the share of a period whose number of good items is only known as a range.

    Returns
    -------
    Bound
        secured only if the low number secures it, out_of_reach only if the high number cannot reach it.
        `spare` counts from the low number, the bad items that are surely still allowed.

    Examples
    --------
    >>> bound_share_between(250, 255, 273, 365, 85).spare
    31
    """
    low = bound_share(good_low, seen, total, target, decimals)
    high = bound_share(good_high, seen, total, target, decimals)
    return low if low.state == high.state else low._replace(state="open")


def good_items(share: float | str, total: int, decimals: int = 1) -> range:
    """Every count of good items that prints as this share.

    Parameters
    ----------
    share : number or text, per cent as printed
    total : int, items
    decimals : int, digits printed, half up

    Returns
    -------
    range
        empty when no whole number of items prints so, a sign of another denominator or of a slip.

    Examples
    --------
    >>> good_items(96.7, 30), good_items(93.4, 366), good_items(96.5, 30)
    (range(29, 30), range(342, 343), range(29, 29))
    """
    half = Fraction(1, 2 * 10**decimals)
    first = math.ceil((_exact(share) - half) * total / 100)
    beyond = math.ceil((_exact(share) + half) * total / 100)
    return range(max(0, first), min(beyond, total + 1))


def bound_months(
    months: Iterable[tuple[float, int]], total: int, target: float | str, decimals: int | None = None
) -> Bound:
    """Bound a year's share of good days by the months already published.

    Parameters
    ----------
    months : iterable of (share, days), per cent as printed to one decimal and calendar days of the month
    total : int, days of the year
    target : per cent of the year
    decimals : see `good_needed`

    Returns
    -------
    Bound

    Raises
    ------
    ValueError
        with the month whose share no whole number of days can give.

    Examples
    --------
    >>> bound_months([(96.8, 31), (100, 29)], 366, 85).state
    'open'
    """
    low = high = seen = 0
    for share, days in months:
        counts = good_items(share, days)
        if not counts:
            raise ValueError(
                f"no whole number of {days} days prints as {share} %; check the month's denominator"
            )
        low, high, seen = low + counts[0], high + counts[-1], seen + days
    return bound_share_between(low, high, seen, total, target, decimals)


def bound_count(reached: int, target: int, *, possible: int | None = None, can_fall: bool = False) -> Bound:
    """Bound a number of things by those that exist and those that can.

    Parameters
    ----------
    reached : int, things that exist
    target : int, things to reach
    possible : int, optional
        the most that can exist in the target year, such as one in each of 12 counties, or what is under way.
    can_fall : bool
        whether things can cease to exist or lose their title, so that having reached the number secures
        nothing.

    Returns
    -------
    Bound
        `left` is what can still be added (or lost) and `spare` how many of those may fail. Without a known
        limit both are -1 and the state is never out_of_reach.

    Examples
    --------
    >>> bound_count(9, 12, possible=12)
    Bound(state='open', needed=12, spare=0, left=3)
    >>> bound_count(5, 5).state, bound_count(5, 5, can_fall=True).state, bound_count(1, 5, possible=4).state
    ('secured', 'open', 'out_of_reach')
    """
    if reached < 0 or (possible is not None and possible < reached):
        raise ValueError(f"reached {reached}, possible {possible}; expected 0 <= reached <= possible")
    if reached >= target and not can_fall:
        return Bound("secured", target, reached - target, 0 if possible is None else possible - reached)
    if possible is None:
        return Bound("open", target, -1, -1)
    spare = possible - target
    return Bound("out_of_reach" if spare < 0 else "open", target, spare, possible - reached)


def describe_bound(bound: Bound) -> Pair:
    """Describe a bound on days in one sentence, in Chinese and in English.

    >>> describe_bound(bound_share(250, 273, 365, 85))[1]
    'at most 31 more bad days in the 92 that are left.'
    """
    return fill(_SENTENCES[bound.state], spare=bound.spare, left=bound.left)
