from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sy_analysis.intake.cells import read_cell

# printed, indicator's unit, value, qualifier: shapes met in bulletins, yearbooks and the plan
NUMBERS = [
    ("≧98.2", "%", "98.2", ">="),
    ("≥98.2", "%", "98.2", ">="),
    (">=98.2", "%", "98.2", ">="),
    ("⩾98.2%", "%", "98.2", ">="),
    ("98.2%", "%", "98.2", "="),
    ("９８．２", "%", "98.2", "="),
    ("９８．２％", "%", "98.2", "="),
    (" 98.2 ", "%", "98.2", "="),
    ("98\u200b.2", "%", "98.2", "="),
    ("80。50分", "分", "80.50", "="),
    ("80·5", "分", "80.5", "="),
    ("2000余万元", "元", "20000000", ">="),
    ("2000余万元", "万元", "2000", ">="),
    ("6万余", "家", "60000", ">="),
    ("300多家", "家", "300", ">="),
    ("1亿元以上", "万元", "10000", ">="),
    ("3家及以上", "家", "3", ">="),
    ("63 公里以上", "公里", "63", ">="),
    ("63000米", "公里", "63", "="),
    ("超4万平米", "万平方米", "4", ">="),
    ("450万亩", "万亩", "450", "="),
    ("3万公顷", "万亩", "45", "="),
    ("约93", "%", "93", "~"),
    ("93左右", "%", "93", "~"),
    ("近3", "个", "3", "~"),
    ("超过93%", "%", "93", ">="),
    ("不低于93%", "%", "93", ">="),
    ("逾93", "%", "93", ">="),
    ("不超过5%", "%", "5", "<="),
    ("≦5", "%", "5", "<="),
    ("5‰", "%", "0.5", "="),
    ("28/29", "%", "96.55", "="),
    ("342天(93.4%)", "%", "93.4", "="),
    ("93.4%(342天)", "%", "93.4", "="),
    ("力争达到95%", "%", "95", "="),
    ("百分之九十三点五", "%", "93.5", "="),
    ("百分之百", "%", "100", "="),
    ("三分之二", "%", "66.67", "="),
    ("超九成", "%", "90", ">="),
    ("七成", "%", "70", "~"),
    ("三级", "级", "3", "="),
    ("两百个", "个", "200", "="),
    ("1,234.5", "件", "1234.5", "="),
    ("1，234", "件", "1234", "="),
    ("1 234", "件", "1234", "="),
    ("46.5万", "件", "465000", "="),
    ("93.5①", "%", "93.5", "="),
    ("93.5²", "%", "93.5", "="),
    ("93.5[1]", "%", "93.5", "="),
    ("－5.2", "%", "-5.2", "="),
    ("−5.2", "%", "-5.2", "="),
    ("12.3件/万人", "件/百万人", "1230", "="),
    ("0", "%", "0", "="),
]


@pytest.mark.parametrize(("printed", "unit", "value", "qualifier"), NUMBERS)
def test_a_printed_number_is_read_in_the_indicators_unit(printed, unit, value, qualifier):
    reading = read_cell(printed, unit)
    assert (reading.kind, str(reading.value), reading.qualifier, reading.doubt) == (
        "number",
        value,
        qualifier,
        "",
    )


@pytest.mark.parametrize(
    "printed", ["", " ", "/", "-", "—", "——", "…", "……", "...", "N/A", "nan", "无", "未公布", "*", "\u3000"]
)
def test_signs_for_no_value_are_missing_and_never_zero(printed):
    assert read_cell(printed, "%")[:3] == ("missing", printed, None)


@pytest.mark.parametrize(
    ("printed", "low", "high"),
    [
        ("2-3个", 2, 3),
        ("2~3", 2, 3),
        ("2～3个", 2, 3),
        ("2—3", 2, 3),
        ("2至3个", 2, 3),
        ("92~157", 92, 157),
        ("2-3万个", 20000, 30000),
        ("2个-3个", 2, 3),
        ("二至三个", 2, 3),
    ],
)
def test_a_range_stays_a_range(printed, low, high):
    reading = read_cell(printed, "个")
    assert (reading.kind, reading.value, reading.low, reading.high, reading.doubt) == (
        "range",
        None,
        low,
        high,
        "range",
    )


