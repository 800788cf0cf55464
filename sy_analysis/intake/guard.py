"""Is a new value plausible? Checks before it joins the record; what they doubt waits in quarantine.

Each rule looks for one known accident and says what would release the value. A rule is never loosened for a
case: a known exception is a row of exceptions.csv, a change of definition a row of breaks.csv, and nothing is
compared across a break. All rules are functions of a candidate and of what was known before.
"""

import math
import re
from collections import defaultdict
from typing import NamedTuple

from sy_analysis.base.words import both
from sy_analysis.intake.cells import decimals_of
from sy_analysis.intake.known import (
    breaks_of,
    change,
    changes,
    earlier,
    is_share,
    levels,
    panel_limit,
    remember,
    spread,
)
from sy_analysis.intake.periods import days_of, ends_of
from sy_analysis.record.areas import children_of, level_of, parent_of

# A change is out of the ordinary beyond this many times (spread + own largest change so far), by the number
# of earlier values: 98.5 in 100 first changes of 10,407 windows of shares and of 3,033 others stay within.
_SHARE_LIMITS = ((1, 16.0), (2, 5.0), (3, 3.0), (5, 2.0), (10, 1.7))
_OTHER_LIMITS = ((1, 31.0), (2, 6.2), (3, 3.7), (5, 2.6), (10, 1.8))
# A year is the mean of its parts: a month varies about √12 times as much, a quarter twice, a half-year √2 times.
_PER_YEAR = {"M": 12, "Q": 4, "YTD": 2}
# Pass and failure rates can be mistaken for one another where both lie this far from a half, in points.
_FAR_FROM_HALF = 20
# Feeds lose up to this many days of a month; the share is then one of the valid days.
_DAYS_LOST = 3
# The usual slips: per cent as a fraction, 万 and 亿 left out or put twice; a decimal point moved.
_SCALE_FACTORS = (100, 10**4, 10**8)
_DECIMAL_FACTORS = (10, 1000)
# A slip needs the value to be this many times above or below everything recent.
_FAR_FROM_RECENT = 4
# Digits of small counts say too little: 2 and 20 are both possible.
_SMALL = 10
# A window of at least this many days is as good as the year.
_WHOLE_YEAR_DAYS = 350
_PASS_RATE = re.compile("(?<!不)合格率|达标率")
_PARTIAL_WORDS = re.compile(r"1-\d{1,2}月|前三季|上半年|下半年|截[至止]|前\d+个月|[一二三四]季度|半年")
_PARTS_OF_YEAR = (("Q", 4, "季度", "quarters"), ("M", 12, "个月", "months"))


class Suspicion(NamedTuple):
    """Why a value is held back, by which rule, and what would release it; in both languages."""

    rule: str
    reason: str
    release: str


def check_all(candidates, known, published=None):
    """Suspicions about each candidate of one document.

    Candidates are checked in the order of time, parts of a year before the year, and what passes counts as
    known for the next one.

    Parameters
    ----------
    candidates : list of Candidate
    known : Known; it takes up the values that pass
    published : date, optional
        day on which the document was published, or was in hand.

    Returns
    -------
    list of (Candidate, tuple of Suspicion)
        in the order of the candidates.
    """
    of_file = _selected_months(candidates, known) | _copied_columns(candidates, known)
    verdicts = [()] * len(candidates)
    for i in sorted(range(len(candidates)), key=lambda i: _order_of(candidates[i])):
        candidate = candidates[i]
        key = (candidate.indicator_id, candidate.area, candidate.period)
        found = [*check(candidate, known, published), *filter(None, [of_file.get(key)])]
        by_rule = {
            suspicion.rule: suspicion for suspicion in found if (*key, suspicion.rule) not in known.exceptions
        }
        verdicts[i] = tuple(by_rule.values())
        if not verdicts[i] and candidate.qualifier in ("=", "~"):
            remember(known, candidate)
    return list(zip(candidates, verdicts, strict=True))


def _order_of(candidate):
    return candidate.period[:4], candidate.frequency == "A", candidate.period


def check(candidate, known, published=None):
    """Suspicions about one candidate; printed bounds (>=, <=) are not compared with the history."""
    found = _doubts_of(candidate)
    if candidate.value is None:
        return found
    for rule in (_bounds, _words, _break, _level):
        found += rule(candidate, known)
    found += _complete(candidate, known, published)
    if candidate.qualifier in ("=", "~"):
        found += _parts(candidate, known)
        before = earlier(candidate, known)
        found += _slips(candidate, known, before) or _jump(candidate, known, before)
        found += _copied_value(candidate, before)
    return found


