"""Onboarding: from a person who is interested to a client who may trade."""

from typing import ClassVar

from sim.events.base import Event, event
from sim.events.codes import ClientClass, RiskClass, Step


class _Onboarding(Event):
    department: ClassVar[str] = "onboarding"


@event
class ProspectArrived(_Onboarding):
    """Somebody becomes interested in opening an account."""

    client: int
    client_class: ClientClass
    net_worth_minor: int
    """Declared net worth in HKD minor units."""


@event
class ApplicationSubmitted(_Onboarding):
    """The prospect hands in an application."""

    client: int
    attempt: int


@event
class ApplicationRefused(_Onboarding):
    """The platform turns the application down; `rule` says under which rule."""

    client: int
    step: Step
    reason: str


@event
class IdentityVerified(_Onboarding):
    """Identity and documents are accepted, by the system or by an officer."""

    client: int
    manual: bool
    waited_us: int
    """Time since the application was submitted."""


@event
class KnowledgeTested(_Onboarding):
    """The prospect sits the virtual-asset knowledge assessment (VATP-G 9.4)."""

    client: int
    attempt: int
    passed: bool


@event
class TrainingCompleted(_Onboarding):
    """The prospect finishes the training that a failed assessment requires."""

    client: int
    attempt: int


@event
class RiskProfiled(_Onboarding):
    """The platform assigns a risk profile (VATP-G 9.6)."""

    client: int
    risk_class: RiskClass


@event
class ExposureLimitSet(_Onboarding):
    """The platform sets the client's limit on virtual assets (VATP-G 9.7); -1 is no limit."""

    client: int
    limit_minor: int
    """Limit on the market value held plus open buy orders, in HKD minor units."""
    share_ppm: int


@event
class AccountOpened(_Onboarding):
    """The account exists; it becomes active with the first name-check transfer."""

    client: int
    client_class: ClientClass
    waited_us: int
    """Time since the first application."""


@event
class ClientActivated(_Onboarding):
    """The name-check transfer arrived: the client may trade."""

    client: int
    client_class: ClientClass
    waited_us: int
    """Time since the first application."""


@event
class ProspectLeft(_Onboarding):
    """The prospect gives up; `rule` names the rule where one drove them away."""

    client: int
    step: Step
    reason: str
    waited_us: int
    """Time since the first application, 0 if none was made."""
