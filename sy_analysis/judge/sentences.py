"""Sentences in two languages, filled from forms that stand in CSV files."""

import math
from collections.abc import Iterable

# a text in Chinese and in English
Pair = tuple[str, str]


def plain(number: float) -> str:
    """Format a number as printed, without a binary tail, a missing one as a dash.

    >>> plain(98.20), plain(342.0), plain(6.905), plain(float("nan"))
    ('98.2', '342', '6.905', '—')
    """
    if math.isnan(number):
        return "—"
    return f"{round(number, 4):g}" if abs(number) < 1e5 else f"{number:.0f}"


def quoted(text: str) -> str:
    """Put words of the plan in quotation marks, with single marks inside."""
    return "“" + text.replace("“", "‘").replace("”", "’") + "”"


def fill(form: Pair, /, **values) -> Pair:
    """Fill both languages of a form.

    Parameters
    ----------
    form : (Chinese, English), with fields in braces
    **values : a pair gives each language its own word, and a float is shown by `plain`

    Examples
    --------
    >>> fill(("{area}目标{goal}。", "{area} has a target of {goal}."), area=("中国", "China"), goal=94.0)
    ('中国目标94。', 'China has a target of 94.')
    """
    return tuple(
        text.format(**{name: _shown(value, language) for name, value in values.items()})
        for language, text in enumerate(form)
    )


def _shown(value, language):
    if isinstance(value, tuple):
        return value[language]
    return plain(value) if isinstance(value, float) else value


def listed(items: Iterable, separators: Pair = ("、", ", ")) -> Pair:
    """List items in both languages.

    Parameters
    ----------
    items : pairs, or values that both languages write alike
    separators : what stands between the items in Chinese and in English

    Examples
    --------
    >>> listed([2021, 2022])
    ('2021、2022', '2021, 2022')
    >>> listed([("一。", "One."), ("", ""), ("二。", "Two.")], ("", " "))
    ('一。二。', 'One. Two.')
    """
    pairs = [item if isinstance(item, tuple) else (str(item), str(item)) for item in items]
    return tuple(
        separator.join(pair[language] for pair in pairs if pair[language])
        for language, separator in enumerate(separators)
    )


def joined(sentences: Iterable[Pair]) -> Pair:
    """Join sentences to one text, without a space in Chinese."""
    return listed(sentences, ("", " "))
