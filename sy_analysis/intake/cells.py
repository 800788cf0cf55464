"""A printed cell to a value: number or range, qualifier, unit, and how it was read.

Numbers are decimals from the first character to the last, so that what is printed is what is kept.
"""

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from sy_analysis.intake import digits
from sy_analysis.intake.digits import AFTER, BEFORE, SCALE, UNIT, UnreadableError
from sy_analysis.intake.words import meanings, message, one_of

# Signs and words for "no value", as printed in yearbooks and bulletins. None of them is zero.
_MISSING = frozenset(map(digits.squeeze, meanings("missing")))
_SIGNS = meanings("before") | meanings("after")
_DIGITS = r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"
_START, _END = (
    rf"(?P<number{n}>{_DIGITS})(?P<more{n}>[余多])?(?P<scale{n}>{SCALE})?(?P<over{n}>[余多])?(?P<unit{n}>{UNIT})?"
    for n in (1, 2)
)
_AMOUNT = re.compile(rf"(?P<before>{BEFORE}*){_START}(?:[-~—–―─至到]+{_END})?(?P<after>{AFTER}*)")
_RATIO = re.compile(r"(\d+)/(\d+)(?:天|日|个|家|项|批次|批)?")
_BRACKETED = re.compile(r"(.+?)\((.+)\)")
# no printed figure is longer, and beyond 28 digits decimals are no longer exact
_TOO_LONG = re.compile(r"(?<![.\d])\d{16}|\.\d{21}")
# what cannot be read at all, by the key of its message
_REFUSED = {
    "cell.sheet_error": re.compile(f"{one_of(meanings('sheet_error'))}.*", re.IGNORECASE),
    "cell.uncached": re.compile(rf"=(?!{_DIGITS}[^-+*/=(]*$).*"),
    "cell.date": re.compile(r"\d{4}-\d\d-\d\d"),
    "cell.lost": re.compile(".*\ufffd.*"),
    "cell.dash": re.compile("一"),
}


class Reading(NamedTuple):
    """What a cell means.

    `kind` is number, range, missing, text or error. A number has `value`, a range has `low` and `high`, both in
    the wanted unit. `qualifier` is =, >=, <= or ~. `parse` names every step that is more than reading plain
    digits. `doubt` is a word for the guard (unit, range, change, beside). `problem` says why a cell cannot be
    read.
    """

    kind: str
    printed: str
    value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    qualifier: str = "="
    unit: str = ""
    parse: str = ""
    doubt: str = ""
    problem: str = ""


def read_cell(printed: object, unit: str = "", days: int | None = None) -> Reading:
    """Read one printed cell.

    Parameters
    ----------
    printed : str
        the cell as printed.
    unit : str
        the indicator's own unit, to which the value is converted; empty: keep the printed unit.
    days : int, optional
        days of the period, the denominator that makes a number of days a share in %.

    Returns
    -------
    Reading

    Examples
    --------
    >>> read_cell("≧98.2", "%")[:6]
    ('number', '≧98.2', Decimal('98.2'), None, None, '>=')
    >>> read_cell("2-3个", "个")[2:5]
    (None, Decimal('2'), Decimal('3'))
    >>> read_cell("2000余万元", "元").value, read_cell("2000余万元", "元").qualifier
    (Decimal('20000000'), '>=')
    >>> read_cell("342天", "%", days=366).value
    Decimal('93.44')
    >>> read_cell("省下达指标", "%").kind, read_cell("—", "%").kind
    ('text', 'missing')
    """
    return _read_cell(str(printed), unit, days)


@lru_cache(maxsize=65536)
def _read_cell(printed, unit, days):
    text = digits.tidy(printed)
    if not text or text.lower() in _MISSING:
        return Reading("missing", printed)
    try:
        _check(printed, text)
        return _read_text(printed, text, unit, days)
    except UnreadableError as error:
        return Reading("error", printed, problem=str(error))


def _unreadable(key, printed, **facts):
    return UnreadableError(message(key, printed=printed, **facts))


def _check(printed, text):
    """Refuse what must not be taken for a number or a word."""
    for key, pattern in _REFUSED.items():
        if pattern.fullmatch(text):
            raise _unreadable(key, printed, text=text)
    if _has_split_digits(printed):
        raise _unreadable("cell.split", printed)


def _has_split_digits(printed):
    """Whether a blank between digits is not a thousands separator.

    >>> _has_split_digits("98 2"), _has_split_digits("1 234.5")
    (True, False)
    """
    text = unicodedata.normalize("NFKC", printed)
    return bool(re.search(r"\d\s+\d", text)) and not re.search(r"(?<![\d.])\d{1,3}(\s\d{3})+(?!\s*\d)", text)


