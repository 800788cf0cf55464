"""What was known on a day: the public stop between raw rows and judgement."""

import pandas as pd

from sy_analysis.record.known import known_as_of


def history(values, first=2020):
    return pd.Series(values, index=range(first, first + len(values)), dtype=float)


def record_of(plan, histories):
    record = known_as_of(plan, "2200-01-01")
    vars(record)["histories"] = histories
    return record


def test_the_record_holds_only_what_was_known_on_the_day(demo):
    before, after = known_as_of(demo, "2023-12-31"), known_as_of(demo, "2024-03-01")
    assert before.history("G1").to_dict() == {2020: 90.0, 2021: 90.8}
    assert after.history("G1").to_dict() == {2020: 90.0, 2021: 90.8, 2023: 92.1}
    assert (before.observations["known_on"] <= "2023-12-31").all()


def test_the_own_series_is_judged_unless_a_stand_in_reaches_a_later_year(demo):
    histories = {("G1", "甲市"): history([90, 91]), ("G1_city", "甲市"): history([80, 81, 82])}
    assert record_of(demo, histories).judged_on("G1", "甲市") == "G1_city"
    histories["G1_city", "甲市"] = history([80, 81])
    assert record_of(demo, histories).judged_on("G1", "甲市") == "G1"
    assert len(record_of(demo, {}).history("G1")) == 0


def test_references_are_the_indicator_elsewhere_and_its_relatives(demo):
    histories = {
        ("G1", "甲市"): history([90, 91]),
        ("G1", "乙市"): history([88]),
        ("G1_city", "甲市"): history([80]),
        ("H1", "乙市"): history([70, 71]),
    }
    assert set(record_of(demo, histories).references("G1")) == {"乙市", "甲市 G1_city"}
    assert set(record_of(demo, histories).references("G1", "乙市")) == {"甲市", "甲市 G1_city"}


def test_a_series_is_named_by_indicator_and_area(demo):
    assert known_as_of(demo, "2024-06-01").history("G1", "乙市").name == "G1 乙市"