_DOUBTS = {
    "unit": (
        "单位与指标不符",
        "the unit is not the indicator's",
        "换算后的数值",
        "the value in the right unit",
    ),
    "range": ("是区间,不是一个数值", "a range is not one value", "单一数值", "a single value"),
    "change": ("带“+”号,像变化量", "a plus sign marks a change", "水平值", "the level"),
    "beside": (
        "括号内外数值不一致",
        "the two figures of the cell disagree",
        "哪个正确",
        "which one is right",
    ),
    "merged": ("在合并单元格中", "the cell is merged over several", "确认归属", "which row it belongs to"),
    "period": ("标题与文件名时期不一致", "caption and file name differ in period", "时期", "the period"),
    "repeat": ("同一文件另有不同数值", "the same file gives another value", "哪个正确", "which one is right"),
}


def _doubts_of(candidate):
    found = []
    for doubt in dict.fromkeys(candidate.doubts):
        zh, en, release_zh, release_en = _DOUBTS[doubt]
        reason = both(f"“{candidate.printed}”{zh}", f"“{candidate.printed}”: {en}")
        found.append(Suspicion(doubt, reason, both(release_zh, release_en)))
    return found


def _bounds(candidate, known):
    facts, value = known.facts[candidate.indicator_id], float(candidate.value)
    lower, upper = (float(facts.get(name, math.nan)) for name in ("lower_bound", "upper_bound"))
    if not (value < lower or value > upper):
        return []
    reason = both(f"{candidate.value}超出指标的范围", f"{candidate.value} is outside the indicator's bounds")
    return [Suspicion("bounds", reason, both("更正后的数值", "a corrected value"))]


def _words(candidate, known):
    """Words beside the figure that belong to another measure."""
    text = f"{candidate.header} {candidate.parse}"
    key = (candidate.indicator_id, text)
    if key not in known.memo:
        known.memo[key] = [
            Suspicion("words", said, both("改用相应的指标", "the right indicator"))
            for pattern, conflicts, said in known.words
            if conflicts.fullmatch(candidate.indicator_id) and pattern.search(text)
        ][:1]
    return known.memo[key]


def _break(candidate, known):
    """After a break the series goes on under another id."""
    for row in breaks_of(candidate, known):
        first, new = row["first_year"], row["becomes"]
        if new and candidate.period[:4] >= first:
            reason = both(
                f"{first}年起口径改变,应为{new}", f"the definition changed in {first}: {new} ({row['note']})"
            )
            return [
                Suspicion(
                    "break", reason, both(f"改用{new},或确认仍是旧口径", f"{new}, or proof of the old basis")
                )
            ]
    return []


def _level(candidate, known):
    """The city proper is not the whole city where the city proper has its own indicator."""
    other = f"{candidate.indicator_id}_city"
    if level_of(candidate.area) != "urban" or other not in known.facts:
        return []
    reason = both("市区数值不能当作全市数值", "a value of the city proper is not one of the whole city")
    return [Suspicion("level", reason, both(f"改用{other}", f"the indicator {other}"))]


def _complete(candidate, known, published):
    """A period must be over, and a year's parts in, before a value is the whole period's."""
    last_day = ends_of(candidate.period)[1]
    # a document dated on the last day of a year reports the year, as plans and bulletins do
    if published is not None and last_day is not None and published < last_day:
        zh, en = f"{published}时该期尚未结束", f"on {published} the period was not over"
        reason = both(zh, en)
    elif candidate.frequency != "A":
        return []
    elif word := _PARTIAL_WORDS.search(f"{candidate.header} {candidate.context}"):
        reason = both(f"表中写“{word[0]}”,不是全年", f"the table says “{word[0]}”: not a whole year")
    else:
        reason = _missing_parts(candidate, known) or _same_as_part(candidate, known)
    release = both("该期结束后的完整数据(如四个季度)", "the value of the whole period, all its parts in")
    return [Suspicion("complete", reason, release)] if reason else []


def _missing_parts(candidate, known):
    """Quarters or months are missing where the year before had them all, or this one is made of them."""
    year = int(candidate.period)
    is_made_of_parts = known.facts[candidate.indicator_id].get("annual_rule", "none") != "none"
    for frequency, count, zh, en in _PARTS_OF_YEAR:
        series = known.values.get((candidate.indicator_id, candidate.area, frequency), {})
        before, now = (len(_parts_in(series, y, frequency, count)) for y in (year - 1, year))
        has_begun = is_made_of_parts and frequency == "Q" and now > 1
        if now < count and (before == count or has_begun):
            return both(f"{year}年只有{now}{zh}的数据", f"only {now} of {count} {en} of {year} are in")
    return ""


