"""The workbook for officials: every verdict as real numbers, with charts, sources and the method, ready to print.

XlsxWriter writes it: the same tables give the same bytes. Its numbers are those of the CSV tables beside it, six
decimals; it has no formula at all, and text that a spreadsheet would take for one is marked as text.
"""

import io
import math
import re
import unicodedata
from datetime import datetime, time
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import xlsxwriter

from sy_analysis.base.csv_text import FORMULA_STARTS
from sy_analysis.base.words import probability
from sy_analysis.base.writing import write_atomically
from sy_analysis.judge.rules import STATUS
from sy_analysis.record.plan import provenance
from sy_analysis.record.selection import core_ids
from sy_analysis.report.data import ReportData
from sy_analysis.report.figures.style import COLOURS
from sy_analysis.report.tables import BINDING, DOUBT
from sy_analysis.report.words import EVIDENCE, target_text, verdict

FONT = "Microsoft YaHei"  # comes with Windows and WPS; others put their own Chinese font in its place
INK, SOFT, LINE, HEAD = "#222222", "#5F5F5F", "#BFBFBF", "#1F3A4D"
DECIMALS = 6  # of the CSV tables of a run
PROBABILITY = '[<0.01]"<1%";[>0.99]">99%";0%'  # as `text.probability` says it
A4 = 9  # number of the paper size in the file format
HEADER_ROW = 3  # below a title, a line on the vintage and a line of counts
_LINE_POINTS = 14.0  # of text in 10 points
_HIGHEST_ROW = 409.0  # points; the format's limit
_ROW_PIXELS = 20  # height of a row that nobody set
_LONGEST_URL = 2079  # a longer one is no link in a spreadsheet


class Column(NamedTuple):
    """One column of a sheet: its two-language header, where its values are, how wide and in which style."""

    header: str
    field: str
    width: float
    style: str = "text"


OVERVIEW = (
    Column("编号\nid", "target_id", 8),
    Column("指标\nindicator", "short_zh", 27),
    Column("分组\ngroup", "group", 11),
    Column("属性\nbinding", "binding", 9, "centre"),
    Column("单位\nunit", "unit", 7, "centre"),
    Column("规划目标\nplanned", "aim", 10, "centre"),
    Column("目标值\ntarget", "target", 9, "number"),
    Column("最新年份\nyear", "latest_year", 9, "year"),
    Column("最新值\nlatest", "latest_value", 10, "number"),
    Column("差距\ngap", "gap", 9, "number"),
    Column("所需年均\nneeded/yr", "required_pace", 11, "number"),
    Column("达成概率\nchance", "attainment_probability", 10, "probability"),
    Column("证据\nevidence", "evidence", 16, "centre"),
    Column("结论\nstatus", "status", 23, "status"),
)
GROUP = (
    Column("编号\nid", "target_id", 7),
    Column("指标\nindicator", "names", 28),
    Column("属性\nbinding", "binding", 8, "centre"),
    Column("单位\nunit", "unit", 6, "centre"),
    Column("基期值\nbaseline", "baseline_value", 9, "number"),
    Column("规划目标\nplanned", "aim", 9, "centre"),
    Column("目标值\ntarget", "target", 9, "number"),
    Column("最新年份\nyear", "latest_year", 9, "year"),
    Column("最新值\nlatest", "latest_value", 9, "number"),
    Column("来源\nsource", "latest_source", 8, "centre"),
    Column("差距\ngap", "gap", 8, "number"),
    Column("所需年均\nneeded/yr", "required_pace", 10, "number"),
    Column("近年年均\nmade/yr", "observed_pace", 9, "number"),
    Column("中位数\nmedian", "predicted_median", 9, "number"),
    Column("80%下限\nlow", "predicted_low", 9, "number"),
    Column("80%上限\nhigh", "predicted_high", 9, "number"),
    Column("达成概率\nchance", "attainment_probability", 9, "probability"),
    Column("证据\nevidence", "doubts", 15, "centre"),
    Column("结论\nstatus", "status", 13, "status"),
    Column("说明\nin words", "words", 56),
)
SOURCES = (
    Column("来源\nsource", "source_id", 8),
    Column("发布者\npublisher", "publisher", 26),
    Column("文件\ntitle", "title", 46),
    Column("公布日\npublished", "published", 12, "date"),
    Column("记录日\nrecorded", "recorded", 12, "date"),
    Column("引用数值\nvalues", "n_values", 9, "count"),
    Column("最新值用于\nlatest of", "used_for", 12),
    Column("网址\naddress", "url", 40, "link"),
    Column("备注\nnote", "note", 34),
)
NOTES = (Column("项目\nitem", "item", 30), Column("说明\nmeaning", "meaning", 110))
FORECAST_STATUSES = ("on_track", "at_risk", "off_track")  # only these have an attainment probability
CHART_DATA = (
    Column("图\nchart", "chart", 14),
    Column("指标\nindicator", "label", 44),
    *(Column("\n".join(STATUS[name]), name, 16, "probability") for name in FORECAST_STATUSES),
)


