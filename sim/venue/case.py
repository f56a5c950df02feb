"""An application on its way through onboarding, and how it ends early."""

import attrs

from sim.events import ApplicationRefused, ProspectLeft
from sim.events.codes import ClientClass, Step
from sim.venue.platform import Platform
from sim.venue.prospects import Prospect


@attrs.define
class Case:
    """One attempt of one prospect."""

    prospect: Prospect
    client_class: ClientClass
    """Class the law gives the person, which may differ from the class they claim."""
    attempt: int
    submitted_us: int
    cause: int
    """Seq of the case's latest event, the cause of its next."""

    @property
    def client(self) -> int:
        """Client id of the prospect."""
        return self.prospect.client


def refuse(platform: Platform, case: Case, step: Step, reason: str, rule: str) -> None:
    """Turn the application down."""
    case.cause = platform.append(
        ApplicationRefused(
            time_us=platform.now,
            cause=case.cause,
            rule=rule,
            client=case.client,
            step=step,
            reason=reason,
        )
    )


def leave(platform: Platform, case: Case, step: Step, reason: str, rule: str = "") -> None:
    """Record that the prospect gives up."""
    case.cause = platform.append(
        ProspectLeft(
            time_us=platform.now,
            cause=case.cause,
            rule=rule,
            client=case.client,
            step=step,
            reason=reason,
            waited_us=waited_us(platform, case),
        )
    )


def waited_us(platform: Platform, case: Case) -> int:
    """Time since the prospect's first application."""
    return platform.now - platform.register[case.client].first_application_us
