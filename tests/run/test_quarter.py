import errno
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import date
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest
from filelock import FileLock

from sy_analysis.base import writing as files
from sy_analysis.base.errors import DataError, ParamsError
from sy_analysis.base.writing import ROOT
from sy_analysis.run import build as report
from sy_analysis.run import quarter as runner
from sy_analysis.run.kernels.engine import Outcome
from sy_analysis.run.manifest import LOG, damaged_files, read_manifest, read_summary
from sy_analysis.run.params import Execution, Params, read_params
from sy_analysis.run.quarter import has_core_status, run_quarters
from sy_analysis.run.verify import verify_report

AS_OF = date(2024, 12, 31)
OTHERS = ["1_record", "3_attainment", "4_trust", "5_plan"]


def run_quarter(params, reports, **execution):
    """The run of one plan on its own area."""
    (done,) = run_quarters(params, reports=reports, execution=Execution(**execution))
    return done


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A real run on two indicators, as in continuous integration."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "PROCESSED", tmp_path_factory.mktemp("reports") / "processed")
        params = read_params(ROOT / "params" / "ci.yaml")
        yield run_quarter(params, runner.PROCESSED.with_name("reports"))


@pytest.fixture(scope="module")
def made(demo_folder, tmp_path_factory):
    """The small plan and a report on it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "PROCESSED", tmp_path_factory.mktemp("processed"))
        params = Params(plan=str(demo_folder), as_of=AS_OF, indicators=("G1",))
        yield demo_folder, params, run_quarter(params, tmp_path_factory.mktemp("reports")).folder


@pytest.fixture
def quarter(made, tmp_path, monkeypatch):
    """The small plan with a report that a test may spoil; what is spoilt in the plan is put back."""
    plan, params, folder = made
    monkeypatch.setattr(runner, "PROCESSED", tmp_path / "processed")
    reports = tmp_path / "reports"
    shutil.copytree(folder.parent, reports)
    before = {path: path.read_bytes() for path in plan.iterdir()}
    yield SimpleNamespace(
        plan=plan,
        folder=reports / folder.name,
        work=reports / f".{folder.name}.work",
        run=lambda **options: run_quarter(params, reports, **options),
    )
    for path, content in before.items():
        path.write_bytes(content)


def change(plan, before, after):
    """Change the first such row of the small plan's observations."""
    path = plan / "observations.csv"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def log_of(folder):
    return [json.loads(line) for line in (folder / LOG).read_text(encoding="utf-8").splitlines()]


def executed(folder):
    return sorted(line["notebook"] for line in log_of(folder) if line.get("is_reused") is False)


def bytes_of(folder):
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != LOG]
    return {path.relative_to(folder): path.read_bytes() for path in files}


def test_a_real_run_leaves_notebooks_pages_and_tables(real):
    assert real.failures == []
    names = {path.name for path in real.folder.iterdir()}
    pages = {"index", "1_record", "P02", "V14", "3_attainment", "4_trust", "5_plan"}
    assert {f"{name}.html" for name in pages} <= names
    assert {"attainment.xlsx", "brief.docx", "attainment.png", "attainment.svg", "verdicts.txt"} <= names
    tables = {"observations", "series", "evidence", "forecasts", "assessments", "findings"}
    assert {f"{name}.csv" for name in tables} <= names
    assert {path.stem for path in (real.folder / "notebooks").iterdir()} == pages - {"index"}


def test_no_executed_notebook_wrote_to_stderr(real):
    for path in (real.folder / "notebooks").glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            assert not [out for out in cell.get("outputs", []) if out.get("name") == "stderr"], path.name


def test_an_executed_notebook_names_no_time_and_no_machine(real):
    for path in (real.folder / "notebooks").glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        assert str(ROOT) not in text and str(real.folder) not in text and "start_time" not in text, path.name


def test_run_json_names_versions_data_and_counts(real):
    summary = read_summary(real.folder)
    assert summary["as_of"] == "2026-09-30"
    assert len(summary["data_sha256"]) == 64
    assert {"python", "sy-analysis", "statsmodels"} <= set(summary["versions"])
    assert sum(row["n"] for row in summary["core"]) == 17
    assert summary["failures"] == []


