"""The first transfer: money from the client's own bank account proves the name and opens trading.

Where a minimum is in force (`onb.first_transfer`) and the person would rather begin with less, they
stretch to the minimum with a chance of ticket over minimum, if their net worth allows it, and leave
otherwise. So of those who want to begin with half of the minimum, half stay; a lower minimum keeps
everybody that a higher one kept. The shape is an assumption: no study of it was found.
"""

from collections.abc import Generator
from typing import Any, Final

import simpy

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
        paid_minor = yield from self._pay(case)
        if paid_minor is None:
            leave(platform, case, Step.FIRST_TRANSFER, MINIMUM_TOO_HIGH, RULE)
            return
        case.cause = platform.append(
            ClientActivated(
                time_us=platform.now,
                cause=case.cause,
                client=case.client,
                client_class=case.client_class,
                waited_us=waited_us(platform, case),
            )
        )
        platform.start(self._clients.live(case.prospect, paid_minor, case.cause))

    def _pay(self, case: Case) -> Generator[simpy.Event, Any, int | None]:
        """Pay until a transfer is credited; returns it in HKD minor units, None for who will not pay.

        Money that came back is paid again at what the person would pay by then: the minimum may have
        come into force, or changed, while it was under way.
        """
        paid_minor, credited = self._amount_hkd_minor(case), False
        returned = False
        while paid_minor is not None and not credited:
            transfer = self._transfer(case, paid_minor)
            outcome = yield from self._ramps.send(transfer, case.cause, own_account=returned)
            case.cause, credited = outcome.seq, outcome.credited
            if not credited:
                yield self._ramps.before_paying_again(transfer)
                returned, paid_minor = True, self._amount_hkd_minor(case)
        return paid_minor

    def _transfer(self, case: Case, hkd_minor: int) -> Transfer:
        asset = case.prospect.currency
        return Transfer(
            client=case.client,
            rail=Rail.USD_WIRE if case.prospect.usd else Rail.FPS,
            asset=asset,
            amount_minor=self._platform.from_hkd(asset, hkd_minor),
            occurrence=0,
        )

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
