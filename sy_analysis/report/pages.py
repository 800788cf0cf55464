"""Write the pages of a run, their overview and the archive of all runs; none needs a network."""

import base64
import hashlib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import jinja2
import pandas as pd
from fontTools import subset
from matplotlib import pyplot as plt
from noto_cjk_sans_otc import FONT_PATH

from sy_analysis.base.csv_text import write_table
from sy_analysis.base.words import probability
from sy_analysis.base.writing import write_atomically
from sy_analysis.forecast.scores import published_scores
from sy_analysis.judge.ledger import CAUSE_NAMES
from sy_analysis.judge.rules import STATUS
from sy_analysis.report.archive import by_plan, read_reports, verdict_rows
from sy_analysis.report.columns import COLUMNS, FIELDS, english_words, texts
from sy_analysis.report.data import ReportData
from sy_analysis.report.figures.attainment import plot_areas, plot_attainment, plot_statuses
from sy_analysis.report.figures.pictures import figure_bytes, inline_svg
from sy_analysis.report.figures.style import COLOURS
from sy_analysis.report.markup import notebook_body
from sy_analysis.report.rows import area_statuses, at_risk_rows, change_rows, summary_rows
from sy_analysis.report.words import SIGN, verdict

NOTEBOOK_TITLES = {
    "1_record": ("数据记录", "The record"),
    "3_attainment": ("达成判断", "Attainment"),
    "4_trust": ("可信程度", "Trust"),
    "5_plan": ("规划核对", "The plan"),
}
TABLES = (
    "assessments.csv",
    "forecasts.csv",
    "series.csv",
    "evidence.csv",
    "observations.csv",
    "findings.csv",
    "run.json",
)
FONT_FILE = "noto-sans-sc-subset.woff"
MOST_CHARTED = 12  # runs that the archive's figure shows, the latest; its table has all
_SIMPLIFIED_CHINESE = 2  # number of the face in the collection file


def write_site(data: ReportData, summary: dict, folder: Path) -> None:
    """Render every notebook of `folder`/notebooks and an index.html beside them.

    Parameters
    ----------
    summary : dict, the content of run.json
    """
    titles = _titles(data.plan, {path.stem for path in (folder / "notebooks").glob("*.ipynb")})
    facts = {
        "plan": data.plan,
        "as_of": data.as_of,
        "summary": summary,
        "notebooks": {name: title for name, title in titles.items() if name in NOTEBOOK_TITLES},
        "indicators": {name: title for name, title in titles.items() if name not in NOTEBOOK_TITLES},
        "words": english_words(data.plan.indicators),
    }
    pages = {}
    for name, title in titles.items():
        body = notebook_body(folder / "notebooks" / f"{name}.ipynb", facts["words"])
        pages[name] = render("page", name=name, title=title, body=body, **facts)
    ax = plot_attainment(
        data.core, data.plan.targets, data.plan.indicators, data.thresholds, as_of=data.as_of
    )
    figure = inline_svg(ax)
    _write_figure(ax, folder / "attainment")
    pages["index"] = render("index", figure=figure, **facts, **_overview(data))
    write_pages(pages, folder)


def _titles(plan, made):
    """Chinese and English title of each page that was made, by its name."""
    indicator_of = plan.targets.set_index("target_id")["indicator_id"]
    short = plan.indicators.set_index("indicator_id")[["short_zh", "short_en"]]
    titles = NOTEBOOK_TITLES | {
        target_id: tuple(f"{target_id} {name}" for name in short.loc[indicator_id])
        for target_id, indicator_id in indicator_of.items()
    }
    return {name: title for name, title in titles.items() if name in made}


def write_archive(reports: Path) -> None:
    """Write index.html over all runs of a folder, verdicts through time, and verdicts.csv."""
    found, notes = read_reports(reports)
    plans = [
        {
            "through_time": _through_time(reports, own) if own else None,
            "areas": _side_by_side(reports, asked) if asked else None,
        }
        for own, asked in by_plan(found)
    ]
    write_table(verdict_rows(found), reports / "verdicts.csv")
    write_pages({"index": render("archive", plans=plans, notes=notes)}, reports)


def _through_time(reports, runs):
    """Verdicts on a plan's own area and their figure: one row per target, one column per run."""
    statuses = pd.DataFrame({run.as_of: run.statuses for run in runs}).reindex(list(runs[-1].targets))
    names = {target_id: pair[0] for target_id, pair in runs[-1].targets.items()}
    figure = f"verdicts-{runs[-1].plan}"
    _write_figure(plot_statuses(statuses.iloc[:, -MOST_CHARTED:], names), reports / figure)
    rows = [
        {"id": target_id, "names": pair, "cells": [_archive_cell(reports, run, target_id) for run in runs]}
        for target_id, pair in runs[-1].targets.items()
    ]
    return {"names": runs[-1].names, "reports": runs, "rows": rows, "figure": figure}


def _side_by_side(reports, runs):
    """Verdicts on other areas by a plan's targets: one row per area, one column per target that has one."""
    shown = [
        target_id
        for target_id in runs[0].targets
        if any(run.statuses.get(target_id, "not_assessed") != "not_assessed" for run in runs)
    ]
    rows = [
        (run, [_archive_cell(reports, run, target_id) for target_id in shown])
        for run in sorted(runs, key=lambda run: run.folder)  # by the areas' codes
    ]
    figure = f"areas-{runs[0].plan}" if shown else None
    if figure:
        statuses = pd.DataFrame({run.area: run.statuses for run, _ in rows}).loc[shown].T
        _write_figure(plot_areas(statuses), reports / figure)
    return {
        "plan": runs[0].plan,
        "targets": shown,
        "rows": rows,
        "n_targets": len(runs[0].targets),
        "figure": figure,
    }


