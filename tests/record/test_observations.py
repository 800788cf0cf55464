import pandas as pd

from sy_analysis.record.observations import clean_observations


def test_a_row_is_known_from_the_day_its_source_was_published(demo):
    known = clean_observations(demo.observations, demo.sources, "2022-12-31")
    assert set(known["source_id"]) == {"plan", "S1"}
    assert known["known_on"].max() == pd.Timestamp("2022-03-01")


def test_a_source_without_a_date_is_known_from_the_day_it_was_recorded(demo):
    sources = demo.sources.assign(
        published=demo.sources["published"].where(demo.sources["source_id"] != "S1")
    )
    assert "S1" not in set(clean_observations(demo.observations, sources, "2024-05-31")["source_id"])
    assert "S1" in set(clean_observations(demo.observations, sources, "2024-06-01")["source_id"])


def test_a_later_day_never_knows_less(demo):
    sizes = [
        len(clean_observations(demo.observations, demo.sources, day))
        for day in pd.date_range("2021-12-30", "2024-12-31", freq="91D")
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] == 0


def test_each_kind_of_period_has_its_window(demo):
    periods = ["2024", "2024Q3", "2024-02", "2024-01/2024-09", "2018-01-01/2018-06-27", "2021-R3"]
    raw = demo.observations.iloc[[0] * len(periods)].assign(period=periods)
    windows = clean_observations(raw, demo.sources).set_index("period")
    assert windows["end"].dt.strftime("%Y-%m-%d").reindex(periods).tolist()[:5] == [
        "2024-12-31",
        "2024-09-30",
        "2024-02-29",
        "2024-09-30",
        "2018-06-27",
    ]
    assert pd.isna(windows.loc["2021-R3", "end"])  # a numbered round covers an unknown part of its year
    assert windows["start"].dt.strftime("%m-%d").reindex(periods).tolist() == [
        "01-01",
        "07-01",
        "02-01",
        "01-01",
        "01-01",
        "01-01",
    ]


def test_a_printed_bound_is_not_a_value(demo):
    raw = demo.observations.assign(qualifier=["=", ">=", "~", "<=", "=", "=", "=", "="])
    cleaned = clean_observations(raw, demo.sources)
    assert cleaned.set_index(["area", "period"])["is_value"].to_dict() == {
        ("甲市", "2020"): True,
        ("甲市", "2021"): False,
        ("甲市", "2023"): True,
        ("乙市", "2016"): False,
        ("乙市", "2017"): True,
        ("乙市", "2018"): True,
        ("乙市", "2019"): True,
    } | {("甲市", "2020"): True}


def test_the_order_of_rows_does_not_matter(demo):
    shuffled = demo.observations.sample(frac=1, random_state=7)
    pd.testing.assert_frame_equal(
        clean_observations(shuffled, demo.sources), clean_observations(demo.observations, demo.sources)
    )
