"""Printed periods to the record's own: a year, a quarter, a month, or a window that is none of these.

A window never becomes a year: 1-9月, 前三季度 and 截至10月23日 stay what they are.
"""

import calendar
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import cn2an

from sy_analysis.base.words import both

# First and last year that a publication of this record can speak about; outside, digits were lost or glued.
FIRST_YEAR, LAST_YEAR = 1949, 2100
# Five-year plans: the 13th runs from 2016 to 2020, each next one five years later.
_FIRST_PLAN_YEAR = 1951
_PLAN_YEARS = 5


class Period(NamedTuple):
    """A period of the record: its text, its frequency (A, Q, M, YTD) and how it was read."""

    period: str
    frequency: str
    parse: str = ""


_WORDS = {
    "全年": (1, 12),
    "上半年": (1, 6),
    "下半年": (7, 12),
    "前三季度": (1, 9),
    "前三季": (1, 9),
    "前二季度": (1, 6),
    "前两季度": (1, 6),
}
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_MONTH = r"1[0-2]|0?[1-9]"
_DASH = r"(?:-|~|—|–|―|─|至|到)+"
_OPTIONAL_YEAR = rf"(?:{_YEAR}年?)?"
_UNTIL = rf"截[至止]到?{_OPTIONAL_YEAR}"
_DAY = r"\d{1,2}"
_LATER = r"(?P<year2>20\d\d)"


_SHAPES = (
    (rf"{_YEAR}(?:年度|年全年|年末|年底|年终|年)?", lambda y, m: _year(y)),
    (rf"{_OPTIONAL_YEAR}全年", lambda y, m: _year(y)),
    (rf"{_YEAR}(?:年|[-./])?(?P<a>{_MONTH})(?:月份|月末|月底|月)?", lambda y, m: _month(y, int(m["a"]))),
    (rf"(?P<a>{_MONTH})(?:月|月份)", lambda y, m: _month(y, int(m["a"]))),
    (rf"{_YEAR}[-./]?Q(?P<q>[1-4])", lambda y, m: _quarter(y, int(m["q"]))),
    (rf"{_OPTIONAL_YEAR}第?(?P<q>[一二三四1-4])季度", lambda y, m: _quarter(y, _QUARTERS[m["q"]])),
    (rf"{_OPTIONAL_YEAR}(?P<word>{'|'.join(_WORDS)})", lambda y, m: _months(y, *_WORDS[m["word"]])),
    (
        rf"{_OPTIONAL_YEAR}(?P<a>{_MONTH})月?{_DASH}(?P<b>{_MONTH})(?:月|月份)",
        lambda y, m: _months(y, int(m["a"]), int(m["b"])),
    ),
    (
        rf"{_YEAR}(?:年|[-./])(?P<a>{_MONTH})月?{_DASH}{_LATER}(?:年|[-./])(?P<b>{_MONTH})月?",
        lambda y, m: _span(y, int(m["a"]), int(m["year2"]), int(m["b"])),
    ),
    (rf"{_OPTIONAL_YEAR}前(?P<b>\d{{1,2}})个?月", lambda y, m: _months(y, 1, int(m["b"]))),
    (rf"{_UNTIL}(?P<b>{_MONTH})月(?:末|底|份)?", lambda y, m: _months(y, 1, int(m["b"]))),
    (rf"{_UNTIL}(?P<b>{_MONTH})月(?P<d>{_DAY})[日号]", lambda y, m: _days(y, 1, 1, int(m["b"]), int(m["d"]))),
    (
        rf"{_OPTIONAL_YEAR}(?P<a>{_MONTH})月(?P<c>{_DAY})[日号]{_DASH}(?P<b>{_MONTH})月(?P<d>{_DAY})[日号]",
        lambda y, m: _days(y, *(int(m[part]) for part in "acbd")),
    ),
    (rf"截[至止]到?{_YEAR}年?[末底]?", lambda y, m: _year(y)),
    (rf"{_YEAR}年?{_DASH}{_LATER}年?", lambda y, m: _span(y, 1, int(m["year2"]), 12)),
    (
        rf"{_OPTIONAL_YEAR}第(?P<n>\d{{1,2}})(?P<kind>批次|批|轮|次|期)",
        lambda y, m: _round(y, int(m["n"]), m["kind"]),
    ),
)
_PATTERNS = tuple((re.compile(shape), reader) for shape, reader in _SHAPES)
_PLAN = re.compile(
    r"[“\"']?(?P<n>[一二三四五六七八九十]{1,3})五[”\"']?(?:规划|计划|时期)?(?P<part>末|期末|初|期间|时期)?"
)
# Words that name a day of reading, not a period.
_RELATIVE = {"今年": 0, "本年": 0, "当年": 0, "去年": -1, "上年": -1, "前年": -2}


