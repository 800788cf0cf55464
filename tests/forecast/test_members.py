"""What the members promise: statsmodels' own forecasts, as linear maps."""

import numpy as np
import pytest

from sy_analysis.forecast.members import PRIORS, _member_maps, _member_model
from sy_analysis.record.schema import schema_of


@pytest.mark.parametrize("member", [(0.0, 0.0, 0.0), (4.0, 0.0, 0.0), (0.0, 2.0, 0.7), (0.1, 50.0, 0.98)])
def test_the_linear_map_is_what_statsmodels_forecasts(member):
    endog = np.array([3.0, np.nan, 4.0, 7.0, 6.0, np.nan, np.nan, np.nan])
    result = _member_model(endog, *member).filter()
    forecast, deviation, _, _ = _member_maps((0, 2, 3, 4), *member)
    assert np.allclose(forecast[:3] @ endog[[0, 2, 3, 4]], result.forecasts[0, 5:])
    assert np.allclose(deviation[:3] ** 2, result.forecasts_error_cov[0, 0, 5:])


def test_every_family_of_the_schema_has_its_prior():
    family = schema_of("indicators").columns["family"]
    assert family.checks[0].error == f"expected one of {', '.join(PRIORS['families'])}"
