"""The run itself, the law, custody, admission, the trading desk's schedules and the treasury."""

from typing import ClassVar

from sim.events.base import Event, event
from sim.events.codes import ClientClass, PairStatus


@event
class RunStarted(Event):
    """The simulation begins."""

    department: ClassVar[str] = "run"
    seed: int


@event
class RunEnded(Event):
    """The simulation reached its horizon."""

    department: ClassVar[str] = "run"
    reason: str


@event
class StateCheckpointed(Event):
    """What every event before this one adds up to, so that a replay can be compared on the way."""

    department: ClassVar[str] = "run"
    state_hash: str


@event
class RuleChanged(Event):
    """A dated parameter takes a new value; `rule` is its id."""

    department: ClassVar[str] = "licence"
    value: str
    unit: str
    status: str


@event
class ParticipantRegistered(Event):
    """A market maker or arbitrageur signs up with the platform."""

    department: ClassVar[str] = "trading_desk"
    client: int
    client_class: ClientClass
    name: str


@event
class PairOpened(Event):
    """A pair changes its status for a class of clients."""

    department: ClassVar[str] = "trading_desk"
    instrument: str
    client_class: ClientClass
    status: PairStatus


@event
class FeesSet(Event):
    """Trading fees from now on; `rule` is the schedule's id."""

    department: ClassVar[str] = "trading_desk"
    client_class: ClientClass
    maker_ppm: int
    taker_ppm: int


@event
class TokenListed(Event):
    """The committee and, where needed, the SFC let a token onto the menu of a class of clients."""

    department: ClassVar[str] = "admission"
    token: str
    client_class: ClientClass


@event
class CoinDeposited(Event):
    """A participant's coins arrive in the hot wallet."""

    department: ClassVar[str] = "custody"
    client: int
    asset: str
    amount_minor: int


@event
class CoinWithdrawalRequested(Event):
    """A participant asks for coins; they leave the available balance at once."""

    department: ClassVar[str] = "custody"
    withdrawal: int
    client: int
    asset: str
    amount_minor: int


@event
class CoinPaidOut(Event):
    """Coins leave the hot wallet to a whitelisted address."""

    department: ClassVar[str] = "custody"
    withdrawal: int
    client: int
    asset: str
    amount_minor: int
    elapsed_us: int
    """Time since the request."""


@event
class ColdSwept(Event):
    """Coins move between the hot and the cold wallet; positive is into cold storage."""

    department: ClassVar[str] = "custody"
    asset: str
    amount_minor: int
    hot_after_minor: int
    cold_after_minor: int


@event
class FeesSwept(Event):
    """Fee income leaves the client account for the house account, after the daily reconciliation."""

    department: ClassVar[str] = "treasury"
    asset: str
    amount_minor: int
