"""One entry point to all official methods."""

import math

from sy_analysis.judge.methods.case import FIELDS, MethodResult, NoResultError, clean_case
from sy_analysis.judge.methods.growth import eurostat, statcan_opensdg, un_progress_2022, un_progress_2023
from sy_analysis.judge.methods.progress import china_time_progress, escap_current_status, nagayo_town_grade
from sy_analysis.judge.methods.trend import germany_dns_weather, nhs_spc_assurance

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
    "nhs_spc_assurance": (nhs_spc_assurance, ("lpl", "upl")),
}


def evaluate_method(method: str, **case) -> MethodResult:
    """Evaluate one case by an official method.

    Parameters
    ----------
    method : str, a key of `METHODS`
    rule : {"level", "hold", "direction", "parity"}, optional
        level with a target to reach (default when a target is given), hold with one to keep every year,
        direction without a number (default when none is given), parity with a target to approach from both
        sides.
    direction : 1 when more is better, -1 when less is, 0 for neither
        default 1, but -1 for `statcan_opensdg`, which prescribes that default.
    base_year, base_value, current_year, current_value, target_year : number
        in the same unit. None, nan and infinite count as missing.
    target : number, or a pair (low, high) for `germany_dns_weather`
    limit : number, natural limit of the indicator, such as 100 for a share, for `statcan_opensdg` only
    years, values : sequences of the same length
        the series up to now. Base and current values that are not given come from it. Values without years
        are consecutive.
    **case : further inputs of a method, see its function: `band`, `near_limit_points`, `lpl`, `upl`

    Returns
    -------
    MethodResult

    Raises
    ------
    ValueError
        for an unknown method, field, rule or direction, or a value that is not a number. The message names
        what exists.

    Examples
    --------
    >>> case = {"base_year": 2020, "base_value": 91.27, "current_year": 2023, "current_value": 92.4}
    >>> case |= {"target": 93, "target_year": 2025}
    >>> evaluate_method("china_time_progress", **case).status
    'faster_than_schedule'
    >>> round(evaluate_method("un_progress_2023", **case).value, 4)
    1.0931
    >>> evaluate_method("eurostat", **{**case, "base_value": 93}).reason
    'baseline_equals_target'
    """
    if method not in METHODS:
        raise ValueError(f"there is no method “{method}”; there are {', '.join(METHODS)}")
    function, inputs = METHODS[method]
    fields = (*FIELDS, *inputs)
    unknown = [name for name in case if name not in fields]
    if unknown:
        raise ValueError(f"{method} has no field “{', '.join(unknown)}”; it has {', '.join(fields)}")
    cleaned = clean_case(case)
    try:
        if isinstance(cleaned["target"], tuple) and method != "germany_dns_weather":
            raise NoResultError("no_rule")
        verdict = function(cleaned)
    except NoResultError as silence:
        return MethodResult(reason=silence.reason)
    except (OverflowError, ZeroDivisionError):
        return MethodResult(reason="beyond_arithmetic")
    numbers = [number for number in (verdict.value, verdict.score) if number is not None]
    return verdict if all(map(math.isfinite, numbers)) else MethodResult(reason="beyond_arithmetic")
