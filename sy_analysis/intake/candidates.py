"""Grids and a mapping to candidates for the record: their values, places, and how they were read."""

import re
from decimal import Decimal
from typing import NamedTuple

import pandas as pd

from sy_analysis.intake import headers
from sy_analysis.intake.cells import read_cell
from sy_analysis.intake.digits import tidy
from sy_analysis.intake.grids import Grid, place_of
from sy_analysis.intake.mappings import Mapping, compiled
from sy_analysis.intake.periods import days_of, find_periods, period_or_none, read_period
from sy_analysis.intake.words import meanings, message
from sy_analysis.record.areas import find_area

_PART_OF_YEAR = re.compile(r"(?<!\d)(?:1-)?(?:1[0-2]|[1-9])月|第?[一二三四]季度|上半年|前三季度")
# words of the form, or the signs themselves
_EXACTNESS = meanings("exactness") | {sign: sign for sign in meanings("exactness").values()}


class Candidate(NamedTuple):
    """A value that may join the record, with its origin.

    `value` is in the indicator's own unit. `header` and `context` are the printed words around the cell, and
    `doubts` are words for the guard from reading it.
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
    doubts: tuple[str, ...] = ()
    note: str = ""


class Extract(NamedTuple):
    """Candidates of one grid, problems that stop the file, and notes that do not.

    `is_known` is True when a header of the mapping was found.
    """

    candidates: list[Candidate]
    problems: list[str]
    notes: list[str]
    is_known: bool


class _Scope(NamedTuple):
    """Facts that all rows of a block share."""

    grid: Grid
    mapping: Mapping
    units: dict[str, str]
    names: dict[str, str]
    block: headers.Block
    context: str
    stated: str | None
    doubts: tuple[str, ...]
    area: str | None


def extract(
    grid: Grid,
    mapping: Mapping,
    indicators: pd.DataFrame,
    period: str | None = None,
    area: str | None = None,
) -> Extract:
    """Find the candidates of one grid.

    Parameters
    ----------
    grid : Grid
    mapping : Mapping
    indicators : DataFrame
        the checked table.
    period, area : str, optional
        printed period and area of the whole file, where it names none.

    Returns
    -------
    Extract
    """
    units, names = _indicator_facts(indicators)
    if mapping.layout == "sentences":
        return _from_sentences(grid, mapping, units, period, area)
    if mapping.layout == "one_cell_a_line":
        grid = headers.unflatten(grid, mapping)
    blocks, problems = headers.find_blocks(grid, mapping) if grid else ([], [])
    if not blocks:
        return Extract([], problems, [], bool(problems))
    result = Extract([], [], list(grid.notes), True)
    for block in blocks:
        captions = [*headers.captions_of(grid, block, blocks), grid.caption, grid.file]
        stated, doubts = _stated_period(period or mapping.period.fixed, captions)
        scope = _Scope(grid, mapping, units, names, block, " ".join(captions), stated, doubts, area)
        _read_rows(scope, blocks, result)
    return result._replace(
        problems=list(dict.fromkeys(result.problems)), notes=list(dict.fromkeys(result.notes))
    )


def _indicator_facts(indicators):
    """Units of the indicators by id, and ids by each printed form of their names."""
    ids, names = indicators["indicator_id"], {}
    units = dict(zip(ids, indicators["unit"], strict=True))
    columns = [ids, *(indicators[name] for name in ("name_zh", "short_zh", "name_en"))]
    for texts in [*columns, ids + " " + indicators["name_zh"]]:
        for text, indicator_id in zip(texts, ids, strict=True):
            names.setdefault(headers.plain(text), indicator_id)
    return units, names


def _stated_period(given, captions):
    """The period of the whole table, and a doubt where caption and file name disagree."""
    if given:
        return given, ()
    named = [found[0] for found in map(find_periods, captions) if found]
    if named and all(period.frequency == "A" for period in named):
        # a sheet called 11月 in a file of 2021
        year, matches = int(named[0].period), map(_PART_OF_YEAR.search, captions)
        named = [*(read_period(match[0], year) for match in matches if match), *named]
    parts = [period for period in named if period.frequency != "A"]
    doubts = ("period",) if len({period.period for period in parts}) > 1 else ()
    return next((period.period for period in [*parts, *named]), None), doubts


def _read_rows(scope, blocks, result):
    next_headers = [block.header_row for block in blocks if block.header_row > scope.block.header_row]
    end, carried = min(next_headers, default=len(scope.grid.rows)), ""
    for r in range(scope.block.first_row, end):
        row = scope.grid.rows[r]
        if _is_footer(scope, row):
            continue
        carried = _printed_area(scope, row, carried)
        if any(row[c].strip() for c, *_ in scope.block.values):
            _read_row(scope, r, carried, result)


def _is_footer(scope, row):
    texts = headers.texts_of(row)
    if len(texts) <= 1:
        return True
    key = row[scope.block.key]
    name = re.sub(r"\s+", "", key.strip() or texts[0])
    has_header = scope.block.first_row > scope.block.header_row
    header = scope.grid.rows[scope.block.header_row][scope.block.key] if has_header else "\0"
    if any(pattern.fullmatch(name) for pattern in (headers.FOOTERS, *map(compiled, scope.mapping.skip))):
        return True
    return headers.header_words(key) == headers.header_words(header)


def _printed_area(scope, row, carried):
    rule = scope.mapping.area
    column = scope.block.single.get("area")
    if column is None:
        return scope.area or rule.fixed or ""
    return row[column].strip() or (carried if rule.is_carried else "")


def _read_row(scope, r, printed_area, result):
    """Read all values of a row and note all of its problems, not only the first."""
    block, problems = scope.block, result.problems
    n_before = len(problems)
    area = _try(scope, r, block.single.get("area", block.key), problems, _area, scope.mapping, printed_area)
    for c, spec, path, header_unit in block.values:
        printed = scope.grid.rows[r][c].strip()
        if not printed:
            continue
        indicator_id = _try(scope, r, block.single.get("indicator", c), problems, _indicator, scope, r, spec)
        period = _try(scope, r, block.single.get("period", c), problems, _period, scope, r, path)
        unit = scope.units.get(indicator_id, "")
        printed_unit = _cell(scope, r, block.single.get("unit")) or spec.unit or header_unit
        days = days_of(period.period) if period else None
        reading = _try(scope, r, c, problems, _value, scope.mapping, printed, unit, printed_unit, days)
        if reading is None or reading.kind == "missing":
            continue
        if reading.kind == "text":
            note = message("row.text", printed=printed)
            result.notes.append(headers.at(scope.grid, r, c, note, _label(scope, c)))
        elif len(problems) == n_before:
            origin = _origin(scope, r, c, path, reading)
            result.candidates.append(_candidate(indicator_id, area, period, unit, reading, **origin))


def _try(scope, r, c, problems, read, *arguments):
    """The result of `read`, or None after its problem was noted with the place of the cell."""
    try:
        return read(*arguments)
    except ValueError as error:
        problems.append(headers.at(scope.grid, r, c, str(error), _label(scope, c)))
        return None


def _cell(scope, r, column):
    return "" if column is None else scope.grid.rows[r][column].strip()


def _candidate(indicator_id, area, period, unit, reading, doubts=(), notes=(), **origin):
    derived = f"DERIVED: {reading.parse}" if " of " in reading.parse else ""
    return Candidate(
        indicator_id=indicator_id,
        area=area.name,
        period=period.period,
        frequency=period.frequency,
        value=reading.value,
        unit=unit,
        printed=reading.printed,
        parse="; ".join(filter(None, [reading.parse, period.parse, area.parse])),
        doubts=tuple(filter(None, doubts)),
        note="; ".join(filter(None, [derived, *notes])),
        **origin,
    )


def _origin(scope, r, c, path, reading):
    """What a candidate has from the cell's place: its qualifier, the words around it, doubts and notes."""
    # a value that was merged over several cells belongs to none of them for sure
    merged = "merged" if (r, c) in scope.grid.anchors else ""
    span = f"Range {reading.low:f} to {reading.high:f}" if reading.kind == "range" else ""
    exactness = _cell(scope, r, scope.block.single.get("qualifier"))
    return {
        "qualifier": _EXACTNESS.get(exactness, reading.qualifier),
        "place": place_of(scope.grid, r, c),
        "header": " ".join(path),
        "context": scope.context,
        "doubts": [*scope.doubts, reading.doubt, merged],
        "notes": [span, *(_cell(scope, r, column) for column in scope.block.notes)],
    }


