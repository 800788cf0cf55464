"""The choices of a run: what its parameter file and its command line say, checked."""

from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sy_analysis.base.errors import DataError, ParamsError, shown
from sy_analysis.base.periods import quarter_end_before
from sy_analysis.base.reading import read_yaml


class Params(BaseModel):
    """Choices of a run; an unknown name or an ill-typed value is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    plan: str
    area: str | None = None
    as_of: date | None = Field(default=None, strict=False, ge=date(1949, 1, 1), le=date(2100, 12, 31))
    indicators: tuple[str, ...] | None = Field(default=None, strict=False)
    on_track_binding: float = Field(default=0.8, ge=0, le=1)
    on_track_expected: float = Field(default=0.66, ge=0, le=1)
    off_track: float = Field(default=0.33, ge=0, le=1)

    @model_validator(mode="after")
    def _thresholds_rise(self):
        thresholds_of(self.on_track_binding, self.on_track_expected, self.off_track)
        return self

    @property
    def thresholds(self):
        return thresholds_of(self.on_track_binding, self.on_track_expected, self.off_track)


def read_params(path, **overrides):
    """Parameters of a run from a YAML file, with those given on the command line instead.

    Raises
    ------
    ParamsError
        with every unknown name and every value of the wrong type or range.
    """
    path = Path(path)
    try:
        given = read_yaml(path)
    except DataError as error:
        raise ParamsError(f"{path}: cannot be read: {error}") from None
    given |= {name: value for name, value in overrides.items() if value}
    try:
        return Params(**given)
    except ValidationError as error:
        lines = [f"{path}: {_where(e)}{e['msg']}" for e in error.errors()]
        raise ParamsError(
            "\n".join([*lines, f"known parameters: {', '.join(Params.model_fields)}"])
        ) from None


def _where(error):
    name = ".".join(str(part) for part in error["loc"])
    return f"{name} is “{shown(str(error['input']), 80)}”: " if name else ""


def thresholds_of(on_track_binding, on_track_expected, off_track):
    """The three probabilities that part the statuses, see `assess_attainment`.

    Raises
    ------
    ParamsError
        when they do not rise from off_track to on_track_binding within 0 and 1.
    """
    if not 0 <= off_track <= on_track_expected <= on_track_binding <= 1:
        raise ParamsError(
            f"thresholds off_track {off_track}, on_track_expected {on_track_expected}, on_track_binding "
            f"{on_track_binding}; expected to rise in this order within 0 and 1"
        )
    return {
        "on_track_binding": on_track_binding,
        "on_track_expected": on_track_expected,
        "off_track": off_track,
    }


def day_of(params, today):
    """The day of the vintage: as given, or the end of the last quarter that was over by today."""
    return params.as_of or quarter_end_before(today)
