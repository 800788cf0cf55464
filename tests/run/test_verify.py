import pytest

from sy_analysis.base.errors import ParamsError
from sy_analysis.run.verify import KEYS, first_difference, verify_report

STORED = "target_id,status,target\nG1,at_risk,93\nH1,on_track,85\n"


@pytest.mark.parametrize(
    ("recomputed", "message"),
    [
        (STORED, None),
        (STORED.replace("85", "86"), "assessments.csv, H1, column target: stored “85”, recomputed “86”"),
        (STORED.replace("at_risk", "missed").replace("85", "86"), "G1, column status: stored “at_risk”"),
        (STORED + "N1,missed,3\n", "assessments.csv, N1: recomputed as an additional row"),
        (STORED.replace("H1,on_track,85\n", ""), "assessments.csv, H1: recomputed as no row"),
        (STORED.replace("G1,at_risk,93\n", ""), "assessments.csv: stored row G1, recomputed row H1"),
        (STORED.replace("status", "state"), "G1, column state: stored “None”, recomputed “at_risk”"),
        (STORED.replace("\n", "\r\n"), "assessments.csv: the same cells in other bytes"),
    ],
)
def test_the_first_cell_that_differs_is_named(tmp_path, recomputed, message):
    stored, again = tmp_path / "stored.csv", tmp_path / "again.csv"
    stored.write_text(STORED, encoding="utf-8", newline="")
    again.write_text(recomputed, encoding="utf-8", newline="")
    found = first_difference("assessments", stored, again)
    assert found is None if message is None else message in found


def test_a_missing_table_is_named(tmp_path):
    assert first_difference("series", tmp_path / "series.csv", tmp_path) == "series.csv is missing"


def test_a_folder_without_a_report_is_refused(tmp_path):
    with pytest.raises(ParamsError, match="expected the folder of a report"):
        verify_report(tmp_path)


def test_every_table_of_a_run_has_a_key(demo):
    from sy_analysis.judge.assessments import assess_as_of
    from sy_analysis.run.build import tables_of

    tables = tables_of(demo, assess_as_of(demo, "2024-12-31"))
    assert set(KEYS) == set(tables)
    for name, key in KEYS.items():
        assert not tables[name].duplicated(list(key)).any(), name
