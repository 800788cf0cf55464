"""The whole way of a figure: from a printed cell through the record to a yearly series, and back."""

import pytest

from sy_analysis.intake.publications import SourceFacts, join, read_files
from sy_analysis.intake.quarantine import decide, read_quarantine
from sy_analysis.intake.trace import trace
from sy_analysis.record.observations import clean_observations
from sy_analysis.record.plan import read_plan
from sy_analysis.record.series import series_as_of

BULLETIN = "邵阳市2022年国民经济和社会发展统计公报\n制造业产品质量合格率达到92.1%。全市森林覆盖率61.1%。\n"


@pytest.fixture
def plan(tmp_path, copy_flat):
    return copy_flat("shaoyang-2021-2025", tmp_path / "plan")


def history(plan, as_of):
    tables = read_plan(plan)
    observations = clean_observations(tables.observations, tables.sources, as_of)
    series = series_as_of(observations, tables.indicators, tables.breaks)
    own = series.query("indicator_id == 'P02' and area == '邵阳市'").dropna(subset="value")
    return dict(zip(own["year"], own["value"], strict=True))


def test_a_figure_of_a_bulletin_reaches_the_series_on_the_day_it_was_published_and_leads_back(plan, tmp_path):
    path = tmp_path / "bulletin.txt"
    path.write_text(BULLETIN, encoding="utf-8")
    join(read_files([path], plan, facts=SourceFacts(published="2023-03-20")), plan)
    assert history(plan, "2023-03-19") == {2020: 91.27}
    assert history(plan, "2023-03-20") == {2020: 91.27, 2022: 92.1}
    (row,) = trace(plan, "P02", "2022").to_dict("records")
    assert (row["printed"], row["document"], row["place"]) == ("92.1%", "bulletin.txt", "line 2 character 13")


def test_a_reversed_rate_does_not_reach_the_series_until_someone_says_what_is_right(plan, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("指标,地区,年份,数值\nP02,邵阳市,2022,7.9\n", encoding="utf-8")
    join(read_files([path], plan, facts=SourceFacts(published="2023-03-20")), plan)
    assert history(plan, "2024-01-01") == {2020: 91.27}
    (held,) = read_quarantine(plan)["quarantine_id"]
    decide(plan, [held], "released", "王芳", "原件是不合格率", value="92.1")
    assert history(plan, "2024-01-01") == {2020: 91.27, 2022: 92.1}