def _archive_cell(reports, run, target_id):
    page = f"{run.folder}/{target_id}.html"
    return {
        "status": run.statuses.get(target_id),
        "page": page if (reports / page).exists() else None,
    }


@lru_cache(maxsize=1)
def _templates():
    """Templates that know the house's style, script and words for a status."""
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("sy_analysis.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    script = files("sy_analysis.report").joinpath("templates/page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    templates.globals |= {"script": script, "script_hash": f"sha256-{digest}", "font_file": FONT_FILE}
    templates.globals |= {"colours": COLOURS, "statuses": STATUS, "signs": SIGN}
    return templates


def render(template: str, **facts: object) -> str:
    """Fill a template with the facts of a page."""
    return _templates().get_template(f"{template}.html.j2").render(**facts)


def write_pages(pages: dict[str, str], folder: Path) -> None:
    """Write pages by name, and beside them the font that they share."""
    for name, html in pages.items():
        write_atomically(folder / f"{name}.html", html)
    write_font("".join(pages.values()), folder / FONT_FILE)


def write_font(text: str, path: Path) -> None:
    """Write a font with the glyphs of a text, for machines without a Chinese font.

    They are cut from Noto Sans CJK SC (SIL Open Font License), about 0.2 KB a character.
    """
    options = subset.Options(
        flavor="woff", font_number=_SIMPLIFIED_CHINESE, layout_features=[], hinting=False
    )
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join(sorted(set(text))))
    with subset.load_font(str(FONT_PATH), options) as font:
        cutter.subset(font)
        subset.save_font(font, str(path), options)


def _overview(data):
    core = data.core
    counts = core["status"].value_counts()
    return {
        "n_core": len(core),
        "columns": [COLUMNS[field] for field in FIELDS["overview"]],
        "groups": _groups(data.plan, core),
        "counts": [(status, counts[status]) for status in STATUS if status in counts],
        "thresholds": {name: probability(value) for name, value in data.thresholds.items()},
        "attention": _attention(data),
        "change": _change(data),
        # a report on another area is one side of the comparison already
        "areas": None if data.is_asked else area_statuses(data.areas),
        "trust": _trust(core),
        "tables": TABLES,
    }


def _groups(plan, core):
    """Rows of each group in the plan's order, binding ones first."""
    verdicts = summary_rows(core, plan.targets, plan.indicators).set_index("target_id", drop=False)
    table = texts(verdicts, FIELDS["overview"][1:])
    names = plan.indicators.set_index("indicator_id")[["group_zh", "group_en"]]
    groups = {tuple(names.loc[indicator_id]): [] for indicator_id in core["indicator_id"]}
    for row in core.sort_values("is_binding", ascending=False, kind="stable").to_dict("records"):
        cells = table.loc[row["target_id"]].to_dict()
        item = {"id": row["target_id"], "status": row["status"], "cells": cells}
        groups[tuple(names.loc[row["indicator_id"]])].append(item)
    return list(groups.items())


def _attention(data):
    rows = at_risk_rows(summary_rows(data.core, data.plan.targets, data.plan.indicators))
    written = texts(rows, FIELDS["at_risk"]).to_dict("records")
    return [
        _attention_item(data.view(target_id), cells)
        for target_id, cells in zip(rows["target_id"], written, strict=True)
    ]


def _attention_item(view, cells):
    return {
        "id": view.target["target_id"],
        "status": view.assessment["status"],
        "kind": cells["is_binding"],
        "facts": {COLUMNS[field].zh: cells[field] for field in FIELDS["attention"]},
        "text": verdict(view.assessment, view.target, view.indicator),
    }


def _change(data):
    """What the quarter brought: new values, verdicts that moved with their causes, smaller moves."""
    before, moves = data.before, data.moves
    shifted = change_rows(data.core, before.assessments, data.plan.targets, data.plan.indicators)
    own, own_before = (
        (table["area"] == data.plan.area).sum() for table in (data.record.observations, before.observations)
    )
    return {
        "since": data.since,
        "n_new": len(data.record.observations) - len(before.observations),
        "n_own": own - own_before,
        "n_shifted": len(set(shifted["target_id"]) - set(moves["target_id"])),
        "moves": moves.assign(cause=moves["cause"].map(CAUSE_NAMES)).to_dict("records"),
    }


def _trust(core):
    """Scores of the forecasts on public indicators, and how many verdicts rest on weak evidence."""
    scores = published_scores().set_index(["table", "method"]).loc[("all windows", "product")]
    judged = core[core["attainment_probability"].notna()]
    return {
        "windows": f"{scores['windows']:,.0f}",
        "coverage_80": f"{scores['coverage_80']:.1f}",
        "coverage_95": f"{scores['coverage_95']:.1f}",
        "calibration": f"{100 * scores['calibration_error']:.1f}",
        "skill": f"{100 * (1 - scores['crps_to_naive']):.0f}",
        "n_judged": len(judged),
        "n_weak": judged["evidence_grade"].isin(["weak", "none"]).sum(),
    }


def _write_figure(ax, path):
    for format in ("png", "svg"):
        write_atomically(path.parent / f"{path.name}.{format}", figure_bytes(ax, format))
    plt.close(ax.figure)
