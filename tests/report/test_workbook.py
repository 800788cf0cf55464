import io
import math
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sy_analysis.base.csv_text import FORMULA_STARTS, write_table
from sy_analysis.judge.assessments import assess_as_of
from sy_analysis.judge.rules import STATUS
from sy_analysis.judge.thresholds import THRESHOLDS
from sy_analysis.report.figures.style import COLOURS
from sy_analysis.report.words import FORECAST_STATUSES
from sy_analysis.report.workbook import write_workbook
from sy_analysis.report.workbook.content import sheet_names, source_rows, verdict_sheets
from sy_analysis.report.workbook.layout import HEADER_ROW, SHEET_COLUMNS, _write_cell, make_styles

AS_OF = "2024-12-31"
OVERVIEW, GROUP, CHART_DATA = (SHEET_COLUMNS[kind] for kind in ("overview", "group", "charts"))
_KEPT = {}
NUMBERS = [
    "attainment_probability",
    "latest_year",
    "latest_value",
    "target",
    "gap",
    "required_pace",
    "observed_pace",
    "predicted_low",
    "predicted_median",
    "predicted_high",
]
HOSTILE = ['=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "\t=1", "＝1+1"]


@pytest.fixture
def demo(request):
    """The small plan, read once, since no test here changes it."""
    if "demo" not in _KEPT:
        _KEPT["demo"] = request.getfixturevalue("demo")
    return _KEPT["demo"]


def known(demo):
    """The vintage of the small plan, judged once."""
    if "vintage" not in _KEPT:
        _KEPT["vintage"] = assess_as_of(demo, AS_OF)
    return _KEPT["vintage"]


def shown(plan, vintage, thresholds=THRESHOLDS):
    return SimpleNamespace(plan=plan, vintage=vintage, thresholds=thresholds)


@pytest.fixture
def written(demo, tmp_path):
    """Write a workbook and open it again."""

    def write(plan=demo, vintage=None, thresholds=THRESHOLDS):
        path = tmp_path / "attainment.xlsx"
        write_workbook(shown(plan, vintage or assess_as_of(plan, AS_OF), thresholds), path)
        return openpyxl.load_workbook(path)

    return write


def rows_of(sheet, columns):
    """Cells below the header, by target or source and by field."""
    fields = [column.field for column in columns]
    last = sheet.auto_filter.ref.split(":")[1].strip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    lines = sheet.iter_rows(min_row=HEADER_ROW + 2, max_row=int(last), max_col=len(fields))
    return {line[0].value: dict(zip(fields, line, strict=True)) for line in lines}


def all_cells(book):
    return [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None]


def test_there_is_an_overview_a_sheet_for_each_group_sources_and_notes(demo, written):
    assert written().sheetnames == ["概览", "质量", "来源", "方法说明", "图表数据"]
    indicators = demo.indicators.assign(group_zh=["质量", "质量", "空气", "平台/服务"])
    assert written(demo._replace(indicators=indicators)).sheetnames[:4] == [
        "概览",
        "质量",
        "空气",
        "平台-服务",
    ]


def test_targets_that_are_not_core_have_a_sheet_of_their_own(demo, written):
    role = demo.indicators["role"].mask(demo.indicators["indicator_id"] == "N1", "box")
    book = written(demo._replace(indicators=demo.indicators.assign(role=role, group_zh="")))
    assert book.sheetnames[:3] == ["概览", "未分组", "其他目标"]
    assert list(rows_of(book["其他目标"], GROUP)) == ["N1"]
    assert list(rows_of(book["概览"], OVERVIEW)) == ["H1", "G1"]


def test_a_plan_without_core_targets_still_has_a_workbook(demo, written):
    book = written(demo._replace(indicators=demo.indicators.assign(role="box")))
    assert book.sheetnames[:2] == ["概览", "其他目标"]


def test_binding_targets_come_first(written):
    assert list(rows_of(written()["概览"], OVERVIEW)) == ["H1", "G1", "N1"]


def test_numbers_equal_the_csv_tables_to_the_last_digit(demo, written, tmp_path):
    vintage = known(demo)
    write_table(vintage.assessments, tmp_path / "assessments.csv")
    table = pd.read_csv(tmp_path / "assessments.csv").set_index("target_id")
    cells = rows_of(written(vintage=vintage)["质量"], GROUP)
    assert set(cells) == set(table.index)
    for target_id, row in cells.items():
        for name in NUMBERS:
            expected = table.loc[target_id, name]
            assert row[name].value == (None if pd.isna(expected) else expected), (target_id, name)
            assert row[name].data_type == "n"


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40))
def test_any_number_is_kept_as_the_csv_tables_keep_it(tmp_path, values):
    import xlsxwriter

    write_table(pd.DataFrame({"gap": values}), tmp_path / "table.csv")
    book = xlsxwriter.Workbook(tmp_path / "numbers.xlsx", {"in_memory": True})
    sheet, style = book.add_worksheet(), make_styles(book)
    for row, value in enumerate(values):
        _write_cell(sheet, row, 0, value, style, "number")
    book.close()
    expected = [float(line) for line in (tmp_path / "table.csv").read_text().split()[1:]]
    cells = openpyxl.load_workbook(tmp_path / "numbers.xlsx").active["A"]
    assert [cell.value for cell in cells] == expected


