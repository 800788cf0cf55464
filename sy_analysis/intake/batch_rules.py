"""The guard's rules for all values of one document together."""

from collections import defaultdict
from collections.abc import Iterable

from sy_analysis.intake.candidates import Candidate
from sy_analysis.intake.known import Known, series_of
from sy_analysis.intake.value_rules import Suspicion, suspect
from sy_analysis.record.areas import children_of, level_of, parent_of

Suspicions = dict[tuple[str, str, str], Suspicion]


def check_columns(candidates: Iterable[Candidate], known: Known) -> Suspicions:
    """Columns in which three or more areas all repeat last year's values, away from the bounds.

    Returns
    -------
    dict of (indicator_id, area, period) to Suspicion
    """
    suspicions = {}
    for (indicator_id, period), members in _columns(candidates, "A").items():
        year = int(period) - 1
        pairs = [(c, series_of(c, known).get(str(year))) for c in members]
        pairs = [(c, old) for c, old in pairs if old is not None and float(c.value) not in (0.0, 100.0)]
        if len(pairs) >= 3 and all(float(c.value) == old for c, old in pairs):
            for c, _ in pairs:
                suspicions[indicator_id, c.area, period] = suspect("copied", year=year, value=c.value)
    return suspicions


def check_selections(candidates: Iterable[Candidate], known: Known) -> Suspicions:
    """Months of which only the perfect cities are printed: a selection on the outcome.

    Returns
    -------
    dict of (indicator_id, area, period) to Suspicion
    """
    suspicions = {}
    for (indicator_id, period), members in _columns(candidates, "M").items():
        values = {c.area: c.value for c in members}
        cities = [area for area in values if level_of(area) == "prefecture"]
        is_days = known.facts[indicator_id].get("family") == "days_share"
        if not is_days or not cities or any(value != 100 for value in values.values()):
            continue
        expected = len(children_of(parent_of(cities[0])))
        if len(cities) < expected:
            suspicion = suspect("selected", period=period, n=len(cities), expected=expected)
            suspicions |= {(indicator_id, area, period): suspicion for area in cities}
    return suspicions


def _columns(candidates, frequency):
    """Candidates with a value by indicator and period."""
    columns = defaultdict(list)
    for candidate in candidates:
        if candidate.value is not None and candidate.frequency == frequency:
            columns[candidate.indicator_id, candidate.period].append(candidate)
    return columns
