"""Is a new value plausible? Checks before it joins the record; what they doubt waits in quarantine.

A rule is never loosened for a case: a known exception is a row of exceptions.csv, a change of definition a row
of breaks.csv. The words of the reasons are in messages.csv.
"""

from collections import defaultdict
from datetime import date

from sy_analysis.intake import value_rules as rules
from sy_analysis.intake.candidates import Candidate
from sy_analysis.intake.history import Known, earlier, remember, series_of
from sy_analysis.record.areas import children_of, level_of, parent_of


def check_all(candidates: list[Candidate], known: Known, published: date | None = None) -> list[tuple]:
    """Suspicions about each candidate of one document.

    Candidates are checked in the order of time, parts of a year before the year, and what passes counts as
    known for the next one.

    Parameters
    ----------
    candidates : list of Candidate
    known : Known
        the values that pass are added to it.
    published : date, optional
        day on which the document was published or received.

    Returns
    -------
    list of (Candidate, tuple of Suspicion)
        in the order of the candidates.
    """
    of_document = check_selections(candidates, known) | check_columns(candidates, known)
    verdicts = [()] * len(candidates)
    for i in sorted(range(len(candidates)), key=lambda i: _order_of(candidates[i])):
        candidate = candidates[i]
        key = (candidate.indicator_id, candidate.area, candidate.period)
        suspicions = [*check(candidate, known, published), *filter(None, [of_document.get(key)])]
        by_rule = {each.rule: each for each in suspicions if (*key, each.rule) not in known.exceptions}
        verdicts[i] = tuple(by_rule.values())
        if not verdicts[i] and candidate.qualifier in ("=", "~"):
            remember(known, candidate)
    return list(zip(candidates, verdicts, strict=True))


def _order_of(candidate):
    return candidate.period[:4], candidate.frequency == "A", candidate.period


def check(candidate: Candidate, known: Known, published: date | None = None) -> list[rules.Suspicion]:
    """Suspicions about one candidate; printed bounds (>=, <=) are not compared with the history."""
    suspicions = rules.doubts_of(candidate)
    if candidate.value is None:
        return suspicions
    for check_value in (rules.check_bounds, rules.check_words, rules.check_break, rules.check_level):
        suspicions += check_value(candidate, known)
    suspicions += rules.check_complete(candidate, known, published)
    if candidate.qualifier in ("=", "~"):
        suspicions += rules.check_parts(candidate, known)
        before = earlier(candidate, known)
        slips = rules.check_slips(candidate, known, before)
        suspicions += slips or rules.check_jump(candidate, known, before)
        suspicions += rules.check_copied(candidate, before)
    return suspicions


def check_columns(candidates: list[Candidate], known: Known) -> dict:
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
                suspicions[indicator_id, c.area, period] = rules.suspect("copied", year=year, value=c.value)
    return suspicions


def check_selections(candidates: list[Candidate], known: Known) -> dict:
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
            suspicion = rules.suspect("selected", period=period, n=len(cities), expected=expected)
            suspicions |= {(indicator_id, area, period): suspicion for area in cities}
    return suspicions


def _columns(candidates, frequency):
    """Candidates with a value by indicator and period."""
    columns = defaultdict(list)
    for candidate in candidates:
        if candidate.value is not None and candidate.frequency == frequency:
            columns[candidate.indicator_id, candidate.period].append(candidate)
    return columns
