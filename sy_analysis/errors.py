"""The two errors that a user can mend: bad data and bad parameters."""


class DataError(ValueError):
    """Bad data; `problems` holds one sentence for each thing that is wrong."""

    def __init__(self, problems):
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class ParamsError(ValueError):
    """Bad parameters of a run."""
