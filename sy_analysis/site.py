"""Pages of a run: each executed notebook as HTML, and an index; all of it opens without a network."""

from functools import lru_cache

import jinja2
import nbformat
from fontTools import subset
from matplotlib import pyplot as plt
from nbconvert import HTMLExporter
from noto_cjk_sans_otc import FONT_PATH
from traitlets.config import Config

from sy_analysis.figures import figure_bytes, plot_attainment
from sy_analysis.io import write_atomically
from sy_analysis.tables import at_risk_table, summary_table
from sy_analysis.text import STATUS, probability, verdict
from sy_analysis.vintage import core_ids, view_target

NOTEBOOK_TITLES = {
    "1_record": "数据记录 The record",
    "3_attainment": "达成判断 Attainment",
    "4_trust": "可信程度 Trust",
    "5_plan": "规划核对 The plan",
}
FONT_FILE = "noto-sans-sc-subset.woff"
_SIMPLIFIED_CHINESE = 2  # number of the face in the collection file


def write_site(plan, vintage, thresholds, summary, folder):
    """Render every notebook of `folder`/notebooks and an index.html beside them.

    Parameters
    ----------
    plan : Plan
    vintage : Vintage
    thresholds : dict of the run
    summary : dict, the content of run.json
    folder : Path
    """
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("sy_analysis"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    short = plan.indicators.set_index("indicator_id")["short_zh"]
    indicator_of = plan.targets.set_index("target_id")["indicator_id"]
    names = [path.stem for path in sorted((folder / "notebooks").glob("*.ipynb"))]
    titles = {name: NOTEBOOK_TITLES.get(name) or f"{name} {short[indicator_of[name]]}" for name in names}
    facts = {
        "plan": plan,
        "as_of": vintage.as_of,
        "summary": summary,
        "notebooks": {name: title for name, title in titles.items() if name in NOTEBOOK_TITLES},
        "indicators": {name: title for name, title in titles.items() if name not in NOTEBOOK_TITLES},
        "font_file": FONT_FILE,
    }
    page, index = (templates.get_template(f"{name}.html.j2") for name in ("page", "index"))
    pages = {}
    for name, title in titles.items():
        alt = title if name in NOTEBOOK_TITLES else _sentence(plan, vintage, name)["text"][0]
        body = notebook_body(folder / "notebooks" / f"{name}.ipynb", alt)
        pages[name] = page.render(title=title, body=body, **facts)
    pages["index"] = index.render(**facts, **_overview(plan, vintage, thresholds))
    _write_figure(plan, vintage, thresholds, folder)
    for name, html in pages.items():
        write_atomically(folder / f"{name}.html", html)
    write_font("".join(pages.values()), folder / FONT_FILE)


def notebook_body(path, alt):
    """Prose and outputs of an executed notebook as an HTML fragment; the code stays in the notebook.

    Parameters
    ----------
    path : Path
    alt : str, what its figures show, for those who cannot see them
    """
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.metadata["alt"] = alt
    body, _ = _exporter().from_notebook_node(notebook)
    return body


@lru_cache(maxsize=1)
def _exporter():
    options = {"exclude_input": True, "exclude_input_prompt": True, "exclude_output_prompt": True}
    return HTMLExporter(template_name="basic", config=Config({"HTMLExporter": options}))


def write_font(text, path):
    """Write the glyphs that a text needs, so that its Chinese is right on a machine without such a font.

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


def _overview(plan, vintage, thresholds):
    core = vintage.assessments[vintage.assessments["target_id"].isin(core_ids(plan))]
    table = summary_table(core, plan.targets, plan.indicators)
    groups = plan.indicators.set_index("indicator_id").loc[core["indicator_id"]]
    rows = [
        {"id": target_id, "cells": cells, "status": status, "group": group}
        for target_id, cells, status, group in zip(
            table.index,
            table.to_dict("records"),
            core["status"],
            groups["group_zh"] + " " + groups["group_en"],
            strict=True,
        )
    ]
    counts = core["status"].value_counts()
    return {
        "rows": rows,
        "columns": [table.columns.name, *table.columns],
        "sentences": [
            _sentence(plan, vintage, target_id)
            for target_id in at_risk_table(core, plan.targets, plan.indicators).index
        ],
        "counts": [(status, words, counts[status]) for status, words in STATUS.items() if status in counts],
        "thresholds": {name: probability(value) for name, value in thresholds.items()},
    }


def _write_figure(plan, vintage, thresholds, folder):
    core = vintage.assessments[vintage.assessments["target_id"].isin(core_ids(plan))]
    ax = plot_attainment(core, plan.indicators, thresholds, as_of=vintage.as_of)
    for format in ("png", "svg"):
        write_atomically(folder / f"attainment.{format}", figure_bytes(ax, format))
    plt.close(ax.figure)


def _sentence(plan, vintage, target_id):
    view = view_target(plan, vintage, target_id)
    text = verdict(view.assessment, view.target, view.indicator)
    return {"id": target_id, "is_binding": view.target["is_binding"], "text": text}
