"""Whatever a file, a plan folder, a parameter or an option holds: a clear message, and nothing half done.

The long part (`make soak`) gives the same promises more than a hundred thousand chances to fail.
"""

import io
import os
import sys
import time
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sy_analysis import cli
from sy_analysis.base.csv_text import read_text_table
from sy_analysis.base.errors import DataError, ParamsError
from sy_analysis.base.reading import file_of, read_bytes, read_yaml, time_limit
from sy_analysis.intake.cells import read_cell
from sy_analysis.intake.history import read_guard_facts
from sy_analysis.intake.mappings import read_mapping
from sy_analysis.intake.periods import read_period
from sy_analysis.intake.publications import read_files
from sy_analysis.intake.tables import grids_of
from sy_analysis.intake.trace import trace
from sy_analysis.judge.assessments import assess_as_of
from sy_analysis.record.areas import find_area
from sy_analysis.record.plan import read_plan
from sy_analysis.run.build import tables_of
from sy_analysis.run.params import read_params

from . import hostile

# No file may take longer, on a machine that has other things to do as well.
SECONDS = 30
HERE = Path(__file__).parent


def read_tables(path):
    return grids_of(path.name, read_bytes(path))


def fuzz(examples):
    """So many examples; a fast part draws the same ones every time, and neither shrinks for minutes."""
    return settings(
        max_examples=examples,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def lengths(fast, long):
    """The same test short, and long for `make soak`."""
    return pytest.mark.parametrize("examples", [fast, pytest.param(long, marks=pytest.mark.soak)])


def run_examples(examples, strategy, check):
    seen, slowest = 0, 0.0

    @fuzz(examples)
    @given(strategy)
    def each(example):
        nonlocal seen, slowest
        start = time.perf_counter()
        with hostile.only_what_a_user_can_mend():
            check(example)
        seen, slowest = seen + 1, max(slowest, time.perf_counter() - start)

    each()
    print(f"{seen} inputs, the slowest {slowest:.2f} s")
    assert slowest < SECONDS


@lengths(150, 20_000)
def test_any_file_is_taken_in_or_refused_with_a_message(examples):
    run_examples(examples, hostile.files, lambda file: hostile.take_in(*file))


@lengths(100, 20_000)
def test_any_parameters_are_read_or_refused_with_a_message(examples, tmp_path):
    path = tmp_path / "params.yaml"

    def check(content):
        path.write_bytes(content)
        read_params(path)

    run_examples(examples, hostile.yaml_texts, check)


@lengths(50, 5_000)
def test_any_mapping_is_read_or_refused_with_a_message(examples, tmp_path):
    path = tmp_path / "mapping.yaml"

    def check(content):
        path.write_bytes(content)
        read_mapping(path)

    run_examples(examples, hostile.yaml_texts, check)


@lengths(50, 5_000)
def test_any_csv_file_is_a_table_or_refused_with_a_message(examples, tmp_path):
    path = tmp_path / "table.csv"

    def check(file):
        path.write_bytes(file[1])
        read_text_table(path)

    run_examples(examples, hostile.files, check)


@lengths(200, 55_000)
def test_any_printed_text_is_a_value_a_period_an_area_or_none(examples):
    def check(text):
        assert read_cell(text, "%", 365).printed == text
        for read in (read_period, find_area):
            try:
                read(text)
            except ValueError as error:
                assert " / " in str(error)

    run_examples(
        examples, st.one_of(hostile.texts, st.tuples(hostile.texts, hostile.texts).map("".join)), check
    )


@pytest.fixture
def folder(tables, write_plan):
    """The small plan with a text and a note."""
    folder = write_plan(tables)
    (folder / "plan.txt").write_text("质量发展规划\n核心指标17项\n", encoding="utf-8")
    header = "note_id,kind,plan_line,quote,target_id,other,value,year,unit,reading_zh,reading_en"
    (folder / "plan_notes.csv").write_text(f"{header}\nN1,typo,2,核心,,,,,,读,read\n", encoding="utf-8")
    return folder


@lengths(8, 250)
def test_any_plan_folder_is_judged_or_refused_with_a_message(examples, folder):
    def check(damage):
        with hostile.damaged(folder, damage):
            plan = read_plan(folder)
            tables_of(plan, assess_as_of(plan, "2024-12-31"))

    run_examples(examples, hostile.damages(), check)


OPTIONS = st.one_of(
    st.tuples(st.just("what-if"), hostile.texts, st.just("--add"), hostile.texts),
    st.tuples(st.just("what-if"), st.just("G1"), st.just("--target"), hostile.texts),
    st.tuples(st.just("what-if"), st.just("G1"), st.just("--as-of"), hostile.texts),
    st.tuples(st.just("trace"), hostile.texts, hostile.texts, st.just("--area"), hostile.texts),
    st.tuples(st.just("template"), st.just("--quarter"), hostile.texts),
    st.tuples(
        st.just("quarantine"), st.just("release"), hostile.texts, st.just("--by=x"), st.just("--reason=y")
    ),
).filter(lambda words: not any("\0" in word for word in words))


@lengths(6, 250)
def test_any_option_is_used_or_refused_with_a_message(examples, folder, monkeypatch, capsys):
    before = hostile.snapshot(folder)
    monkeypatch.chdir(folder.parent)

    def check(words):
        monkeypatch.setattr(sys, "argv", ["sy-analysis", *words, "--plan", str(folder)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        assert stop.value.code in (0, cli.BAD_INPUT)
        assert "Traceback" not in capsys.readouterr().err

    run_examples(examples, OPTIONS, check)
    assert hostile.snapshot(folder) == before


# Named cases. Each is one fault that is known to have hurt somebody else.


def refused(read, *arguments):
    """The one message of a refusal; more than thirty seconds are a failure of their own."""
    start = time.perf_counter()
    with pytest.raises((DataError, ParamsError)) as error:
        read(*arguments)
    assert time.perf_counter() - start < SECONDS
    return str(error.value)


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def workbook(tmp_path, **parts):
    """A workbook with some parts replaced; a name's double underscore is a slash."""
    changed = {name.replace("__", "/") + ".xml": text for name, text in parts.items()}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (hostile.workbook_parts() | changed).items():
            archive.writestr(name, text)
    return write(tmp_path / "a.xlsx", content.getvalue())


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BILLION = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>'
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def test_a_zip_bomb_is_not_opened(tmp_path):
    path = workbook(tmp_path, xl__worksheets__sheet1="<row >" + " " * 2**28)
    assert path.stat().st_size < 2**20
    assert "was not opened" in refused(read_tables, path)


def test_a_zip_that_lies_about_its_size_is_damaged(tmp_path):
    content = workbook(tmp_path, xl__worksheets__sheet1=" " * 2**22).read_bytes()
    size = (2**22).to_bytes(4, "little")
    path = write(tmp_path / "b.xlsx", content.replace(size, (10).to_bytes(4, "little")))
    assert "damaged" in refused(read_tables, path)


@pytest.mark.parametrize(
    "part", ["xl__worksheets__sheet1", "xl__workbook", "xl__sharedStrings", "xl__styles"]
)
def test_a_billion_laughs_in_a_workbook_are_refused(tmp_path, part):
    path = workbook(tmp_path, **{part: f'{BILLION}<worksheet xmlns="{SHEET}">&l9;</worksheet>'})
    assert "entities" in refused(read_tables, path)


def test_an_entity_that_names_a_file_is_refused(tmp_path):
    secret = write(tmp_path / "secret", "geheim")
    head = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>'
    text = f'{head}<sst xmlns="{SHEET}"><si><t>&e;</t></si></sst>'
    assert "geheim" not in refused(read_tables, workbook(tmp_path, xl__sharedStrings=text))


def test_entities_of_a_page_stay_small(tmp_path):
    page = f"{BILLION}<html><body><table><tr><td>&l9;</td><td>1</td></tr></table></body></html>"
    assert len(str(read_tables(write(tmp_path / "a.html", page)))) < 10_000


def test_a_page_nested_a_hundred_thousand_deep_is_read_or_refused(tmp_path):
    page = "<table><tr><td>1" + "<sup>" * 100_000 + "</table>"
    with hostile.only_what_a_user_can_mend():
        read_tables(write(tmp_path / "a.html", page))


@pytest.mark.parametrize(
    "plan_id", ["../x", "/etc/x", "a/b", "a\\b", "..", "x" * 300, "Р02", "a\u202eb", "", "7"]
)
def test_a_plan_id_that_is_no_name_of_a_folder_is_refused(folder, plan_id):
    path = folder / "plan.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("demo-2021-2025", f'"{plan_id}"'.replace("\\", "\\\\"))
    )
    assert "plan.yaml: plan_id is" in refused(read_plan, folder)


BAD_IDS = ("../G1", "G/1", "G\x001", "G1\n", "Ｇ1", "Г1", "G\u200b1", "G\u202e1", "G" * 41, "", ".", "1G")


@pytest.mark.parametrize("table", ["indicators", "targets"])
def test_an_id_that_is_more_than_letters_and_digits_is_refused(tables, write_plan, table):
    column = f"{table[:-1]}_id"
    row = tables[table].iloc[0].to_dict()
    tables[table] = pd.DataFrame([{**row, column: name} for name in BAD_IDS])
    said = refused(read_plan, write_plan(tables))
    lines = (tables[table].to_csv(index=False).split(name)[0].count("\n") + 1 for name in BAD_IDS if name)
    for line in lines:
        assert f"{table}.csv line {line}, column “{column}”" in said


def test_an_id_that_stands_twice_is_refused(tables, write_plan):
    tables["targets"].loc[1, "target_id"] = "G1"
    assert "the same target_id stands in line 2" in refused(read_plan, write_plan(tables))


def test_ids_that_one_file_system_cannot_tell_apart_are_refused(tables, write_plan):
    tables["targets"].loc[1, "target_id"] = "g1"
    assert "“g1”; expected another name than “G1” for its page" in refused(read_plan, write_plan(tables))
    tables["targets"].loc[1, "target_id"] = "Index"
    assert "“Index”; expected another name than “index”" in refused(read_plan, write_plan(tables))


def test_a_character_that_cannot_be_seen_is_named_and_not_printed(tables, write_plan):
    signs = "\u202e\u200b\0\x1b\ufeff\ue000"
    tables["observations"].loc[: len(signs) - 1, "note"] = [f"a{sign}b" for sign in signs]
    said = refused(read_plan, write_plan(tables))
    for line, sign in enumerate(signs, start=2):
        assert f"observations.csv line {line}, column “note”: “a\\u{ord(sign):04x}b”" in said
        assert sign not in said


def test_a_character_in_another_form_of_the_same_look_is_refused(tables, write_plan):
    tables["observations"].loc[0, "area"] = "\uf914山市"  # a second 樂
    assert "expected the usual form of each character" in refused(read_plan, write_plan(tables))


BAD_CELLS = {
    "value": (
        "NaN",
        "inf",
        "1e400",
        "9" * 400,
        "0" * 16,
        "٩٣",
        "９３",
        "-",
        "--1",
        "1_000",
        "0x1F",
        "1.",
        " 93",
    ),
    "period": ("0000", "0001", "1677", "2262", "9999", "２０２４"),
}


@pytest.mark.parametrize("column", BAD_CELLS)
def test_a_number_or_year_that_is_no_plain_one_is_refused(tables, write_plan, column):
    row = tables["observations"].iloc[0].to_dict()
    rows = [{**row, "area": f"A{n}", column: text} for n, text in enumerate(BAD_CELLS[column])]
    tables["observations"] = pd.DataFrame(rows)
    said = refused(read_plan, write_plan(tables))
    for line in range(2, len(rows) + 2):
        assert f"observations.csv line {line}, column “{column}”" in said


def test_a_column_that_stands_twice_is_refused(folder):
    text = (
        (folder / "sources.csv").read_text(encoding="utf-8").replace("publisher,title", "publisher,publisher")
    )
    assert "column “publisher” stands 2 times" in refused(read_plan, _with(folder, "sources.csv", text))


def _with(folder, name, content):
    write(folder / name, content)
    return folder


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("plan.yaml", "!!python/object/apply:os.system ['touch x']", "could not determine a constructor"),
        ("plan.yaml", "a: &a [1,1]\nb: &b [*a,*a]\n", "anchors (&) and aliases (*) are not used"),
        ("plan.yaml", "[" * 100_000, "nested deeper than 20 levels"),
        ("plan.yaml", "as_of: 2024-02-30\n", "day is out of range"),
        ("plan.yaml", "plan_id: " + "9" * 5000, "cannot be read"),
        ("plan.yaml", "x" * 300_000, "the limit is 0.25 MB"),
        ("plan.yaml", b"\xff\xfe", "is not UTF-8"),
        ("plan.yaml", "", "expected lines such as"),
        ("plan.txt", "规划".encode("gb18030"), "plan.txt: byte 0 is not UTF-8"),
        ("plan_notes.csv", "\0\n1\n", "columns"),
        ("sources.csv", b"source_id\0,x\n", "source_id\\u0000"),
        ("sources.csv", "a" * 10**7, "field larger than field limit"),
        ("sources.csv", ",".join(map(str, range(10**6))), "more than 200 columns"),
        ("sources.csv", "a\n" + "1\n" * 1_000_001, "more than 1000000 rows"),
    ],
)
def test_a_file_of_a_plan_folder_that_is_no_such_file_is_named(folder, name, content, said):
    def judge():
        plan = read_plan(_with(folder, name, content))
        tables_of(plan, assess_as_of(plan, "2024-12-31"))

    message = refused(judge)
    assert said in message and name.split("_notes")[0] in message
    assert len(message) < 500_000


