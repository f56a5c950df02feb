"""What a comparison counts, and what it finds first."""

import attrs


@attrs.frozen
class Agreement:
    """One measure of agreement, counted from both sides."""

    measure: str
    agreed: int
    recorded: int
    """How many the exchange recorded."""
    ours: int
    """How many the core made."""

    @property
    def percent_of_recorded(self) -> float | None:
        """Share of what was recorded that is made here, in per cent; None where nothing was recorded."""
        return 100.0 * self.agreed / self.recorded if self.recorded else None

    @property
    def percent_of_ours(self) -> float | None:
        """Share of what is made here that was recorded, in per cent; None where nothing is made."""
        return 100.0 * self.agreed / self.ours if self.ours else None

    @property
    def lowest_percent(self) -> float:
        """The lower of the two; 100 where there is nothing on either side."""
        shares = (self.percent_of_recorded, self.percent_of_ours)
        return min((share for share in shares if share is not None), default=100.0)


@attrs.frozen
class Finding:
    """The first disagreement of one kind."""

    command: int
    """Index of the command that it follows from."""
    message: int
    """Message of the file that tells of it."""
    what: str
    recorded: tuple[str, ...]
    """What the exchange did, in the units of the file."""
    ours: tuple[str, ...]
    """What the core did."""
    price: int | None = None
    """Where in the book it is, in ticks; None for the best prices."""


Measured = tuple[tuple[Agreement, ...], tuple[Finding, ...]]
"""What a kind of comparison returns."""
NOTHING: Measured = ((), ())
