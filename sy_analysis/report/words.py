"""Words for people: codes in two languages, targets and sources as text, verdicts."""

import csv
from collections.abc import Mapping
from importlib.resources import files

import pandas as pd
from wcwidth import width

from sy_analysis.base.words import number, probability, read_words, shorten
from sy_analysis.judge.ledger import CAUSE_NAMES
from sy_analysis.judge.methods import Comparison
from sy_analysis.judge.plan_checks import CHECKS
from sy_analysis.judge.rules import REASONS, STATUS

FORECAST_STATUSES = ("on_track", "at_risk", "off_track")  # only these have an attainment probability
FEW_OWN_VALUES = 4  # below this the spread and direction come mostly from reference areas


def read_rows(name: str) -> list[dict[str, str]]:
    """Read a CSV file of this package, one dict a row."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _word_sets():
    sets = {
        "status": STATUS,
        "reason": REASONS,
        "cause": CAUSE_NAMES,
        "check": {name: words[:2] for name, words in CHECKS.items()},
    }
    for row in read_rows("words.csv"):
        sets.setdefault(row["set"], {})[row["key"]] = (row["zh"], row["en"])
    return sets


# Chinese and English of each code by kind; English is empty where pages show Chinese only
WORDS = _word_sets()
SENTENCES = read_words("sy_analysis.report", "sentences.csv")
# the sign before a status, of the shape that figures draw: never colour alone
SIGN = {status: sign for status, (sign, _) in WORDS["sign"].items()}


def chinese(kind: str, code: str | bool | None) -> str:
    """Look up a code's Chinese word, a dash for a missing code.

    >>> chinese("grade", "B"), chinese("binding", True), chinese("opinion", None)
    ('报刊', '约束性', '—')
    """
    return "—" if pd.isna(code) else WORDS[kind][str(code)][0]


def pair(kind: str, code: str) -> str:
    """Look up a code's word in both languages.

    >>> pair("evidence", "weak")
    '弱 weak'
    """
    return " ".join(WORDS[kind][code])


def count_text(statuses: pd.Series, form: str, separator: str) -> str:
    """Count the statuses that occur, each in a form with n, zh and en.

    >>> count_text(pd.Series(["at_risk", "on_track", "at_risk"]), "{n}项{zh}", "、")
    '1项预计达成、2项有风险'
    """
    counts = statuses.value_counts()
    return separator.join(
        form.format(n=counts[status], zh=zh, en=en) for status, (zh, en) in STATUS.items() if status in counts
    )


def text_width(text: str) -> int:
    """Measure a text in half Chinese characters.

    >>> text_width("P01 合格率"), text_width("“不变”")
    (10, 8)
    """
    return width(text, ambiguous_width=2)  # a Chinese font draws quotation marks and dashes wide


def target_text(target: Mapping) -> str:
    """Write a target with its sign made explicit.

    >>> target_text({"relation": "between", "target_low": 2.0, "target_high": 3.0, "unit": "个"})
    '2–3个'
    """
    relation, low, high = (target[name] for name in ("relation", "target_low", "target_high"))
    if relation == "unset":
        return chinese("relation", relation)
    if relation == "between":
        return f"{range_text(low, high)}{target['unit']}"
    value = high if relation == "at_most" else low
    return f"{chinese('relation', relation)}{number(value, target['unit'])}"


def range_text(low: float, high: float) -> str:
    """Write two ends of an interval without their unit, a dash if there is none.

    >>> range_text(91.5, 93.25)
    '91.5–93.25'
    """
    return "—" if pd.isna(low) else f"{number(low)}–{number(high)}"


def interval(row: Mapping) -> str:
    """Write the 80 % prediction interval of an assessment without its unit."""
    return range_text(row["predicted_low"], row["predicted_high"])


def cite(source: Mapping) -> str:
    """Cite a source in a few words: publisher, title, day and id.

    >>> import datetime
    >>> day = datetime.date(2024, 3, 1)
    >>> cite({"publisher": "统计局;转载", "title": "公报", "published": day, "source_id": "S1"})
    '统计局《公报》2024-03-01 [S1]'
    """
    if not source:
        return "—"
    published = source.get("published")
    day = "" if pd.isna(published) else f"{published:%Y-%m-%d} "
    return f"{source['publisher'].split(';')[0]}《{shorten(source['title'])}》{day}[{source['source_id']}]"


def citations(sources: pd.DataFrame) -> dict[str, str]:
    """Cite every source of a plan, by its id."""
    return {source["source_id"]: cite(source) for source in sources.to_dict("records")}


def agreement(comparison: Comparison) -> tuple[str, str]:
    """State whether the official methods agree on a target, in Chinese and in English."""
    zh, en = WORDS["agreement"][comparison.mark]
    return f"**{zh}**。{comparison.line_zh}", f"**{en}**. {comparison.line_en}"


def verdict(assessment: Mapping, target: Mapping, indicator: Mapping) -> tuple[str, str]:
    """State a verdict in one plain sentence, in Chinese and in English.

    Parameters
    ----------
    assessment, target, indicator : rows of `assessments`, `targets` and `indicators`
    """
    row = {**dict(indicator), **dict(target), **dict(assessment)}
    name = "unjudged" if row["status"] == "not_assessed" else row["reason"]
    forms = SENTENCES.get(name, SENTENCES["warning"])
    row |= {
        "the_latest": number(row["latest_value"], row["unit"]),
        "the_median": number(row["predicted_median"], row["unit"]),
        "the_interval": f"{interval(row)}{row['unit']}",
        "the_aim": target_text(row),
        "the_chance": probability(row["attainment_probability"]),
    }
    return tuple(form.format(**row, **_words_of(row, language)) for language, form in enumerate(forms))


def _words_of(row, language):
    caveats = [SENTENCES[name][language].format(**row) for name in _caveats(row)]
    return {
        "the_name": (row["name_zh"], row["name_en"])[language],
        "the_status": STATUS[row["status"]][language],
        "the_reason": REASONS[row["reason"]][language],
        "the_caveat": "".join(f" {caveat}" if language else caveat for caveat in caveats),
    }


def _caveats(row):
    if row["status"] in FORECAST_STATUSES and row["n_own"] < FEW_OWN_VALUES:
        yield "caveat_few_values"
    if row["evidence_id"] != row["indicator_id"]:
        yield "caveat_other_scope"
