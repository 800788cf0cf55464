"""Is a new value plausible? Checks before it joins the record; what they doubt waits in quarantine.

A rule is never loosened for a case: a known exception is a row of exceptions.csv, a change of definition a row
of breaks.csv. The words of the reasons are in messages.csv.
"""

from datetime import date

from sy_analysis.intake.batch_rules import check_columns, check_selections
from sy_analysis.intake.candidates import Candidate
from sy_analysis.intake.known import Known, earlier, remember
from sy_analysis.intake.value_rules import (
    Suspicion,
    check_bounds,
    check_break,
    check_complete,
    check_copied,
    check_jump,
    check_level,
    check_parts,
    check_slips,
    check_words,
    doubts_of,
)


def check_all(
    candidates: list[Candidate], known: Known, published: date | None = None
) -> list[tuple[Candidate, tuple[Suspicion, ...]]]:
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


def check(candidate: Candidate, known: Known, published: date | None = None) -> list[Suspicion]:
    """Suspicions about one candidate; printed bounds (>=, <=) are not compared with the history."""
    suspicions = doubts_of(candidate)
    if candidate.value is None:
        return suspicions
    for rule in (check_bounds, check_words, check_break, check_level):
        suspicions += rule(candidate, known)
    suspicions += check_complete(candidate, known, published)
    if candidate.qualifier in ("=", "~"):
        suspicions += check_parts(candidate, known)
        before = earlier(candidate, known)
        suspicions += check_slips(candidate, known, before) or check_jump(candidate, known, before)
        suspicions += check_copied(candidate, before)
    return suspicions