def _read_text(printed, text, unit, days):
    text, steps = digits.plain_digits(text)
    if _TOO_LONG.search(text.replace(",", "")):
        raise _unreadable("cell.long", printed)
    if ratio := _RATIO.fullmatch(text):
        return _read_ratio(printed, int(ratio[1]), int(ratio[2]), unit, steps)
    if amount := _AMOUNT.fullmatch(text):
        return _read_amount(printed, amount, unit, days, steps)
    bracketed = _BRACKETED.fullmatch(text)
    reading = _read_bracketed(printed, bracketed[1], bracketed[2], unit, days) if bracketed else None
    if reading:
        return reading
    if re.search(r"\d", text):
        raise _unreadable("cell.unreadable", printed)
    return Reading("text", printed, unit=unit, parse="text kept as printed")


def _read_ratio(printed, part, whole, unit, steps):
    if whole == 0 or part > whole:
        raise _unreadable("cell.not_a_part", printed)
    if unit not in ("", "%"):
        return Reading("number", printed, Decimal(part), unit=unit, parse=f"{part} of {whole}", doubt="unit")
    share = digits.exact(round(Decimal(part) * 100 / whole, 2))
    return Reading(
        "number", printed, share, unit="%", parse="; ".join([*steps, f"{part} of {whole} as a share"])
    )


def _read_amount(printed, match, unit, days, steps):
    words = re.findall(BEFORE, match["before"]) + re.findall(AFTER, match["after"])
    more = [match[name] for name in ("more1", "over1", "more2", "over2") if match[name]]
    signs = {_SIGNS[word] for word in words} | ({">="} if more else set())
    if {">=", "<="} <= signs:
        raise _unreadable("cell.contrary", printed)
    steps = [*steps, *(f"“{word}”" for word in [*words, *more])]
    if match["number2"]:
        return _read_range(printed, match, unit, days, steps)
    qualifier = next((sign for sign in (">=", "<=", "~") if sign in signs), "=")
    return _read_number(printed, match, unit, days, steps)._replace(qualifier=qualifier)


def _read_number(printed, match, unit, days, steps):
    number, printed_unit = Decimal(match["number1"].replace(",", "")), match["unit1"] or ""
    if match["scale1"]:
        number = digits.exact(number * digits.SCALES[match["scale1"]])
        steps = [*steps, f"× {digits.SCALES[match['scale1']]}"]
    value, step, doubt = digits.convert(number, printed_unit, unit, days)
    steps = [*steps, *filter(None, [step])]
    if match["number1"].startswith("+"):
        doubt, steps = "change", [*steps, "printed with a plus, as a change is"]
    return Reading("number", printed, value, unit=unit or printed_unit, parse="; ".join(steps), doubt=doubt)


def _read_range(printed, match, unit, days, steps):
    # "2-3万元": the scale and unit of the end hold for the start too
    unit1, unit2 = match["unit1"] or match["unit2"] or "", match["unit2"] or match["unit1"] or ""
    scale1 = match["scale1"] or ("" if match["unit1"] else match["scale2"]) or ""
    start = Decimal(match["number1"].replace(",", "")) * digits.SCALES[scale1]
    end = Decimal(match["number2"].lstrip("-+").replace(",", "")) * digits.SCALES[match["scale2"] or ""]
    low, step, doubt = digits.convert(start, unit1, unit, days)
    high, *_ = digits.convert(end, unit2, unit, days)
    if low > high:
        raise _unreadable("cell.backwards", printed)
    parse = "; ".join([*steps, "range", *filter(None, [step])])
    return Reading(
        "range", printed, low=low, high=high, unit=unit or unit2, parse=parse, doubt=doubt or "range"
    )


def _read_bracketed(printed, outer, inner, unit, days):
    """Read a figure with another in brackets, such as 342天(93.4%).

    The one in the indicator's unit counts; None where neither can be read.
    """
    readings = [_read_cell(part, unit, days) for part in (outer, inner)]
    figures = [
        reading for reading in readings if reading.kind in ("number", "range") and reading.doubt != "unit"
    ]
    if not figures:
        return None
    chosen = next((reading for reading in figures if " days" not in reading.parse), figures[0])
    other = inner if chosen is readings[0] else outer
    parse = "; ".join(filter(None, [chosen.parse, f"beside “{other}”"]))
    doubt = "beside" if _disagree(figures) else chosen.doubt
    return chosen._replace(printed=printed, parse=parse, doubt=doubt)


def _disagree(figures):
    """Whether two figures of one cell differ by more than rounding to the coarser one."""
    if len(figures) < 2 or any(figure.value is None for figure in figures):
        return False
    one, other = (figure.value for figure in figures)
    half = Decimal(5).scaleb(-1 - min(digits.decimals_of(one), digits.decimals_of(other)))
    return abs(one - other) > half
