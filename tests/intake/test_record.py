import csv

import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.intake import record
from sy_analysis.intake.publications import join, read_files
from sy_analysis.intake.quarantine import read_quarantine
from sy_analysis.intake.record import rows_of, write_rows
from sy_analysis.intake.trace import trace
from sy_analysis.record.folders import record_folder

from .conftest import HEADERS, TODAY, take


def test_when_a_table_cannot_be_written_the_others_are_put_back(plan, write, bytes_of, monkeypatch):
    intakes = read_files([write("air.csv", HEADERS)], plan, today=TODAY)
    before, real = bytes_of(plan), record.write_atomically

    def fail(path, content):
        if path.name == "observations.csv":
            raise OSError("disk full")
        real(path, content)

    monkeypatch.setattr(record, "write_atomically", fail)
    with pytest.raises(OSError, match="disk full"):
        join(intakes, plan)
    after = bytes_of(plan)
    assert after.pop("observations.csv") == before.pop("observations.csv")
    assert after == before


def test_what_someone_else_writes_meanwhile_is_not_lost(plan, write, monkeypatch):
    intakes = read_files([write("air.csv", HEADERS)], plan, today=TODAY)
    path, real = plan / "sources.csv", record._check_copy

    def interfere(folder, after):
        real(folder, after)
        path.write_text(path.read_text(encoding="utf-8") + "Z1,,题,,,2026-11-24,,\n", encoding="utf-8")

    monkeypatch.setattr(record, "_check_copy", interfere)
    with pytest.raises(DataError, match=r"sources\.csv: .*try again"):
        join(intakes, plan)
    assert rows_of(path)[-1]["source_id"] == "Z1"
    assert not (plan / "provenance.csv").exists()


def test_rows_that_would_break_the_record_are_refused_before_anything_is_written(plan, bytes_of):
    before = bytes_of(plan)
    row = {**rows_of(plan / "observations.csv")[0], "source_id": "unknown"}
    with pytest.raises(DataError, match="unknown"):
        write_rows(plan, {"observations": [row]})
    assert bytes_of(plan) == before


def test_no_column_of_the_record_is_missing_in_the_files_beside_it(plan, write):
    take(write("air.csv", HEADERS), plan)
    for name, columns in (("provenance", record.PROVENANCE), ("quarantine", record.QUARANTINE)):
        with (plan / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            assert tuple(next(csv.reader(file))) == columns


def test_a_plan_that_names_a_record_adds_to_the_record(two_folders, write):
    own = {path: path.read_bytes() for path in two_folders.iterdir()}
    path = write("rows.csv", "指标,地区,期间,数值,单位\nG1,长沙市,2020,90.6,%\nG1,长沙市,2021,9.2,%\n")
    _, added = take(path, two_folders)
    assert added == {"sources": 1, "observations": 1, "provenance": 1, "quarantine": 1}
    assert rows_of(record_folder(two_folders) / "observations.csv")[-1]["value"] == "90.6"
    assert read_quarantine(two_folders)["value"].tolist() == ["9.2"]
    assert trace(two_folders, "G1", "2020", area="长沙市")["place"].tolist() == ["line 2 column 4"]
    assert {path: path.read_bytes() for path in two_folders.iterdir()} == own
