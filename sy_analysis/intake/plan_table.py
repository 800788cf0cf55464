"""Read a plan's own table of targets from the text of the plan.

The table may be flattened to one cell a line. plan_table.yaml of the plan folder has its place and the meaning of its
words, so that the next plan needs a new folder and no new code.
"""

import re
from pathlib import Path
from typing import Literal

import pandas as pd

from sy_analysis.base.errors import DataError
from sy_analysis.base.reading import file_of, read_bytes
from sy_analysis.intake.cells import read_cell
from sy_analysis.intake.digits import unit_of
from sy_analysis.intake.headers import plain, start_of
from sy_analysis.intake.mappings import Facts, read_facts
from sy_analysis.intake.texts import decode
from sy_analysis.intake.words import message, refusal
from sy_analysis.record.folders import plan_folder
from sy_analysis.record.plan import read_plan

_NUMBERED = re.compile(r"(\d{1,3})\s*[.、．]\s*(\D.*)")
# A row of the table begins within so many cells of the row before: group name, aim, and a mark or two.
_REACH = 6
_COMPARED = ("baseline_value", "relation", "target_low", "target_high", "unit", "is_binding")


class TableFacts(Facts):
    """Place of a plan's table and meaning of its words."""

    document: str
    header: tuple[str, ...]
    name: str
    baseline: str
    target: str
    attribute: str
    binding: dict[str, bool]
    bare_number: Literal["at_least", "at_most"] = "at_least"


def read_plan_table(plan: str | Path) -> pd.DataFrame:
    """Read targets as the plan's own table prints them.

    Parameters
    ----------
    plan : str or Path
        plan folder with plan_table.yaml and the text that it names.

    Returns
    -------
    DataFrame
        one row a target in the order of the table: number, group, name, unit, baseline_year, baseline_value,
        target_year, relation (at_least, at_most, equal_ceiling, between, unset), target_low, target_high,
        is_binding, printed_baseline, printed_target, plan_line (the line of the target's cell).

    Raises
    ------
    DataError
        with every cell that cannot be read, naming the line.
    """
    folder = plan_folder(plan)
    facts = read_facts(folder / "plan_table.yaml", TableFacts)
    cells = _cells_of(file_of(folder, facts.document))
    start = _after_header(cells, facts)
    rows, problems = [], []
    for number, group, row in _rows_of(cells[start:], facts):
        target, cell_problems = _target(number, group, row, facts)
        problems += [f"{facts.document} {problem}" for problem in cell_problems]
        rows.append(target)
    if problems:
        raise DataError(problems)
    return pd.DataFrame(rows)


def _cells_of(path):
    """List cells with their lines; a line has one cell, or several between bars."""
    lines = decode(path.name, read_bytes(path)).splitlines()
    cells = [(number, cell.strip()) for number, line in enumerate(lines, 1) for cell in line.split("|")]
    return [(number, cell) for number, cell in cells if cell]


def _after_header(cells, facts):
    start = start_of(cells, [re.compile(re.escape(plain(word))) for word in facts.header])
    if start is None:
        raise refusal(facts.document, "table.no_header", header=" | ".join(facts.header))
    return start + len(facts.header)


def _rows_of(cells, facts):
    """Yield rows by their running numbers: (number, group, the cells from the name on)."""
    number, group, end = 1, "", 0
    while True:
        places = range(end, min(end + _REACH, len(cells)))
        start = next((place for place in places if _number_of(cells[place][1]) == number), None)
        if start is None:
            return
        group = cells[end][1] if start > end else group
        end = start + len(_columns(facts))
        yield number, group, cells[start:end]
        number += 1


def _columns(facts):
    """Header cells from the name on."""
    return facts.header[facts.header.index(facts.name) :]


def _number_of(cell):
    numbered = _NUMBERED.fullmatch(cell)
    return int(numbered[1]) if numbered else None


def _target(number, group, row, facts):
    if len(row) < len(_columns(facts)):
        return {}, [f"line {row[-1][0]}: " + message("table.cut")]
    cell = dict(zip(_columns(facts), row, strict=True))
    name, unit = _name_and_unit(cell[facts.name][1])
    (_, printed_baseline), (line, printed_target) = cell[facts.baseline], cell[facts.target]
    attribute_line, attribute = cell[facts.attribute]
    unit = unit or read_cell(printed_target).unit
    baseline, target = read_cell(printed_baseline, unit), read_cell(printed_target, unit)
    problems = [f"line {line}: {reading.problem}" for reading in (baseline, target) if reading.problem]
    if attribute not in facts.binding:
        words = ", ".join(facts.binding)
        expected = message("table.attribute", printed=attribute, words=words)
        problems.append(f"line {attribute_line}: {expected}")
    relation, low, high = _relation(target, baseline, unit, facts)
    return {
        "number": number,
        "group": group,
        "name": name,
        "unit": unit,
        "baseline_year": _year_of(facts.baseline),
        "baseline_value": _float(baseline.value),
        "target_year": _year_of(facts.target),
        "relation": relation,
        "target_low": _float(low),
        "target_high": _float(high),
        "is_binding": facts.binding.get(attribute, False),
        "printed_baseline": printed_baseline,
        "printed_target": printed_target,
        "plan_line": line,
    }, problems


def _name_and_unit(printed):
    """Part a name without its number from the unit in brackets.

    >>> _name_and_unit("8. 交通工程项目质量合格率(%)")
    ('交通工程项目质量合格率', '%')
    """
    name = _NUMBERED.fullmatch(printed)[2].strip()
    bracket = re.fullmatch(r"(.+?)\s*[(（]([^()（）]+)[)）]", name)
    return (bracket[1], bracket[2]) if bracket and unit_of(bracket[2]) else (name, "")


def _relation(target, baseline, unit, facts):
    """Relation and bounds of a target cell.

    A sign or a range decides. A bare 100 % can only be held. Any other bare number is read by the plan's facts,
    but one below its baseline is a level to come down to.
    """
    if target.kind == "range":
        return "between", target.low, target.high
    if target.kind != "number":
        return "unset", None, None
    is_bare = target.qualifier not in (">=", "<=")
    if is_bare and unit == "%" and target.value == 100:
        return "equal_ceiling", target.value, None
    is_falling = baseline.value is not None and target.value < baseline.value
    if target.qualifier == "<=" or (is_bare and (is_falling or facts.bare_number == "at_most")):
        return "at_most", None, target.value
    return "at_least", target.value, None


def _year_of(word):
    return int(re.search(r"\d{4}", word)[0])


def _float(value):
    return None if value is None else float(value)


def compare_with_targets(plan: str | Path) -> pd.DataFrame:
    """Compare the plan's own table with targets.csv, matched by the indicator's Chinese name.

    Returns
    -------
    DataFrame
        the table of `read_plan_table` with target_id (empty where targets.csv has no such indicator) and
        differs, the columns in which the two disagree.
    """
    tables, printed = read_plan(plan), read_plan_table(plan)
    names = dict(zip(tables.indicators["name_zh"].map(plain), tables.indicators["indicator_id"], strict=True))
    targets = tables.targets.set_index("indicator_id")
    ids = printed["name"].map(plain).map(names)
    differs = [
        [column for column in _COMPARED if not _same(row[column], targets.at[indicator_id, column])]
        if indicator_id in targets.index
        else ["missing"]
        for indicator_id, row in zip(ids, printed.to_dict("records"), strict=True)
    ]
    return printed.assign(target_id=[i if i in targets.index else "" for i in ids], differs=differs)


def _same(one, other):
    return (pd.isna(one) and pd.isna(other)) or one == other
