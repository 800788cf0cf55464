"""The brief for the leading group: two A4 pages in Word, findings first, then what is at risk and what is unknown.

python-docx writes it. Lines have a set height, lists and names a set length, so that it stays two pages whatever
Chinese font the reader's machine has and however many targets are at risk.
"""

import io
import math
import zipfile
from datetime import datetime, time
from itertools import accumulate
from pathlib import Path

import pandas as pd
from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from matplotlib import pyplot as plt

from sy_analysis.base.words import number, probability, shorten
from sy_analysis.base.writing import write_atomically
from sy_analysis.judge.rules import REASONS, STATUS
from sy_analysis.record.plan import provenance
from sy_analysis.report.data import ReportData
from sy_analysis.report.figures.attainment import plot_attainment
from sy_analysis.report.figures.pictures import figure_bytes
from sy_analysis.report.figures.style import COLOURS
from sy_analysis.report.tables import at_risk_table
from sy_analysis.report.words import cite
from sy_analysis.report.workbook import is_forecast, text_width, verdict_tables

FONT = "Microsoft YaHei"  # comes with Windows and WPS; others put their own Chinese font in its place
HEAD, SHADE = "1F3A4D", "E4EAEE"
PAGE, MARGIN = (Cm(21), Cm(29.7)), Cm(1.8)
FIGURE = (Cm(17.4), Cm(13.2))  # at most as wide, and as high
NAME_LENGTH = 14  # characters of an indicator's name
LIST_LENGTH = 165  # characters of the indicators named in one cell
MOST_BINDING = 4  # named in a finding
MOST_CHARTED = 24  # targets that a figure of that height can show
MOST_SOURCES = 4
PAGE_LINES = 50  # of small print that fit on the second page beside its three headings, with three to spare
AT_RISK_WIDTHS = (4.7, 2.6, 1.3, 1.3, 7.5)  # of columns, in centimetres
UNKNOWN_WIDTHS = (5.0, 7.6, 4.8)
_CHARACTER = 0.15  # half the width in centimetres of a Chinese character in small print
_WEAK = "本地年度值少、过旧，或口径不同"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that the zip format knows


def write_brief(data: ReportData, path: Path) -> None:
    """Write brief.docx: findings, the figure, what is at risk, what cannot be judged and why, in two pages."""
    plan, vintage, thresholds = data.plan, data.vintage, data.thresholds
    tables = verdict_tables(plan, vintage)
    core = tables["概览"]
    document = _blank(plan, vintage)
    _title(document, plan, vintage)
    document.add_heading("一、主要发现", 1)
    for finding in findings(plan, core):
        document.add_paragraph(_printable(finding), "List Number")
    if len(core):
        _add_figure(document, plan, vintage, thresholds, core)
    document.add_heading("English summary", 1)
    document.add_paragraph(_printable(english_summary(plan, vintage, core)), "Small")
    unknown, note = unknown_rows(plan, tables), sources_note(plan, vintage, core, thresholds)
    n_lines = PAGE_LINES - count_lines([("情形", "指标", "须补的数据"), *unknown], UNKNOWN_WIDTHS)
    n_lines -= count_lines([(note,)], (sum(UNKNOWN_WIDTHS),))
    heading = document.add_heading("二、需要关注的指标（约束性在前，概率低的在前）", 1)
    heading.paragraph_format.page_break_before = True
    _add_at_risk(document, at_risk_rows(plan, vintage, core), n_lines)
    document.add_heading("三、尚不能判断的，与须补的数据", 1)
    _add_table(document, ("情形", "指标", "须补的数据"), UNKNOWN_WIDTHS, unknown)
    document.add_heading("四、来源与方法", 1)
    document.add_paragraph(_printable(note), "Small")
    buffer = io.BytesIO()
    document.save(buffer)
    write_atomically(path, _same_bytes(buffer.getvalue()))


def findings(plan, core):
    """What the leading group should know, the most important first.

    Parameters
    ----------
    plan : Plan
    core : DataFrame, rows of `verdict_tables`

    Returns
    -------
    list of str
    """
    lines = [f"{len(core)}项核心指标中：{_counts(core, 0, '、')}。{_nothing_on_track(core)}"]
    binding = core[core["is_binding"]]
    if len(binding):
        lines.append(f"约束性指标{len(binding)}项：{_named(binding, MOST_BINDING)}。")
    unlikely = core[core["status"] == "off_track"].sort_values("attainment_probability")
    if len(unlikely):
        rows = unlikely.head(3).to_dict("records")
        names = [f"{_name(row)}{_chance(row['attainment_probability'])}" for row in rows]
        lines.append(f"最难达成的是{'、'.join(names)}。")
    return [
        *lines,
        *_on_evidence(plan, core),
        "建议先补齐第三部分所列数据，约束性指标优先；补齐后，结论在下一次运行时更新。",
    ]


