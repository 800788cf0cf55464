"""Small files in the shapes that were met, and the rows that they give; the numbers are made up."""

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sy_analysis.base.writing import ROOT
from sy_analysis.intake.candidates import extract
from sy_analysis.intake.mappings import Mapping, read_mappings
from sy_analysis.record.plan import read_plan

from .file_cases import read_tables

FOLDER = ROOT / "data/raw/records/hunan"
MAPPINGS = read_mappings(FOLDER)
INDICATORS = read_plan().indicators


def read(path, mapping, **stated):
    found = [extract(grid, MAPPINGS[mapping], INDICATORS, **stated) for grid in read_tables(path)]
    rows = [(c.indicator_id, c.area, c.period, str(c.value), c.place) for e in found for c in e.candidates]
    return rows, [p for e in found for p in e.problems], [n for e in found for n in e.notes]


def test_two_header_rows_in_an_old_encoding_with_slashes_dashes_and_a_footer(write):
    text = (
        "2021年11月各市州空气质量,,,,\n城市,优良天数比例(%),,综合指数,\n,本月,同比,本月,同比\n"
        "长沙市,96.7,3.3,3.21,-5\n邵阳市,９３。３,/,3.01,—\n湘西州(吉首),/,-,2.2,-1\n平均,95,1,3,1\n注:略,,,,\n"
    )
    rows, problems, _ = read(write("air.csv", text.encode("gb18030")), "air_month")
    assert rows == [
        ("V15_city", "长沙市", "2021-11", "96.7", "line 4 column 2"),
        ("V15_city", "邵阳市", "2021-11", "93.3", "line 5 column 2"),
    ]
    assert problems == []


