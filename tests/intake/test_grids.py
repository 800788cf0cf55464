import pytest

from sy_analysis.intake.grids import MAX_ROWS, Grid, place_of, too_many


@pytest.mark.parametrize(
    ("grid", "place"),
    [
        (Grid("a.xlsx", "表1", "sheet", [], {}), "表1!AB3"),
        (Grid("a.csv", "", "lines", [], {}, lines=[1, 4, 9]), "line 9 column 28"),
        (Grid("a.html", "table 2", "page", [], {}), "table 2 row 3 column 28"),
        (Grid("a.txt", "", "lines", [], {}, places={(2, 27): "line 40"}), "line 40"),
    ],
)
def test_a_place_is_named_in_the_words_of_its_kind_of_file(grid, place):
    assert place_of(grid, 2, 27) == place


def test_too_many_rows_are_said_with_the_limit():
    (problem,) = too_many("a.csv", 300_000).problems
    assert problem.startswith("a.csv: 有300000行")
    assert f"the limit is {MAX_ROWS}" in problem