def _parts_in(series, year, frequency, count):
    """Values of the quarters or months of a year that are known."""
    names = (f"{year}Q{n}" if frequency == "Q" else f"{year}-{n:02d}" for n in range(1, count + 1))
    return [series[name] for name in names if name in series]


def _same_as_part(candidate, known):
    """The value of a part of the year printed again as the year's; whole numbers repeat by nature."""
    if decimals_of(candidate.value) == 0:
        return ""
    windows = known.values.get((candidate.indicator_id, candidate.area, "YTD"), {})
    for period, value in windows.items():
        is_part = period.startswith(candidate.period) and (days_of(period) or 366) < _WHOLE_YEAR_DAYS
        if is_part and value == float(candidate.value):
            return both(
                f"与{period}的数值相同,疑把部分当作全年", f"equals the value of {period}: a part as the year?"
            )
    return ""


def _parts(candidate, known):
    """A share of n days or n sources can only be k/n, rounded as printed."""
    place = (candidate.indicator_id, candidate.area)
    counts = next((p["counts"] for p in known.parts if (p["indicator"], p["area"]) == place), None)
    is_days = known.facts[candidate.indicator_id].get("family") == "days_share"
    if counts is None and is_days and candidate.frequency == "M" and _is_single(candidate):
        days = days_of(candidate.period) or 0
        counts = range(days - _DAYS_LOST, days + 1) if days else None
    if counts is None or " of " in candidate.parse:
        return []
    if _can_be(float(candidate.value), decimals_of(candidate.value), counts):
        return []
    shown = f"{min(counts)}-{max(counts)}"
    reason = both(
        f"{candidate.value}不可能是{shown}分之几", f"{candidate.value} is no share of {shown} parts"
    )
    return [Suspicion("parts", reason, both("分子与分母", "the count and its total"))]


def _is_single(candidate):
    level = level_of(candidate.area)
    return level == "county" or (level == "prefecture" and not candidate.indicator_id.endswith("_county"))


def _can_be(value, decimals, counts):
    """Whether a share can be k of n for one of the counts, at its printed decimals.

    >>> _can_be(96.7, 1, [30]), _can_be(96.6, 1, [30]), _can_be(96.6, 1, [29])
    (True, False, True)
    """
    half = 0.5 * 10**-decimals + 1e-9
    return any(abs(round(value * n / 100) * 100 / n - value) <= half for n in counts)


def _slips(candidate, known, before):
    """Other readings of the same digits that fit the recent level, where the printed one does not."""
    recent, value = levels(candidate, known, before), float(candidate.value)
    if not recent:
        return _unlikely_pass_rate(candidate, known)
    if value <= 0:
        return []
    low, high = min(recent), max(recent)
    found = []
    if is_share(candidate, known) and _is_reverse(value, low, high):
        zh, en = f"{value:g}像是{100 - value:g}的反面", f"{value:g} looks like the reverse of {100 - value:g}"
        reason = both(f"{zh}(合格率与不合格率)", f"{en}: a failure rate for a pass rate, or the other way")
        found.append(Suspicion("reverse", reason, both("确认是合格率还是不合格率", "which of the two it is")))
    elif low >= 50:
        found += _unlikely_pass_rate(candidate, known)
    if low <= 0 or high < _SMALL or low / _FAR_FROM_RECENT < value < high * _FAR_FROM_RECENT:
        return found
    for rule, zh, en, factors in (
        ("scale", "单位或比例换错", "a unit or scale was swapped", _SCALE_FACTORS),
        ("decimal", "小数点错位", "the decimal point slipped", _DECIMAL_FACTORS),
    ):
        for other in (moved for factor in factors for moved in (value * factor, value / factor)):
            if low * 0.7 <= other <= high * 1.4:
                reason = both(f"{value:g}疑为{other:g}({zh})", f"{value:g} may be {other:g}: {en}")
                return [*found, Suspicion(rule, reason, both("核对原件", "a check of the original"))]
    return found


def _unlikely_pass_rate(candidate, known):
    """A pass rate under a half, where none or higher ones are known, is a failure rate until someone says so."""
    is_pass_rate = _PASS_RATE.search(str(known.facts[candidate.indicator_id].get("name_zh", "")))
    if not is_pass_rate or candidate.value >= 50:
        return []
    zh, en = f"合格率只有{candidate.value}", f"a pass rate of only {candidate.value}"
    reason = both(f"{zh},疑为不合格率", f"{en}: a failure rate?")
    return [Suspicion("reverse", reason, both("确认是合格率还是不合格率", "which of the two it is"))]


def _is_reverse(value, low, high):
    is_far = low >= 50 + _FAR_FROM_HALF or high <= 50 - _FAR_FROM_HALF
    return is_far and (value < 50) != (low < 50) and low - 5 <= 100 - value <= high + 5


