"""The guard's rules for a single value, each looking for one known accident.

A rule is a function of a candidate and of what was known before. Nothing is compared across a break.
"""

import math
import re
from datetime import date
from typing import NamedTuple

from sy_analysis.intake import history
from sy_analysis.intake.candidates import Candidate
from sy_analysis.intake.digits import decimals_of
from sy_analysis.intake.history import Known
from sy_analysis.intake.periods import days_of, ends_of
from sy_analysis.intake.words import message
from sy_analysis.record.areas import level_of

# A change is out of the ordinary beyond this many times (spread + own largest change so far), by the number
# of earlier values: 98.5 in 100 first changes of 10,407 windows of shares and of 3,033 others stay within.
_SHARE_LIMITS = ((1, 16.0), (2, 5.0), (3, 3.0), (5, 2.0), (10, 1.7))
_OTHER_LIMITS = ((1, 31.0), (2, 6.2), (3, 3.7), (5, 2.6), (10, 1.8))
# A year is the mean of its parts: a month varies about √12 times as much, a quarter twice, a half-year √2 times.
_PER_YEAR = {"M": 12, "Q": 4, "YTD": 2}
# Pass and failure rates can be mistaken for one another where both lie this far from a half, in points.
_FAR_FROM_HALF = 20
# Feeds lose up to this many days of a month; the share is then one of the valid days.
_DAYS_LOST = 3
# The usual slips: per cent as a fraction, 万 and 亿 left out or put twice; a decimal point moved.
_SLIPS = {"scale": (100, 10**4, 10**8), "decimal": (10, 1000)}
# A slip needs the value to be this many times above or below everything recent.
_FAR_FROM_RECENT = 4
# Digits of small counts say too little: 2 and 20 are both possible.
_SMALL = 10
# A window of at least this many days is as good as the year.
_WHOLE_YEAR_DAYS = 350
_PASS_RATE = re.compile("(?<!不)合格率|达标率")
_PARTIAL_WORDS = re.compile(r"1-\d{1,2}月|前三季|上半年|下半年|截[至止]|前\d+个月|[一二三四]季度|半年")


class Suspicion(NamedTuple):
    """Why a value is held back, by which rule, and what would release it; in both languages."""

    rule: str
    reason: str
    release: str


def suspect(rule: str, case: str = "", **facts: object) -> Suspicion:
    """A suspicion in the words of messages.csv; `case` names one of several reasons of a rule."""
    key = f"guard.{rule}"
    reason = message(f"{key}.{case}" if case else key, **facts)
    return Suspicion(rule, reason, message(f"{key}.release", **facts))


def doubts_of(candidate: Candidate) -> list[Suspicion]:
    """What already came up while the cell was read."""
    return [suspect(doubt, printed=candidate.printed) for doubt in dict.fromkeys(candidate.doubts)]


def check_bounds(candidate: Candidate, known: Known) -> list[Suspicion]:
    """A value outside the indicator's bounds."""
    facts, value = known.facts[candidate.indicator_id], float(candidate.value)
    lower, upper = (float(facts.get(name, math.nan)) for name in ("lower_bound", "upper_bound"))
    return [suspect("bounds", value=candidate.value)] if value < lower or value > upper else []


def check_words(candidate: Candidate, known: Known) -> list[Suspicion]:
    """Words beside the figure that belong to another measure."""
    text = f"{candidate.header} {candidate.parse}"
    key = (candidate.indicator_id, text)
    if key not in known.memo:
        known.memo[key] = [
            Suspicion("words", reason, message("guard.words.release"))
            for pattern, conflicts, reason in known.words
            if conflicts.fullmatch(candidate.indicator_id) and pattern.search(text)
        ][:1]
    return known.memo[key]


def check_break(candidate: Candidate, known: Known) -> list[Suspicion]:
    """A value after a break, from which on the series has another id."""
    return [
        suspect("break", first=row["first_year"], new=row["becomes"], note=row["note"])
        for row in history.breaks_of(candidate, known)
        if row["becomes"] and candidate.period[:4] >= row["first_year"]
    ][:1]


