"""A real report in a real browser: nothing to fetch, nothing to fix, nothing cut off, at any width and in print."""

import re
import shutil

import pandas as pd
import pytest
from fontTools.ttLib import TTFont

from sy_analysis.base.writing import ROOT
from sy_analysis.report.pages import FONT_FILE
from sy_analysis.run.params import read_params
from sy_analysis.run.quarter import run_quarters

CHROMIUM = shutil.which("chromium")
if CHROMIUM is None:
    pytest.skip("no chromium on this machine: apt-get install chromium", allow_module_level=True)
playwright = pytest.importorskip(
    "playwright.sync_api", reason="no playwright: pip install axe-playwright-python"
)
axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="no axe: pip install axe-playwright-python"
)

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
RULES |= {"resultTypes": ["violations"]}
MOST_BYTES = 2_000_000
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic"]
OPTIONS += [
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """The folder of a whole run: every core indicator."""
    params = read_params(ROOT / "params" / "quarterly.yaml", as_of="2026-09-30")
    (run,) = run_quarters(params, reports=tmp_path_factory.mktemp("reports"))
    return run.folder.parent


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as tool:
        opened = tool.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser):
    """Open a page at a width; what it says and asks for is kept in `page.said` and `page.asked`."""
    contexts = []

    def open_page(path, width=1280, media="screen"):
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}))
        page = contexts[-1].new_page()
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.emulate_media(media=media)
        page.goto(path.as_uri())
        page.evaluate("document.fonts.ready")
        return page

    yield open_page
    for context in contexts:
        context.close()


def pages_of(reports):
    return sorted(reports.rglob("*.html"))


@pytest.mark.parametrize(("width", "media"), [(360, "screen"), (1280, "screen"), (794, "print")])
def test_every_page_is_silent_complete_and_accessible(reports, visit, width, media):
    for path in pages_of(reports):
        page = visit(path, width, media)
        assert page.said == [], path.name
        assert [url for url in page.asked if not url.startswith((reports.as_uri(), "data:"))] == [], path.name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path.name
        found = axe.Axe().run(page, options=RULES).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found] == [], path.name


def test_every_character_has_its_glyph_in_the_report_s_own_font(reports, visit):
    for path in pages_of(reports):
        page = visit(path)
        assert page.evaluate("[...document.fonts].map(font => font.status)") == ["loaded"], path.name
        with TTFont(path.with_name(FONT_FILE)) as font:
            glyphs = set(font.getBestCmap())
        text = page.evaluate("document.body.innerText")
        assert {char for char in text if not char.isspace() and ord(char) not in glyphs} == set(), path.name


def test_the_overview_prints_on_two_sheets(reports, visit):
    sheets = visit(reports / "2026-09-30" / "index.html", media="print").pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", sheets)) == 2


def test_one_language_can_be_hidden_and_the_choice_is_kept(reports, visit):
    page = visit(reports / "2026-09-30" / "index.html")
    page.get_by_role("button", name="English").click()
    assert not page.get_by_text("需要关注").is_visible() and page.get_by_text("Needs attention").is_visible()
    page.reload()
    assert not page.get_by_text("需要关注").is_visible()
    page.get_by_role("button", name="中文").click()
    assert page.get_by_text("需要关注").is_visible() and not page.get_by_text("Needs attention").is_visible()


def test_the_language_switch_keeps_the_place(reports, visit):
    page = visit(reports / "2026-09-30" / "index.html")
    heading = page.get_by_role("heading", name="Needs attention")
    heading.evaluate("heading => heading.scrollIntoView()")
    page.get_by_role("button", name="English").evaluate("button => button.click()")
    assert abs(heading.bounding_box()["y"]) < 60


def test_a_table_sorts_within_its_groups_and_filters(reports, visit):
    page = visit(reports / "2026-09-30" / "index.html")
    head = page.get_by_role("columnheader", name="达成概率")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    first_group = page.locator("tbody").first.locator("tr:not(.group) th")
    judged = assessments(reports).filter(regex="^P", axis=0)["attainment_probability"]
    rising = (100 * judged).round().sort_values(kind="stable")  # as printed; dashes last
    assert first_group.all_inner_texts() == list(rising.index)
    page.get_by_role("searchbox").first.fill("森林")
    found = page.locator("table").first.locator("tbody th[scope=row]:visible")
    assert found.all_inner_texts() == ["V17"]


def test_a_dot_says_its_values(reports, visit):
    page = visit(reports / "2026-09-30" / "index.html")
    percent = 100 * assessments(reports)["attainment_probability"]["V17"]
    (title,) = [text for text in page.locator("svg title").all_text_contents() if "森林覆盖率" in text]
    assert f"达成概率 {percent:.0f}%" in title


@pytest.mark.parametrize("width", [360, 1280])
def test_a_pointer_on_a_point_of_a_chart_calls_up_its_value(reports, visit, width):
    page = visit(reports / "2026-09-30" / "V17.html", width)
    series = pd.read_csv(reports / "2026-09-30" / "series.csv").dropna(subset="value")
    series = series[(series["indicator_id"] == "V17") & (series["area"] == "邵阳市")]
    assert len(series) > 1
    for year, value in zip(series["year"], series["value"], strict=True):
        spot = page.get_by_title(f"{year} 年公布值 {value:.2f}".rstrip("0"))
        spot.hover()  # fails where something else lies over it
        picture, place = page.locator(".chart img").first.bounding_box(), spot.bounding_box()
        assert picture["x"] < place["x"] < picture["x"] + picture["width"]
        assert picture["y"] < place["y"] < picture["y"] + picture["height"]


def assessments(reports):
    return pd.read_csv(reports / "2026-09-30" / "assessments.csv", index_col="target_id")


def test_without_scripts_everything_is_there(reports, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((reports / "2026-09-30" / "index.html").as_uri())
    assert page.get_by_text("需要关注").is_visible() and page.get_by_text("Needs attention").is_visible()
    context.close()


def test_the_pages_weigh_less_than_two_megabytes(reports):
    files = [*(reports / "2026-09-30").glob("*.html"), reports / "2026-09-30" / FONT_FILE]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES
