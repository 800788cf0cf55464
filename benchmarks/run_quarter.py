"""How long a quarter takes: its notebooks and their pages, made in several ways, in turn.

    python benchmarks/run_quarter.py --rounds 3

- shell: `papermill`, then `jupyter nbconvert --to html`, for each notebook, as a loop in a shell would;
- forked: `execute_here` with forked kernels, pages rendered meanwhile;
- script: no notebooks at all; one process runs the same cells, draws the same figures and writes pages;
- quarter: `sy-analysis run`, with tables, workbook and brief, where there is no report yet;
- changed: the same again after one observation of the first indicator has changed;
- unchanged: the same again after nothing has.

Wall seconds, CPU seconds of all processes, and their largest memory together (proportional set size, which
counts a page shared by n processes as 1/n for each); medians over the rounds, and ratios to `forked`.
"""

import ast
import base64
import csv
import html
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import click
import psutil

ROOT = Path(__file__).parents[1]
# seconds between two looks at the memory of all processes
SAMPLING = 0.25


@click.command()
@click.option("--rounds", default=3, show_default=True, help="Times that each way is run.")
@click.option("--pages", type=int, help="Make so many indicator pages only. [default: all]")
@click.option("--as-of", default="2026-09-30", show_default=True, help="Day of the vintage.")
@click.option("--way", "chosen", multiple=True, help="Run this way only; repeat for more. [default: all]")
@click.option(
    "--do", type=click.Path(path_type=Path), hidden=True, help="Folder with jobs.json: one way, here."
)
def main(rounds, pages, as_of, chosen, do):
    """Compare the ways of making a quarter's notebooks and pages."""
    chosen = chosen or tuple(WAYS)
    if do:
        return WAYS[chosen[0]](json.loads((do / "jobs.json").read_text(encoding="utf-8")), do)
    jobs = quarter(pages, as_of)
    measured = {way: [] for way in chosen}
    for number in range(1, rounds + 1):
        for way in chosen:
            measured[way].append(measure(way, jobs))
            click.echo(f"round {number}: {way:6s} {measured[way][-1]}", err=True)
    medians = {
        way: [statistics.median(column) for column in zip(*runs, strict=True)]
        for way, runs in measured.items()
    }
    click.echo(f"{len(jobs)} notebooks with pages, medians of {rounds} rounds, {os.cpu_count()} cores\n")
    click.echo(table(medians))


def quarter(pages, as_of):
    """For each page its notebook and parameters, as the scheduled run has them."""
    import sy_analysis as sy
    from sy_analysis.run.build import notebook_jobs
    from sy_analysis.run.params import read_params

    params = read_params(ROOT / "params" / "quarterly.yaml")
    data = sy.assess(sy.read_plan(params.plan), as_of, thresholds=params.thresholds)
    params = params.model_copy(update={"indicators": tuple(data.core_ids[:pages])})
    jobs = notebook_jobs(params, data, ROOT / "notebooks")
    return {name: (str(notebook), given) for name, (notebook, given) in jobs.items()}


def table(medians):
    """Medians of wall seconds, CPU seconds and MB for each way, as a table with the ratio of wall seconds."""
    base = medians.get("forked", next(iter(medians.values())))[0]
    rows = [
        f"| {way} | {wall:.1f} | {wall / base:.2f} | {cpu:.1f} | {mb:.0f} |"
        for way, (wall, cpu, mb) in medians.items()
    ]
    return "\n".join(["| way | wall s | ratio | CPU s | peak MB |", "|---|---|---|---|---|", *rows])


