"""Grids and a mapping to candidates for the record: what each cell says, where it stands, how it was read."""

import re
from decimal import Decimal
from typing import NamedTuple

from sy_analysis.base.words import both
from sy_analysis.intake.cells import read_cell
from sy_analysis.intake.digits import tidy
from sy_analysis.intake.grids import place_of
from sy_analysis.intake.headers import at, captions_of, find_blocks, header_words, texts_of
from sy_analysis.intake.lines import FOOTERS, find_sentences, unflatten
from sy_analysis.intake.mappings import compiled
from sy_analysis.intake.periods import days_of, find_periods, read_period
from sy_analysis.record.areas import find_area

_QUALIFIERS = {
    "确切": "=", "=": "=", "约": "~", "~": "~", "至少": ">=", ">=": ">=", "至多": "<=", "<=": "<=",
}  # fmt: skip


class Candidate(NamedTuple):
    """A value that may join the record, with its origin.

    `value` is in the indicator's own unit; `header` and `context` are the printed words around the cell;
    `doubts` are words for the guard that came up while reading.
    """

    indicator_id: str
    area: str
    period: str
    frequency: str
    value: Decimal | None
    unit: str
    qualifier: str
    printed: str
    place: str
    header: str = ""
    context: str = ""
    parse: str = ""
    doubts: tuple = ()
    note: str = ""


class Extract(NamedTuple):
    """What one grid gave: candidates, problems that stop the file, notes that do not.

    `is_known` is True when a header of the mapping was found.
    """

    candidates: list
    problems: list
    notes: list
    is_known: bool


class _Scope(NamedTuple):
    """What holds for all rows of a block."""

    grid: object
    mapping: object
    units: dict
    names: dict
    block: object
    context: str
    stated: str | None
    doubts: tuple
    area: str | None


def extract(grid, mapping, indicators, period=None, area=None):
    """Candidates of one grid.

    Parameters
    ----------
    grid : Grid
    mapping : Mapping
    indicators : DataFrame, the checked table `indicators`
    period, area : str, optional
        printed period and area of the whole file, where it does not say.

    Returns
    -------
    Extract
    """
    units, names = indicator_facts(indicators)
    if mapping.layout == "sentences":
        return _from_sentences(grid, mapping, units, period, area)
    if mapping.layout == "one_cell_a_line":
        grid = unflatten(grid, mapping)
    blocks, problems = find_blocks(grid, mapping) if grid else ([], [])
    if not blocks:
        return Extract([], problems, [], bool(problems))
    found = Extract([], [], list(grid.notes), True)
    headers = sorted({block.header_row for block in blocks})
    ends = dict(zip(headers, [*headers[1:], len(grid.rows)], strict=True))
    for block in blocks:
        captions = [*captions_of(grid, block, blocks), grid.caption, grid.file]
        stated, doubts = _stated_period(period or mapping.period.fixed, captions)
        scope = _Scope(grid, mapping, units, names, block, " ".join(captions), stated, doubts, area)
        _read_rows(scope, ends[block.header_row], found)
    return found._replace(
        problems=list(dict.fromkeys(found.problems)), notes=list(dict.fromkeys(found.notes))
    )


def indicator_facts(indicators):
    """Units of the indicators by id, and ids by each printed form of their names."""
    units = dict(zip(indicators["indicator_id"], indicators["unit"], strict=True))
    names = {}
    for column in ("indicator_id", "name_zh", "short_zh", "name_en"):
        for text, indicator_id in zip(indicators[column], indicators["indicator_id"], strict=True):
            names.setdefault(header_words(text)[0], indicator_id)
    for indicator_id, name in zip(indicators["indicator_id"], indicators["name_zh"], strict=True):
        names.setdefault(header_words(f"{indicator_id} {name}")[0], indicator_id)
    return units, names


def _stated_period(given, captions):
    """The period of the whole table, and a doubt where caption and file name name different ones."""
    if given:
        return given, ()
    named = [found[0] for found in map(find_periods, captions) if found]
    if named and all(period.frequency == "A" for period in named):
        # a sheet called 11月 in a file of 2021
        named = [*_parts_of_year(captions, int(named[0].period)), *named]
    parts = [period for period in named if period.frequency != "A"]
    doubts = ("period",) if len({period.period for period in parts}) > 1 else ()
    return next((period.period for period in [*parts, *named]), None), doubts


def _parts_of_year(captions, year):
    found = [
        re.search(r"(?<!\d)(?:1-)?(?:1[0-2]|[1-9])月|第?[一二三四]季度|上半年|前三季度", text)
        for text in captions
    ]
    return [read_period(match[0], year) for match in found if match]


