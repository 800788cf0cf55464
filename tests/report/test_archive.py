import json

import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.report.archive import read_report, read_reports

SUMMARY = {
    "plan": "demo",
    "plan_names": ["规划", "Plan"],
    "area": "甲市",
    "parameters": {"area": None},
    "as_of": "2024-12-31",
    "core_targets": [["G2", "二", "Two"], ["G1", "一", "One"]],
}
TABLE = "target_id,status\nG1,at_risk\nG2,missed\nX9,attained\n"


@pytest.fixture
def write(tmp_path):
    def write_one(name="2024-12-31", summary=SUMMARY, table=TABLE):
        folder = tmp_path / name
        folder.mkdir()
        text = summary if isinstance(summary, str) else json.dumps(summary)
        (folder / "run.json").write_text(text, encoding="utf-8")
        (folder / "assessments.csv").write_text(table, encoding="utf-8")
        return folder

    return write_one


def test_a_report_has_the_verdicts_of_its_core_targets_in_the_plan_s_order(write):
    report = read_report(write())
    assert report.statuses.to_dict() == {"G2": "missed", "G1": "at_risk"}
    assert list(report.targets.items()) == [("G2", ("二", "Two")), ("G1", ("一", "One"))]
    assert (report.plan, report.as_of) == ("demo", "2024-12-31")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"summary": "{"}, "cannot be read"),
        ({"summary": "[]"}, "cannot be read"),
        ({"summary": {"plan": "demo"}}, "has no 'core_targets'; run that day again"),
        ({"summary": SUMMARY | {"as_of": "soon"}}, "as_of is “soon”"),
        ({"summary": SUMMARY | {"plan": "../up"}}, "plan is “../up”; expected the name of a folder"),
        ({"summary": SUMMARY | {"core_targets": [["G1"]]}}, "cannot be read"),
        ({"table": ""}, "cannot be read"),
        ({"table": "target_id\nG1\n"}, "has no 'status'"),
        ({"table": "target_id,status\nG1,at_risk\nG1,missed\nG2,missed\n"}, "cannot be read"),
        ({"table": "target_id,status\nG1,at_risk\n"}, "status of G2 is “nan”; expected attained"),
        ({"table": "target_id,status\nG1,great\nG2,missed\n"}, "status of G1 is “great”; expected attained"),
    ],
)
def test_a_damaged_report_is_refused_with_its_folder_and_reason(write, changes, message):
    with pytest.raises(DataError) as raised:
        read_report(write(**changes))
    assert str(raised.value).startswith("2024-12-31") and message in str(raised.value)


def test_other_folders_are_noted_and_work_in_progress_is_not(write, tmp_path):
    write("b"), write("a", SUMMARY | {"as_of": "2023-12-31"})
    (tmp_path / "photos").mkdir()
    (tmp_path / ".2025-03-31.scratch").mkdir()
    (tmp_path / "index.html").write_text("", encoding="utf-8")
    found, notes = read_reports(tmp_path)
    assert [report.folder for report in found] == ["a", "b"]
    assert notes == ["photos: no run.json; expected a report"]
