"""Find printed names of places in one register of areas.

The register is `areas.csv`: official codes (GB/T 2260), the name that the record uses, the official name where it
differs, other printed forms, damaged forms (from machine reading, or in traditional characters), and the years in
which a name was valid. Nothing is matched by likeness: a form that is not listed is a problem to report.
"""

import csv
import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from sy_analysis.base.errors import ParamsError
from sy_analysis.base.words import both, simplify

_SUFFIX = re.compile(r"(?:维吾尔自治区|壮族自治区|回族自治区|自治区|省|市|县|区|州)$")
# An area without its suffix belongs to the larger unit: 邵阳 is 邵阳市, 邵阳县 keeps its suffix.
_LEVELS = ("nation", "province", "prefecture", "county", "urban", "group")


class Area(NamedTuple):
    """One area of the register, with how its printed name was read in `parse`."""

    code: str
    name: str
    level: str
    parse: str = ""


@cache
def register() -> tuple[dict[str, str], ...]:
    """Read the rows of the register, sorted by code."""
    with files("sy_analysis.record").joinpath("areas.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def _names():
    """Map every printed form to its code and how it is read, the larger unit first."""
    names = {}
    rows = sorted(register(), key=lambda row: (_LEVELS.index(row["level"]), row["successor"]))
    for row in rows:
        for form in (row["name"], row["official_name"]):
            names.setdefault(_plain(form), (row["code"], ""))
    for row in rows:
        for column, relation in (("aliases", "is"), ("damaged_forms", "is a damaged form of")):
            for form in filter(None, row[column].split(";")):
                names.setdefault(_plain(form), (row["code"], f"“{form}” {relation} {row['name']}"))
    for row in rows:
        short = _SUFFIX.sub("", _plain(row["name"]))
        if len(short) > 1:
            names.setdefault(short, (row["code"], f"“{short}” is {row['name']}"))
        names.setdefault(_plain(row["name_en"]), (row["code"], f"English name of {row['name']}"))
    return names


@cache
def _by(column):
    return {row[column]: row for row in register()}


def _plain(text):
    text = unicodedata.normalize("NFKC", text).translate(dict.fromkeys(map(ord, "\u200b\ufeff\u2060")))
    return simplify(re.sub(r"\s+", "", text).casefold())


@lru_cache(maxsize=16384)
def find_area(printed: str, year: int | None = None) -> Area:
    """Find the area that a printed name means.

    Parameters
    ----------
    printed : str
    year : int, optional
        year of the figure. `parse` mentions a name used outside its valid years.

    Returns
    -------
    Area
        under the name that the record uses. A renamed area is found under its present name.

    Raises
    ------
    ValueError
        in both languages, for a name that is not in the register, or two names in one cell.

    Examples
    --------
    >>> find_area("邵东县", 2017)
    Area(code='430582', name='邵东市', level='county', parse='“邵东县” is now 邵东市')
    >>> find_area("吉首").name, find_area("湖南省 邵阳市 Shaoyang").name, find_area("邵 阳").name
    ('湘西州', '邵阳市', '邵阳市')
    """
    for text, step in _forms_of(printed):
        if text in _names():
            code, parse = _names()[text]
            return _present(_by("code")[code], [step, parse], year)
    if sum(map(_is_name, re.split(r"[、,;和]", printed))) > 1:
        english = f"“{printed}” names several areas in one cell; give each its own row"
        raise ValueError(both(f"“{printed}”一格中有多个地区,请分行填写", english))
    raise ValueError(both(f"“{printed}”不在地区名录中", f"“{printed}” is not in the register of areas"))


def _is_name(part):
    return any(text in _names() for text, _ in _forms_of(part))


def _forms_of(printed):
    """Yield the name as printed, then without what tables glue to names, one thing at a time."""
    text = re.sub(r"[①-⑳¹²³⁰-⁹*†]+$", "", printed.strip())
    plain = _plain(text)
    yield plain, ""
    bare = re.sub(r"[(\[].*$", "", plain)
    if bare and bare != plain:
        yield bare, f"without “{plain[len(bare) :]}”"
    chinese = re.sub(r"[a-z'’.,&\-]+$|^[a-z'’.,&\-]+", "", bare)
    if chinese and chinese != bare:
        yield chinese, "Chinese part of a bilingual name"
    yield from _without_parents(chinese or bare)


def _without_parents(text):
    for _ in range(2):
        parents = [form for form in _parent_forms() if text.startswith(form) and len(text) > len(form) + 1]
        for parent in parents[:1]:
            text = text[len(parent) :]
            yield text, f"after “{parent}”"


@cache
def _parent_forms():
    rows = [row for row in register() if row["level"] in ("nation", "province", "prefecture")]
    names = {_plain(row[column]) for row in rows for column in ("name", "official_name")}
    forms = names | {_SUFFIX.sub("", _plain(row["name"])) for row in rows}
    return sorted(forms, key=lambda form: (-len(form), form))


def _present(row, steps, year):
    if row["successor"]:
        later = _by("code")[row["successor"]]
        steps.append(f"“{row['name']}” is now {later['name']}")
        if year and row["valid_to"] and year > int(row["valid_to"]):
            steps.append(f"the old name is used for {year}")
        row = later
    return Area(row["code"], row["name"], row["level"], "; ".join(filter(None, steps)))


@cache
def children_of(name: str) -> tuple[str, ...]:
    """List names of the areas directly under an area, as the record uses them.

    >>> len(children_of("湖南省")), children_of("甲市")
    (14, ())
    """
    code, levels = _by("name").get(name, {}).get("code"), ("province", "prefecture", "county")
    rows = [row for row in register() if row["parent"] == code and not row["successor"]]
    return tuple(row["name"] for row in rows if row["level"] in levels)


def parent_of(name: str) -> str:
    """Name of the area above.

    >>> parent_of("邵东市"), parent_of("邵阳市")
    ('邵阳市', '湖南省')
    """
    return _by("code")[_by("name")[name]["parent"]]["name"]


def chosen_area(text: str) -> str:
    """Name that the record uses for an area that a user chose.

    Raises
    ------
    ParamsError
        for a name that is not in the register.
    """
    try:
        return find_area(text).name
    except ValueError as error:
        raise ParamsError(f"area: {error}") from None


def peers_of(name: str) -> tuple[str, ...]:
    """List names of the areas under the same parent, itself included, or itself alone without a parent.

    >>> len(peers_of("邵阳市")), peers_of("中国"), peers_of("甲市")
    (14, ('中国',), ('甲市',))
    """
    parent = _by("name").get(name, {}).get("parent")
    return children_of(_by("code")[parent]["name"]) if parent else (name,)


def level_of(name: str) -> str:
    """Level of an area of the record, empty where it is not in the register.

    >>> level_of("邵阳市")
    'prefecture'
    """
    return _by("name").get(name, {}).get("level", "")
