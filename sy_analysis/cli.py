"""The command line: `sy-analysis --help`."""

import sys
from pathlib import Path

import click

from sy_analysis import __version__
from sy_analysis.intake import commands

PARAMS = Path(__file__).parents[1] / "params" / "quarterly.yaml"
SOME_FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 3


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sy-analysis")
def cli():
    """Will each indicator of a five-year plan attain its target?

    Exit codes: 0 all well, 1 a notebook failed, 2 bad data or parameters, 3 interrupted.
    """


@cli.command()
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
    "--plan", help="Folder of data/raw, or a path to a plan folder. [default: as in the parameters]"
)
@click.option(
    "--reports",
    default="reports",
    show_default=True,
    type=click.Path(file_okay=False),
    help="Folder for the reports.",
)
def run(params_file, as_of, indicators, plan, reports):
    """Run a quarter: judge every indicator, execute the notebooks, write tables and pages."""
    from sy_analysis.zygote import warm_up

    warm_up()  # the kernels' process loads its libraries on one core while this one does on another
    sys.modules["rfc3987_syntax"] = None  # a grammar that takes a second to load, to check addresses in JSON
    from sy_analysis.run import read_params, run_quarter

    done = run_quarter(read_params(params_file, as_of=as_of, indicators=indicators, plan=plan), reports)
    _print_verdicts(done)
    click.echo(f"\n{done.folder / 'index.html'}")
    if done.failures:
        raise click.exceptions.Exit(_report_failures(done.failures))


def _print_verdicts(done):
    import pandas as pd

    from sy_analysis.tables import summary_table
    from sy_analysis.vintage import core_ids

    assessments = done.vintage.assessments
    core = assessments[assessments["target_id"].isin(core_ids(done.plan))]
    with pd.option_context("display.unicode.east_asian_width", True):
        click.echo(summary_table(core, done.plan.targets, done.plan.indicators).to_string())
    counts = ", ".join(f"{n} {status}" for status, n in core["status"].value_counts().items())
    click.echo(f"\n{len(core)} verdicts as of {done.vintage.as_of}: {counts}; {len(done.failures)} errors")


@cli.command("what-if")
@click.argument("indicator")
@click.option(
    "--add", "values", multiple=True, metavar="YEAR=VALUE", help="Assume this value; repeat for more."
)
@click.option("--target", type=float, help="Assume this target instead of the printed one.")
@click.option("--as-of", help="Use only what was known on this day. [default: today]")
@click.option(
    "--plan", default="shaoyang-2021-2025", show_default=True, help="Folder of data/raw, or a path."
)
def what_if(indicator, values, target, as_of, plan):
    """The verdict on INDICATOR under assumed values or another target; nothing is written.

    Example: sy-analysis what-if P02 --add 2024=92.4 --target 94
    """
    from datetime import date

    from sy_analysis.io import parse_date, read_plan
    from sy_analysis.text import verdict
    from sy_analysis.vintage import assess_as_of, assume, view_target

    published = read_plan(plan)
    day = parse_date(as_of) if as_of else date.today()
    assumed = assume(published, indicator, dict(_year_and_value(text) for text in values), target)
    said = " ".join([*values, *([f"target={target:g}"] if target is not None else [])]) or "nothing"
    for label, case in (("按公布数据 as published", published), (f"假设 assumed: {said}", assumed)):
        view = view_target(case, assess_as_of(case, day, target_ids=[indicator]), indicator)
        click.echo("\n".join([label, *verdict(view.assessment, view.target, view.indicator), ""]))


def _year_and_value(text):
    from sy_analysis.errors import ParamsError

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
    help="Folder of data/raw, or a path; repeat for more.",
)
@click.option("--as-of", help="Use only what was known on this day. [default: today]")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write all columns to this CSV.")
def compare(areas, plans, as_of, out):
    """Where other areas would stand if the plan's targets were asked of them.

    Example: sy-analysis compare --area 长沙市 --area 株洲市
    """
    from datetime import date

    import pandas as pd

    from sy_analysis.intake.areas import peers_of
    from sy_analysis.io import parse_date, read_plan, write_table
    from sy_analysis.tables import area_table
    from sy_analysis.vintage import compare_areas

    day = parse_date(as_of) if as_of else date.today()
    named = [_area_of(name) for name in areas]
    compared = []
    for plan in map(read_plan, plans):
        compared.append(compare_areas(plan, day, named or peers_of(plan.area)))
        click.echo(f"{plan.name_zh}：如果各地都适用这些目标 if its targets were asked of every area, {day}")
        with pd.option_context("display.unicode.east_asian_width", True, "display.width", None):
            click.echo(area_table(compared[-1]).to_string() + "\n")
    if out:
        write_table(pd.concat(compared, ignore_index=True), out)


def _area_of(name):
    from sy_analysis.errors import ParamsError
    from sy_analysis.intake.areas import find_area

    try:
        return find_area(name).name
    except ValueError as error:
        raise ParamsError(f"--area: {error}") from None


for command in (
    commands.intake,
    commands.quarantine,
    commands.trace,
    commands.template,
    commands.plan_table,
    commands.contradictions,
):
    cli.add_command(command)


def _report_failures(failures):
    click.echo(f"\n{len(failures)} notebooks failed:", err=True)
    for line in failures:
        click.echo(f"  {line}", err=True)
    return SOME_FAILED


def main():
    """Entry point: errors of data and parameters become messages and exit codes."""
    from sy_analysis.errors import DataError, ParamsError

    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.ClickException as error:
        error.show()
        code = BAD_INPUT
    except (DataError, ParamsError) as error:
        click.echo(f"sy-analysis: {error}", err=True)
        code = BAD_INPUT
    except (KeyboardInterrupt, click.Abort):
        click.echo("sy-analysis: interrupted; the previous report is untouched", err=True)
        code = INTERRUPTED
    sys.exit(code or 0)
