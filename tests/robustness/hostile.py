"""Inputs that nobody means well with: strategies that spoil good files, and what is promised for each of them."""

import csv
import io
import shutil
import zipfile
from contextlib import contextmanager
from copy import deepcopy
from functools import lru_cache

import openpyxl
from hypothesis import strategies as st

from sy_analysis.base.errors import DataError, ParamsError, is_hidden
from sy_analysis.intake import publications
from sy_analysis.intake.history import known_from, read_guard_facts
from sy_analysis.intake.mappings import read_mappings
from sy_analysis.record.folders import RAW_TABLES, record_folder
from sy_analysis.record.plan import read_plan

PLAN = "shaoyang-2021-2025"
TEXTS = (
    *(
        "=cmd|' /C calc'!A0",
        "=1+1",
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "'=1",
        "＝1",
        "=",
        "-",
        "+1.3",
        "≧98.2",
    ),
    *(
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "{{7*7}}",
        "{% raw %}",
        "%s%n",
        "$(id)",
        "`id`",
    ),
    *(
        "../../etc/passwd",
        "..\\x",
        "/etc/passwd",
        "a/b",
        "CON",
        ".",
        "..",
        "a\0b",
        "\u202e5.39",
        "P\u200b02",
        "Р02",
    ),
    *(
        "٩٣.٥",
        "९३",
        "９３.５",
        "²",
        "½",
        "1e400",
        "-1e400",
        "1e5",
        "NaN",
        "inf",
        "-inf",
        "9" * 400,
        "0" * 5000 + "1",
    ),
    *(
        "P02\n",
        "\r",
        '"',
        "''",
        "x" * 2_000,
        "\x1b[31m",
        "\ufeff",
        "\ufffd",
        "\U0010ffff",
        "é",
        "e\u0301",
        "樂",
        "樂",
    ),
    *(
        "0000",
        "9999",
        "2024-02-30",
        "2024-13",
        "0001-01-01",
        "9999-12-31",
        "2024-R99",
        "2024Q5",
        "1-99月",
        "截至13月",
    ),
    *(
        "",
        " ",
        "\u3000",
        "—",
        "2-3个",
        "七成",
        "28/0",
        "1/3",
        "99999999999999999999万亿元",
        "百分之",
        "两",
        "亿亿亿亿",
    ),
    *(
        "$x$",
        "$\\frac{1",
        "\\",
        "true",
        "none",
        "*",
        ";",
        "甲市;甲市",
        "邵阳市",
        "湖南省",
        "P02",
        "2024",
        "93.5",
        "%",
        "M",
    ),
)
texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=12))
PRINTED = (
    "指标",
    "地区",
    "期间",
    "数值",
    "单位",
    "城市",
    "优良天数比例(%)",
    "本月",
    "同比",
    "2021年11月",
    "P02",
    "邵阳市",
)
cells = st.one_of(st.sampled_from(PRINTED), texts)

SEEDS = {
    "rows.csv": "指标,地区,期间,数值,单位\nP02,湖南省,2024,93.95,%\nP02,湖南省,2025,9.41,%\nP05,邵阳市,2024,2-3个,个\n",
    "air.csv": "2021年11月,,\n城市,优良天数比例(%),\n,本月,同比\n长沙市,96.7,1\n邵阳市,９３。３,1\n衡阳市,0.967,1\n",
    "years.csv": "城市\t2022\t2023\n邵阳市\t96.9\t100\n长沙市\t95.1\t97\n",
    "form.csv": "指标,地区,期间,数值,单位,精确程度,依据文件,备注\nP02,湖南省,2025,94.1,%,约,文,\n",
    "lines.txt": "2021年11月\n序号 |\n城市 |\n优良天数比例 |\n首要污染物 |\n1 |\n邵阳市 |\n96.7 |\n臭氧 |\n合计\n",
    "bulletin.txt": "2023年邵阳市统计公报\n全市森林覆盖率达61.02%。市区空气质量优良天数342天,污水集中处理率为95.58%。\n",
    "page.html": "<html><head><meta charset=utf-8><title>月报</title></head><body><p>2021年11月</p><table>"
    "<tr><th rowspan=2>城市<th colspan=2>优良天数比例(%)<tr><td>本月<td>同比<tr><td>邵阳市<td>96.7<sup>1</sup><td>+3.3"
    "<tr><td>湘西州<br>(吉首)<td colspan=2>—</table></body></html>",
}


@lru_cache(maxsize=1)
def workbook_parts():
    """Parts of a small workbook: a heading, a header over two rows, a formula, a merged cell, a date."""
    book = openpyxl.Workbook()
    for row in (
        ["2021年11月"],
        ["城市", "优良天数比例(%)"],
        [None, "本月"],
        ["邵阳市", 96.7],
        ["长沙市", "=1/2"],
    ):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    content = io.BytesIO()
    book.save(content)
    with zipfile.ZipFile(content) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return content.getvalue()


