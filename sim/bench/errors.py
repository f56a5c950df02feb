"""What can be wrong with what a user asks of the bench."""


class BenchError(Exception):
    """A stream, contender or file that cannot be had; the message says which and what to do."""
