import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sy_analysis.intake import periods
from sy_analysis.intake.periods import days_of, ends_of, find_periods, read_period
from sy_analysis.intake.words import meanings
from sy_analysis.record.schema import PERIODS

PRINTED = [
    ("2021", "2021", "A"),
    ("2021年", "2021", "A"),
    ("2021年度", "2021", "A"),
    ("２０２１年", "2021", "A"),
    ("2021年底", "2021", "A"),
    ("二〇二一年", "2021", "A"),
    ("1-12月", "2024", "A"),
    ("去年", "2023", "A"),
    ("“十三五”末", "2020", "A"),
    ("十四五末", "2025", "A"),
    ("“十四五”期间", "2021-01/2025-12", "YTD"),
    ("2021年11月", "2021-11", "M"),
    ("2021年十一月", "2021-11", "M"),
    ("2021-11", "2021-11", "M"),
    ("202111月", "2021-11", "M"),
    ("20201月", "2020-01", "M"),
    ("20247", "2024-07", "M"),
    ("3月份", "2024-03", "M"),
    ("2024Q3", "2024Q3", "Q"),
    ("2024年第三季度", "2024Q3", "Q"),
    ("三季度", "2024Q3", "Q"),
    ("1-9月", "2024-01/2024-09", "YTD"),
    ("2023年1—9月", "2023-01/2023-09", "YTD"),
    ("１－９月", "2024-01/2024-09", "YTD"),
    ("前三季度", "2024-01/2024-09", "YTD"),
    ("前9个月", "2024-01/2024-09", "YTD"),
    ("上半年", "2024-01/2024-06", "YTD"),
    ("截至10月23日", "2024-01-01/2024-10-23", "YTD"),
    ("截至2023年9月底", "2023-01/2023-09", "YTD"),
    ("11-12月", "2024-11/2024-12", "YTD"),
    ("2023年12月-2024年2月", "2023-12/2024-02", "YTD"),
    ("2024-01-01/2024-10-23", "2024-01-01/2024-10-23", "YTD"),
    ("2021年第2批次", "2021-B2", "YTD"),
    ("2022年第1轮", "2022-R1", "YTD"),
]


@pytest.mark.parametrize(("printed", "period", "frequency"), PRINTED)
def test_printed_periods_are_read(printed, period, frequency):
    assert read_period(printed, year=2024)[:2] == (period, frequency)


@pytest.mark.parametrize(
    "printed",
    [
        "2021年13月",
        "21年",
        "2024年冬",
        "1-9",
        "2024-09/2024-01",
        "2024-02-30/2024-03-01",
        "2021年6月30日",
        "",
        "一季",
        "9999",
        "1-13月",
        "截至2月30日",
        "2021.1",
    ],
)
def test_what_is_no_period_is_said_in_two_languages(printed):
    with pytest.raises(ValueError, match=" / "):
        read_period(printed)


@pytest.mark.parametrize("printed", ["1-9月", "上半年", "三季度", "去年", "截至10月23日"])
def test_a_period_without_its_year_needs_the_year_of_the_document(printed):
    with pytest.raises(ValueError, match="name the year"):
        read_period(printed)


@pytest.mark.parametrize("printed", ["1-9月", "前三季度", "上半年", "截至10月23日", "1-11月", "前9个月"])
def test_a_part_of_a_year_is_never_a_year(printed):
    assert read_period(printed, year=2024).frequency == "YTD"


years = st.integers(1950, 2099)
months = st.integers(1, 12)


@given(
    years,
    months,
    st.sampled_from(
        ["{y}年{m}月", "{y}-{m:02d}", "{y}{m:02d}", "{y}{m:02d}月", "{y}.{m:02d}", "{y}年{m}月份"]
    ),
)
def test_printing_and_reading_a_month_agree(year, month, shape):
    assert read_period(shape.format(y=year, m=month))[:2] == (f"{year}-{month:02d}", "M")


@given(years, st.integers(1, 4), st.sampled_from(["{y}Q{q}", "{y}年第{c}季度", "{y}年{c}季度"]))
def test_printing_and_reading_a_quarter_agree(year, quarter, shape):
    assert read_period(shape.format(y=year, q=quarter, c="一二三四"[quarter - 1]))[:2] == (
        f"{year}Q{quarter}",
        "Q",
    )


@given(years, months, months)
def test_printing_and_reading_a_window_agree(year, one, other):
    first, last = sorted((one, other))
    period = read_period(f"{year}年{first}-{last}月")
    assert ends_of(period.period)[0].isoformat()[:7] == f"{year}-{first:02d}"
    assert ends_of(period.period)[1].isoformat()[:7] == f"{year}-{last:02d}"
    assert (period.frequency == "A") == ((first, last) == (1, 12))


@given(
    st.text(max_size=20)
    | st.text(alphabet="0123456789年月日季度第一二三四上半前截至-/Q“”五十末", max_size=14)
)
def test_any_text_is_a_period_of_the_record_or_a_value_error(printed):
    try:
        period = read_period(printed, year=2024)
    except ValueError:
        return
    assert re.fullmatch(PERIODS[period.frequency], period.period)


@pytest.mark.parametrize(("shape", "example"), meanings("period").items())
def test_the_example_of_a_shape_has_it_and_is_a_period(shape, example):
    assert re.fullmatch(shape.format_map(periods._WORDS), example)
    assert read_period(example, year=2024).period[:3] == "202"


def test_days_of_a_numbered_round_are_not_known():
    assert (days_of("2021-B1"), ends_of("2021-R2")) == (None, (None, None))


def test_periods_are_found_in_captions_and_file_names():
    assert [p.period for p in find_periods("表1 2021年9月湖南省14个城市空气质量")] == ["2021-09"]
    assert [p.period for p in find_periods("air_202111.xlsx")] == ["2021-11"]
    assert [p.period for p in find_periods("2024年1-9月与2023年1-9月")] == [
        "2024-01/2024-09",
        "2023-01/2023-09",
    ]
    assert find_periods("第7行") == []
