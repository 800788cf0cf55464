"""Text that lost its columns: tables printed one cell a line, and figures inside sentences."""

import re

from sy_analysis.intake.grids import Grid
from sy_analysis.intake.headers import header_words
from sy_analysis.intake.mappings import compiled
from sy_analysis.record.areas import find_area

# Rows that stand below or between the data of published tables.
FOOTERS = re.compile(
    r"\(?(?:(?:注|备注|说明|资料来源|数据来源|来源|审核|制表|填表人?|note|source)\d?[:：.、].*"
    r"|合计|总计|小计|平均|均值|平均值|全省平均|注|note)\)?|.*摘编.*",
    re.IGNORECASE,
)


def unflatten(grid, mapping):
    """A table that was printed one cell a line as rows and columns; None when its header is not there.

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
    area = next((k for k, word in enumerate(mapping.columns) if word == mapping.area.column), None)
    rows, i = [cells[start : start + width]], start + width
    while i < len(cells) and not FOOTERS.fullmatch(cells[i][1]):
        row = []
        for k in range(width):
            is_left_out = (
                k == area and mapping.area.is_carried and i < len(cells) and not _is_area(cells[i][1])
            )
            if i >= len(cells) or is_left_out:
                row.append((cells[min(i, len(cells) - 1)][0], ""))
            else:
                row.append(cells[i])
                i += 1
        rows.append(row)
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


def _is_area(text):
    try:
        find_area(text)
    except ValueError:
        return False
    return True


def find_sentences(grid: Grid, mapping):
    """Every match of the mapping's sentences: (row, match, sentence), in the order of the text."""
    for r, row in enumerate(grid.rows):
        line = " ".join(row)
        for sentence in mapping.sentences:
            for match in re.finditer(sentence.pattern, line):
                yield r, match, sentence
