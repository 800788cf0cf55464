import json
import re
import shutil
from datetime import date

import nbformat
import pandas as pd
import pytest

from sy_analysis import run as runner
from sy_analysis.errors import DataError, ParamsError
from sy_analysis.run import check_parameters, read_params, run_quarter


@pytest.fixture
def params_file(tmp_path):
    def write(text):
        path = tmp_path / "params.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A real run on two indicators, as in continuous integration."""
    params = read_params(runner.ROOT / "params" / "ci.yaml")
    return run_quarter(params, tmp_path_factory.mktemp("reports"))


def test_a_real_run_leaves_notebooks_pages_and_tables(report):
    assert report.failures == []
    names = {path.name for path in report.folder.iterdir()}
    pages = {"index", "1_record", "P02", "V14", "3_attainment", "4_trust", "5_plan"}
    assert {f"{name}.html" for name in pages} <= names
    assert {"attainment.xlsx", "brief.docx", "attainment.png", "attainment.svg"} <= names
    tables = {"observations", "series", "evidence", "forecasts", "assessments", "findings"}
    assert {f"{name}.csv" for name in tables} <= names
    assert {path.stem for path in (report.folder / "notebooks").iterdir()} == pages - {"index"}


def test_no_executed_notebook_wrote_to_stderr(report):
    for path in (report.folder / "notebooks").glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            assert not [out for out in cell.get("outputs", []) if out.get("name") == "stderr"], path.name


def test_run_json_names_versions_data_and_counts(report):
    summary = json.loads((report.folder / "run.json").read_text(encoding="utf-8"))
    assert summary["as_of"] == "2026-09-30"
    assert len(summary["data_sha256"]) == 64
    assert {"python", "sy-analysis", "statsmodels"} <= set(summary["versions"])
    assert sum(row["n"] for row in summary["core"]) == 17
    assert summary["failures"] == []


def test_the_published_table_equals_the_notebook_and_the_library(report):
    written = pd.read_csv(report.folder / "assessments.csv").set_index("target_id")
    judged = report.vintage.assessments.set_index("target_id")
    assert written["attainment_probability"].round(4).equals(judged["attainment_probability"].round(4))
    page = (report.folder / "V14.html").read_text(encoding="utf-8")
    assert f"{100 * judged.loc['V14', 'attainment_probability']:.0f}%" in page


def test_pages_ask_nothing_of_a_network(report):
    for path in report.folder.glob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert 'src="http' not in html and "@import" not in html and "<script src" not in html, path.name


def test_the_archive_lists_the_run(report):
    archive = (report.folder.parent / "index.html").read_text(encoding="utf-8")
    assert (
        f'href="{report.folder.name}/index.html"' in archive
        and f'href="{report.folder.name}/P02.html"' in archive
    )


def test_every_figure_says_what_it_shows(report):
    for path in report.folder.glob("*.html"):
        for image in re.findall(r"<img[^>]*>", path.read_text(encoding="utf-8")):
            assert re.search(r'alt="[^"]{8,}"', image), path.name


def test_the_same_run_again_gives_the_same_tables(report, tmp_path):
    again = run_quarter(read_params(runner.ROOT / "params" / "ci.yaml", indicators=("P02",)), tmp_path)
    for name in ("assessments", "forecasts", "series", "evidence", "observations"):
        assert (again.folder / f"{name}.csv").read_bytes() == (report.folder / f"{name}.csv").read_bytes()


def test_a_failing_notebook_is_reported_and_hides_no_other(tmp_path, monkeypatch):
    notebooks = tmp_path / "notebooks"
    shutil.copytree(runner.NOTEBOOKS, notebooks, ignore=shutil.ignore_patterns(".*"))
    broken = nbformat.read(notebooks / "4_trust.ipynb", as_version=4)
    broken.cells[2].source = "raise RuntimeError('no such luck')"
    nbformat.write(broken, notebooks / "4_trust.ipynb")
    monkeypatch.setattr(runner, "NOTEBOOKS", notebooks)
    params = read_params(runner.ROOT / "params" / "ci.yaml", indicators=("P05",))
    done = run_quarter(params, tmp_path / "reports")
    assert len(done.failures) == 1
    assert done.failures[0].startswith("4_trust: ") and "no such luck" in done.failures[0]
    assert (done.folder / "P05.html").exists()
    assert "no such luck" in (done.folder / "index.html").read_text(encoding="utf-8")


