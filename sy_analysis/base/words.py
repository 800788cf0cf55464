"""Numbers and sentences as people write them, in two languages."""

import math
from functools import lru_cache

import pandas as pd


def both(chinese, english):
    """One message in both languages, for a clerk and for a colleague."""
    return f"{chinese} / {english}"


@lru_cache(maxsize=1)
def _simplifier():
    from opencc import OpenCC

    return OpenCC("t2s")


@lru_cache(maxsize=8192)
def simplify(text):
    """Traditional characters as simplified ones.

    >>> simplify("優良天數比例")
    '优良天数比例'
    """
    return text if text.isascii() else _simplifier().convert(text)


def number(value, unit="", decimals=2):
    """A number as people write it: at most `decimals`, no trailing zeros, a dash where there is none.

    >>> number(93.50, "%"), number(float("nan"))
    ('93.5%', '—')
    """
    if value is None or pd.isna(value):
        return "—"
    if math.isinf(value):
        return "∞"
    text = f"{value:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{'0' if text == '-0' else text}{unit}"


def probability(value):
    """A probability as a percentage that claims no more than it knows.

    >>> probability(0.003), probability(0.478), probability(0.999)
    ('<1%', '48%', '>99%')
    """
    if pd.isna(value):
        return "—"
    return "<1%" if value < 0.01 else ">99%" if value > 0.99 else f"{100 * value:.0f}%"


def shorten(title, length=30):
    """A title of at most `length` characters."""
    return title if len(title) <= length else f"{title[: length - 1]}…"