def test_an_infinite_pace_is_written_as_people_write_it(demo, written):
    vintage = known(demo)
    vintage = replace(vintage, assessments=vintage.assessments.assign(required_pace=math.inf))
    assert rows_of(written(vintage=vintage)["概览"], OVERVIEW)["G1"]["required_pace"].value == "∞"


def test_numbers_dates_and_probabilities_have_their_formats(demo, written):
    book = written()
    row = rows_of(book["质量"], GROUP)["G1"]
    assert row["latest_value"].number_format == "#,##0.00"
    assert row["latest_year"].number_format == "0"
    assert row["attainment_probability"].number_format == '[<0.01]"<1%";[>0.99]">99%";0%'
    assert rows_of(book["质量"], GROUP)["N1"]["target"].number_format == "#,##0"
    published = book["来源"].cell(HEADER_ROW + 2, 4)
    assert published.value == datetime(2021, 12, 31) and published.number_format == "yyyy-mm-dd"


@pytest.mark.parametrize("status", STATUS)
def test_a_status_is_coloured_and_worded(demo, written, status):
    vintage = known(demo)
    vintage = replace(vintage, assessments=vintage.assessments.assign(status=status))
    cell = rows_of(written(vintage=vintage)["概览"], OVERVIEW)["G1"]["status"]
    assert cell.value == " ".join(STATUS[status])
    assert cell.fill.fgColor.rgb == "FF" + COLOURS[status].strip("#")
    assert contrast(cell.font.color.rgb[2:], cell.fill.fgColor.rgb[2:]) >= 4.5


def contrast(*colours):
    """Contrast of two colours as WCAG 2.2 defines it."""
    shares = [[int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)] for colour in colours]
    linear = [
        [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts] for parts in shares
    ]
    dark, light = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in linear)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_text_that_looks_like_a_formula_stays_text(demo, written, hostile):
    plan = demo._replace(
        name_zh=hostile,
        name_en=hostile,
        indicators=demo.indicators.assign(
            short_zh=hostile, name_zh=hostile, name_en=hostile, group_zh=hostile, unit=hostile
        ),
        targets=demo.targets.assign(unit=hostile),
        sources=demo.sources.assign(publisher=hostile, title=hostile, url=hostile, note=hostile),
    )
    book = written(plan, known(demo))
    risky = [cell for cell in all_cells(book) if str(cell.value).startswith(FORMULA_STARTS)]
    risky = [cell for cell in risky if cell.data_type != "n"]
    assert len(risky) > 10
    assert {cell.data_type for cell in risky} == {"s"}
    assert all(cell.quotePrefix for cell in risky)


def test_the_file_holds_no_formula_and_no_macro(demo, tmp_path):
    path = tmp_path / "attainment.xlsx"
    write_workbook(shown(demo, known(demo)), path)
    with zipfile.ZipFile(path) as file:
        sheets = [name for name in file.namelist() if name.startswith("xl/worksheets/sheet")]
        assert not any(b"<f>" in file.read(name) or b"<f " in file.read(name) for name in sheets)
        assert not any("vba" in name.lower() or "external" in name.lower() for name in file.namelist())


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=60))
def test_any_name_comes_back_as_it_was(demo, written, name):
    plan = demo._replace(indicators=demo.indicators.assign(short_zh=name, group_zh=name), name_zh=name)
    row = rows_of(written(plan)["概览"], OVERVIEW)["G1"]
    assert row["short_zh"].value == name and row["group"].value == name


@given(st.lists(st.text(max_size=40), max_size=8))
def test_sheet_names_are_always_accepted(titles):
    import xlsxwriter

    names = sheet_names(titles)
    book = xlsxwriter.Workbook(io.BytesIO(), {"in_memory": True})
    for name in names:
        book.add_worksheet(name)
    book.close()
    assert len({name.lower() for name in names}) == len(titles)


