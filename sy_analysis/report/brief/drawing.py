"""How the brief looks: page, styles, tables and figure in Word's format.

python-docx writes it. Lines have a set height, lists and names a set length, so that it stays two pages whatever
Chinese font the reader's machine has and however many targets are at risk.
"""

import io
import math
import zipfile
from collections.abc import Sequence
from datetime import datetime, time
from itertools import accumulate
from pathlib import Path

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from matplotlib import pyplot as plt

from sy_analysis.base.writing import write_atomically
from sy_analysis.report.brief import content
from sy_analysis.report.data import ReportData
from sy_analysis.report.figures.overview import plot_attainment
from sy_analysis.report.figures.pictures import figure_bytes
from sy_analysis.report.figures.style import COLOURS
from sy_analysis.report.rows import core_and_others
from sy_analysis.report.words import count_text, text_width

FONT = "Microsoft YaHei"  # comes with Windows and WPS; others put their own Chinese font in its place
HEAD, SHADE = "1F3A4D", "E4EAEE"
PAGE, MARGIN = (Cm(21), Cm(29.7)), Cm(1.8)
FIGURE = (Cm(17.4), Cm(13.2))  # at most as wide, and as high
MOST_CHARTED = 24  # targets that a figure of that height can show
PAGE_LINES = 50  # of small print that fit on the second page beside its three headings, with three to spare
AT_RISK_WIDTHS = (4.7, 2.6, 1.3, 1.3, 7.5)  # of columns, in centimetres
UNKNOWN_WIDTHS = (5.0, 7.6, 4.8)
_CHARACTER = 0.15  # half the width in centimetres of a Chinese character in small print
_CELL_MARGINS = 0.4  # centimetres at both sides of a cell's text
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that the zip format knows
UNKNOWN_HEADERS = ("情形", "指标", "须补的数据")
AT_RISK_HEADERS = ("指标（★ 约束性）", "结论与概率", "差距", "每年须", "说明（百分数的差距以百分点计）")


def write_brief(data: ReportData, path: Path) -> None:
    """Write brief.docx: findings, figure, what is at risk, what cannot be judged."""
    plan, vintage, thresholds = data.plan, data.vintage, data.thresholds
    core, others = core_and_others(plan, vintage.assessments)
    document = _blank_document(plan, vintage)
    _add_first_page(document, plan, vintage, thresholds, core)
    unknown = content.unknown_rows(plan, core, others)
    note = content.sources_note(plan, vintage, core, thresholds)
    n_lines = PAGE_LINES - count_lines([UNKNOWN_HEADERS, *unknown], UNKNOWN_WIDTHS)
    n_lines -= count_lines([(note,)], (sum(UNKNOWN_WIDTHS),))
    heading = document.add_heading("二、需要关注的指标（约束性在前，概率低的在前）", 1)
    heading.paragraph_format.page_break_before = True
    _add_at_risk(document, content.attention_rows(core), n_lines)
    document.add_heading("三、尚不能判断的，与须补的数据", 1)
    _add_table(document, UNKNOWN_HEADERS, UNKNOWN_WIDTHS, unknown)
    document.add_heading("四、来源与方法", 1)
    document.add_paragraph(_printable(note), "Small")
    write_atomically(path, _document_bytes(document))


def _add_first_page(document, plan, vintage, thresholds, core):
    document.add_paragraph(_printable(f"{plan.name_zh}达成情况简报"), "Title")
    document.add_paragraph(_printable(f"呈领导小组　{plan.area}　数据截至 {vintage.as_of}"), "Small")
    document.add_heading("一、主要发现", 1)
    for finding in content.findings(plan, core):
        document.add_paragraph(_printable(finding), "List Number")
    if len(core):
        _add_figure(document, plan, vintage, thresholds, core)
    document.add_heading("English summary", 1)
    document.add_paragraph(_printable(content.english_summary(plan, vintage, core)), "Small")


def _blank_document(plan, vintage):
    """Open a document in the house style; nothing in it depends on the clock."""
    document = Document()
    _set_up(document)
    facts = document.core_properties
    facts.title = _printable(f"{plan.name_zh}达成情况简报")[:255]
    facts.subject = _printable(plan.name_en)[:255]
    facts.author = facts.last_modified_by = "sy-analysis"
    facts.comments, facts.language = "", "zh-CN"
    facts.created = facts.modified = datetime.combine(vintage.as_of, time())
    return document


def _set_up(document):
    """Set A4, narrow margins, page numbers, and lines of a set height in each style."""
    section = document.sections[0]
    section.page_width, section.page_height = PAGE
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = MARGIN
    section.footer_distance = Cm(0.8)
    styles = document.styles
    styles.add_style("Small", WD_STYLE_TYPE.PARAGRAPH).base_style = styles["Normal"]
    for name, size, line, before in (
        ("Normal", 10, 15, 0),
        ("List Number", 10, 15, 0),
        ("Small", 8.5, 12.5, 0),
        ("Title", 18, 26, 0),
        ("Heading 1", 12, 17, 6),
    ):
        _set_style(styles[name], size, line, before)
    styles.element.find(".//" + qn("w:lang")).set(qn("w:eastAsia"), "zh-CN")
    _number_pages(section.footer.paragraphs[0])


