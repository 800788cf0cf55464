"""A plan as it would be with assumed values or another target."""

import pandas as pd

from sy_analysis.base.errors import ParamsError
from sy_analysis.record.selection import select_targets

ASSUMED = "assumed"  # source of a value that nobody published
_ALWAYS = pd.Timestamp(1900, 1, 1)  # an assumption holds on any day


def assume(plan, target_id, values=None, target=None):
    """The plan as it would be with assumed values or another target, marked as assumed throughout.

    Parameters
    ----------
    plan : Plan
    target_id : str
    values : dict of year to value, optional
        in the unit of the target's indicator; they win over published values.
    target : float, optional
        instead of the printed number; the end of a range that decides.

    Returns
    -------
    Plan
        its name says "assumed", and every assumed value has the source `assumed`.

    Raises
    ------
    ParamsError
        for an unknown target, or a number outside the indicator's bounds.
    """
    row = select_targets(plan, [target_id]).iloc[0]
    indicator = plan.indicators.set_index("indicator_id").loc[row["indicator_id"]]
    _check_assumed({**(values or {}), **({"target": target} if target is not None else {})}, indicator)
    rows = pd.DataFrame(
        {
            "indicator_id": row["indicator_id"],
            "area": row["area"],
            "period": [str(year) for year in values or {}],
            "frequency": "A",
            "source_id": ASSUMED,
            "value": [float(value) for value in (values or {}).values()],
            "unit": row["unit"],
            "qualifier": "=",
            "grade": "A",
            "printed": "",
            "locator": "",
            "note": "Assumed, not published.",
        }
    )
    source = {"source_id": ASSUMED, "publisher": "假设", "title": "假设的数值 assumed", "note": "what-if"}
    source |= {"url": "", "document": "", "published": _ALWAYS, "recorded": _ALWAYS}
    published = plan.observations
    replaced = (
        (published["indicator_id"] == row["indicator_id"])
        & (published["area"] == row["area"])
        & published["period"].isin(rows["period"])
        & (published["frequency"] == "A")
    )
    targets = plan.targets.copy()
    if target is not None:
        limits = _assumed_limits(row, indicator, target)
        targets.loc[row.name, ["relation", "target_low", "target_high"]] = limits
        targets.loc[row.name, "printed_target"] = f"{target:g}（假设）"
    return plan._replace(
        name_zh=f"{plan.name_zh}（假设情景）",
        name_en=f"{plan.name_en} (assumed)",
        targets=targets,
        sources=pd.concat([plan.sources, pd.DataFrame([source])], ignore_index=True),
        observations=pd.concat([published[~replaced], rows], ignore_index=True),
    )


def _check_assumed(numbers, indicator):
    lower, upper = indicator["lower_bound"], indicator["upper_bound"]
    wrong = [f"{name} is {number:g}" for name, number in numbers.items() if number < lower or number > upper]
    if wrong:
        raise ParamsError(
            f"{'; '.join(wrong)}; expected {lower:g} to {upper:g}, the bounds of {indicator.name}"
        )


def _assumed_limits(row, indicator, target):
    is_upper = row["relation"] == "at_most" or (row["relation"] == "unset" and indicator["direction"] < 0)
    return ["at_most", None, target] if is_upper else ["at_least", target, None]
