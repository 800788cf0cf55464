import pytest

from sy_analysis.intake.grids import Grid
from sy_analysis.intake.headers import at, captions_of, find_blocks, header_words, texts_of
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
    assert (block.header_row, block.first_row, block.area, block.unit, block.notes) == (1, 2, 2, 3, (0,))
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