def write_workbook(data: ReportData, path: Path) -> None:
    """Write attainment.xlsx: overview, one sheet per group, sources, method notes, and the charts' data."""
    plan, vintage, thresholds = data.plan, data.vintage, data.thresholds
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    _describe(book, plan, vintage)
    _fill(book, _styles(book), plan, vintage, thresholds)
    book.close()
    write_atomically(path, buffer.getvalue())


def _describe(book, plan, vintage):
    book.set_properties(
        {
            "title": f"{plan.name_zh} 达成判断 {vintage.as_of}",
            "subject": plan.name_en,
            "author": "sy-analysis",
            "created": datetime.combine(vintage.as_of, time()),  # a clock would change the bytes
        }
    )


def _fill(book, style, plan, vintage, thresholds):
    tables = verdict_tables(plan, vintage)
    *titles, source_name, note_name, data_name = sheet_names([*tables, "来源", "方法说明", "图表数据"])
    known = f"数据截至 as of {vintage.as_of}　　空白：没有公布，或无法计算　　概率的含义见“{note_name}”"
    write = partial(_write_sheet, book, style, plan, known)
    data, charted = [], HEADER_ROW + 1
    for place, (name, title) in enumerate(zip(titles, tables, strict=True)):
        table = tables[title]
        columns = GROUP if place else OVERVIEW
        sheet = write(name, f"{plan.name_zh}　{title}", status_counts(table["status"]), columns, table)
        if is_forecast(table).any():
            chart = _make_chart(book, data_name, title, charted, len(table), thresholds)
            _place_chart(sheet, chart, title, columns, table)
            data.append(chart_rows(title, table))
            charted += len(table)
    sources = source_rows(plan, vintage)
    n_values = f"{len(sources)} 个来源，{len(vintage.observations)} 个数值"
    write(source_name, "来源 Sources", n_values, SOURCES, sources)
    notes = method_rows(plan, vintage, thresholds)
    write(note_name, "方法说明 Method notes", plan.name_en, NOTES, notes)
    apart = "与各表的达成概率相同；单列一张，各表排序、筛选时图不变"
    empty = pd.DataFrame(columns=[column.field for column in CHART_DATA])
    write(data_name, "图表数据 Data of the charts", apart, CHART_DATA, pd.concat(data) if data else empty)


def verdict_tables(plan, vintage):
    """The rows of each sheet by its title: the core targets, each of their groups, and all other targets.

    Binding targets come first in each; otherwise the order is the plan's.
    """
    rows = verdict_rows(plan, vintage).sort_values("is_binding", ascending=False, kind="stable")
    core = rows[rows["target_id"].isin(core_ids(plan))]
    others = rows[~rows["target_id"].isin(core["target_id"])]
    groups = core.sort_index()["group"].unique()
    tables = {"概览": core, **{group: core[core["group"] == group] for group in groups}}
    return tables | ({"其他目标": others} if len(others) else {})


def verdict_rows(plan, vintage):
    """Assessments with the names, targets and words that the sheets show, one row per target.

    Parameters
    ----------
    plan : Plan
    vintage : Vintage

    Returns
    -------
    DataFrame
        in the order of the assessments, whose columns it keeps as they are; the rest is text.
    """
    targets = plan.targets.drop(columns=["indicator_id", "area", "is_binding"])
    indicators = plan.indicators.drop(columns=["unit", "note"])
    rows = vintage.assessments.merge(targets, on="target_id", validate="one_to_one").merge(
        indicators, on="indicator_id", validate="many_to_one"
    )
    records = rows.to_dict("records")
    return rows.assign(
        group=rows["group_zh"].where(rows["group_zh"] != "", "未分组"),
        names=[_names(row, plan.area) for row in records],
        binding=rows["is_binding"].map(BINDING),
        aim=[target_text(row) for row in records],
        evidence=rows["evidence_grade"].map(lambda grade: " ".join(EVIDENCE[grade])),
        doubts=[_with_doubts(row) for row in records],
        words=["\n".join(verdict(row, {}, {})) for row in records],
    )


