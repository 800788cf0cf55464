"""One entry point to every official method."""

import math

from sy_analysis.methods.case import ANNOTATIONS, FIELDS, clean_case, is_value_field, undefined
from sy_analysis.methods.growth import eurostat, statcan_opensdg, un_progress_2022, un_progress_2023
from sy_analysis.methods.progress import (
    china_time_progress,
    escap_current_status,
    judged_instead,
    nagayo_town_grade,
)
from sy_analysis.methods.scenarios import who_billionaire_scenario, wilson_rate
from sy_analysis.methods.trend import germany_dns_weather, nhs_spc_assurance

# name -> (function, inputs beyond FIELDS)
METHODS = {
    "china_time_progress": (china_time_progress, ("band",)),
    "germany_dns_weather": (germany_dns_weather, ()),
    "statcan_opensdg": (statcan_opensdg, ()),
    "un_progress_2022": (un_progress_2022, ()),
    "un_progress_2023": (un_progress_2023, ("near_limit_points",)),
    "eurostat": (eurostat, ()),
    "escap_current_status": (escap_current_status, ()),
    "nagayo_town_grade": (nagayo_town_grade, ()),
    "nhs_spc_assurance": (nhs_spc_assurance, ("lpl", "upl", "const", "screen")),
    "wilson_interval": (wilson_rate, ("x", "n", "multiplier", "confidence")),
    "who_billionaire_scenario": (
        who_billionaire_scenario,
        (
            "vYYYY",
            "lower_limit",
            "upper_limit",
            "percent_change",
            "baseline",
            "baseline_year",
            "v_start",
            "eval_year",
            "linear_value",
            "year",
        ),
    ),
}
COUNTER_EXAMPLES = {
    "percent_of_target_naive": (judged_instead, ()),
    "naive_progress_share": (judged_instead, ()),
}


def evaluate(method, **case):
    """What an official method says about one case.

    Parameters
    ----------
    method : str, a key of `METHODS` or `COUNTER_EXAMPLES`
    rule : {"level", "hold", "direction", "parity"}, optional
        level with a target to reach (default when a target is given), hold with one to keep every year,
        direction without a number (default when none is given), parity with a target to approach from both
        sides. `who_billionaire_scenario` has its own rules, see `who_billionaire_scenario`.
    direction : 1 when more is better, -1 when less is, 0 for neither
        default 1, but -1 for `statcan_opensdg`, which prescribes that default.
    base_year, base_value, current_year, current_value, target_year : number
        same unit throughout; None, nan and infinite count as missing.
    target : number, or a pair (low, high) for `germany_dns_weather`
    limit : number, natural limit of the indicator, such as 100 for a share; `statcan_opensdg` only
    years, values : sequences of the same length
        the series up to now; base and current values that are not given are taken from it. Values without
        years are consecutive.
    extra : dict, further inputs by name; names that a method does not know are not read, so that a published
        vector may carry its expected intermediate numbers there
    **case : further inputs of a method, see its function: `band`, `near_limit_points`, `lpl`, `x`, `n`, ...

    Returns
    -------
    Verdict

    Raises
    ------
    ValueError
        for an unknown method, field, rule or direction, or a value that is no number; the message names what
        exists.

    Examples
    --------
    >>> case = {"base_year": 2020, "base_value": 91.27, "current_year": 2023, "current_value": 92.4}
    >>> case |= {"target": 93, "target_year": 2025}
    >>> evaluate("china_time_progress", **case).status
    'faster_than_schedule'
    >>> round(evaluate("un_progress_2023", **case).value, 4)
    1.0931
    >>> evaluate("eurostat", **{**case, "base_value": 93}).reason
    'baseline_equals_target'
    """
    known = {**METHODS, **COUNTER_EXAMPLES}
    if method not in known:
        raise ValueError(f"there is no method “{method}”; there are {', '.join(known)}")
    function, inputs = known[method]
    allowed = {*FIELDS, *ANNOTATIONS, *inputs}
    unknown = [name for name in case if name not in allowed and not is_value_field(name, inputs)]
    if unknown:
        raise ValueError(
            f"{method} has no field “{', '.join(unknown)}”; it has {', '.join([*FIELDS, *inputs])}"
        )
    bag = {
        name: value
        for name, value in (case.get("extra") or {}).items()
        if name in FIELDS or name in inputs or is_value_field(name, inputs)
    }
    given = {name: value for name, value in case.items() if name not in ANNOTATIONS}
    cleaned = clean_case({**bag, **given})
    if isinstance(cleaned["target"], tuple) and method != "germany_dns_weather":
        return undefined("no_rule")
    return _finite(function, cleaned)


def _finite(function, case):
    """The verdict, or an undefined one where the formula leaves the range of floating-point numbers."""
    try:
        verdict = function(case)
    except (OverflowError, ZeroDivisionError):
        return undefined("beyond_arithmetic")
    numbers = [number for number in (verdict.value, verdict.score) if number is not None]
    return verdict if all(map(math.isfinite, numbers)) else undefined("beyond_arithmetic")
