"""The error of this package."""


class ExperimentError(ValueError):
    """An experiment that cannot be run as asked; the message says what to change."""
