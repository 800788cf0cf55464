import datetime
import shutil

import pytest

from sy_analysis.base.writing import ROOT

TODAY = datetime.date(2026, 11, 24)


@pytest.fixture
def plan(tmp_path):
    """A copy of the plan folder with the farm and manufacturing rates only, that a test may write to."""
    folder = tmp_path / "plan"
    shutil.copytree(ROOT / "data/raw/shaoyang-2021-2025", folder)
    path = folder / "observations.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [row for row in rows if row.startswith(("P01,", "P02,"))]
    path.write_text("".join([header, *kept]), encoding="utf-8")
    return folder


@pytest.fixture
def write(tmp_path):
    """Write a file of text, bytes or a list of rows (as a workbook) and give its path."""

    def write_file(name, content):
        import openpyxl

        path = tmp_path / name
        if isinstance(content, list):
            book = openpyxl.Workbook()
            for row in content:
                book.active.append(row)
            book.save(path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write_file


@pytest.fixture
def bytes_of():
    """The bytes of every file of a folder, to see that nothing changed."""

    def read(folder):
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}

    return read
