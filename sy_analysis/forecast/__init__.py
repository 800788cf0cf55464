"""Series to distributions: state-space members with fixed ratios, weighed and calibrated on public indicators."""

from sy_analysis.forecast.distribution import QUANTILE_LEVELS, Forecast
from sy_analysis.forecast.members import MODEL_VERSION, own_share
from sy_analysis.forecast.panel import forecast, forecast_panel
from sy_analysis.forecast.year import complete_year
