import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sy_analysis.base.errors import DataError
from sy_analysis.intake import workbooks
from sy_analysis.intake.grids import place_of
from sy_analysis.intake.workbooks import read_workbook

from .file_cases import read_tables, workbook, write


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


def test_hidden_rows_and_columns_are_noted(tmp_path):
    def change(book):
        book.active.row_dimensions[2].hidden = True
        book.active.column_dimensions["B"].hidden = True

    notes = read_tables(write(tmp_path, "a.xlsx", workbook(change=change)))[0].notes
    assert len(notes) == 2
    assert "hidden rows: 2" in notes[0]


def test_a_sheet_hidden_by_the_form_is_left_out_without_complaint():
    def change(book):
        book.create_sheet("_lists").append(["x"])
        book["_lists"].sheet_state = "hidden"

    assert [grid.name for grid in read_workbook("a.xlsx", workbook(change=change))] == ["Sheet"]


def test_too_many_cells_are_refused(monkeypatch):
    monkeypatch.setattr(workbooks, "MAX_CELLS", 5)
    with pytest.raises(DataError, match="the limit is"):
        read_workbook("a.xlsx", workbook())


shown = st.characters(blacklist_categories=("Cs", "Cc", "Co", "Cn"), blacklist_characters="\ufffd")
cell = st.text(shown, min_size=1, max_size=6).map(str.strip).filter(bool)


@settings(max_examples=25)
@given(st.lists(st.tuples(cell, cell, cell), min_size=2, max_size=6))
def test_writing_and_reading_a_sheet_agree(tmp_path_factory, rows):
    rows = [[f"x{cell}" for cell in row] for row in rows]
    path = write(tmp_path_factory.mktemp("book"), "a.xlsx", workbook(*rows))
    assert read_tables(path)[0].rows == rows