def _jump(candidate, known, before):
    """A change beyond what the series itself and comparable ones show."""
    if not before or _is_confirmed(candidate, known):
        return []
    share = is_share(candidate, known)
    year, last = before[0]
    size = change(last, float(candidate.value), share) / math.sqrt(max(1, int(candidate.period[:4]) - year))
    steps = _SHARE_LIMITS if share else _OTHER_LIMITS
    times = next(limit for least, limit in reversed(steps) if len(before) >= least)
    ordinary = spread(last, share) * math.sqrt(_PER_YEAR.get(candidate.frequency, 1))
    limit = times * (ordinary + max(changes(before, share), default=0.0))
    panel = panel_limit(candidate, known) if candidate.frequency == "A" else None
    limit = max(limit, panel or 0.0)
    if size <= limit:
        return []
    shown, most = (f"{x:.1f} points" if share else _factor(x) for x in (size, limit))
    zh = f"{year}年{last:g},现为{candidate.value},变化超出同类数据"
    reason = both(
        zh, f"{last:g} in {year}, now {candidate.value}: {shown} a year, comparable series show {most}"
    )
    return [Suspicion("jump", reason, both("原件或口径说明", "the original, or a note on what changed"))]


def _factor(log_ratio):
    """A ratio in words, however large its logarithm."""
    return f"a factor of {math.exp(log_ratio):.2f}" if log_ratio < 20 else "a factor beyond a hundred million"


def _is_confirmed(candidate, known):
    """Whether all quarters or months of the year are in and bear its value out, as a mean or a sum."""
    if candidate.frequency != "A":
        return False
    for frequency, count, *_ in _PARTS_OF_YEAR:
        series = known.values.get((candidate.indicator_id, candidate.area, frequency), {})
        parts = _parts_in(series, int(candidate.period), frequency, count)
        is_mean = len(parts) == count and min(parts) <= float(candidate.value) <= max(parts)
        is_sum = len(parts) == count and math.isclose(float(candidate.value), sum(parts), rel_tol=0.01)
        if is_mean or is_sum:
            return True
    return False


def _copied_value(candidate, before):
    """The same value as the year before to the second decimal."""
    if candidate.frequency != "A" or decimals_of(candidate.value) < 2:
        return []
    last_year = int(candidate.period) - 1
    is_copy = bool(before) and before[0] == (last_year, float(candidate.value))
    return [_copied(candidate, last_year)] if is_copy else []


def _copied(candidate, year):
    zh = f"与{year}年的{candidate.value}完全相同,疑为照抄"
    reason = both(zh, f"{candidate.value} is exactly the value of {year}: carried forward?")
    return Suspicion("copied", reason, both("当年的原件", "a document of the year itself"))


def _copied_columns(candidates, known):
    """Where three or more areas all repeat last year's values, away from the bounds."""
    groups = defaultdict(list)
    for candidate in candidates:
        if candidate.value is not None and candidate.frequency == "A":
            groups[candidate.indicator_id, candidate.period].append(candidate)
    found = {}
    for (indicator_id, period), members in groups.items():
        last = str(int(period) - 1)
        pairs = [(c, known.values.get((indicator_id, c.area, "A"), {}).get(last)) for c in members]
        pairs = [(c, old) for c, old in pairs if old is not None and float(c.value) not in (0.0, 100.0)]
        if len(pairs) >= 3 and all(float(c.value) == old for c, old in pairs):
            found |= {(indicator_id, c.area, period): _copied(c, int(last)) for c, _ in pairs}
    return found


def _selected_months(candidates, known):
    """Months of which only the perfect cities are printed: a selection on the outcome, no sample."""
    groups = defaultdict(dict)
    for candidate in candidates:
        is_days = known.facts[candidate.indicator_id].get("family") == "days_share"
        if is_days and candidate.frequency == "M" and candidate.value is not None:
            groups[candidate.indicator_id, candidate.period][candidate.area] = candidate
    found = {}
    for (indicator_id, period), members in groups.items():
        cities = [area for area in members if level_of(area) == "prefecture"]
        if not cities or any(c.value != 100 for c in members.values()):
            continue
        expected = len(children_of(parent_of(cities[0])))
        if len(cities) < expected:
            zh, en = (
                f"{period}只公布了{len(cities)}个满分城市",
                f"only {len(cities)} perfect cities of {expected}",
            )
            reason = both(f"{zh},共{expected}个", f"{en} are printed for {period}")
            suspicion = Suspicion(
                "selected", reason, both("当月全部城市的表", "the table of all cities of the month")
            )
            found |= {(indicator_id, area, period): suspicion for area in cities}
    return found
