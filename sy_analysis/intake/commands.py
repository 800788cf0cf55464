"""Commands of the intake: intake, quarantine, trace, template, plan-table and contradictions.

The command line adds them with `cli.add_command`; everything heavy is imported when a command runs.
"""

import click

PLAN = click.option(
    "--plan",
    default="shaoyang-2021-2025",
    show_default=True,
    help="Folder of data/raw/plans, or a path to a plan folder.",
)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@PLAN
@click.option("--mapping", help="Name of the mapping. [default: the one whose header words are in the file]")
@click.option("--period", help="Period of the whole file where it does not say, such as 2021年11月.")
@click.option("--area", help="Area of the whole file where it does not say.")
@click.option("--title", default="", help="Title of the document.")
@click.option("--publisher", default="", help="Publisher of the document.")
@click.option("--url", default="", help="Address of the document.")
@click.option("--published", default="", help="Day on which it was published, such as 2024-12-31.")
@click.option(
    "--grade", type=click.Choice(["A", "B", "C", "D"]), help="A official, B press, C copy, D derived."
)
@click.option("--dry-run", is_flag=True, help="Show what would be added and write nothing.")
def intake(files, plan, mapping, period, area, dry_run, **source):
    """Read publications (CSV, Excel, web pages, flattened text) into the record.

    What the guard doubts goes to quarantine. With any error in any file nothing is written.
    """
    from sy_analysis.base.periods import parse_date
    from sy_analysis.intake.publications import SourceFacts, join, read_files

    facts = SourceFacts(**{name: text or "" for name, text in source.items()})
    if facts.published:
        parse_date(facts.published)
    intakes = read_files(files, plan, mapping, facts, period, area)
    for read in intakes:
        _print_intake(read)
    if dry_run:
        click.echo("\n试运行,未写入 / dry run: nothing was written")
        return
    added = join(intakes, plan)
    click.echo(f"\n写入 / written: {', '.join(f'{name} {n}' for name, n in added.items())}")


def _print_intake(read):
    counts = f"{len(read.observations)} 条收入 / to the record, {len(read.quarantine)} 条隔离 / held back"
    click.echo(f"{read.file} ({read.mapping}): {counts}, {read.n_known} 条已有 / known before")
    for row in read.observations:
        click.echo(f"  + {_shown(row)}  {row['locator']}")
    for row in read.quarantine:
        click.echo(f"  ? {row['quarantine_id']} {_shown(row)}  {row['file']} {row['place']}")
        click.echo(f"      {row['reason']}")
    for note in read.notes:
        click.echo(f"  . {note}")


def _shown(row):
    printed = f"“{row['printed']}”" if row["printed"] != row["value"] else ""
    figure = _figure(row, row["value"])
    return f"{row['indicator_id']} {row['area']} {row['period']} {figure} {printed}".rstrip()


def _figure(row, value):
    return f"{'' if row['qualifier'] == '=' else row['qualifier']}{value} {row['unit']}"


@click.group()
def quarantine():
    """Values that the guard holds back: list, release, reject."""


@quarantine.command("list")
@PLAN
@click.option("--all", "show_all", is_flag=True, help="Show what was decided as well.")
def list_held(plan, show_all):
    """List what is held back, why, and what would release it."""
    from sy_analysis.intake.quarantine import read_quarantine

    table = read_quarantine(plan)
    rows = table if show_all else table[table["action"] == "held"]
    for row in rows.to_dict("records"):
        click.echo(f"{row['quarantine_id']} {row['action']} {_shown(row)}  {row['file']} {row['place']}")
        click.echo(f"    {row['by']} {row['on']}: {row['reason']}")
        if row["action"] == "held":
            click.echo(f"    放行需要 / would release it: {row['release']}")
    click.echo(f"{len(rows)} 条 / values")


_IDS = click.argument("ids", nargs=-1, required=True)
_BY = click.option("--by", required=True, help="Name of the person who decides.")
_REASON = click.option("--reason", required=True, help="Why; kept with the decision.")


@quarantine.command()
@_REASON
@_BY
@PLAN
@_IDS
@click.option("--value", help="The right value, where a range or a slip was printed.")
def release(ids, plan, by, reason, value):
    """Let values into the record, with a name and a reason."""
    _decide(plan, ids, "released", by, reason, value)


@quarantine.command()
@_REASON
@_BY
@PLAN
@_IDS
def reject(ids, plan, by, reason):
    """Keep values out for good, with a name and a reason."""
    _decide(plan, ids, "rejected", by, reason)


def _decide(plan, ids, action, by, reason, value=None):
    from sy_analysis.intake.quarantine import decide

    for row in decide(plan, list(ids), action, by, reason, value).to_dict("records"):
        click.echo(f"{row['quarantine_id']} {action}: {_shown(row)}")


@click.command()
@click.argument("indicator")
@click.argument("period")
@click.option("--area", help="Area. [default: the plan's own]")
@PLAN
def trace(indicator, period, area, plan):
    """Walk from a number (INDICATOR PERIOD) back to the printed cell."""
    from sy_analysis.intake.trace import trace as trace_number
    from sy_analysis.intake.words import columns_of, message

    for row in trace_number(plan, indicator, period, area).to_dict("records"):
        mark, figure = "*" if row["is_chosen"] else " ", _figure(row, f"{row['value']:g}")
        click.echo(f"{mark} {row['indicator_id']} {row['area']} {row['period']}: {figure}")
        for name in columns_of("traced"):
            if row[name]:
                click.echo(f"    {message(f'trace.{name}'):24} {str(row[name])[:300]}")


@click.command()
@PLAN
@click.option("--quarter", required=True, help="Quarter to report, such as 2025Q1.")
@click.option("--out", type=click.Path(dir_okay=False), help="File to write. [default: PLAN_QUARTER.xlsx]")
def template(plan, quarter, out):
    """Write the Excel form in which departments report a quarter."""
    from sy_analysis.intake.template import write_template

    click.echo(write_template(plan, quarter, out))


@click.command("plan-table")
@PLAN
def plan_table(plan):
    """Read the plan's own table of targets and compare it with targets.csv."""
    from sy_analysis.intake.plan_table import compare_with_targets

    table = compare_with_targets(plan)
    for row in table.to_dict("records"):
        mark = "=" if not row["differs"] else "≠ " + ", ".join(row["differs"])
        shown = f"{row['printed_baseline']} → {row['printed_target']}"
        click.echo(f"{row['number']:3} {row['target_id']:6} {row['relation']:14} {shown}  {mark}")
    agree = sum(not differs for differs in table["differs"])
    click.echo(f"{agree} / {len(table)} 与targets.csv一致 / agree with targets.csv")
    if agree < len(table):
        raise click.exceptions.Exit(2)


@click.command()
@PLAN
def contradictions(plan):
    """List where the plan, its sources and the record disagree, each once."""
    from sy_analysis.intake.contradictions import find_contradictions

    table = find_contradictions(plan)
    for row in table.to_dict("records"):
        click.echo(f"{row['contradiction_id']} {row['kind']}: {row['subject_zh']} / {row['subject_en']}")
        for text, place in ((row["one"], row["place_one"]), (row["other"], row["place_other"])):
            click.echo(f"    “{text}”  {place}".rstrip())
        click.echo(f"    {row['reading']}".rstrip())
    click.echo(f"{len(table)} 处 / contradictions")