def test_merged_headers_and_all_errors_of_a_sheet_at_once(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "2021年11月"
    for row in (
        ["附表1 各市州空气质量"],
        ["城市", "优良天数比例(%)", None, "PM2.5(μg/m3)", None],
        [None, "本月", "同比", "本月", "同比"],
        ["邵阳市", 0.967, 0.01, 30, 1],
        ["株洲市", "=1/2", None, 1, 1],
        ["未知市", "九十X", 1, 1, 1],
        ["长沙市", "#DIV/0!", 1, 1, 1],
    ):
        sheet.append(row)
    for span in ("A1:E1", "A2:A3", "B2:C2", "D2:E2"):
        sheet.merge_cells(span)
    sheet["B4"].number_format = "0.0%"
    book.save(tmp_path / "air.xlsx")
    rows, problems, _ = read(tmp_path / "air.xlsx", "air_month")
    assert rows == [("V15_city", "邵阳市", "2021-11", "96.7", "2021年11月!B4")]
    assert [problem.split(": ")[0] for problem in problems] == [
        "air.xlsx 2021年11月!B5",
        "air.xlsx 2021年11月!A6",
        "air.xlsx 2021年11月!B7",
    ]
    assert "第6行“城市”列:“未知市”不在地区名录中 / row 6, column “城市”" in problems[1]


def test_one_cell_a_line_with_the_city_on_the_first_of_its_rows(write):
    text = (
        "表1 2021年9月各城市空气质量\n序号\n城市\n优良天数比例(%)\n首要污染物\n1\n邵阳市\n96.7\nPM2.5\n"
        "2\n100\n—\n3\n湘西州\n93.3\n-\n注:略\n"
    )
    rows, _, _ = read(write("lines.txt", text), "air_lines")
    assert rows == [
        ("V15_city", "邵阳市", "2021-09", "96.7", "line 8"),
        ("V15_city", "邵阳市", "2021-09", "100", "line 11"),
        ("V15_city", "湘西州", "2021-09", "93.3", "line 15"),
    ]


def test_blocks_side_by_side_with_names_in_two_languages_and_a_footer(write):
    text = (
        "2019年城市污水,,,,,,\n城 市 Name of Cities,污水处理率(%),污水处理厂集中处理率(%),,"
        "城 市 Name of Cities,污水处理率(%),污水处理厂集中处理率(%)\n"
        "长沙 Changsha,99.1,98.2,,邵阳 Shaoyang,95.5,95.1\n株洲 Zhuzhou,97,96,,,,\n本表摘编自年鉴,,,,,,\n"
    )
    rows, problems, _ = read(write("yearbook.csv", text), "sewage_yearbook")
    assert [row[:4] for row in rows] == [
        ("V14_city_total", "长沙市", "2019", "99.1"),
        ("V14_city", "长沙市", "2019", "98.2"),
        ("V14_city_total", "株洲市", "2019", "97"),
        ("V14_city", "株洲市", "2019", "96"),
        ("V14_city_total", "邵阳市", "2019", "95.5"),
        ("V14_city", "邵阳市", "2019", "95.1"),
    ]
    assert problems == []


def test_an_ellipsis_is_no_value_also_under_a_header_with_a_unit(write):
    text = "2019年,,\n城市,污水处理率(%),污水处理厂集中处理率(%)\n邵阳市,…,95.1\n"
    rows, problems, notes = read(write("e.csv", text), "sewage_yearbook")
    assert ([row[3] for row in rows], problems, notes) == (["95.1"], [], [])


def test_a_renamed_column_is_the_same_measure(write):
    text = "2008年,,\n城市,污水处理率(%),城镇生活污水集中处理率(%)\n邵阳市,61,52\n"
    assert read(write("old.csv", text), "sewage_yearbook")[0][1][:4] == ("V14_city", "邵阳市", "2008", "52")


def test_one_column_a_year(write):
    rows, _, _ = read(
        write("years.csv", "城市,2019,2020年,2021年\n邵阳市,95,95.5,100\n岳阳市,,-,99\n"), "sewage_years"
    )
    assert [row[1:4] for row in rows] == [
        ("邵阳市", "2019", "95"),
        ("邵阳市", "2020", "95.5"),
        ("邵阳市", "2021", "100"),
        ("岳阳市", "2021", "99"),
    ]


def test_days_in_a_web_table_become_shares_of_their_month(write):
    page = (
        "<table><caption>2024年2月优良天数</caption><tr><th>县市</th><th>优良天数(天)</th></tr>"
        "<tr><td>邵东县</td><td>28</td></tr><tr><td>城步县</td><td>30</td></tr></table>"
    )
    rows, problems, _ = read(write("days.html", page), "air_days")
    assert rows == [("V15_county", "邵东市", "2024-02", "96.55", "table 1 row 2 column 2")]  # 28 / 29
    assert "30天超过该期的29天" in problems[0]


def test_tables_below_one_another_have_their_own_captions(write):
    header = "城市,优良天数(天)\n"
    text = f"2021年9月,\n{header}邵阳市,30\n2021年10月,\n{header}邵阳市,31\n{header}湘潭市,28\n"
    rows, _, _ = read(write("two.csv", text), "air_days")
    assert [row[1:4] for row in rows] == [
        ("邵阳市", "2021-09", "100"),
        ("邵阳市", "2021-10", "100"),
        ("湘潭市", "2021-10", "90.32"),
    ]


def test_figures_inside_sentences_that_lost_their_marks(write):
    text = (
        "邵阳市2021年国民经济和社会发展统计公报\n"
        "全市森林覆盖率达到61.02%。市区空气质量优良率90.7同比上升10.2百分点综合指数3.79\n"
        "市区空气质量优良天数342天。\n"
    )
    rows, _, _ = read(write("bulletin.txt", text), "bulletin")
    assert [row[:4] for row in rows] == [
        ("V17", "邵阳市", "2021", "61.02"),
        ("V15_city", "邵阳市", "2021", "90.7"),
        ("V15_city", "邵阳市", "2021", "93.7"),  # 342 / 365
    ]
    assert rows[0][4] == "line 2 character 10"


def test_one_figure_a_row_with_every_error_of_the_row(write):
    text = (
        "指标,地区,期间,数值,单位\nP02 制造业产品质量合格率,邵阳市,2021年,92.1,%\n"
        "P05,邵阳,2024年1-9月,2-3个,个\n"
        "X_patents,湖南省,2021年,1.2,万件\n高新,邵阴市,21年,九十X1,%\n"
    )
    rows, problems, _ = read(write("rows.csv", text), "rows")
    assert [row[:4] for row in rows] == [
        ("P02", "邵阳市", "2021", "92.1"),
        ("P05", "邵阳市", "2024-01/2024-09", "None"),
        ("X_patents", "湖南省", "2021", "12000"),
    ]
    assert [problem.split("”列")[0].split("“")[1] for problem in problems] == ["地区", "指标", "期间", "数值"]


def test_a_text_without_a_header_is_read_by_the_columns_of_its_mapping(write):
    mapping = Mapping(
        name="daily",
        title="无表头",
        header_rows=0,
        columns=("城市", "时间", "优良天数比例(%)", "排名"),
        area={"column": "城市"},
        period={"column": "时间"},
        values=[
            {"column": ["优良天数比例"], "indicator": "V15_city"},
            {"column": ["排名"], "indicator": "P05"},
        ],
        missing=["0"],
    )
    path = write("a.csv", "\ufeff邵阳市,2021-11,96.7,0\n湘潭市,2021-11,九,3\n邵阳市,2021-12,100,0\n")
    found = extract(read_tables(path)[0], mapping, INDICATORS)
    assert [(c.area, c.period, str(c.value), c.place) for c in found.candidates] == [
        ("邵阳市", "2021-11", "96.7", "line 1 column 3"),
        ("湘潭市", "2021-11", "9", "line 2 column 3"),
        ("湘潭市", "2021-11", "3", "line 2 column 4"),
        ("邵阳市", "2021-12", "100", "line 3 column 3"),
    ]


def test_sheets_named_by_their_month_take_the_year_of_the_file(tmp_path):
    book = openpyxl.Workbook()
    for month in ("9月", "10月"):
        sheet = book.create_sheet(month)
        sheet.append(["城市", "优良天数(天)"])
        sheet.append(["邵阳市", 30])
    book.save(tmp_path / "2021年空气.xlsx")
    rows, _, _ = read(tmp_path / "2021年空气.xlsx", "air_days")
    assert [row[2:4] for row in rows] == [("2021-09", "100"), ("2021-10", "96.77")]  # 30 / 31


def test_traditional_characters_are_read_as_simplified_ones(write):
    text = "2021年11月,\n城市,優良天數(天)\n邵陽市,30\n張家界市,29\n"
    assert [row[1] for row in read(write("t.csv", text), "air_days")[0]] == ["邵阳市", "张家界市"]


def test_a_value_merged_over_two_rows_is_doubted(tmp_path):
    book = openpyxl.Workbook()
    for row in (["城市", "优良天数(天)"], ["邵阳市", 30], ["湘潭市", None]):
        book.active.append(row)
    book.active.merge_cells("B2:B3")
    book.save(tmp_path / "2021年11月.xlsx")
    found = extract(read_tables(tmp_path / "2021年11月.xlsx")[0], MAPPINGS["air_days"], INDICATORS)
    assert [c.doubts for c in found.candidates] == [(), ("merged",)]


def test_a_caption_and_a_file_name_that_disagree_are_a_doubt(write):
    text = "表1 2021年9月,\n城市,优良天数(天)\n邵阳市,30\n"
    found = extract(read_tables(write("air_202110.csv", text))[0], MAPPINGS["air_days"], INDICATORS)
    assert (found.candidates[0].period, found.candidates[0].doubts) == ("2021-09", ("period",))


def test_text_in_a_value_column_is_noted_and_left_out(write):
    rows, problems, notes = read(write("u.csv", "2021年11月,\n城市,优良天数\n邵阳市,全部达标\n"), "air_days")
    assert (rows, problems) == ([], [])
    assert "is text and no value; left out" in notes[0]


def test_a_header_that_lacks_a_column_is_said(write):
    _, problems, _ = read(write("t.csv", "2021年,\n城市,污水处理率\n邵阳市,95\n"), "sewage_yearbook")
    assert "t.csv line 2 column 1: 第2行“1”列:缺少“污水处理厂集中处理率" in problems[0]


def test_a_table_without_a_period_asks_for_it(write):
    path = write("a.csv", "城市,优良天数\n邵阳市,30\n")
    assert "--period" in read(path, "air_days")[1][0]
    assert read(path, "air_days", period="2021年11月")[0][0][2] == "2021-11"


def test_two_columns_that_look_alike_are_refused(write):
    path = write("2021年11月.csv", "城市,优良天数,达标天数\n邵阳市,30,30\n")
    assert "2 columns look like" in read(path, "air_days")[1][0]


@pytest.mark.parametrize("name", sorted(MAPPINGS))
def test_every_mapping_names_indicators_that_exist(name):
    mapping = MAPPINGS[name]
    named = {value.indicator for value in mapping.values} | {
        sentence.indicator for sentence in mapping.sentences
    }
    assert named - {None} <= set(INDICATORS["indicator_id"])


figures = st.lists(
    st.tuples(
        st.sampled_from(["P02", "P03", "E08"]),
        st.sampled_from(["邵阳市", "长沙市", "湖南省"]),
        st.tuples(st.integers(2000, 2030), st.integers(1, 12)),
        st.decimals(min_value=0, max_value=100, places=1),
    ),
    min_size=2,
    max_size=8,
)


def as_csv(rows, path):
    path.with_suffix(".csv").write_bytes("".join(",".join(row) + "\n" for row in rows).encode("gb18030"))
    return path.with_suffix(".csv")


def as_page(rows, path):
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    path.with_suffix(".html").write_text(f"<table>{body}</table>", encoding="utf-8")
    return path.with_suffix(".html")


def as_sheet(rows, path):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path.with_suffix(".xlsx"))
    return path.with_suffix(".xlsx")


@settings(max_examples=20)
@given(figures, st.sampled_from([as_csv, as_page, as_sheet]), st.sampled_from(["{}", "{}%", "≧{}", "约{}"]))
def test_writing_figures_in_any_format_and_reading_them_back_agree(tmp_path_factory, wanted, write_as, shape):
    rows = [["指标", "地区", "期间", "数值"]]
    rows += [[i, area, f"{year}年{month}月", shape.format(value)] for i, area, (year, month), value in wanted]
    path = write_as(rows, tmp_path_factory.mktemp("any") / "rows")
    found = extract(read_tables(path)[0], MAPPINGS["rows"], INDICATORS)
    assert found.problems == []
    assert [(c.indicator_id, c.area, c.period, c.value) for c in found.candidates] == [
        (i, area, f"{year}-{month:02d}", value) for i, area, (year, month), value in wanted
    ]
