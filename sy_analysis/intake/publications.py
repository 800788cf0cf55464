"""Publications into rows: read, guard, and rows of the record or of the quarantine with their provenance."""

import hashlib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sy_analysis.base.errors import DataError
from sy_analysis.base.reading import read_bytes, time_limit
from sy_analysis.intake.candidates import extract
from sy_analysis.intake.guard import check_all
from sy_analysis.intake.headers import find_blocks, find_sentences, unflatten
from sy_analysis.intake.history import known_from, read_guard_facts
from sy_analysis.intake.mappings import choose_mapping, read_mappings
from sy_analysis.intake.record import added_table, write_rows
from sy_analysis.intake.tables import grids_of
from sy_analysis.intake.words import message, refusal
from sy_analysis.record.folders import record_folder
from sy_analysis.record.plan import read_plan
from sy_analysis.record.schema import columns

# for one file; the largest that the limits admit takes half of it
MAX_SECONDS = 120
# A header stands within so many rows from the top of the sheet.
_HEAD = 200


class SourceFacts(NamedTuple):
    """Facts about a file from the person who brings it, empty where the mapping has them."""

    title: str = ""
    publisher: str = ""
    url: str = ""
    published: str = ""
    grade: str = ""


class Intake(NamedTuple):
    """Rows that one file would add to each table, and notes for the person who brings it.

    A row of observations is one of provenance as well, and may have cells of neither.
    """

    file: str
    mapping: str
    source_id: str
    sources: list
    observations: list
    quarantine: list
    n_known: int
    notes: list


def read_files(
    paths: Iterable[str | Path],
    plan: str | Path,
    mapping: str | None = None,
    facts: SourceFacts | None = None,
    period: str | None = None,
    area: str | None = None,
    today: date | None = None,
) -> list[Intake]:
    """Read what files would add to a plan's record, and write nothing.

    Parameters
    ----------
    paths : list of Path
    plan : str or Path
        plan folder, as for `read_plan`.
    mapping : str, optional
        name of the mapping. By default the one whose header words are found.
    facts : SourceFacts, optional
    period, area : str, optional
        for files that do not print it.
    today : date, optional
        the day to record, by default the day of reading.

    Returns
    -------
    list of Intake

    Raises
    ------
    DataError
        with every problem of every file, before anything is written.
    """
    tables, folder = read_plan(plan), record_folder(plan)
    mappings = read_mappings(folder)
    known = known_from(tables.observations, tables.indicators, **read_guard_facts(folder))
    held = set(added_table(plan, "quarantine")["quarantine_id"])
    day = (today or date.today()).isoformat()
    intakes, problems, first_names = [], [], {}
    for path in paths:
        name = Path(path).name
        try:
            with time_limit(name, MAX_SECONDS):
                document = _read_document(name, read_bytes(path), tables, mappings, mapping, period, area)
                if document.file_hash in first_names:
                    intakes.append(_copy_of(document, first_names[document.file_hash]))
                else:
                    first_names[document.file_hash] = name
                    intakes.append(_judge(document, tables, known, held, facts or SourceFacts(), day))
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    return intakes


class _Document(NamedTuple):
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
        raise _unknown_shape(grids[0], {mapping.name: mapping})
    notes = [note for found in extracts for note in found.notes]
    notes += [
        message("file.no_header", file=file, sheet=grid.name, mapping=mapping.name)
        for grid, found in zip(grids, extracts, strict=True)
        if not found.is_known
    ]
    candidates = [candidate for found in extracts for candidate in found.candidates]
    if not candidates:
        raise refusal(file, "file.no_value")
    return _Document(file, hashlib.sha256(content).hexdigest(), mapping, candidates, notes)


def _find_mapping(grids, mappings):
    """Choose the mapping that knows most columns of the file."""
    heads = [
        grid._replace(rows=grid.rows[:_HEAD], lines=(grid.lines or [])[:_HEAD] or None) for grid in grids
    ]
    scores = {name: max(_fit(head, mapping) for head in heads) for name, mapping in mappings.items()}
    best = max(scores.values())
    names = [name for name, score in scores.items() if score == best]
    if best == 0:
        raise _unknown_shape(grids[0], mappings)
    if len(names) > 1:
        raise refusal(grids[0].file, "file.several", zh="、".join(names), en=", ".join(names))
    return mappings[names[0]]


def _fit(grid, mapping):
    """Count the columns of a grid that a mapping knows; sentences and tables without header are half a one."""
    if mapping.layout == "sentences":
        return 0.5 * (grid.kind == "lines" and any(True for _ in find_sentences(grid, mapping)))
    if mapping.layout == "one_cell_a_line":
        return len(mapping.columns) if unflatten(grid, mapping) else 0
    blocks, _ = find_blocks(grid, mapping)
    if not blocks or mapping.header_rows == 0:
        return 0.5 * bool(blocks)
    return len({spec for _, spec, *_ in blocks[0].values}) + len(blocks[0].single)


