"""Text files as grids: their encoding, and their separator or one cell a line."""

import csv
import io
import unicodedata
from collections import Counter

from sy_analysis.intake.grids import MAX_ROWS, Grid, too_many
from sy_analysis.intake.words import refusal

_DELIMITERS = (",", "\t", ";", "|")
# More than nine in ten Chinese characters of ordinary text are common ones (GB 2312 level 1); text read in a
# wrong encoding is mostly rare ones.
_COMMON_SHARE = 0.7


def decode(file: str, content: bytes) -> str:
    """Text of a file.

    UTF-8 comes first, since it is strict enough to be certain. GB 18030 is next where it gives ordinary
    Chinese, and charset-normalizer decides the rest.

    Raises
    ------
    DataError
        when no encoding gives readable text, or characters were lost before.
    """
    if b"\0" in content and content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise refusal(file, "text.binary")
    text = _decode_known(content)
    text = _decode_detected(file, content) if text is None else text
    lost = [number for number, line in enumerate(text.splitlines(), start=1) if "\ufffd" in line]
    if lost:
        raise refusal(file, "text.lost", lines=", ".join(map(str, lost[:10])))
    return text


def _decode_known(content):
    marks = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
    for encoding in [marks.get(content[:2]) or marks.get(content[:3]) or "utf-8", "gb18030"]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != "gb18030" or _is_ordinary_chinese(text):
            return text
    return None


def _is_ordinary_chinese(text):
    signs = [sign for sign in text[:20000] if "\u3400" <= sign <= "\u9fff"]
    odd = sum(unicodedata.category(sign) in ("Co", "Cn") for sign in text[:20000])
    return not odd and sum(map(_is_common, signs)) >= _COMMON_SHARE * len(signs)


def _is_common(sign):
    try:
        return sign.encode("gb2312")[0] <= 0xD7
    except UnicodeEncodeError:
        return False


def _decode_detected(file, content):
    from charset_normalizer import from_bytes

    best = from_bytes(
        content[:200_000], cp_isolation=["big5", "big5hkscs", "utf_16", "utf_16_le", "shift_jis", "euc_kr"]
    ).best()
    if best is None:
        raise refusal(file, "text.unknown")
    try:
        return content.decode(best.encoding)
    except UnicodeDecodeError as error:
        raise refusal(file, "text.wrong", byte=error.start, encoding=best.encoding) from None


def read_text(file: str, content: bytes) -> list[Grid]:
    """Read a text file as one grid, of its columns or of one cell a line.

    Raises
    ------
    DataError
        for an empty file, unreadable text or a broken CSV file.
    """
    text = decode(file, content)
    lines = text.splitlines()
    if not text.strip():
        raise refusal(file, "file.empty")
    delimiter = _delimiter_of(lines) or _delimiter_by_name(file, lines)
    if delimiter is None or (delimiter == "|" and _is_flattened(lines)):
        return [Grid(file, "", "lines", [[line] for line in lines], {}, lines=list(range(1, len(lines) + 1)))]
    return [_delimited_grid(file, text, delimiter)]


def _is_flattened(lines):
    """One cell a line, each line ending in “|”."""
    filled = [line.strip() for line in lines if line.strip()]
    return sum(line.count("|") <= 2 and line.endswith("|") for line in filled) > len(filled) / 2


def _delimiter_of(lines):
    """The separator that most rows share, or None for running text."""
    best, share = None, 0.5
    filled = [f"{line}\n" for line in lines[:200] if line.strip()]
    for delimiter in _DELIMITERS:
        try:
            sample = list(csv.reader(filled, delimiter=delimiter))
        except csv.Error:
            continue
        widths = Counter(map(len, sample))
        width, times = next(((n, t) for n, t in widths.most_common() if n > 1), (0, 0))
        # one comma a line is a sentence, several the same number of times are columns
        is_table = width > 2 or delimiter == "\t" or len(widths) == 1
        if width and is_table and times / len(sample) > share:
            best, share = delimiter, times / len(sample)
    return best


def _delimiter_by_name(file, lines):
    """The separator of the first line, for a file named as CSV whose rows do not agree."""
    if not file.lower().endswith((".csv", ".tsv")):
        return None
    times, delimiter = max((lines[0].count(delimiter), delimiter) for delimiter in _DELIMITERS)
    return delimiter if times else None


def _delimited_grid(file, text, delimiter):
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, lines, line = [], [], 1
    try:
        for row in reader:
            rows.append([cell.strip() for cell in row])
            lines.append(line)
            line = reader.line_num + 1
            if len(rows) > MAX_ROWS:
                raise too_many(file, text.count("\n"))
    except csv.Error as error:
        raise refusal(file, "text.csv", line=reader.line_num, error=error) from None
    if delimiter == "|":
        rows = [row[1:-1] if len(row) > 2 and row[0] == row[-1] == "" else row for row in rows]
    width = max(map(len, rows))
    return Grid(file, "", "lines", [row + [""] * (width - len(row)) for row in rows], {}, lines=lines)
