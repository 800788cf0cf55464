"""Rows of a plan that belong together: core targets, relatives of an indicator, the part behind one target."""

import hashlib

import pandas as pd

from sy_analysis.base.errors import ParamsError


def select_targets(plan, target_ids=None):
    """Rows of the plan's targets, in its order.

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


def extract_target(plan, target_id, observations):
    """The part of a plan that bears on one target, as known on a day: all that a page about it may use.

    Parameters
    ----------
    plan : Plan
    target_id : str
    observations : DataFrame from `clean_observations`, those known on the day

    Returns
    -------
    Plan
        the target, its indicator and those that stand in for it or lend it changes, their observations known by then,
        sources and breaks; no text, notes or reference targets. `data_hash` identifies this part only, and is
        the same whatever the order of observations and sources.

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


def core_ids(plan):
    """Ids of the targets of core indicators, in the plan's order."""
    core = plan.indicators.query("role == 'core'")["indicator_id"]
    return list(plan.targets.loc[plan.targets["indicator_id"].isin(core), "target_id"])


def core_names(plan):
    """Chinese and English short name of each core target, by its id, in the plan's order."""
    short = plan.indicators.set_index("indicator_id")[["short_zh", "short_en"]]
    targets = select_targets(plan, core_ids(plan)).set_index("target_id")["indicator_id"]
    return {target_id: tuple(short.loc[indicator_id]) for target_id, indicator_id in targets.items()}


def latest_in(plan, vintage, areas):
    """The latest published value of each core target in some areas, see `latest_by_area`."""
    return latest_by_area(vintage.observations, plan.indicators, select_targets(plan, core_ids(plan)), areas)


def binding_ids(plan):
    """Ids of the binding core targets, in the plan's order."""
    binding = set(plan.targets.loc[plan.targets["is_binding"], "target_id"])
    return [name for name in core_ids(plan) if name in binding]


def relatives(indicators, indicator_id, roles=("stand_in", "reference")):
    """Ids of the indicators that measure nearly the same: rows of indicators.csv that relate to this one."""
    related = (indicators["relates_to"] == indicator_id) & indicators["role"].isin(roles)
    return list(indicators.loc[related, "indicator_id"])


def by_core(series, indicators):
    """Known yearly values with `core_id`, what they bear on: for a relative, the one that it relates to."""
    is_relative = indicators["role"].isin(["stand_in", "reference"])
    return _with_core(series[series["value"].notna()], indicators[is_relative])


def _with_core(known, near_ones):
    """Rows with `core_id`: the indicator that theirs relates to, or else theirs."""
    near = near_ones.set_index("indicator_id")["relates_to"]
    return known.assign(core_id=known["indicator_id"].map(near).fillna(known["indicator_id"]))


def latest_by_area(observations, indicators, targets, areas):
    """The latest published value of each target's indicator in each area, or of one that relates to it.

    Parameters
    ----------
    observations : DataFrame from `clean_observations`
    indicators, targets : checked tables of the plan
    areas : sequence of str

    Returns
    -------
    DataFrame
        the observations' columns with target_id and is_exact: whether the indicator is the target's own, which goes
        before any other. One row for each area and target with a value, in the order of the two.
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
