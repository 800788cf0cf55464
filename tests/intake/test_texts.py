import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.intake.grids import place_of
from sy_analysis.intake.texts import decode, read_page, read_text

from .file_cases import CSV, ROWS, read_tables, write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "big5"])
def test_text_is_read_in_the_encodings_that_are_met(tmp_path, encoding):
    text = (
        CSV * 3
        if encoding != "big5"
        else "城市,優良天數比例(%)\n邵陽市,96.7\n長沙市,100\n這個表的標準與數據為監測結果,1\n" * 3
    )
    path = write(tmp_path, "a.csv", text.encode(encoding))
    assert decode("a.csv", path.read_bytes()) == text
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


def test_a_line_longer_than_a_csv_cell_may_be_is_text(tmp_path):
    assert len(read_tables(write(tmp_path, "a.txt", "长" * 200_000 + ",\n文,\n"))[0].rows) == 2


def test_a_csv_file_whose_rows_disagree_is_split_by_the_separator_of_its_first_line():
    (grid,) = read_text("a.csv", b"a;b;c\n1;2\n3\n4;5;6;7\n")
    assert grid.rows[:2] == [["a", "b", "c", ""], ["1", "2", "", ""]]


def test_bars_at_both_ends_of_a_row_are_not_columns():
    (grid,) = read_text("a.txt", "|城市|值|x|\n|邵阳市|1|2|\n".encode())
    assert grid.rows == [["城市", "值", "x"], ["邵阳市", "1", "2"]]


@pytest.mark.parametrize("content", [b"a,b\0", b"\x89PNG\r\n\0", "邵\ufffd市".encode()])
def test_what_is_not_readable_text_is_refused(content):
    with pytest.raises(DataError, match=r"^a\.csv: .* / "):
        decode("a.csv", content)


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


def test_a_page_without_a_caption_is_named_by_its_title():
    page = "<html><head><title>月报</title></head><body><table><tr><td>1</td></tr></table></body></html>"
    assert read_page("a.html", page.encode())[0].caption == "月报"


@pytest.mark.parametrize("page", ["<html><p>x</p></html>", "<html><table><tr><td>1"])
def test_a_page_without_a_whole_table_is_refused(page):
    with pytest.raises(DataError, match="table"):
        read_page("a.html", page.encode())