@pytest.mark.parametrize("printed", ["省下达指标", "数十", "两三个", "若干", "全覆盖", "第一"])
def test_text_stays_text(printed):
    assert read_cell(printed, "个")[:3] == ("text", printed, None)


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("98.2.1", "cannot be read"),
        ("93,5", "cannot be read"),
        ("1OO", "cannot be read"),
        ("城步县(2.51", "cannot be read"),
        ("2-3月", "cannot be read"),
        ("98 2", "blank between its digits"),
        ("3-2", "starts above its end"),
        ("不低于90%以下", "both at least and at most"),
        ("一", "dash or the numeral one"),
        ("#DIV/0!", "error #DIV/0!"),
        ("=B2/C2", "formula without a stored result"),
        ("93\ufffd", "characters were lost"),
        ("30/29", "no part of a whole"),
        ("3/0", "no part of a whole"),
        ("9" * 29 + "万亿元", "more digits than a figure has"),
        ("1." + "3" * 30 + "亿", "more digits than a figure has"),
    ],
)
def test_what_cannot_be_read_is_an_error_in_two_languages(printed, said):
    reading = read_cell(printed, "%")
    assert reading.kind == "error"
    assert said in reading.problem
    assert " / " in reading.problem


def test_days_become_a_share_only_with_the_days_of_their_period():
    assert read_cell("342天", "%", days=366).value == Decimal("93.44")  # 342 / 366 = 0.93443
    assert read_cell("342天", "%", days=365).value == Decimal("93.7")  # 342 / 365 = 0.93699
    assert "needs the days" in read_cell("342天", "%").problem
    assert "has 31" in read_cell("32天", "%", days=31).problem


@pytest.mark.parametrize(
    ("printed", "unit"),
    [("80%", "分"), ("80分", "%"), ("1.3个百分点", "%"), ("5吨", "公里"), ("28/29", "个")],
)
def test_a_unit_that_is_not_the_indicators_own_is_a_doubt(printed, unit):
    assert read_cell(printed, unit).doubt == "unit"


def test_a_range_of_days_beyond_its_period_is_an_error():
    assert "has 365" in read_cell("300-400天", "%", days=365).problem


def test_two_figures_of_one_cell_that_disagree_are_a_doubt():
    assert read_cell("342天(93.4%)", "%", days=366).doubt == ""  # 93.44
    assert read_cell("342天(85.5%)", "%", days=366).doubt == "beside"
    assert read_cell("93.5(93.6)", "%").doubt == "beside"


def test_a_plus_sign_is_the_mark_of_a_change_not_of_a_level():
    assert read_cell("+1.3", "%").doubt == "change"


decimals = st.decimals(min_value=0, max_value=99999, places=2)
FULL_WIDTH = str.maketrans("0123456789.%-", "０１２３４５６７８９．％－")


@given(
    decimals,
    st.sampled_from(["", "≧", "≥", ">=", "约", "不低于", "<=", "≤", "近"]),
    st.sampled_from(["", "%"]),
    st.booleans(),
    st.booleans(),
)
def test_printing_and_reading_a_number_agree(number, sign, unit, is_wide, has_commas):
    digits = f"{number:,}" if has_commas else str(number)
    printed = sign + digits + unit
    reading = read_cell(printed.translate(FULL_WIDTH) if is_wide else printed, "%")
    expected = {"": "=", "约": "~", "近": "~", "<=": "<=", "≤": "<="}.get(sign, ">=")
    assert (reading.kind, reading.value, reading.qualifier) == ("number", number, expected)
    assert str(reading.value) == str(number)


@given(
    st.integers(0, 9999), st.integers(0, 9999), st.sampled_from("-~—–～至"), st.sampled_from(["", "个", "家"])
)
def test_printing_and_reading_a_range_agree(one, other, dash, unit):
    low, high = sorted((one, other))
    reading = read_cell(f"{low}{dash}{high}{unit}", "个")
    assert (reading.kind, reading.low, reading.high) == ("range", low, high)


@given(
    st.decimals(min_value=0, max_value=9999, places=1),
    st.sampled_from(["万", "亿", "百万", "千万"]),
    st.sampled_from(["元", "亩", "平方米"]),
)
def test_a_scale_multiplies_exactly(number, scale, unit):
    factor = {"万": 10**4, "亿": 10**8, "百万": 10**6, "千万": 10**7}[scale]
    assert read_cell(f"{number}{scale}{unit}", unit).value == number * factor
    assert read_cell(f"{number}{scale}{unit}", scale + unit).value == number


@given(st.text(max_size=30))
def test_any_text_is_read_without_failing(printed):
    reading = read_cell(printed, "%", days=365)
    assert reading.kind in ("number", "range", "missing", "text", "error")
    assert reading.printed == printed
    assert (reading.value is None) == (reading.kind != "number")


@given(st.text(alphabet="0123456789.,%-~≧约超万亿元天个余至/()一二三十点百。 以上", max_size=12))
def test_wild_mixtures_of_the_right_signs_are_read_without_failing(printed):
    reading = read_cell(printed, "%", days=366)
    assert (reading.low is not None) == (reading.kind == "range")
    assert (reading.kind == "error") == bool(reading.problem)
