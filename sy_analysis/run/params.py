"""The choices of a run, from its parameter file and its command line."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sy_analysis.base.errors import DataError, ParamsError, shown
from sy_analysis.base.periods import quarter_end_before
from sy_analysis.base.reading import read_yaml
from sy_analysis.judge.thresholds import THRESHOLDS, thresholds_of

Probability = Annotated[float, Field(ge=0, le=1)]


class Params(BaseModel):
    """Choices of a run; an unknown name or an ill-typed value is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    plan: str
    area: str | None = None
    as_of: date | None = Field(default=None, strict=False, ge=date(1949, 1, 1), le=date(2100, 12, 31))
    indicators: tuple[str, ...] | None = Field(default=None, strict=False)
    on_track_binding: Probability = THRESHOLDS["on_track_binding"]
    on_track_expected: Probability = THRESHOLDS["on_track_expected"]
    off_track: Probability = THRESHOLDS["off_track"]

    @model_validator(mode="after")
    def _thresholds_rise(self):
        thresholds_of(**self.thresholds)
        return self

    @property
    def thresholds(self) -> dict[str, float]:
        """The probabilities that part the statuses, by name."""
        return {name: getattr(self, name) for name in THRESHOLDS}


@dataclass(frozen=True)
class Execution:
    """Where the notebooks of a run are executed, and which of an earlier run are reused.

    Parameters
    ----------
    reuse : str
        Executed notebooks to reuse: `same` (made from the same inputs), `succeeded` (all that did not fail in
        the previous report) or `none`.
    is_quiet : bool
        Whether to show no progress bar.
    scheduler : str, optional
        Address of a Dask scheduler on whose workers the notebooks are executed.
    workers : int, optional
        Number of worker processes of a new Dask cluster on this machine, instead.
    """

    reuse: str = "same"
    is_quiet: bool = False
    scheduler: str | None = None
    workers: int | None = None

    @property
    def is_here(self) -> bool:
        """Whether the notebooks are executed without a cluster."""
        return self.scheduler is None and self.workers is None


def read_params(path: str | Path, **overrides: Any) -> Params:
    """Read the parameters of a run from a YAML file; those given on the command line win.

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


def day_of(params: Params, today: date) -> date:
    """Return the day of the vintage: as given, or the end of the last quarter that was over by today."""
    return params.as_of or quarter_end_before(today)
