"""One entry point to all official methods, and all of them about one target."""

import math
from collections.abc import Mapping
from importlib.resources import files
from typing import NamedTuple

import pandas as pd

from sy_analysis.base.words import read_words
from sy_analysis.judge.methods import growth, levels
from sy_analysis.judge.methods.cases import FIELDS, REASONS, MethodResult, NoResultError, clean_case
from sy_analysis.judge.rules import classify_target
from sy_analysis.judge.sentences import fill, listed
from sy_analysis.judge.targets import weakest_target

# Names and bases of the methods, and the classes that count as "will attain" and as "will not". For Germany these are sun and
# sun_cloud, as in its own review of the targets for 2020. A process that passes at times and a grade A or B
# say nothing about the target year.
_VOICES = pd.read_csv(files("sy_analysis.judge.methods").joinpath("voices.csv"), keep_default_na=False)
_LINES = read_words("sy_analysis.judge.methods", "lines.csv")
# reasons that come with a verdict
_NOT_SILENT = ("", "target_met", "near_limit", "no_class")
_OWN_INPUTS = {"china_time_progress": ("band",), "un_progress_2023": ("near_limit_points",)}
_OWN_INPUTS |= {"nhs_spc_assurance": ("lpl", "upl")}
_ALL = (
    levels.china_time_progress,
    levels.germany_dns_weather,
    growth.statcan_opensdg,
    growth.un_progress_2022,
)
_ALL += (growth.un_progress_2023, growth.eurostat, levels.escap_current_status, levels.nagayo_town_grade)
_ALL += (levels.nhs_spc_assurance,)
# name -> (function, inputs beyond FIELDS)
METHODS = {method.__name__: (method, _OWN_INPUTS.get(method.__name__, ())) for method in _ALL}


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
        return MethodResult(reason=str(silence))
    except (OverflowError, ZeroDivisionError):
        return MethodResult(reason="beyond_arithmetic")
    numbers = [number for number in (verdict.value, verdict.score) if number is not None]
    return verdict if all(map(math.isfinite, numbers)) else MethodResult(reason="beyond_arithmetic")


class Comparison(NamedTuple):
    """The official methods about one target, and whether they agree.

    table : DataFrame, one row a method: method, name_zh, name_en, value, score, status, reason, will_attain
        (True, False or missing), why_zh and why_en (what its verdict rests on, or why it is silent)
    mark : "robust" when at least two methods judge and all agree, "contested" when they do not,
        "not_comparable" when fewer than two judge
    line_zh, line_en : one line on who says what, and why they differ
    """

    table: pd.DataFrame
    mark: str
    line_zh: str
    line_en: str


def compare_methods(
    history: pd.Series, target: Mapping, indicator: Mapping, *, is_stand_in: bool = False
) -> Comparison:
    """Compare what every official method says about one target.

    Parameters
    ----------
    history : Series of float by year, what was observed
    target : mapping, a row of `targets`
    indicator : mapping, a row of `indicators`
    is_stand_in : bool
        whether the history has another scope than the plan's baseline, which is then left out.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> history = pd.Series([91.27, 91.9, 92.4, 92.9], index=[2020, 2021, 2022, 2023])
    >>> target = {"relation": "at_least", "target_low": 93, "target_high": float("nan"), "target_year": 2025}
    >>> target |= {"baseline_year": 2020, "baseline_value": 91.27, "is_binding": False, "unit": "%"}
    >>> target |= {"printed_target": "93"}
    >>> comparison = compare_methods(history, target, {"direction": 1, "family": "percentage"})
    >>> comparison.mark
    'robust'
    >>> comparison.table.set_index("method")["status"]["germany_dns_weather"]
    'sun'
    """
    case = _case_of(history, target, indicator, is_stand_in)
    rule_class = classify_target({**indicator, **target}).rule_class
    rows = [
        _row_of(voice, case, _own_inputs(voice["method"], case, target, rule_class))
        for voice in _VOICES.to_dict("records")
    ]
    table = pd.DataFrame(rows).astype({"value": "float64", "score": "float64", "will_attain": "boolean"})
    return Comparison(table, *_opinion_of(table))


