import csv
import hashlib

import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.intake import record
from sy_analysis.intake.quarantine import decide, read_quarantine
from sy_analysis.intake.record import SourceFacts, join, read_files, rows_of, write_rows
from sy_analysis.intake.trace import trace
from sy_analysis.record.plan import read_plan

from .conftest import TODAY

HEADERS = (
    "2021年11月,,\n城市,优良天数比例(%),\n,本月,同比\n长沙市,96.7,1\n邵阳市,９３。３,1\n衡阳市,0.967,1\n"
)


def take(path, plan, **more):
    intakes = read_files([path], plan, today=TODAY, **more)
    return intakes, join(intakes, plan)


def test_what_passes_joins_the_record_with_its_provenance_and_the_rest_waits(plan, write):
    path = write("air.csv", HEADERS.encode("gb18030"))
    before = (plan / "observations.csv").read_bytes()
    (intake,), added = take(path, plan, facts=SourceFacts(published="2021-12-10", publisher="厅"))
    assert added == {"sources": 1, "observations": 2, "provenance": 2, "quarantine": 1}
    assert (plan / "observations.csv").read_bytes().startswith(before)
    source = rows_of(plan / "sources.csv")[-1]
    file_hash = hashlib.sha256(path.read_bytes()).hexdigest()
    assert (source["source_id"], source["published"], source["recorded"]) == (
        f"F{file_hash[:12]}",
        "2021-12-10",
        "2026-11-24",
    )
    row = rows_of(plan / "observations.csv")[-1]
    assert [row[c] for c in ("indicator_id", "area", "period", "value", "printed", "locator")] == [
        *("V15_city", "邵阳市", "2021-11", "93.3", "９３。３", "air.csv line 5 column 2")
    ]
    origin = rows_of(plan / "provenance.csv")[-1]
    assert (origin["file_hash"], origin["place"], origin["mapping"]) == (
        file_hash,
        "line 5 column 2",
        "air_month",
    )
    assert "decimal point" in origin["parse"]
    held = rows_of(plan / "quarantine.csv")[0]
    assert (held["action"], held["area"], held["value"]) == ("held", "衡阳市", "0.967")
    assert intake.notes == []


def test_reading_a_file_again_adds_nothing(plan, write, bytes_of):
    path = write("air.csv", HEADERS)
    take(path, plan)
    before = bytes_of(plan)
    (intake,), added = take(path, plan)
    assert set(added.values()) == {0}
    assert intake.n_known == 3
    assert bytes_of(plan) == before


def test_a_file_given_twice_under_two_names_is_taken_once(plan, write):
    paths = [write("a.csv", HEADERS), write("b.csv", HEADERS)]
    intakes = read_files(paths, plan, today=TODAY)
    assert join(intakes, plan)["observations"] == 2
    assert "the same content as a.csv" in intakes[1].notes[0]


def test_a_year_under_a_caption_of_nine_months_waits(plan, write):
    text = "2021年1-9月污水处理率,\n城市,2021年\n邵阳市,96.9\n"
    (intake,), added = take(write("years.csv", text), plan)
    assert (added["observations"], added["quarantine"]) == (0, 1)
    assert "the table says “1-9月”: not a whole year" in intake.quarantine[0]["reason"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEADERS.replace("长沙市", "长沙布"), "长沙布"),
        (HEADERS.replace("96.7", "9 6.7"), "blank between its digits"),
        ("a,b,c\n1,2,3\n", "no mapping fits"),
        ("2021年11月,,\n城市,优良天数比例(%),\n,本月,同比\n长沙市,/,1\n", "not one value"),
    ],
)
def test_after_an_error_the_record_is_what_it_was_to_the_byte(plan, write, bytes_of, text, said):
    before = bytes_of(plan)
    with pytest.raises(DataError, match=said):
        read_files([write("good.csv", HEADERS), write("air.csv", text)], plan, today=TODAY)
    assert bytes_of(plan) == before


def test_the_errors_of_all_files_are_said_together(plan, write):
    with pytest.raises(DataError) as error:
        read_files(
            [
                write("a.csv", HEADERS.replace("长沙市", "甲")),
                write("b.csv", HEADERS.replace("邵阳市", "乙")),
            ],
            plan,
        )
    assert [problem.split()[0] for problem in error.value.problems] == ["a.csv", "b.csv"]


