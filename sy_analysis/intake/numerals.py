"""Numbers in Chinese words as plain digits."""

import re
from decimal import Decimal

import cn2an

from sy_analysis.intake.units import UNIT
from sy_analysis.intake.words import meanings, one_of

BEFORE, AFTER = one_of(meanings("before")), one_of(meanings("after"))
_NUMBER = "[负零〇一二三四五六七八九十百千万亿两点]+"


def plain_digits(text: str) -> tuple[str, list[str]]:
    """Decimal marks and Chinese numerals as plain digits, and the steps that this took.

    >>> plain_digits("超九成"), plain_digits("二至三个")
    (('超90%', ['tenths (成) read as per cent']), ('2-3个', ['Chinese numeral']))
    """
    marked = re.sub(r"(?<=\d)[。·・‧](?=\d)", ".", text)
    steps = ["“。” or “·” read as a decimal point"] if marked != text else []
    marked = re.sub("百分之?百", "100%", marked)
    for pattern, rewrite, step in _SHAPES:
        match = pattern.fullmatch(marked)
        rewritten = rewrite(match) if match else None
        if rewritten:
            return rewritten, [*steps, step]
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


_SHAPES = tuple(
    (re.compile(shape), rewrite, step)
    for shape, rewrite, step in (
        (
            rf"(?P<head>.*?)(?P<number>{_NUMBER}|\d)成(?P<half>半)?(?P<tail>左右|以上|以下)?",
            _tenths,
            "tenths (成) read as per cent",
        ),
        (
            rf"(?P<head>.*?)(?P<base>{_NUMBER})分之(?P<number>{_NUMBER})(?P<tail>\D*)",
            _fraction,
            "Chinese numeral",
        ),
        (rf"(?P<low>{_NUMBER})[-~—至到](?P<high>{_NUMBER})(?P<tail>{UNIT}?)", _range, "Chinese numeral"),
        (
            rf"(?P<head>{BEFORE}*)(?P<number>{_NUMBER})(?P<tail>{UNIT}?{AFTER}?)",
            _single,
            "Chinese numeral",
        ),
    )
)
