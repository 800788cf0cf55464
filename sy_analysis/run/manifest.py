"""The manifest of a report: the hash of everything that it was made from, so that a run can reuse it."""

import hashlib
import json
import platform
from datetime import date
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from sy_analysis.base.reading import hash_file, hash_tree
from sy_analysis.base.writing import write_json
from sy_analysis.record.folders import input_folders

MANIFEST = "manifest.json"
LOG = "run.log.jsonl"  # the only file with times in it, so the only one without a hash
PACKAGE = Path(__file__).parents[1]


def inputs_of(params: Any, as_of: date, notebooks: Path) -> dict[str, dict]:
    """Collect everything that a run depends on.

    Parameters
    ----------
    params : Params
    as_of : day of the vintage
    notebooks : their folder

    Returns
    -------
    dict of str to dict
        `parameters` by name; SHA-256 by file of `data` (the folders of the plan and its record), `notebooks` and `package`;
        `environment`, the version of Python and of every installed package.

    Raises
    ------
    DataError
        when there is no such plan.
    """
    return {
        "parameters": {**params.model_dump(mode="json"), "as_of": as_of.isoformat()},
        "data": {
            (Path(place) / name).as_posix(): found
            for place, folder in input_folders(params.plan).items()
            for name, found in hash_tree(folder).items()
        },
        "notebooks": hash_tree(notebooks, "*.ipynb"),
        "package": hash_tree(PACKAGE),
        "environment": _environment(),
    }


@cache
def _environment():
    versions = {package.name: package.version for package in metadata.distributions()}
    return {"python": platform.python_version()} | versions


def changes_since(before: dict[str, dict], now: dict[str, dict]) -> list[str]:
    """List what differs between two results of `inputs_of`.

    >>> changes_since({"data": {"a.csv": "1", "b.csv": "1"}}, {"data": {"a.csv": "2", "c.csv": "1"}})
    ['data: a.csv', 'data: b.csv', 'data: c.csv']
    """
    return [
        f"{kind}: {name}"
        for kind in now
        for name in sorted({**before.get(kind, {}), **now[kind]})
        if before.get(kind, {}).get(name) != now[kind].get(name)
    ]


def page_key(inputs: dict[str, dict], notebook: str, parameters: dict[str, Any], data: Any) -> str:
    """Return the cache key of an executed notebook: equal keys mean equal results.

    `inputs` are those of `inputs_of`; `data` identifies the data that the notebook uses, as JSON can represent it.
    """
    parts = [inputs["notebooks"][notebook], inputs["package"], inputs["environment"], parameters, data]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def read_summary(folder: Path) -> dict[str, Any]:
    """Read a report's run.json."""
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def read_manifest(folder: Path) -> dict[str, dict]:
    """Read the manifest of a report.

    Returns
    -------
    dict
        `inputs` from `inputs_of`; `notebooks`, the key of each that succeeded; `files`, the hash of each.
        All are empty without a manifest that can be read.
    """
    empty = {"inputs": {}, "notebooks": {}, "files": {}}
    try:
        return empty | json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return empty


def write_manifest(folder: Path, inputs: dict[str, dict], keys: dict[str, str]) -> None:
    """Write the manifest of a report as it is now, with the key of each notebook that succeeded."""
    files = {name: sha256 for name, sha256 in hash_tree(folder).items() if name not in (MANIFEST, LOG)}
    write_json({"inputs": inputs, "notebooks": keys, "files": files}, folder / MANIFEST)


def damaged_files(folder: Path, manifest: dict[str, dict]) -> list[str]:
    """List files of a report that are missing or no longer as they were written."""
    return [name for name in manifest["files"] if not _is_intact(folder, manifest, name)]


def _is_intact(folder, manifest, name):
    path = folder / name
    return path.is_file() and hash_file(path) == manifest["files"].get(name)


def failed_notebooks(manifest: dict[str, dict]) -> list[str]:
    """List the executed notebooks that did not succeed, by name."""
    executed = {Path(name).stem for name in manifest["files"] if name.startswith("notebooks/")}
    return sorted(executed - set(manifest["notebooks"]))


def is_unchanged(folder: Path, inputs: dict[str, dict]) -> bool:
    """Return whether a report is whole, without failures, and made from exactly these inputs."""
    manifest = read_manifest(folder)
    return (
        manifest["inputs"] == inputs
        and not failed_notebooks(manifest)
        and not damaged_files(folder, manifest)
    )


def notebook_file(folder: Path, name: str) -> Path:
    """Return the path of an executed notebook in a report."""
    return folder / "notebooks" / f"{name}.ipynb"


def has_notebook(folder: Path, manifest: dict[str, dict], name: str) -> bool:
    """Return whether a report still has a notebook that succeeded, byte for byte."""
    return name in manifest["notebooks"] and _is_intact(folder, manifest, f"notebooks/{name}.ipynb")