def check_level(candidate: Candidate, known: Known) -> list[Suspicion]:
    """A value of the city proper where the city proper has its own indicator."""
    other = f"{candidate.indicator_id}_city"
    is_mixed_up = level_of(candidate.area) == "urban" and other in known.facts
    return [suspect("level", other=other)] if is_mixed_up else []


def check_complete(candidate: Candidate, known: Known, published: date | None = None) -> list[Suspicion]:
    """A period that was not over when it was published, or a year without all its parts."""
    last_day = ends_of(candidate.period)[1]
    # a document dated on the last day of a year reports the year, as plans and bulletins do
    if published is not None and last_day is not None and published < last_day:
        return [suspect("complete", "running", published=published)]
    if candidate.frequency != "A":
        return []
    if word := _PARTIAL_WORDS.search(f"{candidate.header} {candidate.context}"):
        return [suspect("complete", "words", word=word[0])]
    return _missing_parts(candidate, known) or _same_as_part(candidate, known)


def _parts_of(year):
    """Periods of a year's quarters and months, by frequency."""
    return {"Q": [f"{year}Q{n}" for n in range(1, 5)], "M": [f"{year}-{n:02d}" for n in range(1, 13)]}


def _missing_parts(candidate, known):
    """Quarters or months are missing where the year before had them all, or this one is made of them."""
    year = int(candidate.period)
    is_made_of_parts = known.facts[candidate.indicator_id].get("annual_rule", "none") != "none"
    for frequency, parts in _parts_of(year).items():
        series = history.series_of(candidate, known, frequency)
        before, now = (sum(part in series for part in _parts_of(y)[frequency]) for y in (year - 1, year))
        count = len(parts)
        has_begun = is_made_of_parts and frequency == "Q" and now > 1
        if now < count and (before == count or has_begun):
            return [suspect("complete", frequency, n=now, year=year)]
    return []


def _same_as_part(candidate, known):
    """The value of a part of the year printed again as the year's; whole numbers repeat by nature."""
    if decimals_of(candidate.value) == 0:
        return []
    for period, value in history.series_of(candidate, known, "YTD").items():
        is_part = period.startswith(candidate.period) and (days_of(period) or 366) < _WHOLE_YEAR_DAYS
        if is_part and value == float(candidate.value):
            return [suspect("complete", "part", period=period)]
    return []


def check_parts(candidate: Candidate, known: Known) -> list[Suspicion]:
    """A share of n days or n sources that is not k/n for any k, rounded as printed."""
    place = (candidate.indicator_id, candidate.area)
    counts = next((p["counts"] for p in known.parts if (p["indicator"], p["area"]) == place), None)
    is_days = known.facts[candidate.indicator_id].get("family") == "days_share"
    if counts is None and is_days and candidate.frequency == "M" and _is_single(candidate):
        days = days_of(candidate.period) or 0
        counts = range(days - _DAYS_LOST, days + 1) if days else None
    if counts is None or " of " in candidate.parse:
        return []
    if _can_be(float(candidate.value), decimals_of(candidate.value), counts):
        return []
    return [suspect("parts", value=candidate.value, low=min(counts), high=max(counts))]


def _is_single(candidate):
    level = level_of(candidate.area)
    return level == "county" or (level == "prefecture" and not candidate.indicator_id.endswith("_county"))


def _can_be(value, decimals, counts):
    """Whether a share can be k of n for one of the counts, at its printed decimals.

    >>> _can_be(96.7, 1, [30]), _can_be(96.6, 1, [30]), _can_be(96.6, 1, [29])
    (True, False, True)
    """
    half = 0.5 * 10**-decimals + 1e-9
    return any(abs(round(value * n / 100) * 100 / n - value) <= half for n in counts)


