"""Text without columns: tables printed one cell a line, and figures inside sentences."""

import re
from collections import deque
from collections.abc import Iterator

from sy_analysis.intake.grids import Grid
from sy_analysis.intake.headers import header_words
from sy_analysis.intake.mappings import Mapping, Sentence, compiled
from sy_analysis.record.areas import find_area

# Rows that stand below or between the data of published tables.
FOOTERS = re.compile(
    r"\(?(?:(?:注|备注|说明|资料来源|数据来源|来源|审核|制表|填表人?|note|source)\d?[:：.、].*"
    r"|合计|总计|小计|平均|均值|平均值|全省平均|注|note)\)?|.*摘编.*",
    re.IGNORECASE,
)


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
    start = _start_of(cells, [compiled(column) for column in mapping.columns])
    if start is None:
        return None
    width = len(mapping.columns)
    carried = mapping.columns.index(mapping.area.column) if _is_carried(mapping) else None
    rows = [cells[start : start + width], *_rows_of(cells[start + width :], width, carried)]
    places = {(r, c): f"line {line}" for r, row in enumerate(rows) for c, (line, _) in enumerate(row)}
    caption = " ".join(text for _, text in cells[max(0, start - 5) : start])
    texts = [[text for _, text in row] for row in rows]
    return grid._replace(rows=texts, lines=None, places=places, caption=caption or grid.caption)


def _start_of(cells, wanted):
    words = [header_words(text)[0] for _, text in cells]
    for i in range(len(words) - len(wanted) + 1):
        if all(pattern.fullmatch(words[i + k]) for k, pattern in enumerate(wanted)):
            return i
    return None


def _is_carried(mapping):
    return mapping.area.is_carried and mapping.area.column in mapping.columns


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