def _set_style(style, size, line, before):
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(fonts.attrib):  # a theme's font would win over the one named here
        del fonts.attrib[name]
    for name in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{name}"), FONT)
    style.font.size = Pt(size)
    if size > 10:
        style.font.color.rgb, style.font.bold = _colour(HEAD), True
    form = style.paragraph_format
    form.space_before, form.space_after = Pt(before), Pt(2)
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(line)


def _colour(text):
    return RGBColor.from_string(text.strip("#"))


def _number_pages(paragraph):
    paragraph.style = "Small"
    for text, field in (("第 ", "PAGE"), (" 页，共 ", "NUMPAGES"), (" 页", None)):
        paragraph.add_run(text)
        if field:
            element = OxmlElement("w:fldSimple")
            element.set(qn("w:instr"), field)
            paragraph._p.append(element)


def _add_figure(document, plan, vintage, thresholds, core):
    """Add the figure of the core targets, as many as fit, with a description in words."""
    charted = core["target_id"].head(MOST_CHARTED)
    rows = vintage.assessments[vintage.assessments["target_id"].isin(charted)]
    ax = plot_attainment(rows, plan.targets, plan.indicators, thresholds, as_of=vintage.as_of)
    width, height = ax.figure.get_size_inches()
    picture = io.BytesIO(figure_bytes(ax))
    plt.close(ax.figure)
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE  # a set height would crop it
    shown = int(min(FIGURE[0], FIGURE[1] * width / height))
    shape = paragraph.add_run().add_picture(picture, width=shown)
    finding = f"各指标达成概率图：{count_text(core['status'], *content.CHINESE_COUNTS)}"
    shape._inline.docPr.set("descr", finding)
    if len(core) > len(charted):
        rest = f"图中为前{len(charted)}项，约束性在前；其余{len(core) - len(charted)}项见 attainment.xlsx。"
        document.add_paragraph(rest, "Small")


def _add_table(document, headers, widths, rows):
    """Add a table of small print; its header is repeated on each page and no row breaks."""
    table = document.add_table(rows=0, cols=len(headers), style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    for cells in (headers, *rows):
        line = table.add_row()
        _mark_row(line, "w:cantSplit")
        for cell, text, width in zip(line.cells, cells, widths, strict=True):
            cell.width = Cm(width)
            paragraph = cell.paragraphs[0]
            paragraph.style = "Small"
            paragraph.paragraph_format.space_after = Pt(0)
            paragraph.add_run(_printable(text)).font.bold = cells is headers or None
            if cells is headers:
                _shade(cell)
    _mark_row(table.rows[0], "w:tblHeader")
    return table


def _shade(cell):
    shading = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", SHADE)):
        shading.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shading)


def _mark_row(row, mark):
    row._tr.get_or_add_trPr().append(OxmlElement(mark))


def _printable(text):
    """Drop what XML cannot hold.

    >>> _printable("a\\x00b")
    'ab'
    """
    return "".join(character for character in text if character >= " " and character not in "\ufffe\uffff")


def _add_at_risk(document, rows, n_lines):
    """Add the table of `attention_rows` as far as it fits, and count the rest."""
    if not rows:
        document.add_paragraph("没有有风险、预计不达或未达成的指标。", "Small")
        return
    heights = [count_lines([cells], AT_RISK_WIDTHS) for _, cells in rows]
    shown = [row for row, height in zip(rows, accumulate(heights), strict=True) if height <= n_lines - 2]
    table = _add_table(document, AT_RISK_HEADERS, AT_RISK_WIDTHS, [cells for _, cells in shown])
    for line, (row, _) in zip(table.rows[1:], shown, strict=True):
        run = line.cells[1].paragraphs[0].runs[0]
        run.font.bold, run.font.color.rgb = True, _colour(COLOURS[row["status"]])
    if len(rows) > len(shown):
        document.add_paragraph(f"另有{len(rows) - len(shown)}项，见同一文件夹的 attainment.xlsx。", "Small")


def count_lines(rows: Sequence[Sequence[str]], widths: Sequence[float]) -> int:
    """Count the lines of small print that the rows of a table take.

    Parameters
    ----------
    widths : of the columns, in centimetres

    >>> count_lines([("短", "一句十二个字的说明在此处")], (2.0, 2.0))
    3
    """
    return sum(
        max(
            math.ceil(text_width(text) * _CHARACTER / (width - _CELL_MARGINS))
            for text, width in zip(cells, widths, strict=True)
        )
        for cells in rows
    )


def _document_bytes(document):
    """Save a document with every entry's time fixed, since python-docx stamps the clock's."""
    saved, buffer = io.BytesIO(), io.BytesIO()
    document.save(saved)
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in old.infolist():
            fixed = zipfile.ZipInfo(entry.filename, _ZIP_TIME)
            fixed.create_system = 3  # the same on every system
            new.writestr(fixed, old.read(entry), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