def check_slips(candidate: Candidate, known: Known, before: list[tuple[int, float]]) -> list[Suspicion]:
    """A value whose digits fit the recent level in another reading, but not as printed."""
    recent, value = history.levels(candidate, known, before), float(candidate.value)
    if not recent:
        return _unlikely_pass_rate(candidate, known)
    if value <= 0:
        return []
    low, high = min(recent), max(recent)
    suspicions = []
    if history.is_share(candidate, known) and _is_reverse(value, low, high):
        suspicions = [suspect("reverse", value=value, other=100 - value)]
    elif low >= 50:
        suspicions = _unlikely_pass_rate(candidate, known)
    if low <= 0 or high < _SMALL or low / _FAR_FROM_RECENT < value < high * _FAR_FROM_RECENT:
        return suspicions
    return suspicions + _moved_digits(value, low, high)


def _moved_digits(value, low, high):
    for rule, factors in _SLIPS.items():
        for other in (moved for factor in factors for moved in (value * factor, value / factor)):
            if low * 0.7 <= other <= high * 1.4:
                return [suspect(rule, value=value, other=other)]
    return []


def _unlikely_pass_rate(candidate, known):
    """A pass rate under a half, where none or only higher ones are known."""
    is_pass_rate = _PASS_RATE.search(str(known.facts[candidate.indicator_id].get("name_zh", "")))
    if not is_pass_rate or candidate.value >= 50:
        return []
    return [suspect("reverse", "low", value=candidate.value)]


def _is_reverse(value, low, high):
    is_far = low >= 50 + _FAR_FROM_HALF or high <= 50 - _FAR_FROM_HALF
    return is_far and (value < 50) != (low < 50) and low - 5 <= 100 - value <= high + 5


def check_jump(candidate: Candidate, known: Known, before: list[tuple[int, float]]) -> list[Suspicion]:
    """A change beyond what the series itself and comparable ones show."""
    if not before or _is_confirmed(candidate, known):
        return []
    share = history.is_share(candidate, known)
    year, last = before[0]
    (size,) = history.changes([(int(candidate.period[:4]), float(candidate.value)), before[0]], share)
    limit = _jump_limit(candidate, known, before, share)
    if size <= limit:
        return []
    shown, most = (f"{x:.1f} points" if share else _factor(x) for x in (size, limit))
    return [suspect("jump", year=year, last=last, value=candidate.value, size=shown, limit=most)]


def _jump_limit(candidate, known, before, share):
    steps = _SHARE_LIMITS if share else _OTHER_LIMITS
    times = next(limit for least, limit in reversed(steps) if len(before) >= least)
    ordinary = history.spread(before[0][1], share) * math.sqrt(_PER_YEAR.get(candidate.frequency, 1))
    own = times * (ordinary + max(history.changes(before, share), default=0.0))
    panel = history.panel_limit(candidate, known) if candidate.frequency == "A" else None
    return max(own, panel or 0.0)


def _factor(log_ratio):
    """A ratio in words, however large its logarithm."""
    return f"a factor of {math.exp(log_ratio):.2f}" if log_ratio < 20 else "a factor beyond a hundred million"


def _is_confirmed(candidate, known):
    """Whether the value is the mean or the sum of all quarters or months of its year."""
    if candidate.frequency != "A":
        return False
    value = float(candidate.value)
    for frequency, periods in _parts_of(int(candidate.period)).items():
        series = history.series_of(candidate, known, frequency)
        parts = [series.get(part) for part in periods]
        if None in parts:
            continue
        if min(parts) <= value <= max(parts) or math.isclose(value, sum(parts), rel_tol=0.01):
            return True
    return False


def check_copied(candidate: Candidate, before: list[tuple[int, float]]) -> list[Suspicion]:
    """The same value as the year before to the second decimal."""
    if candidate.frequency != "A" or decimals_of(candidate.value) < 2:
        return []
    last_year = int(candidate.period) - 1
    is_copy = bool(before) and before[0] == (last_year, float(candidate.value))
    return [suspect("copied", year=last_year, value=candidate.value)] if is_copy else []