def test_when_a_table_cannot_be_written_the_others_are_put_back(plan, write, bytes_of, monkeypatch):
    intakes = read_files([write("air.csv", HEADERS)], plan, today=TODAY)
    before, real = bytes_of(plan), record.write_atomically

    def fail(path, content):
        if path.name == "observations.csv":
            raise OSError("disk full")
        real(path, content)

    monkeypatch.setattr(record, "write_atomically", fail)
    with pytest.raises(OSError, match="disk full"):
        join(intakes, plan)
    after = bytes_of(plan)
    assert after.pop("observations.csv") == before.pop("observations.csv")
    assert after == before


def test_what_someone_else_writes_meanwhile_is_not_lost(plan, write, monkeypatch):
    intakes = read_files([write("air.csv", HEADERS)], plan, today=TODAY)
    path, real = plan / "sources.csv", record._check_copy

    def interfere(folder, after):
        real(folder, after)
        path.write_text(path.read_text(encoding="utf-8") + "Z1,,题,,,2026-11-24,,\n", encoding="utf-8")

    monkeypatch.setattr(record, "_check_copy", interfere)
    with pytest.raises(DataError, match=r"sources\.csv: .*try again"):
        join(intakes, plan)
    assert rows_of(path)[-1]["source_id"] == "Z1"
    assert not (plan / "provenance.csv").exists()


def test_rows_that_would_break_the_record_are_refused_before_anything_is_written(plan, bytes_of):
    before = bytes_of(plan)
    row = {**rows_of(plan / "observations.csv")[0], "source_id": "unknown"}
    with pytest.raises(DataError, match="unknown"):
        write_rows(plan, {"observations": [row]})
    assert bytes_of(plan) == before


def test_a_figure_printed_twice_in_two_ways_waits_and_twice_alike_is_one(plan, write):
    path = write(
        "rows.csv",
        "指标,地区,期间,数值\nP02,湖南省,2025,94.1\nP02,湖南省,2025,94.1\nP03,湖南省,2025,92\nP03,湖南省,2025,92.5\n",
    )
    (intake,), added = take(path, plan)
    assert (added["observations"], added["quarantine"]) == (1, 1)
    assert intake.quarantine[0]["rules"] == "repeat"
    assert "line 4 column 4 92; line 5 column 4 92.5" in intake.notes[0]


def test_a_mapping_is_found_by_the_words_of_the_header(plan, write):
    form = "指标,地区,期间,数值,单位,精确程度,依据文件,备注\nP02,湖南省,2025,94.1,%,约,文,\n"
    years = "城市,2022,2023\n邵阳市,96.9,100\n"
    named = [
        read_files([write(name, text)], plan)[0].mapping for name, text in (("f.csv", form), ("y.csv", years))
    ]
    assert named == ["form", "sewage_years"]


def hold_one(plan, write):
    take(
        write("rows.csv", "指标,地区,期间,数值,单位\nP05,邵阳市,2024,2-3个,个\nP02,湖南省,2025,9.41,%\n"),
        plan,
    )
    state = read_quarantine(plan).set_index("indicator_id")["quarantine_id"]
    return state["P05"], state["P02"]


def test_a_released_value_joins_the_record_with_the_name_and_the_reason(plan, write):
    _, held = hold_one(plan, write)
    decide(plan, [held], "released", "王芳", "已核对原件", today=TODAY)
    row = rows_of(plan / "observations.csv")[-1]
    assert (row["indicator_id"], row["value"], row["printed"]) == ("P02", "9.41", "9.41")
    assert row["note"] == "released from quarantine by 王芳: 已核对原件"
    assert rows_of(plan / "provenance.csv")[-1]["place"] == "line 3 column 4"
    actions = [(r["action"], r["by"]) for r in rows_of(plan / "quarantine.csv") if r["quarantine_id"] == held]
    assert actions == [("held", "guard"), ("released", "王芳")]
    assert read_plan(plan).observations["value"].iloc[-1] == 9.41


