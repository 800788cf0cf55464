"""Will each indicator of a five-year plan attain its target, and how sure is that?

    raw rows -> observations -> series -> forecasts -> verdicts -> report
    record                                forecast     judge       report     run makes it happen

Each stage is a package and sees only the stages before it: base, record, {intake, forecast}, judge, report, run.

A series of one's own needs no project folder:

>>> import pandas as pd
>>> import sy_analysis as sy
>>> history = pd.Series([91.27, 91.9, 92.4, 92.9], index=[2020, 2021, 2022, 2023], name="P02")
>>> forecast = sy.forecast(history, horizon=2, bounds=(0, 100))
>>> forecast.interval(0.8).round(1).loc[2025].to_dict()
{'lower': 91.7, 'upper': 94.3}
>>> sy.judge(history, {"at_least": 93, "year": 2025, "is_binding": False}, forecast, "2024-06-30").status
'on_track'

A plan with its record, as known on a day, goes the same way:

>>> plan = sy.read_plan("shaoyang-2021-2025")
>>> record = sy.known_as_of(plan, "2026-09-30")
>>> record.history("V14").tail(1).to_dict()
{2024: 95.5782}

`read_plan`, `known_as_of`, `forecast`, `forecast_panel`, `Forecast`, `judge`, `assess` and `evaluate_method` are promised: they
change only with a line in the changelog. Everything else may move.
"""

import importlib
import sys
from types import ModuleType

__version__ = "0.1.0"

# public name -> module that defines it
_HOMES = {
    "read_plan": "record.plan",
    "known_as_of": "record.known",
    "forecast": "forecast.panel",
    "forecast_panel": "forecast.panel",
    "Forecast": "forecast.distribution",
    "judge": "judge.verdicts",
    "assess": "report.data",
    "evaluate_method": "judge.methods",
}
__all__ = list(_HOMES)


def __dir__():
    return sorted([*__all__, "__version__"])


class _Door(ModuleType):
    """A package whose public names load their stage on first use, see PEP 562.

    Importing a stage sets it as an attribute of the package. Two stages are named as a public function is, and the
    function goes first.
    """

    def __getattr__(self, name):
        if name not in _HOMES:
            raise AttributeError(
                f"module {self.__name__!r} has no attribute {name!r}; it has {', '.join(_HOMES)}"
            )
        return getattr(importlib.import_module(f"{self.__name__}.{_HOMES[name]}"), name)

    def __setattr__(self, name, value):
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Door
