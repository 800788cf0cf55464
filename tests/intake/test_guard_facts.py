import pytest

from sy_analysis.base.errors import DataError
from sy_analysis.intake.guard_facts import read_guard_facts
from sy_analysis.record.folders import record_folder


def test_the_guard_knows_words_parts_breaks_and_exceptions_of_the_record():
    facts = read_guard_facts(record_folder("shaoyang-2021-2025"))
    assert len(facts["guard_facts"]["words"]) == 11
    assert facts["guard_facts"]["parts"][0]["counts"] == (28, 29, 30, 31, 32)
    assert len(facts["breaks"]) == 6 and facts["exceptions"] == []


def test_a_record_without_facts_for_the_guard_has_none(tmp_path):
    assert read_guard_facts(tmp_path) == {"guard_facts": {}, "breaks": [], "exceptions": []}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("parts:\n  - {indicator: V16, area: 湖南省, counts: [0]}\n", r"guard\.yaml: parts\.0\.counts\.0"),
        ("words:\n  - {pattern: '(', conflicts: x, zh: x, en: x}\n", r"guard\.yaml: “\(” is no pattern"),
        ("rules: []\n", r"guard\.yaml: rules"),
    ],
)
def test_a_mistake_in_the_facts_names_the_file_and_the_word(write, tmp_path, text, problem):
    write("guard.yaml", text)
    with pytest.raises(DataError, match=problem):
        read_guard_facts(tmp_path)
