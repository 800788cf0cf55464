"""Every move of a verdict has a cause, and the causes add up to the whole move."""

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sy_analysis.judge import ledger as ledger_module
from sy_analysis.judge.assessments import assess_as_of
from sy_analysis.judge.ledger import CAUSE_NAMES, CAUSES, PERIOD_KEY, Basis, attribute_moves, ledger, replay
from sy_analysis.judge.rules import apply_rule as judge_rule
from sy_analysis.record.observations import clean_observations
from sy_analysis.record.plan import read_plan
from sy_analysis.record.series import EMPTY_HISTORY, histories_of, series_as_of

CUTS = {"on_track_binding": 0.8, "on_track_expected": 0.66, "off_track": 0.33}
NO_BREAKS = pd.DataFrame(columns=["indicator_id", "area", "first_year"])
COLUMNS = [*PERIOD_KEY, "source_id", "value"]


def observe(*rows):
    """Rows of (indicator, year, source, value)."""
    full = [(indicator, "邵阳市", "A", str(year), source, value) for indicator, year, source, value in rows]
    return pd.DataFrame(full, columns=COLUMNS)


def targets(**goals):
    return pd.DataFrame({"target_id": list(goals), "goal": list(goals.values())})


def judge(observations, targets, rules):
    """The latest year's last source against the goal with a margin: simple, and sensitive to everything."""
    rows = []
    for target in targets.to_dict("records"):
        own = observations[observations["indicator_id"] == target["target_id"]].sort_values(
            ["period", "source_id"]
        )
        margin = math.nan if own.empty else own["value"].iloc[-1] - target["goal"]
        status = "attained" if margin >= 0 else "at_risk" if margin >= -rules else "missed"
        status = "not_assessed" if own.empty else status
        rows.append({"target_id": target["target_id"], "status": status, "reason": f"{status} by {margin:g}"})
    return pd.DataFrame(rows, columns=["target_id", "status", "reason"])


def judge_late(observations, targets, rules):
    return judge(observations, targets, rules).replace({"status": {"missed": "off_track"}})


def apply_moves(statuses, moves):
    """Statuses after the moves, each of which has to start where its target stands."""
    current = dict(statuses)
    for move in moves.to_dict("records"):
        stands = current.get(move["target_id"])
        starts = None if pd.isna(move["from_status"]) else move["from_status"]
        if stands != starts:
            raise ValueError(
                f"{move['target_id']} stands at {stands}, but its move ({move['cause']}) starts at {starts}"
            )
        current[move["target_id"]] = None if pd.isna(move["to_status"]) else move["to_status"]
    kept = {target_id: status for target_id, status in current.items() if status is not None}
    return pd.Series(kept, dtype=object, name="status").rename_axis("target_id").sort_index()


OLD = Basis(observe(("P02", 2023, "S1", 92.0)), targets(P02=93), 0)


@pytest.mark.parametrize(
    ("after", "cause"),
    [
        (
            OLD._replace(observations=observe(("P02", 2023, "S1", 92.0), ("P02", 2024, "S2", 93.5))),
            "new_period",
        ),
        (OLD._replace(observations=observe(("P02", 2023, "S1", 93.0))), "revision"),
        (
            OLD._replace(observations=observe(("P02", 2023, "S1", 92.0), ("P02", 2023, "S2", 93.0))),
            "revision",
        ),
        (OLD._replace(observations=observe()), "revision"),
        (OLD._replace(targets=targets(P02=91)), "target_change"),
        (OLD._replace(rules=2), "rule_change"),
    ],
)
def test_a_single_change_is_the_single_cause(after, cause):
    moves = attribute_moves(OLD, after, judge)
    assert moves["cause"].tolist() == [cause]
    assert moves["from_status"].tolist() == ["missed"]


def test_another_program_on_the_same_data_is_a_code_change():
    assert attribute_moves(OLD, OLD, judge, judge_late)["cause"].tolist() == ["code_change"]


def test_nothing_changed_is_an_empty_ledger_with_its_columns():
    moves = attribute_moves(OLD, OLD, judge)
    assert moves.empty and "cause" in moves


def test_a_new_target_and_a_dropped_one_are_target_changes():
    after = OLD._replace(targets=targets(P03=90))
    moves = attribute_moves(OLD, after, judge).set_index("target_id")
    assert moves["cause"].tolist() == ["target_change"] * 2
    assert pd.isna(moves.at["P02", "to_status"]) and pd.isna(moves.at["P03", "from_status"])


def test_a_revision_that_a_new_period_undoes_is_two_moves_not_none():
    after = OLD._replace(observations=observe(("P02", 2023, "S1", 93.0), ("P02", 2024, "S2", 92.5)))
    moves = attribute_moves(OLD, after, judge)
    assert moves[["cause", "to_status"]].values.tolist() == [
        ["revision", "attained"],
        ["new_period", "missed"],
    ]


