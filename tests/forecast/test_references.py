import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sy_analysis.forecast.references import ChangePool

numbers = st.lists(st.integers(-3, 3).map(float) | st.floats(-50, 50), max_size=6)


@given(st.lists(numbers, min_size=2, max_size=6), st.data())
def test_what_is_borrowed_is_summarised_as_numpy_does_it(series, data):
    left_out = data.draw(st.sets(st.integers(0, len(series))))
    others = np.array([change for i, one in enumerate(series) if i not in left_out for change in one])
    borrowed = ChangePool(dict(enumerate(series))).without(left_out)
    assert len(borrowed) == len(others) and borrowed.n_series == len(series) - len(
        left_out & set(range(len(series)))
    )
    assert np.array_equal(borrowed, others)
    if len(others):
        assert borrowed.median() == np.median(others)
        assert borrowed.median_size() == np.median(np.abs(others))
        assert borrowed.mean_size() == pytest.approx(np.abs(others).mean(), abs=1e-12)


def test_an_empty_pool_lends_nothing():
    assert len(ChangePool({}).without(["A"])) == 0
