import contextlib
import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sy_analysis.base.writing import ROOT
from sy_analysis.record.areas import children_of, find_area, level_of, register

PRINTED = [
    ("邵阳市", "邵阳市"),
    ("邵阳", "邵阳市"),
    ("邵阳县", "邵阳县"),
    ("邵东", "邵东市"),
    ("邵东县", "邵东市"),
    ("邵东市", "邵东市"),
    ("城步县", "城步苗族自治县"),
    ("城 步 县", "城步苗族自治县"),
    ("城步县(2.51", "城步苗族自治县"),
    ("吉首", "湘西州"),
    ("湘西土家族苗族自治州", "湘西州"),
    ("浙江省 杭州市", "杭州市"),
    ("湖南邵阳市邵东县", "邵东市"),
    ("邵阳市 Shaoyang", "邵阳市"),
    ("Shaoyang", "邵阳市"),
    ("邵阳市①", "邵阳市"),
    ("召_市", "邵阳市"),
    ("常徳市", "常德市"),
    ("秦％岛市", "秦皇岛市"),
    ("邵陽市", "邵阳市"),
    ("全国", "中国"),
    ("内蒙古", "内蒙古自治区"),
]


@pytest.mark.parametrize(("printed", "name"), PRINTED)
def test_printed_names_lead_to_one_area(printed, name):
    assert find_area(printed).name == name


@pytest.mark.parametrize("printed", ["", "邵阴市", "全市", "合计", "平均", "未知县"])
def test_nothing_is_matched_by_likeness(printed):
    with pytest.raises(ValueError, match="register of areas"):
        find_area(printed)


def test_two_names_in_one_cell_are_refused():
    with pytest.raises(ValueError, match="several areas"):
        find_area("常德市、怀化市")


def test_a_renamed_area_is_found_under_its_present_name_and_the_old_use_is_said():
    assert find_area("邵东县", 2017).parse == "“邵东县” is now 邵东市"
    assert "old name is used for 2021" in find_area("邵东县", 2021).parse


def test_codes_names_and_forms_of_the_register_lead_to_one_row_each():
    rows = register()
    assert len({row["code"] for row in rows}) == len(rows)
    assert len({row["name"] for row in rows}) == len(rows)
    for row in rows:
        assert find_area(row["name"]).code == (row["successor"] or row["code"])
        assert not row["parent"] or row["parent"] in {other["code"] for other in rows}


def test_the_city_has_its_twelve_units_and_the_province_its_fourteen():
    assert len(children_of("邵阳市")) == 12
    assert len(children_of("湖南省")) == 14
    assert level_of("邵阳市区") == "urban"


def test_every_area_of_the_record_is_in_the_register():
    with (ROOT / "data/raw/records/hunan/observations.csv").open(encoding="utf-8", newline="") as file:
        areas = {row["area"] for row in csv.DictReader(file)}
    assert {area for area in areas if not find_area(area).name} == set()


@given(st.text(max_size=20))
def test_any_text_is_an_area_or_a_value_error(printed):
    with contextlib.suppress(ValueError):
        assert find_area(printed).name
