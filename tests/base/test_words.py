import pytest

from sy_analysis.base.words import both, number, probability, read_words, shorten, simplify


def test_a_word_table_gives_both_languages_of_each_key(tmp_path, monkeypatch):
    package = tmp_path / "a_package_with_words"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "words.csv").write_text('key,zh,en\ngap,差距,"gap, in points"\n', encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert read_words(package.name, "words.csv") == {"gap": ("差距", "gap, in points")}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234.5, "1,234.5"),
        (100.0, "100"),
        (-0.001, "0"),
        (float("inf"), "∞"),
        (None, "—"),
    ],
)
def test_a_number_has_no_trailing_zeros(value, text):
    assert number(value) == text


def test_a_number_has_its_unit_and_as_many_decimals_as_wanted():
    assert number(93.456, "%", decimals=1) == "93.5%"
    assert number(1200, "家", decimals=0) == "1,200家"


@pytest.mark.parametrize(("value", "text"), [(0, "<1%"), (0.5, "50%"), (1, ">99%"), (float("nan"), "—")])
def test_a_probability_is_never_certain(value, text):
    assert probability(value) == text


def test_a_title_is_cut_only_where_it_is_too_long():
    assert shorten("优良天数比例", 6) == "优良天数比例"
    assert shorten("优良天数比例", 5) == "优良天数…"


def test_a_message_is_in_both_languages_and_in_simplified_characters():
    assert both("无", "none") == "无 / none"
    assert simplify("水質達標率") == "水质达标率"
    assert simplify("PM2.5") == "PM2.5"
