"""What a finding consists of, and the words of each check."""

from collections.abc import Iterable, Mapping
from importlib.resources import files

import pandas as pd

from sy_analysis.base.words import read_words
from sy_analysis.judge.sentences import Pair, fill, joined, plain
from sy_analysis.judge.targets import weakest_target

_PACKAGE = "sy_analysis.judge.plan_checks"
# check -> (Chinese, English, what to do in Chinese, in English), in the order of the page
CHECKS = {
    check: tuple(words)
    for check, *words in pd.read_csv(files(_PACKAGE).joinpath("checks.csv")).itertuples(index=False)
}
_SENTENCES = read_words(_PACKAGE, "sentences.csv")
# stands for the row of a target where a finding is about the whole plan
WHOLE_PLAN = {"target_id": "", "is_binding": False, "lines": []}


def sentence(name: str, /, **values) -> Pair:
    """Fill one of the sentences of sentences.csv, see `fill`."""
    return fill(_SENTENCES[name], **values)


def finding(check: str, row: Mapping, *sentences: Pair, lines: Iterable[int] = ()) -> dict:
    """Build a finding about a target from its sentences, with the advice of its check.

    Parameters
    ----------
    row : row of a target with the `lines` where it stands, or `WHOLE_PLAN`
    lines : further lines of the plan that it rests on
    """
    *_, advice_zh, advice_en = CHECKS[check]
    finding_zh, finding_en = joined(sentences)
    return {
        "check": check,
        "target_id": row["target_id"],
        "is_binding": bool(row["is_binding"]),
        "plan_lines": ", ".join(map(str, sorted({*row["lines"], *lines}))),
        "finding_zh": finding_zh,
        "finding_en": finding_en,
        "advice_zh": advice_zh,
        "advice_en": advice_en,
    }


def goal_text(target: Mapping) -> str:
    """Format a target as its number, a range, or the printed words for a number not yet set."""
    if target["relation"] == "between":
        return f"{plain(target['target_low'])}-{plain(target['target_high'])}"
    return target["printed_target"] if target["relation"] == "unset" else plain(weakest_target(target))
