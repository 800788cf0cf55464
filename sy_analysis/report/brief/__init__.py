"""The brief for the leading group, two A4 pages in Word: findings, risks, unknowns."""

from sy_analysis.report.brief.drawing import write_brief
