"""Write the pages of a run, their overview and the archive of all runs; none needs a network."""

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

import jinja2
import pandas as pd
from fontTools import subset
from matplotlib import pyplot as plt
from noto_cjk_sans_otc import FONT_PATH

from sy_analysis.base.csv_text import write_table
from sy_analysis.base.words import probability, read_words
from sy_analysis.base.writing import write_atomically
from sy_analysis.forecast.scores import published_scores
from sy_analysis.judge.ledger import CAUSE_NAMES
from sy_analysis.judge.rules import STATUS
from sy_analysis.report import archive, figures
from sy_analysis.report.columns import COLUMNS, FIELDS, english_words, texts
from sy_analysis.report.data import ReportData
from sy_analysis.report.markup import notebook_body
from sy_analysis.report.rows import area_statuses, at_risk_rows, change_rows, summary_rows, verdict_rows
from sy_analysis.report.words import SIGN, verdict

NOTEBOOK_TITLES = read_words("sy_analysis.report", "notebooks.csv")
FONT_FILE = "noto-sans-sc-subset.woff"
MOST_CHARTED = 12  # runs that the archive's figure shows, the latest; its table has all
_SIMPLIFIED_CHINESE = 2  # number of the face in the collection file


def write_site(data: ReportData, summary: dict, folder: Path) -> None:
    """Render every notebook of `folder`/notebooks and an index.html beside them.

    Parameters
    ----------
    summary : dict, the content of run.json
    """
    made = {path.stem for path in (folder / "notebooks").glob("*.ipynb")}
    notebooks = {name: title for name, title in NOTEBOOK_TITLES.items() if name in made}
    indicators = {
        target_id: (f"{target_id} {zh}", f"{target_id} {en}")
        for target_id, zh, en in _short_names(data.plan)
        if target_id in made
    }
    facts = {
        "plan": data.plan,
        "as_of": data.as_of,
        "summary": summary,
        "notebooks": notebooks,
        "indicators": indicators,
        "words": english_words(data.plan.indicators),
    }
    pages = {}
    for name, title in (notebooks | indicators).items():
        body = notebook_body(folder / "notebooks" / f"{name}.ipynb", facts["words"])
        pages[name] = render("page", name=name, title=title, body=body, **facts)
    tables = data.core, data.plan.targets, data.plan.indicators
    ax = figures.plot_attainment(*tables, data.thresholds, data.as_of)
    figure = figures.inline_svg(ax)
    _write_figure(ax, folder / "attainment")
    pages["index"] = render("index", figure=figure, **facts, **_overview(data))
    write_pages(pages, folder)


def _short_names(plan):
    """Id of each target with the Chinese and English short name of its indicator."""
    named = plan.targets.merge(plan.indicators, on="indicator_id", validate="many_to_one")
    return named[["target_id", "short_zh", "short_en"]].itertuples(index=False)


def write_archive(reports: Path) -> None:
    """Write index.html over all runs of a folder, verdicts through time, and verdicts.csv."""
    found, notes = archive.read_reports(reports)
    plans = [(own, asked, _draw_plan(reports, own, asked)) for own, asked in archive.by_plan(found)]
    write_table(archive.all_verdicts(found), reports / "verdicts.csv")
    write_pages({"index": render("archive", plans=plans, notes=notes)}, reports)


def _draw_plan(reports, own, asked):
    """Draw verdicts on a plan's own area through time, and on other areas side by side.

    Returns
    -------
    list of str
        ids of the targets with a verdict on another area.
    """
    if own:
        statuses = pd.DataFrame({run.as_of: run.statuses for run in own}).reindex(list(own[-1].targets))
        names = {target_id: zh for target_id, (zh, _) in own[-1].targets.items()}
        ax = figures.plot_statuses(statuses.iloc[:, -MOST_CHARTED:], names)
        _write_figure(ax, reports / f"verdicts-{own[-1].plan}")
    if not asked:
        return []
    statuses = pd.DataFrame({run.area: run.statuses for run in asked}).reindex(list(asked[0].targets))
    judged = statuses.where(statuses != "not_assessed").dropna(how="all")
    if len(judged):
        _write_figure(figures.plot_areas(judged.T), reports / f"areas-{asked[0].plan}")
    return list(judged.index)


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
    script, *_ = templates.loader.get_source(templates, "page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    templates.globals |= {"script": script, "script_hash": f"sha256-{digest}", "font_file": FONT_FILE}
    templates.globals |= {"colours": figures.style.COLOURS, "statuses": STATUS, "signs": SIGN}
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
    return {
        "n_core": len(data.core),
        "columns": [COLUMNS[field] for field in FIELDS["overview"]],
        "groups": _groups(data),
        "counts": data.core["status"].value_counts(),
        "thresholds": {name: probability(value) for name, value in data.thresholds.items()},
        "attention": _attention(data),
        "change": _change(data),
        # a report on another area is one side of the comparison already
        "areas": None if data.is_asked else area_statuses(data.areas),
        "trust": _trust(data.core),
    }


def _groups(data):
    """Rows of each group in the plan's order, binding ones first."""
    rows = summary_rows(data.core, data.plan.targets, data.plan.indicators)
    rows = rows.assign(cells=texts(rows, FIELDS["overview"][1:]).to_dict("records"))
    return [
        (names, group.sort_values("is_binding", ascending=False, kind="stable").to_dict("records"))
        for names, group in rows.groupby(["group_zh", "group_en"], sort=False)
    ]


def _attention(data):
    rows = at_risk_rows(verdict_rows(data.core, data.plan.targets, data.plan.indicators))
    written = texts(rows, FIELDS["at_risk"]).to_dict("records")
    return [
        {
            "id": row["target_id"],
            "status": row["status"],
            "kind": cells["is_binding"],
            "facts": {COLUMNS[field].zh: cells[field] for field in FIELDS["attention"]},
            "text": verdict(row, {}, {}),
        }
        for row, cells in zip(rows.to_dict("records"), written, strict=True)
    ]


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
    n_weak = judged["evidence_grade"].isin(["weak", "none"]).sum()
    return {**scores, "n_judged": len(judged), "n_weak": n_weak}


def _write_figure(ax, path):
    for format in ("png", "svg"):
        write_atomically(path.parent / f"{path.name}.{format}", figures.figure_bytes(ax, format))
    plt.close(ax.figure)
