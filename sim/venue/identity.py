"""Identity checks: automatic for most, an officer for the rest (VATP-G 9.5, rule onb.kyc).

Officers work their shift on business days, take cases in the order they joined the queue, and finish the
case they have opened; work on an application that comes in outside the shift begins at the next opening.
A prospect who waits longer than their patience, counted from the application, withdraws.
"""

from collections.abc import Generator
from typing import Any, Final

import simpy

from sim.events import IdentityVerified
from sim.events.codes import Step
from sim.venue.assumptions import AUTOMATIC_CHECK_MEDIAN_US, AUTOMATIC_CHECK_SIGMA
from sim.venue.case import Case, leave, refuse
from sim.venue.platform import Platform
from sim.venue.reasons import IDENTITY, IMPATIENT

RULE: Final = "onb.kyc"


class IdentityDesk:
    """The automatic check and the officers behind it."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._staff = platform.scenario.world.review_staff
        self._officers = simpy.Resource(platform.env, capacity=self._staff.officers)

    def verify(self, case: Case) -> Generator[simpy.Event, Any, bool]:
        """Check an applicant; returns whether the application goes on."""
        platform = self._platform
        if not platform.in_force(RULE, case.client_class):
            return True
        check_us = platform.draws.lognormal_us(
            "onboarding.automatic_check",
            case.client,
            0,
            AUTOMATIC_CHECK_MEDIAN_US,
            AUTOMATIC_CHECK_SIGMA,
        )
        yield platform.env.timeout(check_us)
        if case.prospect.needs_review:
            seen = yield from self._review(case)
            if not seen:
                leave(platform, case, Step.IDENTITY, IMPATIENT)
                return False
        if not case.prospect.acceptable:
            refuse(platform, case, Step.IDENTITY, IDENTITY, RULE)
            return False
        case.cause = platform.append(
            IdentityVerified(
                time_us=platform.now,
                cause=case.cause,
                client=case.client,
                manual=case.prospect.needs_review,
                waited_us=platform.now - case.submitted_us,
            )
        )
        return True

    def _review(self, case: Case) -> Generator[simpy.Event, Any, bool]:
        """Wait for an officer and let them work; False when the prospect's patience ends first."""
        platform, staff = self._platform, self._staff
        deadline_us = case.submitted_us + case.prospect.patience_us
        if platform.calendar.next_open(platform.now, staff.opens, staff.closes) >= deadline_us:
            yield platform.until(deadline_us)
            return False
        with self._officers.request() as turn:
            if not turn.triggered:
                yield turn | platform.until(deadline_us)
                if not turn.triggered:
                    return False
            service_us = platform.draws.exponential_us(
                "onboarding.review", case.client, 0, staff.service
            )
            done_us = platform.calendar.add_working_time(
                platform.now, service_us, staff.opens, staff.closes
            )
            yield platform.until(done_us)
        return True
