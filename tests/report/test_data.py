"""A report computes each thing once, and those who write it compute nothing."""

import sys
from datetime import date

import pandas as pd
import pytest

from sy_analysis.base.errors import ParamsError
from sy_analysis.judge.assessments import assess_as_of
from sy_analysis.judge.thresholds import THRESHOLDS
from sy_analysis.report.brief.drawing import write_brief
from sy_analysis.report.data import ReportData, assess, view_target
from sy_analysis.report.pages import write_site
from sy_analysis.report.workbook import write_workbook

AS_OF = "2024-12-31"
SUMMARY = {"data_sha256": "0" * 64, "versions": {"sy-analysis": "0"}, "failures": []}
# what computes: nothing of it may run while a report is written
MODEL = (
    *("clean_observations", "series_as_of", "assess_record", "forecast_panel", "complete_year"),
    *("compare_methods", "check_plan", "compare_areas", "ledger"),
)


def replace_everywhere(monkeypatch, name, wrap):
    """Replace a function in every module that imported it."""
    for module in [module for key, module in sys.modules.items() if key.startswith("sy_analysis.")]:
        if hasattr(module, name):
            monkeypatch.setattr(module, name, wrap(getattr(module, name)))


@pytest.fixture
def calls(monkeypatch):
    """Arguments of every call of a function from now on."""

    def record(name):
        arguments = []

        def wrap(function):
            def recorded(*given, **named):
                arguments.append(given)
                return function(*given, **named)

            return recorded

        replace_everywhere(monkeypatch, name, wrap)
        return arguments

    return record


def write_all(data, folder):
    folder.mkdir()
    write_site(data, SUMMARY, folder)
    write_workbook(data, folder / "attainment.xlsx")
    write_brief(data, folder / "brief.docx")


def is_judged_twice(judged):
    """Whether two calls of the judge had the same observations and the same targets."""
    inputs = [
        (record.observations.reset_index(drop=True).to_csv(), targets.to_csv())
        for record, targets, *_ in judged
    ]
    return len(inputs) > len(set(inputs))


def test_a_report_cleans_the_observations_once_and_judges_each_vintage_once(demo, tmp_path, calls):
    cleaned, judged = calls("clean_observations"), calls("assess_record")
    data = assess(demo, "2024-03-31")
    write_all(data, tmp_path / "report")
    shown = [data.vintage, data.before, data.moves, data.statuses, data.areas, data.next_steps]
    shown += [data.latest_in_subareas, data.view("G1").methods]
    assert len(cleaned) == 1
    # this day, the quarter before (the end of 2023, too), the ends of 2021 and 2022, other areas
    assert len(judged) == 5
    assert not is_judged_twice(judged)


def test_who_writes_a_report_computes_nothing(demo, tmp_path, monkeypatch):
    data = assess(demo, AS_OF)
    write_all(data, tmp_path / "once")

    def refuse(function):
        def refused(*_, **__):
            raise AssertionError(f"{function.__name__} ran while a report was written")

        return refused

    for name in MODEL:
        replace_everywhere(monkeypatch, name, refuse)
    write_all(data, tmp_path / "again")
    for file in (tmp_path / "once").iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes(), file.name


def test_the_methods_run_only_for_a_page_that_shows_them(demo, calls, tmp_path):
    compared = calls("compare_methods")
    data = assess(demo, AS_OF)
    write_all(data, tmp_path / "report")
    assert compared == []
    assert data.view("G1").methods is data.view("G1").methods
    assert len(compared) == 1


def test_each_vintage_is_the_one_that_is_judged_by_itself(demo):
    data = assess(demo, AS_OF)
    for shown, day in ((data.vintage, AS_OF), (data.before, "2024-09-30")):
        expected = assess_as_of(demo, day)
        for table in ("observations", "series", "forecasts", "assessments"):
            pd.testing.assert_frame_equal(getattr(shown, table), getattr(expected, table))
    assert data.vintage_of(data.as_of) is data.vintage


def test_the_default_day_is_the_last_quarter_end(demo):
    data = assess(demo)
    assert data.since < data.as_of < date.today()
    assert (data.as_of + pd.Timedelta(days=1)).day == 1 and data.as_of.month % 3 == 0
    assert assess(demo, date(2024, 12, 31)).since == date(2024, 9, 30)
    assert assess(demo, AS_OF, since="2022-12-31").since == date(2022, 12, 31)


def test_thresholds_that_are_not_given_are_the_usual_ones(demo):
    assert assess(demo, AS_OF, thresholds={"off_track": 0.1}).thresholds == THRESHOLDS | {"off_track": 0.1}


def test_verdicts_through_time_are_those_of_the_ends_of_the_years(demo):
    statuses = assess(demo, "2024-03-31").statuses
    assert list(statuses.columns) == ["2021-12-31", "2022-12-31", "2023-12-31", "2024-03-31"]
    assert list(statuses.index) == ["G1", "H1", "N1"]


def test_another_area_is_judged_on_the_same_record(demo, calls):
    cleaned = calls("clean_observations")
    asked = assess(demo, AS_OF, area="乙市")
    assert asked.is_asked and asked.plan.area == "乙市"
    assert set(asked.core["area"]) == {"乙市"}
    assert len(cleaned) == 1
    with pytest.raises(ParamsError, match="no observation of “丁市”"):
        assess(demo, AS_OF, area="丁市")


@pytest.mark.parametrize("area", [None, "", "甲市"])
def test_the_plan_s_own_area_leaves_the_plan_as_it_is(demo, area):
    data = assess(demo, AS_OF, area=area)
    assert data.plan is demo and not data.is_asked


def test_a_view_is_that_of_the_vintage(demo):
    data = assess(demo, AS_OF)
    view, expected = data.view("G1"), view_target(demo, assess_as_of(demo, AS_OF), "G1")
    assert data.view("G1") is view
    assert repr(view.assessment) == repr(expected.assessment)
    assert repr(view.target) == repr(expected.target)
    assert view.history.equals(expected.history)


def test_next_steps_are_those_of_the_binding_targets(demo):
    data = assess(demo, AS_OF)
    assert list(data.next_steps) == ["H1"]
    assert data.next_steps["H1"]["unknown"][0].startswith("目标数值未定")


def test_values_elsewhere_are_those_known_on_the_day(demo, monkeypatch):
    monkeypatch.setattr(ReportData, "subareas", ("乙市", "丙市"))
    for day, shown in (("2022-12-31", []), ("2024-12-31", [["乙市", "G1", 90.0]])):
        latest = assess(demo, day).latest_in_subareas
        assert latest[["area", "target_id", "value"]].to_numpy().tolist() == shown