@pytest.mark.parametrize("name", ["observations.csv", "plan.yaml", "plan.txt", "plan_notes.csv"])
def test_a_link_out_of_the_plan_folder_is_not_followed(folder, tmp_path, name):
    secret = write(tmp_path / "secret", "geheim,x\n")
    (folder / name).unlink()
    (folder / name).symlink_to(secret)
    said = refused(read_plan, folder)
    assert f"{name}: 不在demo-2021-2025文件夹内" in said and "geheim" not in said


def test_a_link_to_itself_and_a_folder_in_place_of_a_file_are_refused(folder):
    (folder / "sources.csv").unlink()
    (folder / "sources.csv").symlink_to("sources.csv")
    (folder / "targets.csv").unlink()
    (folder / "targets.csv").mkdir()
    said = refused(read_plan, folder)
    assert "sources.csv" in said and "targets.csv: 不是文件 / cannot be read: it is no file" in said


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/passwd", "a\0b", "x/../../secret.txt"])
def test_a_name_that_leads_out_of_a_folder_is_refused(tmp_path, name):
    assert "not opened" in refused(file_of, tmp_path / "plan", name)


def test_a_locator_that_leads_out_of_the_plan_folder_shows_nothing(tables, write_plan, tmp_path):
    write(tmp_path / "secret.txt", "geheim\n")
    tables["observations"].loc[0, "locator"] = "../secret.txt line 1"
    assert "geheim" not in refused(trace, write_plan(tables), "G1", "2020")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without pipes")