def _counts(core, language, separator):
    form = ("{n}项{word}", "{n} {word}")[language]
    counts = core["status"].value_counts()
    return separator.join(
        form.format(n=counts[status], word=words[language])
        for status, words in STATUS.items()
        if status in counts
    )


def _nothing_on_track(core):
    return "" if core["status"].isin(["attained", "on_track"]).any() else "目前没有一项已达成或预计达成。"


def _named(rows, most):
    parts = [
        f"{_name(row)}{STATUS[row['status']][0]}{_chance(row['attainment_probability'])}"
        for row in rows.head(most).to_dict("records")
    ]
    return "、".join(parts) + ("等" if len(rows) > most else "")


def _name(row):
    return f"{row['target_id']} {shorten(row['short_zh'], NAME_LENGTH)}"


def _chance(value):
    return "" if pd.isna(value) else f"（{probability(value)}）"


def _on_evidence(plan, core):
    """How much the verdicts rest on; nothing about what there is none of."""
    lines = []
    n_outturns = (core["latest_year"] >= core["target_year"]).sum()
    n_followed = (core["latest_year"] > plan.baseline_year).sum()
    if n_outturns < len(core):
        found = f"只查到{n_outturns}项" if n_outturns else "一项也没有查到"
        lines.append(
            f"判断的主要困难是缺数据：{plan.target_year}年的值{found}，"
            f"{plan.baseline_year}年以后有公布值（含近似口径）的有{n_followed}项。"
        )
    judged = core[is_forecast(core)]
    n_weak = (judged["evidence_grade"] == "weak").sum()
    if n_weak:
        lines.append(f"给出概率的{len(judged)}项中，{n_weak}项证据弱（{_WEAK}）：可作预警，不可作结论。")
    return lines


def english_summary(plan, vintage, core):
    """The findings in a few English sentences."""
    binding = "; ".join(
        f"{row['target_id']} {shorten(row['short_en'], 40)} {STATUS[row['status']][1]}{_chance_en(row)}"
        for row in core[core["is_binding"]].head(MOST_BINDING).to_dict("records")
    )
    n_followed = (core["latest_year"] > plan.baseline_year).sum()
    return (
        f"{plan.name_en}: as known on {vintage.as_of}, the {len(core)} core indicators are "
        f"{_counts(core, 1, ', ')}. "
        + (f"Binding: {binding}. " if binding else "")
        + f"{n_followed} of {len(core)} have any value after {plan.baseline_year} (some of a near scope); where own "
        f"values are few, a probability mostly reflects changes seen elsewhere: a warning, not a conclusion. "
        f"What would help most: yearly values of {plan.baseline_year + 1}–{plan.target_year} with their sources."
    )


def _chance_en(row):
    chance = row["attainment_probability"]
    return "" if pd.isna(chance) else f" ({probability(chance)})"


def plain_sentence(row):
    """Why a target needs attention, in one sentence.

    >>> plain_sentence({"latest_year": 2020, "latest_value": 91.27, "unit": "%", "gap": 1.73, "target_year": 2025,
    ...                 "required_pace": 0.346, "observed_pace": float("nan"), "reason": "probability",
    ...                 "evidence_id": "Q", "indicator_id": "Q"})
    '2020年为91.27%，此后未见公布值；到2025年每年须改善0.35个百分点。'
    """
    year, target_year = row["latest_year"], row["target_year"]
    latest = f"{year}年为{number(row['latest_value'], row['unit'])}"
    scope = "" if row["evidence_id"] == row["indicator_id"] else "（口径与规划不同）"
    if row["reason"] == "outturn":
        return f"{latest}{scope}，{'已达到' if row['gap'] <= 0 else '没有达到'}目标。"
    silence = f"{target_year}年的值未见公布" if year == target_year - 1 else "此后未见公布值"
    return f"{latest}{scope}，{silence}；{_outlook(row)}。"


