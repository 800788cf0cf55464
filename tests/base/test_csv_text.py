import pandas as pd
import pytest

from sy_analysis.base import csv_text
from sy_analysis.base.csv_text import neutralise, read_text_table, write_table
from sy_analysis.base.errors import DataError


def test_a_row_with_a_cell_too_many_is_named_by_its_line(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text('a,b\n1,2\n"x\ny",3\n4,5,6\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"table\.csv line 5: 3 cells; expected 2, as in the header"):
        read_text_table(path)


def test_an_empty_file_and_a_broken_quote_are_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="the file is empty"):
        read_text_table(path)
    path.write_text('a,b\n"x"y,2\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"table\.csv line 2"):
        read_text_table(path)


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8-sig")
    assert list(read_text_table(path).columns) == ["a", "b"]


def test_tables_are_written_with_six_decimals_and_lf(tmp_path):
    path = tmp_path / "table.csv"
    write_table(pd.DataFrame({"a": [1 / 3, 2.0, None], "b": ["x", "y", "z"]}), path)
    assert path.read_bytes() == b"a,b\n0.333333,x\n2,y\n,z\n"


def test_a_file_larger_than_the_limits_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    monkeypatch.setattr(csv_text, "MAX_ROWS", 1)
    with pytest.raises(DataError, match=r"table\.csv: 超过1行 / more than 1 rows"):
        read_text_table(path)
    monkeypatch.setattr(csv_text, "MAX_COLUMNS", 1)
    monkeypatch.setattr(csv_text, "MAX_ROWS", 2)
    with pytest.raises(DataError, match=r"table\.csv: 超过1列 / more than 1 columns"):
        read_text_table(path)


def test_a_repeated_column_is_named(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b,a\n1,2,3\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"table\.csv: column “a” stands 2 times"):
        read_text_table(path)


def test_each_row_is_indexed_by_the_line_on_which_it_starts(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text('a,"b\nc"\n1,"x\ny"\n2,z\n', encoding="utf-8")
    assert list(read_text_table(path).index) == [3, 5]


@pytest.mark.parametrize("text", ["=1+1", "＝1+1", "@SUM(A1)", "-x", "'=1+1"])
def test_a_formula_is_written_as_text_and_read_back_as_it_was(tmp_path, text):
    path = tmp_path / "table.csv"
    write_table(pd.DataFrame({"a": [text]}), path)
    assert path.read_text(encoding="utf-8") == f"a\n'{text}\n"
    assert read_text_table(path)["a"].tolist() == [text]


@pytest.mark.parametrize("value", ["-12.5%", "+3", "文字", "", 5, None])
def test_numbers_and_plain_text_stay_as_they_are(value):
    assert neutralise(value) is value
