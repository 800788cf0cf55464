"""How long the assessment of many series takes: evidence, forecast, verdict and written table.

    python benchmarks/assess_many.py --series 1000 --series 5100 --series 100000

A plan of as many areas as needed is made of the record: each area has the 17 core targets, and for each the values of
one of the record's own yearly shares. It is written as a plan folder and read, which is timed apart; the assessment is
timed from the plan to the written table, in this one process.
"""

import itertools
import os
import resource
import tempfile
import time
from pathlib import Path

import click
import pandas as pd

from sy_analysis.base.csv_text import read_text_table, write_table
from sy_analysis.base.reading import read_yaml
from sy_analysis.judge.assessments import assess_as_of
from sy_analysis.record.folders import input_folders, plan_folder, table_files
from sy_analysis.record.observations import clean_observations
from sy_analysis.record.plan import PLAN_KEYS, read_plan, with_purposes
from sy_analysis.record.plan import write_plan as start_plan
from sy_analysis.record.selection import core_ids
from sy_analysis.record.series import histories_of, series_as_of

AS_OF = "2024-12-31"
SOURCE = "plan"


@click.command()
@click.option("--series", "sizes", multiple=True, type=int, default=(1_000, 5_100), show_default=True)
def main(sizes):
    """Assess plans of so many series and print what each costs."""
    measure(500)  # what is loaded and computed once in a process is no cost of a series
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    click.echo(f"one process of {os.cpu_count()} cores, load {load}\n")
    click.echo("| series | read s | assess wall s | assess CPU s | CPU ms a series | peak MB |")
    click.echo("|---|---|---|---|---|---|")
    for size in sizes:
        click.echo("| " + " | ".join(measure(size)) + " |")


def measure(size):
    """One row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        write_plan(size, Path(folder))
        start = time.process_time()
        plan = read_plan(folder)
        read = time.process_time() - start
        wall, cpu = time.perf_counter(), time.process_time()
        vintage = assess_as_of(plan, AS_OF)
        write_table(vintage.assessments, Path(folder) / "assessments.csv")
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if len(vintage.assessments) != size or vintage.assessments["attainment_probability"].isna().all():
        raise click.ClickException(f"{len(vintage.assessments)} of {size} series assessed")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"{size:,}", f"{read:.1f}", f"{wall:.1f}", f"{cpu:.1f}", f"{1000 * cpu / size:.2f}", f"{peak:.0f}"


def write_plan(size, folder):
    """Write a plan folder with so many targets, each with a yearly series of the record."""
    files = table_files(input_folders("shaoyang-2021-2025"))
    tables = {name: read_text_table(file) for name, file in files.items()}
    tables["indicators"] = with_purposes(tables.pop("quantities"), tables.pop("purposes"))
    core = tables["targets"][tables["targets"]["target_id"].isin(core_ids(read_plan()))].to_dict("records")
    histories = itertools.cycle(shares())
    targets, observations = [], []
    for number in range(size):
        target, area = core[number % len(core)], f"area {number // len(core) + 1}"
        targets.append({**target, "target_id": f"T{number}", "area": area})
        observations += [
            {"indicator_id": target["indicator_id"], "area": area, "period": str(year), "value": f"{value:g}"}
            | {"unit": target["unit"]}
            for year, value in next(histories).items()
        ]
    common = {"frequency": "A", "source_id": SOURCE, "qualifier": "=", "grade": "A"}
    tables["targets"] = pd.DataFrame(targets)
    tables["observations"] = (
        pd.DataFrame(observations)
        .assign(**common)
        .reindex(columns=tables["observations"].columns, fill_value="")
    )
    facts = read_yaml(plan_folder("shaoyang-2021-2025") / "plan.yaml")
    start_plan(folder, {name: facts[name] for name in PLAN_KEYS}, tables)


def shares():
    """The record's yearly series of two or more shares of 0 to 100, up to the year before the plan's last."""
    plan = read_plan()
    series = series_as_of(clean_observations(plan.observations, plan.sources), plan.indicators, plan.breaks)
    histories = [history.loc[: plan.target_year - 1] for history in histories_of(series).values()]
    return [history for history in histories if len(history) >= 2 and history.between(0, 100).all()]


if __name__ == "__main__":
    main()
