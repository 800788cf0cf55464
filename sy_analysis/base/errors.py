"""The two errors that a user can mend: bad data and bad parameters."""

import unicodedata

_MOST_SHOWN = 200
_LONGEST_SHOWN = 2000
# control, direction and invisible characters, halves of a pair, private and unknown ones, odd line ends
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


class DataError(ValueError):
    """Bad data; `problems` holds one sentence for each thing that is wrong."""

    def __init__(self, problems):
        self.problems = [shown(text, _LONGEST_SHOWN) for text in problems]
        more = len(self.problems) - _MOST_SHOWN
        rest = [f"还有{more}处 / {more} more problems"] if more > 0 else []
        super().__init__("\n".join(self.problems[:_MOST_SHOWN] + rest))


class ParamsError(ValueError):
    """Bad parameters of a run."""

    def __init__(self, text):
        super().__init__(shown(text, _MOST_SHOWN * _LONGEST_SHOWN))


def shown(text, longest):
    """Text that a terminal can show: hidden characters as their code, the end cut off beyond `longest` characters.

    >>> shown("P02\\u202e\\x1b[31m", 80)
    'P02\\\\u202e\\\\u001b[31m'
    >>> shown("abcdef", 3)
    'abc…'
    """
    cut = str(text[:longest]) + ("…" if len(text) > longest else "")
    if cut.isprintable():
        return cut
    return "".join(f"\\u{ord(sign):04x}" if is_hidden(sign) else sign for sign in cut)


def is_hidden(sign):
    """Whether a character cannot be seen, or changes how its neighbours are; a line end is seen."""
    return sign != "\n" and unicodedata.category(sign) in _HIDDEN
