"""Files into the record: read, guard, and then rows with their provenance, all written or nothing.

The tables of a plan folder that this adds to: sources.csv (one row a file), observations.csv (what passed),
provenance.csv (where each of these figures stands and how it was read), quarantine.csv (what is held back).
Rows are only ever appended; the bytes that were there before stay as they are.
"""

import csv
import hashlib
import io
import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sy_analysis.base.csv_text import neutralise, read_text_table
from sy_analysis.base.errors import DataError
from sy_analysis.base.reading import read_bytes, read_yaml, time_limit
from sy_analysis.base.words import both
from sy_analysis.base.writing import write_atomically
from sy_analysis.intake.candidates import extract
from sy_analysis.intake.guard import check_all
from sy_analysis.intake.headers import find_blocks
from sy_analysis.intake.known import known_from
from sy_analysis.intake.lines import find_sentences, unflatten
from sy_analysis.intake.mappings import check_patterns, choose_mapping, read_mappings, said_by
from sy_analysis.intake.tables import grids_of
from sy_analysis.record.plan import plan_folder, read_plan
from sy_analysis.record.schema import RAW_TABLES, columns

PROVENANCE = (
    *("indicator_id", "area", "period", "frequency", "source_id", "value", "printed"),
    *("file", "file_hash", "place", "header", "parse", "mapping", "recorded"),
)
QUARANTINE = (
    *("quarantine_id", "action", "by", "reason", "on", "rules", "release"),
    *("indicator_id", "area", "period", "frequency", "source_id", "value", "unit", "qualifier", "grade"),
    *("printed", "note", "file", "file_hash", "place", "header", "parse", "mapping"),
)
# for one file; the largest that the limits admit takes half of it
MAX_SECONDS = 120
EXCEPTIONS = ("indicator_id", "area", "period", "rule")
# A header stands within so many rows from the top of the sheet.
_HEAD = 200
_ADDED_TABLES = {"provenance": PROVENANCE, "quarantine": QUARANTINE}


class SourceFacts(NamedTuple):
    """What the person who brings a file says about it; empty where the mapping says it."""

    title: str = ""
    publisher: str = ""
    url: str = ""
    published: str = ""
    grade: str = ""


class Intake(NamedTuple):
    """What one file would add: rows of each table, and what to tell."""

    file: str
    mapping: str
    source_id: str
    sources: list
    observations: list
    provenance: list
    quarantine: list
    n_known: int
    notes: list


def read_files(paths, plan, mapping=None, facts=None, period=None, area=None, today=None):
    """What files would add to a plan's record; nothing is written.

    Parameters
    ----------
    paths : list of Path
    plan : str or Path
        plan folder, as for `read_plan`.
    mapping : str, optional
        name of the mapping; else the one whose header words are found.
    facts : SourceFacts, optional
    period, area : str, optional
        for files that do not say.
    today : date, optional
        the day to record; the day of reading by default.

    Returns
    -------
    list of Intake

    Raises
    ------
    DataError
        with every problem of every file, before anything is written.
    """
    tables, folder = read_plan(plan), plan_folder(plan)
    mappings = read_mappings(folder)
    known = known_from(tables.observations, tables.indicators, **read_guard_facts(folder))
    held = {row["quarantine_id"] for row in rows_of(folder / "quarantine.csv", QUARANTINE)}
    day = (today or date.today()).isoformat()
    results, problems, seen = [], [], {}
    for path in paths:
        try:
            with time_limit(Path(path).name, MAX_SECONDS):
                content = read_bytes(path)
                read = _read_document(Path(path).name, content, tables, mappings, mapping, period, area)
                if read.file_hash in seen:
                    results.append(_copy_of(read, seen[read.file_hash]))
                    continue
                seen[read.file_hash] = read.file
                results.append(_judge(read, tables, known, held, facts or SourceFacts(), day))
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    return results


class _Read(NamedTuple):
    file: str
    file_hash: str
    mapping: object
    candidates: list
    notes: list


