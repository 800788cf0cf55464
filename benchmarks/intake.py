"""Measures of the intake: how often the guard holds back an ordinary value, and how fast files are read.

python benchmarks/intake.py record                     every value of the plan's record, as it came in
python benchmarks/intake.py windows WINDOWS.parquet    the next value of series elsewhere (hist, fut, bounded)
python benchmarks/intake.py speed [--rows 100000]      mixed files through the intake, seconds and memory
"""

import resource
import shutil
import tempfile
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path

import click
import openpyxl
import pandas as pd

from sy_analysis.intake.candidates import Candidate
from sy_analysis.intake.guard import check
from sy_analysis.intake.history import earlier, known_from, read_guard_facts
from sy_analysis.intake.publications import join, read_files
from sy_analysis.record.areas import children_of
from sy_analysis.record.folders import input_folders, record_folder
from sy_analysis.record.plan import read_plan

KEY = ["indicator_id", "area", "period"]


@click.group()
def main():
    """Measure the intake."""


@main.command()
@click.option("--plan", default="shaoyang-2021-2025", show_default=True)
@click.option("--frequency", type=click.Choice(["A", "Q", "M"]), default="A", show_default=True)
@click.option("--show", is_flag=True, help="Print every value that is held back.")
def record(plan, frequency, show):
    """Check each value of the record against what was published for the time before it."""
    tables, folder = read_plan(plan), record_folder(plan)
    own = tables.observations.query("frequency == @frequency and qualifier in ['=', '~']").drop_duplicates(
        KEY
    )
    held, n, n_with_history = Counter(), 0, 0
    for period, rows in own.sort_values([*KEY]).groupby("period"):
        known = known_from(
            _before(tables.observations, period), tables.indicators, **read_guard_facts(folder)
        )
        for row in rows.itertuples():
            candidate = _candidate(row.indicator_id, row.area, period, row.value, row.unit, row.qualifier)
            candidate = candidate._replace(frequency=frequency)
            found = check(candidate, known)
            n += 1
            n_with_history += bool(earlier(candidate, known))
            held.update({suspicion.rule for suspicion in found})
            held["any"] += bool(found)
            if show and found:
                click.echo(f"{row.indicator_id} {row.area} {period} {row.value:g}: {found[0].reason}")
    _report(held, n)
    click.echo(f"{n_with_history} of them have a comparable earlier value")


def _before(observations, period):
    """What is known before a value of the period comes; for a year its own months and quarters as well."""
    if len(period) > 4:
        return observations[observations["period"] < period]
    is_part = (observations["frequency"] != "A") & (observations["period"].str[:4] == period)
    return observations[(observations["period"].str[:4] < period) | is_part]


def _candidate(indicator_id, area, period, value, unit, qualifier="="):
    number = Decimal(format(value, ".6g"))
    return Candidate(indicator_id, area, period, "A", number, unit, qualifier, str(number), "")


def _report(held, n):
    click.echo(f"held back {held['any']} of {n} ordinary values: {100 * held['any'] / n:.2f} %")
    for rule, count in held.most_common():
        if rule != "any":
            click.echo(f"  {rule:10} {count:5} {100 * count / n:.2f} %")


@main.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--accidents", is_flag=True, help="Also turn each value into the usual accidents and count what is found."
)
def windows(path, accidents):
    """Check the first future value of each window against its history."""
    held, n, caught, made = Counter(), 0, Counter(), Counter()
    for row in pd.read_parquet(path, columns=["year", "bounded", "hist", "fut"]).itertuples():
        unit = "%" if row.bounded else "件"
        years = range(int(row.year) - len(row.hist) + 1, int(row.year) + 1)
        known = known_from(_observations(years, row.hist, unit), pd.DataFrame([_facts(unit)]))
        value, year = float(row.fut[0]), str(int(row.year) + 1)
        found = check(_candidate("X", "中国", year, value, unit), known)
        n += 1
        held.update({suspicion.rule for suspicion in found})
        held["any"] += bool(found)
        for name, wrong in _accidents(value, row.bounded) if accidents else ():
            made[name] += 1
            caught[name] += bool(check(_candidate("X", "中国", year, wrong, unit), known))
    _report(held, n)
    for name, count in made.items():
        click.echo(f"{name}: {100 * caught[name] / count:.1f} % of {count} held back")


