"""Pages of a run: each executed notebook as HTML, and an index; all of it opens without a network."""

import base64

import jinja2
import nbformat
from nbconvert import HTMLExporter
from traitlets.config import Config

from sy_analysis.io import write_atomically
from sy_analysis.tables import at_risk_table, summary_table
from sy_analysis.text import STATUS, probability, verdict
from sy_analysis.vintage import core_ids, view_target

NOTEBOOK_TITLES = {
    "1_record": "数据记录 The record",
    "3_attainment": "达成判断 Attainment",
    "4_trust": "可信程度 Trust",
}


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
    pages = jinja2.Environment(
        loader=jinja2.PackageLoader("sy_analysis"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    names = sorted(path.stem for path in (folder / "notebooks").glob("*.ipynb"))
    facts = {
        "plan": plan,
        "as_of": vintage.as_of,
        "summary": summary,
        "notebook_titles": NOTEBOOK_TITLES,
        "names": names,
    }
    short = plan.indicators.set_index("indicator_id")["short_zh"]
    for name in names:
        title = NOTEBOOK_TITLES.get(name) or f"{name} {short.get(name, '')}"
        body = notebook_body(folder / "notebooks" / f"{name}.ipynb")
        write_atomically(
            folder / f"{name}.html",
            pages.get_template("page.html.j2").render(title=title, body=body, **facts),
        )
    index = pages.get_template("index.html.j2").render(**facts, **_overview(plan, vintage, thresholds))
    write_atomically(folder / "index.html", index)


def notebook_body(path):
    """Prose and outputs of an executed notebook as an HTML fragment; the code stays in the notebook."""
    exporter = HTMLExporter(
        template_name="basic",
        config=Config(
            {
                "HTMLExporter": {
                    "exclude_input": True,
                    "exclude_input_prompt": True,
                    "exclude_output_prompt": True,
                }
            }
        ),
    )
    body, _ = exporter.from_notebook_node(nbformat.read(path, as_version=4))
    return body


def _overview(plan, vintage, thresholds):
    from matplotlib import pyplot as plt

    from sy_analysis.figures import figure_bytes, plot_attainment

    core = vintage.assessments[vintage.assessments["target_id"].isin(core_ids(plan))]
    ax = plot_attainment(core, plan.indicators, thresholds, as_of=vintage.as_of)
    picture = base64.b64encode(figure_bytes(ax)).decode()
    plt.close(ax.figure)
    table = summary_table(core, plan.targets, plan.indicators)
    groups = plan.indicators.set_index("indicator_id").loc[core["indicator_id"]]
    rows = [
        {"cells": cells, "status": status, "group": group, "id": target_id}
        for cells, status, group, target_id in zip(
            table.to_dict("records"),
            core["status"],
            groups["group_zh"] + " " + groups["group_en"],
            core["target_id"],
            strict=True,
        )
    ]
    return {
        "picture": picture,
        "rows": rows,
        "columns": list(table.columns),
        "sentences": [
            _sentence(plan, vintage, target_id)
            for target_id in at_risk_table(core, plan.targets, plan.indicators)["编号"]
        ],
        "counts": [(status, STATUS[status], int(n)) for status, n in core["status"].value_counts().items()],
        "thresholds": {name: probability(value) for name, value in thresholds.items()},
    }


def _sentence(plan, vintage, target_id):
    view = view_target(plan, vintage, target_id)
    return {
        "id": target_id,
        "is_binding": view.target["is_binding"],
        "text": verdict(view.assessment, view.target, view.indicator),
    }
