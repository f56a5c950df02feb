"""A platform without an order plane: the departments on a clock, a journal in memory, balances in a dict."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Protocol, TypeVar

import attrs
import simpy

from sim.calendar import Calendar
from sim.draws import Draws
from sim.events import (
    CoinDeposited,
    CoinWithdrawalRequested,
    DepositCredited,
    Event,
    RunStarted,
    WithdrawalRequested,
)
from sim.ledger import Ledger
from sim.quantities import DurationUs, InstantUs, Ppm
from sim.rules import DatedValue, Reference, Regime, Rule, Unit, parse_value
from sim.scenario.model import (
    Arbitrageur,
    Horizon,
    Listing,
    MarketMaker,
    Population,
    RuleChange,
    Scenario,
    Staff,
    World,
)
from sim.units import ASSETS, DAY_US, to_us
from sim.venue import Platform, Register, start_departments
from sim.world.people import People, build_people

E = TypeVar("E", bound=Event)

START = date(2023, 6, 1)
RETAIL_OPENS = date(2023, 8, 28)
HKD = ASSETS["HKD"].unit_minor
OUTSIDE_HKD: dict[str, int | str] = {"BTC": 234_000, "ETH": 14_000, "USD": "7.8"}
"""Outside prices, HKD for one whole unit."""

PEOPLE = ("retail", "individual_pi")
RULES: tuple[tuple[str, Unit, tuple[str, ...], tuple[tuple[date, object], ...]], ...] = (
    ("onb.retail_access", "flag", ("retail",), ((START, False), (RETAIL_OPENS, True))),
    ("onb.knowledge", "flag", PEOPLE, ((START, True),)),
    ("onb.risk_profile", "flag", PEOPLE, ((START, True),)),
    ("onb.exposure_rule", "flag", ("retail",), ((START, True),)),
    ("onb.exposure_limit", "share", ("retail",), ((START, "30 %"),)),
    ("onb.first_transfer", "money", PEOPLE, ((date(2023, 11, 1), "HKD 10,000"),)),
    ("onb.pi_individual", "money", ("individual_pi",), ((START, "HKD 8,000,000"),)),
    ("onb.kyc", "flag", PEOPLE, ((START, True),)),
    ("onb.same_name", "flag", PEOPLE, ((START, True),)),
    ("onb.jurisdiction", "flag", PEOPLE, ((START, True),)),
    ("fiat.withdrawal_days", "count", (), ((START, 1),)),
    ("cus.cold_share", "share", ("platform",), ((START, "98 %"),)),
    ("trd.prefunded", "flag", (), ((START, True),)),
    ("trd.fee_maker", "share", (), ((START, "10 bps"),)),
    ("trd.fee_taker", "share", (), ((START, "15 bps"),)),
    ("tok.retail_gate", "flag", ("token",), ((START, True),)),
    ("tok.sfc_approval", "flag", ("token",), ((START, True),)),
)


def small_regime(*changes: RuleChange) -> Regime:
    """The rules that departments read, with changes on top."""
    rules = {rule.id: rule for rule in (_rule(*row) for row in RULES)}
    regime, _ = Regime(rules).with_changes(changes, to_us(START))
    return regime


def _rule(
    rule_id: str, unit: Unit, applies_to: tuple[str, ...], dated: tuple[tuple[date, object], ...]
) -> Rule:
    ends = [*(to_us(start) for start, _ in dated[1:]), None]
    values = tuple(
        DatedValue(
            start_us=to_us(start),
            end_us=end,
            value=parse_value(unit, raw)[0],
            text=parse_value(unit, raw)[1],
            status="in_force",
            reference=Reference("test"),
            confidence="V",
        )
        for (start, raw), end in zip(dated, ends, strict=True)
    )
    return Rule(rule_id, rule_id, unit, applies_to, "onboarding", "", values)


def change(rule_id: str, value: str | bool | int, start: date | None = None) -> RuleChange:
    """A rule change as a scenario would give it."""
    return RuleChange(
        id=rule_id, value=value, start=None if start is None else InstantUs(to_us(start))
    )


def small_scenario(
    prospects: int = 60,
    days: int = 120,
    start: date = START,
    listings: Sequence[Listing] | None = None,
    **population: object,
) -> Scenario:
    """A scenario with one maker, one arbitrageur and two pairs; keywords go to the population."""
    begin = to_us(start)
    if listings is None:
        listings = [
            listing("BTC/HKD", start, RETAIL_OPENS),
            listing("ETH/USD", start, RETAIL_OPENS),
        ]
    world = World(
        population=Population(prospects=prospects, **population),  # type: ignore[arg-type]
        listings=tuple(listings),
        market_makers=(MarketMaker(name="maker-1"),),
        arbitrageurs=(Arbitrageur(name="arbitrageur-1"),),
        review_staff=Staff(officers=1, service=DurationUs(3_600_000_000)),
    )
    return Scenario(
        name="small",
        horizon=Horizon(start=InstantUs(begin), end=InstantUs(begin + days * DAY_US)),
        world=world,
    )


def listing(pair: str, professional: date, retail: date | None) -> Listing:
    """A pair with its two dates."""
    return Listing(
        pair=pair,
        professional_from=InstantUs(to_us(professional)),
        retail_from=None if retail is None else InstantUs(to_us(retail)),
    )


class Projection(Protocol):
    """Anything that folds events."""

    def apply(self, seq: int, happened: Event) -> None: ...


class MemoryJournal:
    """Numbers events, keeps them, and lets projections fold them."""

    def __init__(self) -> None:
        self.next_seq = 1
        self.events: list[Event] = []
        self.projections: list[Projection] = []

    def append(self, event: Event) -> int:
        seq = self.next_seq
        self.next_seq += 1
        self.events.append(event)
        for projection in self.projections:
            projection.apply(seq, event)
        return seq

    def of(self, kind: type[E]) -> list[E]:
        return [happened for happened in self.events if isinstance(happened, kind)]

    def numbered(self) -> Iterator[tuple[int, Event]]:
        return enumerate(self.events, start=1)


class MemoryBalances:
    """Clients' balances folded from the same events; `charge` stands in for trading fees."""

    def __init__(self) -> None:
        self._available: dict[tuple[int, str], int] = {}
        self._fees: dict[str, int] = {}

    def apply(self, seq: int, happened: Event) -> None:
        assert seq > 0
        match happened:
            case DepositCredited() | CoinDeposited():
                self.shift(happened.client, happened.asset, happened.amount_minor)
            case WithdrawalRequested() | CoinWithdrawalRequested():
                self.shift(happened.client, happened.asset, -happened.amount_minor)
            case _:
                pass

    def shift(self, client: int, asset: str, amount_minor: int) -> None:
        after = self._available.get((client, asset), 0) + amount_minor
        assert after >= 0, f"client {client} would hold {asset} {after}"
        self._available[client, asset] = after

    def charge(self, client: int, asset: str, amount_minor: int) -> None:
        self.shift(client, asset, -amount_minor)
        self._fees[asset] = self._fees.get(asset, 0) + amount_minor

    def available(self, client: int, asset: str) -> int:
        return self._available.get((client, asset), 0)

    def held(self, client: int, asset: str) -> int:
        assert client > 0
        assert asset in ASSETS
        return 0

    def totals(self) -> Mapping[str, int]:
        totals = dict.fromkeys(ASSETS, 0)
        for (_, asset), amount_minor in self._available.items():
            totals[asset] += amount_minor
        return totals

    def fees_collected(self) -> Mapping[str, int]:
        return dict(self._fees)


