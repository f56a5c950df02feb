"""What every department knows: the clock, the log, the law, the people, the accounts.

A `Platform` is the context of one run. Departments read it and write to one place only, the journal;
what they learn back (balances, registers, limits) comes from projections of the same events.
"""

from collections.abc import Callable, Generator, Mapping
from typing import Any, Protocol, TypeAlias

import attrs
import simpy

from sim.calendar import Calendar
from sim.draws import Draws
from sim.events import Event
from sim.events.codes import ClientClass
from sim.ledger import Ledger
from sim.rules import Law, Regime
from sim.scenario.model import Scenario
from sim.units import ASSETS
from sim.venue.register import Register
from sim.world.people import People

Steps: TypeAlias = Generator[simpy.Event, Any, None]
"""A SimPy process, or a part of one that another process runs with `yield from`."""


class EventLog(Protocol):
    """What departments need of the journal."""

    @property
    def next_seq(self) -> int:
        """Seq of the next event."""

    def append(self, event: Event) -> int:
        """Write an event, apply it to every projection, and return its seq."""


class Balances(Protocol):
    """What departments need of the order plane, which keeps each client's own balances."""

    def available(self, client: int, asset: str) -> int:
        """Minor units a client may trade with or withdraw now."""

    def held(self, client: int, asset: str) -> int:
        """Minor units held behind a client's resting orders."""

    def totals(self) -> Mapping[str, int]:
        """Minor units of each asset over all clients, held amounts included."""

    def fees_collected(self) -> Mapping[str, int]:
        """Minor units of each asset taken as trading fees since the start."""


@attrs.define(kw_only=True)
class Platform:
    """The context of one run, handed to every department."""

    env: simpy.Environment
    """Its clock counts int64 microseconds since the epoch."""
    journal: EventLog
    regime: Regime
    calendar: Calendar
    draws: Draws
    scenario: Scenario
    people: People
    ledger: Ledger
    """A projection that the caller attached to the journal."""
    register: Register
    """A projection that the caller attached to the journal."""
    balances: Balances
    reference_minor: Callable[[str], int]
    """HKD minor units for one whole unit of a coin or of USD, outside the platform, now."""

    started: int = attrs.field(init=False, default=0)
    """Seq of the event that began the run: the cause of what departments do at the start."""

    @property
    def now(self) -> int:
        """Present instant, microseconds since the epoch."""
        return int(self.env.now)

    @property
    def law(self) -> Law:
        """The law in force now."""
        return self.regime.at(self.now)

    def in_force(self, rule: str, client_class: ClientClass | None = None) -> bool:
        """Whether a rule has a value now, does not read `false`, and concerns the class of clients.

        A rule that names no class in `applies_to` concerns everybody.
        """
        value = self.law.get(rule)
        if value is None or value.value is False:
            return False
        if client_class is None:
            return True
        applies_to = self.regime.rules[rule].applies_to
        return not applies_to or client_class.name.lower() in applies_to

    def append(self, happened: Event) -> int:
        """Write an event to the journal and return its seq."""
        return self.journal.append(happened)

    def until(self, time_us: int) -> simpy.Event:
        """Return an event that happens at an instant, or now if that has passed."""
        return self.env.timeout(max(0, time_us - self.now))

    def start(self, process: Steps) -> None:
        """Let a process run on the platform's clock."""
        self.env.process(process)

    def next_daily(self, day_time_us: int) -> int:
        """Return the next instant, after now, of a time of day on a business day."""
        today = self.calendar.midnight(self.now) + day_time_us
        if today > self.now and self.calendar.is_business_day(self.now):
            return today
        return self.calendar.add_business_days(self.now, 1) + day_time_us

    def from_hkd(self, asset: str, hkd_minor: int) -> int:
        """Convert an HKD amount at the outside price, rounded up to what a bank or a chain can move."""
        if asset == "HKD":
            amount_minor = hkd_minor
        else:
            price_minor = self.reference_minor(asset)
            amount_minor = -(-hkd_minor * ASSETS[asset].unit_minor // price_minor)
        grid = ASSETS[asset].bank_minor
        return -(-amount_minor // grid) * grid

    def to_hkd(self, asset: str, amount_minor: int) -> int:
        """Convert an amount to HKD minor units at the outside price, rounded down."""
        if asset == "HKD":
            return amount_minor
        return amount_minor * self.reference_minor(asset) // ASSETS[asset].unit_minor
