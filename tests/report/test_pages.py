import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from sy_analysis.forecast.scores import published_scores
from sy_analysis.report.data import assess
from sy_analysis.report.pages import FONT_FILE, write_archive, write_font, write_site

SUMMARY = {
    "data_sha256": "0" * 64,
    "versions": {"sy-analysis": "0"},
    "failures": [],
}
THREE = [["G1", "合格率", "Pass rate"], ["H1", "优良天数比例", "Good-air days"], ["N1", "平台", "Platforms"]]


@pytest.fixture
def site(demo, tmp_path):
    def write(plan=demo, **summary):
        folder = tmp_path / "report"
        (folder / "notebooks").mkdir(parents=True, exist_ok=True)
        write_site(assess(plan, "2024-12-31"), SUMMARY | summary, folder)
        return folder

    return write


def test_the_index_says_the_counts_first_and_lists_every_indicator(site):
    html = (site() / "index.html").read_text(encoding="utf-8")
    assert "3 项核心指标中" in html and "of 3 core indicators" in html
    for target_id in ("G1", "H1", "N1"):
        assert f'<th scope="row">{target_id}</th>' in html


def test_binding_targets_come_first_in_their_group(site):
    html = (site() / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'<th scope="row">(\w+)</th>', html) == ["H1", "G1", "N1"]


def test_the_index_says_what_changed_since_the_last_quarter_and_why(demo, tmp_path):
    folder = tmp_path / "report"
    write_site(assess(demo, "2024-03-31"), SUMMARY, folder)
    html = (folder / "index.html").read_text(encoding="utf-8")
    assert "自 2023-12-31 以来" in html
    assert "新登记 1 个数值，其中本地 1 个" in html  # the bulletin of 2024-03-01


def test_the_index_says_how_sure_it_is(site):
    html = (site() / "index.html").read_text(encoding="utf-8")
    scores = published_scores().set_index(["table", "method"]).loc[("all windows", "product")]
    assert f"80% 区间包含了 {scores['coverage_80']:.1f}% 的实际值" in html
    assert "给出概率的 1 项中，1 项证据弱" in html


def test_a_dot_of_the_figure_carries_its_values(site):
    html = (site() / "index.html").read_text(encoding="utf-8")
    assert re.search(r"<g>\s*<title>指标 合格率　最新值 92.1%", html, re.S)


def test_a_page_that_does_not_exist_is_not_linked(site):
    folder = site()
    write_archive(folder.parent)
    links = re.findall(r'href="([^"]+\.html)"', (folder / "index.html").read_text(encoding="utf-8"))
    assert [link for link in links if not (folder / link).exists()] == []


def test_failures_are_shown(site):
    assert "4_trust: cell 3: no such luck" in (
        site(failures=["4_trust: cell 3: no such luck"]) / "index.html"
    ).read_text(encoding="utf-8")


def test_text_from_the_data_is_escaped(demo, site):
    hostile = '<script>alert("x")</script>'
    indicators = demo.indicators.assign(short_zh=hostile, name_zh=hostile)
    html = (site(demo._replace(indicators=indicators, name_zh=hostile)) / "index.html").read_text(
        encoding="utf-8"
    )
    assert html.count("<script") == 1 and hostile not in html
    assert "&lt;script&gt;" in html


def test_only_the_page_s_own_script_may_run(site):
    html = (site() / "index.html").read_text(encoding="utf-8")
    script = re.search("<script>(.*)</script>", html, re.S)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html and "default-src 'none'" in html


def test_the_page_is_well_formed(site):
    stack, void = [], {"meta", "img", "br", "input"}

    class Checker(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag not in void:
                stack.append(tag)

        def handle_endtag(self, tag):
            assert stack.pop() == tag

    Checker().feed((site() / "index.html").read_text(encoding="utf-8"))
    assert stack == []


def test_the_font_has_the_glyphs_of_the_text(tmp_path):
    from fontTools.ttLib import TTFont

    write_font("直门关骨 ≥93%", tmp_path / FONT_FILE)
    with TTFont(tmp_path / FONT_FILE) as font:
        assert set(map(ord, "直门关骨≥93%")) <= set(font.getBestCmap())
        assert "Noto Sans CJK SC" in font["name"].getDebugName(1)


@pytest.fixture
def write_report(tmp_path):
    """A folder of reports with one run of a day and plan."""

    def write(as_of, statuses, plan="demo", area=None):
        folder = tmp_path / "reports" / f"{as_of}{plan}{area or ''}"
        folder.mkdir(parents=True)
        summary = {
            "plan": plan,
            "plan_names": ["规划", "Plan"],
            "area": area or "甲市",
            "parameters": {"area": area},
            "as_of": as_of,
            "core_targets": THREE,
        }
        (folder / "run.json").write_text(json.dumps(summary), encoding="utf-8")
        rows = [f"{row[0]},甲市,{status}" for row, status in zip(THREE, statuses, strict=True)]
        text = "\n".join(["target_id,area,status", *rows])
        (folder / "assessments.csv").write_text(text, encoding="utf-8")
        return folder

    return write


def test_the_archive_shows_each_verdict_through_time_in_the_plan_s_order(write_report):
    early = write_report("2023-12-31", ["at_risk", "not_assessed", "off_track"])
    late = write_report("2024-12-31", ["on_track", "not_assessed", "missed"])
    (late / "G1.html").write_text("", encoding="utf-8")
    write_archive(late.parent)
    html = (late.parent / "index.html").read_text(encoding="utf-8")
    rows = re.findall(r'<tr><th scope="row">(.*?)</tr>', html)
    assert [re.findall(r'class="status (\w+)"', row) for row in rows] == [
        ["at_risk", "on_track"],
        ["not_assessed", "not_assessed"],
        ["off_track", "missed"],
    ]
    assert f'href="{late.name}/G1.html"' in html and f'href="{early.name}/G1.html"' not in html
    assert html.index("2023-12-31</a>") < html.index("2024-12-31</a>")
    assert (late.parent / "verdicts-demo.svg").exists() and (late.parent / "verdicts-demo.png").exists()


def test_the_archive_keeps_plans_apart_and_says_what_it_left_out(write_report):
    folder = write_report("2024-12-31", ["at_risk", "at_risk", "at_risk"])
    write_report("2024-12-31", ["missed", "missed", "missed"], plan="other")
    (folder.parent / "holiday <b>photos").mkdir()
    write_archive(folder.parent)
    html = (folder.parent / "index.html").read_text(encoding="utf-8")
    assert html.count("<table>") == 2
    assert "holiday &lt;b&gt;photos: no run.json; expected a report" in html


def test_the_archive_sets_other_areas_side_by_side_in_their_latest_report(write_report):
    write_report("2024-12-31", ["at_risk", "at_risk", "not_assessed"])
    write_report("2023-12-31", ["missed", "missed", "missed"], area="乙市")
    late = write_report("2024-12-31", ["on_track", "not_assessed", "not_assessed"], area="乙市")
    write_report("2024-12-31", ["not_assessed", "not_assessed", "not_assessed"], area="丙市")
    write_archive(late.parent)
    html = (late.parent / "index.html").read_text(encoding="utf-8")
    heads = re.findall(r"<thead>(.*?)</thead>", html)
    assert "G1" in heads[1] and "H1" not in heads[1]  # nobody else can be judged by it
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in re.findall(r"<tr>(.*?)</tr>", html)][-2:]
    assert [row[0] for row in rows] == ["丙市", "乙市"]  # as their folders are named
    assert rows[0][-1] == "—" and rows[1][-2:] == ["on", "track"]
    table = pd.read_csv(late.parent / "verdicts.csv")
    assert table.groupby(["plan", "area", "as_of"]).size().tolist() == [3, 3, 3, 3]
    assert list(table.columns) == ["plan", "area", "as_of", "target_id", "status"]


def test_the_overview_compares_areas_by_the_same_targets(demo, site):
    folder = site(
        demo._replace(
            observations=demo.observations.replace({"area": {"甲市": "邵阳市", "乙市": "长沙市"}}),
            targets=demo.targets.assign(area="邵阳市"),
            area="邵阳市",
        )
    )
    html = (folder / "index.html").read_text(encoding="utf-8")
    section = html[html.index('class="areas"') :]
    rows = re.findall(r"<tr>(.*?)</tr>", section[: section.index("</section>")])
    words = [re.sub(r"<[^>]+>", " ", row).split() for row in rows[1:]]
    assert [row[0] for row in words] == ["长沙市", "邵阳市（本规划）"]
    assert "G1" in rows[0] and words[0][1] != "—"


def test_an_archive_without_any_run_is_still_a_page(tmp_path):
    write_archive(tmp_path)
    assert "历次报告" in (tmp_path / "index.html").read_text(encoding="utf-8")
