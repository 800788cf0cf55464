import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sy_analysis.base.errors import DataError
from sy_analysis.base.reading import MAX_BYTES
from sy_analysis.intake import grids, tables
from sy_analysis.intake.tables import grids_of

from .file_cases import CSV, broken, compressed, hide, read_tables, with_part, workbook, write, zipped


def problems_of(path):
    with pytest.raises(DataError) as error:
        read_tables(path)
    return error.value.problems


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


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_refused_with_its_name_and_the_reason_in_both_languages(tmp_path, case):
    name, content, said = BAD_FILES[case]
    (problem,) = problems_of(write(tmp_path, name, content() if callable(content) else content))
    assert problem.startswith(f"{name}: ")
    assert said in problem
    assert " / " in problem


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


def test_the_bytes_say_what_kind_of_file_it_is_and_not_its_name():
    page = b"<table><tr><td>a</td></tr></table>"
    kinds = [grids_of("a.xls", content)[0].kind for content in (page, CSV.encode(), workbook())]
    assert kinds == ["page", "lines", "sheet"]


def test_invisible_characters_and_empty_edges_are_removed():
    (grid,) = grids_of("a.csv", "城\u200b市,值,,\n邵阳市,1,,\n,,,\n".encode())
    assert grid.rows == [["城市", "值"], ["邵阳市", "1"]]
    assert grid.lines == [1, 2]


def test_characters_that_turn_the_direction_of_writing_are_refused_with_their_cell():
    with pytest.raises(DataError, match=r"a\.csv line 2 column 1: .*direction of writing"):
        grids_of("a.csv", "城市,值\n邵\u202e阳,1\n".encode())


@given(st.binary(max_size=300))
def test_any_bytes_are_grids_or_a_data_error(tmp_path_factory, content):
    path = write(tmp_path_factory.mktemp("wild"), "a.xlsx", content)
    try:
        assert read_tables(path)
    except DataError as error:
        assert error.problems
