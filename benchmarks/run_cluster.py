"""What a notebook costs on a Dask cluster, and whether lost workers change a byte of it.

    python benchmarks/run_cluster.py --areas 14 --kill-every 20

The core indicators of the plan are executed once on this machine, then so many times as if for other areas on a local
cluster of two worker processes, then again while a worker is killed every so many seconds. Executed notebooks are
compared with those made here: sources and outputs, byte for byte.
"""

import json
import os
import signal
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

import click
import nbformat

from sy_analysis.base.writing import ROOT
from sy_analysis.record.plan import read_plan
from sy_analysis.record.selection import core_ids
from sy_analysis.run.cluster import connect, execute_there
from sy_analysis.run.preload import execute_here

PLAN, AS_OF, WORKERS = "shaoyang-2021-2025", "2026-09-30", 2


@click.command()
@click.option("--areas", default=14, show_default=True, help="Times that every core indicator is executed.")
@click.option("--kill-every", default=20.0, show_default=True, help="Seconds between two killed workers.")
def main(areas, kill_every):
    """Compare a quarter here with many areas on a cluster, whole and with workers killed."""
    click.echo(f"{os.cpu_count()} cores, load {', '.join(f'{value:.1f}' for value in os.getloadavg())}\n")
    click.echo("| way | notebooks | failures | wall s | CPU s | CPU s a notebook | workers killed |")
    click.echo("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        here = measure("this machine", jobs_of(1, Path(folder) / "here"))
        for way, seconds in (("cluster", None), ("cluster, workers killed", kill_every)):
            there = measure(way, jobs_of(areas, Path(folder) / way), seconds)
            wrong = [name for name, made in there.items() if made != here[f"0-{name.split('-')[1]}"]]
            if wrong:
                raise click.ClickException(f"{way}: {', '.join(wrong)} differ from those made here")
    click.echo("\nevery executed notebook is the same as here, byte for byte")


def jobs_of(areas, folder):
    """The indicator notebook for each core indicator, so many times."""
    notebook = ROOT / "notebooks" / "2_indicator.ipynb"
    return {
        f"{area}-{name}": (
            notebook,
            folder / f"{area}-{name}.ipynb",
            {"plan": PLAN, "as_of": AS_OF, "indicator_id": name},
        )
        for area in range(areas)
        for name in core_ids(read_plan(PLAN))
    }


def measure(way, jobs, kill_every=None):
    """Execute the jobs, print a row of the table, and return what each executed notebook holds."""
    killed = []
    for _, out, _ in jobs.values():
        out.parent.mkdir(parents=True, exist_ok=True)
    if way == "this machine":
        outcomes, wall, cpu = timed(execute_here, jobs, cpu_seconds)
    else:
        with connect(workers=WORKERS) as client, killing(client, kill_every, killed):
            execute = partial(execute_there, client=client)
            outcomes, wall, cpu = timed(execute, jobs, lambda: sum(client.run(cpu_seconds).values()))
    failures = [f"{name}: {outcome.problem}" for name, outcome in outcomes.items() if outcome.problem]
    # what a killed worker has used is not known to anybody
    used = ["", ""] if kill_every else [f"{cpu:.0f}", f"{cpu / len(jobs):.2f}"]
    click.echo(f"| {way} | {len(jobs)} | {len(failures)} | {wall:.0f} | {' | '.join(used)} | {len(killed)} |")
    if failures:
        raise click.ClickException("\n".join(failures))
    return {name: content_of(out) for name, (_, out, _) in jobs.items()}


def timed(execute, jobs, cpu_of_all):
    """Outcomes, wall seconds and CPU seconds of the jobs, when all processes have started and loaded."""
    execute(dict(list(jobs.items())[: 2 * WORKERS]))
    wall, cpu = time.perf_counter(), cpu_of_all()
    outcomes = execute(jobs)
    return outcomes, time.perf_counter() - wall, cpu_of_all() - cpu


def cpu_seconds():
    """CPU seconds of this process, of the processes that it has started, and of theirs that have ended."""
    import psutil

    one = psutil.Process()
    return sum(sum(process.cpu_times()[:4]) for process in (one, *one.children(recursive=True)))


class killing:
    """Kill a worker every so many seconds, in turn, while the block runs."""

    def __init__(self, client, seconds, killed):
        self.client, self.seconds, self.killed = client, seconds, killed
        self.end = threading.Event()
        self.thread = threading.Thread(target=self._kill)

    def _kill(self):
        while not self.end.wait(self.seconds):
            workers = sorted(self.client.run(os.getpid).values())
            if workers:
                self.killed.append(workers[len(self.killed) % len(workers)])
                os.kill(self.killed[-1], signal.SIGKILL)

    def __enter__(self):
        if self.seconds:
            self.thread.start()

    def __exit__(self, *_):
        self.end.set()
        if self.seconds:
            self.thread.join()


def content_of(path):
    """What an executed notebook holds beside times, machine paths and random ids, as text."""
    cells = nbformat.read(path, as_version=4).cells
    return json.dumps([(cell.source, cell.get("outputs")) for cell in cells])


if __name__ == "__main__":
    main()
