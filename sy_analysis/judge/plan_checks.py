"""Where a plan contradicts itself, the record or the plans above it: to clear up before anything is judged.

What stands in the plan's tables is compared as data. What stands only in its prose comes from plan_notes.csv:
one fact a row with the line, the exact words and, where needed, how they are to be read.
"""

import calendar
import re
from fractions import Fraction
from itertools import pairwise

import pandas as pd

from sy_analysis.base.errors import DataError, Problem
from sy_analysis.judge.bounds import good_items
from sy_analysis.judge.targets import gap_to_target, weakest_target
from sy_analysis.record.selection import relatives

NOTE_COLUMNS = [
    "note_id",
    "kind",
    "plan_line",
    "quote",
    "target_id",
    "other",
    "value",
    "year",
    "unit",
    "reading_zh",
    "reading_en",
]
# check -> (Chinese, English, what to do in Chinese, in English); in the order of the page
CHECKS = {
    "target_not_set": (
        "目标数值未定",
        "Target number not set",
        "向下达单位索取书面指标值，或经程序自行设定；在此之前不作达标判断。",
        "Ask in writing for the number, or set one by the plan's own procedure; no verdict until then.",
    ),
    "baseline_of_another_year": (
        "基期值疑为其他年份",
        "Baseline looks like another year's",
        "核对基期年份与范围并更正；更正前同时给出两种基期下的结论。",
        "Check year and scope of the baseline and correct it; until then state conclusions for both.",
    ),
    "text_against_table": (
        "正文与表格不一致",
        "Text against table",
        "写明两个数各自的范围、环节和年份，只留一个作基期。",
        "State scope, stage and year of both numbers and keep one as the baseline.",
    ),
    "definition_break": (
        "统计口径变更",
        "Change of definition",
        "按旧口径继续提供数据，或按程序把基期和目标一并换算到新口径。",
        "Keep reporting on the old basis, or restate baseline and target together on the new one.",
    ),
    "floor_below_baseline": (
        "目标低于基期",
        "Target below the baseline",
        "说明是否允许下降；如不允许，把下限改为基期值。",
        "Say whether a fall is meant; if not, raise the floor to the baseline.",
    ),
    "two_targets": (
        "同一指标两处目标",
        "Two targets for one quantity",
        "写明两个目标各自的范围，分别统计。",
        "State the scope of each target and report both.",
    ),
    "higher_plan_asks_more": (
        "低于上级规划",
        "Below the plan above",
        "在规划评估中按上级目标调整，或说明理由；报告中两个目标都列。",
        "Adjust at the plan's review or give the reason; show both targets in reports.",
    ),
    "asked_for_earlier": (
        "上级要求的期限更早",
        "Asked for earlier by a plan above",
        "核对本市当时是否已达到；已达到的，目标应再提高。",
        "Check whether the city met it then; if so, the target should be higher.",
    ),
    "text_against_record": (
        "正文与公开记录不一致",
        "Text against the public record",
        "核对正文数字的时点和口径。",
        "Check date and definition of the number in the text.",
    ),
    "counts": ("指标数目", "Number of indicators", "核对并更正数目。", "Check and correct the number."),
    "numbering": (
        "专栏编号不连续",
        "Boxes not numbered in sequence",
        "补上缺失的专栏标题。",
        "Add the missing heading.",
    ),
    "typo": ("文字错误", "Misprint", "更正。", "Correct it."),
}
_COUNTED = {"core": "核心指标", "expected": "预期性指标", "binding": "约束性指标"}
FINDING_COLUMNS = [
    "check",
    "target_id",
    "is_binding",
    "plan_lines",
    "finding_zh",
    "finding_en",
    "advice_zh",
    "advice_en",
]