def _read_document(file, content, tables, mappings, name, period, area):
    grids = grids_of(file, content)
    mapping = choose_mapping(mappings, name) if name else _find_mapping(grids, mappings)
    extracts = [extract(grid, mapping, tables.indicators, period, area) for grid in grids]
    problems = [problem for found in extracts for problem in found.problems]
    if problems:
        raise DataError(problems)
    if not any(found.is_known for found in extracts):
        raise DataError([_unknown_shape(grids[0], {mapping.name: mapping})])
    notes = [note for found in extracts for note in found.notes]
    notes += [
        both(
            f"{file} {grid.name}: 没有“{mapping.name}”的表头,未读",
            f"no header of “{mapping.name}”; left out",
        )
        for grid, found in zip(grids, extracts, strict=True)
        if not found.is_known
    ]
    candidates = [candidate for found in extracts for candidate in found.candidates]
    if not candidates:
        raise DataError([f"{file}: " + both("表中没有一个数值", "there is not one value in its tables")])
    return _Read(file, hashlib.sha256(content).hexdigest(), mapping, candidates, notes)


def _find_mapping(grids, mappings):
    """The mapping that knows most columns of the file."""
    heads = [
        grid._replace(rows=grid.rows[:_HEAD], lines=(grid.lines or [])[:_HEAD] or None) for grid in grids
    ]
    scores = {name: max(_fit(head, mapping) for head in heads) for name, mapping in mappings.items()}
    best = max(scores.values())
    names = [name for name, score in scores.items() if score == best]
    if best == 0:
        raise DataError([_unknown_shape(grids[0], mappings)])
    if len(names) > 1:
        zh, en = (
            f"几种表都合适:{'、'.join(names)},请用--mapping指定",
            f"several mappings fit: {', '.join(names)}",
        )
        raise DataError([f"{grids[0].file}: " + both(zh, f"{en}; name one with --mapping")])
    return mappings[names[0]]


def _fit(grid, mapping):
    """How many columns of a grid a mapping knows; sentences, and tables without header, count as half a one."""
    if mapping.layout == "sentences":
        return 0.5 * (grid.kind == "lines" and any(True for _ in find_sentences(grid, mapping)))
    if mapping.layout == "one_cell_a_line":
        return len(mapping.columns) if unflatten(grid, mapping) else 0
    blocks, _ = find_blocks(grid, mapping)
    if not blocks or mapping.header_rows == 0:
        return 0.5 * bool(blocks)
    single = [blocks[0].area, blocks[0].period, blocks[0].indicator, blocks[0].unit, blocks[0].qualifier]
    return len({spec for _, spec, *_ in blocks[0].values}) + sum(column is not None for column in single)


def _unknown_shape(grid, mappings):
    seen = next((row for row in grid.rows if len({cell for cell in row if cell}) > 1), grid.rows[0])
    shown = " | ".join(cell for cell in seen if cell)[:80]
    known = ", ".join(f"{name} ({mapping.title})" for name, mapping in mappings.items())
    zh = f"没有合适的对照表;第一行表头“{shown}”;已有:{known}"
    return f"{grid.file}: " + both(
        zh, f"no mapping fits; the first header reads “{shown}”; write a mapping for it"
    )


def _judge(read, tables, known, held, facts, today):
    source_id = f"F{read.file_hash[:12]}"
    candidates, notes = _merge_repeats(read.candidates)
    have = _keys_of(tables.observations, source_id)
    new = [c for c in candidates if (c.indicator_id, c.area, c.period, c.frequency) not in have]
    published = facts.published
    # nothing can be known before it is published, or before it is in hand
    verdicts = check_all(new, known, date.fromisoformat(published or today))
    grade = facts.grade or read.mapping.grade
    rows = [(_observation(c, source_id, grade), _origin(c, read), suspicions) for c, suspicions in verdicts]
    passed = [(row, origin) for row, origin, suspicions in rows if not suspicions]
    doubted = [_held_row(row, origin, suspicions, today) for row, origin, suspicions in rows if suspicions]
    source = {
        "source_id": source_id,
        "publisher": facts.publisher or read.mapping.publisher,
        "title": facts.title or read.mapping.title,
        "url": facts.url,
        "published": published,
        "recorded": today,
        "document": read.file,
        "note": "" if published else "No publication date given: known from the day it was recorded.",
    }
    return Intake(
        file=read.file,
        mapping=read.mapping.name,
        source_id=source_id,
        sources=[source] if source_id not in set(tables.sources["source_id"]) and rows else [],
        observations=[row for row, _ in passed],
        provenance=[_provenance(row, origin, today) for row, origin in passed],
        quarantine=[row for row in doubted if row["quarantine_id"] not in held],
        n_known=len(candidates) - len(passed) - sum(row["quarantine_id"] not in held for row in doubted),
        notes=[*read.notes, *notes],
    )


