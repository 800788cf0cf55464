"""Small files of each kind, whole and damaged, for the tests of their readers."""

import io
import zipfile

import openpyxl

from sy_analysis.base.reading import read_bytes
from sy_analysis.intake.tables import grids_of

ROWS = [["城市", "优良天数比例(%)"], ["邵阳市", "96.7"], ["湘西州", "100"]]
CSV = "".join(",".join(row) + "\n" for row in ROWS)


def read_tables(path):
    """Grids of a file."""
    return grids_of(path.name, read_bytes(path))


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def workbook(*rows, change=None):
    book = openpyxl.Workbook()
    for row in rows or ROWS:
        book.active.append(row)
    if change:
        change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def with_part(content, name, text):
    result = io.BytesIO(content)
    with zipfile.ZipFile(result, "a") as archive:
        archive.writestr(name, text)
    return result.getvalue()


def hide(book):
    book.create_sheet("秘密").append([1])
    book["秘密"].sheet_state = "hidden"


def zipped():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w"):
        pass
    return content.getvalue()


def compressed():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 2**25)
    return content.getvalue()


def broken():
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as old, zipfile.ZipFile(content, "w") as new:
        for part in old.infolist():
            text = old.read(part)
            new.writestr(part, text[: len(text) // 2] if "worksheets" in part.filename else text)
    return content.getvalue()
