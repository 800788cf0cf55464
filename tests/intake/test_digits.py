import pytest

from sy_analysis.intake.digits import render_sheet_number, tidy


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