def _read_rows(scope, end, found):
    carried = ""
    for r in range(scope.block.first_row, end):
        row = scope.grid.rows[r]
        if _is_footer(scope, row):
            continue
        printed = _printed_area(scope, row, carried)
        carried = printed
        if any(row[c].strip() for c, *_ in scope.block.values):
            _read_row(scope, r, printed, found)


def _is_footer(scope, row):
    texts = texts_of(row)
    if len(texts) <= 1:
        return True
    key = row[scope.block.key]
    name = re.sub(r"\s+", "", key.strip() or texts[0])
    has_header = scope.block.first_row > scope.block.header_row
    header = scope.grid.rows[scope.block.header_row][scope.block.key] if has_header else "\0"
    is_skipped = any(compiled(pattern).fullmatch(name) for pattern in scope.mapping.skip)
    return is_skipped or bool(FOOTERS.fullmatch(name)) or header_words(key) == header_words(header)


def _printed_area(scope, row, carried):
    rule = scope.mapping.area
    if scope.block.area is None:
        return scope.area or rule.fixed or ""
    return row[scope.block.area].strip() or (carried if rule.is_carried else "")


def _read_row(scope, r, printed_area, found):
    """All values of a row; everything that is wrong in it is said, not only the first."""
    block, problems = scope.block, found.problems
    said = len(problems)
    area = _try(
        scope, r, block.area if block.area is not None else block.key, problems, _area, scope, printed_area
    )
    for c, spec, path, header_unit in block.values:
        printed = scope.grid.rows[r][c].strip()
        if not printed:
            continue
        indicator_at = block.indicator if block.indicator is not None else c
        indicator_id = _try(scope, r, indicator_at, problems, _indicator, scope, r, spec)
        period_at = block.period if block.period is not None else c
        period = _try(scope, r, period_at, problems, _period, scope, r, path)
        unit = scope.units.get(indicator_id, "")
        printed_unit = _printed_unit(scope, r, spec, header_unit)
        days = days_of(period.period) if period else None
        reading = _try(scope, r, c, problems, _value, scope, r, printed, unit, printed_unit, days)
        if reading is None or reading.kind == "missing":
            continue
        if reading.kind == "text":
            message = both(
                f"“{printed}”是文字,不是数值,未收入", f"“{printed}” is text and no value; left out"
            )
            found.notes.append(at(scope.grid, r, c, message, _label(scope, c)))
        elif len(problems) == said:
            found.candidates.append(_candidate(scope, r, c, path, indicator_id, area, period, unit, reading))


def _try(scope, r, c, problems, read, *arguments):
    """What `read` gives, or None after its complaint was noted with the place of the cell."""
    try:
        return read(*arguments)
    except ValueError as error:
        problems.append(at(scope.grid, r, c, str(error), _label(scope, c)))
        return None


def _candidate(scope, r, c, path, indicator_id, area, period, unit, reading):
    # a value that was merged over several cells belongs to none of them for sure
    merged = ("merged",) if (r, c) in scope.grid.anchors else ()
    qualifier = _qualifier(scope, r) or reading.qualifier
    return Candidate(
        indicator_id=indicator_id,
        area=area.name,
        period=period.period,
        frequency=period.frequency,
        value=reading.value,
        unit=unit,
        qualifier=qualifier,
        printed=reading.printed,
        place=place_of(scope.grid, r, c),
        header=" ".join(path),
        context=scope.context,
        parse="; ".join(filter(None, [reading.parse, period.parse, area.parse])),
        doubts=(*scope.doubts, *filter(None, [reading.doubt]), *merged),
        note=_note(scope, r, reading),
    )


def _area(scope, printed):
    if not printed:
        raise ValueError(both("没有写明地区", "no area is named"))
    return find_area(scope.mapping.area.aliases.get(re.sub(r"\s+", "", printed), printed))


def _indicator(scope, r, spec):
    if spec.indicator:
        named = spec.indicator
    elif scope.block.indicator is None:
        raise ValueError(both("没有写明指标", "no indicator is named"))
    else:
        printed = scope.grid.rows[r][scope.block.indicator].strip()
        named = scope.mapping.indicators.get(printed) or scope.names.get(header_words(printed)[0])
        if named is None:
            english = f"“{printed}” is no indicator of the plan; choose one from the list"
            raise ValueError(both(f"“{printed}”不是规划指标,请从下拉表中选择", english))
    if named not in scope.units:
        raise ValueError(both(f"指标表中没有“{named}”", f"“{named}” is not in indicators.csv"))
    return named


