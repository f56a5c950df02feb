"""Admission: which class of clients may trade which pair from when.

A listing's dates are the world's: the day a token was ready for professionals, and the day it cleared
the tests and the approval that retail tokens need. The law decides whether those tests are needed. While
either of the retail gates is in force, a pair opens to retail clients on its retail date and not before;
without a gate it opens to them together with the professionals. When a gate comes back, a pair that has
not passed it becomes sell-only for retail clients, so that nobody is locked in (the spirit of facts row
tok.fallout).
"""

from typing import Final

from sim.events import PairOpened, TokenListed
from sim.events.codes import ClientClass, PairStatus
from sim.scenario.model import Listing
from sim.units import INSTRUMENTS
from sim.venue.licence import Licence
from sim.venue.platform import Platform, Steps

RETAIL_GATES: Final = ("tok.retail_gate", "tok.sfc_approval")
"""Rules that keep a token from retail clients until it has passed them."""


class Admission:
    """Opens pairs on their dates and follows the rules on retail tokens."""

    def __init__(self, platform: Platform, licence: Licence) -> None:
        self._platform = platform
        self._status: dict[tuple[str, ClientClass], PairStatus] = {}
        self._listed: dict[tuple[str, ClientClass], int] = {}
        licence.listen(RETAIL_GATES, self.refresh)

    def follow(self) -> Steps:
        """Walk the dates of all listings."""
        listings = self._platform.scenario.world.listings
        self.refresh(self._platform.started)
        now = self._platform.now
        dates = {date for listing in listings for date in _dates(listing) if date > now}
        for date in sorted(dates):
            yield self._platform.until(date)
            self.refresh(self._platform.started)

    def refresh(self, cause: int) -> None:
        """Bring every pair to the status that dates and law give it now."""
        for listing in self._platform.scenario.world.listings:
            for client_class in ClientClass:
                self._bring(listing, client_class, cause)

    def _bring(self, listing: Listing, client_class: ClientClass, cause: int) -> None:
        place = (listing.pair, client_class)
        before = self._status.get(place, PairStatus.CLOSED)
        gate = self._gate(listing, client_class)
        if self._platform.now < listing.professional_from:
            status = PairStatus.CLOSED
        elif not gate:
            status = PairStatus.OPEN
        else:
            status = PairStatus.CLOSED if before is PairStatus.CLOSED else PairStatus.SELL_ONLY
        if status is before:
            return
        self._status[place] = status
        if before is PairStatus.CLOSED:
            cause = self._list(INSTRUMENTS[listing.pair].base, client_class, cause)
        self._platform.append(
            PairOpened(
                time_us=self._platform.now,
                cause=cause,
                rule=gate,
                instrument=listing.pair,
                client_class=client_class,
                status=status,
            )
        )

    def _gate(self, listing: Listing, client_class: ClientClass) -> str:
        """Return the rule that keeps the pair from the class now, or nothing."""
        if client_class is not ClientClass.RETAIL:
            return ""
        if listing.retail_from is not None and self._platform.now >= listing.retail_from:
            return ""
        return next((rule for rule in RETAIL_GATES if self._platform.in_force(rule)), "")

    def _list(self, token: str, client_class: ClientClass, cause: int) -> int:
        """Put the token on the class's menu, once; returns the seq of that event."""
        place = (token, client_class)
        if place not in self._listed:
            self._listed[place] = self._platform.append(
                TokenListed(
                    time_us=self._platform.now, cause=cause, token=token, client_class=client_class
                )
            )
        return self._listed[place]


def _dates(listing: Listing) -> tuple[int, ...]:
    if listing.retail_from is None:
        return (listing.professional_from,)
    return (listing.professional_from, listing.retail_from)