def _outlook(row):
    why = "" if row["reason"] == "probability" else REASONS[row["reason"]][0]
    if row["gap"] <= 0 and why:
        return why
    if row["gap"] <= 0:
        stand = "恰在目标线上" if row["gap"] == 0 else "已达到目标"
        return f"{stand}，但到{row['target_year']}年可能回落"
    needed = _amount(row["required_pace"], row["unit"])
    why = f"{why}，" if why else ""
    if pd.isna(row["observed_pace"]):
        return f"{why}到{row['target_year']}年每年须改善{needed}"
    made = _amount(abs(row["observed_pace"]), row["unit"])
    change = f"改善{made}" if row["observed_pace"] >= 0 else f"退步{made}"
    return f"{why}每年须改善{needed}，近年平均每年{change}"


def _amount(value, unit):
    """A difference: of percentages, in percentage points."""
    return number(value, "个百分点" if unit == "%" else unit)


def _short(value, unit):
    return number(value, "" if unit == "%" else unit)


def at_risk_rows(plan, vintage, core):
    """Rows of the list of what needs attention: name, status and chance, gap, pace needed, one sentence.

    Returns
    -------
    list of (dict, list of str)
        the verdict's row and its cells, in the order of `at_risk_table`.
    """
    assessments = vintage.assessments[vintage.assessments["target_id"].isin(core["target_id"])]
    order = at_risk_table(assessments, plan.targets, plan.indicators).index
    records = core.set_index("target_id", drop=False).loc[order].to_dict("records")
    return [
        (
            row,
            [
                f"{'★ ' if row['is_binding'] else ''}{_name(row)}",
                f"{STATUS[row['status']][0]} {probability(row['attainment_probability'])}",
                "已达到" if row["gap"] <= 0 else _short(row["gap"], row["unit"]),
                "—" if row["gap"] <= 0 else _short(row["required_pace"], row["unit"]),
                plain_sentence(row),
            ],
        )
        for row in records
    ]


def _add_at_risk(document, rows, n_lines):
    """The table of what needs attention, as far as it fits into some lines; the rest is counted."""
    if not rows:
        document.add_paragraph("没有有风险、预计不达或未达成的指标。", "Small")
        return
    headers = ("指标（★ 约束性）", "结论与概率", "差距", "每年须", "说明（百分数的差距以百分点计）")
    heights = [count_lines([cells], AT_RISK_WIDTHS) for _, cells in rows]
    shown = [row for row, height in zip(rows, accumulate(heights), strict=True) if height <= n_lines - 2]
    table = _add_table(document, headers, AT_RISK_WIDTHS, [cells for _, cells in shown])
    for line, (row, _) in zip(table.rows[1:], shown, strict=True):
        run = line.cells[1].paragraphs[0].runs[0]
        run.font.bold, run.font.color.rgb = True, _colour(COLOURS[row["status"]])
    if len(rows) > len(shown):
        document.add_paragraph(f"另有{len(rows) - len(shown)}项，见同一文件夹的 attainment.xlsx。", "Small")


def count_lines(rows, widths):
    """Lines of small print that the rows of a table take.

    Parameters
    ----------
    rows : list of sequences of str
    widths : of the columns, in centimetres

    Returns
    -------
    int

    >>> count_lines([("短", "一句十二个字的说明在此处")], (2.0, 2.0))
    3
    """
    return sum(
        max(
            math.ceil(
                text_width(text) * _CHARACTER / (width - 0.4)
            )  # a cell has 0.2 cm of margin on each side
            for text, width in zip(cells, widths, strict=True)
        )
        for cells in rows
    )


def unknown_rows(plan, tables):
    """What cannot be judged, or only weakly, and the data that would change that.

    Returns
    -------
    list of list of str
        why, which indicators, what to collect.
    """
    core = tables["概览"]
    years = f"{plan.baseline_year + 1}–{plan.target_year}年"
    unknown = core[core["status"] == "not_assessed"]
    rows = [
        [
            f"{STATUS['not_assessed'][0]}：{REASONS[reason][0]}",
            _list(unknown[unknown["reason"] == reason]),
            _need(reason, plan.target_year, years),
        ]
        for reason in unknown["reason"].unique()
    ]
    weak = core[is_forecast(core) & (core["evidence_grade"] == "weak")]
    if len(weak):
        rows.append([f"有概率但证据弱：{_WEAK}", _list(weak), f"{years}各年的值、口径和出处"])
    others = tables.get("其他目标")
    n_unknown = 0 if others is None else (others["status"] == "not_assessed").sum()
    if n_unknown:
        rows.append(
            [
                f"其他目标{len(others)}项中{n_unknown}项{STATUS['not_assessed'][0]}",
                "见 attainment.xlsx 的“其他目标”",
                "完成情况的公布值",
            ]
        )
    return rows


