"""A printed cell to a value: number or range, qualifier, unit, and how it was read.

Numbers are decimals from the first character to the last, so that what is printed is what is kept.
"""

import csv
import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import cn2an

from sy_analysis.base.words import both

# Signs and words for "no value", as printed in yearbooks and bulletins. None of them is zero.
_NO_VALUE = """
/ - -- --- ... .. — —— – ― ─ ー … …… * ** n/a na nan null none nil
无 暂无 缺 空 空白 未公布 未统计 未评价 未参评 无数据 暂无数据 不适用
"""
MISSING = frozenset(unicodedata.normalize("NFKC", _NO_VALUE).split())
# Error words of spreadsheet programs.
SHEET_ERRORS = (
    "#DIV/0!",
    "#N/A",
    "#NAME?",
    "#NULL!",
    "#NUM!",
    "#REF!",
    "#VALUE!",
    "#SPILL!",
    "#CALC!",
    "####",
)
AT_LEAST = (
    "大于等于",
    "大于或等于",
    "不低于",
    "不少于",
    "不小于",
    "超过",
    "高于",
    "大于",
    "逾",
    "超",
    "至少",
    ">=",
    "=>",
    "≥",
    "≧",
    "⩾",
    "≽",
    ">",
)
AT_MOST = (
    "小于等于",
    "小于或等于",
    "不超过",
    "不高于",
    "不多于",
    "不大于",
    "低于",
    "小于",
    "少于",
    "不足",
    "至多",
    "<=",
    "=<",
    "≤",
    "≦",
    "⩽",
    "≼",
    "<",
)
ABOUT = ("大约", "大概", "接近", "将近", "约为", "约", "近", "≈", "~", "±", "基本达到")
REACHES = ("达到", "达", "为", "是", "=", ":")
SOFT = ("力争达到", "争取达到", "力争", "争取", "基本")
_PREFIX_OF = (
    dict.fromkeys(AT_LEAST, ">=")
    | dict.fromkeys(AT_MOST, "<=")
    | dict.fromkeys(ABOUT, "~")
    | dict.fromkeys((*REACHES, *SOFT), "")
)
_SUFFIX_OF = (
    dict.fromkeys(("或以上", "及以上", "以上", "+", "起步"), ">=")
    | dict.fromkeys(("及以下", "以下", "以内", "之内"), "<=")
    | dict.fromkeys(("左右", "上下"), "~")
)


def _read_units():
    """Printed units to their base and factor, from units.csv."""
    with files("sy_analysis.intake").joinpath("units.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return {
            unicodedata.normalize("NFKC", row["unit"]): (row["base"], Decimal(row["factor"])) for row in rows
        }


_UNITS = _read_units()
_SCALES = {
    "": 1,
    "百": 10**2,
    "千": 10**3,
    "万": 10**4,
    "十万": 10**5,
    "百万": 10**6,
    "千万": 10**7,
    "亿": 10**8,
    "十亿": 10**9,
    "百亿": 10**10,
    "千亿": 10**11,
    "万亿": 10**12,
}
_DIGITS = r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"
_SCALE = "|".join(sorted((s for s in _SCALES if s), key=len, reverse=True))
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_CHINESE = "[负零〇一二三四五六七八九十百千万亿两点]+"
_PREFIX = "|".join(sorted(map(re.escape, _PREFIX_OF), key=len, reverse=True))
_SUFFIX = "|".join(sorted(map(re.escape, _SUFFIX_OF), key=len, reverse=True))
_AMOUNT = (
    rf"(?P<number{{n}}>{_DIGITS})(?P<more{{n}}>[余多])?"
    rf"(?P<scale{{n}}>{_SCALE})?(?P<over{{n}}>[余多])?(?P<unit{{n}}>{_UNIT})?"
)
_START, _END = _AMOUNT.replace("{n}", "1"), _AMOUNT.replace("{n}", "2")
_CELL = re.compile(rf"(?P<prefix>(?:{_PREFIX})*){_START}(?:[-~—–―─至到]+{_END})?(?P<suffix>(?:{_SUFFIX})*)")
# no printed figure is longer, and beyond 28 digits decimals are no longer exact
_TOO_LONG = re.compile(r"(?<![.\d])\d{16}|\.\d{21}")
_RATIO = re.compile(r"(\d+)/(\d+)(?:天|日|个|家|项|批次|批)?")
_BRACKETED = re.compile(r"(.+?)\((.+)\)")
_FOOTNOTE = re.compile(r"(?<=[\d%)])(?:[①-⑳¹²³⁰-⁹]+|\[\d+\]|[*†‡#]+)$")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"))