def test_the_log_says_how_each_notebook_went(real):
    start, *notebooks, end = log_of(real.folder)
    assert (start["event"], end["event"], end["failures"]) == ("start", "end", [])
    assert start["parameters"]["indicators"] == ["P02", "V14"] and start["versions"]["pandas"]
    for line in notebooks:
        assert line["event"] == "notebook" and line["problem"] is None
        assert line["seconds"] > 0 and line["peak_mb"] > 0 and line["time"].endswith("+00:00")


def test_the_published_table_equals_the_page_and_data_processed(real):
    written = pd.read_csv(real.folder / "assessments.csv").set_index("target_id")
    page = (real.folder / "V14.html").read_text(encoding="utf-8")
    assert f"{100 * written.loc['V14', 'attainment_probability']:.0f}%" in page
    processed = real.folder.parents[1] / "processed" / "shaoyang-2021-2025"
    for table in real.folder.glob("*.csv"):
        assert (processed / table.name).read_bytes() == table.read_bytes()


def test_pages_ask_nothing_of_a_network(real):
    for path in real.folder.glob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert 'src="http' not in html and "@import" not in html and "<script src" not in html, path.name


def test_the_archive_lists_the_run(real):
    archive = (real.folder.parent / "index.html").read_text(encoding="utf-8")
    assert f'href="{real.folder.name}/index.html"' in archive
    assert f'href="{real.folder.name}/P02.html"' in archive


def test_every_figure_says_what_it_shows(real):
    for path in real.folder.glob("*.html"):
        for image in re.findall(r"<img[^>]*>", path.read_text(encoding="utf-8")):
            assert re.search(r'alt="[^"]{8,}"', image), path.name


def test_an_unchanged_quarter_is_left_as_it_is(quarter, monkeypatch):
    monkeypatch.setattr(report, "make_report", None)
    before = {path: path.stat().st_mtime_ns for path in quarter.folder.rglob("*")}
    assert quarter.run() == (quarter.folder, [], True)
    assert {path: path.stat().st_mtime_ns for path in quarter.folder.rglob("*")} == before


@pytest.mark.parametrize(
    ("before", "after", "pages"),
    [("H1,甲市,2020,A,plan,85,", "H1,甲市,2020,A,plan,86,", []), ("S2,92.1,", "S2,92.2,", ["G1"])],
)
def test_one_changed_observation_runs_only_what_depends_on_it(quarter, before, after, pages):
    change(quarter.plan, before, after)
    assert not quarter.run().is_unchanged
    assert executed(quarter.folder) == OTHERS + pages
    assert quarter.run().is_unchanged


def test_an_archive_that_a_killed_run_could_not_write_is_written_by_the_next(quarter):
    (quarter.folder.parent / "index.html").unlink()
    assert quarter.run().is_unchanged
    assert (quarter.folder.parent / "index.html").exists()


def test_what_somebody_changed_in_a_report_is_made_again(quarter):
    before = bytes_of(quarter.folder)
    (quarter.folder / "index.html").unlink()
    (quarter.folder.parent / "index.html").unlink()
    with (quarter.folder / "notebooks" / "G1.ipynb").open("a") as file:
        file.write(" ")
    quarter.run()
    assert executed(quarter.folder) == ["G1"]
    assert bytes_of(quarter.folder) == before
    assert (quarter.folder.parent / "index.html").exists()


def test_the_answer_depends_on_neither_workers_nor_locale_nor_time_zone_nor_hash_seed(made, tmp_path):
    plan, _, folder = made
    code = (
        "import sys; from pathlib import Path; from sy_analysis import cli; from sy_analysis.run import quarter;"
        "from sy_analysis.run.kernels import engine; engine.WORKERS = 1;"
        "quarter.PROCESSED = Path(sys.argv.pop(1)); cli.main()"
    )
    words = ["run", "--quiet", "--plan", plan, "--as-of", str(AS_OF), "--indicator", "G1"]
    elsewhere = {"PYTHONHASHSEED": "7", "TZ": "Asia/Shanghai", "LC_ALL": "C", "PYTHONPATH": str(ROOT)}
    subprocess.run(
        [sys.executable, "-c", code, tmp_path / "processed", *words, "--reports", tmp_path],
        env=os.environ | elsewhere,
        check=True,
    )
    assert bytes_of(tmp_path / folder.name) == bytes_of(folder)


