import pytest

from sy_analysis.intake.numerals import number_of, plain_digits


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
