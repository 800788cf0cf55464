"""Display tables, rounded and in words that people use.

Functions that end in `_rows` return tables of field names; those that end in `_table` are for people only.
"""

from sy_analysis.report.tables.areas import area_statuses, area_table, subarea_table
from sy_analysis.report.tables.plan import finding_table, move_table, next_steps_table
from sy_analysis.report.tables.record import (
    conflict_table,
    contradiction_table,
    gap_table,
    quarantine_table,
    record_rows,
    record_table,
    stale_table,
)
from sy_analysis.report.tables.target import (
    evidence_table,
    interval_table,
    method_table,
    observation_table,
    outlook_table,
    verdict_table,
)
from sy_analysis.report.tables.trust import peer_table, score_table
from sy_analysis.report.tables.verdicts import (
    at_risk_table,
    change_table,
    count_statuses,
    count_table,
    summary_table,
    verdict_text,
)
