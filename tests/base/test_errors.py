import pytest

from sy_analysis.base.errors import DataError, ParamsError, Problem, is_hidden, one_a_cell, shown


def test_both_errors_are_value_errors():
    assert issubclass(DataError, ValueError)
    assert issubclass(ParamsError, ValueError)


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (Problem("a.csv", 3, "unit", "分", "expected %"), "a.csv line 3, column “unit”: “分”; expected %"),
        (Problem("a.csv", 3, "unit", "", "expected %"), "a.csv line 3, column “unit”: “”; expected %"),
        (Problem("a.csv", 3, "unit", "x\ny", "no"), "a.csv line 3, column “unit”: “x\\ny”; no"),
        (Problem("a.csv", 3, expected="2 cells; expected 3"), "a.csv line 3: 2 cells; expected 3"),
        (Problem("a.csv", expected="the file is empty"), "a.csv: the file is empty"),
    ],
)
def test_a_problem_prints_what_is_known_of_its_place(problem, sentence):
    assert str(problem) == sentence


def test_a_problem_cuts_a_long_value():
    assert str(Problem("a.csv", 3, "note", "x" * 201, "no")).count("x") == 200


def test_a_cell_has_one_problem_and_lines_sort_as_numbers():
    late, early = Problem("a.csv", 10, "unit", "分", "x"), Problem("a.csv", 9, "unit", "分", "x")
    repeated = [Problem("a.csv", 9, expected="the same row"), Problem("a.csv", 9, expected="another")]
    problems = [late, early, late._replace(expected="y"), *repeated, Problem("a.csv", expected="no header")]
    assert one_a_cell(problems) == [problems[-1], early, *repeated, late]


def test_an_error_shows_the_first_two_hundred_problems_and_keeps_all():
    error = DataError(f"problem {n}" for n in range(203))
    assert len(error.problems) == 203
    assert str(error).splitlines()[199:] == ["problem 199", "还有3处 / 3 more problems"]


def test_an_error_shows_no_hidden_character():
    error = DataError([Problem("a.csv", 2, "note", "x\u202ey", "expected no such character")])
    assert "“x\\u202ey”" in str(error)
    assert "\\u001b" in str(ParamsError("\x1b[31m"))
    assert is_hidden("\u200b") and not is_hidden("\n") and not is_hidden("分")
    assert shown("优良天数", 2) == "优良…"
