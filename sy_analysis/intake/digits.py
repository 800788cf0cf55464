"""Printed numbers: one way to write each sign, decimals that keep every digit, units, and Chinese numerals.

What each unit counts, and its factor to the base unit, is data: units.csv.
"""

import re
import unicodedata
from decimal import Decimal

import cn2an

from sy_analysis.intake.words import meanings, message, one_of, read_rows

_FOOTNOTE = re.compile(r"(?<=[\d%)])(?:[①-⑳¹²³⁰-⁹]+|\[\d+\]|[*†‡#]+)$")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"))
_SHOWN_DECIMALS = re.compile(r"[#,]*0\.(0+)[%_ ]*")
UNITS = {
    unicodedata.normalize("NFKC", row["unit"]): (row["base"], Decimal(row["factor"]))
    for row in read_rows("units")
}
SCALES = {"": 1} | {scale: int(factor) for scale, factor in meanings("scale").items()}
UNIT, SCALE = one_of(UNITS), one_of(SCALES)
BEFORE, AFTER = one_of(meanings("before")), one_of(meanings("after"))
_NUMBER = "[负零〇一二三四五六七八九十百千万亿两点]+"


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


def plain_digits(text: str) -> tuple[str, list[str]]:
    """Decimal marks and Chinese numerals as plain digits, and the steps that this took.

    >>> plain_digits("超九成"), plain_digits("二至三个")
    (('超90%', ['tenths (成) read as per cent']), ('2-3个', ['Chinese numeral']))
    """
    marked = re.sub(r"(?<=\d)[。·・‧](?=\d)", ".", text)
    steps = ["“。” or “·” read as a decimal point"] if marked != text else []
    marked = re.sub("百分之?百", "100%", marked)
    for shape, rewrite in _SHAPES:
        match = re.fullmatch(shape, marked)
        rewritten = rewrite(match) if match else None
        if rewritten:
            is_tenths = rewrite is _tenths
            return rewritten, [*steps, "tenths (成) read as per cent" if is_tenths else "Chinese numeral"]
    return marked, steps


def number_of(chinese: str) -> Decimal | None:
    """A Chinese numeral as a decimal, or None where it is not one.

    >>> number_of("九十三点五"), number_of("两三")
    (Decimal('93.5'), None)
    """
    if chinese.isdigit():
        return Decimal(chinese)
    # 两 is a plain two before a scale or alone; 两三 means "two or three"
    numeral = re.sub("两(?=[百千万亿]|$)", "二", chinese)
    try:
        return Decimal(str(cn2an.cn2an(numeral, "strict")))
    except (ValueError, KeyError, IndexError):
        return None


def _tenths(match):
    """七成半 as 75%, with 约 unless another word qualifies it."""
    tenths = number_of(match["number"])
    if tenths is None or not 0 < tenths < 10:
        return None
    about = "" if match["head"] or match["tail"] else "约"
    return f"{about}{match['head']}{tenths * 10 + (5 if match['half'] else 0)}%{match['tail'] or ''}"


def _fraction(match):
    """百分之 and 千分之 with their signs, any other fraction as part/whole."""
    number = number_of(match["number"])
    if number is None:
        return None
    sign = meanings("fraction").get(match["base"]) or f"/{number_of(match['base'])}"
    return f"{match['head']}{number}{sign}{match['tail']}"


def _range(match):
    low, high = number_of(match["low"]), number_of(match["high"])
    return None if None in (low, high) else f"{low}-{high}{match['tail']}"


def _single(match):
    number = number_of(match["number"])
    return None if number is None else f"{match['head']}{number}{match['tail']}"


_SHAPES = (
    (rf"(?P<head>.*?)(?P<number>{_NUMBER}|\d)成(?P<half>半)?(?P<tail>左右|以上|以下)?", _tenths),
    (rf"(?P<head>.*?)(?P<base>{_NUMBER})分之(?P<number>{_NUMBER})(?P<tail>\D*)", _fraction),
    (rf"(?P<low>{_NUMBER})[-~—至到](?P<high>{_NUMBER})(?P<tail>{UNIT}?)", _range),
    (rf"(?P<head>{BEFORE}*)(?P<number>{_NUMBER})(?P<tail>{UNIT}?{AFTER}?)", _single),
)
