"""What a run writes is safe to open: no formula in a cell, no script in a page, no trace of the machine."""

import csv
import getpass
import socket
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from papermill.translators import translate_parameters

from sy_analysis.base.csv_text import neutralise, read_text_table, restore, write_table
from sy_analysis.base.errors import ParamsError
from sy_analysis.base.writing import ROOT
from sy_analysis.intake.record import rows_of, write_rows
from sy_analysis.intake.template import write_template
from sy_analysis.record.plan import read_plan
from sy_analysis.record.selection import select_targets
from sy_analysis.run.params import Params
from sy_analysis.run.quarter import run_quarters

from . import hostile

FORMULAS = ("=cmd|' /C calc'!A0", "+1+cmd", "-2+3+cmd", "@SUM(1)", "\t=1", "＝1+1", "'=1+1")
SCRIPT = "<script>alert(1)</script>"


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_would_be_a_formula_is_marked_as_text(tmp_path, text):
    write_table(pd.DataFrame({"note": [text]}), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["note"], ["'" + text]]


def test_numbers_dates_and_signs_stay_as_they_are(tmp_path):
    table = pd.DataFrame({"value": [-1.5, 2.0], "text": ["-12.5%", "+3"], "qualifier": ["=", ">="]})
    write_table(table.assign(day=pd.to_datetime(["2024-12-31"] * 2), known=[True, False]), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()[1:] == [
        "-1.5,-12.5%,=,2024-12-31,True",
        "2,+3,>=,2024-12-31,False",
    ]


@given(hostile.texts)
def test_what_is_marked_is_read_back_as_it_was(text):
    assert restore(neutralise(text)) == text


def test_the_record_keeps_a_printed_formula_and_no_spreadsheet_runs_it(tables, write_plan):
    folder = write_plan(tables)
    row = rows_of(folder / "observations.csv")[0]
    write_rows(folder, {"observations": [{**row, "period": "2022", "printed": FORMULAS[0], "note": "-x"}]})
    assert b",'=cmd|" in (folder / "observations.csv").read_bytes()
    assert read_text_table(folder / "observations.csv").iloc[-1]["printed"] == FORMULAS[0]
    assert read_plan(folder).observations.iloc[-1]["note"] == "-x"


def test_the_form_for_departments_holds_no_formula_but_its_lists(tables, write_plan, tmp_path):
    import openpyxl

    for name in ("observations", "targets"):
        tables[name]["area"] = tables[name]["area"].replace("甲市", "=1+1")
    tables["indicators"].loc[0, "name_zh"] = "=1+1"
    plan_yaml = (
        "plan_id: demo\nname_zh: =1+1\nname_en: x\narea: =1+1\nbaseline_year: 2020\ntarget_year: 2025\n"
    )
    path = write_template(write_plan(tables, plan_yaml=plan_yaml), "2025Q1", tmp_path / "form.xlsx")
    book = openpyxl.load_workbook(path)
    assert [
        c.coordinate for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"
    ] == []


NAMED = {"name_zh", "name_en", "short_zh", "short_en", "note", "title", "publisher", "printed"}


def test_a_run_of_a_hostile_plan_is_safe_to_open(tables, write_plan, tmp_path):
    """Names and notes are a page's scripts, and a mathematical formula that is none; see what a run makes of them."""
    hostile_tables = {
        name: table.assign(**dict.fromkeys(NAMED & set(table), f"$\\x$ {SCRIPT}"))
        for name, table in tables.items()
    }
    folder = write_plan(hostile_tables, plan_yaml=PLAN_YAML)
    params = Params(plan=str(folder), as_of="2024-12-31", indicators=("G1",))
    (report,) = run_quarters(params, reports=tmp_path / "reports")
    assert report.failures == []
    for path in report.folder.glob("*.html"):
        check_page(path.read_text(encoding="utf-8"))
    for path in (report.folder / "notebooks").glob("*.ipynb"):
        check_notebook(path.read_text(encoding="utf-8"))


PLAN_YAML = f"""\
plan_id: demo-2021-2025
name_zh: '{SCRIPT}'
name_en: '{SCRIPT}'
area: 甲市
baseline_year: 2020
target_year: 2025
"""


def check_page(html):
    """Everything from the plan is escaped, and the page's policy allows nothing from a network."""
    assert "<script>alert" not in html and "<img src=x" not in html
    assert "Content-Security-Policy" in html and "default-src 'none'" in html


def check_notebook(text):
    """Nothing says where, on which machine or by whom it was made."""
    names = {name for name in (getpass.getuser(), socket.gethostname()) if len(name) > 4}  # “root” is a word
    secrets = {str(ROOT), f"{Path.home()}/", str(Path.cwd()), "input_path", "output_path", *names}
    assert [secret for secret in secrets if secret in text] == []


def test_an_id_that_the_plan_does_not_have_becomes_no_path(demo):
    for target_id in ("../../x", "G1/../../x", "G1\0", "G1\n", ""):
        with pytest.raises(ParamsError):
            select_targets(demo, [target_id])


QUOTES = st.sampled_from(
    ["'", '"', "\\", "\n", "\r", "'''", '"""', "__import__('os').system('x')", "#", "\u2028", "{", "%s"]
)


@given(st.lists(st.one_of(QUOTES, hostile.texts), max_size=5).map("".join))
def test_a_parameter_reaches_a_notebook_as_a_literal_and_nothing_else(text):
    import ast

    source = translate_parameters("python3", "python", {"plan": text, "off_track": 0.33}, "Parameters")
    first, second = ast.parse(source).body
    assert ast.literal_eval(first.value) == text
    assert ast.literal_eval(second.value) == 0.33


def test_no_page_of_text_is_lost_in_a_csv(tmp_path):
    rows = [[text] for text in hostile.TEXTS if "\r" not in text]
    write_table(pd.DataFrame(rows, columns=["note"]), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        assert [[restore(cell) for cell in row] for row in csv.reader(file)][1:] == rows
