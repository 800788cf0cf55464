import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.intake.plan_table import compare_with_targets, read_plan_table

FACTS = """
document: text.txt
header: [类别, 指标名称, 2025年实际, 2030年目标, 性质]
name: 指标名称
baseline: 2025年实际
target: 2030年目标
attribute: 性质
binding: {约束: true, 预期: false}
"""
ROWS = """第一段,2025年。
类别 |
指标名称 |
2025年实际 |
2030年目标 |
性质 |
环境 |
到2030年明显提高,达到95%。 |
1.优良天数比例(%) |
９５。５ |
不低于96 |
约束 |
||
2、单位能耗下降(%) |
12 |
≤10 |
预期 |
||
民生 |
3. 企业(万家) |
约1.2 |
2~3 |
预期 |
||
4.失业率(%) |
5.5 |
5 |
预期 |
||
5.达标率(%) |
— |
上级下达 |
约束 |
||
1、后面的正文不是表格。
"""


@pytest.fixture
def next_plan(tmp_path):
    def make(rows=ROWS, facts=FACTS):
        (tmp_path / "plan.yaml").write_text("plan_id: next\n", encoding="utf-8")
        (tmp_path / "plan_table.yaml").write_text(facts, encoding="utf-8")
        (tmp_path / "text.txt").write_text(rows, encoding="utf-8")
        return tmp_path

    return make


def test_the_plans_own_table_gives_all_seventeen_targets_as_they_are_in_the_record():
    table = compare_with_targets("shaoyang-2021-2025")
    assert len(table) == 17
    assert table["differs"].map(len).sum() == 0
    assert list(table["target_id"]) == [
        *("P01", "P02", "P03", "P04", "P05", "E06", "E07", "E08", "E09", "E10"),
        *("S11", "S12", "V13", "V14", "V15", "V16", "V17"),
    ]
    assert table["is_binding"].sum() == 3  # line 41 of the plan: 14 expected and 3 binding
    v15 = table.set_index("target_id").loc["V15"]
    assert (v15["relation"], v15["printed_target"], v15["plan_line"]) == ("unset", "省下达指标", 125)


def test_the_next_plan_needs_a_folder_and_no_code(next_plan):
    table = read_plan_table(next_plan())
    rows = table[["name", "unit", "baseline_value", "relation", "target_low", "target_high", "is_binding"]]
    assert rows.astype(object).fillna("").to_numpy().tolist() == [
        ["优良天数比例", "%", 95.5, "at_least", 96.0, "", True],
        ["单位能耗下降", "%", 12.0, "at_most", "", 10.0, False],
        ["企业", "万家", 1.2, "between", 2.0, 3.0, False],
        ["失业率", "%", 5.5, "at_most", "", 5.0, False],  # below its baseline: to come down to
        ["达标率", "%", "", "unset", "", "", True],
    ]
    assert list(table["group"]) == ["环境", "环境", "民生", "民生", "民生"]
    assert (table["baseline_year"].iloc[0], table["target_year"].iloc[0]) == (2025, 2030)


def test_a_table_printed_one_row_a_line_reads_the_same(next_plan, tmp_path):
    rows = "类别|指标名称|2025年实际|2030年目标|性质\n环境|1.优良天数比例(%)|95.5|96|约束\n2.达标率(%)|99|100|预期\n"
    table = read_plan_table(next_plan(rows))
    assert list(table["relation"]) == ["at_least", "equal_ceiling"]
    assert list(table["plan_line"]) == [2, 3]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("不低于96", "9 6", "text.txt line 11: .*blank between its digits"),
        ("约束 |", "约定 |", "text.txt line 12: .*expected one of 约束, 预期"),
        ("性质 |", "性 |", "the header .* is not there"),
    ],
)
def test_what_cannot_be_read_names_its_line(next_plan, old, new, said):
    with pytest.raises(DataError, match=said):
        read_plan_table(next_plan(ROWS.replace(old, new, 1)))


def test_a_table_that_breaks_off_is_said(next_plan):
    with pytest.raises(DataError, match=r"line 31: .*breaks off here"):
        read_plan_table(next_plan(ROWS[: ROWS.index("上级下达")]))


def test_facts_that_cannot_be_read_are_said(next_plan):
    with pytest.raises(DataError, match=r"plan_table\.yaml"):
        read_plan_table(next_plan(facts="header: 1"))