@attrs.frozen
class Small:
    """One platform, ready to run."""

    platform: Platform
    journal: MemoryJournal
    balances: MemoryBalances
    end_us: int

    def run(self) -> MemoryJournal:
        """Start the departments and run to the horizon."""
        start_departments(self.platform)
        self.platform.env.run(until=self.end_us)
        return self.journal


def small_platform(
    scenario: Scenario | None = None,
    regime: Regime | None = None,
    seed: int = 1,
    people: People | None = None,
    watch: Callable[[MemoryJournal, Ledger, MemoryBalances], Projection] | None = None,
) -> Small:
    """Wire a platform; `watch` builds one more projection, applied after all others."""
    scenario = scenario or small_scenario()
    regime = regime or small_regime()
    start_us, end_us = scenario.horizon.start, scenario.horizon.end
    journal, ledger, register, balances = MemoryJournal(), Ledger(), Register(), MemoryBalances()
    journal.projections += [ledger, register, balances]
    if watch is not None:
        journal.projections.append(watch(journal, ledger, balances))
    platform = Platform(
        env=simpy.Environment(initial_time=start_us),
        journal=journal,
        regime=regime,
        calendar=Calendar.hong_kong(start_us, end_us),
        draws=Draws(seed),
        scenario=scenario,
        people=people or build_people(scenario.world.population, scenario.horizon, seed),
        ledger=ledger,
        register=register,
        balances=balances,
        reference_minor=lambda asset: ASSETS["HKD"].minor(OUTSIDE_HKD[asset]),
    )
    journal.append(RunStarted(time_us=start_us, seed=seed))
    return Small(platform, journal, balances, end_us)


def share(ppm: int) -> Ppm:
    """A share in parts per million."""
    return Ppm(ppm)


def with_review_staff(scenario: Scenario, staff: Staff) -> Scenario:
    """The scenario with other officers."""
    return attrs.evolve(scenario, world=attrs.evolve(scenario.world, review_staff=staff))
