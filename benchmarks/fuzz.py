"""Coverage-guided bytes for every reader of foreign files; needs atheris: pip install atheris.

    python benchmarks/fuzz.py -runs=20000 -max_len=4000 -seed=1

Stops at the first input that raises anything but the errors a user can mend; libFuzzer writes it to crash-*.
"""

import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))
with atheris.instrument_imports(
    include=["sy_analysis", "csv", "yaml", "openpyxl"], enable_loader_override=False
):
    from sy_analysis.base.csv_text import read_text_table
    from sy_analysis.base.errors import DataError
    from sy_analysis.base.reading import read_yaml
    from sy_analysis.intake.cells import read_cell
    from sy_analysis.intake.periods import read_period
    from sy_analysis.intake.tables import grids_of
from tests.robustness import hostile

FOLDER = Path(tempfile.mkdtemp(prefix="fuzz"))
PATH = FOLDER / "file"


def read_file(content):
    hostile.take_in("file.csv", content)


def read_part(content):
    """A workbook whose sheet is what the fuzzer says."""
    grids_of("file.xlsx", hostile.packed(hostile.workbook_parts() | {"xl/worksheets/sheet1.xml": content}))


def read_words(content):
    text = content.decode("utf-8", "replace")
    read_cell(text, "%", 365)
    read_period(text, 2024)


def from_disk(read):
    def read_content(content):
        PATH.write_bytes(content)
        read(PATH)

    return read_content


READERS = (read_file, read_part, read_words, from_disk(read_yaml), from_disk(read_text_table))


def one_input(content):
    if not content:
        return
    try:
        READERS[content[0] % len(READERS)](content[1:])
    except DataError:
        pass
    except ValueError as error:
        if " / " not in str(error):  # a period that is none, in two languages
            raise


if __name__ == "__main__":
    seeds = FOLDER / "seeds"
    seeds.mkdir()
    texts = [text.encode() for text in hostile.SEEDS.values()] + [
        hostile.workbook_parts()["xl/worksheets/sheet1.xml"]
    ]
    texts += [text.encode("utf-8", "replace") for text in hostile.TEXTS + hostile.YAML_WORDS]
    for number, text in enumerate(bytes([n]) + text for text in texts for n in range(len(READERS))):
        (seeds / str(number)).write_bytes(text)
    atheris.Setup([*sys.argv, str(seeds)], one_input)
    atheris.Fuzz()
