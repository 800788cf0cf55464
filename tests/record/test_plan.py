import pandas as pd
import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.base.reading import read_yaml
from sy_analysis.record import plan as io
from sy_analysis.record.folders import record_folder
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


def test_a_plan_yaml_that_cannot_be_read_is_listed_with_the_other_problems(tables, write_plan):
    tables["sources"].loc[0, "title"] = ""
    said = problems_of(write_plan(tables, plan_yaml="["))
    assert said[0].startswith("plan.yaml: 无法读取 / cannot be read")
    assert said[1] == "sources.csv line 2, column “title”: “”; expected text, found none"


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


# ---- A plan and its record in two folders


def test_two_folders_give_the_same_plan_as_one(demo, two_folders):
    plan = read_plan(two_folders)
    for name, value in demo._asdict().items():
        other = getattr(plan, name)
        assert value.equals(other) if hasattr(value, "columns") else value == other or name == "data_hash", (
            name
        )
    for path in (two_folders / "indicators.csv", record_folder(two_folders) / "observations.csv"):
        path.write_text(path.read_text(encoding="utf-8").replace("N1,core", "N1,box").replace("92.1", "92"))
        assert read_plan(two_folders).data_hash != plan.data_hash
        plan = read_plan(two_folders)


def test_an_indicator_that_the_plan_does_not_list_is_context(two_folders):
    path = two_folders / "indicators.csv"
    path.write_text("indicator_id,role,relates_to\nN1,core,\n", encoding="utf-8")
    indicators = read_plan(two_folders).indicators
    assert indicators["role"].tolist() == ["context", "context", "context", "core"]
    assert set(indicators["relates_to"]) == {""}


def test_problems_of_both_folders_come_at_once_and_name_the_folder(two_folders):
    record = record_folder(two_folders)
    for path, old, new in (
        (two_folders / "indicators.csv", "G1_city,stand_in,G1", "G1_city,best,G7\nG1_city,core,\nG9,core,"),
        (two_folders / "targets.csv", "G1,G1,", "G1,G8,"),
        (
            record / "indicators.csv",
            "N1,平台,Platforms,平台,Platforms,质量,Quality,个,0,,1",
            "N1,平台,,,,,,个,0,,2",
        ),
        (record / "sources.csv", "S1,", "S7,"),
    ):
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    listed = "expected an id of records/city/indicators.csv"
    place = "plans/demo-2021-2025/indicators.csv"
    assert problems_of(two_folders) == [
        f"{place} line 3, column “role”: “best”; expected one of core, box, stand_in, reference, context",
        f"{place} line 3, column “relates_to”: “G7”; {listed}",
        f"{place} line 4: the same indicator_id stands in line 3: G1_city; a correction is a new row with its own source",
        f"{place} line 5, column “indicator_id”: “G9”; {listed}",
        f"plans/demo-2021-2025/targets.csv line 2, column “indicator_id”: “G8”; {listed}",
        "records/city/indicators.csv line 5, column “name_en”: “”; expected text, found none",
        "records/city/indicators.csv line 5, column “short_zh”: “”; expected text, found none",
        "records/city/indicators.csv line 5, column “short_en”: “”; expected text, found none",
        "records/city/indicators.csv line 5, column “direction”: “2”; expected one of 1, -1",
        "records/city/observations.csv line 3, column “source_id”: “S1”; expected an id of records/city/sources.csv",
    ]


def test_a_file_that_cannot_be_read_is_named_with_its_folder(two_folders):
    record = record_folder(two_folders)
    (two_folders / "indicators.csv").write_text("indicator_id,role,relates_to\nG1,core\n", encoding="utf-8")
    (record / "indicators.csv").unlink()
    assert problems_of(two_folders) == [
        "plans/demo-2021-2025/indicators.csv line 2: 2 cells; expected 3, as in the header",
        "records/city/indicators.csv: no such file in city",
    ]


def test_a_second_plan_of_a_record_is_started_without_its_tables(two_folders, tables):
    second = two_folders.with_name("second")
    facts = read_yaml(two_folders / "plan.yaml") | {"plan_id": "second"}
    with pytest.raises(DataError, match="city: holds a record; expected tables of the plan only"):
        io.write_plan(second, facts, tables)
    io.write_plan(second, facts, {name: tables[name] for name in ("indicators", "targets")})
    assert read_plan(second).observations.equals(read_plan(two_folders).observations)
    assert read_plan(second).targets.equals(read_plan(two_folders).targets)