def _period(scope, r, path):
    if scope.block.period is not None:
        year = re.match(r"\d{4}", scope.stated or "")
        printed = scope.grid.rows[r][scope.block.period].strip()
        return read_period(printed, int(year[0]) if year else None)
    if scope.mapping.period.in_header:
        named = [period for period in map(_period_in, path) if period]
        if len(named) != 1:
            raise ValueError(both("表头中没有写明时期", "the header names no single period"))
        return named[0]
    if not scope.stated:
        raise ValueError(
            both("文件没有写明时期,请用--period指定", "the file names no period; give it with --period")
        )
    return read_period(scope.stated)


def _period_in(word):
    try:
        return read_period(word)
    except ValueError:
        return None


def _printed_unit(scope, r, spec, header_unit):
    column = scope.block.unit
    own = scope.grid.rows[r][column].strip() if column is not None else ""
    return own or spec.unit or header_unit


def _value(scope, r, printed, unit, printed_unit, days):
    if tidy(printed) in scope.mapping.missing:
        return read_cell("")
    if scope.mapping.is_form:
        _check_form_value(printed, unit, printed_unit)
    is_bare = bool(printed_unit) and re.fullmatch(r"[-+]?\d[\d.,。]*", tidy(printed))
    reading = read_cell(f"{printed}{printed_unit}" if is_bare else printed, unit, days)
    if reading.kind == "error":
        raise ValueError(reading.problem)
    return reading._replace(printed=printed)


def _check_form_value(printed, unit, printed_unit):
    """In a form a value is digits and nothing else, in the unit that the form shows."""
    reading = read_cell(printed, unit)
    if reading.kind == "missing":
        return
    if not re.fullmatch(r"-?\d+(\.\d+)?%?", tidy(printed)):
        example = f"{reading.value:f}" if reading.value is not None else "93.5"
        english = f"“{printed}” is no number; write digits, such as {example}"
        raise ValueError(both(f"“{printed}”不是数字,请填阿拉伯数字,例如 {example}", english))
    if unit and printed_unit and tidy(printed_unit) != tidy(unit):
        raise ValueError(
            both(f"单位应为“{unit}”,不是“{printed_unit}”", f"the unit is “{unit}”, not “{printed_unit}”")
        )


def _qualifier(scope, r):
    column = scope.block.qualifier
    return _QUALIFIERS.get(scope.grid.rows[r][column].strip(), "") if column is not None else ""


def _note(scope, r, reading):
    texts = [scope.grid.rows[r][c].strip() for c in scope.block.notes]
    derived = f"DERIVED: {reading.parse}" if " of " in reading.parse else ""
    span = f"Range {reading.low:f} to {reading.high:f}" if reading.kind == "range" else ""
    return "; ".join(filter(None, [derived, span, *texts]))


def _label(scope, c):
    if scope.block.first_row == scope.block.header_row:
        return scope.mapping.columns[c]
    rows = scope.grid.rows
    header = rows[scope.block.first_row - 1][c].strip() or rows[scope.block.header_row][c].strip()
    return re.sub(r"\s+", "", header)


def _from_sentences(grid, mapping, units, period, area):
    captions = [*(" ".join(row) for row in grid.rows[:3]), grid.caption, grid.file]
    stated, doubts = _stated_period(period or mapping.period.fixed, captions)
    candidates, problems, hits = [], [], 0
    for r, match, sentence in find_sentences(grid, mapping):
        hits += 1
        try:
            unit = units[sentence.indicator]
            candidate = _sentence_candidate(grid, r, match, sentence, mapping, unit, stated, area)
        except ValueError as error:
            problems.append(at(grid, r, match.start(), str(error), match[0][:12]))
            continue
        candidates += [candidate._replace(doubts=(*doubts, *candidate.doubts))] if candidate else []
    return Extract(candidates, problems, [], bool(hits))


def _sentence_candidate(grid, r, match, sentence, mapping, unit, stated, area):
    groups = match.groupdict()
    printed_area = groups.get("area") or area or mapping.area.fixed or ""
    place = find_area(mapping.area.aliases.get(printed_area, printed_area))
    period = read_period(groups.get("period") or stated or "", int(stated[:4]) if stated else None)
    reading = read_cell(groups["value"], unit, days_of(period.period))
    if reading.kind == "error":
        raise ValueError(reading.problem)
    if reading.kind not in ("number", "range"):
        return None
    return Candidate(
        indicator_id=sentence.indicator,
        area=place.name,
        period=period.period,
        frequency=period.frequency,
        value=reading.value,
        unit=unit,
        qualifier=reading.qualifier,
        printed=groups["value"],
        place=f"line {grid.lines[r] if grid.lines else r + 1} character {match.start('value') + 1}",
        header=match[0],
        context=grid.caption or grid.file,
        parse="; ".join(filter(None, [reading.parse, period.parse, place.parse])),
        doubts=tuple(filter(None, [reading.doubt])),
        note=f"DERIVED: {reading.parse}" if " of " in reading.parse else "",
    )