def measure(way, jobs):
    """Wall seconds, CPU seconds and largest MB of all processes while one way makes all pages."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "jobs.json").write_text(json.dumps(jobs), encoding="utf-8")
        if way in ("changed", "unchanged"):
            by_quarter(jobs, Path(folder))
        if way == "changed":
            observations = next(Path(folder).rglob("inputs/**/observations.csv"))
            change_observation(observations, next(iter(pages_of(jobs))))
        command = [sys.executable, __file__, "--way", way, "--do", folder]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        start, peak, ended = time.perf_counter(), 0, 0
        process = subprocess.Popen(command, cwd=ROOT, env=environment, **quiet)
        try:
            while not ended:
                time.sleep(SAMPLING)
                peak = max(peak, memory_of(process.pid))
                ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        finally:
            if not ended:
                os.killpg(process.pid, signal.SIGKILL)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        made = {path.stem for path in Path(folder).rglob("*.html")}
        missing = [name for name in jobs if name not in made]
        if process.returncode or missing:
            raise click.ClickException(f"{way} ended with {process.returncode} without {', '.join(missing)}")
        return round(wall, 1), round(usage.ru_utime + usage.ru_stime, 1), round(peak)


def memory_of(pid):
    """Proportional memory of a process and its descendants now, in MB."""
    total = 0
    with suppress(psutil.Error):  # one has just ended
        root = psutil.Process(pid)
        for one in (root, *root.children(recursive=True)):
            with suppress(psutil.Error):
                total += one.memory_full_info().pss
    return total / 2**20


def by_shell(jobs, folder):
    """Each notebook by the two commands that a user would write."""
    commands = Path(sys.executable).parent
    for name, (notebook, given) in jobs.items():
        options = [option for pair in given.items() for option in ("-p", *map(str, pair))]
        out = folder / f"{name}.ipynb"
        subprocess.run([commands / "papermill", notebook, out, *options], check=True)
        subprocess.run([commands / "jupyter", "nbconvert", "--to", "html", out], check=True)


def by_fork(jobs, folder):
    """All notebooks in forked kernels; each page as soon as its notebook is done."""
    from sy_analysis.run.preload import execute_here, warm_up

    warm_up()
    sys.modules["rfc3987_syntax"] = (
        None  # only checks addresses in JSON schemas, and takes a second to import
    )
    import nbformat
    from nbconvert import HTMLExporter

    exporter = HTMLExporter()

    def write_page(name, outcome):
        if outcome.problem:
            raise SystemExit(f"{name}: {outcome.problem}")
        body, _ = exporter.from_notebook_node(nbformat.read(folder / f"{name}.ipynb", as_version=4))
        (folder / f"{name}.html").write_text(body, encoding="utf-8")

    outputs = {name: (notebook, folder / f"{name}.ipynb", given) for name, (notebook, given) in jobs.items()}
    execute_here(outputs, on_done=write_page)


def by_script(jobs, folder):
    """The cells of all notebooks in this process, with what they show in plain pages."""
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    for name, (notebook, given) in jobs.items():
        cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
        parts = []
        names = {"display": lambda *values, parts=parts: parts.extend(map(as_html, values))}
        for cell in cells:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                parts.append(f"<p>{html.escape(source)}</p>")
            else:
                parts += run_cell(source, names)
                if "parameters" in cell["metadata"].get("tags", []):
                    names |= given
        (folder / f"{name}.html").write_text("\n".join(parts), encoding="utf-8")


def run_cell(source, names):
    """Execute a cell; its last value as HTML."""
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    value = eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None
    if value is not None:
        yield as_html(value)


def as_html(value):
    """A value as a notebook would show it."""
    from IPython.display import Image

    if isinstance(value, Image):
        return f'<img src="data:image/png;base64,{base64.b64encode(value.data).decode()}" alt="{value.alt}">'
    shown = (getattr(value, name, None) for name in ("_repr_html_", "_repr_markdown_", "__repr__"))
    return next(str(show()) for show in shown if show)


def by_quarter(jobs, folder):
    """The product's own run, on a copy of the plan and its record, with everything that it writes in the folder."""
    from sy_analysis.record.folders import input_folders
    from sy_analysis.run import quarter as run
    from sy_analysis.run.params import Params

    given = next(iter(jobs.values()))[1]
    if not (folder / "inputs").exists():
        for place, source in input_folders(given["plan"]).items():
            shutil.copytree(source, folder / "inputs" / place)
    (plan_yaml,) = (folder / "inputs").rglob("plan.yaml")
    run.PROCESSED = folder / "processed"
    params = Params(plan=str(plan_yaml.parent), as_of=given["as_of"], indicators=pages_of(jobs))
    (done,) = run.run_quarters(params, reports=folder / "reports")
    if done.failures:
        raise SystemExit("a notebook failed")


def pages_of(jobs):
    """Ids of the indicators that have a page."""
    return tuple(name for name, (_, given) in jobs.items() if "indicator_id" in given)


def change_observation(path, indicator_id):
    """Change the last value of an indicator a little."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    row = next(row for row in reversed(rows) if row[header.index("indicator_id")] == indicator_id)
    row[header.index("value")] = f"{float(row[header.index('value')]) - 0.01:.2f}"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


WAYS = {
    "shell": by_shell,
    "forked": by_fork,
    "script": by_script,
    "quarter": by_quarter,
    "changed": by_quarter,
    "unchanged": by_quarter,
}

if __name__ == "__main__":
    main()
