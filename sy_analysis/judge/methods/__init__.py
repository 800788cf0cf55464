"""The official methods: what each would say about one indicator, by its own written rule.

`evaluate` gives the verdict of one method in its own words; `comparison` puts all of them in one table.
Formulas, sources and the cases in which each method is silent stand in docs/methods.md. A method that divides
by nothing says nothing: its status is None and the reason says why.
"""

from sy_analysis.judge.methods.case import REASONS, Verdict
from sy_analysis.judge.methods.comparison import Comparison, compare_methods
from sy_analysis.judge.methods.entry import METHODS, evaluate

__all__ = ["METHODS", "REASONS", "Comparison", "Verdict", "compare_methods", "evaluate"]
