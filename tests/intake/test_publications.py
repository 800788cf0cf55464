import hashlib

import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.intake.publications import SourceFacts, join, read_files
from sy_analysis.intake.record import rows_of

from .conftest import HEADERS, TODAY, take


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