def _names(row, area):
    where = "" if row["area"] == area else f"（{row['area'].replace(';', '、')}）"
    return f"{row['name_zh']}{where}\n{row['name_en']}"


def _with_doubts(row):
    doubts = [DOUBT[doubt] for doubt in row["evidence_doubts"].split()]
    return "\n".join([" ".join(EVIDENCE[row["evidence_grade"]]), *doubts])


def status_counts(statuses):
    """How many of each status, in words.

    >>> status_counts(["at_risk", "on_track", "at_risk"])
    '共 3 项：预计达成 on track 1　有风险 at risk 2'
    """
    found = list(statuses)
    parts = [f"{' '.join(words)} {found.count(name)}" for name, words in STATUS.items() if name in found]
    return f"共 {len(found)} 项：" + "　".join(parts)


def source_rows(plan, vintage):
    """The sources known by the day of the vintage, how many values each gave, and which verdicts rest on it."""
    n_values = vintage.observations["source_id"].value_counts()
    known = plan.sources[plan.sources["source_id"].isin(n_values.index)]
    used = vintage.assessments.assign(source_id=vintage.assessments["latest_source"].str.split("+"))
    used_for = used.explode("source_id").groupby("source_id")["target_id"].agg("、".join)
    return known.assign(
        n_values=known["source_id"].map(n_values), used_for=known["source_id"].map(used_for).fillna("")
    )


def method_rows(plan, vintage, thresholds):
    """What the words and numbers of the sheets mean, one row each."""
    facts = provenance(plan, vintage.as_of)
    limits = {name: probability(value) for name, value in thresholds.items()}
    notes = {
        "这是什么 what it is": f"{plan.name_zh}（{plan.name_en}）各项目标到{plan.target_year}年能否达成的判断，"
        "只用公开数据，每个数值都有来源。不是官方考核结果。",
        "数据截至 as of": f"{vintage.as_of}。此日之后公布的内容一概不用。",
        "达成概率 probability": "目标年的值达到规划目标的概率，由预测分布算出；有目标年公布值的，直接比较，不再有概率。"
        "概率不等于进度：50%意味着达成与不达成的可能相当。",
        **{f"{zh} {en}": _status_meaning(name, limits) for name, (zh, en) in STATUS.items()},
        "预测 forecast": "以最新公布值为起点，按本地历年变化与其他地区同类指标的年变化推算，不假定趋势一定延续；"
        "80%区间：十次中约有八次落在其中。",
        "差距、所需年均、近年年均 gap and paces": "以指标单位计（%即百分点）；差距为零或负数表示已达目标；"
        "所需年均从最新值的年份算到目标年；近年年均取最近五年，正数为改善。",
        "证据 evidence": "强：本地至少8个年度值；中：至少4个；弱：不足4个；口径与规划不同、数值为推算或汇编、最新值距目标年三年以上，各降一级；无：没有本地值。"
        "证据弱时，概率主要反映外地的变化幅度，只可作预警，不可作结论。",
        "约束性、预期性 binding": "约束性指标必须完成，判断更严。各表中约束性指标排在最前。",
        "数值 numbers": f"与同一文件夹的 assessments.csv 逐位相同（{DECIMALS}位小数），单元格只是显示得短一些；没有公式。",
        "来源的取舍 choice of sources": "同一时期有多个来源时，先取官方原件，再取报刊，再取转载；没有公布日的，自记录之日起才算已知。",
        "数据指纹 data SHA-256": facts["data_sha256"],
        "程序版本 version": f"sy-analysis {facts['versions']['sy-analysis']}",
    }
    return pd.DataFrame({"item": list(notes), "meaning": list(notes.values())})


def _status_meaning(name, limits):
    return {
        "attained": "目标年的公布值已达到目标，或要建的已建成。",
        "missed": "目标年的公布值没有达到目标。",
        "on_track": f"达成概率不低于{limits['on_track_binding']}（约束性）或{limits['on_track_expected']}（预期性）。",
        "at_risk": f"达成概率在{limits['off_track']}与上述界线之间；或已达到目标但在下滑，或曾达到而已跌破。",
        "off_track": f"达成概率低于{limits['off_track']}。",
        "not_assessed": "没有公开数据、数据太少、规划未给出数值，或目标的写法不能判断；每项的理由见“说明”一栏。",
    }[name]