class Reading(NamedTuple):
    """What a cell says.

    `kind` is number, range, missing, text or error. A number has `value`; a range has `low` and `high`; both
    are in the unit that was asked for. `qualifier` is =, >=, <= or ~. `parse` names every step that is more
    than reading plain digits. `doubt` is a word for the guard (unit, range, change, beside) and `problem` says why a
    cell cannot be read.
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


def tidy(printed):
    """Text with one way to write each sign: half-width forms, no footnote marks, no blanks.

    >>> tidy("９８．２％ ")
    '98.2%'
    >>> tidy("93.5①")
    '93.5'
    """
    text = str(printed).translate(_INVISIBLE).strip()
    # before compatibility forms are resolved: ① would become a digit of the number
    text = _FOOTNOTE.sub("", text)
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).replace("−", "-")


def read_cell(printed, unit="", days=None):
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
    text = tidy(printed)
    if not text or text.lower() in MISSING:
        return Reading("missing", printed)
    if text.upper().startswith(SHEET_ERRORS):
        return _error(printed, f"公式出错“{text}”", f"the formula ends in the error {text}")
    if text.startswith("=") and not re.fullmatch(rf"={_DIGITS}[^-+*/=(]*", text):
        return _error(
            printed,
            "公式没有保存结果,请在Excel中打开并保存",
            "a formula without a stored result; open the file in Excel and save it",
        )
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return _error(
            printed,
            "是日期;若原来是“2-3”之类的区间,请把单元格设为文本后重填",
            "a date; if a range such as 2-3 was meant, make the cell text and write it again",
        )
    if "\ufffd" in text:
        return _error(
            printed,
            "有无法辨认的字符(编码已损坏)",
            "characters were lost before this file was made (wrong encoding)",
        )
    if text == "一":
        return _error(printed, "“一”可能是破折号,也可能是数字1", "“一” may be a dash or the numeral one")
    if _has_split_digits(printed):
        return _error(printed, f"“{printed}”中数字之间有空格", f"“{printed}” has a blank between its digits")
    text, steps = _plain_digits(text)
    if _TOO_LONG.search(text.replace(",", "")):
        return _error(
            printed, f"“{printed[:40]}”位数过多", f"“{printed[:40]}” has more digits than a figure has"
        )
    ratio = _RATIO.fullmatch(text)
    if ratio:
        return _read_ratio(printed, int(ratio[1]), int(ratio[2]), unit, steps)
    match = _CELL.fullmatch(text)
    if match:
        return _read_match(printed, match, unit, days, steps)
    bracketed = _BRACKETED.fullmatch(text)
    if bracketed:
        return _read_bracketed(printed, bracketed[1], bracketed[2], unit, days)
    if re.search(r"\d", text):
        return _error(printed, f"“{printed}”不能读成一个数字", f"“{printed}” cannot be read as a number")
    return Reading("text", printed, unit=unit, parse="text kept as printed")


def _has_split_digits(printed):
    """A blank between digits that is no thousands separator.

    >>> _has_split_digits("98 2"), _has_split_digits("1 234.5")
    (True, False)
    """
    text = unicodedata.normalize("NFKC", printed)
    return bool(re.search(r"\d\s+\d", text)) and not re.search(r"(?<![\d.])\d{1,3}(\s\d{3})+(?!\s*\d)", text)


def _error(printed, chinese, english):
    return Reading("error", printed, problem=both(chinese, english))


def _plain_digits(text):
    """Decimal marks and Chinese numerals as plain digits, and the steps that this took."""
    steps = []
    marked = re.sub(r"(?<=\d)[。·・‧](?=\d)", ".", text)
    if marked != text:
        steps.append("“。” or “·” read as a decimal point")
    tenths = re.fullmatch(
        rf"(?P<head>.*?)(?P<whole>{_CHINESE}|\d)成(?P<half>半)?(?P<tail>左右|以上|以下)?", marked
    )
    if tenths:
        value = _number_of(tenths["whole"])
        if value is not None and 0 < value < 10:
            share = value * 10 + (5 if tenths["half"] else 0)
            about = "" if tenths["tail"] or tenths["head"] else "约"
            return f"{about}{tenths['head']}{share}%{tenths['tail'] or ''}", [
                *steps,
                "tenths (成) read as per cent",
            ]
    marked = re.sub("百分之?百", "100%", marked)
    parts = re.fullmatch(rf"(?P<head>.*?)(?P<base>{_CHINESE})分之(?P<number>{_CHINESE})(?P<tail>\D*)", marked)
    if parts and _number_of(parts["number"]) is not None:
        return _fraction(parts), [*steps, "Chinese numeral"]
    span = re.fullmatch(
        rf"(?P<low>{_CHINESE})(?P<dash>[-~—至到])(?P<high>{_CHINESE})(?P<tail>(?:{_UNIT})?)", marked
    )
    if span and None not in (_number_of(span["low"]), _number_of(span["high"])):
        low, high = _number_of(span["low"]), _number_of(span["high"])
        return f"{low}-{high}{span['tail']}", [*steps, "Chinese numeral"]
    spoken = re.fullmatch(
        rf"(?P<head>(?:{_PREFIX})*)(?P<number>{_CHINESE})(?P<tail>(?:{_UNIT})?(?:{_SUFFIX})?)", marked
    )
    if spoken and _number_of(spoken["number"]) is not None:
        return f"{spoken['head']}{_number_of(spoken['number'])}{spoken['tail']}", [*steps, "Chinese numeral"]
    return marked, steps


def _fraction(parts):
    """百分之 and 千分之 with their signs, any other fraction as part/whole."""
    number = _number_of(parts["number"])
    sign = {"百": "%", "千": "‰"}.get(parts["base"])
    if sign:
        return f"{parts['head']}{number}{sign}{parts['tail']}"
    return f"{parts['head']}{number}/{_number_of(parts['base'])}{parts['tail']}"


def _number_of(chinese):
    """A Chinese numeral as a decimal, or None where it is none.

    >>> _number_of("九十三点五"), _number_of("两三")
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