def _accidents(value, is_share):
    """The usual accidents of a value that is large enough to show them: 80 or more for a share, 10 for others."""
    if is_share and 80 <= value <= 100:
        yield "a fraction for per cent", value / 100
        yield "a decimal point slipped", value / 10
        yield "failure rate for pass rate", 100 - value
        yield "another measure, 30 points away", value - 30
    if not is_share and value >= 10:
        yield "万 left out", value * 10_000
        yield "a digit too many", value * 10


def _facts(unit):
    return {
        "indicator_id": "X",
        "unit": unit,
        "family": "percentage" if unit == "%" else "amount",
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


@main.command()
@click.option("--rows", default=100_000, show_default=True)
@click.option("--plan", default="shaoyang-2021-2025", show_default=True)
def speed(rows, plan):
    """Read and join files of all formats, in a copy of the plan and its record."""
    with tempfile.TemporaryDirectory() as folder:
        for place, source in input_folders(plan).items():
            shutil.copytree(source, Path(folder) / place, dirs_exist_ok=True)
        copy = Path(folder) / next(iter(input_folders(plan)))
        paths = _mixed_files(Path(folder), rows)
        started = time.perf_counter()
        intakes = read_files(paths, copy)
        read = time.perf_counter() - started
        added = join(intakes, copy)
        took = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    n = sum(len(found.observations) + len(found.quarantine) for found in intakes)
    click.echo(
        f"{n} values of {len(paths)} files: {read:.1f} s to read, {took:.1f} s in all, {memory:.0f} MB"
    )
    click.echo(", ".join(f"{name} {count}" for name, count in added.items()))


def _mixed_files(folder, rows):
    """A UTF-8 CSV, a GB 18030 CSV, a workbook of two sheets, a web page and a flattened text, a fifth each."""
    share = rows // 5
    header = ["指标", "地区", "期间", "数值", "单位"]
    parts = [_long_rows(start, share) for start in range(0, 4 * share, share)]
    (folder / "a.csv").write_text(_csv([header, *parts[0]]), encoding="utf-8-sig")
    (folder / "b.csv").write_bytes(_csv([header, *parts[1]]).encode("gb18030"))
    book = openpyxl.Workbook(write_only=True)
    for half in (parts[2][: share // 2], parts[2][share // 2 :]):
        sheet = book.create_sheet()
        for row in (header, *half):
            sheet.append(row)
    book.save(folder / "c.xlsx")
    cells = "\n".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in [header, *parts[3]]
    )
    (folder / "d.html").write_text(
        f"<html><meta charset=utf-8><table>{cells}</table></html>", encoding="utf-8"
    )
    cities = children_of("湖南省")
    lines = [["序号", "城市", "优良天数比例(%)", "首要污染物"]]
    lines += [[str(i + 1), cities[i % len(cities)], f"{80 + i % 20}.0", "—"] for i in range(share)]
    text = "\n".join(cell for row in lines for cell in row)
    (folder / "e.txt").write_text(f"2011年空气质量\n{text}\n", encoding="utf-8")
    return sorted(path for path in folder.iterdir() if path.is_file())


def _long_rows(start, n):
    """Figures of months long ago for the prefectures, in the ways that cells are printed."""
    cities, shapes = children_of("湖南省"), ("{}", "{}%", "约{}%", "{}")
    ids = ("P02", "P03", "P04", "V14_city", "V14_city_total", "E08")
    result = []
    for i in range(start, start + n):
        step, city = divmod(i, len(cities))
        step, which = divmod(step, len(ids))
        year, month = divmod(step, 12)
        value = shapes[i % 4].format(f"{90 + i % 97 / 10:.1f}")
        result.append([ids[which], cities[city], f"{1950 + year % 70}年{month + 1}月", value, "%"])
    return result


def _csv(rows):
    return "".join(",".join(row) + "\n" for row in rows)


if __name__ == "__main__":
    main()