def check_notes(plan):
    """Check the notes against the plan: every quote stands in its line, every id exists.

    Parameters
    ----------
    plan : Plan from `read_plan`; its `notes` are text cells with `NOTE_COLUMNS`, indexed by their line

    Returns
    -------
    DataFrame
        the notes with plan_line as int, value and year as numbers.

    Raises
    ------
    DataError
        naming file, line, column, value and what was expected of every row that is wrong.
    """
    notes, lines = plan.notes, plan.lines
    if notes.empty:
        return pd.DataFrame(columns=NOTE_COLUMNS)
    if list(notes.columns) != NOTE_COLUMNS:
        raise DataError(
            [f"plan_notes.csv: columns {', '.join(notes.columns)}; expected {', '.join(NOTE_COLUMNS)}"]
        )
    indicators, targets = set(plan.indicators["indicator_id"]), set(plan.targets["target_id"])
    known = {
        "kind": set(_CHECK_OF_KIND),
        "plan_line": {str(number) for number in range(1, len(lines) + 1)},
        "target_id": targets | {""},
    }
    others = {"same_quantity": targets, "other_basis": indicators, "record": indicators, "rank": indicators}
    problems = []
    for line, note in notes.iterrows():
        wrong = [column for column, values in known.items() if note[column] not in values]
        if note["other"] not in others.get(note["kind"], {note["other"]}):
            wrong.append("other")
        expected = "expected one that the plan has"
        problems += [Problem("plan_notes.csv", line, column, note[column], expected) for column in wrong]
        if "plan_line" not in wrong and note["quote"] not in lines[int(note["plan_line"]) - 1]:
            expected = f"expected words of plan line {note['plan_line']}"
            problems.append(Problem("plan_notes.csv", line, "quote", note["quote"], expected))
    if problems:
        raise DataError(problems)
    return notes.assign(
        plan_line=notes["plan_line"].astype(int),
        value=pd.to_numeric(notes["value"].where(notes["value"] != "")),
        year=pd.to_numeric(notes["year"].where(notes["year"] != "")),
    )


def check_plan(plan):
    """All findings about a plan.

    Parameters
    ----------
    plan : Plan from `read_plan`

    Returns
    -------
    DataFrame
        one finding a row: check (a key of `CHECKS`), target_id (empty where the whole plan is meant),
        is_binding, plan_lines (as 17, 124), finding_zh, finding_en, advice_zh, advice_en. Binding ones come
        first, then the order of `CHECKS`.
    """
    notes, lines = check_notes(plan), plan.lines
    targets = plan.targets.merge(
        plan.indicators[["indicator_id", "direction", "family", "role"]], on="indicator_id"
    )
    rows = {row["target_id"]: _with_lines(row, lines) for row in targets.to_dict("records")}
    findings = [
        *_targets_not_set(rows, plan, notes),
        *_baselines_of_other_years(rows, plan),
        *(
            finding
            for note in notes.to_dict("records")
            for finding in _CHECK_OF_KIND[note["kind"]](note, rows, plan)
        ),
        *_floors_below_baseline(rows),
        *_higher_plans(rows, plan, notes),
        *_box_numbers(lines),
    ]
    table = pd.DataFrame(findings, columns=["check", "target_id", "lines", "finding_zh", "finding_en"])
    table["is_binding"] = [
        target_id in rows and bool(rows[target_id]["is_binding"]) for target_id in table["target_id"]
    ]
    table["plan_lines"] = [", ".join(map(str, sorted(set(numbers)))) for numbers in table["lines"]]
    table["advice_zh"] = table["check"].map({check: words[2] for check, words in CHECKS.items()})
    table["advice_en"] = table["check"].map({check: words[3] for check, words in CHECKS.items()})
    order = table.assign(order=table["check"].map(list(CHECKS).index), last=~table["is_binding"])
    return order.sort_values(["last", "order"], kind="stable", ignore_index=True)[FINDING_COLUMNS]


def _with_lines(row, lines):
    """A target with the lines where it stands: that of its baseline, which the table prints on the line before,
    and its own; none where the plan's text is not kept."""
    if pd.isna(row["plan_line"]):
        return {**row, "plan_line": "—", "lines": []}
    own = int(row["plan_line"])
    has_baseline = (
        1 < own <= len(lines)
        and row["printed_baseline"]
        and lines[own - 2].strip(" |") == row["printed_baseline"]
    )
    return {**row, "plan_line": own, "lines": [own - 1, own] if has_baseline else [own]}


def _finding(check, target_id, lines, zh, en):
    return {"check": check, "target_id": target_id, "lines": lines, "finding_zh": zh, "finding_en": en}


def plain(number):
    """A number as printed, without a binary tail.

    >>> plain(98.20), plain(342.0), plain(6.905)
    ('98.2', '342', '6.905')
    """
    return f"{round(number, 4):g}" if abs(number) < 1e5 else f"{number:.0f}"


def goal_text(row):
    """A target as people write it: its number, a range, or the words that stand for a number not yet set."""
    low, high = row["target_low"], row["target_high"]
    if row["relation"] == "between":
        return f"{plain(low)}-{plain(high)}"
    return row["printed_target"] if row["relation"] == "unset" else plain(weakest_target(row))