def _read_match(printed, match, unit, days, steps):
    words = re.findall(_PREFIX, match["prefix"]) + re.findall(_SUFFIX, match["suffix"])
    signs = {_PREFIX_OF.get(word) or _SUFFIX_OF.get(word, "") for word in words} - {""}
    more = [match[name] for name in ("more1", "over1", "more2", "over2") if match[name]]
    signs |= {">="} if more else set()
    if {">=", "<="} <= signs:
        return _error(
            printed, f"“{printed}”同时说“以上”和“以下”", f"“{printed}” says both at least and at most"
        )
    qualifier = next((sign for sign in (">=", "<=", "~") if sign in signs), "=")
    steps = [*steps, *(f"“{word}”" for word in [*words, *more])]
    if match["number2"]:
        return _read_range(printed, match, unit, days, steps)
    number = Decimal(match["number1"].replace(",", ""))
    if match["scale1"]:
        number = _plain(number * _SCALES[match["scale1"]])
        steps.append(f"× {_SCALES[match['scale1']]}")
    value, doubt, step, problem = _convert(number, match["unit1"] or "", unit, days)
    if match["number1"].startswith("+"):
        doubt, step = "change", [*step, "printed with a plus, as a change is"]
    if problem:
        return Reading("error", printed, problem=problem)
    return Reading(
        "number",
        printed,
        value,
        qualifier=qualifier,
        unit=unit or match["unit1"] or "",
        parse="; ".join([*steps, *step]),
        doubt=doubt,
    )


def _read_range(printed, match, unit, days, steps):
    # "2-3万元": the scale and unit of the end hold for the start too
    unit1, unit2 = match["unit1"] or match["unit2"] or "", match["unit2"] or match["unit1"] or ""
    scale1 = match["scale1"] or ("" if match["unit1"] else match["scale2"]) or ""
    numbers = [
        Decimal(match["number1"].replace(",", "")) * _SCALES[scale1],
        Decimal(match["number2"].lstrip("-+").replace(",", "")) * _SCALES[match["scale2"] or ""],
    ]
    (low, doubt, step, problem), (high, *_) = (
        _convert(n, u, unit, days) for n, u in zip(numbers, (unit1, unit2), strict=True)
    )
    if problem:
        return Reading("error", printed, problem=problem)
    if low > high:
        return _error(printed, f"区间“{printed}”下限大于上限", f"the range “{printed}” starts above its end")
    return Reading(
        "range",
        printed,
        low=low,
        high=high,
        unit=unit or unit2,
        parse="; ".join([*steps, "range", *step]),
        doubt=doubt or "range",
    )


