import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.record import folders
from sy_analysis.record.folders import input_folders, is_id, plan_folder, record_folder

RAW = folders.RAW


@pytest.mark.parametrize("name", ["shaoyang-2021-2025", "hunan-2021-2025"])
def test_a_plan_is_found_by_its_name_its_path_and_the_path_that_it_had(name, monkeypatch):
    monkeypatch.chdir(folders.ROOT)
    there = RAW / "plans" / name
    assert plan_folder(name) == plan_folder(there) == there
    assert plan_folder(f"data/raw/{name}") == plan_folder(RAW / name) == there
    assert plan_folder(f"data/raw/plans/{name}").resolve() == there.resolve()


def test_a_flat_plan_beside_the_others_is_found_by_its_name(demo_folder, monkeypatch):
    monkeypatch.setattr(folders, "RAW", demo_folder.parent)
    assert plan_folder("demo-2021-2025") == demo_folder
    assert input_folders("demo-2021-2025") == {".": demo_folder}
    with pytest.raises(DataError, match=r"nowhere: no plan\.yaml .* plans in data/raw: demo-2021-2025"):
        plan_folder("nowhere")


def test_a_plan_and_its_record_are_found_by_each_other_wherever_they_are_copied(two_folders, tmp_path):
    for place, source in input_folders(two_folders).items():
        shutil.copytree(source, tmp_path / "copy" / place)
    copy = tmp_path / "copy/plans/demo-2021-2025"
    assert record_folder(copy) == tmp_path / "copy/records/city"
    assert list(input_folders(copy)) == ["plans/demo-2021-2025", "records/city"]


def test_a_plan_elsewhere_may_name_a_record_of_the_project(two_folders):
    text = (two_folders / "plan.yaml").read_text(encoding="utf-8")
    (two_folders / "plan.yaml").write_text(text.replace("record: city", "record: hunan"), encoding="utf-8")
    assert record_folder(two_folders) == RAW / "records/hunan"


@pytest.mark.parametrize("record", ["nowhere", "../city", "[city]", "5", str(Path("/etc"))])
def test_a_record_that_does_not_exist_names_those_that_do(two_folders, record):
    text = (two_folders / "plan.yaml").read_text(encoding="utf-8")
    (two_folders / "plan.yaml").write_text(
        text.replace("record: city", f"record: {record}"), encoding="utf-8"
    )
    with pytest.raises(
        DataError, match=r"plan\.yaml: record is “.*”; expected one of data/raw/records: city, hunan"
    ):
        record_folder(two_folders)


def test_an_id_names_a_file_and_no_path():
    assert is_id("P02") and not is_id("../P02") and not is_id("P" * 41) and not is_id(2)


def test_the_inputs_of_a_plan_are_found_without_pandas():
    code = "import sys, sy_analysis.record.areas, sy_analysis.record.folders as f; f.input_folders('shaoyang-2021-2025'); print('pandas' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"