def test_the_clock_is_used_only_where_no_day_is_given():
    assert runner.day_of(read_params(runner.ROOT / "params" / "quarterly.yaml"), date(2026, 11, 24)) == date(
        2026, 9, 30
    )
    assert runner.day_of(read_params(runner.ROOT / "params" / "ci.yaml"), date(2030, 1, 1)) == date(
        2026, 9, 30
    )


def test_options_win_over_the_file(params_file):
    path = params_file('plan: a\nas_of: "2024-12-31"\n')
    params = read_params(path, as_of="2022-12-31", indicators=("P02",), plan=None)
    assert (params.plan, params.as_of, params.indicators) == ("a", date(2022, 12, 31), ("P02",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("plan: a\nasof: 2024-12-31\n", "asof is “2024-12-31”: Extra inputs are not permitted"),
        ("plan: a\nas_of: soon\n", "as_of is “soon”: Input should be a valid date"),
        ("plan: a\nas_of: '2024-02-30'\n", "as_of is “2024-02-30”: Input should be a valid date"),
        ("plan: 7\n", "plan is “7”: Input should be a valid string"),
        ("plan: a\noff_track: high\n", "off_track is “high”: Input should be a valid number"),
        ("plan: a\noff_track: 0.9\n", "expected to rise in this order"),
        ("plan: a\non_track_binding: 1.5\n", "less than or equal to 1"),
        ("plan: a\nindicators: P02\n", "indicators is “P02”"),
        ("as_of: '2024-12-31'\n", "plan"),
        ("- plan\n", "expected lines such as"),
        ("plan: [\n", "cannot be read"),
        ("", "expected lines such as"),
    ],
)
def test_a_bad_parameter_is_named_with_its_value(params_file, text, message):
    with pytest.raises(ParamsError) as error:
        read_params(params_file(text))
    assert message in str(error.value)
    assert "params.yaml" in str(error.value)


def test_all_bad_parameters_come_at_once(params_file):
    with pytest.raises(ParamsError) as error:
        read_params(params_file("plan: a\nasof: x\noff_track: high\n"))
    assert "asof" in str(error.value) and "off_track" in str(error.value)
    assert "known parameters: plan, as_of, indicators" in str(error.value)


def test_a_missing_params_file_is_named(tmp_path):
    with pytest.raises(ParamsError, match=r"nowhere\.yaml: cannot be read"):
        read_params(tmp_path / "nowhere.yaml")


def test_parameters_are_compared_with_the_notebook():
    notebook = runner.NOTEBOOKS / "2_indicator.ipynb"
    with pytest.raises(ParamsError) as error:
        check_parameters(notebook, {"indicator": "P02", "as_of": 2024, "off_track": 0.3})
    assert "2_indicator.ipynb has no parameter indicator; it has plan, indicator_id, as_of" in str(
        error.value
    )
    assert "2_indicator.ipynb: as_of is “2024”; expected str" in str(error.value)


def test_every_job_fits_its_notebook():
    params = read_params(runner.ROOT / "params" / "quarterly.yaml")
    for job in runner.notebook_jobs(params, date(2026, 9, 30), ["P02"]).values():
        check_parameters(*job)


def test_bad_data_stops_before_anything_is_written(tables, write_plan, tmp_path):
    tables["observations"].loc[0, "value"] = "many"
    params = runner.Params(plan=str(write_plan(tables)))
    with pytest.raises(DataError):
        run_quarter(params, tmp_path / "reports")
    assert not (tmp_path / "reports").exists()


def test_an_unknown_indicator_stops_before_anything_is_written(demo, tables, write_plan, tmp_path):
    params = runner.Params(plan=str(write_plan(tables)), indicators=("X9",))
    with pytest.raises(ParamsError, match="has no indicator X9; it has G1, H1, N1"):
        run_quarter(params, tmp_path / "reports")
    assert not (tmp_path / "reports").exists()


def test_a_report_of_another_plan_is_never_overwritten(demo, tables, write_plan, tmp_path):
    folder = tmp_path / "reports" / "2024-12-31"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text('{"plan": "other"}')
    params = runner.Params(plan=str(write_plan(tables)), as_of=date(2024, 12, 31))
    with pytest.raises(ParamsError, match="holds a report of another plan"):
        run_quarter(params, tmp_path / "reports")
