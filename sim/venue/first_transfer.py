"""The first transfer: money from the client's own bank account proves the name and opens trading.

Where a minimum is in force (`onb.first_transfer`) and the person would rather begin with less, they
stretch to the minimum with a chance of ticket over minimum, if their net worth allows it, and leave
otherwise. So of those who want to begin with half of the minimum, half stay; a lower minimum keeps
everybody that a higher one kept. The shape is an assumption: no study of it was found.
"""

from typing import Final

from sim.events import ClientActivated
from sim.events.codes import Rail, Step
from sim.venue.assumptions import FIRST_TRANSFER_DELAY_MEAN_US
from sim.venue.case import Case, leave, waited_us
from sim.venue.clients import Clients
from sim.venue.platform import Platform, Steps
from sim.venue.rails import Transfer
from sim.venue.ramps import Ramps
from sim.venue.reasons import MINIMUM_TOO_HIGH

RULE: Final = "onb.first_transfer"


class FirstTransfer:
    """Takes an open account to its first credit."""

    def __init__(self, platform: Platform, ramps: Ramps, clients: Clients) -> None:
        self._platform = platform
        self._ramps = ramps
        self._clients = clients

    def make(self, case: Case) -> Steps:
        """Send the first transfer, activate the client, and let their life on the platform begin."""
        platform = self._platform
        yield platform.env.timeout(
            platform.draws.exponential_us(
                "onboarding.first_transfer", case.client, 0, FIRST_TRANSFER_DELAY_MEAN_US
            )
        )
        hkd_minor = self._amount_hkd_minor(case)
        if hkd_minor is None:
            leave(platform, case, Step.FIRST_TRANSFER, MINIMUM_TOO_HIGH, RULE)
            return
        asset = case.prospect.currency
        transfer = Transfer(
            client=case.client,
            rail=Rail.USD_WIRE if case.prospect.usd else Rail.FPS,
            asset=asset,
            amount_minor=platform.from_hkd(asset, hkd_minor),
            occurrence=0,
        )
        case.cause = yield from self._ramps.deposit(transfer, case.cause)
        case.cause = platform.append(
            ClientActivated(
                time_us=platform.now,
                cause=case.cause,
                client=case.client,
                client_class=case.client_class,
                waited_us=waited_us(platform, case),
            )
        )
        platform.start(self._clients.live(case.prospect, hkd_minor, case.cause))

    def _amount_hkd_minor(self, case: Case) -> int | None:
        """Return what the client sends in HKD minor units, or None if the minimum drives them away."""
        platform = self._platform
        person = case.prospect
        ticket_minor = min(person.ticket_minor, person.net_worth_minor)
        if not platform.in_force(RULE, case.client_class):
            return ticket_minor
        least = platform.law.money(RULE)
        least_minor = platform.to_hkd(least.asset, least.amount_minor)
        if ticket_minor >= least_minor:
            return ticket_minor
        draw = platform.draws.uniform("onboarding.stretch", case.client)
        if person.net_worth_minor >= least_minor and draw * least_minor < ticket_minor:
            return least_minor
        return None