def test_a_pipe_a_device_and_a_folder_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        assert "it is no file" in refused(read_bytes, path)


def test_a_file_that_vanishes_is_said(tmp_path):
    assert "gone.csv: no such file in" in refused(read_tables, tmp_path / "gone.csv")


def test_a_name_that_cannot_be_written_down_is_refused(tmp_path):
    for name in (b"a\xff.csv".decode("utf-8", "surrogateescape"), "a\u202evsc.exe", "a\nb.csv"):
        path = write(tmp_path / name, hostile.SEEDS["rows.csv"])
        assert "rename the file" in refused(read_tables, path)


@pytest.mark.parametrize("name", ["n" * 5000, "a\0b", "../" * 500])
def test_a_plan_by_an_impossible_name_is_not_found(name):
    assert "no plan.yaml in such a folder" in refused(read_plan, name)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n" + "1" * 10**7 + ",2\n", ""),
        ("a,b\n" + ",".join(["1"] * 10**6) + "\n", ""),
        ("城市,值\n邵阳市,93\u202e.5\n", "turn the direction of writing"),
        ("城市,值\n邵阳市,1\n".encode() + "长沙市,2\n".encode("gb18030") * 9, ""),
        ("城市\0,值\n", "no text file"),
        (b"\xff\xfe", "empty"),
        ("", "the file is empty"),
    ],
)
def test_an_extreme_file_is_read_or_refused_in_time(tmp_path, content, said):
    path = write(tmp_path / "a.csv", content)
    start = time.perf_counter()
    with hostile.only_what_a_user_can_mend():
        read_tables(path)
    assert time.perf_counter() - start < SECONDS
    if said:
        assert said in refused(read_tables, path)


