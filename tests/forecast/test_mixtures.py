"""What mixtures promise: quantiles and probabilities that undo each other, bounds that hold."""

import numpy as np
import pytest
from scipy.stats import t

from sy_analysis.forecast.mixtures import FREEDOM, Mixture


def mixture(atom=0.0, lower=-np.inf, upper=np.inf, tail=0.0):
    return Mixture(
        weights=np.array([[0.3, 0.7]]),
        means=np.array([[[90.0, 92.0]]]),
        scales=np.array([[[1.0, 0.01]]]),
        atom=np.array([[atom]]),
        last=np.array([92.5]),
        tail=np.array([tail]),
        lower=np.array([lower]),
        upper=np.array([upper]),
    )


def below(distribution, value):
    return distribution.probability(np.array([[-np.inf]]), np.array([[value]]))[0, 0]


@pytest.mark.parametrize("tail", [0.0, 0.04])
def test_the_probability_up_to_a_quantile_is_its_level(tail):
    levels = np.array([0.025, 0.1, 0.4, 0.5, 0.9, 0.999])
    distribution = mixture(tail=tail)
    quantiles = distribution.quantiles(levels)[0, 0]
    assert np.allclose([below(distribution, value) for value in quantiles], levels, atol=1e-8)


def test_a_single_member_is_a_student_t():
    one = mixture()._replace(weights=np.array([[1.0, 0.0]]))
    levels = np.array([0.05, 0.5, 0.975])
    assert np.allclose(one.quantiles(levels)[0, 0], t(FREEDOM, 90, 1).ppf(levels), atol=1e-6)


def test_the_atom_is_the_probability_of_exactly_the_last_value():
    distribution = mixture(atom=0.4)
    at_last = distribution.probability(np.array([[92.5]]), np.array([[92.5]]))[0, 0]
    assert at_last == pytest.approx(0.4)
    assert distribution.quantiles(np.array([0.7]))[0, 0, 0] == 92.5


def test_what_would_lie_beyond_a_bound_lies_on_it():
    distribution = mixture(upper=91.0)
    assert distribution.quantiles(np.array([0.9]))[0, 0, 0] == 91.0
    assert below(distribution, 91.0) == 1.0
    assert distribution.probability(np.array([[91.0]]), np.array([[np.inf]]))[0, 0] > 0.7
