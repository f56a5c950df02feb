"""Onboarding: from a person who is interested to a client who may trade.

The way is the platform's: application, identity check, knowledge test, risk profile, exposure limit, open
account, first name-check transfer. One process walks the arrivals and starts one process per applicant,
so only those on their way are in memory. Whom the retail rule turns away is kept on a list; when access
opens, those who come back apply again over the days that follow.
"""

from typing import Final

from sim.events import AccountOpened, ApplicationSubmitted, ProspectArrived
from sim.events.codes import ClientClass, Step
from sim.venue.assessment import Assessment
from sim.venue.assumptions import BANNED_RESIDENCE_PPM, RETURN_DELAY_MEAN_US
from sim.venue.case import Case, refuse, waited_us
from sim.venue.exposure import Exposure
from sim.venue.first_transfer import FirstTransfer
from sim.venue.identity import IdentityDesk
from sim.venue.licence import Licence
from sim.venue.platform import Platform, Steps
from sim.venue.prospects import Prospect, prospect
from sim.venue.reasons import RESIDENCE, RETAIL_CLOSED

RETAIL_RULE: Final = "onb.retail_access"
RESIDENCE_RULE: Final = "onb.jurisdiction"
PROFESSIONAL_RULE: Final = "onb.pi_individual"


class Onboarding:
    """The front door."""

    def __init__(
        self,
        platform: Platform,
        licence: Licence,
        exposure: Exposure,
        first_transfer: FirstTransfer,
    ) -> None:
        self._platform = platform
        self._identity = IdentityDesk(platform)
        self._assessment = Assessment(platform)
        self._exposure = exposure
        self._first_transfer = first_transfer
        self._turned_away: list[Case] = []
        licence.listen((RETAIL_RULE,), self._retail_access_changed)

    def receive(self) -> Steps:
        """Meet everybody on the day they become interested."""
        platform = self._platform
        for row in platform.people.by_arrival():
            person = prospect(platform.people, int(row))
            if person.arrival_us > platform.now:
                yield platform.until(person.arrival_us)
            cause = platform.append(
                ProspectArrived(
                    time_us=platform.now,
                    client=person.client,
                    client_class=person.client_class,
                    net_worth_minor=person.net_worth_minor,
                )
            )
            self._apply(person, 1, cause)

    def _apply(self, person: Prospect, attempt: int, cause: int) -> None:
        """Take an application in; start its way unless it is refused at the door."""
        platform = self._platform
        submitted = platform.append(
            ApplicationSubmitted(
                time_us=platform.now, cause=cause, client=person.client, attempt=attempt
            )
        )
        case = Case(person, self._class_by_law(person), attempt, platform.now, submitted)
        if self._admitted(case):
            platform.start(self._way(case))

    def _class_by_law(self, person: Prospect) -> ClientClass:
        """Treat as retail whoever claims to be professional below the portfolio the law asks for."""
        minimum = self._platform.law.get(PROFESSIONAL_RULE)
        if person.client_class is ClientClass.INDIVIDUAL_PI and minimum is not None:
            least = self._platform.law.money(PROFESSIONAL_RULE)
            if person.net_worth_minor < self._platform.to_hkd(least.asset, least.amount_minor):
                return ClientClass.RETAIL
        return person.client_class

    def _admitted(self, case: Case) -> bool:
        platform = self._platform
        if platform.in_force(RESIDENCE_RULE) and platform.draws.chance(
            "onboarding.banned_residence", case.client, 0, BANNED_RESIDENCE_PPM
        ):
            refuse(platform, case, Step.APPLICATION, RESIDENCE, RESIDENCE_RULE)
            return False
        if case.client_class is ClientClass.RETAIL and self._retail_closed():
            self._turn_away(case, Step.APPLICATION)
            return False
        return True

    def _turn_away(self, case: Case, step: Step) -> None:
        """Refuse a retail applicant while access is closed; those who would come back are remembered."""
        refuse(self._platform, case, step, RETAIL_CLOSED, RETAIL_RULE)
        if case.prospect.returns:
            self._turned_away.append(case)

    def _retail_closed(self) -> bool:
        """Whether a rule keeps retail clients out; where there is no such rule, nothing does."""
        access = self._platform.law.get(RETAIL_RULE)
        return access is not None and access.value is False

    def _retail_access_changed(self, cause: int) -> None:
        if self._turned_away and not self._retail_closed():
            waiting, self._turned_away = self._turned_away, []
            self._platform.start(self._welcome_back(waiting, cause))

    def _welcome_back(self, waiting: list[Case], cause: int) -> Steps:
        """Let those who come back apply again, each in their own time."""
        platform = self._platform
        opened_us = platform.now
        returning = sorted(
            (opened_us + self._return_delay_us(case), case.client, case) for case in waiting
        )
        for time_us, _, case in returning:
            yield platform.until(time_us)
            self._apply(case.prospect, case.attempt + 1, cause)

    def _return_delay_us(self, case: Case) -> int:
        return self._platform.draws.exponential_us(
            "onboarding.return", case.client, case.attempt, RETURN_DELAY_MEAN_US
        )

    def _way(self, case: Case) -> Steps:
        """Walk one application from the identity check to the first transfer.

        Retail access is asked for again before the account opens; an account once open stays.
        """
        if not (yield from self._identity.verify(case)):
            return
        if not (yield from self._assessment.test_knowledge(case)):
            return
        if case.client_class is ClientClass.RETAIL and self._retail_closed():
            self._turn_away(case, Step.RISK_PROFILE)
            return
        self._assessment.profile_risk(case)
        self._exposure.set_limit(case)
        case.cause = self._platform.append(
            AccountOpened(
                time_us=self._platform.now,
                cause=case.cause,
                client=case.client,
                client_class=case.client_class,
                waited_us=waited_us(self._platform, case),
            )
        )
        yield from self._first_transfer.make(case)