def _need(reason, target_year, years):
    """The data that would lift a reason for not judging."""
    if reason.startswith("no_target"):
        return f"{target_year}年目标值及下达文件"
    if reason.startswith("refused_"):
        return "规划制定部门对目标值的书面说明"
    return f"{target_year}年的值" if reason == "outturn_missing" else f"{years}各年的值、口径和出处"


def _list(rows):
    names = [_name(row) for row in rows.to_dict("records")]
    lengths = accumulate(len(name) + 1 for name in names)
    shown = [name for name, length in zip(names, lengths, strict=True) if length <= LIST_LENGTH]
    return "、".join(shown) + (f"等{len(names)}项" if len(names) > len(shown) else "")


def sources_note(plan, vintage, core, thresholds):
    """Where the numbers come from, how they were judged, and how to find this run again."""
    known = vintage.observations
    sources = plan.sources.set_index("source_id", drop=False)
    used = core["latest_source"].str.split("+").explode()
    counts = used[used != ""].value_counts()
    cited = "；".join(
        f"{cite(sources.loc[source_id].dropna().to_dict())}（{n}项）"
        for source_id, n in counts.head(MOST_SOURCES).items()
    )
    low, expected, binding = (
        probability(thresholds[name]) for name in ("off_track", "on_track_expected", "on_track_binding")
    )
    facts = provenance(plan, vintage.as_of)
    return (
        f"依据{known['source_id'].nunique()}个公开来源的{len(known)}个数值（含其他地区），{vintage.as_of}之后公布的一概不用。"
        f"最新值主要出自：{cited or '无'}。"
        "达成概率由预测分布算出：从最新公布值出发，按本地历年变化与其他地区同类指标的年变化推算，不假定趋势延续。"
        f"概率不低于{binding}（约束性）或{expected}（预期性）为预计达成，低于{low}为预计不达，其间为有风险。"
        "本简报不是官方考核结果；每项的预测区间、来源和英文说明见 attainment.xlsx 与网页。"
        f"数据指纹 {facts['data_sha256'][:12]}，sy-analysis {facts['versions']['sy-analysis']}。"
    )


def _blank(plan, vintage):
    """A document in the house style that knows its plan and its day; nothing in it depends on the clock."""
    document = Document()
    _set_up(document)
    facts = document.core_properties
    facts.title, facts.subject = (
        _printable(f"{plan.name_zh}达成情况简报")[:255],
        _printable(plan.name_en)[:255],
    )
    facts.author = facts.last_modified_by = "sy-analysis"
    facts.comments, facts.language = "", "zh-CN"
    facts.created = facts.modified = datetime.combine(vintage.as_of, time())
    return document


def _set_up(document):
    """A4, narrow margins, page numbers, and lines of a set height in each style."""
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


def _title(document, plan, vintage):
    document.add_paragraph(_printable(f"{plan.name_zh}达成情况简报"), "Title")
    document.add_paragraph(_printable(f"呈领导小组　{plan.area}　数据截至 {vintage.as_of}"), "Small")


def _add_figure(document, plan, vintage, thresholds, core):
    charted = core["target_id"].head(MOST_CHARTED)
    ax = plot_attainment(
        vintage.assessments[vintage.assessments["target_id"].isin(charted)],
        plan.targets,
        plan.indicators,
        thresholds,
        as_of=vintage.as_of,
    )
    width, height = ax.figure.get_size_inches()
    picture = io.BytesIO(figure_bytes(ax))
    plt.close(ax.figure)
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE  # a set height would crop it
    shown = int(min(FIGURE[0], FIGURE[1] * width / height))
    shape = paragraph.add_run().add_picture(picture, width=shown)
    finding = f"各指标达成概率图：{_counts(core, 0, '、')}"
    shape._inline.docPr.set("descr", finding)
    if len(core) > len(charted):
        rest = f"图中为前{len(charted)}项，约束性在前；其余{len(core) - len(charted)}项见 attainment.xlsx。"
        document.add_paragraph(rest, "Small")


def _add_table(document, headers, widths, rows):
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
    """Text that XML can hold.

    >>> _printable("a\\x00b")
    'ab'
    """
    return "".join(character for character in text if character >= " " and character not in "\ufffe\uffff")


def _same_bytes(archive):
    """The archive with every entry's time set alike, since python-docx stamps the clock's."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in old.infolist():
            fixed = zipfile.ZipInfo(entry.filename, _ZIP_TIME)
            fixed.create_system = 3  # the same on every system
            new.writestr(fixed, old.read(entry), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
