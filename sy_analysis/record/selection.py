"""Select rows of a plan: core targets, relatives of an indicator, the part behind one target."""

import hashlib
from collections.abc import Collection, Sequence

import pandas as pd

from sy_analysis.base.errors import ParamsError
from sy_analysis.record.plan import Plan


def select_targets(plan: Plan, target_ids: Collection[str] | None = None) -> pd.DataFrame:
    """Select rows of the plan's targets, by default all, in its order.

    Raises
    ------
    ParamsError
        naming the ids that the plan does not have, and those that it has.
    """
    if target_ids is None:
        return plan.targets
    unknown = [name for name in target_ids if name not in set(plan.targets["target_id"])]
    if unknown:
        known = ", ".join(plan.targets["target_id"])
        raise ParamsError(f"{plan.plan_id} has no indicator {', '.join(unknown)}; it has {known}")
    return plan.targets[plan.targets["target_id"].isin(target_ids)]


def extract_target(plan: Plan, target_id: str, observations: pd.DataFrame) -> Plan:
    """Extract the part of a plan that bears on one target, as known on a day.

    A page about the target may use nothing else.

    Parameters
    ----------
    observations : DataFrame from `clean_observations`, those known on the day

    Returns
    -------
    Plan
        the target, its indicator and those that stand in for it or lend it changes, their observations known by
        then, sources and breaks. Text, notes and reference targets are left out. `data_hash` identifies this part
        only, and does not depend on the order of observations and sources.

    Raises
    ------
    ParamsError
        for a target that the plan does not have.
    """
    targets = select_targets(plan, [target_id])
    ids = [targets.iloc[0]["indicator_id"]]
    ids += relatives(plan.indicators, ids[0])
    is_part = observations["indicator_id"].isin(ids)
    observations = observations.loc[is_part, plan.observations.columns].reset_index(drop=True)
    sources = plan.sources[plan.sources["source_id"].isin(observations["source_id"])]
    part = plan._replace(
        indicators=plan.indicators[plan.indicators["indicator_id"].isin(ids)],
        targets=targets,
        sources=sources.sort_values("source_id", ignore_index=True),
        observations=observations,
        breaks=plan.breaks[plan.breaks["indicator_id"].isin(ids)],
        reference_targets=plan.reference_targets[:0],
        notes=plan.notes[:0],
        lines=[],
        data_hash="",
    )
    texts = [field.to_csv(index=False) if isinstance(field, pd.DataFrame) else str(field) for field in part]
    return part._replace(data_hash=hashlib.sha256("\0".join(texts).encode()).hexdigest())


def with_facts(targets: pd.DataFrame, indicators: pd.DataFrame) -> pd.DataFrame:
    """Targets with the facts of their indicators that rules and forecasts read."""
    facts = indicators[["indicator_id", "direction", "lower_bound", "upper_bound", "family", "annual_rule"]]
    return targets.merge(facts, on="indicator_id", validate="many_to_one")


def target_row(plan: Plan, target_id: str) -> dict:
    """One target with the facts of its indicator, see `with_facts`.

    Raises
    ------
    ParamsError
        naming the ids that the plan has.
    """
    return with_facts(select_targets(plan, [target_id]), plan.indicators).iloc[0].to_dict()


def core_ids(plan: Plan) -> list[str]:
    """List ids of the targets of core indicators, in the plan's order."""
    core = plan.indicators.query("role == 'core'")["indicator_id"]
    return list(plan.targets.loc[plan.targets["indicator_id"].isin(core), "target_id"])


def core_names(plan: Plan) -> dict[str, tuple[str, str]]:
    """Map the id of each core target to its Chinese and English short name, in the plan's order."""
    short = plan.indicators.set_index("indicator_id")[["short_zh", "short_en"]]
    targets = select_targets(plan, core_ids(plan)).set_index("target_id")["indicator_id"]
    return {target_id: tuple(short.loc[indicator_id]) for target_id, indicator_id in targets.items()}


def binding_ids(plan: Plan) -> list[str]:
    """List ids of the binding core targets, in the plan's order."""
    binding = set(plan.targets.loc[plan.targets["is_binding"], "target_id"])
    return [name for name in core_ids(plan) if name in binding]


def relatives(indicators: pd.DataFrame, indicator_id: str, roles=("stand_in", "reference")) -> list[str]:
    """List ids of the indicators that relate to this one with one of the roles."""
    related = (indicators["relates_to"] == indicator_id) & indicators["role"].isin(roles)
    return list(indicators.loc[related, "indicator_id"])


def by_core(series: pd.DataFrame, indicators: pd.DataFrame) -> pd.DataFrame:
    """Add `core_id` to known yearly values: the indicator that theirs relates to, or else theirs."""
    relative_rows = indicators.query("role in ('stand_in', 'reference')")
    return _with_core(series[series["value"].notna()], relative_rows)


def _with_core(known, relative_rows):
    cores = relative_rows.set_index("indicator_id")["relates_to"]
    return known.assign(core_id=known["indicator_id"].map(cores).fillna(known["indicator_id"]))


def latest_by_area(
    observations: pd.DataFrame, indicators: pd.DataFrame, targets: pd.DataFrame, areas: Sequence[str]
) -> pd.DataFrame:
    """Find the latest published value of each target's indicator, or of a related one, in each area.

    Parameters
    ----------
    observations : DataFrame from `clean_observations`
    indicators, targets : checked tables of the plan

    Returns
    -------
    DataFrame
        the observations' columns with target_id and is_exact: whether the indicator is the target's own, which
        comes before any other. One row for each area and target with a value, in the order of the two.
    """
    published = observations[observations["is_value"] & observations["area"].isin(areas)]
    known = _with_core(published, indicators.query("relates_to != ''"))
    known = known.assign(is_exact=known["indicator_id"] == known["core_id"]).merge(
        targets[["target_id", "indicator_id"]].rename(columns={"indicator_id": "core_id"}), on="core_id"
    )
    order = ["is_exact", "end", "grade", "source_id"]
    rising = known.sort_values(order, ascending=[True, True, False, True], na_position="first", kind="stable")
    latest = rising.drop_duplicates(["area", "target_id"], keep="last")
    rank = {name: place for names in (areas, targets["target_id"]) for place, name in enumerate(names)}
    return latest.sort_values(["area", "target_id"], key=lambda names: names.map(rank), ignore_index=True)
