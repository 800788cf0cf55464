"""A plan as it would be with assumed values or another target."""

import pandas as pd

from sy_analysis.base.errors import ParamsError
from sy_analysis.record.plan import Plan
from sy_analysis.record.selection import select_targets

ASSUMED = "assumed"  # source of a value that nobody published
_ALWAYS = pd.Timestamp(1900, 1, 1)  # an assumption holds on any day
_SOURCE = {"source_id": ASSUMED, "publisher": "假设", "title": "假设的数值 assumed", "note": "what-if"}
_SOURCE |= {"url": "", "document": "", "published": _ALWAYS, "recorded": _ALWAYS}
_VALUE = {"frequency": "A", "source_id": ASSUMED, "qualifier": "=", "grade": "A"}
_VALUE |= {"printed": "", "locator": "", "note": "Assumed, not published."}


def assume(
    plan: Plan, target_id: str, values: dict[int, float] | None = None, target: float | None = None
) -> Plan:
    """Build the plan as it would be with assumed values or another target.

    Parameters
    ----------
    values : dict of year to value, optional
        in the unit of the target's indicator. They replace published values of these years.
    target : float, optional
        instead of the printed number, the end of a range that decides.

    Returns
    -------
    Plan
        its names contain "assumed", and every assumed value has the source `assumed`.

    Raises
    ------
    ParamsError
        for an unknown target, or a number outside the indicator's bounds.
    """
    row = select_targets(plan, [target_id]).iloc[0]
    indicator = plan.indicators.set_index("indicator_id").loc[row["indicator_id"]]
    values = values or {}
    _check_bounds({**values, **({} if target is None else {"target": target})}, indicator)
    return plan._replace(
        name_zh=f"{plan.name_zh}（假设情景）",
        name_en=f"{plan.name_en} (assumed)",
        targets=plan.targets if target is None else _with_target(plan.targets, row, indicator, target),
        sources=pd.concat([plan.sources, pd.DataFrame([_SOURCE])], ignore_index=True),
        observations=_with_values(plan.observations, row, values),
    )


def _check_bounds(numbers, indicator):
    lower, upper = indicator["lower_bound"], indicator["upper_bound"]
    wrong = [f"{name} is {number:g}" for name, number in numbers.items() if number < lower or number > upper]
    if wrong:
        raise ParamsError(
            f"{'; '.join(wrong)}; expected {lower:g} to {upper:g}, the bounds of {indicator.name}"
        )


def _with_target(targets, row, indicator, target):
    is_upper = row["relation"] == "at_most" or (row["relation"] == "unset" and indicator["direction"] < 0)
    limits = ["at_most", None, target] if is_upper else ["at_least", target, None]
    targets = targets.copy()
    targets.loc[row.name, ["relation", "target_low", "target_high"]] = limits
    targets.loc[row.name, "printed_target"] = f"{target:g}（假设）"
    return targets


def _with_values(published, row, values):
    key = {**row[["indicator_id", "area"]], "frequency": "A"}
    years = [str(year) for year in values]
    is_replaced = (published[list(key)] == key).all(axis=1) & published["period"].isin(years)
    rows = [
        {**_VALUE, **row[["indicator_id", "area", "unit"]], "period": year, "value": float(value)}
        for year, value in zip(years, values.values(), strict=True)
    ]
    assumed = pd.DataFrame(rows, columns=published.columns)
    return pd.concat([published[~is_replaced], assumed], ignore_index=True)
