"""Official methods of judging one indicator, each by its own published rule.

`evaluate_method` returns the verdict of one method in its own words, and `compare_methods` puts all of them in one
table. docs/methods.md gives formulas, sources and the cases without an answer. There the status is None and
`reason` says why.
"""

from sy_analysis.judge.methods.cases import REASONS, MethodResult
from sy_analysis.judge.methods.comparison import METHODS, Comparison, compare_methods, evaluate_method

__all__ = ["METHODS", "REASONS", "Comparison", "MethodResult", "compare_methods", "evaluate_method"]
