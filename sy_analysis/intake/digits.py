"""Printed text with one way to write each sign, and decimals that keep every printed digit."""

import re
import unicodedata
from decimal import Decimal

_FOOTNOTE = re.compile(r"(?<=[\d%)])(?:[①-⑳¹²³⁰-⁹]+|\[\d+\]|[*†‡#]+)$")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"))
_SHOWN_DECIMALS = re.compile(r"[#,]*0\.(0+)[%_ ]*")


def squeeze(text: str) -> str:
    """Text in half-width forms without blanks, and with one minus sign.

    >>> squeeze("２０２１年 －１")
    '2021年-1'
    """
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).replace("−", "-")


def tidy(printed: object) -> str:
    """Squeezed text without invisible signs and footnote marks.

    >>> tidy("９８．２％ ")
    '98.2%'
    >>> tidy("93.5①")
    '93.5'
    """
    text = str(printed).translate(_INVISIBLE).strip()
    # before compatibility forms are resolved: ① would become a digit of the number
    return squeeze(_FOOTNOTE.sub("", text))


def exact(number: Decimal) -> Decimal:
    """A calculated number without trailing zeros or exponent.

    >>> exact(Decimal("2.50")), exact(Decimal("2E+3"))
    (Decimal('2.5'), Decimal('2000'))
    """
    number = number.normalize()
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number


def decimals_of(number: Decimal) -> int:
    """Decimals with which a number was printed.

    >>> decimals_of(Decimal("93.50"))
    2
    """
    return max(0, -number.as_tuple().exponent)


def render_sheet_number(value: float, number_format: str = "General") -> str:
    """A number as a sheet shows it: no binary noise, per cent where the format has it.

    At least the decimals of the format are shown, and more are kept, since the sheet only hides them.

    >>> render_sheet_number(93.30000000000001), render_sheet_number(0.932, "0.0%")
    ('93.3', '93.2%')
    """
    if isinstance(value, bool):
        return str(value)
    sign = "%" if "%" in number_format else ""
    number = exact(Decimal(format(value, ".15g")) * (100 if sign else 1))
    shown = _SHOWN_DECIMALS.fullmatch(number_format)
    return f"{number:.{max(decimals_of(number), len(shown[1]) if shown else 0)}f}{sign}"