def _area(mapping, printed):
    if not printed:
        raise ValueError(message("row.no_area"))
    return find_area(mapping.area.aliases.get(re.sub(r"\s+", "", printed), printed))


def _indicator(scope, r, spec):
    named = spec.indicator
    if not named and "indicator" not in scope.block.single:
        raise ValueError(message("row.no_indicator"))
    if not named:
        printed = _cell(scope, r, scope.block.single["indicator"])
        named = scope.mapping.indicators.get(printed) or scope.names.get(headers.plain(printed))
        if named is None:
            raise ValueError(message("row.other_indicator", printed=printed))
    if named not in scope.units:
        raise ValueError(message("row.unlisted", named=named))
    return named


def _period(scope, r, path):
    if "period" in scope.block.single:
        year = re.match(r"\d{4}", scope.stated or "")
        return read_period(_cell(scope, r, scope.block.single["period"]), int(year[0]) if year else None)
    if scope.mapping.period.in_header:
        named = [period for period in map(period_or_none, path) if period]
        if len(named) != 1:
            raise ValueError(message("row.no_period"))
        return named[0]
    if not scope.stated:
        raise ValueError(message("row.no_period_of_file"))
    return read_period(scope.stated)


def _value(mapping, printed, unit, printed_unit, days):
    text = tidy(printed)
    if text in mapping.missing:
        return read_cell("")
    if mapping.is_form:
        _check_form_value(printed, unit, printed_unit)
    is_bare = bool(printed_unit) and re.fullmatch(r"[-+]?\d[\d.,。]*", text)
    return _readable(f"{printed}{printed_unit}" if is_bare else printed, unit, days)._replace(printed=printed)


