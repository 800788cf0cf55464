"""Measures of the intake: how often the guard holds back an ordinary value, and how fast files are read.

python benchmarks/intake.py record                     every yearly value of the plan's record, as it came in
python benchmarks/intake.py windows WINDOWS.parquet    the next value of series elsewhere (hist, fut, bounded)
python benchmarks/intake.py speed [--rows 100000]      mixed files through the intake, seconds and memory
"""

from collections import Counter
from decimal import Decimal

import click
import pandas as pd

from sy_analysis.intake.candidates import Candidate
from sy_analysis.intake.guard import check
from sy_analysis.intake.known import known_from
from sy_analysis.intake.record import read_guard_facts
from sy_analysis.io import plan_folder, read_plan

KEY = ["indicator_id", "area", "period"]


@click.group()
def main():
    """Measure the intake."""


@main.command()
@click.option("--plan", default="shaoyang-2021-2025", show_default=True)
@click.option("--show", is_flag=True, help="Print every value that is held back.")
def record(plan, show):
    """Check each yearly value of the record against what was published before it."""
    tables, folder = read_plan(plan), plan_folder(plan)
    yearly = tables.observations.query("frequency == 'A' and qualifier in ['=', '~']")
    yearly = yearly.drop_duplicates(KEY).sort_values(["period", "indicator_id", "area"])
    held, n, n_with_history = Counter(), 0, 0
    for year, rows in yearly.groupby("period"):
        parts = (tables.observations["frequency"] != "A") & (tables.observations["period"].str[:4] == year)
        before = tables.observations[(tables.observations["period"].str[:4] < year) | parts]
        known = known_from(before, tables.indicators, **read_guard_facts(folder))
        for row in rows.itertuples():
            candidate = _candidate(row.indicator_id, row.area, year, row.value, row.unit, row.qualifier)
            found = check(candidate, known)
            n += 1
            n_with_history += (row.indicator_id, row.area, "A") in known.values
            held.update({suspicion.rule for suspicion in found})
            held["any"] += bool(found)
            if show and found:
                click.echo(
                    f"{row.indicator_id} {row.area} {year} {row.value:g}: {found[0].rule} {found[0].reason}"
                )
    _report(held, n)
    click.echo(f"{n_with_history} of them have an earlier value")


def _candidate(indicator_id, area, period, value, unit, qualifier="="):
    number = Decimal(format(value, ".6g"))
    return Candidate(indicator_id, area, period, "A", number, unit, qualifier, str(number), "")


def _report(held, n):
    click.echo(f"held back {held['any']} of {n} ordinary yearly values: {100 * held['any'] / n:.2f} %")
    for rule, count in held.most_common():
        if rule != "any":
            click.echo(f"  {rule:10} {count:5} {100 * count / n:.2f} %")


@main.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False))
def windows(path):
    """Check the first future value of each window against its history."""
    held, n = Counter(), 0
    for row in pd.read_parquet(path, columns=["year", "bounded", "hist", "fut"]).itertuples():
        unit = "%" if row.bounded else "件"
        indicators = pd.DataFrame([_facts(unit)])
        years = range(int(row.year) - len(row.hist) + 1, int(row.year) + 1)
        known = known_from(_observations(years, row.hist, unit), indicators)
        found = check(_candidate("X", "中国", str(int(row.year) + 1), float(row.fut[0]), unit), known)
        n += 1
        held.update({suspicion.rule for suspicion in found})
        held["any"] += bool(found)
    _report(held, n)


def _facts(unit):
    return {
        "indicator_id": "X",
        "unit": unit,
        "kind": "percentage" if unit == "%" else "amount",
        "annual_rule": "none",
        "relates_to": "",
    }


def _observations(years, values, unit):
    return pd.DataFrame(
        {
            "indicator_id": "X",
            "area": "中国",
            "period": [str(year) for year in years],
            "frequency": "A",
            "value": values,
            "unit": unit,
            "qualifier": "=",
            "grade": "A",
        }
    )


if __name__ == "__main__":
    main()
