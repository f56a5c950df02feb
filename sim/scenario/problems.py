"""The error that carries everything that is wrong with a scenario's files."""

from collections.abc import Iterable

from sim.problems import Problem


class ScenarioErrors(ValueError):  # noqa: N818 - it carries every error of the files at once
    """Everything that is wrong with a scenario's files; `str()` gives one line a problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type["ScenarioErrors"], tuple[tuple[Problem, ...]]]:
        """Keep the problems when a worker process hands the error back."""
        return type(self), (self.problems,)
