"""The plan's text and the moves of its verdicts: findings, next steps, causes."""

import pandas as pd

from sy_analysis.record.plan import Plan
from sy_analysis.report.columns import FIELDS, display


def finding_table(findings: pd.DataFrame) -> pd.DataFrame:
    """Show what to clear up in a plan: the finding, its lines and what to do."""
    return display(findings.replace({"target_id": {"": "全文"}}), "finding")


def next_steps_table(steps: dict[str, dict]) -> pd.DataFrame:
    """Show what is known of some targets, what is not, and what to do next.

    Parameters
    ----------
    steps : dict of target_id to the dict from `next_steps_of`
    """
    rows = [
        {"target_id": target_id, **{name: words[0] for name, words in step.items()}}
        for target_id, step in steps.items()
    ]
    return display(pd.DataFrame(rows, columns=FIELDS["next_steps"]), "next_steps")


def move_table(moves: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Show every move of a status, with its cause and its new reason.

    Parameters
    ----------
    moves : DataFrame from `ledger`
    plan : Plan
    """
    names = plan.targets.merge(plan.indicators, on="indicator_id", validate="many_to_one")
    names = names.set_index("target_id")["short_zh"]
    return display(moves.assign(short_zh=moves["target_id"].map(names)), "move")
