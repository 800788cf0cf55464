"""The tables of a grid and the meaning of their columns, by the words of their headers.

Text without columns comes last: tables printed one cell a line, and figures inside sentences.
"""

import re
import unicodedata
from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from sy_analysis.base.words import simplify
from sy_analysis.intake.digits import unit_of
from sy_analysis.intake.grids import Grid, place_of
from sy_analysis.intake.mappings import Mapping, Sentence, compiled
from sy_analysis.intake.words import message
from sy_analysis.record.areas import find_area

# Rows that stand below or between the data of published tables.
FOOTERS = re.compile(
    r"\(?(?:(?:注|备注|说明|资料来源|数据来源|来源|审核|制表|填表人?|note|source)\d?[:：.、].*"
    r"|合计|总计|小计|平均|均值|平均值|全省平均|注|note)\)?|.*摘编.*",
    re.IGNORECASE,
)


class Block(NamedTuple):
    """One table of a grid: its header row, its first row of data, and the meaning of its columns.

    `single` are the columns of area, period, indicator, unit and qualifier that it has. `values` are tuples
    (column, ValueColumn, words of its header, unit that the header names).
    """

    header_row: int
    first_row: int
    key: int
    single: dict
    notes: tuple
    values: tuple


@lru_cache(maxsize=16384)
def header_words(text: object) -> tuple[str, str]:
    """Header text in one way of writing, and the unit that it names in brackets.

    >>> header_words("优良天数 比例（％）"), header_words("14.PM2.5(μg/m3)")
    (('优良天数比例', '%'), ('pm2.5', 'μg/m3'))
    """
    words = re.sub(r"\s+", "", unicodedata.normalize("NFKC", simplify(str(text)))).casefold()
    words = re.sub(r"^\d{1,2}[.、](?=\D)", "", words)
    unit = ""
    for inner in re.findall(r"\(([^()]*)\)", words):
        word = re.sub("^单位:?", "", inner)
        if unit_of(word):
            words, unit = words.replace(f"({inner})", ""), word
    return words, unit


def plain(text: object) -> str:
    """Header text in one way of writing, without the unit that it names."""
    return header_words(text)[0]


def at(grid: Grid, r: int, c: int, problem: str, header: str = "") -> str:
    """A problem with its place: the file, the cell, and row and column in a clerk's words."""
    row = grid.lines[r] if grid.lines and r < len(grid.lines) else r + 1
    chinese, english = problem.split(" / ", 1) if " / " in problem else (problem, problem)
    column = header or f"{c + 1}"
    place = f"{grid.file} {place_of(grid, r, c)}"
    return f"{place}: 第{row}行“{column}”列:{chinese} / row {row}, column “{column}”: {english}"


def key_word(mapping: Mapping) -> str | None:
    """The header word of the column that names the rows, by which a header row is found."""
    return mapping.indicator or mapping.area.column or mapping.period.column


def find_blocks(grid: Grid, mapping: Mapping) -> tuple[list[Block], list[str]]:
    """Find the tables of a grid, below or beside one another.

    Returns
    -------
    (list of Block, list of str)
        the second lists what is wrong with similar headers when no header is right.
    """
    if mapping.header_rows == 0:
        return _named_block(grid, mapping)
    key = compiled(key_word(mapping))
    blocks, problems, r = [], [], 0
    while r < len(grid.rows):
        here = []
        if any(key.fullmatch(plain(cell)) for cell in grid.rows[r] if cell):
            here, wrong = _blocks_at(grid, mapping, r)
            problems += wrong
        if here and not _repeats(grid, here[0], blocks):
            blocks += here
        r += mapping.header_rows if here else 1
    return blocks, [] if blocks else problems


def _named_block(grid, mapping):
    """The one table of a text without a header, when it has as many columns as the mapping."""
    if grid.kind != "lines" or len(grid.rows[0]) != len(mapping.columns):
        return [], []
    named = enumerate(map(header_words, mapping.columns))
    paths = {c: ((words,), unit) for c, (words, unit) in named}
    key = _column_of(paths, key_word(mapping))
    block, problems = _block(grid, mapping, 0, key or 0, paths)
    return [block] if block else [], problems


def _repeats(grid, block, blocks):
    """A header printed again on a new page, with no caption of its own."""
    return bool(blocks) and block[2:] == blocks[-1][2:] and not captions_of(grid, block, blocks)


def _blocks_at(grid, mapping, r):
    paths = _header_paths(grid, r, mapping.header_rows)
    key = compiled(key_word(mapping))
    keys = [c for c, (path, _) in enumerate(paths) if path and key.fullmatch(path[0])]
    blocks, problems = [], []
    for start, end in zip(keys, [*keys[1:], len(paths)], strict=True):
        # with one table the columns may stand left of the key; side by side each table starts with it
        columns = range(start, end) if len(keys) > 1 else range(len(paths))
        block, wrong = _block(grid, mapping, r, start, {c: paths[c] for c in columns})
        problems += wrong
        blocks += [block] if block else []
    return blocks, problems


