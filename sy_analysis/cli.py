"""The command line: `sy-analysis --help`."""

import signal
import sys
from datetime import date
from pathlib import Path

import click

from sy_analysis import __version__
from sy_analysis.base.errors import DataError, ParamsError
from sy_analysis.intake import commands

PARAMS = Path(__file__).parents[1] / "params" / "quarterly.yaml"
SOME_FAILED, BAD_INPUT, INTERRUPTED, ALERT = 1, 2, 3, 4
EXIT_CODES = """Exit codes: 0 all well; 1 a notebook failed, or a report is not what its inputs give; 2 bad data or
parameters, a file that cannot be read or written, or somebody else runs the same quarter; 3 interrupted;
4 a core indicator has the status of --fail-on or a worse one. No report is ever left half-written."""
AS_OF = click.option("--as-of", help="Use only what was known on this day. [default: today]")


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.version_option(__version__, prog_name="sy-analysis")
def cli():
    """Will each indicator of a five-year plan attain its target?"""


@cli.command(epilog=EXIT_CODES)
@click.option(
    "--params",
    "params_file",
    default=PARAMS,
    show_default="params/quarterly.yaml of the project",
    help="YAML file with the run's choices.",
)
@click.option(
    "--as-of",
    help="Use only what was known on this day, such as 2024-12-31. [default: the last finished quarter]",
)
@click.option(
    "--indicator",
    "indicators",
    multiple=True,
    help="Make a page for this indicator only; repeat for more. [default: all core indicators]",
)
@click.option(
    "--plan",
    "plans",
    multiple=True,
    help="Folder of data/raw/plans, or a path to a plan folder; repeat for more. [default: as in the parameters]",
)
@click.option(
    "--area",
    "areas",
    multiple=True,
    help="Ask the plan's core targets of this area, as a comparison; repeat for more; `all` for every area under "
    "the same province or nation. [default: the plan's own area]",
)
@click.option(
    "--reports",
    default="reports",
    show_default=True,
    type=click.Path(file_okay=False),
    help="Folder for the reports.",
)
@click.option("--force", is_flag=True, help="Execute every notebook, even where nothing has changed.")
@click.option(
    "--only-failed",
    is_flag=True,
    help="Execute only the notebooks that failed in the last run of this quarter, which may have been mended; "
    "refused where data, parameters, code or packages have changed since.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["at_risk", "off_track", "missed"]),
    help="End with exit code 4 if a core indicator has this status or a worse one.",
)
@click.option(
    "--scheduler",
    help="Execute the notebooks on the Dask cluster with this scheduler, such as tcp://10.0.0.5:8786.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Execute the notebooks on a Dask cluster of so many processes, started on this machine.",
)
@click.option("--quiet", "is_quiet", is_flag=True, help="Print nothing but errors.")
def run(params_file, as_of, indicators, plans, areas, reports, fail_on, **choices):
    """Run a quarter: judge every indicator, execute the notebooks, write tables and pages.

    What has not changed since the last run is not made again. A run that was killed goes on where it was.
    """
    from sy_analysis.run.params import read_params
    from sy_analysis.run.quarter import run_quarters

    execution = _execution(**choices)
    params = read_params(params_file, as_of=as_of, indicators=indicators)
    runs = []
    for done in run_quarters(params, plans, areas, reports, execution):
        runs.append(done)
        if not execution.is_quiet:
            _print_verdicts(done)
    if not execution.is_quiet and len(runs) > 1:
        click.echo(done.folder.with_name("index.html"))
    raise click.exceptions.Exit(_report_failures(runs) or (fail_on and _report_alarms(runs, fail_on)) or 0)


def _execution(force, only_failed, scheduler, workers, is_quiet):
    from sy_analysis.run.params import Execution

    if force and only_failed:
        raise click.UsageError("--force runs everything and --only-failed does not: choose one")
    if scheduler and workers:
        raise click.UsageError("--scheduler is a cluster that runs, --workers starts one: choose one")
    reuse = "succeeded" if only_failed else "none" if force else "same"
    return Execution(reuse, is_quiet, scheduler, workers)


def _print_verdicts(done):
    click.echo((done.folder / "verdicts.txt").read_text(encoding="utf-8"))
    if done.is_unchanged:
        click.echo("没有变化，报告照旧。Nothing has changed since this report was made.")
    click.echo(done.folder / "index.html")


def _report_failures(runs):
    """Print the notebooks that failed, and return the exit code."""
    failures = [(done.folder.name, line) for done in runs for line in done.failures]
    if failures:
        click.echo(f"\n{len(failures)} notebooks failed:", err=True)
    for report, line in failures:
        click.echo(f"  {f'{report}: ' if len(runs) > 1 else ''}{line}", err=True)
    return SOME_FAILED if failures else 0


