import pytest

from sy_analysis.intake.grids import Grid, place_of
from sy_analysis.intake.headers import (
    FOOTERS,
    at,
    captions_of,
    find_blocks,
    find_sentences,
    header_words,
    texts_of,
    unflatten,
)
from sy_analysis.intake.mappings import Mapping

DAYS = Mapping(
    name="days",
    title="天数",
    area={"column": "城市|市州"},
    unit="单位",
    notes=["备注"],
    values=[{"column": "优良天数", "indicator": "V15_city"}],
)


def sheet(*rows):
    return Grid("a.csv", "", "lines", [list(row) for row in rows], {}, lines=list(range(1, len(rows) + 1)))


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        ("优良 天数\n（天）", ("优良天数", "天")),
        ("3、優良天數(單位:天)", ("优良天数", "天")),
        ("增长(同比)", ("增长(同比)", "")),
        ("PM10", ("pm10", "")),
    ],
)
def test_a_header_is_written_in_one_way_and_names_its_unit(printed, words):
    assert header_words(printed) == words


def test_columns_are_found_by_their_words_wherever_they_stand():
    grid = sheet(["表1"], ["备注", "优良天数(天)", "市州", "单位"], ["", "30", "邵阳市", "天"])
    (block,), problems = find_blocks(grid, DAYS)
    assert (block.header_row, block.first_row, block.notes) == (1, 2, (0,))
    assert block.single == {"area": 2, "unit": 3}
    assert [(c, unit) for c, _, _, unit in block.values] == [(1, "天")]
    assert problems == []


def test_tables_side_by_side_are_blocks_of_their_own():
    grid = sheet(["城市", "优良天数", "城市", "优良天数"], ["邵阳市", "30", "湘潭市", "29"])
    blocks, _ = find_blocks(grid, DAYS)
    assert [(block.key, block.values[0][0]) for block in blocks] == [(0, 1), (2, 3)]


def test_a_header_printed_again_without_a_caption_is_the_same_table():
    header, row = ["城市", "优良天数"], ["邵阳市", "30"]
    assert len(find_blocks(sheet(header, row, header, row), DAYS)[0]) == 1
    assert len(find_blocks(sheet(header, row, ["10月", ""], header, row), DAYS)[0]) == 2


def test_a_header_without_a_value_column_says_which():
    blocks, problems = find_blocks(sheet(["城市", "综合指数"], ["邵阳市", "3"]), DAYS)
    assert blocks == []
    assert problems == [at(sheet(["城市"]), 0, 0, "缺少“优良天数”列 / no column “优良天数”")]


def test_captions_stand_alone_above_their_header_up_to_the_table_before():
    header, row = ["城市", "优良天数"], ["邵阳市", "30"]
    grid = sheet(["9月", ""], header, row, ["附注", ""], ["10月", "单位:天"], header, row)
    blocks, _ = find_blocks(grid, DAYS)
    assert captions_of(grid, blocks[0], blocks) == ["9月"]
    assert captions_of(grid, blocks[1], blocks) == ["10月", "单位:天", "附注"]


def test_a_problem_names_file_cell_row_and_column_in_both_languages():
    assert at(sheet(["城市"]), 0, 0, "错 / wrong", "城市") == (
        "a.csv line 1 column 1: 第1行“城市”列:错 / row 1, column “城市”: wrong"
    )


def test_the_texts_of_a_row_are_listed_once():
    assert texts_of(["表1", " 表1 ", "", "2021年"]) == ["表1", "2021年"]


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
