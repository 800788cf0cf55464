import pandas as pd
import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.record import plan as io
from sy_analysis.record.plan import read_plan


def problems_of(folder):
    with pytest.raises(DataError) as error:
        read_plan(folder)
    return error.value.problems


def test_a_plan_is_read_with_numbers_dates_and_booleans(demo):
    assert demo.plan_id == "demo-2021-2025"
    assert demo.observations["value"].dtype == float
    assert demo.targets.set_index("target_id").loc["H1", "is_binding"]
    assert demo.sources["published"].iloc[0] == pd.Timestamp("2021-12-31")


def test_an_area_has_one_name_whichever_was_printed(tables, write_plan):
    tables["observations"].loc[3:6, "area"] = ["湘西州", "湘西土家族苗族自治州", "湘西州", "湘西州"]
    assert set(read_plan(write_plan(tables)).observations["area"]) == {"甲市", "湘西州"}


def test_one_value_under_both_names_of_an_area_is_a_repeated_key(tables, write_plan):
    rows = tables["observations"]
    rows.loc[4, list(rows.columns)] = rows.loc[3]
    rows.loc[3:4, "area"] = ["湘西州", "湘西土家族苗族自治州"]
    assert "observations.csv line 6: the same indicator_id + area" in problems_of(write_plan(tables))[0]


def test_a_plan_that_is_started_is_read_back(demo, tables, tmp_path):
    facts = dict(zip(io.PLAN_KEYS, demo[: len(io.PLAN_KEYS)], strict=True)) | {"plan_id": "second"}
    io.write_plan(tmp_path / "second", facts, {name: tables[name] for name in tables if name != "breaks"})
    again = read_plan(tmp_path / "second")
    assert again.plan_id == "second" and again.breaks.empty
    assert again.observations.equals(demo.observations)


def test_a_plan_on_record_is_never_overwritten(tables, write_plan):
    folder = write_plan(tables)
    with pytest.raises(DataError, match="demo-2021-2025: holds a plan; expected a new folder"):
        io.write_plan(folder, {}, tables)


def test_a_plan_that_does_not_exist_names_those_that_do():
    assert "shaoyang-2021-2025" in problems_of("no-such-plan")[0]


def test_all_problems_of_all_files_come_at_once(tables, write_plan):
    tables["observations"].loc[0, "value"] = "九十三点五"
    tables["observations"].loc[1, "period"] = "2021年"
    tables["observations"].loc[2, "source_id"] = "S9"
    tables["sources"].loc[2, "published"] = "2024-13-01"
    assert problems_of(write_plan(tables)) == [
        "observations.csv line 2, column “value”: “九十三点五”; expected a plain number such as 98.2",
        "observations.csv line 3, column “period”: “2021年”; expected a period of frequency A, such as 2024",
        "observations.csv line 4, column “source_id”: “S9”; expected an id of sources.csv",
        "sources.csv line 4, column “published”: “2024-13-01”; expected a date that exists",
    ]


def test_a_missing_file_and_an_empty_one_are_named(tables, write_plan):
    folder = write_plan(tables)
    (folder / "sources.csv").unlink()
    (folder / "targets.csv").write_text("", encoding="utf-8")
    assert problems_of(folder) == [
        "targets.csv: the file is empty; expected a header row",
        "sources.csv: no such file in demo-2021-2025",
    ]


def test_a_file_that_is_not_utf8_is_refused(tables, write_plan):
    folder = write_plan(tables)
    text = (folder / "observations.csv").read_text(encoding="utf-8")
    (folder / "observations.csv").write_bytes(text.encode("gb18030"))
    assert "is not UTF-8" in problems_of(folder)[0]


def test_plan_facts_are_checked(tables, write_plan):
    folder = write_plan(
        tables, plan_yaml="plan_id: x\nname_zh: x\nname_en: x\narea: x\nbaseline_year: soon\nowner: me\n"
    )
    assert problems_of(folder) == [
        "plan.yaml: “target_year” is missing",
        "plan.yaml: “owner” is not expected; expected plan_id, name_zh, name_en, area, "
        "baseline_year, target_year",
        "plan.yaml: baseline_year is “soon”; expected a year",
    ]


def test_the_data_hash_changes_with_any_byte_of_the_folder(tables, write_plan):
    before = read_plan(write_plan(tables)).data_hash
    tables["sources"].loc[0, "note"] = "x"
    assert read_plan(write_plan(tables)).data_hash != before


def test_a_plan_that_has_not_changed_is_not_read_twice_and_each_reader_has_its_own(
    tables, write_plan, monkeypatch
):
    folder = write_plan(tables)
    first = read_plan(folder)
    whole = first.observations.copy(), list(first.lines)
    monkeypatch.setattr(io, "check_tables", None)
    second = read_plan(folder)
    second.observations.loc[:, "value"] = 0.0
    second.observations["more"] = 1
    second.lines.append("more")
    third = read_plan(folder)
    assert first.observations.equals(whole[0]) and first.lines == whole[1]
    assert third.observations.equals(whole[0]) and third.lines == whole[1]


def test_a_plan_that_has_changed_is_read_again(tables, write_plan):
    folder = write_plan(tables)
    before = read_plan(folder)
    observations = folder / "observations.csv"
    observations.write_text(observations.read_text().replace("92.1", "92.2"))
    changed = read_plan(folder)
    assert set(changed.observations["value"]) - set(before.observations["value"]) == {92.2}
    (folder / "plan.txt").write_text("one line")
    assert read_plan(folder).lines == ["one line"]
    assert len({plan.data_hash for plan in (before, changed, read_plan(folder))}) == 3


def test_a_plan_that_changes_while_it_is_read_is_refused(tables, write_plan, monkeypatch):
    folder = write_plan(tables)

    def check(texts, files):
        (folder / "plan.txt").write_text("changed")
        return tables

    with monkeypatch.context() as patch:
        patch.setattr(io, "check_tables", check)
        assert problems_of(folder) == [f"{folder.name}: changed while it was read; please read it again"]
    assert read_plan(folder).lines == ["changed"]


def test_an_empty_area_is_no_area(tables, write_plan):
    tables["observations"].loc[3, "area"] = ""
    (said,) = problems_of(write_plan(tables))
    assert said == "observations.csv line 5, column “area”: “”; expected text, found none"
