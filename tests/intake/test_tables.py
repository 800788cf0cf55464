import io
import os
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sy_analysis.base.errors import DataError
from sy_analysis.base.reading import MAX_BYTES
from sy_analysis.intake import grids, tables
from sy_analysis.intake.grids import place_of
from sy_analysis.intake.tables import read_tables
from sy_analysis.intake.texts import decode

ROWS = [["城市", "优良天数比例(%)"], ["邵阳市", "96.7"], ["湘西州", "100"]]
CSV = "".join(",".join(row) + "\n" for row in ROWS)


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def workbook(*rows, change=None):
    book = openpyxl.Workbook()
    for row in rows or ROWS:
        book.active.append(row)
    if change:
        change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def problems_of(path):
    with pytest.raises(DataError) as error:
        read_tables(path)
    return error.value.problems


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "big5"])
def test_text_is_read_in_the_encodings_that_are_met(tmp_path, encoding):
    text = (
        CSV * 3
        if encoding != "big5"
        else "城市,優良天數比例(%)\n邵陽市,96.7\n長沙市,100\n這個表的標準與數據為監測結果,1\n" * 3
    )
    path = write(tmp_path, "a.csv", text.encode(encoding))
    assert decode("a.csv", path.read_bytes())[0] == text
    assert read_tables(path)[0].rows == [line.split(",") for line in text.splitlines()]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_separator_is_the_one_that_lines_share(tmp_path, delimiter):
    path = write(tmp_path, "a.csv", CSV.replace(",", delimiter) * 2)
    assert read_tables(path)[0].rows[:3] == ROWS


def test_running_text_has_one_cell_a_line(tmp_path):
    grid = read_tables(write(tmp_path, "a.txt", "城市 |\n邵阳市 |\n96.7 |\n||\n湘西州 |\n100 |\n"))[0]
    assert [row[0] for row in grid.rows] == ["城市 |", "邵阳市 |", "96.7 |", "||", "湘西州 |", "100 |"]
    assert place_of(grid, 4, 0) == "line 5 column 1"


def test_a_quoted_cell_with_a_line_break_keeps_the_line_on_which_its_row_starts(tmp_path):
    grid = read_tables(write(tmp_path, "a.csv", 'a,b\n"1\n2",3\n4,5\n'))[0]
    assert grid.lines == [1, 2, 4]


def test_merged_cells_are_filled_and_remember_their_first_cell(tmp_path):
    def change(book):
        book.active.merge_cells("A2:A3")

    grid = read_tables(
        write(tmp_path, "a.xlsx", workbook(["城市", "值"], ["邵阳市", 1], [None, 2], change=change))
    )[0]
    assert [row[0] for row in grid.rows] == ["城市", "邵阳市", "邵阳市"]
    assert grid.anchors == {(2, 0): (1, 0)}
    assert place_of(grid, 2, 1) == "Sheet!B3"


def test_sheets_show_numbers_as_they_are_printed(tmp_path):
    import datetime

    def change(book):
        sheet = book.active
        sheet["A1"], sheet["B1"] = 0.932, 0.1 + 0.2
        sheet["A1"].number_format = "0.0%"
        sheet["C1"], sheet["C1"].number_format = datetime.date(2021, 11, 1), 'yyyy"年"m"月"'
        sheet["D1"] = datetime.date(2024, 2, 3)

    grid = read_tables(write(tmp_path, "a.xlsx", workbook([1, 1, 1, 1], change=change)))[0]
    assert grid.rows == [["93.2%", "0.3", "2021年11月", "2024-02-03"]]


def test_every_visible_sheet_is_a_grid_and_empty_ones_are_none(tmp_path):
    def change(book):
        book.create_sheet("二月").append(["邵阳市", 3])
        book.create_sheet("空表")

    found = read_tables(write(tmp_path, "a.xlsx", workbook(change=change)))
    assert [grid.name for grid in found] == ["Sheet", "二月"]


def test_formulas_that_were_never_calculated_keep_their_text(tmp_path):
    grid = read_tables(write(tmp_path, "a.xlsx", workbook(["邵阳市", "=1/2", "#DIV/0!"])))[0]
    assert grid.rows == [["邵阳市", "=1/2", "#DIV/0!"]]


PAGE = """<html><head><meta charset="{charset}"><title>空气质量月报</title></head><body>
<p>2021年11月各市空气质量</p><table>
<tr><th rowspan="2">城市</th><th colspan="2">优良天数比例(%)</th></tr>
<tr><td>本月</td><td>同比</td></tr>
<tr><td>邵阳市</td><td>96.7<sup>1</sup></td><td style="display:none">x</td><td>+3.3</td></tr>
<tr><td>湘西州<br>(吉首)</td><td colspan="2">—</td></tr></table></body></html>"""


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_a_web_table_is_read_with_its_spans_footnotes_and_caption(tmp_path, charset):
    grid = read_tables(write(tmp_path, "a.xls", PAGE.format(charset=charset).encode(charset)))[0]
    assert grid.caption == "2021年11月各市空气质量"
    assert grid.rows[:2] == [["城市", "优良天数比例(%)", "优良天数比例(%)"], ["城市", "本月", "同比"]]
    assert grid.rows[2:] == [["邵阳市", "96.7[1]", "+3.3"], ["湘西州 (吉首)", "—", "—"]]
    assert place_of(grid, 2, 1) == "table 1 row 3 column 2"


def test_a_table_inside_a_layout_table_is_read_once(tmp_path):
    page = "<table><tr><td><table><tr><td>a</td><td>1</td></tr></table></td></tr></table>"
    assert [grid.rows for grid in read_tables(write(tmp_path, "a.html", page))] == [[["a", "1"]]]