def test_invisible_characters_of_a_copied_table_are_left_out(tmp_path):
    path = write(tmp_path / "a.csv", "城市,值\n邵阳市\u200b,\ufeff93.5\u200e\n")
    assert read_tables(path)[0].rows[1] == ["邵阳市", "93.5"]


def test_a_pattern_that_never_ends_is_stopped():
    import re

    with pytest.raises(DataError, match="not read within"), time_limit("a.csv", 0.2):
        re.fullmatch(r"(a+)+b", "a" * 64)


@pytest.mark.parametrize(
    "text",
    [
        "words: [{pattern: '('}]",
        "words: 7",
        "parts: [{indicator: a, area: b, counts: []}]",
        "other: 1",
        "- 1",
    ],
)
def test_facts_of_the_guard_that_cannot_be_used_are_named(folder, text):
    assert "guard.yaml" in refused(read_guard_facts, _with(folder, "guard.yaml", text))


def test_tables_beside_the_record_without_their_columns_are_named(folder):
    path = write(folder.parent / "a.csv", hostile.SEEDS["rows.csv"])
    for name, column in (("quarantine.csv", "quarantine_id"), ("exceptions.csv", "rule")):
        write(folder / name, "a,b\n1,2\n")
        assert f"{name}: column “{column}” is missing" in refused(read_files, [path], folder)
        (folder / name).unlink()


def test_a_refused_file_leaves_the_folder_as_it_was(folder, tmp_path):
    before = hostile.snapshot(folder)
    for name, content in {
        "a.csv": b"\0",
        "b.xlsx": b"PK\3\4",
        "c.html": b"<table>",
        "d.csv": b"x,y\n=1,2\n",
    }.items():
        refused(read_files, [write(tmp_path / name, content)], folder)
    assert hostile.snapshot(folder) == before


@pytest.mark.parametrize(
    "text",
    [
        "as_of: 0001-01-01",
        "as_of: '9999-12-31'",
        "plan: !!python/name:os.system",
        "x: *y",
        "? [a]\n: b",
        "7: 8",
        "[[[",
    ],
)
def test_parameters_that_are_no_plain_words_are_refused(tmp_path, text):
    said = refused(read_params, write(tmp_path / "params.yaml", f"plan: a\n{text}\n"))
    assert "params.yaml" in said


def test_a_yaml_file_holds_nothing_but_data(tmp_path):
    path = write(tmp_path / "a.yaml", "a: 1\nb: [x, 2024-12-31]\n")
    assert set(read_yaml(path)) == {"a", "b"}
