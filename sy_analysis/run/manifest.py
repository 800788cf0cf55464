"""What a report was made from, hash by hash, so that what has not changed is not made again."""

import hashlib
import json
import platform
from functools import cache
from importlib import metadata
from pathlib import Path

from sy_analysis.base.reading import hash_file, hash_tree
from sy_analysis.base.writing import write_json
from sy_analysis.record.folders import input_folders

MANIFEST = "manifest.json"
LOG = "run.log.jsonl"  # the only file with times in it, so the only one without a hash
PACKAGE = Path(__file__).parents[1]


def inputs_of(params, as_of, notebooks):
    """Everything that a run depends on.

    Parameters
    ----------
    params : Params
    as_of : date, the day of the vintage
    notebooks : Path, their folder

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
    return {"python": platform.python_version()} | {
        package.name: package.version for package in metadata.distributions()
    }


def changes_since(before, now):
    """What differs between two results of `inputs_of`, one line each.

    >>> changes_since({"data": {"a.csv": "1", "b.csv": "1"}}, {"data": {"a.csv": "2", "c.csv": "1"}})
    ['data: a.csv', 'data: b.csv', 'data: c.csv']
    """
    return [
        f"{kind}: {name}"
        for kind in now
        for name in sorted({**before.get(kind, {}), **now[kind]})
        if before.get(kind, {}).get(name) != now[kind].get(name)
    ]


def page_key(inputs, notebook, parameters, data):
    """Key of an executed notebook: equal keys mean equal results.

    Parameters
    ----------
    inputs : dict from `inputs_of`
    notebook : str, its file name
    parameters : dict, those that it is given
    data : what identifies the data that it uses, as JSON can hold it
    """
    parts = [inputs["notebooks"][notebook], inputs["package"], inputs["environment"], parameters, data]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def read_manifest(folder):
    """Manifest of a report.

    Returns
    -------
    dict
        `inputs` from `inputs_of`; `notebooks`, the key of each that succeeded; `files`, the hash of each.
        All are empty where there is none that can be read.
    """
    empty = {"inputs": {}, "notebooks": {}, "files": {}}
    try:
        return empty | json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return empty


def write_manifest(folder, inputs, keys):
    """Write the manifest of a report as it is now.

    Parameters
    ----------
    folder : Path
    inputs : dict from `inputs_of`
    keys : dict of name to key, the notebooks that succeeded
    """
    files = {name: found for name, found in hash_tree(folder).items() if name not in (MANIFEST, LOG)}
    write_json({"inputs": inputs, "notebooks": keys, "files": files}, folder / MANIFEST)


def damaged_files(folder, manifest):
    """Files of a report that are gone or no longer as they were written."""
    return [
        name
        for name, written in manifest["files"].items()
        if not (folder / name).is_file() or hash_file(folder / name) != written
    ]


def failed_notebooks(manifest):
    """Names of the executed notebooks that did not succeed."""
    executed = {Path(name).stem for name in manifest["files"] if name.startswith("notebooks/")}
    return sorted(executed - set(manifest["notebooks"]))


def is_unchanged(folder, inputs):
    """Whether a report is whole, without failures, and made from exactly these inputs."""
    manifest = read_manifest(folder)
    return (
        manifest["inputs"] == inputs
        and not failed_notebooks(manifest)
        and not damaged_files(folder, manifest)
    )


def notebook_file(folder, name):
    """Where a report keeps an executed notebook."""
    return folder / "notebooks" / f"{name}.ipynb"


def has_notebook(folder, manifest, name):
    """Whether a report still has the notebook that it executed successfully, byte for byte."""
    path = notebook_file(folder, name)
    return (
        name in manifest["notebooks"]
        and path.is_file()
        and hash_file(path) == manifest["files"].get(f"notebooks/{name}.ipynb")
    )
