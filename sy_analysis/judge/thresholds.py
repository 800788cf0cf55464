"""The probabilities that part the statuses."""

from collections.abc import Mapping, Sequence

from sy_analysis.base.errors import ParamsError

# least probability of on_track, of a binding and of an expected target, and the probability below which one is off
THRESHOLDS = {"on_track_binding": 0.8, "on_track_expected": 0.66, "off_track": 0.33}


def thresholds_of(on_track_binding: float, on_track_expected: float, off_track: float) -> dict[str, float]:
    """Return the three thresholds by name, checked.

    Raises
    ------
    ParamsError
        when they do not rise from off_track to on_track_binding within 0 and 1.

    Examples
    --------
    >>> thresholds_of(0.9, 0.7, 0.3)
    {'on_track_binding': 0.9, 'on_track_expected': 0.7, 'off_track': 0.3}
    """
    if not 0 <= off_track <= on_track_expected <= on_track_binding <= 1:
        raise ParamsError(
            f"thresholds off_track {off_track}, on_track_expected {on_track_expected}, on_track_binding "
            f"{on_track_binding}; expected to rise in this order within 0 and 1"
        )
    return dict(zip(THRESHOLDS, (on_track_binding, on_track_expected, off_track), strict=True))


def complete_thresholds(given: Mapping[str, float] | Sequence[float] | None) -> dict[str, float]:
    """Return all thresholds by name, the usual ones where none are given.

    Given are some by name, or all three in order.

    >>> complete_thresholds({"off_track": 0.2})["off_track"], complete_thresholds((0.9, 0.7, 0.3))["on_track_binding"]
    (0.2, 0.9)
    """
    if isinstance(given, Mapping):
        return thresholds_of(**{**THRESHOLDS, **given})
    return thresholds_of(*(given or THRESHOLDS.values()))
