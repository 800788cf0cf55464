import pytest

from sy_analysis.intake.grids import Grid, place_of
from sy_analysis.intake.lines import FOOTERS, find_sentences, unflatten
from sy_analysis.intake.mappings import Mapping


def lines(*texts):
    return Grid("a.txt", "", "lines", [[text] for text in texts], {}, lines=list(range(1, len(texts) + 1)))


def mapping(is_carried=False):
    return Mapping(
        name="flat",
        title="一行一格",
        layout="one_cell_a_line",
        columns=["城市", "月份", "天数"],
        area={"column": "城市", "is_carried": is_carried},
    )


def test_cells_of_one_line_each_become_rows_up_to_the_footer():
    text = lines("2021年", "城市 |", "月份 |", "天数 |", "||", "邵阳市 |", "9月 |", "30 |", "注:略", "x")
    grid = unflatten(text, mapping())
    assert grid.rows == [["城市", "月份", "天数"], ["邵阳市", "9月", "30"]]
    assert (grid.caption, place_of(grid, 1, 2)) == ("2021年", "line 8")


def test_an_area_is_left_out_where_it_was_merged_over_rows():
    grid = unflatten(lines("城市", "月份", "天数", "邵阳市", "9月", "30", "10月", "31"), mapping(True))
    assert grid.rows[1:] == [["邵阳市", "9月", "30"], ["", "10月", "31"]]
    assert place_of(grid, 2, 0) == "line 7"


def test_a_last_row_that_is_cut_off_has_empty_cells():
    grid = unflatten(lines("城市", "月份", "天数", "邵阳市", "9月"), mapping())
    assert grid.rows[1:] == [["邵阳市", "9月", ""]]
    assert place_of(grid, 1, 2) == "line 5"


def test_without_its_header_there_is_no_table():
    assert unflatten(lines("城市", "天数", "邵阳市", "30"), mapping()) is None


def test_sentences_are_found_with_their_row():
    sentence = {"pattern": r"覆盖率达(?P<value>[\d.]+%)", "indicator": "V17"}
    rule = Mapping(name="s", title="公报", layout="sentences", sentences=[sentence])
    found = [
        (r, match["value"]) for r, match, _ in find_sentences(lines("x", "覆盖率达61%,覆盖率达62%"), rule)
    ]
    assert found == [(1, "61%"), (1, "62%")]


@pytest.mark.parametrize("text", ["注:略", "资料来源:统计局", "合计", "(平均)", "Note: x", "某某摘编"])
def test_rows_below_a_table_are_footers(text):
    assert FOOTERS.fullmatch(text)


@pytest.mark.parametrize("text", ["注册商标", "邵阳市", "平均气温"])
def test_rows_of_a_table_are_not_footers(text):
    assert not FOOTERS.fullmatch(text)
