"""Where a plan contradicts itself, the record or the plans above it, to settle before anything is judged.

`tables` compares what stands in the plan's tables. `notes` takes up what stands only in its prose: one fact a
row of plan_notes.csv, with the line, the exact words and, where needed, how to read them.
"""

from sy_analysis.judge.plan_checks.findings import FINDING_COLUMNS, check_plan
from sy_analysis.judge.plan_checks.notes import check_notes
from sy_analysis.judge.plan_checks.words import CHECKS, goal_text
from sy_analysis.judge.sentences import plain

__all__ = ["CHECKS", "FINDING_COLUMNS", "check_notes", "check_plan", "goal_text", "plain"]
