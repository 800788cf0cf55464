"""The workbook for officials: verdicts as numbers, charts, sources, notes on the method."""

from sy_analysis.report.workbook.layout import write_workbook