def _convert(number, printed_unit, unit, days):
    """Value in the unit asked for: (value, doubt, steps, problem)."""
    if not unit or not printed_unit or printed_unit == unit:
        return number, "", [], ""
    if unit == "%" and _UNITS[printed_unit][0] == "天":
        return _share_of_days(number, days)
    base, factor = unit_of(printed_unit) or ("", Decimal(1))
    own_base, own_factor = unit_of(unit) or ("?", Decimal(1))
    if base != own_base:
        return number, "unit", [f"printed in {printed_unit}, expected {unit}"], ""
    if factor == own_factor:
        return number, "", [], ""
    return _plain(number * factor / own_factor), "", [f"{printed_unit} to {unit}"], ""


def _share_of_days(number, days):
    if days is None:
        return (
            None,
            "",
            [],
            both(
                "天数要有分母(全年或全月天数)才能换算成比例",
                "a number of days needs the days of its period to become a share",
            ),
        )
    if not 0 <= number <= days:
        return (
            None,
            "",
            [],
            both(f"{number}天超过该期的{days}天", f"{number} days, but the period has {days}"),
        )
    return _plain(round(number * 100 / days, 2)), "", [f"{number} of {days} days"], ""


def _plain(number):
    number = number.normalize()
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number


def unit_of(unit):
    """Base unit and factor of a unit with its scale, or None where it is unknown.

    >>> unit_of("万亩"), unit_of("公里"), unit_of("光年")
    (('亩', Decimal('10000')), ('米', Decimal('1000')), None)
    """
    text = tidy(unit)
    if text in _UNITS:
        return _UNITS[text]
    match = re.fullmatch(rf"({_SCALE})({_UNIT})", text)
    if not match:
        return None
    base, factor = _UNITS[match[2]]
    return base, factor * _SCALES[match[1]]


def _read_ratio(printed, part, whole, unit, steps):
    if whole == 0 or part > whole:
        return _error(printed, f"“{printed}”不是部分与总数之比", f"“{printed}” is no part of a whole")
    if unit not in ("", "%"):
        return Reading("number", printed, Decimal(part), unit=unit, parse=f"{part} of {whole}", doubt="unit")
    share = _plain(round(Decimal(part) * 100 / whole, 2))
    return Reading(
        "number", printed, share, unit="%", parse="; ".join([*steps, f"{part} of {whole} as a share"])
    )


def _read_bracketed(printed, outer, inner, unit, days):
    """A figure with another in brackets, such as 342天(93.4%): the one in the indicator's unit counts."""
    readings = [_read_cell(part, unit, days) for part in (outer, inner)]
    figures = [
        reading for reading in readings if reading.kind in ("number", "range") and reading.doubt != "unit"
    ]
    plain = [reading for reading in figures if " days" not in reading.parse] or figures
    if not plain:
        numbers = any(re.search(r"\d", part) for part in (outer, inner))
        return (
            _error(printed, f"“{printed}”不能读成一个数字", f"“{printed}” cannot be read as a number")
            if numbers
            else Reading("text", printed, unit=unit, parse="text kept as printed")
        )
    other = inner if plain[0] is readings[0] else outer
    parse = "; ".join(filter(None, [plain[0].parse, f"beside “{other}”"]))
    doubt = "beside" if _disagree(figures) else plain[0].doubt
    return plain[0]._replace(printed=printed, parse=parse, doubt=doubt)


def _disagree(figures):
    """Whether two figures of one cell differ by more than rounding to the coarser one."""
    if len(figures) < 2 or any(figure.value is None for figure in figures):
        return False
    one, other = (figure.value for figure in figures)
    half = Decimal(5).scaleb(-1 - min(decimals_of(one), decimals_of(other)))
    return abs(one - other) > half


def decimals_of(number):
    """Decimals with which a number was printed.

    >>> decimals_of(Decimal("93.50"))
    2
    """
    return max(0, -number.as_tuple().exponent)


def render_sheet_number(value, number_format="General"):
    """A number of a spreadsheet as the sheet shows it: no binary noise, per cent where the format says so.

    >>> render_sheet_number(93.30000000000001), render_sheet_number(0.932, "0.0%")
    ('93.3', '93.2%')
    """
    if isinstance(value, bool):
        return str(value)
    exact = Decimal(format(value, ".15g"))
    if "%" in number_format:
        return f"{_padded(exact * 100, number_format)}%"
    return _padded(exact, number_format)


def _padded(number, number_format):
    """A number with at least the decimals of its format; more are kept, since the sheet only hides them."""
    number = _plain(number)
    shown = re.fullmatch(r"[#,]*0\.(0+)[%_ ]*", number_format)
    decimals = len(shown[1]) if shown else 0
    return f"{number:.{decimals}f}" if decimals_of(number) < decimals else f"{number:f}"
