import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.intake.mappings import choose_mapping, read_mapping, read_mappings


def test_an_unknown_word_in_a_mapping_is_refused_with_the_file_name(write):
    path = write("air.yaml", "name: air\ntitle: 表\nvalues:\n  - {colum: 数值}\n")
    with pytest.raises(DataError, match=r"air\.yaml: values\.0\.colum"):
        read_mapping(path)


@pytest.mark.parametrize("text", ["- a", "name: [", "name: a\ntitle: b\nskip: ['(']\n"])
def test_a_mapping_that_cannot_be_read_is_said(write, text):
    with pytest.raises(DataError, match=r"a\.yaml"):
        read_mapping(write("a.yaml", text))


def test_a_new_plan_folder_brings_its_own_mappings(tmp_path):
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings/own.yaml").write_text("name: own\ntitle: 表\n", encoding="utf-8")
    assert sorted(read_mappings(tmp_path)) == ["form", "own", "rows"]


def test_a_mapping_that_is_not_there_lists_the_known_ones(tmp_path):
    with pytest.raises(DataError, match="known: form, rows"):
        choose_mapping(read_mappings(tmp_path), "none")