def _case_of(history, target, indicator, is_stand_in):
    points = {int(year): float(value) for year, value in history.items()}
    base_year = None if pd.isna(target["baseline_year"]) else int(target["baseline_year"])
    base_value = None if is_stand_in or pd.isna(target["baseline_value"]) else float(target["baseline_value"])
    if None not in (base_year, base_value):
        points.setdefault(base_year, base_value)
    years = sorted(points) if len(history) else []
    goal = weakest_target({**indicator, **target})
    return {
        "direction": int(indicator["direction"]),
        "base_year": min(points, default=None) if base_year is None else base_year,
        "base_value": base_value,
        "current_year": max(history.index, default=None),
        "current_value": history.iloc[-1] if len(history) else None,
        "target": None if math.isnan(goal) else goal,
        "target_year": int(target["target_year"]),
        "years": years,
        "values": [points[year] for year in years],
    }


def _own_inputs(method, case, target, rule_class):
    """Inputs that one method takes beside the case."""
    if method == "germany_dns_weather" and rule_class in ("hold", "ceiling"):
        return {"rule": "hold"}
    if method == "statcan_opensdg" and case["target"] is None and target["unit"] == "%":
        return {"limit": 100.0 if case["direction"] > 0 else None}
    if method == "un_progress_2023":
        # the tolerance would hide a slip of a binding indicator, and it is meant for shares
        return {"near_limit_points": 0.0 if target["is_binding"] or target["unit"] != "%" else 1.0}
    return {}


def _row_of(voice, case, own_inputs):
    verdict = evaluate_method(voice["method"], **case, **own_inputs)
    basis = voice["basis_zh"], voice["basis_en"]
    why = basis if verdict.reason in _NOT_SILENT else REASONS[verdict.reason]
    return {
        **{name: voice[name] for name in ("method", "name_zh", "name_en")},
        **{name: getattr(verdict, name) for name in ("value", "score", "status", "reason")},
        "will_attain": _will_attain(verdict, voice) if _has_moved(case) else None,
        "why_zh": why[0],
        "why_en": why[1],
    }


def _has_moved(case):
    """Whether anything was observed after the base year, since a baseline alone attains nothing."""
    years = case["base_year"], case["current_year"]
    return None not in years and years[1] > years[0]


def _will_attain(verdict, voice):
    if verdict.status in voice["on_track"].split():
        return True
    return False if verdict.status in voice["off_track"].split() else None


def _opinion_of(table):
    """Whether the methods agree, and one line on it in both languages."""
    judging = table[table["will_attain"].notna()]
    if len(judging) < 2:
        return "not_comparable", *_line_of_silence(table)
    if judging["will_attain"].nunique() == 1:
        form = "robust_will" if judging["will_attain"].iloc[0] else "robust_will_not"
        return "robust", *fill(_LINES[form], count=len(judging), names=_pairs(judging, "name", ("、", ", ")))
    will, will_not = (_side(judging[judging["will_attain"] == is_on]) for is_on in (True, False))
    return "contested", *fill(_LINES["contested"], will=will, will_not=will_not)


def _line_of_silence(table):
    silent = table[table["status"].isna()]
    if silent.empty:
        return _LINES["nothing_new"]
    why = silent[["why_zh", "why_en"]].mode().iloc[0]
    return fill(_LINES["silent"], count=len(silent), why=tuple(why))


def _side(methods):
    """What the methods of one opinion look at, and their names."""
    looks = _pairs(_VOICES.loc[methods.index], "looks_at", ("和", " and "))
    return fill(_LINES["side"], looks=looks, names=_pairs(methods, "name", ("、", "; ")))


def _pairs(methods, column, separators):
    """The distinct words of a column in both languages."""
    pairs = zip(methods[f"{column}_zh"], methods[f"{column}_en"], strict=True)
    return listed(dict.fromkeys(pairs), separators)
