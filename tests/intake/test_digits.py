from decimal import Decimal

import pytest

from sy_analysis.intake.digits import (
    UNITS,
    UnreadableError,
    convert,
    number_of,
    plain_digits,
    render_sheet_number,
    tidy,
    unit_of,
)


@pytest.mark.parametrize(
    ("value", "shape", "printed"),
    [
        (0.1 + 0.2, "General", "0.3"),
        (0.932, "0.0%", "93.2%"),
        (2021.1, "0.00", "2021.10"),
        (93.27, "0.0", "93.27"),
        (100.0, "0", "100"),
        (1e-7, "0.0", "0.0000001"),
        (True, "General", "True"),
    ],
)
def test_sheet_numbers_are_printed_without_binary_noise(value, shape, printed):
    assert render_sheet_number(value, shape) == printed


@pytest.mark.parametrize(
    ("printed", "text"), [("９３．５％", "93.5%"), ("98\u200b.2 ", "98.2"), ("93.5[1]", "93.5"), ("−5", "-5")]
)
def test_text_is_tidied_to_one_way_to_write_each_sign(printed, text):
    assert tidy(printed) == text


def test_unknown_units_have_no_factor():
    assert unit_of("光年") is None


def test_every_unit_has_a_base_that_is_a_unit_of_its_own():
    bases = {base for base, _ in UNITS.values()} - {"件/人"}  # too small to be printed
    assert [base for base in sorted(bases) if UNITS[base] != (base, 1)] == []


@pytest.mark.parametrize(
    ("number", "printed", "own", "converted"),
    [
        ("3", "公顷", "亩", ("45", "公顷 to 亩", "")),
        ("342", "天", "%", ("93.44", "342 of 366 days", "")),
        ("5", "吨", "公里", ("5", "printed in 吨, expected 公里", "unit")),
        ("5.0", "家", "个", ("5.0", "", "")),
        ("5.0", "", "个", ("5.0", "", "")),
    ],
)
def test_a_number_is_converted_with_its_step_and_its_doubt(number, printed, own, converted):
    value, step, doubt = convert(Decimal(number), printed, own, days=366)
    assert (str(value), step, doubt) == converted


@pytest.mark.parametrize("days", [None, 341])
def test_a_share_of_days_needs_enough_days(days):
    with pytest.raises(UnreadableError, match=" / "):
        convert(Decimal(342), "天", "%", days)


@pytest.mark.parametrize(
    ("printed", "digits"),
    [
        ("七成", "约70%"),
        ("近七成半", "近75%"),
        ("百分之九十三点五", "93.5%"),
        ("百分百", "100%"),
        ("千分之五", "5‰"),
        ("三分之二", "2/3"),
        ("二至三个", "2-3个"),
        ("约两百家以上", "约200家以上"),
        ("80。5", "80.5"),
        ("第一", "第一"),
        ("两三个", "两三个"),
        ("十成", "十成"),
    ],
)
def test_numbers_in_words_become_digits_and_other_words_stay(printed, digits):
    assert plain_digits(printed)[0] == digits


@pytest.mark.parametrize("text", ["点", "百千", "两三", "十百"])
def test_what_is_not_a_numeral_has_no_number(text):
    assert number_of(text) is None
