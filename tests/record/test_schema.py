import re

import pandas as pd
import pandera.errors
import pytest

from sy_analysis.record.folders import ID, RAW_TABLES
from sy_analysis.record.schema import (
    FORMS,
    KEYS,
    PERIODS,
    check_result,
    columns,
    schema_of,
)


def test_columns_are_listed_in_the_order_of_the_file():
    assert columns("sources")[:3] == ["source_id", "publisher", "title"]


@pytest.mark.parametrize("name", RAW_TABLES)
def test_every_table_has_a_key_and_a_check_for_each_column(name):
    assert KEYS[name] and set(KEYS[name]) <= set(columns(name))
    assert list(schema_of(name).columns) == columns(name)


def test_columns_are_found_by_their_marks():
    assert columns("sources", type="date") == ["published", "recorded"]
    assert columns("observations", refers_to="sources") == ["source_id"]
    assert columns("observations", type="flag") == []


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        ("text", "一", "\u3000"),
        ("year", "2024", "２０２４"),
        ("number", "-98.25", "98.2%"),
        ("number or nothing", "", " "),
        ("date or nothing", "2024-12-31", "2024/12/31"),
        ("line or nothing", "12", "-1"),
        ("url or nothing", "https://example.org", "www.example.org"),
    ],
)
def test_a_form_accepts_what_it_names(form, good, bad):
    pattern, _ = FORMS[form]
    assert re.fullmatch(pattern, good) and not re.fullmatch(pattern, bad)


def test_every_frequency_has_periods_of_its_own():
    examples = {"A": "2024", "Q": "2024Q3", "M": "2024-09", "YTD": "2024-01/2024-09"}
    for frequency, pattern in PERIODS.items():
        assert [f for f, period in examples.items() if re.fullmatch(pattern, period)] == [frequency]


def test_falling_quantiles_are_refused():
    forecasts = pd.DataFrame(
        {
            "target_id": ["G1", "G1"],
            "year": [2025, 2025],
            "quantile_level": [0.1, 0.9],
            "predicted": [2.0, 1.0],
        }
    )
    with pytest.raises(pandera.errors.SchemaErrors):
        check_result(forecasts, "forecasts")


def test_a_forecast_is_given_once_for_each_level():
    forecast = {"target_id": "G1", "year": 2025, "quantile_level": 0.5, "predicted": 2.0}
    assert len(check_result(pd.DataFrame([forecast]), "forecasts")) == 1
    with pytest.raises(pandera.errors.SchemaErrors):
        check_result(pd.DataFrame([forecast, forecast]), "forecasts")


def test_an_id_may_name_a_folder():
    assert FORMS["id"][0] == ID