def _copy_of(read, first):
    """A file that was given twice under two names adds nothing."""
    note = both(f"与{first}内容相同,未重复收入", f"the same content as {first}; not taken twice")
    n = len(read.candidates)
    return Intake(read.file, read.mapping.name, f"F{read.file_hash[:12]}", [], [], [], [], n, [note])


def _keys_of(observations, source_id):
    own = observations[observations["source_id"] == source_id]
    return set(zip(own["indicator_id"], own["area"], own["period"], own["frequency"], strict=True))


def _merge_repeats(candidates):
    """One candidate for each figure; a figure that the file prints twice in two ways is doubted twice."""
    first, notes, result = {}, [], []
    for candidate in candidates:
        key = (candidate.indicator_id, candidate.area, candidate.period, candidate.frequency)
        if key not in first:
            first[key] = len(result)
            result.append(candidate)
            continue
        other = result[first[key]]
        if (candidate.value, candidate.qualifier) == (other.value, other.qualifier):
            continue
        said = f"{other.place} {other.printed}; {candidate.place} {candidate.printed}"
        notes.append(both(f"同一数值印了两种:{said}", f"the same figure is printed in two ways: {said}"))
        doubts = (*other.doubts, "repeat")
        result[first[key]] = other._replace(doubts=doubts, note="; ".join(filter(None, [other.note, said])))
    return result, notes


def _observation(candidate, source_id, grade):
    value = "" if candidate.value is None else f"{candidate.value:f}"
    return {
        "indicator_id": candidate.indicator_id,
        "area": candidate.area,
        "period": candidate.period,
        "frequency": candidate.frequency,
        "source_id": source_id,
        "value": value,
        "unit": candidate.unit,
        "qualifier": candidate.qualifier,
        "grade": grade,
        "printed": candidate.printed,
        "locator": "",
        "note": candidate.note,
    }


def _origin(candidate, read):
    return {
        "file": read.file,
        "file_hash": read.file_hash,
        "place": candidate.place,
        "header": candidate.header,
        "parse": candidate.parse,
        "mapping": read.mapping.name,
    }


def _provenance(row, origin, today):
    row["locator"] = f"{origin['file']} {origin['place']}"
    return {**{name: row[name] for name in PROVENANCE[:7]}, **origin, "recorded": today}


def _held_row(row, origin, suspicions, today):
    key = "|".join(
        [*(row[name] for name in columns("observations")[:6]), origin["file_hash"], origin["place"]]
    )
    return {
        "quarantine_id": f"Q{hashlib.sha256(key.encode()).hexdigest()[:10]}",
        "action": "held",
        "by": "guard",
        "reason": "; ".join(suspicion.reason for suspicion in suspicions),
        "on": today,
        "rules": " ".join(suspicion.rule for suspicion in suspicions),
        "release": "; ".join(dict.fromkeys(suspicion.release for suspicion in suspicions)),
        **{name: row[name] for name in row if name != "locator"},
        **origin,
    }


def read_guard_facts(folder):
    """What the guard knows about a plan: guard.yaml, breaks.csv and exceptions.csv of its folder."""
    facts = folder / "guard.yaml"
    return {
        "guard_facts": _guard_facts(facts) if facts.exists() else {},
        "breaks": rows_of(folder / "breaks.csv"),
        "exceptions": rows_of(folder / "exceptions.csv", EXCEPTIONS),
    }


