"""What `inputs` promises: files of others are bounded, inside their folder, and plain data."""

import time

import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.base.reading import file_of, read_bytes, read_utf8, read_yaml, time_limit


def test_a_file_is_read_up_to_its_limit(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"12345")
    assert read_bytes(tmp_path / "a.csv", limit=5) == b"12345"
    with pytest.raises(DataError, match=r"a\.csv: .*limit"):
        read_bytes(tmp_path / "a.csv", limit=4)


@pytest.mark.parametrize("name", ["../outside.csv", "/etc/hostname", "a\0b"])
def test_no_name_leads_out_of_its_folder(tmp_path, name):
    with pytest.raises(DataError, match="leads out"):
        file_of(tmp_path, name)


def test_no_link_leads_out_of_its_folder(tmp_path):
    (tmp_path / "plan").mkdir()
    (tmp_path / "secret.txt").write_text("x", encoding="utf-8")
    (tmp_path / "plan" / "plan.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(DataError, match=r"plan\.txt: .*leads out"):
        read_utf8(tmp_path / "plan" / "plan.txt")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(DataError, match="no file"):
        read_bytes(tmp_path)


@pytest.mark.parametrize(
    "text", ["a: &x 1\nb: *x\n", "a: !!python/object:os.system x\n", "- 1\n", "a: 2024-02-30\n", "[" * 40]
)
def test_yaml_is_plain_words_and_values(tmp_path, text):
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"plan\.yaml: "):
        read_yaml(tmp_path / "plan.yaml")


def test_a_file_that_takes_too_long_is_left(tmp_path):
    with (
        pytest.raises(DataError, match=r"a\.xlsx: .*not read within 0.05 seconds"),
        time_limit("a.xlsx", 0.05),
    ):
        time.sleep(5)
