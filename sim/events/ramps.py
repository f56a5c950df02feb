"""Fiat ramps: money from and to the client's own bank account."""

from typing import ClassVar

from sim.events.base import Event, event
from sim.events.codes import Rail


class _Ramps(Event):
    department: ClassVar[str] = "ramps"


@event
class DepositInstructed(_Ramps):
    """The client tells the bank to send money."""

    deposit: int
    client: int
    rail: Rail
    asset: str
    amount_minor: int


@event
class DepositCredited(_Ramps):
    """The money reached the client account at the bank and the client's balance."""

    deposit: int
    client: int
    rail: Rail
    asset: str
    amount_minor: int
    elapsed_us: int
    """Time since the instruction."""


@event
class DepositRefused(_Ramps):
    """The platform sent the money back; `rule` says why."""

    deposit: int
    client: int
    rail: Rail
    asset: str
    amount_minor: int
    reason: str


@event
class WithdrawalRequested(_Ramps):
    """The client asks for money; the amount leaves the available balance at once."""

    withdrawal: int
    client: int
    rail: Rail
    asset: str
    amount_minor: int


@event
class WithdrawalRefused(_Ramps):
    """The request was turned down; the balance is unchanged."""

    client: int
    rail: Rail
    asset: str
    amount_minor: int
    reason: str


@event
class WithdrawalPaid(_Ramps):
    """The bank paid the client."""

    withdrawal: int
    client: int
    rail: Rail
    asset: str
    amount_minor: int
    elapsed_us: int
    """Time since the request."""
