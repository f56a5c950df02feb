"""Rails: how a bank transfer travels, and when it arrives.

FPS credits HKD in seconds around the clock. USD wires are processed inside the bank's window on business
days (facts row fiat.usd_window). CHATS settles participants' HKD in its own hours (fiat.chats_hours).
"""

from typing import Final

import attrs

from sim.events.codes import Rail
from sim.units import ASSETS
from sim.venue.assumptions import (
    CHATS_LATENCY_MEDIAN_US,
    CHATS_SIGMA,
    FPS_SIGMA,
    WIRE_SIGMA,
)
from sim.venue.platform import Platform

_INWARD: Final = {rail: f"rails.{rail.name.lower()}.in" for rail in Rail}
_OUTWARD: Final = {rail: f"rails.{rail.name.lower()}.out" for rail in Rail}
"""Purposes of the rails' draws."""


@attrs.frozen(kw_only=True)
class Transfer:
    """One movement of money between a client's bank account and the platform, in whole cents.

    Raises ValueError for an amount that is not positive or that no bank can move.
    """

    client: int
    rail: Rail
    asset: str
    amount_minor: int
    occurrence: int
    """Number of this transfer in the client's life: the key of its draws under every policy."""

    def __attrs_post_init__(self) -> None:
        """Refuse what no bank can move."""
        grid = ASSETS[self.asset].bank_minor
        if self.amount_minor <= 0 or self.amount_minor % grid:
            raise ValueError(
                f"client {self.client}: a bank cannot move {self.asset} {self.amount_minor} minor units; "
                f"expected a positive multiple of {grid}"
            )


def landing_us(platform: Platform, transfer: Transfer, *, outward: bool = False) -> int:
    """Return when a transfer that is sent now arrives; `outward` is from the platform to the client."""
    banks = platform.scenario.world.banks
    median_us: int
    hours: tuple[int, int] | None
    match transfer.rail:
        case Rail.FPS:
            median_us, sigma, hours = banks.fps_latency_median, FPS_SIGMA, None
        case Rail.USD_WIRE:
            median_us, sigma = banks.wire_latency_median, WIRE_SIGMA
            hours = (banks.wire_opens, banks.wire_closes)
        case Rail.CHATS:
            median_us, sigma = CHATS_LATENCY_MEDIAN_US, CHATS_SIGMA
            hours = (banks.chats_opens, banks.chats_closes)
    purpose = (_OUTWARD if outward else _INWARD)[transfer.rail]
    latency_us = platform.draws.lognormal_us(
        purpose, transfer.client, transfer.occurrence, median_us, sigma
    )
    if hours is None:
        return platform.now + latency_us
    worked_us = platform.calendar.add_working_time(platform.now, latency_us, *hours)
    # Work that fills a day ends at closing, which no longer belongs to the half-open window.
    return platform.calendar.next_open(worked_us, *hours)