def test_a_slip_is_released_with_the_right_value_and_the_printed_one_is_kept(plan, write):
    of_range, slip = hold_one(plan, write)
    decide(plan, [slip], "released", "王芳", "小数点", value="94.1", today=TODAY)
    decide(plan, [of_range], "released", "王芳", "实为2个", value="2", today=TODAY)
    rows = rows_of(plan / "observations.csv")[-2:]
    assert [(r["value"], r["printed"]) for r in rows] == [("94.1", "9.41"), ("2", "2-3个")]


def test_a_rejected_value_stays_out_and_is_not_asked_again(plan, write):
    _, held = hold_one(plan, write)
    decide(plan, [held], "rejected", "王芳", "印错", today=TODAY)
    path = plan.parent / "rows.csv"
    assert set(take(path, plan)[1].values()) == {0}
    assert read_quarantine(plan).set_index("quarantine_id").at[held, "action"] == "rejected"


def test_a_decision_needs_an_id_a_name_and_a_reason(plan, write, bytes_of):
    of_range, held = hold_one(plan, write)
    before = bytes_of(plan)
    for ids, by, reason, value, said in (
        (["Q0"], "王芳", "x", None, "no such id"),
        ([held], "", "x", None, "by: "),
        ([held], "王芳", " ", None, "reason: "),
        ([of_range], "王芳", "x", None, "a range"),
        ([held], "王芳", "x", "九", "no plain number"),
        ([held, of_range], "王芳", "x", "9", "one id only"),
    ):
        with pytest.raises(DataError, match=said):
            decide(plan, ids, "released", by, reason, value, TODAY)
    assert bytes_of(plan) == before
    decide(plan, [held], "rejected", "王芳", "x", today=TODAY)
    with pytest.raises(DataError, match="already rejected by 王芳"):
        decide(plan, [held], "released", "王芳", "x", today=TODAY)


def test_a_baseline_is_traced_to_the_printed_line_of_the_plan():
    (row,) = trace("shaoyang-2021-2025", "P02", "2020").to_dict("records")
    assert (row["value"], row["printed"], row["place"], row["printed_line"]) == (
        91.27,
        "91.27",
        "plan.txt line 56",
        "91.27 |",
    )
    assert (row["is_chosen"], row["published"], len(row["file_hash"])) == (True, "2021-12-31", 64)


def test_a_number_from_a_file_is_traced_to_its_cell(plan, write):
    take(write("air.csv", HEADERS), plan)
    rows = trace(plan, "V15_city", "2021年11月")
    own = rows[rows["document"] == "air.csv"].iloc[0]
    assert (own["place"], own["printed"], own["value"]) == ("line 5 column 2", "９３。３", 93.3)
    assert "decimal point" in own["parse"]


def test_of_several_sources_the_one_that_the_series_uses_comes_first():
    rows = trace("shaoyang-2021-2025", "P02", "2023", area="湖南省")
    assert list(rows["is_chosen"]) == [True, False]
    assert list(rows["value"]) == [93.93, 93.9]


def test_a_year_that_is_made_of_months_is_traced_to_each_of_them(plan):
    months = [f"2013-{month:02d}" for month in range(1, 13)]
    with (plan / "observations.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"V15_city,邵阳市,{month},M,S006,90,%,=,B,,,\n" for month in months)
    rows = trace(plan, "V15_city", "2013")
    assert list(rows["period"]) == months
    assert rows["is_chosen"].all()


def test_what_is_not_in_the_record_says_what_is():
    with pytest.raises(
        DataError, match=r"holds 2020; related measures of this period: V14_city, V14_city_total"
    ):
        trace("shaoyang-2021-2025", "V14", "2024")
    with pytest.raises(DataError, match="is no period"):
        trace("shaoyang-2021-2025", "V14", "x")


def test_no_column_of_the_record_is_missing_in_the_files_beside_it(plan, write):
    take(write("air.csv", HEADERS), plan)
    for name, columns in (("provenance", record.PROVENANCE), ("quarantine", record.QUARANTINE)):
        with (plan / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            assert tuple(next(csv.reader(file))) == columns
