import io
import math
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Cm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sy_analysis.base.words import number, probability
from sy_analysis.judge.assessments import assess_as_of
from sy_analysis.judge.rules import REASONS, STATUS
from sy_analysis.judge.thresholds import THRESHOLDS
from sy_analysis.report.brief import drawing
from sy_analysis.report.brief.content import (
    attention_rows,
    english_summary,
    findings,
    plain_sentence,
    sources_note,
    unknown_rows,
)
from sy_analysis.report.brief.drawing import PAGE_LINES, count_lines, write_brief
from sy_analysis.report.rows import core_and_others
from sy_analysis.report.tables import at_risk_table

AS_OF = "2024-12-31"
_KEPT = {}


@pytest.fixture
def demo(request):
    """The small plan, read once, since no test here changes it."""
    if "demo" not in _KEPT:
        _KEPT["demo"] = request.getfixturevalue("demo")
    return _KEPT["demo"]


@pytest.fixture
def vintage(demo):
    """The vintage of the small plan, judged once."""
    if "vintage" not in _KEPT:
        _KEPT["vintage"] = assess_as_of(demo, AS_OF)
    return _KEPT["vintage"]


@pytest.fixture
def at_risk(vintage):
    """The vintage, with its one forecast at risk and binding."""
    return with_verdict(vintage, "G1", status="at_risk", is_binding=True)


def with_verdict(vintage, target_id, **facts):
    table = vintage.assessments.copy()
    for name, value in facts.items():
        table.loc[table["target_id"] == target_id, name] = value
    return replace(vintage, assessments=table)


def core_of(plan, vintage):
    return core_and_others(plan, vintage.assessments)[0]


def shown(plan, vintage):
    return SimpleNamespace(plan=plan, vintage=vintage, thresholds=THRESHOLDS)


@pytest.fixture
def written(demo, vintage, tmp_path):
    """Write a brief and open it again."""

    def write(plan=demo, vintage=vintage):
        path = tmp_path / "brief.docx"
        write_brief(shown(plan, vintage), path)
        return Document(path)

    return write


def cells_of(table):
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_findings_come_first_and_the_counts_lead(demo, at_risk, written):
    document = written(vintage=at_risk)
    texts = [(paragraph.style.name, paragraph.text) for paragraph in document.paragraphs]
    headings = [text for style, text in texts if style == "Heading 1"]
    assert headings[0] == "一、主要发现"
    first = next(text for style, text in texts if style == "List Number")
    assert first == "3项核心指标中：1项有风险、2项无法判断。目前没有一项已达成或预计达成。"
    assert headings[1:] == [
        "English summary",
        "二、需要关注的指标（约束性在前，概率低的在前）",
        "三、尚不能判断的，与须补的数据",
        "四、来源与方法",
    ]


def test_findings_name_the_binding_targets_with_their_chances(demo, at_risk):
    core = core_of(demo, at_risk)
    chance = probability(core.set_index("target_id").loc["G1", "attainment_probability"])
    lines = findings(demo, core)
    assert f"约束性指标2项：G1 合格率有风险（{chance}）、H1 优良天数比例无法判断。" in lines


def test_findings_name_the_least_likely_first(demo, vintage):
    facts = {"status": "off_track", "reason": "probability"}
    vintage = with_verdict(vintage, "G1", attainment_probability=0.3, **facts)
    vintage = with_verdict(vintage, "N1", attainment_probability=0.004, **facts)
    assert "最难达成的是N1 平台（<1%）、G1 合格率（30%）。" in findings(demo, core_of(demo, vintage))


def test_findings_say_how_little_is_known(demo, vintage):
    text = "".join(findings(demo, core_of(demo, vintage)))
    assert "2025年的值一项也没有查到，2020年以后有公布值（含近似口径）的有1项。" in text
    assert "给出概率的1项中，1项证据弱" in text


def test_the_english_summary_says_the_same(demo, at_risk):
    text = english_summary(demo, at_risk, core_of(demo, at_risk))
    assert text.startswith(
        "Demo plan: as known on 2024-12-31, the 3 core indicators are 1 at risk, 2 not assessed."
    )
    assert "G1 Pass rate at risk (" in text and len(text) < 900