def sheet_names(titles):
    """Names that a spreadsheet accepts for its sheets: no reserved character, at most 31 long, no two alike.

    >>> sheet_names(["产品/服务", "来源", "来源"])
    ['产品-服务', '来源', '来源 2']
    """
    names = []
    for title in titles:
        printable = "".join(
            c for c in re.sub(r"[\[\]:*?/\\]", "-", title) if c.isprintable() and c <= "\uffff"
        )
        plain = printable.strip(" '")[:28].strip(" '") or "表"
        if plain.lower() == "history":  # reserved by Excel
            plain += " 1"
        taken = {name.lower() for name in names}
        numbered = (f"{plain} {n}" for n in range(2, len(titles) + 2))
        names.append(
            plain if plain.lower() not in taken else next(n for n in numbered if n.lower() not in taken)
        )
    return names


def _styles(book):
    """Formats by name; each is made once."""
    base = {"font_name": FONT, "font_size": 10, "font_color": INK, "valign": "vcenter"}
    cell = {**base, "border": 1, "border_color": LINE, "text_wrap": True}
    named = {
        "title": {**base, "font_size": 15, "bold": True},
        "lead": {**base, "font_color": SOFT},
        "header": {**cell, "bold": True, "font_color": "#FFFFFF", "bg_color": HEAD, "align": "center"},
        "text": cell,
        "centre": {**cell, "align": "center"},
        "number": {**cell, "num_format": "#,##0.00"},
        "count": {**cell, "num_format": "#,##0"},
        "year": {**cell, "num_format": "0", "align": "center"},
        "probability": {**cell, "num_format": PROBABILITY, "bold": True},
        "date": {**cell, "num_format": "yyyy-mm-dd", "align": "center"},
        "link": {**cell, "font_color": "#0B5394", "underline": 1},
        **{
            status: {**cell, "bold": True, "align": "center", "font_color": "#FFFFFF", "bg_color": colour}
            for status, colour in COLOURS.items()
        },
    }

    @cache
    def style(name, is_quoted=False):
        return book.add_format({**named[name], "quote_prefix": is_quoted})

    return style


def _write_sheet(book, style, plan, known, name, title, lead, columns, table):
    sheet = book.add_worksheet(name)
    for row, (text, look) in enumerate(((title, "title"), (known, "lead"), (lead, "lead"))):
        _write_text(sheet, row, 0, text, style, look)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width)
        sheet.write_string(HEADER_ROW, place, column.header, style("header"))
    for row, record in enumerate(table.to_dict("records"), start=HEADER_ROW + 1):
        sheet.set_row(row, row_height(record, columns))
        for place, column in enumerate(columns):
            value = record[column.field]
            _write_cell(sheet, row, place, value, style, _look(column.style, value, record))
    last = HEADER_ROW + max(len(table), 1)
    sheet.autofilter(HEADER_ROW, 0, last, len(columns) - 1)
    _set_page(sheet, plan, last, len(columns) - 1)
    return sheet


def row_height(record, columns):
    """Points that the tallest text of a row needs; not every spreadsheet sees to it on opening.

    >>> row_height({"name": "十个字的指标名称如此"}, [Column("指标", "name", 11)])
    32.0
    """
    lines = [
        sum(
            max(1, math.ceil(text_width(line) / (column.width - 1)))
            for line in record[column.field].split("\n")
        )
        for column in columns
        if isinstance(record[column.field], str)
    ]
    return min(4 + _LINE_POINTS * max(lines, default=1), _HIGHEST_ROW)


def text_width(text):
    """Width of a text in half Chinese characters.

    >>> text_width("P01 合格率")
    10
    """
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)


def _set_page(sheet, plan, last_row, last_column):
    sheet.set_row(0, 26)
    sheet.set_row(HEADER_ROW, 32)
    sheet.freeze_panes(HEADER_ROW + 1, min(2, last_column))
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.center_horizontally()
    sheet.repeat_rows(HEADER_ROW)
    sheet.fit_to_pages(1, 0)
    sheet.print_area(0, 0, last_row, last_column)
    name = plan.name_zh[:80].replace("&", "&&")  # the format allows 255 characters, and & starts a code
    sheet.set_footer(f"&L{name}&C&A&R第 &P 页，共 &N 页")