def _quoted(text):
    """Words of the plan in quotation marks, marks inside them made single."""
    return "“" + text.replace("“", "‘").replace("”", "’") + "”"


def _with_reading(zh, en, note):
    return zh + note["reading_zh"], f"{en} {note['reading_en']}".strip()


def _targets_not_set(rows, plan, notes):
    names = _higher_areas(notes)
    for target_id, row in rows.items():
        if row["relation"] != "unset":
            continue
        above = plan.reference_targets.query("indicator_id == @row['indicator_id'] and relation == 'unset'")
        silent = [area for area in above["area"] if area in names]
        kind_zh, kind_en = ("约束性", "binding ") if row["is_binding"] else ("预期性", "")
        zh = f"{target_id}是{kind_zh}指标，目标写作{_quoted(row['printed_target'])}，没有数值。"
        en = (
            f"{target_id} is a {kind_en}target printed as {_quoted(row['printed_target'])}, without a number."
        )
        if silent:
            zh += f"{'、'.join(silent)}公开文件也只说完成上级下达值，未见数值。"
            en += f" Public documents of {', '.join(names[area] for area in silent)} give no number either."
        yield _finding("target_not_set", target_id, row["lines"], zh, en)


def _baselines_of_other_years(rows, plan):
    """A baseline that the same quantity shows for another year, while it shows something else for its own."""
    values = _yearly_values(plan)
    for target_id, row in rows.items():
        for name in _own_and_stand_ins(row["indicator_id"], plan):
            if (by_year := values.get((name, row["area"]))) is None:
                continue
            stated = by_year.get(row["baseline_year"])
            same = by_year[(by_year == row["baseline_value"]) & (by_year.index != row["baseline_year"])]
            if stated is None or stated == row["baseline_value"] or same.empty:
                continue
            yield _finding(
                "baseline_of_another_year",
                target_id,
                row["lines"],
                *_other_year(row, name, same.index[0], stated, plan),
            )


def _yearly_values(plan):
    """Mean of the values printed as exact, by indicator_id, area and year."""
    is_yearly = (plan.observations["frequency"] == "A") & (plan.observations["qualifier"] == "=")
    yearly = plan.observations[is_yearly]
    key = ["indicator_id", "area", yearly["period"].astype(int).rename("year")]
    return yearly.groupby(key)["value"].mean()


def _own_and_stand_ins(indicator_id, plan):
    return [indicator_id, *relatives(plan.indicators, indicator_id, roles=("stand_in",))]


def _other_year(row, name, year, stated, plan):
    facts = plan.indicators.set_index("indicator_id").loc[name]
    baseline, base_year = plain(row["baseline_value"]), int(row["baseline_year"])
    zh = (
        f"表中{base_year}年基期{baseline}{row['unit']}，与“{facts['name_zh']}”{year}年的数值完全相同；"
        f"该序列{base_year}年为{plain(stated)}{row['unit']}。"
    )
    en = (
        f"The table's {base_year} baseline of {baseline} equals the {year} value of “{facts['name_en']}” to "
        f"the digit; that series stands at {plain(stated)} for {base_year}."
    )
    if row["family"] == "days_share":
        then, now = (good_items(baseline, _days(when))[0] for when in (year, base_year))
        zh += f"（{baseline}%即{year}年的{then}天；{base_year}年则须为{now}天。）"
        en += f" ({baseline} % is {then} days of {year}, but would be {now} of {base_year}.)"
    better = row["direction"] * (stated - row["baseline_value"]) > 0
    zh += f"若是如此，以表中基期计算的进度{'偏大' if better else '偏小'}。"
    en += f" If so, progress counted from the table's baseline is {'over' if better else 'under'}stated."
    return zh, en


def _floors_below_baseline(rows):
    for target_id, row in rows.items():
        if row["relation"] == "unset" or pd.isna(row["baseline_value"]):
            continue
        slack = -gap_to_target(row["baseline_value"], row)
        if slack > 0:
            baseline, slack = plain(row["baseline_value"]), plain(slack)
            zh = f"{target_id}目标{row['printed_target']}，基期已是{baseline}：退步{slack}仍算达标。"
            en = f"{target_id} asks {row['printed_target']} from {baseline}: worse by {slack} still meets it."
            yield _finding("floor_below_baseline", target_id, row["lines"], zh, en)