def test_a_failed_notebook_hides_no_other_and_runs_again_alone_when_mended(quarter, tmp_path, monkeypatch):
    notebooks = tmp_path / "notebooks"
    shutil.copytree(runner.NOTEBOOKS, notebooks, ignore=shutil.ignore_patterns(".*"))
    broken = nbformat.read(notebooks / "5_plan.ipynb", as_version=4)
    broken.cells[2].source = "raise RuntimeError('no such luck')"
    nbformat.write(broken, notebooks / "5_plan.ipynb")
    monkeypatch.setattr(runner, "NOTEBOOKS", notebooks)

    done = quarter.run(reuse="none")
    assert executed(quarter.folder) == [*OTHERS, "G1"]
    assert len(done.failures) == 1
    assert done.failures[0].startswith("5_plan: ") and "no such luck" in done.failures[0]
    assert (done.folder / "G1.html").exists()
    assert "no such luck" in (done.folder / "index.html").read_text(encoding="utf-8")

    shutil.copy(ROOT / "notebooks" / "5_plan.ipynb", notebooks)
    with (notebooks / "4_trust.ipynb").open("a") as file:
        file.write(" ")
    assert quarter.run(reuse="succeeded").failures == []
    assert executed(quarter.folder) == ["5_plan"]
    assert quarter.run(reuse="succeeded").is_unchanged
    quarter.run()  # which does not take the page of another notebook for that of today's
    assert executed(quarter.folder) == ["4_trust"]

    change(quarter.plan, "S2,92.1,", "S2,92.2,")
    with pytest.raises(ParamsError, match=r"changed since this report was made: data: observations\.csv"):
        quarter.run(reuse="succeeded")


def test_only_failed_needs_a_report(quarter):
    shutil.rmtree(quarter.folder)
    with pytest.raises(ParamsError, match="run without --only-failed"):
        quarter.run(reuse="succeeded")


def test_two_runs_of_a_quarter_are_kept_apart_by_name(quarter):
    path = quarter.folder.with_name(f".{quarter.folder.name}.lock")
    with FileLock(path):
        path.write_text("wang@statistics, process 7, since 2026-10-05 02:00:00", encoding="utf-8")
        with pytest.raises(ParamsError, match="run by wang@statistics, process 7, since 2026-10-05 02:00:00"):
            quarter.run()
    assert quarter.run().is_unchanged
    assert f"process {os.getpid()}, since" in path.read_text(encoding="utf-8")


def test_a_full_disk_leaves_the_previous_report_as_it_was(quarter, monkeypatch):
    def is_full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (quarter.folder / "verdicts.txt").unlink()  # so that there is something to do
    before = bytes_of(quarter.folder)
    monkeypatch.setattr(files.os, "fsync", is_full)
    with pytest.raises(OSError, match="No space left on device"):
        quarter.run()
    assert bytes_of(quarter.folder) == before
    assert log_of(quarter.work)[-1]["event"] == "stopped"