class _GuardWord(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    pattern: str
    conflicts: str
    zh: str
    en: str


class _GuardParts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    indicator: str
    area: str
    counts: tuple[Annotated[int, Field(ge=1, le=100_000)], ...] = Field(min_length=1)


class _GuardFacts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    words: tuple[_GuardWord, ...] = ()
    parts: tuple[_GuardParts, ...] = ()


def _guard_facts(path):
    try:
        facts = _GuardFacts(**read_yaml(path))
    except ValidationError as error:
        raise DataError(said_by(path.name, error)) from None
    check_patterns(path.name, [text for word in facts.words for text in (word.pattern, word.conflicts)])
    return facts.model_dump()


def rows_of(path, expected=()):
    """Rows of a CSV file as dicts of text; none where there is no such file.

    Parameters
    ----------
    path : Path
    expected : sequence of str, optional
        columns that it must have.

    Raises
    ------
    DataError
        as for `read_text_table`, and for a missing column.
    """
    if not path.exists():
        return []
    table = read_text_table(path)
    missing = [name for name in expected if name not in table]
    if missing:
        raise DataError([f"{path.name}: column “{name}” is missing" for name in missing])
    return table.to_dict("records")


def write_rows(plan, added):
    """Append rows to tables of a plan folder, all or nothing.

    The new tables are first read back in a copy of the folder, with all checks of the record. When writing
    one of them fails, those already written are put back.

    Parameters
    ----------
    plan : str or Path
    added : dict of table name to list of dict
        names of raw tables, provenance or quarantine.

    Raises
    ------
    DataError
        when the result would not be a valid record; nothing is changed then.
    """
    folder = plan_folder(plan)
    # the record itself comes last: until it is there, the other rows point at nothing and do no harm
    order = [name for name in ("sources", "provenance", "quarantine", "observations") if added.get(name)]
    paths = {name: folder / f"{name}.csv" for name in order}
    before = {name: _bytes_of(path) for name, path in paths.items()}
    after = {name: _appended(name, before[name], added[name]) for name in order}
    _check_copy(folder, after)
    changed = [f"{name}.csv" for name in order if _bytes_of(paths[name]) != before[name]]
    if changed:
        said = both(
            "刚被别人改动,未写入,请重试",
            "was changed by someone else just now; nothing was written, try again",
        )
        raise DataError([f"{name}: {said}" for name in changed])
    written = []
    try:
        for name in order:
            written.append(name)
            write_atomically(paths[name], after[name])
    except BaseException:
        for name in written:
            _put_back(paths[name], before[name])
        raise


def _bytes_of(path):
    return read_bytes(path) if path.exists() else None


def _appended(name, before, rows):
    header = _ADDED_TABLES.get(name) or columns(name)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, lineterminator="\n")
    if before is None:
        writer.writeheader()
    elif before and not before.endswith(b"\n"):
        text.write("\n")
    writer.writerows({name: neutralise(text) for name, text in row.items()} for row in rows)
    return (before or b"") + text.getvalue().encode("utf-8")


def _check_copy(folder, after):
    with tempfile.TemporaryDirectory() as copy:
        for name in ("plan.yaml", *(f"{table}.csv" for table in RAW_TABLES)):
            (Path(copy) / name).write_bytes(read_bytes(folder / name))
        for name, content in after.items():
            (Path(copy) / f"{name}.csv").write_bytes(content)
        read_plan(copy)


def _put_back(path, content):
    if content is None:
        path.unlink(missing_ok=True)
    else:
        write_atomically(path, content)


def join(intakes, plan):
    """Write what `read_files` found, all files together or none.

    Returns
    -------
    dict of table name to number of rows added
    """
    names = ("sources", "observations", "provenance", "quarantine")
    added = {name: [row for intake in intakes for row in getattr(intake, name)] for name in names}
    if any(added.values()):
        write_rows(plan, added)
    return {name: len(rows) for name, rows in added.items()}