def _look(name, value, record):
    """Numbers of things are whole: 2, not 2.00."""
    is_whole = name == "number" and record["unit"] != "%" and not pd.isna(value) and value % 1 == 0
    return "count" if is_whole else name


def _write_cell(sheet, row, column, value, style, name):
    if name == "status":
        sheet.write_string(row, column, " ".join(STATUS[value]), style(value))
    elif isinstance(value, str):
        write = _write_link if name == "link" else _write_text
        write(sheet, row, column, value, style, name)
    elif pd.isna(value):
        sheet.write_blank(row, column, None, style(name))
    elif name == "date":
        sheet.write_datetime(row, column, value.to_pydatetime(), style(name))
    elif math.isinf(value):
        sheet.write_string(row, column, "∞", style(name))
    else:
        sheet.write_number(row, column, round(float(value), DECIMALS), style(name))


def _write_text(sheet, row, column, text, style, name):
    if text:
        sheet.write_string(row, column, text, style(name, text.startswith(FORMULA_STARTS)))
    else:
        sheet.write_blank(row, column, None, style(name))


def _write_link(sheet, row, column, url, style, name):
    if re.fullmatch(r"https?://[!-~]+", url) and len(url) <= _LONGEST_URL:
        sheet.write_url(row, column, url, style(name), string=url)
    else:
        _write_text(sheet, row, column, url, style, "text")


def is_forecast(table):
    """Which verdicts rest on a forecast: a status that says how likely attainment is, with its probability."""
    return table["status"].isin(FORECAST_STATUSES) & table["attainment_probability"].notna()


def chart_rows(title, table):
    """What the chart of a sheet shows: a label for each target, its probability in the column of its status."""
    records = table.to_dict("records")
    chances = table["attainment_probability"]
    return pd.DataFrame(
        {
            "chart": [title] * len(table),
            "label": [_chart_label(record) for record in records],
            **{name: chances.where(table["status"] == name).to_list() for name in FORECAST_STATUSES},
        }
    )


def _chart_label(row):
    mark = "★ " if row["is_binding"] else ""
    return f"{mark}{row['target_id']} {row['short_zh']}（{STATUS[row['status']][0]}）"


def _make_chart(book, data, title, first, n_rows, thresholds):
    """Bars of attainment probabilities, a series and a colour for each status, read from the charts' data."""
    chart = book.add_chart({"type": "bar"})
    last = first + n_rows - 1
    for place, status in enumerate(FORECAST_STATUSES, start=2):
        label = {"value": True, "num_format": PROBABILITY, "position": "outside_end", "font": _font(9)}
        chart.add_series(
            {
                "name": " ".join(STATUS[status]),
                "categories": [data, first, 1, last, 1],
                "values": [data, first, place, last, place],
                "fill": {"color": COLOURS[status]},
                "gap": 45,
                "overlap": 100,
                "data_labels": label,
            }
        )
    low, expected, binding = (
        probability(thresholds[name]) for name in ("off_track", "on_track_expected", "on_track_binding")
    )
    limits = f"预计达成：约束性不低于{binding}，预期性不低于{expected}；低于{low}为预计不达；★ 约束性"
    chart.set_title({"name": f"{title}：达成概率", "name_font": _font(13, bold=True), "overlay": False})
    chart.set_x_axis(
        {
            "min": 0,
            "max": 1,
            "major_unit": 0.2,
            "num_format": "0%",
            "num_font": _font(9),
            "major_gridlines": {"visible": True, "line": {"color": LINE, "width": 0.5}},
            "name": limits,
            "name_font": _font(9, bold=False),
        }
    )
    chart.set_y_axis({"reverse": True, "crossing": "max", "num_font": _font(9), "major_tick_mark": "none"})
    chart.set_legend({"position": "top", "font": _font(9)})
    return chart


def _font(size, bold=False):
    return {"name": FONT, "size": size, "bold": bold, "color": INK}


def _place_chart(sheet, chart, title, columns, table):
    """Put a chart under its table, and let the printed area include it."""
    row = HEADER_ROW + len(table) + 2
    height = 26 * len(table) + 150
    chart.set_size({"width": 900, "height": height})
    finding = f"{title}各指标达成概率条形图。{status_counts(table['status'])}"
    sheet.insert_chart(row, 1, chart, {"description": finding, "object_position": 2})
    sheet.print_area(0, 0, row + math.ceil(height / _ROW_PIXELS), len(columns) - 1)
