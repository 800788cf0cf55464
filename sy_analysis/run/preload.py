"""What the forked kernels of a run share: loaded libraries, and plans that are read already."""

import csv
from importlib.resources import files
from typing import Any

from sy_analysis.run.kernels import client

with files("sy_analysis.run").joinpath("preload.csv").open(encoding="utf-8", newline="") as file:
    LIBRARIES = tuple(row["module"] for row in csv.DictReader(file))


def warm_up() -> client.Zygote:
    """Load the libraries in the process that forks kernels, while this process does something else."""
    return client.warm_up(modules=LIBRARIES)


def execute_here(jobs: dict[str, tuple], **options: Any) -> dict[str, tuple]:
    """Execute notebooks on this machine, in kernels that share the libraries and the plans.

    Parameters
    ----------
    jobs, options
        As for `kernels.engine.execute_notebooks`; a plan is what a job's parameter `plan` names.

    Returns
    -------
    dict of str to Outcome
    """
    from sy_analysis.run.kernels.engine import execute_notebooks  # papermill loads only when it is needed

    plans = sorted({parameters["plan"] for *_, parameters in jobs.values() if "plan" in parameters})
    calls = [("sy_analysis.record.plan", "read_plan", plan) for plan in plans]
    return execute_notebooks(jobs, modules=LIBRARIES, calls=calls, **options)