@st.composite
def spoilt(draw, content, most=3):
    """Bytes with some of them cut out, repeated, overwritten, or with something foreign in between."""
    for _ in range(draw(st.integers(1, most))):
        at = draw(st.integers(0, max(0, len(content) - 1)))
        size = draw(st.integers(0, 30))
        foreign = draw(
            st.one_of(st.binary(max_size=4), texts.map(lambda text: text.encode("utf-8", "replace")))
        )
        piece = draw(st.sampled_from([b"", content[at : at + size] * 2, foreign]))
        content = content[:at] + piece + content[at + size :]
    return content


ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "big5", "shift_jis", "latin-1")
seeds = st.builds(
    lambda name, encoding: (name, SEEDS[name].encode(encoding, "replace")),
    st.sampled_from(sorted(SEEDS)),
    st.sampled_from(ENCODINGS),
)
tables = st.builds(
    lambda rows, mark, encoding: ("t.csv", "\n".join(map(mark.join, rows)).encode(encoding, "replace")),
    st.lists(st.lists(cells, max_size=5), max_size=6),
    st.sampled_from(",\t;|"),
    st.sampled_from(ENCODINGS),
)
pages = st.builds(
    lambda rows: (
        "p.html",
        (
            "<table>" + "".join("<tr>" + "".join(f"<td {a}>{c}" for a, c in row) for row in rows) + "</table>"
        ).encode("utf-8", "replace"),
    ),
    st.lists(
        st.lists(
            st.tuples(
                st.sampled_from(["", "colspan=3", "rowspan=2", "rowspan=-1", f"colspan={'9' * 5000}"]), cells
            ),
            max_size=4,
        ),
        max_size=4,
    ),
)


@st.composite
def workbooks(draw):
    parts = dict(workbook_parts())
    name = draw(st.sampled_from(sorted(parts)))
    parts[name] = draw(spoilt(parts[name], most=2))
    return "w.xlsx", packed(parts)


files = st.one_of(
    seeds.flatmap(lambda file: st.tuples(st.just(file[0]), spoilt(file[1]))),
    tables,
    pages,
    workbooks(),
    st.tuples(st.sampled_from(["x.csv", "x.xlsx", "x.html"]), st.binary(max_size=200)),
)

YAML_WORDS = (
    *(
        "plan",
        "as_of",
        "indicators",
        "on_track_binding",
        "off_track",
        "plan_id",
        "name_zh",
        "area",
        "baseline_year",
    ),
    *(
        "!!python/object/apply:os.system ['id']",
        "!!python/name:os.system",
        "!!binary aGk=",
        "!!set {a}",
        "&a [1]",
        "*a",
    ),
    *(
        "<<",
        ": ",
        "- ",
        "[",
        "{",
        "]",
        "}",
        "? ",
        "|",
        ">",
        "#",
        "\n",
        "\n  ",
        "'",
        "null",
        "~",
        "1:2:3",
        ".inf",
        ".nan",
    ),
    *(
        "2024-02-30",
        "2024-12-31",
        "0001-01-01",
        "0x1F",
        "1_000",
        "0o17",
        "yes",
        "1e400",
        "9" * 5000,
        "[[[[[[[[",
        "@",
        "%",
    ),
)
yaml_texts = st.one_of(
    st.lists(st.one_of(st.sampled_from(YAML_WORDS), texts), max_size=12).map("".join),
    st.dictionaries(
        st.sampled_from(YAML_WORDS[:9]), st.one_of(st.sampled_from(YAML_WORDS), texts), max_size=8
    ).map(lambda facts: "".join(f"{name}: {value}\n" for name, value in facts.items())),
).map(lambda text: text.encode("utf-8", "replace"))


@contextmanager
def only_what_a_user_can_mend():
    """Passes the two errors that are messages, when they can be shown as they are; everything else fails."""
    try:
        yield
    except (DataError, ParamsError) as error:
        said = str(error)
        assert said.strip(), "an error without a word"
        assert not any(map(is_hidden, said)), said
        said.encode("utf-8")


@lru_cache(maxsize=1)
def _known():
    """Some rows of the plan's tables, all its mappings, and what the guard knows."""
    tables, folder = read_plan(PLAN), record_folder(PLAN)
    used = ["P02", "P05", "V14", "V14_city", "V14_city_total", "V15", "V15_city", "V15_county", "V17"]
    tables = tables._replace(
        indicators=tables.indicators[tables.indicators["indicator_id"].isin(used)],
        observations=tables.observations[tables.observations["indicator_id"] == "P02"],
    )
    known = known_from(tables.observations, tables.indicators, **read_guard_facts(folder))
    return tables, read_mappings(folder), known


def take_in(file, content, period=None, area=None):
    """All that the intake does with a file, but for writing: rows that would join the record."""
    tables, mappings, known = _known()
    read = publications._read_document(file, content, tables, mappings, None, period, area)
    known = known._replace(values=deepcopy(known.values), memo={})
    return publications._judge(read, tables, known, set(), publications.SourceFacts(), "2026-11-24")


@st.composite
def damages(draw, names=(*(f"{name}.csv" for name in RAW_TABLES), "plan.yaml", "plan.txt", "plan_notes.csv")):
    """What happens to one file of a plan folder: its name, and a function of its bytes."""
    name = draw(st.sampled_from(names))
    if name.endswith(".csv") and draw(st.booleans()):
        row, column, text = draw(st.integers(0, 30)), draw(st.integers(0, 16)), draw(texts)
        return name, lambda content: _with_cell(content, row, column, text)
    return name, lambda content: draw(spoilt(content)) if content else draw(yaml_texts)


def _with_cell(content, row, column, text):
    rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
    cells = rows[row % len(rows)]
    cells[column % len(cells)] = text
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8", "replace")


@contextmanager
def damaged(folder, damage):
    """A plan folder with one of its files damaged, and whole again afterwards."""
    name, change = damage
    path, kept = folder / name, folder.parent / "kept"
    shutil.copyfile(path, kept)
    path.write_bytes(change(path.read_bytes()))
    try:
        yield folder
    finally:
        shutil.copyfile(kept, path)


def snapshot(folder):
    """Every file of a folder with its bytes."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
