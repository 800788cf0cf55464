"""What a finding consists of, and findings from the plan's tables and headings."""

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

import pandas as pd

from sy_analysis.base.periods import days_in
from sy_analysis.base.words import read_words
from sy_analysis.judge.bounds import good_items
from sy_analysis.judge.sentences import Pair, fill, joined, listed, plain, quoted
from sy_analysis.judge.targets import gap_to_target, weakest_target
from sy_analysis.record.plan import Plan
from sy_analysis.record.selection import relatives
from sy_analysis.record.series import EMPTY_HISTORY

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


class Finding(NamedTuple):
    """One row of `check_plan`."""

    check: str
    target_id: str
    is_binding: bool
    plan_lines: str
    finding_zh: str
    finding_en: str
    advice_zh: str
    advice_en: str


def finding(check: str, row: Mapping, *sentences: Pair, lines: Iterable[int] = ()) -> Finding:
    """Build a finding about a target from its sentences, with the advice of its check.

    Parameters
    ----------
    row : row of a target with the `lines` where it stands, or `WHOLE_PLAN`
    lines : further lines of the plan that it rests on
    """
    _, _, *advice = CHECKS[check]
    plan_lines = ", ".join(map(str, sorted({*row["lines"], *lines})))
    return Finding(check, row["target_id"], bool(row["is_binding"]), plan_lines, *joined(sentences), *advice)


def goal_text(target: Mapping) -> str:
    """Format a target as its number or range, or as printed where none is set."""
    if target["relation"] == "between":
        return f"{plain(target['target_low'])}-{plain(target['target_high'])}"
    return target["printed_target"] if target["relation"] == "unset" else plain(weakest_target(target))


def findings_of_tables(rows: dict[str, dict], plan: Plan, notes: pd.DataFrame) -> Iterator[Finding]:
    """Yield the findings about targets, baselines, plans above and box numbers.

    Parameters
    ----------
    rows : dict of target_id to the row of `targets` with its indicator's columns and `lines`
    notes : DataFrame from `check_notes`, which names the areas above
    """
    above = notes[notes["kind"] == "higher_area"].set_index("other")["reading_en"].to_dict()
    targets_above = plan.reference_targets[plan.reference_targets["area"].isin(above)].to_dict("records")
    values = yearly_values(plan)
    for row in rows.values():
        of_above = [target for target in targets_above if target["indicator_id"] == row["indicator_id"]]
        if row["relation"] == "unset":
            yield _target_not_set(row, of_above, above)
        else:
            yield from _floor_below_baseline(row)
            yield from _plans_above(row, of_above, above)
        yield from _baseline_of_another_year(row, plan, values)
    yield from _box_numbers(plan.lines)


def _target_not_set(row, of_above, above):
    areas = [target["area"] for target in of_above if target["relation"] == "unset"]
    name = "not_set_binding" if row["is_binding"] else "not_set_expected"
    sentences = [sentence(name, target=row, printed=quoted(row["printed_target"]))]
    if areas:
        sentences.append(sentence("not_set_above", areas=listed((area, above[area]) for area in areas)))
    return finding("target_not_set", row, *sentences)


def _floor_below_baseline(row):
    slack = -gap_to_target(row["baseline_value"], row)
    if slack > 0:
        text = sentence("floor_below", target=row, baseline=row["baseline_value"], slack=slack)
        yield finding("floor_below_baseline", row, text)


def _plans_above(row, of_above, above):
    """Targets of the plans above for the same quantity that ask more, or the same but earlier."""
    if row["role"] != "core":
        return
    for target in of_above:
        more = row["direction"] * (target["value"] - weakest_target(row))
        is_earlier = int(target["period"]) < row["target_year"]
        if not (more > 0 or (more == 0 and is_earlier)):  # a target above without a number asks nothing
            continue
        facts = {"above": target, "area": (target["area"], above[target["area"]]), "value": target["value"]}
        name = "asked_earlier" if is_earlier else "asks_more"
        text = sentence(name, target=row, goal=goal_text(row), more=more, **facts)
        check = "asked_for_earlier" if is_earlier else "higher_plan_asks_more"
        yield finding(check, row, text)


def _baseline_of_another_year(row, plan, values):
    """A baseline that the same quantity shows for another year, while it shows something else for its own."""
    baseline, base_year = row["baseline_value"], row["baseline_year"]
    for name in own_and_stand_ins(row["indicator_id"], plan):
        by_year = values.get((name, row["area"]), EMPTY_HISTORY)
        stated = by_year.get(base_year)
        same_years = by_year.index[(by_year == baseline) & (by_year.index != base_year)]
        if stated is not None and stated != baseline and len(same_years):
            sentences = _other_year(row, names_of(plan, name), same_years[0], stated)
            yield finding("baseline_of_another_year", row, *sentences)


def own_and_stand_ins(indicator_id: str, plan: Plan) -> list[str]:
    """Ids of an indicator and of those that stand in for it."""
    return [indicator_id, *relatives(plan.indicators, indicator_id, roles=("stand_in",))]


def names_of(plan: Plan, indicator_id: str) -> tuple[str, str]:
    """Chinese and English name of an indicator."""
    return tuple(plan.indicators.set_index("indicator_id").loc[indicator_id, ["name_zh", "name_en"]])


def yearly_values(plan: Plan) -> pd.Series:
    """Values by indicator, area and year, the mean of those printed as exact."""
    exact = plan.observations.query("frequency == 'A' and qualifier == '='")
    return exact.groupby(["indicator_id", "area", exact["period"].astype(int)])["value"].mean()


def _other_year(row, name, year, stated):
    base_year, baseline = int(row["baseline_year"]), row["baseline_value"]
    facts = {"base_year": base_year, "year": year, "baseline": baseline}
    yield sentence("other_year", **facts, target=row, name=name, stated=stated)
    if row["family"] == "days_share":
        days, base_days = (good_items(plain(baseline), days_in(str(when)))[0] for when in (year, base_year))
        yield sentence("other_year_days", **facts, days=days, base_days=base_days)
    is_better = row["direction"] * (stated - baseline) > 0
    yield sentence("overstated" if is_better else "understated")


def _box_numbers(lines):
    """Boxes (专栏) whose number does not follow the one before."""
    headings = [(line, re.match(r"专栏(\d+)[:：]", text)) for line, text in enumerate(lines, 1)]
    boxes = [(int(match[1]), line) for line, match in headings if match]
    for (number, line), (following, next_line) in pairwise(boxes):
        if following != number + 1:
            missing = listed(range(number + 1, following))
            text = sentence("box", number=number, following=following, missing=missing)
            yield finding("numbering", WHOLE_PLAN, text, lines=[line, next_line])
