import re

import pytest

from sy_analysis.base.reading import file_of, read_utf8
from sy_analysis.intake.contradictions import COLUMNS, find_contradictions, is_rounding
from sy_analysis.intake.record import rows_of
from sy_analysis.record.folders import input_folders
from sy_analysis.record.plan import read_plan

PLAN = "shaoyang-2021-2025"


def test_each_contradiction_of_the_collected_data_is_reported_once_and_none_is_invented():
    found = find_contradictions(PLAN)
    # of the plan itself, published values that cannot both hold, and one name for two definitions
    assert found["kind"].value_counts().to_dict() == {"plan": 16, "published": 14, "definition": 10}
    assert found["contradiction_id"].is_unique
    assert not found.duplicated(["one", "place_one", "other", "place_other"]).any()


def check_listed(plan):
    """Listed contradictions whose printed texts are not where they are said to be.

    A place is a line of a kept document (“plan.txt line 14”), a row of the record (“P04 天水市 2019 S098”, an area
    of * stands for any), a reference target (“target P02 中国 2025”), or nothing for what was read and left out.
    """
    tables, folders = read_plan(plan), list(input_folders(plan).values())
    problems = []
    for row in [row for folder in folders for row in rows_of(folder / "contradictions.csv", COLUMNS)]:
        for text, place in ((row["one"], row["place_one"]), (row["other"], row["place_other"])):
            if place and not _stands_at(text, place, tables, folders[0]):
                problems.append(f"{row['contradiction_id']}: “{text}” does not stand at {place}")
    return problems


def _stands_at(text, place, tables, folder):
    line = re.fullmatch(r"(\S+) line (\d+)", place)
    if line:
        lines = read_utf8(file_of(folder, line[1])).splitlines()
        return int(line[2]) <= len(lines) and text in lines[int(line[2]) - 1]
    if place.startswith("target "):
        rows = _rows_at(tables.reference_targets, place.split(" ")[1:])
        return any(f"{value:g}" == text for value in rows["value"])
    rows = _rows_at(tables.observations, place.split(" "))
    is_value = any(f"{value:g}" == text for value in rows["value"])
    return is_value or any(text in note for note in rows["note"]) or (" * " in place and len(rows) > 0)


def _rows_at(table, parts):
    names = ("indicator_id", "area", "period", "source_id")
    for name, part in zip(names, parts, strict=False):
        table = table if part == "*" else table[table[name] == part]
    return table


def test_both_texts_of_every_listed_contradiction_stand_where_they_are_said_to():
    assert check_listed(PLAN) == []


def test_a_text_that_is_not_there_is_found_out(plan):
    path = plan / "contradictions.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("86.03", "86.04").replace("签约率36.8%", "签约率37%"),
        encoding="utf-8",
    )
    said = [problem.split(":")[0] for problem in check_listed(plan)]
    assert {"C12", "C39"} <= set(said)


def add(plan, *values):
    rows = (plan / "observations.csv").read_text(encoding="utf-8")
    for source, value in zip(("S006", "S028", "S032"), values, strict=False):
        rows += f"P03,永州市,2019,A,{source},{value},%,=,B,,,\n"
    (plan / "observations.csv").write_text(rows, encoding="utf-8")


def test_a_new_disagreement_of_two_sources_is_found_once(plan):
    add(plan, "92.9", "91.4", "92.0")
    own = [row for row in find_contradictions(plan).to_dict("records") if row["kind"] == "record"]
    assert [(row["contradiction_id"], row["one"], row["other"]) for row in own] == [
        ("P03 永州市 2019", "91.4", "92.9")
    ]


def test_two_values_that_rounding_explains_are_no_contradiction(plan):
    add(plan, "92.94", "92.9", "93")
    assert set(find_contradictions(plan)["kind"]) == {"plan", "published", "definition"}


def test_a_listed_contradiction_covers_what_the_record_shows(plan):
    add(plan, "92.9", "91.4")
    rows = rows_of(plan / "contradictions.csv")
    with (plan / "contradictions.csv").open("a", encoding="utf-8") as file:
        file.write(
            "C99,published,永州,Yongzhou,92.9,P03 永州市 2019 S006,91.4,P03 永州市 2019 S028,Two editions.\n"
        )
    assert len(find_contradictions(plan)) == len(rows) + 1


@pytest.mark.parametrize(
    ("one", "other", "answer"), [(88.1, 88, True), (88.1, 87, False), (0.5, 0.5, True), (99.95, 100, True)]
)
def test_rounding_is_told_from_a_difference(one, other, answer):
    assert is_rounding(one, other) is answer


def test_a_plan_has_the_contradictions_of_its_record_and_of_its_own_text():
    assert set(find_contradictions("hunan-2021-2025")["kind"]) == {"published", "definition"}
