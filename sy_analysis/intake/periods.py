"""Printed periods to the record's own: a year, a quarter, a month, or a window that is none of these.

A window never becomes a year: 1-9月, 前三季度 and 截至10月23日 stay what they are.
"""

import re
import unicodedata
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import cn2an
import pandas as pd

from sy_analysis.base.periods import is_day, window_of
from sy_analysis.intake.digits import squeeze
from sy_analysis.intake.words import meanings, message, one_of

# First and last year that a publication of this record can speak about; outside, digits were lost or glued.
FIRST_YEAR, LAST_YEAR = 1949, 2100
# Five-year plans: the 13th runs from 2016 to 2020, each next one five years later.
_FIRST_PLAN_YEAR = 1951
_PLAN_YEARS = 5
# The plans before the 6th were not spaced evenly.
_FIRST_REGULAR_PLAN = 6


class Period(NamedTuple):
    """A period of the record: its text, its frequency (A, Q, M, YTD) and how it was read."""

    period: str
    frequency: str
    parse: str = ""


_MONTH = r"1[0-2]|0?[1-9]"
_DASH = r"(?:-|~|—|–|―|─|至|到)+"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_ANY_YEAR = rf"(?:{_YEAR}年?)?"
# the groups of a shape say what it is: see _in_record
_WORDS = {"YEAR": _YEAR, "ANY_YEAR": _ANY_YEAR, "MONTH": _MONTH, "DASH": _DASH}
_WORDS |= {"FROM": rf"(?P<first>{_MONTH})", "TO": rf"(?P<last>{_MONTH})"}
_WORDS |= {"QUARTERS": one_of(meanings("quarter")), "MONTHS": one_of(meanings("months"))}
_SHAPES = [re.compile(shape.format_map(_WORDS)) for shape in meanings("period")]
_PLAN = re.compile(
    r"[“\"']?(?P<number>[一二三四五六七八九十]{1,3})五[”\"']?(?:规划|计划|时期)?(?P<part>末|期末|初|期间|时期)?"
)
_STORED = re.compile(r"(\d{4}-\d\d(?:-\d\d)?)/(\d{4}-\d\d(?:-\d\d)?)|\d{4}-[RPB]\d{1,2}")


def read_period(printed: object, year: int | None = None) -> Period:
    """Read a printed period.

    Parameters
    ----------
    printed : str
    year : int, optional
        year of the document, for periods printed without one (1-9月, 上半年, 去年).

    Returns
    -------
    Period

    Raises
    ------
    ValueError
        in both languages, where the text is not a period, needs a year, or does not exist.

    Examples
    --------
    >>> read_period("2021年11月")
    Period(period='2021-11', frequency='M', parse='')
    >>> read_period("1-9月", year=2024)
    Period(period='2024-01/2024-09', frequency='YTD', parse='year 2024 from the document')
    >>> read_period("“十三五”末").period, read_period("2024Q3").frequency
    ('2020', 'Q')
    """
    return _read_period(str(printed), year)


def period_or_none(printed: object) -> Period | None:
    """Read a printed period, or None where the text is not one."""
    try:
        return read_period(printed)
    except ValueError:
        return None


@lru_cache(maxsize=16384)
def _read_period(printed, year):
    text = squeeze(printed)
    if re.fullmatch(r"\d{4}\.1", text):
        raise _unreadable("october", printed)
    text, steps = _in_digits(text)
    for word, shift in meanings("relative_year").items():
        if text.startswith(word):
            text = f"{_known(year, printed) + int(shift)}年{text.removeprefix(word)}"
            steps = [*steps, f"“{word}” from the year of the document"]
    if plan := _PLAN.fullmatch(text):
        return _plan_period(plan, printed)
    if _STORED.fullmatch(text):
        return _stored_window(text, printed)
    match = next(filter(None, (shape.fullmatch(text) for shape in _SHAPES)), None)
    if match is None:
        raise _unreadable("unknown", printed)
    return _with_year(match, year, printed, steps)


def _unreadable(key, printed):
    return ValueError(message(f"period.{key}", printed=printed))


def _in_digits(text):
    """Years in Chinese digits and months in Chinese numerals as plain digits."""
    steps = []
    if year := re.search(r"[一二][〇○零一二三四五六七八九]{3}(?=年)", text):
        digits = "".join(str("〇一二三四五六七八九".index(sign)) for sign in re.sub("[○零]", "〇", year[0]))
        text, steps = text.replace(year[0], digits), ["Chinese digits"]
    if month := re.search(r"(?<![一二三四五六七八九十])(十[一二]?|[一二三四五六七八九])(?=月)", text):
        text = text.replace(f"{month[0]}月", f"{cn2an.cn2an(month[0], 'smart')}月")
        steps = [*steps, "Chinese numeral"]
    return text, steps


def _known(year, printed):
    if year is None:
        raise _unreadable("no_year", printed)
    return year