def _unknown_shape(grid, mappings):
    header = next((row for row in grid.rows if len({cell for cell in row if cell}) > 1), grid.rows[0])
    words = " | ".join(cell for cell in header if cell)[:80]
    known = ", ".join(f"{name} ({mapping.title})" for name, mapping in mappings.items())
    return refusal(grid.file, "file.unknown", words=words, known=known)


def _judge(document, tables, known, held, facts, today):
    source_id = f"F{document.file_hash[:12]}"
    candidates, notes = _merge_repeats(document.candidates)
    have = set(map(_key_of, tables.observations.query("source_id == @source_id").itertuples()))
    new = [candidate for candidate in candidates if _key_of(candidate) not in have]
    # nothing can be known before it is published, or before it is recorded
    verdicts = check_all(new, known, date.fromisoformat(facts.published or today))
    source = _source(source_id, document, facts, today)
    grade = facts.grade or document.mapping.grade
    rows = [(_row(candidate, document, source, grade), suspicions) for candidate, suspicions in verdicts]
    passed = [row for row, suspicions in rows if not suspicions]
    doubted = [_held(row, suspicions) for row, suspicions in rows if suspicions]
    doubted = [row for row in doubted if row["quarantine_id"] not in held]
    return Intake(
        file=document.file,
        mapping=document.mapping.name,
        source_id=source_id,
        sources=[source] if rows and source_id not in set(tables.sources["source_id"]) else [],
        observations=passed,
        quarantine=doubted,
        n_known=len(candidates) - len(passed) - len(doubted),
        notes=[*document.notes, *notes],
    )


def _key_of(figure):
    return figure.indicator_id, figure.area, figure.period, figure.frequency


def _copy_of(document, first):
    """Intake of a file that was given twice under two names, which adds nothing."""
    note = message("file.same", first=first)
    source_id, n = f"F{document.file_hash[:12]}", len(document.candidates)
    return Intake(document.file, document.mapping.name, source_id, [], [], [], n, [note])


def _merge_repeats(candidates):
    """Keep one candidate for each figure, doubted if the file prints it in two ways."""
    merged, notes = {}, []
    for candidate in candidates:
        first = merged.setdefault(_key_of(candidate), candidate)
        if (candidate.value, candidate.qualifier) == (first.value, first.qualifier):
            continue
        prints = f"{first.place} {first.printed}; {candidate.place} {candidate.printed}"
        notes.append(message("file.repeat", prints=prints))
        note = "; ".join(filter(None, [first.note, prints]))
        merged[_key_of(candidate)] = first._replace(doubts=(*first.doubts, "repeat"), note=note)
    return list(merged.values()), notes


def _source(source_id, document, facts, today):
    return {
        "source_id": source_id,
        "publisher": facts.publisher or document.mapping.publisher,
        "title": facts.title or document.mapping.title,
        "url": facts.url,
        "published": facts.published,
        "recorded": today,
        "document": document.file,
        "note": "" if facts.published else "No publication date given: known from the day it was recorded.",
    }


def _row(candidate, document, source, grade):
    """Cells of an observation, of its provenance, and of the quarantine."""
    return candidate._asdict() | {
        "source_id": source["source_id"],
        "value": "" if candidate.value is None else f"{candidate.value:f}",
        "grade": grade,
        "locator": f"{document.file} {candidate.place}",
        "file": document.file,
        "file_hash": document.file_hash,
        "mapping": document.mapping.name,
        "recorded": source["recorded"],
    }


def _held(row, suspicions):
    key = "|".join(row[name] for name in (*columns("observations")[:6], "file_hash", "place"))
    return row | {
        "quarantine_id": f"Q{hashlib.sha256(key.encode()).hexdigest()[:10]}",
        "action": "held",
        "by": "guard",
        "reason": "; ".join(suspicion.reason for suspicion in suspicions),
        "on": row["recorded"],
        "rules": " ".join(suspicion.rule for suspicion in suspicions),
        "release": "; ".join(dict.fromkeys(suspicion.release for suspicion in suspicions)),
    }


def join(intakes: Iterable[Intake], plan: str | Path) -> dict[str, int]:
    """Write the intakes of `read_files` to the record, all files together or none.

    Returns
    -------
    dict of table name to number of rows added
    """
    lists = {"provenance": "observations"}  # the same rows
    added = {
        name: [row for intake in intakes for row in getattr(intake, lists.get(name, name))]
        for name in ("sources", "observations", "provenance", "quarantine")
    }
    if any(added.values()):
        write_rows(plan, added)
    return {name: len(rows) for name, rows in added.items()}