def _report_alarms(runs, status):
    """Print the reports with a core indicator of this status or a worse one, and return the exit code."""
    from sy_analysis.run.quarter import has_core_status

    alarming = [done.folder for done in runs if has_core_status(done.folder, status)]
    for folder in alarming:
        click.echo(f"sy-analysis: {folder}: a core indicator is {status} or worse", err=True)
    return ALERT if alarming else 0


@cli.command(epilog=EXIT_CODES)
@click.argument("report", type=click.Path(exists=True, file_okay=False, path_type=Path))
def verify(report):
    """Compute the tables of REPORT again from its inputs, and name the first cell that differs.

    Example: sy-analysis verify reports/2026-09-30
    """
    from sy_analysis.run.verify import verify_report

    found = verify_report(report)
    for line in found.changed:
        click.echo(f"此后有变 changed since: {line}")
    for name in found.damaged:
        click.echo(f"与写出时不同 not as it was written: {name}")
    if found.difference:
        click.echo(f"不一致 differs: {found.difference}")
    if found.difference or found.damaged:
        raise click.exceptions.Exit(SOME_FAILED)
    click.echo(f"一致 identical: {', '.join(found.tables)}")


@cli.command("what-if")
@click.argument("indicator")
@click.option(
    "--add", "values", multiple=True, metavar="YEAR=VALUE", help="Assume this value; repeat for more."
)
@click.option("--target", type=float, help="Assume this target instead of the printed one.")
@AS_OF
@commands.PLAN
def what_if(indicator, values, target, as_of, plan):
    """The verdict on INDICATOR under assumed values or another target; nothing is written.

    Example: sy-analysis what-if P02 --add 2024=92.4 --target 94
    """
    from sy_analysis.judge.assessments import assess_as_of
    from sy_analysis.judge.what_if import assume
    from sy_analysis.record.plan import read_plan
    from sy_analysis.report.data import view_target
    from sy_analysis.report.words import verdict

    published, day = read_plan(plan), _day(as_of)
    assumed = assume(published, indicator, dict(map(_year_and_value, values)), target)
    assumptions = [*values, *([f"target={target:g}"] if target is not None else [])]
    cases = {
        "按公布数据 as published": published,
        f"假设 assumed: {' '.join(assumptions) or 'nothing'}": assumed,
    }
    for label, case in cases.items():
        view = view_target(case, assess_as_of(case, day, target_ids=[indicator]), indicator)
        click.echo("\n".join([label, *verdict(view.assessment, view.target, view.indicator), ""]))


def _day(as_of):
    from sy_analysis.base.periods import parse_date

    return parse_date(as_of) if as_of else date.today()


def _year_and_value(text):
    year, _, value = text.partition("=")
    try:
        return int(year), float(value)
    except ValueError:
        raise ParamsError(f"--add is “{text}”; expected a year and a number, such as 2024=92.4") from None


@cli.command()
@click.option(
    "--area",
    "areas",
    multiple=True,
    help="Area to compare; repeat for more. [default: all under the same province or nation]",
)
@click.option(
    "--plan",
    "plans",
    multiple=True,
    default=["shaoyang-2021-2025"],
    show_default=True,
    help="Folder of data/raw/plans, or a path; repeat for more.",
)
@AS_OF
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write all columns to this CSV.")
def compare(areas, plans, as_of, out):
    """Where other areas would stand if the plan's targets were asked of them.

    Example: sy-analysis compare --area 长沙市 --area 株洲市
    """
    import pandas as pd

    from sy_analysis.base.csv_text import write_table
    from sy_analysis.judge.other_areas import compare_areas
    from sy_analysis.record.areas import chosen_area, peers_of
    from sy_analysis.record.known import known_as_of
    from sy_analysis.record.plan import read_plan
    from sy_analysis.report.tables import area_table

    day = _day(as_of)
    named = [chosen_area(name) for name in areas]
    compared = []
    for plan in map(read_plan, plans):
        compared.append(compare_areas(plan, known_as_of(plan, day), named or peers_of(plan.area)))
        click.echo(f"{plan.name_zh}：如果各地都适用这些目标 if its targets were asked of every area, {day}")
        with pd.option_context("display.unicode.east_asian_width", True, "display.width", None):
            click.echo(area_table(compared[-1]).to_string() + "\n")
    if out:
        write_table(pd.concat(compared, ignore_index=True), out)


for name in ("intake", "quarantine", "trace", "template", "plan_table", "contradictions"):
    cli.add_command(getattr(commands, name))


def main():
    """Run the command line; errors of data, parameters and files become messages and exit codes."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a scheduler's stop is an interrupt
    code = BAD_INPUT
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
    except (DataError, ParamsError) as error:
        click.echo(f"sy-analysis: {error}", err=True)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(
            f"sy-analysis: {where}{error.strerror or error}; the previous report is untouched", err=True
        )
    except (KeyboardInterrupt, click.Abort):
        click.echo("sy-analysis: interrupted; the previous report is untouched", err=True)
        code = INTERRUPTED
    sys.exit(code or 0)
