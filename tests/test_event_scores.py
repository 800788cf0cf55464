"""The scores of stated probabilities, by which the published figures were measured, match hand work."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

PATH = Path(__file__).parents[1] / "benchmarks" / "event_scores.py"
scores = SimpleNamespace(**runpy.run_path(str(PATH)))


def test_an_honest_forecaster_has_no_calibration_error_and_a_liar_has():
    happened = np.array([True] * 3 + [False] * 7)
    assert scores.calibration_error(np.full(10, 0.3), happened) == pytest.approx(0)
    assert scores.calibration_error(np.full(10, 0.9), happened) == pytest.approx(0.6)


def test_reliability_sets_stated_beside_observed_frequency():
    bins = scores.reliability(np.array([0.05, 0.05, 0.95, 1.0]), np.array([False, False, True, True]))
    assert bins["n"].tolist() == [2, 2]
    assert bins["observed"].tolist() == [0, 1]


def test_chance_has_half_the_discrimination():
    assert scores.discrimination(np.array([0.5, 0.5, 0.5, 0.5]), np.array([True, False, True, False])) == 0.5


def test_a_perfect_forecast_has_no_brier_score():
    assert scores.brier_score(np.array([1.0, 0.0]), np.array([True, False])) == 0


def test_the_pit_of_an_honest_forecaster_is_flat_and_outturns_on_a_bound_are_spread():
    random = np.random.default_rng(1)
    tenths = np.round(np.arange(0.1, 1, 0.1), 1)
    honest = pd.DataFrame(np.tile(tenths, (4000, 1)), columns=tenths)
    assert scores.pit_histogram(honest, random.random(4000)) == pytest.approx(np.full(10, 0.1), abs=0.02)
    on_bound = pd.DataFrame([[1.0] * 4 + [2.0, 3.0, 4.0, 5.0, 6.0]], columns=tenths)
    assert scores.pit_histogram(on_bound, np.array([1.0])).tolist() == [0.2] * 5 + [0.0] * 5