def _header_paths(grid, r, header_rows):
    """For each column the words of its header from the top down, and the unit that they name."""
    rows = [list(row) for row in grid.rows[r : r + header_rows]]
    for row in rows[:-1]:
        # in text files a header that spans columns leaves empty cells after it
        for c in range(1, len(row)):
            if not row[c] and any(lower[c] for lower in rows[1:]):
                row[c] = row[c - 1]
    paths = []
    for column in zip(*rows, strict=True):
        words = [header_words(cell) for cell in column if cell]
        unit = next((unit for _, unit in reversed(words) if unit), "")
        paths.append((tuple(dict.fromkeys(text for text, _ in words)), unit))
    return paths


def _block(grid, mapping, r, key, paths):
    problems, values = [], []
    for spec in mapping.values:
        columns = [c for c, (path, _) in paths.items() if c != key and _fits(spec.column, path)]
        words = "/".join(spec.column)
        if len(columns) > 1 and not mapping.period.in_header:
            problems.append(at(grid, r, columns[1], message("header.doubled", n=len(columns), words=words)))
        elif not columns and not spec.is_optional:
            problems.append(at(grid, r, key, message("header.missing", words=words)))
        values += [(c, spec, *paths[c]) for c in columns]
    single = {name: _column_of(paths, word) for name, word in mapping.single.items()}
    problems += [
        at(grid, r, key, message("header.missing", words=mapping.single[name]))
        for name, column in single.items()
        if column is None and (mapping.is_form or name not in ("unit", "qualifier"))
    ]
    if problems or not values:
        return None, problems
    single = {name: column for name, column in single.items() if column is not None}
    notes = tuple(c for c in (_column_of(paths, word) for word in mapping.notes) if c is not None)
    return Block(r, r + mapping.header_rows, key, single, notes, tuple(values)), []


def _fits(parts, path):
    return all(any(compiled(part).fullmatch(word) for word in path) for part in parts)


def _column_of(paths, word):
    return next((c for c, (path, _) in paths.items() if word and _fits((word,), path)), None)


def texts_of(row: list[str]) -> list[str]:
    """Different texts of a row, in order."""
    return list(dict.fromkeys(cell.strip() for cell in row if cell.strip()))


def captions_of(grid: Grid, block: Block, blocks: list[Block]) -> list[str]:
    """Lines that stand alone above a header, the nearest first, back to the table before."""
    above = max((b.header_row for b in blocks if b.header_row < block.header_row), default=-1)
    captions = []
    for r in range(block.header_row - 1, above, -1):
        texts = texts_of(grid.rows[r])
        is_caption = len(texts) <= 1 or (len(texts) == 2 and any("单位" in text for text in texts))
        if not is_caption:
            break
        captions += texts
    return captions


def unflatten(grid: Grid, mapping: Mapping) -> Grid | None:
    """Restore the rows of a table printed one cell a line; None without its header.

    The header cells stand in their order, one a line. A cell of the area column that was merged over several
    rows is printed once and carried down.

    Parameters
    ----------
    grid : Grid with one cell a line
    mapping : Mapping with `columns`, the header words in order
    """
    lines = grid.lines or range(1, len(grid.rows) + 1)
    cells = [(line, row[0].strip().rstrip("|").strip()) for line, row in zip(lines, grid.rows, strict=True)]
    cells = [(line, text) for line, text in cells if text]
    start = start_of(cells, [compiled(column) for column in mapping.columns])
    if start is None:
        return None
    width = len(mapping.columns)
    is_carried = mapping.area.is_carried and mapping.area.column in mapping.columns
    carried = mapping.columns.index(mapping.area.column) if is_carried else None
    rows = [cells[start : start + width], *_rows_of(cells[start + width :], width, carried)]
    places = {(r, c): f"line {line}" for r, row in enumerate(rows) for c, (line, _) in enumerate(row)}
    caption = " ".join(text for _, text in cells[max(0, start - 5) : start])
    texts = [[text for _, text in row] for row in rows]
    return grid._replace(rows=texts, lines=None, places=places, caption=caption or grid.caption)


def start_of(cells: list[tuple[int, str]], header: list[re.Pattern]) -> int | None:
    """Find the cells that fit a header one after the other: the index of the first of them."""
    words = [plain(text) for _, text in cells]
    for i in range(len(words) - len(header) + 1):
        if all(pattern.fullmatch(words[i + k]) for k, pattern in enumerate(header)):
            return i
    return None


def _rows_of(cells, width, carried):
    """Rows of `width` cells up to the first footer; a row may lack its cell of the column `carried`."""
    rest, last = deque(cells), cells[-1][0] if cells else None
    while rest and not FOOTERS.fullmatch(rest[0][1]):
        row = []
        for column in range(width):
            is_left_out = not rest or (column == carried and not _is_area(rest[0][1]))
            row.append((rest[0][0] if rest else last, "") if is_left_out else rest.popleft())
        yield row


def _is_area(text):
    try:
        find_area(text)
    except ValueError:
        return False
    return True


def find_sentences(grid: Grid, mapping: Mapping) -> Iterator[tuple[int, re.Match, Sentence]]:
    """Matches of the mapping's sentences as (row, match, sentence), in the order of the text."""
    for r, row in enumerate(grid.rows):
        line = " ".join(row)
        for sentence in mapping.sentences:
            for match in re.finditer(sentence.pattern, line):
                yield r, match, sentence
