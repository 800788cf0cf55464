"""Where a plan contradicts itself, the record or the plans above it.

`tables` compares what stands in the plan's tables. `notes` takes up what stands only in its prose: one fact a
row of plan_notes.csv, with the line, the exact words and, where needed, how to read them.
"""

import pandas as pd

from sy_analysis.judge.plan_checks.notes import check_notes, findings_of_notes
from sy_analysis.judge.plan_checks.tables import CHECKS, Finding, findings_of_tables, goal_text
from sy_analysis.record.plan import Plan

__all__ = ["CHECKS", "Finding", "check_notes", "check_plan", "goal_text"]


def check_plan(plan: Plan) -> pd.DataFrame:
    """Check a plan against itself, the record and the plans above it.

    Parameters
    ----------
    plan : Plan from `read_plan`

    Returns
    -------
    DataFrame
        one finding a row: check (a key of `CHECKS`), target_id (empty for the whole plan), is_binding,
        plan_lines (as 17, 124), finding_zh, finding_en, advice_zh, advice_en. Binding ones come first, then
        the order of `CHECKS`.
    """
    notes = check_notes(plan)
    facts = plan.indicators[["indicator_id", "direction", "family", "role"]]
    targets = plan.targets.merge(facts, on="indicator_id", validate="many_to_one")
    rows = {row["target_id"]: _with_lines(row, plan.lines) for row in targets.to_dict("records")}
    findings = [*findings_of_tables(rows, plan, notes), *findings_of_notes(notes, rows, plan)]
    order = list(CHECKS)
    in_order = sorted(findings, key=lambda one: (not one.is_binding, order.index(one.check)))
    return pd.DataFrame(in_order, columns=Finding._fields)


def _with_lines(row, lines):
    """A target with the lines where it stands, none where the plan's text is not kept.

    The line before counts where it contains the baseline, as the plan's table prints it.
    """
    if pd.isna(row["plan_line"]):
        return {**row, "plan_line": "—", "lines": []}
    own = int(row["plan_line"])
    before = lines[own - 2].strip(" |") if 1 < own <= len(lines) else ""
    has_baseline = before and before == row["printed_baseline"]
    return {**row, "plan_line": own, "lines": [own - 1, own] if has_baseline else [own]}
