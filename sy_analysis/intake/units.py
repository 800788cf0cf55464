"""Printed units: what each counts, its factor to the base unit (units.csv), and scales such as 万."""

import re
import unicodedata
from decimal import Decimal

from sy_analysis.intake.digits import exact, tidy
from sy_analysis.intake.words import meanings, message, one_of, read_rows

UNITS = {
    unicodedata.normalize("NFKC", row["unit"]): (row["base"], Decimal(row["factor"]))
    for row in read_rows("units")
}
SCALES = {"": 1} | {scale: int(factor) for scale, factor in meanings("scale").items()}
UNIT, SCALE = one_of(UNITS), one_of(SCALES)


class UnreadableError(ValueError):
    """Why a cell cannot be read, in both languages."""


def unit_of(unit: str) -> tuple[str, Decimal] | None:
    """Base unit and factor of a unit with its scale, or None where it is unknown.

    >>> unit_of("万亩"), unit_of("公里"), unit_of("光年")
    (('亩', Decimal('10000')), ('米', Decimal('1000')), None)
    """
    text = tidy(unit)
    if text in UNITS:
        return UNITS[text]
    match = re.fullmatch(f"({SCALE})({UNIT})", text)
    if not match:
        return None
    base, factor = UNITS[match[2]]
    return base, factor * SCALES[match[1]]


def convert(number: Decimal, printed_unit: str, unit: str, days: int | None) -> tuple[Decimal, str, str]:
    """Convert a number from its printed unit to another one.

    Parameters
    ----------
    number : Decimal
    printed_unit, unit : str
        empty where unknown; the number then stays as it is.
    days : int or None
        days of the period, for a number of days that becomes a share in %.

    Returns
    -------
    (value, step, doubt)
        the step is for the parse of a reading, the doubt for the guard; both may be empty.

    Raises
    ------
    UnreadableError
        where a share needs the days of its period, or has more.
    """
    if not unit or not printed_unit or printed_unit == unit:
        return number, "", ""
    if unit == "%" and UNITS[printed_unit][0] == "天":
        return _share_of_days(number, days), f"{number} of {days} days", ""
    base, factor = unit_of(printed_unit) or ("", Decimal(1))
    own_base, own_factor = unit_of(unit) or ("?", Decimal(1))
    if base != own_base:
        return number, f"printed in {printed_unit}, expected {unit}", "unit"
    if factor == own_factor:
        return number, "", ""
    return exact(number * factor / own_factor), f"{printed_unit} to {unit}", ""


def _share_of_days(number, days):
    if days is None:
        raise UnreadableError(message("unit.no_days"))
    if not 0 <= number <= days:
        raise UnreadableError(message("unit.too_many_days", number=number, days=days))
    return exact(round(number * 100 / days, 2))
