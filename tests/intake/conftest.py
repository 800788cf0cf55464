import datetime

import pytest

from sy_analysis.intake.publications import join, read_files

TODAY = datetime.date(2026, 11, 24)
HEADERS = (
    "2021年11月,,\n城市,优良天数比例(%),\n,本月,同比\n长沙市,96.7,1\n邵阳市,９３。３,1\n衡阳市,0.967,1\n"
)


def take(path, plan, **more):
    intakes = read_files([path], plan, today=TODAY, **more)
    return intakes, join(intakes, plan)


@pytest.fixture
def plan(tmp_path, copy_flat):
    """A flat copy of the plan with the farm and manufacturing rates only, that a test may write to."""
    folder = copy_flat("shaoyang-2021-2025", tmp_path / "plan")
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