def _box_numbers(lines):
    """Boxes (专栏) whose number does not follow the one before."""
    headings = [(line, re.match(r"专栏(\d+)[:：]", text)) for line, text in enumerate(lines, 1)]
    boxes = [(int(found[1]), line) for line, found in headings if found]
    for (number, line), (following, next_line) in pairwise(boxes):
        if following != number + 1:
            missing = "、".join(str(between) for between in range(number + 1, following))
            zh = f"专栏{number}之后是专栏{following}，缺专栏{missing}的标题。"
            en = f"Box {number} is followed by box {following}; a heading is missing between them."
            yield _finding("numbering", "", [line, next_line], zh, en)


def _figure(note, rows, plan):
    row = rows[note["target_id"]]
    value, said_zh, said_en = _in_unit_of(row, note)
    if value == row["baseline_value"]:
        return
    baseline = "—" if pd.isna(row["baseline_value"]) else plain(row["baseline_value"])
    zh = (
        f"第{note['plan_line']}行正文{_quoted(note['quote'])}{said_zh}；"
        f"第{row['plan_line']}行基期为{baseline}，目标为{goal_text(row)}。"
    )
    en = (
        f"Line {note['plan_line']} says {_quoted(note['quote'])}{said_en}; line {row['plan_line']} has the "
        f"baseline {baseline} and the target {goal_text(row)}."
    )
    lines = [note["plan_line"], *row["lines"]]
    yield _finding("text_against_table", note["target_id"], lines, *_with_reading(zh, en, note))


def _in_unit_of(row, note):
    """The value of a note in the unit of its target, and how it was converted in both languages."""
    if not (note["unit"] == "天" and row["unit"] == "%"):
        return note["value"], "", ""
    days = _days(int(note["year"]))
    share = float(round(Fraction(int(note["value"]) * 100, days), 1))
    return share, f"（即{days}天的{plain(share)}%）", f" ({plain(share)} % of {days} days)"


def _days(year):
    return 366 if calendar.isleap(year) else 365


def _count(note, rows, plan):
    core = [row for row in rows.values() if row["role"] == "core"]
    found = {
        "core": len(core),
        "binding": sum(bool(row["is_binding"]) for row in core),
        "expected": sum(not row["is_binding"] for row in core),
    }[note["other"]]
    if found != note["value"]:
        line, said = note["plan_line"], _quoted(note["quote"])
        zh = f"第{line}行写{said}，表中{_COUNTED[note['other']]}为{found}项。"
        en = f"Line {line} says {said}; the table has {found} {note['other']} indicators."
        yield _finding("counts", "", [note["plan_line"]], *_with_reading(zh, en, note))


def _same_quantity(note, rows, plan):
    row, other = rows[note["target_id"]], rows[note["other"]]
    asks = [(one["target_id"], one["plan_line"], goal_text(one), one["area"]) for one in (row, other)]
    zh = "；".join(f"{name}第{line}行目标{goal}（{area}）" for name, line, goal, area in asks) + "。"
    en = " and ".join(f"{name} asks {goal} in line {line}" for name, line, goal, _ in asks) + "."
    lines = [*row["lines"], *other["lines"]]
    yield _finding("two_targets", note["target_id"], lines, *_with_reading(zh, en, note))


def _other_basis(note, rows, plan):
    row = rows[note["target_id"]]
    values = _yearly_values(plan)
    names = plan.indicators.set_index("indicator_id")
    for own_id in _own_and_stand_ins(row["indicator_id"], plan):
        pair = _nearest_pair(values, own_id, note["other"])
        if pair:
            zh, en = _difference(names.loc[own_id], names.loc[note["other"]], *pair)
            lines = [note["plan_line"], *row["lines"]]
            yield _finding("definition_break", note["target_id"], lines, *_with_reading(zh, en, note))
            return


def _difference(own_name, other_name, area, year, own, other):
    difference, more = plain(abs(other - own)), other > own
    zh = (
        f"“{other_name['name_zh']}”是另一口径：{area}{year}年为{plain(other)}，"
        f"比“{own_name['name_zh']}”的{plain(own)}{'高' if more else '低'}{difference}点。"
    )
    en = (
        f"“{other_name['name_en']}” is another basis: {plain(other)} for {area} in {year}, {difference} "
        f"{'above' if more else 'below'} the {plain(own)} of “{own_name['name_en']}”."
    )
    return zh, en