def _readable(printed, unit, days):
    reading = read_cell(printed, unit, days)
    if reading.kind == "error":
        raise ValueError(reading.problem)
    return reading


def _check_form_value(printed, unit, printed_unit):
    """Refuse what is not plain digits in the unit of the form."""
    reading = read_cell(printed, unit)
    if reading.kind == "missing":
        return
    if not re.fullmatch(r"-?\d+(\.\d+)?%?", tidy(printed)):
        example = f"{reading.value:f}" if reading.value is not None else "93.5"
        raise ValueError(message("row.no_number", printed=printed, example=example))
    if unit and printed_unit and tidy(printed_unit) != tidy(unit):
        raise ValueError(message("row.other_unit", unit=unit, printed_unit=printed_unit))


def _label(scope, c):
    if scope.block.first_row == scope.block.header_row:
        return scope.mapping.columns[c]
    rows = scope.grid.rows
    header = rows[scope.block.first_row - 1][c].strip() or rows[scope.block.header_row][c].strip()
    return re.sub(r"\s+", "", header)


def _from_sentences(grid, mapping, units, period, area):
    captions = [*(" ".join(row) for row in grid.rows[:3]), grid.caption, grid.file]
    stated, doubts = _stated_period(period or mapping.period.fixed, captions)
    result = Extract([], [], [], False)
    for r, match, sentence in headers.find_sentences(grid, mapping):
        result = result._replace(is_known=True)
        try:
            found = _read_sentence(match, mapping, units[sentence.indicator], stated, area)
        except ValueError as error:
            result.problems.append(headers.at(grid, r, match.start(), str(error), match[0][:12]))
            continue
        reading = found[-1]
        if reading.kind in ("number", "range"):
            line = grid.lines[r] if grid.lines else r + 1
            origin = {
                "qualifier": reading.qualifier,
                "place": f"line {line} character {match.start('value') + 1}",
                "header": match[0],
                "context": grid.caption or grid.file,
                "doubts": [*doubts, reading.doubt],
            }
            result.candidates.append(_candidate(sentence.indicator, *found, **origin))
    return result


def _read_sentence(match, mapping, unit, stated, area):
    groups = match.groupdict()
    printed_area = groups.get("area") or area or mapping.area.fixed or ""
    found_area = find_area(mapping.area.aliases.get(printed_area, printed_area))
    period = read_period(groups.get("period") or stated or "", int(stated[:4]) if stated else None)
    return found_area, period, unit, _readable(groups["value"], unit, days_of(period.period))
