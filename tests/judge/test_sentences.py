"""Sentences of both languages come from one form with the numbers as printed."""

import math

from sy_analysis.judge.sentences import fill, joined, listed, quoted


def test_a_form_takes_numbers_as_printed_and_words_by_language():
    form = ("{area}为{value}，基期{baseline}。", "{area} stands at {value}, from {baseline}.")
    assert fill(form, area=("中国", "China"), value=98.20, baseline=math.nan) == (
        "中国为98.2，基期—。",
        "China stands at 98.2, from —.",
    )


def test_marks_inside_a_quotation_become_single():
    assert quoted("“十四五”时期") == "“‘十四五’时期”"


def test_lists_and_texts_are_joined_as_each_language_does():
    assert listed([2021, 2022]) == ("2021、2022", "2021, 2022")
    assert joined([("一。", "One."), ("二。", "")]) == ("一。二。", "One.")
