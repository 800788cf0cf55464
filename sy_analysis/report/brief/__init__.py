"""The brief for the leading group: two A4 pages in Word, findings first, then what is at risk and what is unknown.

python-docx writes it. Lines have a set height, lists and names a set length, so that it stays two pages whatever
Chinese font the reader's machine has and however many targets are at risk.
"""

from collections.abc import Mapping
from pathlib import Path

from sy_analysis.base.writing import write_atomically
from sy_analysis.judge.assessments import Vintage
from sy_analysis.record.plan import Plan
from sy_analysis.report.brief.drawing import (
    PAGE_LINES,
    UNKNOWN_WIDTHS,
    add_at_risk,
    add_figure,
    add_table,
    blank_document,
    count_lines,
    document_bytes,
    printable,
)
from sy_analysis.report.brief.text import (
    attention_rows,
    english_summary,
    findings,
    sources_note,
    unknown_rows,
)
from sy_analysis.report.tables.verdicts import core_and_others

UNKNOWN_HEADERS = ("情形", "指标", "须补的数据")


def write_brief(plan: Plan, vintage: Vintage, thresholds: Mapping[str, float], path: Path) -> None:
    """Write brief.docx: findings, figure, what is at risk, what cannot be judged and why, in two pages.

    Parameters
    ----------
    plan : Plan
    vintage : Vintage
    thresholds : dict of the run, see `assess_attainment`
    path : Path
    """
    core, others = core_and_others(plan, vintage.assessments)
    document = blank_document(plan, vintage)
    _add_first_page(document, plan, vintage, thresholds, core)
    unknown, note = unknown_rows(plan, core, others), sources_note(plan, vintage, core, thresholds)
    n_lines = PAGE_LINES - count_lines([UNKNOWN_HEADERS, *unknown], UNKNOWN_WIDTHS)
    n_lines -= count_lines([(note,)], (sum(UNKNOWN_WIDTHS),))
    heading = document.add_heading("二、需要关注的指标（约束性在前，概率低的在前）", 1)
    heading.paragraph_format.page_break_before = True
    add_at_risk(document, attention_rows(core), n_lines)
    document.add_heading("三、尚不能判断的，与须补的数据", 1)
    add_table(document, UNKNOWN_HEADERS, UNKNOWN_WIDTHS, unknown)
    document.add_heading("四、来源与方法", 1)
    document.add_paragraph(printable(note), "Small")
    write_atomically(path, document_bytes(document))


def _add_first_page(document, plan, vintage, thresholds, core):
    document.add_paragraph(printable(f"{plan.name_zh}达成情况简报"), "Title")
    document.add_paragraph(printable(f"呈领导小组　{plan.area}　数据截至 {vintage.as_of}"), "Small")
    document.add_heading("一、主要发现", 1)
    for finding in findings(plan, core):
        document.add_paragraph(printable(finding), "List Number")
    if len(core):
        add_figure(document, plan, vintage, thresholds, core)
    document.add_heading("English summary", 1)
    document.add_paragraph(printable(english_summary(plan, vintage, core)), "Small")
