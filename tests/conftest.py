"""A small plan folder that tests may change: three indicators, one city, two neighbours."""

import shutil

import matplotlib
import pandas as pd
import pytest
import yaml
from hypothesis import settings

from sy_analysis.base.csv_text import read_text_table
from sy_analysis.record.folders import input_folders
from sy_analysis.record.plan import with_purposes
from sy_analysis.record.plan import write_plan as write_plan_and_record
from sy_analysis.record.schema import columns

matplotlib.use("Agg")
# the same examples on every machine: a change fails for what it does, not for a lucky draw or a slow minute
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

PLAN_YAML = """\
plan_id: demo-2021-2025
name_zh: 示例规划
name_en: Demo plan
area: 甲市
baseline_year: 2020
target_year: 2025
"""
INDICATORS = [
    ("G1", "合格率", "Pass rate", "%", "0", "100", "1", "percentage", "none", "true", "core", ""),
    (
        "G1_city",
        "合格率(市区)",
        "Pass rate, city proper",
        "%",
        "0",
        "100",
        "1",
        "percentage",
        "none",
        "false",
        "stand_in",
        "G1",
    ),
    ("H1", "优良天数比例", "Good-air days", "%", "0", "100", "1", "days_share", "days", "false", "core", ""),
    ("N1", "平台", "Platforms", "个", "0", "", "1", "count", "last", "false", "core", ""),
]
TARGETS = [
    ("G1", "G1", "甲市", "2020", "90", "2025", "at_least", "93", "", "%", "false"),
    ("H1", "H1", "甲市", "2020", "85", "2025", "unset", "", "", "%", "true"),
    ("N1", "N1", "甲市", "", "", "2025", "between", "2", "3", "个", "false"),
]
SOURCES = [
    ("plan", "规划", "2021-12-31"),
    ("S1", "公报一", "2022-03-01"),
    ("S2", "公报二", "2024-03-01"),
    ("S3", "邻市公报", "2023-05-01"),
]
OBSERVATIONS = [
    ("G1", "甲市", "2020", "A", "plan", "90", "%"),
    ("G1", "甲市", "2021", "A", "S1", "90.8", "%"),
    ("G1", "甲市", "2023", "A", "S2", "92.1", "%"),
    *(
        ("G1", "乙市", str(2016 + i), "A", "S3", value, "%")
        for i, value in enumerate(["88", "88.6", "89.1", "90"])
    ),
    ("H1", "甲市", "2020", "A", "plan", "85", "%"),
]


@pytest.fixture
def tables():
    """Raw tables as text, to change before `write_plan` writes them."""
    return _demo_tables()


def _demo_tables():
    return {
        "indicators": _table(
            "indicators",
            [
                {
                    **dict(
                        zip(
                            ("indicator_id", "name_zh", "name_en", "unit", "lower_bound", "upper_bound"),
                            row[:6],
                            strict=True,
                        )
                    ),
                    **dict(
                        zip(
                            ("direction", "family", "annual_rule", "is_sampled", "role", "relates_to"),
                            row[6:],
                            strict=True,
                        )
                    ),
                    "short_zh": row[1],
                    "short_en": row[2],
                    "group_zh": "质量",
                    "group_en": "Quality",
                }
                for row in INDICATORS
            ],
        ),
        "targets": _table(
            "targets",
            [
                dict(zip(columns("targets")[:11], row, strict=True))
                | {
                    "section": "核心指标表",
                    "printed_target": {"G1": "93", "H1": "省下达指标", "N1": "2-3个"}[row[0]],
                    "plan_line": "1",
                }
                for row in TARGETS
            ],
        ),
        "sources": _table(
            "sources",
            [
                {"source_id": source_id, "title": title, "published": published, "recorded": "2024-06-01"}
                for source_id, title, published in SOURCES
            ],
        ),
        "observations": _table(
            "observations",
            [
                dict(zip(columns("observations")[:7], row, strict=True)) | {"qualifier": "=", "grade": "A"}
                for row in OBSERVATIONS
            ],
        ),
        "breaks": _table("breaks", []),
        "reference_targets": _table("reference_targets", []),
    }


def _table(name, rows):
    return pd.DataFrame(rows, columns=columns(name), dtype=str).fillna("")


@pytest.fixture
def write_plan(tmp_path):
    """Write tables and plan.yaml into a new plan folder, which is returned."""

    def write(tables, plan_yaml=PLAN_YAML):
        return _write_plan(tmp_path / "demo-2021-2025", tables, plan_yaml)

    return write


def _write_plan(folder, tables, plan_yaml=PLAN_YAML):
    folder.mkdir(exist_ok=True)
    (folder / "plan.yaml").write_text(plan_yaml, encoding="utf-8")
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n")
    return folder


@pytest.fixture
def two_folders(tables, tmp_path):
    """The small plan with its record in another folder, and the plan's folder of the two."""
    folder = tmp_path / "plans/demo-2021-2025"
    write_plan_and_record(folder, yaml.safe_load(PLAN_YAML) | {"record": "city"}, tables)
    return folder


@pytest.fixture(scope="session")
def copy_flat():
    """Copy a plan and its record into one flat folder, which is returned."""

    def copy(plan, folder):
        own, record = input_folders(plan).values()
        for source in (record, own):
            shutil.copytree(source, folder, dirs_exist_ok=True)
        quantities, purposes = (read_text_table(source / "indicators.csv") for source in (record, own))
        joined = with_purposes(quantities, purposes)
        joined.to_csv(folder / "indicators.csv", index=False, lineterminator="\n")
        tables = [read_text_table(source / "contradictions.csv") for source in (own, record)]
        pd.concat(tables).to_csv(folder / "contradictions.csv", index=False, lineterminator="\n")
        lines = (own / "plan.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
        lines = [line for line in lines if not line.startswith("record:")]
        (folder / "plan.yaml").write_text("".join(lines), encoding="utf-8")
        sources = (folder / "sources.csv").read_text(encoding="utf-8")
        (folder / "sources.csv").write_text(
            sources.replace(f",{plan}/plan.txt,", ",plan.txt,"), encoding="utf-8"
        )
        return folder

    return copy


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory):
    """Folder of the small plan, for all tests that do not change it or put back what they change."""
    return _write_plan(tmp_path_factory.mktemp("plan") / "demo-2021-2025", _demo_tables())


@pytest.fixture
def demo(tables, write_plan):
    """The small plan, read."""
    from sy_analysis.record.plan import read_plan

    return read_plan(write_plan(tables))