def test_what_is_at_risk_equals_the_tables(demo, at_risk, written):
    at_risk = with_verdict(at_risk, "N1", status="missed", reason="outturn", latest_year=2025, gap=1.0)
    at_risk = with_verdict(at_risk, "N1", required_pace=math.inf, latest_value=1.0)
    rows = cells_of(written(vintage=at_risk).tables[0])
    expected = at_risk_table(at_risk.assessments, demo.targets, demo.indicators)
    facts = at_risk.assessments.set_index("target_id")
    assert [row[0] for row in rows[1:]] == ["★ G1 合格率", "N1 平台"]
    assert list(expected.index) == ["G1", "N1"]
    for row, target_id in zip(rows[1:], expected.index, strict=True):
        fact = facts.loc[target_id]
        assert row[1] == f"{STATUS[fact['status']][0]} {probability(fact['attainment_probability'])}"
        unit = "个" if target_id == "N1" else ""
        assert row[2:4] == [number(fact["gap"], unit), number(fact["required_pace"], unit)]
        assert expected.loc[target_id, "达成概率"] in row[1]


def test_a_status_is_coloured_and_worded(at_risk, written):
    run = written(vintage=at_risk).tables[0].rows[1].cells[1].paragraphs[0].runs[0]
    assert run.text.startswith("有风险") and run.font.bold
    assert str(run.font.color.rgb) == drawing.COLOURS["at_risk"].strip("#")


FACTS = {
    "latest_year": 2022,
    "latest_value": 92.0,
    "unit": "%",
    "gap": 1.0,
    "required_pace": 1 / 3,
    "observed_pace": 0.1,
    "target_year": 2025,
    "reason": "probability",
    "evidence_id": "G1",
    "indicator_id": "G1",
}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "2022年为92%，此后未见公布值；每年须改善0.33个百分点，近年平均每年改善0.1个百分点。"),
        (
            {"observed_pace": -0.2, "unit": "家"},
            "2022年为92家，此后未见公布值；每年须改善0.33家，近年平均每年退步0.2家。",
        ),
        (
            {"gap": 0.0, "latest_year": 2024},
            "2024年为92%，2025年的值未见公布；恰在目标线上，但到2025年可能回落。",
        ),
        (
            {"gap": -1.0, "evidence_id": "G1_city"},
            "2022年为92%（口径与规划不同），此后未见公布值；已达到目标，但到2025年可能回落。",
        ),
        (
            {"gap": -1.0, "reason": "met_but_slipping"},
            "2022年为92%，此后未见公布值；已达到目标，但照最近一次的降幅到目标年将失守。",
        ),
        (
            {"reason": "below_floor"},
            "2022年为92%，此后未见公布值；低于应保持的水平，每年须改善0.33个百分点，近年平均每年改善0.1个百分点。",
        ),
        ({"reason": "outturn", "latest_year": 2025}, "2025年为92%，没有达到目标。"),
        ({"reason": "outturn", "latest_year": 2025, "gap": 0.0}, "2025年为92%，已达到目标。"),
    ],
)
def test_the_sentence_says_why_in_plain_words(changes, sentence):
    assert plain_sentence(FACTS | changes) == sentence


def test_nothing_at_risk_is_said(demo, vintage, written):
    document = written(vintage=with_verdict(vintage, "G1", status="on_track"))
    assert "没有有风险、预计不达或未达成的指标。" in [paragraph.text for paragraph in document.paragraphs]


def test_what_is_unknown_says_which_data_would_help(demo, vintage):
    rows = unknown_rows(demo, *core_and_others(demo, vintage.assessments))
    assert rows == [
        ["无法判断：规划未给出数值，也没有趋势可看", "H1 优良天数比例", "2025年目标值及下达文件"],
        ["无法判断：没有公开数据", "N1 平台", "2021–2025年各年的值、口径和出处"],
        ["有概率但证据弱：本地年度值少、过旧，或口径不同", "G1 合格率", "2021–2025年各年的值、口径和出处"],
    ]


