"""What was known before a new value: its history, its relatives, and how much such series move."""

import itertools
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
from pydantic import Field

from sy_analysis.base.words import both
from sy_analysis.intake.candidates import Candidate
from sy_analysis.intake.mappings import Facts, check_patterns, read_facts
from sy_analysis.intake.record import rows_of
from sy_analysis.record.areas import find_area

# Yearly spread of a share at the level u: 5.5 (u (1-u))^0.84 points, of other quantities 5 % of the level;
# both fitted to 14,772 windows of public indicator series.
_SHARE_SPREAD = 5.5
_SHARE_POWER = 0.84
_RELATIVE_SPREAD = 0.05
# Changes of comparable series needed before they count, and the quantile that a change must pass as well.
_PANEL_MINIMUM = 20
_PANEL_QUANTILE = 0.99
# Years back that still say what level to expect, and what changes.
RECENT = 5
_MEMORY = 30
# Values of other areas that together say what level a share has.
_ELSEWHERE = 3


class Known(NamedTuple):
    """What was known before a document.

    `values` are by (indicator, area, frequency) and period. `elsewhere` has (year, value) of all areas by
    (indicator, frequency), `panels` (indicator, area, yearly change) by family of indicators. `facts` are rows
    of indicators.csv. `breaks`, `exceptions`, `words` and `parts` are the plan's own facts for the guard.
    `memo` caches results.
    """

    values: dict
    elsewhere: dict
    panels: dict
    facts: dict
    breaks: list
    exceptions: set
    words: list
    parts: list
    memo: dict


class _GuardWord(Facts):
    pattern: str
    conflicts: str
    zh: str
    en: str


class _GuardParts(Facts):
    indicator: str
    area: str
    counts: tuple[Annotated[int, Field(ge=1, le=100_000)], ...] = Field(min_length=1)


class _GuardFacts(Facts):
    words: tuple[_GuardWord, ...] = ()
    parts: tuple[_GuardParts, ...] = ()


def read_guard_facts(folder: Path) -> dict:
    """Read what the guard knows about a record, as the arguments of `known_from`.

    These are guard.yaml, breaks.csv and exceptions.csv of its folder.

    Raises
    ------
    DataError
        naming the file and the word that was not expected.
    """
    path = folder / "guard.yaml"
    facts = read_facts(path, _GuardFacts).model_dump() if path.exists() else {}
    words = facts.get("words", [])
    check_patterns(path.name, [word[name] for word in words for name in ("pattern", "conflicts")])
    return {
        "guard_facts": facts,
        "breaks": rows_of(folder / "breaks.csv"),
        "exceptions": rows_of(folder / "exceptions.csv", ("indicator_id", "area", "period", "rule")),
    }


def known_from(
    observations: pd.DataFrame,
    indicators: pd.DataFrame,
    guard_facts: dict | None = None,
    breaks: Iterable[dict] = (),
    exceptions: Iterable[dict] = (),
) -> Known:
    """Arrange the record for the guard.

    Parameters
    ----------
    observations, indicators : DataFrame
        the checked tables; printed bounds (>=, <=) are left out.
    guard_facts : dict from guard.yaml, with words and parts
    breaks : list of dict with indicator_id, area, first_year, becomes, note
    exceptions : list of dict with indicator_id, area, period, rule

    Returns
    -------
    Known
    """
    values, elsewhere = defaultdict(dict), defaultdict(list)
    rows = observations[observations["qualifier"].isin(["=", "~"])].sort_values("grade", ascending=False)
    for row in rows.itertuples():
        values[row.indicator_id, _present_name(row.area), row.frequency][row.period] = float(row.value)
        elsewhere[row.indicator_id, row.frequency].append((int(row.period[:4]), float(row.value)))
    facts = {row["indicator_id"]: row for row in indicators.to_dict("records")}
    guard_facts = guard_facts or {}
    words = [
        (re.compile(word["pattern"]), re.compile(word["conflicts"]), both(word["zh"], word["en"]))
        for word in guard_facts.get("words", [])
    ]
    allowed = {(row["indicator_id"], row["area"], row["period"], row["rule"]) for row in exceptions}
    panels, parts = _panels(values, facts), guard_facts.get("parts", [])
    return Known(values, elsewhere, panels, facts, list(breaks), allowed, words, parts, memo={})


@lru_cache(maxsize=1024)
def _present_name(area):
    """One name for an area with two in the record; an area outside the register keeps its own."""
    try:
        return find_area(area).name
    except ValueError:
        return area


def remember(known: Known, candidate: Candidate) -> None:
    """Add a value that passed, so that the next one is compared with it."""
    key = (candidate.indicator_id, candidate.area, candidate.frequency)
    known.values[key][candidate.period] = float(candidate.value)


