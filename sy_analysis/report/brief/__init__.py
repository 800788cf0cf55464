"""The brief for the leading group: two A4 pages in Word, findings first, then what is at risk and what is unknown."""

from sy_analysis.report.brief.drawing import write_brief
