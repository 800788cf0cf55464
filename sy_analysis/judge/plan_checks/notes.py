"""Notes on a plan's prose: checks, and findings against its tables and the record."""

from collections.abc import Iterator
from fractions import Fraction

import pandas as pd

from sy_analysis.base.errors import DataError, Problem
from sy_analysis.base.periods import days_in
from sy_analysis.judge.plan_checks import tables
from sy_analysis.judge.sentences import quoted
from sy_analysis.record.plan import Plan
from sy_analysis.record.series import EMPTY_HISTORY

NOTE_COLUMNS = [
    "note_id",
    "kind",
    "plan_line",
    "quote",
    "target_id",
    "other",
    "value",
    "year",
    "unit",
    "reading_zh",
    "reading_en",
]


def check_notes(plan: Plan) -> pd.DataFrame:
    """Check that every quote of the notes stands in its line and every id exists.

    Parameters
    ----------
    plan : Plan from `read_plan`, its `notes` being text cells with `NOTE_COLUMNS`, indexed by their line

    Returns
    -------
    DataFrame
        the notes with plan_line as int, value and year as numbers.

    Raises
    ------
    DataError
        with file, line, column, value and what was expected of every wrong cell.
    """
    notes = plan.notes
    if notes.empty:
        return pd.DataFrame(columns=NOTE_COLUMNS)
    if list(notes.columns) != NOTE_COLUMNS:
        raise DataError(
            [f"plan_notes.csv: columns {', '.join(notes.columns)}; expected {', '.join(NOTE_COLUMNS)}"]
        )
    problems = [
        Problem("plan_notes.csv", line, column, note[column], expected)
        for line, note in notes.iterrows()
        for column, expected in _wrong_cells(note, plan)
    ]
    if problems:
        raise DataError(problems)
    return notes.assign(**{name: pd.to_numeric(notes[name]) for name in ("plan_line", "value", "year")})


def _wrong_cells(note, plan):
    """Column and what was expected, for each wrong cell of a note."""
    indicators, targets = set(plan.indicators["indicator_id"]), set(plan.targets["target_id"])
    others = {"count": {"core", "expected", "binding"}, "same_quantity": targets}
    others |= dict.fromkeys(("other_basis", "record", "rank"), indicators)
    line_numbers = {str(number) for number in range(1, len(plan.lines) + 1)}
    allowed = {
        "kind": set(_FINDING_OF_KIND),
        "plan_line": line_numbers,
        "target_id": targets | {""},
        "other": others.get(note["kind"], {note["other"]}),
    }
    for column, values in allowed.items():
        if note[column] not in values:
            yield column, "expected one that the plan has"
    number = note["plan_line"]
    if number in line_numbers and note["quote"] not in plan.lines[int(number) - 1]:
        yield "quote", f"expected words of plan line {number}"


def findings_of_notes(notes: pd.DataFrame, rows: dict[str, dict], plan: Plan) -> Iterator[tables.Finding]:
    """Yield the findings of the notes, by the check that fits the kind of each."""
    for note in notes.to_dict("records"):
        yield from _FINDING_OF_KIND[note["kind"]](note, rows, plan)


def _finding(check, note, name, row=tables.WHOLE_PLAN, **values):
    """A finding in the words of its note, with its reading."""
    text = tables.sentence(name, note=note, target=row, quote=quoted(note["quote"]), **values)
    return tables.finding(check, row, text, _reading(note), lines=[note["plan_line"]])


def _reading(note):
    return note["reading_zh"], note["reading_en"]


def _figure(note, rows, plan):
    row, name, value, days = rows[note["target_id"]], "figure", note["value"], None
    if note["unit"] == "天" and row["unit"] == "%":
        name, days = "figure_of_days", days_in(str(int(note["year"])))
        value = float(round(Fraction(int(value) * 100, days), 1))
    if value != row["baseline_value"]:
        facts = {"baseline": row["baseline_value"], "goal": tables.goal_text(row)}
        yield _finding("text_against_table", note, name, row, value=value, days=days, **facts)


def _count(note, rows, plan):
    is_binding = [bool(row["is_binding"]) for row in rows.values() if row["role"] == "core"]
    counts = {"core": len(is_binding), "binding": sum(is_binding)}
    count = (counts | {"expected": counts["core"] - counts["binding"]})[note["other"]]
    if count != note["value"]:
        yield _finding("counts", note, f"count_{note['other']}", count=count)


def _same_quantity(note, rows, plan):
    row, other = rows[note["target_id"]], rows[note["other"]]
    goals = {"goal": tables.goal_text(row), "other_goal": tables.goal_text(other)}
    text = tables.sentence("two_targets", target=row, other=other, **goals)
    yield tables.finding("two_targets", row, text, _reading(note), lines=other["lines"])


def _other_basis(note, rows, plan):
    row, values = rows[note["target_id"]], tables.yearly_values(plan)
    for own_id in tables.own_and_stand_ins(row["indicator_id"], plan):
        if pair := _closest_pair(values.get(own_id, EMPTY_HISTORY), values.get(note["other"], EMPTY_HISTORY)):
            yield _finding(
                "definition_break",
                note,
                "other_basis_above" if pair["other"] > pair["own"] else "other_basis_below",
                row,
                **pair,
                difference=abs(pair["other"] - pair["own"]),
                own_name=tables.names_of(plan, own_id),
                other_name=tables.names_of(plan, note["other"]),
            )
            return


def _closest_pair(own, others):
    """Both bases in an area and year that have them, else the own one as the mean of the years next to it."""
    for reach in (0, 1):
        for (area, year), other in others.items():
            close = [value for when, value in own.get(area, {}).items() if abs(when - year) <= reach]
            if close:
                mean = round(sum(close) / len(close), 2)
                return {"area": area, "year": year, "own": mean, "other": other}
    return None


def _record(note, rows, plan):
    stated = {"value": note["value"], "year": note["year"]}
    for period, recorded in _recorded(note, plan):
        if recorded != note["value"]:
            yield _finding("text_against_record", note, "record", **stated, period=period, recorded=recorded)


def _rank(note, rows, plan):
    known = plan.observations[plan.observations["indicator_id"] == note["other"]]
    direction = plan.indicators.set_index("indicator_id").at[note["other"], "direction"]
    for period, recorded in _recorded(note, plan):
        # places of the same level as the city; a province is the sum of them
        peers = known[(known["period"] == period) & known["area"].str.contains("[市州]$")]
        rank = 1 + int((direction * peers["value"] > direction * recorded).sum())
        if rank != note["value"]:
            facts = {"period": period, "recorded": recorded, "places": len(peers), "rank": rank}
            yield _finding("text_against_record", note, "rank", **facts)


def _recorded(note, plan):
    """Periods and values of the note's indicator and year in the plan's own area."""
    known = plan.observations.query("indicator_id == @note['other'] and area == @plan.area")
    in_year = known[known["period"].str[:4] == str(int(note["year"]))]
    return zip(in_year["period"], in_year["value"], strict=True)


_FINDING_OF_KIND = {"figure": _figure, "count": _count, "same_quantity": _same_quantity, "rank": _rank}
_FINDING_OF_KIND |= {"other_basis": _other_basis, "record": _record}
_FINDING_OF_KIND |= {
    "typo": lambda note, rows, plan: [_finding("typo", note, "typo")],
    "higher_area": lambda note, rows, plan: (),  # a fact for the checks of tables
}