def test_the_same_tables_give_the_same_bytes(demo, tmp_path):
    paths = [tmp_path / "a.xlsx", tmp_path / "b.xlsx"]
    for path in paths:
        write_workbook(shown(demo, known(demo)), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    properties = openpyxl.load_workbook(paths[0]).properties
    assert properties.created == properties.modified == datetime(2024, 12, 31)
    with zipfile.ZipFile(paths[0]) as file:
        assert {entry.date_time for entry in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_every_sheet_is_ready_to_filter_and_to_print(written):
    for sheet in written():
        assert sheet.freeze_panes in ("B5", "C5") and sheet.auto_filter.ref.startswith("A4:")
        assert sheet.page_setup.orientation == "landscape" and int(sheet.page_setup.paperSize) == 9
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.print_area and sheet.print_title_rows == "$4:$4"


def test_charts_show_the_probabilities_of_their_sheet_in_the_colours_of_the_statuses(demo, written):
    vintage = known(demo)
    book = written(vintage=vintage)
    status, chance = (
        vintage.assessments.set_index("target_id").loc["G1", name]
        for name in ("status", "attainment_probability")
    )
    data = book["图表数据"]
    lines = [[cell.value for cell in line] for line in data.iter_rows(min_row=HEADER_ROW + 2)]
    place = [column.field for column in CHART_DATA].index(status)
    shown = {line[0]: line[place] for line in lines if line[1].startswith("G1 ")}
    assert shown == {"概览": round(chance, 6), "质量": round(chance, 6)}
    assert all(STATUS[status][0] in line[1] for line in lines if line[1].startswith("G1 "))
    for sheet in (book["概览"], book["质量"]):
        (chart,) = sheet._charts
        fills = [series.graphicalProperties.solidFill.srgbClr for series in chart.series]
        assert fills == [COLOURS[name].strip("#") for name in FORECAST_STATUSES]


def test_a_group_without_a_probability_has_no_chart(demo, written):
    group = demo.indicators["group_zh"].mask(demo.indicators["indicator_id"] == "N1", "平台")
    book = written(demo._replace(indicators=demo.indicators.assign(group_zh=group)))
    assert len(book["质量"]._charts) == 1 and book["平台"]._charts == []


def test_a_source_says_how_many_values_it_gave_and_what_rests_on_it(demo):
    rows = source_rows(demo, known(demo)).set_index("source_id")
    assert rows.loc["S2", ["n_values", "used_for"]].tolist() == [1, "G1"]
    assert rows.loc["S3", ["n_values", "used_for"]].tolist() == [4, ""]


def test_a_source_that_was_not_known_yet_is_not_listed(demo):
    assert list(source_rows(demo, assess_as_of(demo, "2022-12-31"))["source_id"]) == ["plan", "S1"]


def test_an_address_is_a_link_only_when_it_is_one(demo, written):
    urls = ["https://example.org/a?b=1&c=2", "javascript:alert(1)", "", "http://example.org/" + "x" * 3000]
    sheet = written(demo._replace(sources=demo.sources.assign(url=urls)))["来源"]
    cells = [sheet.cell(HEADER_ROW + 2 + place, 8) for place in range(4)]
    assert [cell.value or "" for cell in cells] == urls
    assert [bool(cell.hyperlink) for cell in cells] == [True, False, False, False]


def test_notes_say_the_thresholds_of_the_run(written):
    book = written(thresholds={"on_track_binding": 0.9, "on_track_expected": 0.7, "off_track": 0.2})
    text = " ".join(str(cell.value) for line in book["方法说明"].iter_rows() for cell in line)
    assert "不低于90%（约束性）或70%（预期性）" in text and "低于20%" in text


def test_an_area_other_than_the_plans_is_named(demo):
    vintage = known(demo)
    vintage = replace(vintage, assessments=vintage.assessments.assign(area=["甲市", "乙县;丙县", "甲市"]))
    names = verdict_sheets(demo, vintage)[0].rows.sort_index()["names"]
    assert names.tolist()[:2] == ["合格率\nPass rate", "优良天数比例（乙县、丙县）\nGood-air days"]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
def test_a_spreadsheet_program_reads_every_cell_as_it_was_written(written, tmp_path):
    book = written()
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", tmp_path / "again"]
    subprocess.run([*command, tmp_path / "attainment.xlsx"], check=True, capture_output=True, timeout=120)
    again = openpyxl.load_workbook(tmp_path / "again" / "attainment.xlsx")
    assert again.sheetnames == book.sheetnames
    assert [cell.value for cell in all_cells(again)] == [cell.value for cell in all_cells(book)]
    assert [len(sheet._charts) for sheet in again] == [len(sheet._charts) for sheet in book]
