from decimal import Decimal

import pytest

from sy_analysis.intake.units import UNITS, UnreadableError, convert, unit_of


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
