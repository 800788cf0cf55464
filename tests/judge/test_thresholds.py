import pytest

from sy_analysis.base.errors import ParamsError
from sy_analysis.judge.thresholds import THRESHOLDS, thresholds_of


@pytest.mark.parametrize("values", [(0.5, 0.6, 0.3), (0.8, 0.2, 0.3), (1.2, 0.6, 0.3), (0.8, 0.6, -0.1)])
def test_thresholds_must_rise_within_zero_and_one(values):
    with pytest.raises(ParamsError, match="expected to rise"):
        thresholds_of(*values)


def test_the_thresholds_without_a_choice_are_valid():
    assert thresholds_of(**THRESHOLDS) == THRESHOLDS