def test_an_interrupted_run_leaves_the_previous_report_as_it_was(quarter, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    (quarter.folder / "verdicts.txt").unlink()
    before = bytes_of(quarter.folder)
    monkeypatch.setattr(report, "write_site", interrupt)
    with pytest.raises(KeyboardInterrupt):
        quarter.run()
    assert bytes_of(quarter.folder) == before


def test_data_that_change_during_a_run_are_noticed(quarter, monkeypatch):
    before = bytes_of(quarter.folder)

    def meanwhile(jobs, on_done):
        change(quarter.plan, "S2,92.1,", "S2,92.2,")
        on_done("G1", Outcome(None, 1.0, None))

    monkeypatch.setattr(runner, "execute_here", meanwhile)
    with pytest.raises(DataError, match="changed during the run"):
        quarter.run(reuse="none")
    assert bytes_of(quarter.folder) == before


def test_bad_data_stops_before_anything_is_written(tables, write_plan, tmp_path):
    tables["observations"].loc[0, "value"] = "many"
    params = Params(plan=str(write_plan(tables)), as_of=AS_OF)
    with pytest.raises(DataError):
        run_quarter(params, tmp_path / "reports")
    assert [path.name for path in (tmp_path / "reports").iterdir()] == [f".{AS_OF}.lock"]


def test_an_unknown_indicator_stops_before_anything_is_written(tables, write_plan, tmp_path):
    params = Params(plan=str(write_plan(tables)), as_of=AS_OF, indicators=("X9",))
    with pytest.raises(ParamsError, match="has no indicator X9; it has G1, H1, N1"):
        run_quarter(params, tmp_path / "reports")
    assert [path.name for path in (tmp_path / "reports").iterdir()] == [f".{AS_OF}.lock"]


def test_a_report_of_another_plan_is_never_overwritten(tables, write_plan, tmp_path):
    folder = tmp_path / "reports" / str(AS_OF)
    folder.mkdir(parents=True)
    (folder / "run.json").write_text('{"plan": "other"}')
    params = Params(plan=str(write_plan(tables)), as_of=AS_OF)
    with pytest.raises(ParamsError, match="holds a report of another plan"):
        run_quarter(params, tmp_path / "reports")


def test_an_alert_is_for_a_status_or_a_worse_one(real, quarter):
    assert has_core_status(real.folder, "at_risk") and has_core_status(real.folder, "off_track")
    assert not has_core_status(real.folder, "missed")
    assert damaged_files(real.folder, read_manifest(real.folder)) == []


def test_a_report_is_verified_against_its_inputs(quarter):
    assert verify_report(quarter.folder)[:3] == ([], [], None)
    change(quarter.plan, "S2,92.1,", "S2,92.2,")
    found = verify_report(quarter.folder)
    assert found.changed == ["data: observations.csv"]
    assert found.difference == (
        "observations.csv, G1 甲市 A 2023 S2, column value: stored “92.1”, recomputed “92.2”"
    )
    change(quarter.plan, "S2,92.2,", "S2,92.1,")
    (quarter.folder / "series.csv").write_bytes((quarter.folder / "series.csv").read_bytes()[:-3])
    found = verify_report(quarter.folder)
    assert found.damaged == ["series.csv"] and "series.csv, " in found.difference


def test_several_areas_and_plans_have_a_report_each_and_one_table(demo_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "PROCESSED", tmp_path / "processed")
    for name in ("first", "second"):
        shutil.copytree(demo_folder, tmp_path / name)
        for path in (tmp_path / name).iterdir():
            text = path.read_text(encoding="utf-8").replace("甲市", "邵阳市").replace("乙市", "长沙市")
            path.write_text(text.replace("demo-2021-2025", name), encoding="utf-8")
    plans = [str(tmp_path / "first"), str(tmp_path / "second")]
    params = Params(plan=plans[0], as_of=AS_OF, indicators=("G1",))

    def run():
        return list(run_quarters(params, plans, ["长沙", "邵阳市", "长沙市"], tmp_path / "reports"))

    runs = run()
    names = ["", "-430100", "-second", "-second-430100"]
    assert [done.folder.name for done in runs] == [f"{AS_OF}{name}" for name in names]
    assert executed(runs[1].folder) == ["1_record", "3_attainment", "G1"]
    assert [done.failures for done in runs] == [[], [], [], []]
    assert {path.name for path in runner.PROCESSED.iterdir()} == {
        *("first", "first-430100", "second", "second-430100")
    }
    table = pd.read_csv(tmp_path / "reports" / "verdicts.csv")
    assert table.groupby(["plan", "area"]).size().to_dict() == {
        (plan, area): 3 for plan in ("first", "second") for area in ("邵阳市", "长沙市")
    }
    asked = table.query("plan == 'first' and area == '长沙市' and target_id == 'G1'").iloc[0]
    assert asked["latest_value"] == 90  # its own, not that of the plan's area
    for page in ("index", "G1", "1_record"):
        html = (runs[1].folder / f"{page}.html").read_text(encoding="utf-8")
        said = html[html.index("<main") :]
        assert "长沙市比照" in said and "非本地规划" in said and "not its own plan" in said, page
    assert verify_report(runs[1].folder).difference is None
    assert all(done.is_unchanged for done in run())


def test_an_area_without_observations_stops_before_anything_is_written(demo_folder, tmp_path):
    params = Params(plan=str(demo_folder), as_of=AS_OF, area="株洲市")
    with pytest.raises(ParamsError, match="no observation of “株洲市”"):
        run_quarter(params, tmp_path / "reports")
    assert not [path for path in (tmp_path / "reports").iterdir() if path.name[0] != "."]