def read_period(printed, year=None):
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
        in both languages, where the text is no period, needs a year, or does not exist.

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


@lru_cache(maxsize=16384)
def _read_period(printed, year):
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", printed)).replace("−", "-")
    if re.fullmatch(r"\d{4}\.1", text):
        zh, en = (
            f"“{printed}”可能是1月,也可能是10月(末尾的0丢失)",
            f"“{printed}” may be January or, its 0 lost, October",
        )
        raise ValueError(both(zh, en))
    text, steps = _in_digits(text)
    for word, shift in _RELATIVE.items():
        if text.startswith(word):
            text, steps = (
                f"{_known(year, printed) + shift}年{text[len(word) :]}",
                [*steps, f"“{word}” from the year of the document"],
            )
    plan = _PLAN.fullmatch(text)
    if plan:
        return _plan_period(plan, printed)
    window = re.fullmatch(r"(\d{4}-\d\d(?:-\d\d)?)/(\d{4}-\d\d(?:-\d\d)?)|\d{4}-[RPB]\d{1,2}", text)
    if window:
        return _stored_window(text, printed)
    for pattern, reader in _PATTERNS:
        match = pattern.fullmatch(text)
        if match:
            return _with_year(match, reader, year, printed, steps)
    raise ValueError(
        both(
            f"“{printed}”不是时期,应如 2024年、2024年9月、2024Q3、1-9月",
            f"“{printed}” is no period; expected one such as 2024, 2024-09, 2024Q3 or 1-9月",
        )
    )


def _in_digits(text):
    """Years in Chinese digits and months in Chinese numerals as plain digits."""
    steps = []
    year = re.search(r"[一二][〇○零一二三四五六七八九]{3}(?=年)", text)
    if year:
        digits = "".join(str("〇一二三四五六七八九".index(sign)) for sign in re.sub("[○零]", "〇", year[0]))
        text, steps = text.replace(year[0], digits), ["Chinese digits"]
    month = re.search(r"(?<![一二三四五六七八九十])(十[一二]?|[一二三四五六七八九])(?=月)", text)
    if month:
        text, steps = (
            text.replace(f"{month[0]}月", f"{cn2an.cn2an(month[0], 'smart')}月"),
            [*steps, "Chinese numeral"],
        )
    return text, steps


def _known(year, printed):
    if year is None:
        raise ValueError(both(f"“{printed}”没有年份,请写明年份", f"“{printed}” has no year; name the year"))
    return year


def _with_year(match, reader, year, printed, steps):
    own = match.groupdict().get("year")
    if own is None:
        steps = [*steps, f"year {_known(year, printed)} from the document"]
    elif re.fullmatch(rf"{_YEAR}(?P<m>{_MONTH})月?.*", match[0]):
        steps = [*steps, "year and month were glued together"]
    try:
        period, frequency = reader(int(own) if own else year, match)
    except ValueError:
        raise ValueError(both(f"“{printed}”这个时期不存在", f"“{printed}” does not exist")) from None
    if not FIRST_YEAR <= int(period[:4]) <= LAST_YEAR:
        raise ValueError(both(f"“{printed}”的年份不合理", f"“{printed}” has an impossible year"))
    return Period(period, frequency, "; ".join(steps))


def _plan_period(plan, printed):
    number = int(cn2an.cn2an(plan["n"], "smart"))
    first = _FIRST_PLAN_YEAR + _PLAN_YEARS * number
    # the plans before the 6th were not spaced evenly
    if number < 6:
        raise ValueError(both(f"“{printed}”的起止年份不明", f"the years of “{printed}” are not known here"))
    last = first + _PLAN_YEARS - 1
    if plan["part"] in ("末", "期末"):
        return Period(str(last), "A", f"last year of the {number}th plan")
    if plan["part"] == "初":
        return Period(str(first), "A", f"first year of the {number}th plan")
    return Period(f"{first}-01/{last}-12", "YTD", f"years of the {number}th plan")