def test_every_reason_for_not_judging_asks_for_something(demo, vintage):
    for reason, (words, _) in REASONS.items():
        assessments = with_verdict(vintage, "N1", reason=reason).assessments
        rows = unknown_rows(demo, *core_and_others(demo, assessments))
        (row,) = [row for row in rows if "N1 平台" in row[1]]
        assert row[0] == f"无法判断：{words}" and row[2]


def test_targets_that_are_not_core_are_counted(demo, vintage):
    role = demo.indicators["role"].mask(demo.indicators["indicator_id"] == "N1", "box")
    plan = demo._replace(indicators=demo.indicators.assign(role=role))
    assert (
        unknown_rows(plan, *core_and_others(plan, vintage.assessments))[-1][0] == "其他目标1项中1项无法判断"
    )


def test_a_plan_without_core_targets_still_has_a_brief(demo, written):
    document = written(demo._replace(indicators=demo.indicators.assign(role="box")))
    assert document.inline_shapes._inline_lst == []


def test_sources_are_cited_and_the_run_can_be_found_again(demo, vintage):
    note = sources_note(demo, vintage, core_of(demo, vintage), THRESHOLDS)
    assert "依据4个公开来源的8个数值" in note and "公报二》2024-03-01 [S2]（1项）" in note
    assert demo.data_hash[:12] in note and "不低于80%（约束性）或66%（预期性）" in note


def test_one_figure_says_in_words_what_it_shows(vintage, written):
    document = written()
    (shape,) = document.inline_shapes
    status = STATUS[vintage.assessments.set_index("target_id").loc["G1", "status"]][0]
    assert f"1项{status}" in shape._inline.docPr.get("descr")
    assert shape.width <= Cm(17.4) and shape.height <= Cm(13.3)


def test_pages_are_a4_and_the_second_starts_with_what_is_at_risk(written):
    document = written()
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    breaks = [p.text for p in document.paragraphs if p.paragraph_format.page_break_before]
    assert len(breaks) == 1 and breaks[0].startswith("二、")


def test_tables_repeat_their_headers_and_break_no_row(at_risk, written):
    for table in written(vintage=at_risk).tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)


def test_chinese_text_has_a_chinese_font_and_language(written):
    document = written()
    for name in ("Normal", "Heading 1", "Title"):
        assert document.styles[name].element.rPr.rFonts.get(qn("w:eastAsia")) == "Microsoft YaHei"
    assert document.styles.element.find(".//" + qn("w:lang")).get(qn("w:eastAsia")) == "zh-CN"


def test_the_same_tables_give_the_same_bytes(demo, vintage, tmp_path):
    paths = [tmp_path / "a.docx", tmp_path / "b.docx"]
    for path in paths:
        write_brief(shown(demo, vintage), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with zipfile.ZipFile(io.BytesIO(paths[0].read_bytes())) as file:
        assert {entry.date_time for entry in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    facts = Document(paths[0]).core_properties
    assert facts.created.replace(tzinfo=None) == facts.modified.replace(tzinfo=None) == datetime(2024, 12, 31)


def test_a_hundred_at_risk_leave_room_for_the_rest(demo, at_risk):
    rows = attention_rows(core_of(demo, at_risk)) * 100
    document = Document()
    drawing._set_up(document)
    drawing._add_at_risk(document, rows, 20)
    shown = cells_of(document.tables[0])
    assert count_lines(shown, drawing.AT_RISK_WIDTHS) <= 20 < PAGE_LINES
    assert document.paragraphs[-1].text == f"另有{100 - (len(shown) - 1)}项，见同一文件夹的 attainment.xlsx。"


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80))
def test_any_name_can_be_written(demo, at_risk, written, monkeypatch, name):
    monkeypatch.setattr(drawing, "_add_figure", lambda *_: None)
    indicators = demo.indicators.assign(short_zh=name, short_en=name, name_zh=name)
    document = written(demo._replace(indicators=indicators, name_zh=name), at_risk)
    assert document.tables[0].rows[1].cells[0].text.startswith("★ G1 ")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
def test_it_is_two_pages_in_a_word_processor(demo, at_risk, written, tmp_path):
    written(vintage=at_risk)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        tmp_path,
        tmp_path / "brief.docx",
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "brief.pdf").read_bytes())) == 2
