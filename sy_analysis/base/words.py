"""Numbers and sentences as people write them, in two languages."""

import csv
import io
import math
from functools import cache, lru_cache
from importlib.resources import files


@cache
def read_words(package: str, name: str) -> dict[str, tuple[str, str]]:
    """Read a word table of a package: the Chinese and the English text of each key.

    Parameters
    ----------
    package : str
        such as `sy_analysis.report`.
    name : str
        CSV file in that package with the columns key, zh and en, such as `words.csv`.
    """
    text = files(package).joinpath(name).read_text(encoding="utf-8")
    return {row["key"]: (row["zh"], row["en"]) for row in csv.DictReader(io.StringIO(text))}


def both(chinese: str, english: str) -> str:
    """One message in both languages, for a clerk and for a colleague."""
    return f"{chinese} / {english}"


@cache
def _simplifier():
    from opencc import OpenCC

    return OpenCC("t2s")


@lru_cache(maxsize=8192)
def simplify(text: str) -> str:
    """Replace traditional characters by simplified ones.

    >>> simplify("優良天數比例")
    '优良天数比例'
    """
    return text if text.isascii() else _simplifier().convert(text)


def number(value: float | None, unit: str = "", decimals: int = 2) -> str:
    """Format a number without trailing zeros, a missing one as a dash.

    >>> number(93.50, "%"), number(float("nan"))
    ('93.5%', '—')
    """
    if value is None or math.isnan(value):
        return "—"
    if math.isinf(value):
        return "∞"
    text = f"{value:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{'0' if text == '-0' else text}{unit}"


def probability(value: float) -> str:
    """Format a probability as a whole percentage, never as 0% or 100%.

    >>> probability(0.003), probability(0.478), probability(0.999)
    ('<1%', '48%', '>99%')
    """
    if value is None or math.isnan(value):
        return "—"
    return "<1%" if value < 0.01 else ">99%" if value > 0.99 else f"{100 * value:.0f}%"


def shorten(title: str, length: int = 30) -> str:
    """Cut a title to at most `length` characters."""
    return title if len(title) <= length else f"{title[: length - 1]}…"