def _nearest_pair(values, own_id, other_id):
    """Area and year in which both bases are known; else the own value is the mean of the years next to it."""
    own, others = (values.get(name, pd.Series(dtype=float)) for name in (own_id, other_id))
    for reach in (0, 1):
        for (area, year), other in others.items():
            near = [
                value for (place, when), value in own.items() if place == area and abs(when - year) <= reach
            ]
            if near:
                return area, year, round(sum(near) / len(near), 2), other
    return None


def _record(note, rows, plan):
    line, value, year = note["plan_line"], plain(note["value"]), int(note["year"])
    for seen in _seen(note, plan):
        if seen["value"] != note["value"]:
            period, found = seen["period"], plain(seen["value"])
            zh = f"第{line}行正文写{year}年{value}{note['unit']}，公开记录{period}为{found}。"
            en = f"Line {line} says {value} for {year}; the record has {found} for {period}."
            yield _finding("text_against_record", "", [line], *_with_reading(zh, en, note))


def _rank(note, rows, plan):
    line, known = note["plan_line"], plan.observations[plan.observations["indicator_id"] == note["other"]]
    direction = plan.indicators.set_index("indicator_id").at[note["other"], "direction"]
    for seen in _seen(note, plan):
        # places of the same level as the city; a province is the sum of them
        peers = known[(known["period"] == seen["period"]) & known["area"].str.contains("[市州]$")]
        rank = 1 + int((direction * peers["value"] > direction * seen["value"]).sum())
        if rank != note["value"]:
            period, said, stood = seen["period"], _quoted(note["quote"]), plain(seen["value"])
            zh = f"第{line}行正文{said}；公开记录{period}为{stood}，{len(peers)}个市州中第{rank}。"
            en = f"Line {line} says {said}; in {period} it stood at {stood}, {rank} of {len(peers)}."
            yield _finding("text_against_record", "", [line], *_with_reading(zh, en, note))


def _seen(note, plan):
    """What the record has for the note's indicator and year in the plan's own area."""
    known = plan.observations.query("indicator_id == @note['other'] and area == @plan.area")
    return known[known["period"].str[:4] == str(int(note["year"]))].to_dict("records")


def _typo(note, rows, plan):
    zh = f"第{note['plan_line']}行{_quoted(note['quote'])}应为“{note['other']}”。"
    en = f"Line {note['plan_line']}: {_quoted(note['quote'])} should read “{note['other']}”."
    yield _finding("typo", "", [note["plan_line"]], zh, en)


def _nothing(note, rows, plan):
    return ()


_CHECK_OF_KIND = {
    "figure": _figure,
    "count": _count,
    "same_quantity": _same_quantity,
    "other_basis": _other_basis,
    "record": _record,
    "rank": _rank,
    "typo": _typo,
    "higher_area": _nothing,
}


def _higher_plans(rows, plan, notes):
    """Targets of the plans above for the same quantity that ask more, or the same but earlier."""
    names = _higher_areas(notes)
    asked = plan.reference_targets[
        plan.reference_targets["area"].isin(names) & plan.reference_targets["value"].notna()
    ]
    for target_id, row in rows.items():
        if row["relation"] == "unset" or row["role"] != "core":
            continue
        for above in asked[asked["indicator_id"] == row["indicator_id"]].to_dict("records"):
            more = row["direction"] * (above["value"] - weakest_target(row))
            is_earlier = int(above["period"]) < row["target_year"]
            asks, value, name = goal_text(row), plain(above["value"]), names[above["area"]]
            if more > 0 and not is_earlier:
                zh = f"{target_id}目标{asks}，{above['area']}同期目标{value}，高{plain(more)}点。"
                en = f"{target_id} asks {asks}; {name} asks {value} for the same year."
                yield _finding("higher_plan_asks_more", target_id, row["lines"], zh, en)
            if more >= 0 and is_earlier:
                zh = f"{target_id}目标{asks}，{above['area']}早在{above['period']}年的目标已是{value}。"
                en = f"{target_id} asks {asks}; {name} had asked {value} for {above['period']}."
                yield _finding("asked_for_earlier", target_id, row["lines"], zh, en)


def _higher_areas(notes):
    areas = notes[notes["kind"] == "higher_area"]
    return dict(zip(areas["other"], areas["reading_en"], strict=True))
