import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.intake.grids import place_of
from sy_analysis.intake.pages import read_page

from .file_cases import read_tables, write

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
