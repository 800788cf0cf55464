"""A small record and candidates for the tests of the guard."""

from decimal import Decimal

import pandas as pd

from sy_analysis.intake.candidates import Candidate
from sy_analysis.intake.history import known_from

BREAKS = [
    {
        "indicator_id": "V17",
        "area": "湖南省",
        "first_year": "2023",
        "becomes": "V17_newbasis",
        "note": "land survey",
    },
    {"indicator_id": "P01", "area": "*", "first_year": "2018", "becomes": "", "note": "more parameters"},
]
GUARD_FACTS = {
    "words": [
        {"pattern": "不合格", "conflicts": "P0\\d", "zh": "不合格率", "en": "a failure rate"},
        {"pattern": "市区", "conflicts": "V14", "zh": "市区口径", "en": "the city proper"},
    ],
    "parts": [{"indicator": "V16", "area": "湖南省", "counts": [28, 29, 30]}],
}
INDICATORS = pd.DataFrame(
    [
        # indicator_id, unit, lower, upper, kind, annual_rule, relates_to
        ("P01", "%", 0, 100, "hold", "none", ""),
        ("P02", "%", 0, 100, "percentage", "none", ""),
        ("P05", "个", 0, None, "count", "none", ""),
        ("V14", "%", 0, 100, "percentage", "none", ""),
        ("V14_city", "%", 0, 100, "percentage", "none", "V14"),
        ("V15_city", "%", 0, 100, "days_share", "days", ""),
        ("V16", "%", 0, 100, "ceiling", "none", ""),
        ("V17", "%", 0, 100, "hold", "none", ""),
        ("X", "件", 0, None, "amount", "sum", ""),
    ],
    columns=["indicator_id", "unit", "lower_bound", "upper_bound", "family", "annual_rule", "relates_to"],
)


def observations(indicator_id, values, area="邵阳市"):
    """Rows of the record from a dict of period to value."""
    rows = [(indicator_id, area, p, frequency(p), float(v), "=", "A") for p, v in values.items()]
    return pd.DataFrame(
        rows, columns=["indicator_id", "area", "period", "frequency", "value", "qualifier", "grade"]
    )


def frequency(period):
    return (
        "YTD" if "/" in period or "B" in period else "Q" if "Q" in period else "M" if "-" in period else "A"
    )


def known(*tables, **facts):
    record = pd.concat(tables) if tables else observations("P02", {})
    return known_from(record, INDICATORS, GUARD_FACTS, BREAKS, **facts)


def candidate(indicator_id, period, value, area="邵阳市", **more):
    unit = INDICATORS.set_index("indicator_id").at[indicator_id, "unit"]
    number = None if value is None else Decimal(value)
    return Candidate(
        indicator_id, area, period, frequency(period), number, unit, "=", str(value), "A1"
    )._replace(**more)


def rules(found):
    return [suspicion.rule for suspicion in found]


def quarters(year, values):
    return {f"{year}Q{q}": value for q, value in enumerate(values, start=1)}


PASS_RATES = observations("P02", {"2019": 91.0, "2020": 91.27, "2021": 92.1, "2022": 92.4})
AMOUNTS = observations("X", {"2020": 610, "2021": 644, "2022": 900})
