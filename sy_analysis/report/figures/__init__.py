"""The figures, one message each in the title.

Observations are points, intervals bands, and the target is a line.
"""

from sy_analysis.report.figures.forecast import plot_forecast, plot_references
from sy_analysis.report.figures.overview import (
    plot_areas,
    plot_attainment,
    plot_record,
    plot_statuses,
    plot_subareas,
)
from sy_analysis.report.figures.pictures import figure_bytes, inline_svg, message_of, picture
from sy_analysis.report.figures.trust import plot_by_length, plot_calibration, plot_coverage
