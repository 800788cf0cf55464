import openpyxl
import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.intake.mappings import read_mappings
from sy_analysis.intake.publications import join, read_files
from sy_analysis.intake.record import rows_of
from sy_analysis.intake.template import COLUMNS, write_template

from .conftest import TODAY


@pytest.fixture
def form(plan, tmp_path):
    """Write the form, let a clerk fill cells in, and give its path."""

    def fill(cells=None, rows=()):
        path = write_template(plan, "2026Q1", tmp_path / "form.xlsx")
        book = openpyxl.load_workbook(path)
        for place, value in (cells or {}).items():
            book["填报"][place] = value
        for r, row in enumerate(rows, start=21):
            for c, value in enumerate(row, start=1):
                book["填报"].cell(r, c, value)
        book.save(path)
        return path

    return fill


def test_the_form_lists_the_plans_indicators_with_choices_notes_and_protected_cells(form):
    book = openpyxl.load_workbook(form())
    sheet = book["填报"]
    assert [cell.value for cell in sheet[3]] == [name for name, *_ in COLUMNS]
    assert [sheet.cell(r, 1).value[:3] for r in range(4, 21)][:2] == ["P01", "P02"]
    assert [sheet["B5"].value, sheet["C5"].value, sheet["E5"].value] == ["邵阳市", "2026Q1", "%"]
    assert "规划目标 2025年:93" in sheet["A5"].comment.text
    assert sheet.protection.sheet
    assert (sheet["A5"].protection.locked, sheet["D5"].protection.locked) == (True, False)
    ranges = {str(choice.sqref): choice.type for choice in sheet.data_validations.dataValidation}
    assert ranges["D4:D80"] == "decimal"
    assert {ranges[f"{column}4:{column}80"] for column in "ABCEF"} == {"list"}
    periods = [cell.value for cell in book["_lists"]["C"] if cell.value]
    assert periods == ["期间", "2026Q1", "2026-01", "2026-02", "2026-03", "2025"]
    assert len([cell for cell in book["_lists"]["B"] if cell.value]) == 14  # header, city, twelve units


def test_the_words_of_the_form_are_those_of_its_mapping(tmp_path):
    mapping = read_mappings(tmp_path)["form"]
    named = {mapping.indicator, mapping.area.column, mapping.period.column, mapping.unit, mapping.qualifier}
    assert named | {*mapping.notes, *mapping.values[0].column} == {name for name, *_ in COLUMNS}


def test_a_filled_form_reads_back_to_the_cell(form, plan):
    path = form(
        {"D5": 93.5, "F5": "约", "G5": "季报第3号", "D4": 98},
        [["P03 消费品质量合格率", "邵东县", "2026-01", "91.2", "%"]],
    )
    (intake,) = read_files([path], plan, today=TODAY)
    assert intake.mapping == "form"
    join([intake], plan)
    rows = {
        row["indicator_id"]: row
        for row in rows_of(plan / "observations.csv")
        if row["source_id"] == intake.source_id
    }
    assert [rows["P02"][c] for c in ("period", "value", "qualifier", "note", "locator")] == [
        *("2026Q1", "93.5", "~", "季报第3号", "form.xlsx 填报!D5")
    ]
    assert (rows["P03"]["area"], rows["P03"]["period"], rows["P03"]["frequency"]) == (
        "邵东市",
        "2026-01",
        "M",
    )
    assert len(rows) == 3


def test_a_clerks_slips_are_all_said_in_both_languages_with_their_cells(form, plan):
    path = form(
        {"D4": "九十三点五", "D5": "约93", "C6": "26年一季度", "D6": 91, "B7": "邵阴市", "D7": 95},
        [
            ["P99 不存在", "邵阳市", "2026Q1", 1, "%"],
            ["P05", "邵阳市", "2026Q1", "2-3个", "个"],
            ["P03", "邵阳市", "2026-02", 9, "分"],
        ],
    )
    with pytest.raises(DataError) as error:
        read_files([path], plan, today=TODAY)
    assert [problem.split(" / ")[0] for problem in error.value.problems] == [
        "form.xlsx 填报!D4: 第4行“数值”列:“九十三点五”不是数字,请填阿拉伯数字,例如 93.5",
        "form.xlsx 填报!D5: 第5行“数值”列:“约93”不是数字,请填阿拉伯数字,例如 93",
        "form.xlsx 填报!C6: 第6行“期间”列:“26年一季度”不是时期,应如 2024年、2024年9月、2024Q3、1-9月",
        "form.xlsx 填报!B7: 第7行“地区”列:“邵阴市”不在地区名录中",
        "form.xlsx 填报!A21: 第21行“指标”列:“P99 不存在”不是规划指标,请从下拉表中选择",
        "form.xlsx 填报!D22: 第22行“数值”列:“2-3个”不是数字,请填阿拉伯数字,例如 93.5",
        "form.xlsx 填报!D23: 第23行“数值”列:单位应为“%”,不是“分”",
    ]
    assert (
        "row 4, column “数值”: “九十三点五” is no number; write digits, such as 93.5"
        in error.value.problems[0]
    )


def test_an_empty_form_says_that_it_is_empty(form, plan):
    with pytest.raises(DataError, match="not one value"):
        read_files([form()], plan, today=TODAY)


@pytest.mark.parametrize("quarter", ["2026", "2026Q5", "2026-03", ""])
def test_what_is_no_quarter_is_said(plan, quarter, tmp_path):
    with pytest.raises(DataError, match="expected one such as 2025Q1"):
        write_template(plan, quarter, tmp_path / "a.xlsx")