def test_a_span_beyond_the_table_ends_with_the_table(tmp_path):
    page = "<table><tr><td rowspan=99999999 colspan=99999999>a</td></tr><tr><td>b</td></tr></table>"
    assert len(read_tables(write(tmp_path, "a.html", page))[0].rows) == 2


def with_part(content, name, text):
    result = io.BytesIO(content)
    with zipfile.ZipFile(result, "a") as archive:
        archive.writestr(name, text)
    return result.getvalue()


def hide(book):
    book.create_sheet("秘密").append([1])
    book["秘密"].sheet_state = "hidden"


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BAD_FILES = {
    "nothing in it": ("a.csv", b"", "the file is empty"),
    "only blanks": ("a.csv", b" \n\n", "the file is empty"),
    "a workbook with no rows": ("a.xlsx", lambda: workbook([]), "no rows in it"),
    "cut off": ("a.xlsx", lambda: workbook()[:-300], "cut off or damaged"),
    "the start only": ("a.xlsx", b"PK\x03\x04", "cut off or damaged"),
    "another archive": ("a.xlsx", lambda: with_part(zipped(), "x.txt", "1"), "not a workbook"),
    "a broken sheet": ("a.xlsx", lambda: broken(), "workbook is damaged"),
    "a password": ("a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "has a password"),
    "an old workbook": ("a.xls", OLE + b" Workbook", "old .xls format"),
    "macros": ("a.xlsm", lambda: with_part(workbook(), "xl/vbaProject.bin", "x"), "has macros"),
    "a bomb": ("a.xlsx", lambda: with_part(compressed(), "xl/workbook.xml", "x"), "was not opened"),
    "a hidden sheet": ("a.xlsx", lambda: workbook(change=hide), "sheet “秘密” is hidden"),
    "a page without a table": ("a.html", b"<html><body>x</body></html>", "no table in the page"),
    "a page cut off": ("a.html", b"<html><table><tr><td>1", "a table does not end"),
    "lost characters": ("a.csv", "城市,值\n邵\ufffd市,1\n".encode(), "line 2: characters were lost"),
    "no encoding at all": ("a.csv", bytes(range(128, 256)) * 20, "encoding"),
    "a picture": ("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no text file"),
    "a PDF": ("a.pdf", b"%PDF-1.7 x", "this is a PDF"),
    "an open quote": ("a.csv", b'a,b\n"1,2\n3,4\n', "line 3"),
}


def zipped():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w"):
        pass
    return content.getvalue()


def compressed():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 2**25)
    return content.getvalue()


def broken():
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as old, zipfile.ZipFile(content, "w") as new:
        for part in old.infolist():
            text = old.read(part)
            new.writestr(part, text[: len(text) // 2] if "worksheets" in part.filename else text)
    return content.getvalue()


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_refused_with_its_name_and_the_reason_in_both_languages(tmp_path, case):
    name, content, said = BAD_FILES[case]
    (problem,) = problems_of(write(tmp_path, name, content() if callable(content) else content))
    assert problem.startswith(f"{name}: ")
    assert said in problem
    assert " / " in problem


def test_a_line_longer_than_a_csv_cell_may_be_is_text(tmp_path):
    assert len(read_tables(write(tmp_path, "a.txt", "长" * 200_000 + ",\n文,\n"))[0].rows) == 2


def test_a_missing_file_is_said(tmp_path):
    assert "no such file" in problems_of(tmp_path / "none.csv")[0]


def test_a_million_rows_are_refused_before_they_are_read(tmp_path):
    path = write(tmp_path, "a.csv", "a,b\n" + "1,2\n" * 1_000_000)
    assert "split the file" in problems_of(path)[0]


def test_a_huge_file_is_refused_by_its_size(tmp_path):
    path = write(tmp_path, "a.csv", CSV)
    os.truncate(path, MAX_BYTES + 1)
    assert "the limit is 64 MB" in problems_of(path)[0]


def test_a_sheet_with_too_many_rows_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "MAX_ROWS", 2)
    assert f"3 rows, the limit is {grids.MAX_ROWS}" in problems_of(write(tmp_path, "a.xlsx", workbook()))[0]


def test_hidden_rows_and_columns_are_noted(tmp_path):
    def change(book):
        book.active.row_dimensions[2].hidden = True
        book.active.column_dimensions["B"].hidden = True

    notes = read_tables(write(tmp_path, "a.xlsx", workbook(change=change)))[0].notes
    assert len(notes) == 2
    assert "hidden rows: 2" in notes[0]


shown = st.characters(blacklist_categories=("Cs", "Cc", "Co", "Cn"), blacklist_characters="\ufffd")
cell = st.text(shown, min_size=1, max_size=6).map(str.strip).filter(bool)


@settings(max_examples=25)
@given(st.lists(st.tuples(cell, cell, cell), min_size=2, max_size=6))
def test_writing_and_reading_a_sheet_agree(tmp_path_factory, rows):
    rows = [[f"x{cell}" for cell in row] for row in rows]
    path = write(tmp_path_factory.mktemp("book"), "a.xlsx", workbook(*rows))
    assert read_tables(path)[0].rows == rows


@given(st.binary(max_size=300))
def test_any_bytes_are_grids_or_a_data_error(tmp_path_factory, content):
    path = write(tmp_path_factory.mktemp("wild"), "a.xlsx", content)
    try:
        assert read_tables(path)
    except DataError as error:
        assert error.problems