def test_a_ledger_with_a_hole_is_found_out():
    after = OLD._replace(observations=observe(("P02", 2023, "S1", 93.0), ("P02", 2024, "S2", 92.5)))
    moves = attribute_moves(OLD, after, judge)
    with pytest.raises(
        ValueError, match="P02 stands at missed, but its move \\(new_period\\) starts at attained"
    ):
        apply_moves(pd.Series({"P02": "missed"}), moves.iloc[1:])


ids = st.sampled_from(["P01", "P02", "P03"])
tables = st.lists(
    st.tuples(ids, st.integers(2020, 2025), st.sampled_from(["S1", "S2"]), st.integers(88, 96)),
    max_size=10,
    unique_by=lambda row: row[:3],
).map(lambda rows: observe(*rows))
inputs = st.builds(
    Basis,
    tables,
    st.dictionaries(ids, st.integers(89, 95), max_size=3).map(lambda goals: targets(**goals)),
    st.integers(0, 3),
)


@given(before=inputs, after=inputs, later=st.sampled_from([judge, judge_late]))
@settings(max_examples=50, deadline=None)
def test_moves_lead_from_every_old_status_to_every_new_one(before, after, later):
    moves = attribute_moves(before, after, judge, later)
    old, new = judge(*before), later(*after)
    reached = apply_moves(old.set_index("target_id")["status"], moves)
    assert reached.to_dict() == new.set_index("target_id")["status"].to_dict()
    assert set(moves["cause"]) <= set(CAUSES)
    assert not moves.duplicated(["target_id", "cause"]).any()


def test_every_cause_is_said_in_both_languages():
    assert tuple(CAUSE_NAMES) == CAUSES


# ---- The real plan, quarter by quarter


@pytest.fixture(scope="module")
def plan():
    return read_plan()


def judge_plan(indicators):
    facts = indicators[["indicator_id", "direction", "family", "lower_bound", "upper_bound"]]

    def without_forecast(observations, targets, rules):
        histories = histories_of(series_as_of(observations, indicators, NO_BREAKS))
        rows = []
        for target in targets.merge(facts, on="indicator_id").to_dict("records"):
            history = histories.get((target["indicator_id"], target["area"]), EMPTY_HISTORY)
            verdict = judge_rule(history, target, math.nan, rules)
            rows.append(
                {"target_id": target["target_id"], "status": verdict.status, "reason": verdict.reason}
            )
        return pd.DataFrame(rows)

    return without_forecast


def test_the_plans_ledger_from_2021_to_2026_leads_to_todays_statuses(plan):
    observations = clean_observations(plan.observations, plan.sources)
    observations = observations[observations["area"].isin(plan.targets["area"])]
    days = [f"{day:%Y-%m-%d}" for day in pd.date_range("2021-12-31", "2026-09-30", freq="QE")]
    judging = judge_plan(plan.indicators)
    moves = replay(Basis(observations, plan.targets, CUTS), judging, days)
    for first, last in [(days[0], days[-1]), (days[3], days[9])]:
        at = [observations[observations["known_on"] <= pd.Timestamp(day)] for day in (first, last)]
        old, new = (judging(rows, plan.targets, CUTS).set_index("target_id")["status"] for rows in at)
        within = moves[(moves["from_date"] >= first) & (moves["to_date"] <= last)]
        assert apply_moves(old, within).to_dict() == new.to_dict()
    assert set(moves["cause"]) <= {"new_period", "revision"}


def test_dates_that_do_not_rise_are_refused(plan):
    with pytest.raises(ValueError, match="expected rising dates"):
        replay(OLD, judge, ["2024-12-31", "2024-09-30"])


def test_vintages_that_are_judged_are_not_judged_again(demo, monkeypatch):
    vintages = [assess_as_of(demo, day) for day in ("2021-12-31", "2022-12-31", "2024-12-31")]
    expected = ledger(demo, vintages)

    def refuse(*_):
        raise AssertionError("judged again")

    monkeypatch.setattr(ledger_module, "assess_record", refuse)  # nothing was revised
    pd.testing.assert_frame_equal(ledger(demo, vintages), expected)
    assert set(expected["cause"]) == {"new_period"}


def test_the_ledger_explains_every_move_of_the_real_plan(plan):
    days = ["2022-12-31", "2024-12-31", "2026-09-30"]
    vintages = [assess_as_of(plan, day) for day in days]
    moves = ledger(plan, vintages)
    first, *_, last = (vintage.assessments.set_index("target_id")["status"] for vintage in vintages)
    # counted from the statuses alone, apart from the ledger's own arithmetic
    after = first.copy()
    for move in moves.itertuples():
        assert after[move.target_id] == move.from_status
        after[move.target_id] = move.to_status
    assert after.equals(last)
