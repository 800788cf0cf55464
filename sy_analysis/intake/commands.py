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
def intake(files, plan, mapping, period, area, title, publisher, url, published, grade, dry_run):
    """Read publications (CSV, Excel, web pages, flattened text) into the record.

    What the guard doubts goes to quarantine. With any error in any file nothing is written.
    """
    from sy_analysis.base.periods import parse_date
    from sy_analysis.intake.publications import SourceFacts, join, read_files

    if published:
        parse_date(published)
    facts = SourceFacts(title, publisher, url, published, grade or "")
    intakes = read_files(files, plan, mapping, facts, period, area)
    for found in intakes:
        _print_intake(found)
    if dry_run:
        click.echo("\n试运行,未写入 / dry run: nothing was written")
        return
    added = join(intakes, plan)
    click.echo(f"\n写入 / written: {', '.join(f'{name} {n}' for name, n in added.items())}")


def _print_intake(found):
    counts = f"{len(found.observations)} 条收入 / to the record, {len(found.quarantine)} 条隔离 / held back"
    click.echo(f"{found.file} ({found.mapping}): {counts}, {found.n_known} 条已有 / known before")
    for row in found.observations:
        click.echo(f"  + {_shown(row)}  {row['locator']}")
    for row in found.quarantine:
        click.echo(
            f"  ? {row['quarantine_id']} {_shown(row)}  {row['file']} {row['place']}\n      {row['reason']}"
        )
    for note in found.notes:
        click.echo(f"  . {note}")


def _shown(row):
    printed = f"“{row['printed']}”" if row["printed"] != row["value"] else ""
    sign = "" if row["qualifier"] == "=" else row["qualifier"]
    figure = f"{sign}{row['value']} {row['unit']}"
    return f"{row['indicator_id']} {row['area']} {row['period']} {figure} {printed}".rstrip()


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


def _decision(function):
    for option in (
        click.argument("ids", nargs=-1, required=True),
        PLAN,
        click.option("--by", required=True, help="Name of the person who decides."),
        click.option("--reason", required=True, help="Why; kept with the decision."),
    ):
        function = option(function)
    return function


@quarantine.command()
@_decision
@click.option("--value", help="The right value, where a range or a slip was printed.")
def release(ids, plan, by, reason, value):
    """Let values into the record, with a name and a reason."""
    _decide(plan, ids, "released", by, reason, value)


@quarantine.command()
@_decision
def reject(ids, plan, by, reason):
    """Keep values out for good, with a name and a reason."""
    _decide(plan, ids, "rejected", by, reason, None)


def _decide(plan, ids, action, by, reason, value):
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

    for row in trace_number(plan, indicator, period, area).to_dict("records"):
        sign = "" if row["qualifier"] == "=" else row["qualifier"]
        mark = "*" if row["is_chosen"] else " "
        figure = f"{sign}{row['value']:g} {row['unit']}"
        click.echo(f"{mark} {row['indicator_id']} {row['area']} {row['period']}: {figure}")
        for label, name in _TRACED.items():
            if row[name]:
                click.echo(f"    {label:24} {str(row[name])[:300]}")


_TRACED = {
    "印作 / printed": "printed",
    "位置 / place": "place",
    "原文 / line": "printed_line",
    "读法 / parse": "parse",
    "文件 / document": "document",
    "文件哈希 / file hash": "file_hash",
    "资料 / title": "title",
    "发布 / publisher": "publisher",
    "网址 / address": "url",
    "公布日 / published": "published",
    "录入日 / recorded": "recorded",
    "备注 / note": "note",
}


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
