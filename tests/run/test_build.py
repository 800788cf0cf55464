from datetime import date

import pytest

from sy_analysis.base.errors import ParamsError
from sy_analysis.base.writing import ROOT
from sy_analysis.judge.assessments import assess_as_of
from sy_analysis.record.plan import read_plan
from sy_analysis.report.data import assess
from sy_analysis.run.build import check_parameters, notebook_jobs, tables_of, write_tables
from sy_analysis.run.params import read_params

NOTEBOOKS = ROOT / "notebooks"


def test_parameters_are_compared_with_the_notebook():
    with pytest.raises(ParamsError) as error:
        check_parameters(
            NOTEBOOKS / "2_indicator.ipynb", {"indicator": "P02", "as_of": 2024, "off_track": 0.3}
        )
    assert "2_indicator.ipynb has no parameter indicator; it has plan, area, indicator_id, as_of" in str(
        error.value
    )
    assert "2_indicator.ipynb: as_of is “2024”; expected str" in str(error.value)


def test_every_job_fits_its_notebook():
    params = read_params(ROOT / "params" / "quarterly.yaml")
    for job in notebook_jobs(params, assess(read_plan(), date(2026, 9, 30)), NOTEBOOKS).values():
        check_parameters(*job)


def test_the_order_of_observations_and_sources_has_no_meaning(tmp_path):
    plan = read_plan()
    shuffled = plan._replace(
        observations=plan.observations.sample(frac=1, random_state=1),
        sources=plan.sources.sample(frac=1, random_state=2),
    )
    for name, case in (("given", plan), ("shuffled", shuffled)):
        write_tables(tables_of(case, assess_as_of(case, "2026-09-30")), tmp_path / name)
    for table in (tmp_path / "given").iterdir():
        assert table.read_bytes() == (tmp_path / "shuffled" / table.name).read_bytes(), table.name
