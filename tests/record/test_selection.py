import numpy as np
import pandas as pd
import pytest

from sy_analysis.base.errors import ParamsError
from sy_analysis.record.observations import clean_observations
from sy_analysis.record.plan import read_plan
from sy_analysis.record.selection import (
    by_core,
    core_ids,
    core_names,
    extract_target,
    latest_by_area,
    relatives,
    select_targets,
)


def test_a_target_is_core_by_its_indicator_whatever_its_own_id(demo):
    renamed = demo._replace(targets=demo.targets.assign(target_id=["a", "b", "c"]))
    assert core_ids(renamed) == ["a", "b", "c"]


def test_an_unknown_target_names_those_that_exist(demo):
    with pytest.raises(ParamsError, match="demo-2021-2025 has no indicator X9; it has G1, H1, N1"):
        select_targets(demo, ["G1", "X9"])


def test_an_extract_is_known_by_its_own_data_only(demo, tables, write_plan):
    def hash_of(target_id, **changes):
        changed = {name: table.copy() for name, table in tables.items()}
        for name, change in changes.items():
            changed[name] = change(changed[name])
        plan = read_plan(write_plan(changed))
        known = clean_observations(plan.observations, plan.sources, "2024-12-31")
        return extract_target(plan, target_id, known).data_hash

    def other_value(table):
        return table.assign(value=table["value"].where(table["indicator_id"] != "H1", "86"))

    def later_source(table):
        return table.assign(published=table["published"].where(table["source_id"] != "S2", "2025-03-01"))

    before = {name: hash_of(name) for name in ("G1", "H1")}
    assert hash_of("G1", observations=other_value) == before["G1"]
    assert hash_of("H1", observations=other_value) != before["H1"]
    assert hash_of("G1", sources=later_source) != before["G1"]
    assert hash_of("H1", sources=later_source) == before["H1"]
    assert (
        hash_of("G1", observations=lambda table: table[::-1], sources=lambda table: table[::-1])
        == before["G1"]
    )


def test_core_targets_have_their_names_in_the_plan_s_order(demo):
    assert core_names(demo) == {
        "G1": ("合格率", "Pass rate"),
        "H1": ("优良天数比例", "Good-air days"),
        "N1": ("平台", "Platforms"),
    }


def test_the_latest_value_of_an_area_is_its_own_before_a_near_one(demo):
    row = demo.observations.iloc[0].to_dict()
    rows = pd.DataFrame(
        [
            row | {"area": "乙市", "indicator_id": name, "period": period, "value": value, "qualifier": sign}
            for name, period, value, sign in (
                ("G1", "2019", 90.0, "="),
                ("G1", "2021", 92.0, "="),
                ("G1", "2022", 95.0, ">="),  # a bound, no value
                ("G1_city", "2023", 99.0, "="),
            )
        ]
        + [
            row
            | {
                "area": "丙市",
                "indicator_id": "G1_city",
                "period": "2023-04",
                "frequency": "M",
                "value": 88.0,
            }
        ]
    )
    observations = clean_observations(rows, demo.sources)
    latest = latest_by_area(observations, demo.indicators, demo.targets, ("丙市", "丁市", "乙市"))
    shown = latest[["area", "target_id", "value", "period", "is_exact"]].to_numpy().tolist()
    assert shown == [["丙市", "G1", 88.0, "2023-04", False], ["乙市", "G1", 92.0, "2021", True]]
    assert latest_by_area(observations, demo.indicators, demo.targets, ()).empty


def test_a_relative_counts_for_the_indicator_that_it_relates_to(demo):
    series = pd.DataFrame(
        {"indicator_id": ["G1_city", "H1"], "area": "甲市", "year": 2021, "value": [80.0, np.nan]}
    )
    assert by_core(series, demo.indicators)["core_id"].tolist() == ["G1"]
    assert relatives(demo.indicators, "G1") == ["G1_city"]