def _stored_window(text, printed):
    start, _, end = text.partition("/")
    if end and (start > end or len(start) != len(end) or not all(_exists(part) for part in (start, end))):
        raise ValueError(both(f"“{printed}”这个时期不存在", f"“{printed}” does not exist"))
    return Period(text, "YTD")


def _exists(text):
    parts = [int(part) for part in text.split("-")]
    return 1 <= parts[1] <= 12 and (len(parts) == 2 or 1 <= parts[2] <= calendar.monthrange(*parts[:2])[1])


def _year(year):
    return str(year), "A"


def _month(year, month):
    return f"{year}-{month:02d}", "M"


def _quarter(year, quarter):
    return f"{year}Q{quarter}", "Q"


def _months(year, first, last):
    """Months of one year; all twelve are the year, three that make a quarter stay a window as printed."""
    return _span(year, first, year, last)


def _span(first_year, first, last_year, last):
    if not (1 <= first <= 12 and 1 <= last <= 12) or (first_year, first) > (last_year, last):
        raise ValueError
    if (first_year, first, last) == (last_year, 1, 12):
        return _year(first_year)
    return f"{first_year}-{first:02d}/{last_year}-{last:02d}", "YTD"


def _days(year, month1, day1, month2, day2):
    if (
        (month1, day1) > (month2, day2)
        or day1 > calendar.monthrange(year, month1)[1]
        or day2 > calendar.monthrange(year, month2)[1]
    ):
        raise ValueError
    return f"{year}-{month1:02d}-{day1:02d}/{year}-{month2:02d}-{day2:02d}", "YTD"


def _round(year, number, kind):
    return f"{year}-{'B' if kind.startswith('批') else 'R'}{number}", "YTD"


def days_of(period):
    """Calendar days of a period of the record; None for a numbered round.

    >>> days_of("2024"), days_of("2024-02"), days_of("2023Q1"), days_of("2024-01-01/2024-10-23")
    (366, 29, 90, 297)
    """
    first, last = ends_of(period)
    return None if first is None else (last - first).days + 1


def ends_of(period):
    """First and last day of a period of the record; (None, None) for a numbered round.

    >>> ends_of("2024-01/2024-09")
    (datetime.date(2024, 1, 1), datetime.date(2024, 9, 30))
    """
    from datetime import date

    if "Q" in period:
        year, quarter = int(period[:4]), int(period[5])
        return date(year, 3 * quarter - 2, 1), date(
            year, 3 * quarter, calendar.monthrange(year, 3 * quarter)[1]
        )
    start, _, end = period.partition("/")
    if re.search("[RPB]", start):
        return None, None
    return _day(start, last=False), _day(end or start, last=True)


def _day(text, last):
    from datetime import date

    year, month, day = (*(int(part) for part in text.split("-")), None, None)[:3]
    month = month or (12 if last else 1)
    return date(year, month, day or (calendar.monthrange(year, month)[1] if last else 1))


# A period inside a running text, such as a caption or a file name.
_INSIDE = re.compile(
    rf"(?<!\d)(?:19|20)\d\d(?:0[1-9]|1[0-2])(?!\d)|(?<!\d)(?:19|20)\d\d年?(?:(?:{_MONTH})月?{_DASH}(?:{_MONTH})月|(?:{_MONTH})月|第?[一二三四1-4]季度|Q[1-4]|上半年|下半年|前三季度|度|末|底|全年)?|(?:19|20)\d\d-(?:0[1-9]|1[0-2])(?!\d)"
)


def find_periods(text):
    """Periods that a caption names, in order, each once.

    >>> [p.period for p in find_periods("2021年11月湖南省环境空气质量状况")]
    ['2021-11']
    """
    # blanks inside a period go; one before it keeps “表1 2021年” apart
    plain = re.sub(r"(?<=[\d年])\s+(?=[年月])|(?<=年)\s+", "", unicodedata.normalize("NFKC", text))
    found = []
    for match in _INSIDE.finditer(plain):
        try:
            found.append(read_period(match[0]))
        except ValueError:
            continue
    return list(dict.fromkeys(found))