def _panels(values, facts):
    panels = defaultdict(list)
    for (indicator_id, area, frequency), series in values.items():
        if frequency == "A" and indicator_id in facts:
            by_year = sorted(((int(period), value) for period, value in series.items()), reverse=True)
            sizes = changes(by_year, facts[indicator_id]["unit"] == "%")
            panels[_family(indicator_id, facts)] += [(indicator_id, area, size) for size in sizes]
    return panels


def _family(indicator_id, facts):
    return facts[indicator_id].get("relates_to") or indicator_id


def is_share(candidate: Candidate, known: Known) -> bool:
    """Whether the indicator is a percentage."""
    return known.facts[candidate.indicator_id]["unit"] == "%"


def change(old: float, new: float, share: bool) -> float:
    """Size of a change: points for a share, otherwise the logarithm of the ratio.

    >>> change(90.0, 95.0, share=True), round(change(100.0, 110.0, share=False), 3)
    (5.0, 0.095)
    """
    if share:
        return abs(new - old)
    if old <= 0 or new <= 0:
        return abs(new - old) / max(abs(old), abs(new), 1e-9)
    return abs(math.log(new / old))


def changes(by_year: Sequence[tuple[int, float]], share: bool) -> list[float]:
    """Sizes of the changes between neighbours of (year, value), the latest first.

    Over a gap of k years a change is divided by the square root of k, as a random walk would spread.
    """
    return [
        change(old, new, share) / math.sqrt(max(1, year - before))
        for (year, new), (before, old) in itertools.pairwise(by_year)
    ]


def spread(level: float, share: bool) -> float:
    """Ordinary yearly spread at a level: points for a share, a relative change otherwise.

    >>> round(spread(50, share=True), 2), round(spread(95, share=True), 2)
    (1.72, 0.43)
    """
    if not share:
        return _RELATIVE_SPREAD
    u = min(max(level / 100, 0.01), 0.99)
    return _SHARE_SPREAD * (u * (1 - u)) ** _SHARE_POWER


def series_of(candidate: Candidate, known: Known, frequency: str = "") -> dict[str, float]:
    """Known values of the candidate's series by period; of its own frequency by default."""
    return known.values.get((candidate.indicator_id, candidate.area, frequency or candidate.frequency), {})


def breaks_of(candidate: Candidate, known: Known) -> list[dict]:
    """Breaks of definition that concern the candidate's series."""
    return [
        row
        for row in known.breaks
        if row["indicator_id"] == candidate.indicator_id and row["area"] in ("*", candidate.area)
    ]


def earlier(candidate: Candidate, known: Known) -> list[tuple[int, float]]:
    """Comparable earlier (year, value), the latest first.

    Only the same part of earlier years counts (a June with Junes), and nothing from before a break.
    """
    year = int(candidate.period[:4])
    first = max(first_comparable_year(candidate, known), year - _MEMORY)
    series = series_of(candidate, known)
    return [
        (before, value)
        for before in range(year - 1, first - 1, -1)
        if (value := series.get(candidate.period.replace(str(year), str(before)))) is not None
    ]


def first_comparable_year(candidate: Candidate, known: Known) -> int:
    """First year after the latest break up to the candidate's own year; 0 without a break."""
    year = int(candidate.period[:4])
    years = [int(row["first_year"]) for row in breaks_of(candidate, known)]
    return max((first for first in years if first <= year), default=0)


def levels(candidate: Candidate, known: Known, before: list[tuple[int, float]]) -> list[float]:
    """Values that say which level to expect.

    The recent ones of the earlier values; without any, those of other parts of recent years; for a share
    without any, those of other areas.
    """
    year = int(candidate.period[:4])
    own = [value for then, value in before[:RECENT] if then >= year - 2 * RECENT]
    first = max(first_comparable_year(candidate, known), year - 2 * RECENT)
    series = series_of(candidate, known)
    own = own or [v for period, v in series.items() if first <= int(period[:4]) and period < candidate.period]
    if own or not is_share(candidate, known):
        return own
    key = (candidate.indicator_id, candidate.frequency, first, year)
    if key not in known.memo:
        known.memo[key] = [v for y, v in known.elsewhere.get(key[:2], []) if first <= y <= year]
    return known.memo[key] if len(known.memo[key]) >= _ELSEWHERE else []


def panel_limit(candidate: Candidate, known: Known) -> float | None:
    """The limit of 99 in 100 yearly changes of comparable series; None when there are too few."""
    own = (candidate.indicator_id, candidate.area)
    if own not in known.memo:
        family = known.panels.get(_family(candidate.indicator_id, known.facts), [])
        sizes = [size for indicator_id, area, size in family if (indicator_id, area) != own]
        enough = len(sizes) >= _PANEL_MINIMUM
        known.memo[own] = float(np.quantile(sizes, _PANEL_QUANTILE)) if enough else None
    return known.memo[own]
