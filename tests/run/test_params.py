from datetime import date

import pytest

from sy_analysis.base.errors import ParamsError
from sy_analysis.base.periods import quarter_end_before
from sy_analysis.base.writing import ROOT
from sy_analysis.judge.thresholds import THRESHOLDS
from sy_analysis.run.params import Params, day_of, read_params


@pytest.fixture
def params_file(tmp_path):
    def write(text):
        path = tmp_path / "params.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_options_win_over_the_file(params_file):
    path = params_file('plan: a\nas_of: "2024-12-31"\n')
    params = read_params(path, as_of="2022-12-31", indicators=("P02",), plan=None)
    assert (params.plan, params.as_of, params.indicators) == ("a", date(2022, 12, 31), ("P02",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("plan: a\nasof: 2024-12-31\n", "asof is “2024-12-31”: Extra inputs are not permitted"),
        ("plan: a\nas_of: soon\n", "as_of is “soon”: Input should be a valid date"),
        ("plan: a\nas_of: '2024-02-30'\n", "as_of is “2024-02-30”: Input should be a valid date"),
        ("plan: 7\n", "plan is “7”: Input should be a valid string"),
        ("plan: a\noff_track: high\n", "off_track is “high”: Input should be a valid number"),
        ("plan: a\noff_track: 0.9\n", "expected to rise in this order"),
        ("plan: a\non_track_binding: 1.5\n", "less than or equal to 1"),
        ("plan: a\nindicators: P02\n", "indicators is “P02”"),
        ("as_of: '2024-12-31'\n", "plan"),
        ("- plan\n", "expected lines such as"),
        ("plan: [\n", "cannot be read"),
        ("", "expected lines such as"),
    ],
)
def test_a_bad_parameter_is_named_with_its_value(params_file, text, message):
    with pytest.raises(ParamsError) as error:
        read_params(params_file(text))
    assert message in str(error.value)
    assert "params.yaml" in str(error.value)


def test_thresholds_that_are_not_chosen_are_those_of_the_judgement():
    assert Params(plan="a").thresholds == THRESHOLDS
    assert Params(plan="a", off_track=0.5).thresholds == {**THRESHOLDS, "off_track": 0.5}


def test_all_bad_parameters_come_at_once(params_file):
    with pytest.raises(ParamsError) as error:
        read_params(params_file("plan: a\nasof: x\noff_track: high\n"))
    assert "asof" in str(error.value) and "off_track" in str(error.value)
    assert "known parameters: plan, area, as_of, indicators" in str(error.value)


def test_a_missing_params_file_is_named(tmp_path):
    with pytest.raises(ParamsError, match=r"nowhere\.yaml: cannot be read"):
        read_params(tmp_path / "nowhere.yaml")


def test_the_clock_is_used_only_where_no_day_is_given():
    assert day_of(read_params(ROOT / "params" / "quarterly.yaml"), date(2026, 11, 24)) == date(2026, 9, 30)
    assert day_of(read_params(ROOT / "params" / "ci.yaml"), date(2030, 1, 1)) == date(2026, 9, 30)


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2026, 1, 1), date(2025, 12, 31)),
        (date(2026, 3, 31), date(2025, 12, 31)),
        (date(2026, 4, 1), date(2026, 3, 31)),
        (date(2026, 11, 24), date(2026, 9, 30)),
    ],
)
def test_the_last_finished_quarter(day, end):
    assert quarter_end_before(day) == end