def _with_year(match, year, printed, steps):
    parts = {name: text for name, text in match.groupdict().items() if text is not None}
    if "year" not in parts:
        steps = [*steps, f"year {_known(year, printed)} from the document"]
    elif re.fullmatch(rf"{_YEAR}(?:{_MONTH})月?.*", match[0]):
        steps = [*steps, "year and month were glued together"]
    try:
        period, frequency = _in_record(int(parts.get("year", year or 0)), parts)
    except ValueError:
        raise _unreadable("impossible", printed) from None
    if not FIRST_YEAR <= int(period[:4]) <= LAST_YEAR:
        raise _unreadable("odd_year", printed)
    return Period(period, frequency, "; ".join(steps))


def _in_record(year, parts):
    """Period and frequency from the groups that a shape has."""
    if "month" in parts:
        return f"{year}-{int(parts['month']):02d}", "M"
    if "quarter" in parts:
        return f"{year}Q{meanings('quarter')[parts['quarter']]}", "Q"
    if "round" in parts:
        return f"{year}-{'B' if parts['round'].startswith('批') else 'R'}{int(parts['number'])}", "YTD"
    if "months" in parts:
        first, last = map(int, meanings("months")[parts["months"]].split())
        return _window(year, first, year, last)
    if "last_day" in parts:
        return _days(year, parts)
    if parts.keys() & {"last", "last_year"}:
        last_year = int(parts.get("last_year", year))
        return _window(year, int(parts.get("first", 1)), last_year, int(parts.get("last", 12)))
    return str(year), "A"


def _window(first_year, first, last_year, last):
    """Months as a window, all twelve of one year as the year; a quarter's months stay as printed."""
    if not (1 <= first <= 12 and 1 <= last <= 12) or (first_year, first) > (last_year, last):
        raise ValueError
    if (first_year, first, last) == (last_year, 1, 12):
        return str(first_year), "A"
    return f"{first_year}-{first:02d}/{last_year}-{last:02d}", "YTD"


def _days(year, parts):
    first = date(year, int(parts.get("first", 1)), int(parts.get("first_day", 1)))
    last = date(year, int(parts["last"]), int(parts["last_day"]))
    if first > last:
        raise ValueError
    return f"{first}/{last}", "YTD"


def _plan_period(plan, printed):
    number = int(cn2an.cn2an(plan["number"], "smart"))
    if number < _FIRST_REGULAR_PLAN:
        raise _unreadable("old_plan", printed)
    first = _FIRST_PLAN_YEAR + _PLAN_YEARS * number
    last = first + _PLAN_YEARS - 1
    if plan["part"] in ("末", "期末"):
        return Period(str(last), "A", f"last year of the {number}th plan")
    if plan["part"] == "初":
        return Period(str(first), "A", f"first year of the {number}th plan")
    return Period(f"{first}-01/{last}-12", "YTD", f"years of the {number}th plan")


def _stored_window(text, printed):
    start, _, end = text.partition("/")
    if end and (
        start > end or len(start) != len(end) or not all(is_day(f"{day}-01"[:10]) for day in (start, end))
    ):
        raise _unreadable("impossible", printed)
    return Period(text, "YTD")


def days_of(period: str) -> int | None:
    """Calendar days of a period of the record; None for a numbered round.

    >>> days_of("2024"), days_of("2024-02"), days_of("2023Q1"), days_of("2024-01-01/2024-10-23")
    (366, 29, 90, 297)
    """
    first, last = ends_of(period)
    return None if first is None else (last - first).days + 1


@lru_cache(maxsize=16384)
def ends_of(period: str) -> tuple[date, date] | tuple[None, None]:
    """First and last day of a period of the record; (None, None) for a numbered round.

    >>> ends_of("2024-01/2024-09")
    (datetime.date(2024, 1, 1), datetime.date(2024, 9, 30))
    """
    first, last = window_of(period)
    return (None, None) if pd.isna(last) else (first.date(), last.date())


# A period inside a running text, such as a caption or a file name.
_INSIDE = re.compile(
    rf"(?<!\d)(?:19|20)\d\d(?:0[1-9]|1[0-2])(?!\d)"
    rf"|(?<!\d)(?:19|20)\d\d年?(?:(?:{_MONTH})月?{_DASH}(?:{_MONTH})月|(?:{_MONTH})月|第?[一二三四1-4]季度"
    r"|Q[1-4]|上半年|下半年|前三季度|度|末|底|全年)?"
    r"|(?:19|20)\d\d-(?:0[1-9]|1[0-2])(?!\d)"
)


def find_periods(text: str) -> list[Period]:
    """Periods that a caption names, in order, each once.

    >>> [p.period for p in find_periods("2021年11月湖南省环境空气质量状况")]
    ['2021-11']
    """
    # blanks inside a period go; one before it keeps “表1 2021年” apart
    plain = re.sub(r"(?<=[\d年])\s+(?=[年月])|(?<=年)\s+", "", unicodedata.normalize("NFKC", text))
    periods = (period_or_none(match[0]) for match in _INSIDE.finditer(plain))
    return list(dict.fromkeys(filter(None, periods)))
