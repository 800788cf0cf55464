import lxml.html
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from sy_analysis.report.markup import is_english, notebook_body, split_languages

OTHER_PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg=="
)
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="
TABLE = """<div><style scoped>th { top: 0 }</style><table border="1"><thead><tr><th></th><th>结论</th></tr></thead>
<tbody><tr><th>P02</th><td>有风险 at risk</td></tr><tr><th>P03</th><td>抄自文件</td></tr></tbody></table></div>"""


@pytest.fixture
def body(tmp_path):
    def write(*cells):
        path = tmp_path / "a.ipynb"
        nbformat.write(new_notebook(cells=list(cells)), path)
        words = {"结论": "Verdict", "有风险 at risk": "at risk"}
        return lxml.html.fromstring(notebook_body(path, words))

    return write


def shown(**data):
    return new_code_cell("code()", outputs=[new_output("execute_result", {"text/plain": "", **data})])


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("数据 The record", ("数据", "The record")),
        ("能达标吗？ Will it?", ("能达标吗？", "Will it?")),
        ("P02 合格率", None),
        ("93.5%", None),
        ("The record", None),
    ],
)
def test_a_text_in_both_languages_is_parted(text, pair):
    assert split_languages(text) == pair


def test_a_few_chinese_names_do_not_make_a_sentence_chinese():
    assert is_english("Pass rate of 邵阳市: 92.1% in 2023, expected 93% in 2025.")
    assert not is_english("AutoETS 在多数这样短的序列上算不出来")
    assert not is_english("93.5%")


def test_headings_and_paragraphs_are_marked_by_language(body):
    page = body(
        new_markdown_cell("## 数据 The record\n\n圆点是公布的年度值。\n\n*Dots are published values.*")
    )
    assert [(e.tag, e.get("lang"), e.text_content()) for e in page.xpath(".//*[@lang]")] == [
        ("span", "zh-CN", "数据"),
        ("span", "en", "The record"),
        ("p", "zh-CN", "圆点是公布的年度值。"),
        ("p", "en", "Dots are published values."),
    ]


def test_chinese_without_its_english_is_never_hidden(body):
    assert body(new_markdown_cell("只有中文。")).xpath(".//*[@lang]") == []


def test_tables_have_scopes_words_in_both_languages_and_a_frame_to_scroll(body):
    page = body(new_markdown_cell("## 判断 The verdict"), shown(**{"text/html": TABLE}))
    assert [(th.text_content().split()[0], th.get("scope")) for th in page.iter("th")] == [
        ("结论", "col"),
        ("P02", "row"),
        ("P03", "row"),
    ]
    risky, copied = page.xpath(".//tbody//td")
    assert [(span.get("lang"), span.text) for span in risky] == [("zh-CN", "有风险"), ("en", "at risk")]
    assert copied.text_content() == "抄自文件" and not len(copied)
    frame = page.xpath(".//table/..")[0]
    assert (frame.get("tabindex"), frame.get("aria-label")) == ("0", "判断 The verdict")
    assert not page.xpath(".//style")


def test_a_picture_keeps_the_text_that_says_what_it_shows(body):
    output = new_output(
        "execute_result", {"image/png": PIXEL}, metadata={"image/png": {"alt": "两项有风险", "width": 8}}
    )
    page = body(new_code_cell("picture(ax)", outputs=[output]))
    assert page.xpath("string(.//img/@alt)") == "两项有风险"


def test_hints_lie_over_their_own_picture_and_cannot_be_taken_for_tags(body):
    hints = [[8.4, 77.0, "2008 年 <b>27.9"], [50, 12.5, "2025 年预测"]]
    first, second = (
        new_output("display_data", {"image/png": data}, metadata={"image/png": metadata})
        for data, metadata in ((PIXEL, {"alt": "甲"}), (OTHER_PIXEL, {"alt": "乙", "hints": hints}))
    )
    page = body(new_markdown_cell("## 数据 The record"), new_code_cell("", outputs=[first, second]))
    one, other = page.xpath(".//div[@class='chart']")
    assert (one.xpath("string(img/@alt)"), other.xpath("string(img/@alt)")) == ("甲", "乙")
    assert len(one) == 1 and other[1].get("aria-hidden") == "true"
    assert [spot.get("title") for spot in other[1]] == [text for *_, text in hints]
    assert other[1][0].get("style") == "left:8.4%;top:77%"
    assert other.getparent().get("tabindex") == "0"


def test_code_stays_in_the_notebook(body):
    assert "code()" not in body(shown(**{"text/html": TABLE})).text_content()
