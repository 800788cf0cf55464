import re
from html.parser import HTMLParser

import pytest

from sy_analysis.assessments import THRESHOLDS
from sy_analysis.site import FONT_FILE, write_font, write_site
from sy_analysis.vintage import assess_as_of

SUMMARY = {"data_sha256": "0" * 64, "versions": {"sy-analysis": "0"}, "failures": []}


@pytest.fixture
def site(demo, tmp_path):
    def write(plan=demo, **summary):
        folder = tmp_path / "report"
        (folder / "notebooks").mkdir(parents=True, exist_ok=True)
        write_site(plan, assess_as_of(plan, "2024-12-31"), THRESHOLDS, SUMMARY | summary, folder)
        return folder

    return write


def test_the_index_says_the_counts_first_and_lists_every_indicator(site):
    html = (site() / "index.html").read_text(encoding="utf-8")
    assert "3 项核心指标中" in html
    for target_id in ("G1", "H1", "N1"):
        assert f'<th scope="row">{target_id}</th>' in html
    assert 'lang="zh-CN"' in html and '<th scope="col"' in html and 'alt="' in html


def test_a_page_that_does_not_exist_is_not_linked(site):
    folder = site()
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
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_the_page_is_well_formed(site):
    stack, void = [], {"meta", "img", "br"}

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
