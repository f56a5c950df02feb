"""The scenario's classes: what a file may say, with units.

A scenario is a **world** (what nobody decides), **rules** (a regime and changes to it), a **horizon**, a
log level and measures. Each field's metadata holds a description and, where it has one, a source; the
JSON Schema and the documentation are made from them. A value without a source is an assumption and its
description says so.
"""

# ruff: noqa: RUF009 - `about` is this module's attrs.field

from datetime import date
from typing import Any, Literal

import attrs

from sim.quantities import DayTimeUs, DurationUs, InstantUs, Ppm
from sim.units import ASSETS, PPM, SYMBOLS, Money

FUNDS_MAX_MINOR = 50_000_000_000 * 10**6
"""Most a participant may bring of one asset, in minor units: a hundred of them still fit 64 bits."""
QUOTE_MAX_MINOR = 1_000_000_000 * 10**6
"""Largest quote level or arbitrage order, in HKD minor units."""
SHORTEST_LOOK_US = 100_000
"""Ten looks a second; a day of them is a million decisions of one participant."""
PARTICIPANTS_MAX = 100
"""Market makers and arbitrageurs in all; they have the client ids from 1, prospects those above."""

LogLevel = Literal["full", "trades", "control"]

COINS = tuple(code for code, asset in ASSETS.items() if asset.kind == "coin")


def about(
    description: str, default: Any = attrs.NOTHING, *, factory: Any = None, **limits: Any
) -> Any:
    """Declare a field with the description that the schema and the error messages show.

    Limits hold for values read from files; the kind of value sets the usual ones (a share lies between
    0 and 100 %, a duration is above 0, money is not negative, a count is at least 1).

    Parameters
    ----------
    limits
        `minimum`, `maximum`, `above` (all in the field's own integer unit; None lifts the usual one),
        `asset` (currency of an amount), `choices` (allowed names), `keys` (allowed keys of a table),
        `items` (least number of items of a list).
    """
    metadata = {"description": description, **limits}
    if factory is not None:
        return attrs.field(factory=factory, metadata=metadata)
    return attrs.field(default=default, metadata=metadata)


@attrs.frozen(kw_only=True)
class Horizon:
    """The span of simulated time."""

    start: InstantUs = about("first instant of the run; a date is its midnight in Hong Kong")
    end: InstantUs = about("the run stops at this instant")


@attrs.frozen(kw_only=True)
class Reference:
    """Outside prices in USD and the HKD rate: files the user names, or the table that ships."""

    file: str | None = about(
        "Parquet or CSV with time, asset (or symbol) and price (or close); none uses the shipped month-end closes",
        None,
    )
    step: DurationUs = about(
        "grid of the reference path; gaps between known prices are bridged",
        DurationUs(300_000_000),
        minimum=1_000_000,
        maximum=86_400_000_000,
    )
    annual_volatility: dict[str, Ppm] = about(
        "annualised volatility of the bridge per asset (measured on hourly closes 2020-2025: BTC 60.8 %, ETH 79.0 %)",
        factory=lambda: {"BTC": Ppm(608_000), "ETH": Ppm(790_000)},
        keys=COINS,
        above=0,
        maximum=10 * PPM,
    )
    correlation: Ppm = about(
        "correlation of each coin's bridge with BTC's (hourly 2020-2025: ETH 0.834)",
        Ppm(834_000),
        minimum=-PPM,
    )
    sha256: str | None = about(
        "SHA-256 of the file, filled in when a scenario is resolved; a file that has changed since is refused",
        None,
    )


@attrs.frozen(kw_only=True)
class Population:
    """The people who may become clients. They are born alike under every policy."""

    prospects: int = about("people who become interested within the horizon")
    arrival_half_life: DurationUs = about(
        "half-life of the first wave of interest after the start; assumption",
        DurationUs(120 * 86_400_000_000),
    )
    professional_share: Ppm = about(
        "share of prospects who are individual professional investors; assumption", Ppm(30_000)
    )
    net_worth_median: Money = about(
        "median declared net worth of a retail prospect; assumption",
        Money("HKD", 600_000_000_000),
        asset="HKD",
        above=0,
    )
    net_worth_sigma: Ppm = about(
        "standard deviation of log net worth; assumption", Ppm(1_000_000), maximum=10 * PPM
    )
    usd_share: Ppm = about("share of clients who fund and trade in USD; assumption", Ppm(150_000))
    saver_share: Ppm = about("share of steady savers among clients; assumption", Ppm(350_000))
    trend_share: Ppm = about("share of trend followers; assumption", Ppm(250_000))
    contrarian_share: Ppm = about(
        "share of contrarians; the rest trade at random; assumption", Ppm(150_000)
    )
    trade_interval: DurationUs = about(
        "mean business time between a client's looks at the market; assumption",
        DurationUs(7 * 86_400_000_000),
        minimum=1_000_000,
    )
    saving_interval: DurationUs = about(
        "time between a steady saver's top-ups; assumption",
        DurationUs(30 * 86_400_000_000),
        minimum=1_000_000,
    )
    withdrawal_interval: DurationUs = about(
        "mean time between a client's cash withdrawals; assumption",
        DurationUs(120 * 86_400_000_000),
        minimum=1_000_000,
    )
    manual_review_share: Ppm = about(
        "share of applications that need an officer; assumption", Ppm(300_000)
    )
    unacceptable_share: Ppm = about(
        "share refused on identity or documents; not published, test 5-30 %", Ppm(80_000)
    )
    knowledge_pass: Ppm = about(
        "chance to pass the knowledge test untrained; not published, assumption", Ppm(700_000)
    )
    patience_median: DurationUs = about(
        "median waiting time a prospect tolerates; assumption", DurationUs(7 * 86_400_000_000)
    )
    return_share: Ppm = about(
        "share of refused retail prospects who come back when access opens; assumption",
        Ppm(600_000),
    )


@attrs.frozen(kw_only=True)
class Staff:
    """People of one department on one shift."""

    officers: int = about("people at work during a shift")
    opens: DayTimeUs = about(
        "start of the shift, Hong Kong time, business days", DayTimeUs(9 * 3_600_000_000)
    )
    closes: DayTimeUs = about("end of the shift", DayTimeUs(18 * 3_600_000_000))
    service: DurationUs = about(
        "mean working time for one case; assumption", DurationUs(1_800_000_000)
    )


@attrs.frozen(kw_only=True)
class Banks:
    """Fiat rails as the platform and its clients meet them."""

    fps_latency_median: DurationUs = about(
        "median time from instruction to credit by FPS (measured: under 30 s)",
        DurationUs(20_000_000),
    )
    wire_opens: DayTimeUs = about(
        "USD wire window opens (facts row fiat.usd_window)", DayTimeUs(11 * 3_600_000_000)
    )
    wire_closes: DayTimeUs = about("USD wire window closes", DayTimeUs(16 * 3_600_000_000))
    wire_latency_median: DurationUs = about(
        "median processing time inside the wire window; assumption", DurationUs(7_200_000_000)
    )
    chats_opens: DayTimeUs = about(
        "CHATS opens (facts row fiat.chats_hours)", DayTimeUs(30_600_000_000)
    )
    chats_closes: DayTimeUs = about("CHATS closes", DayTimeUs(66_600_000_000))
    payout_time: DayTimeUs = about(
        "time of day of the withdrawal batch on a business day; assumption",
        DayTimeUs(11 * 3_600_000_000),
    )


@attrs.frozen(kw_only=True)
class MarketMaker:
    """A ladder of quotes around the outside price, skewed by inventory (Avellaneda and Stoikov 2008)."""

    name: str = about("name in the log")
    half_spread: Ppm = about(
        "distance of the best quote from the reservation price; assumption", Ppm(1_000)
    )
    level_step: Ppm = about("distance between quote levels; assumption", Ppm(800))
    levels: int = about("quote levels a side", 5, maximum=16)
    level_notional: Money = about(
        "notional of the best level; deeper levels grow linearly; assumption",
        Money("HKD", 60_000_000_000),
        asset="HKD",
        maximum=QUOTE_MAX_MINOR,
        above=0,
    )
    skew: Ppm = about("shift of the reservation price at full inventory; assumption", Ppm(2_000))
    requote_interval: DurationUs = about(
        "mean time between looks at the reference; assumption",
        DurationUs(30_000_000),
        minimum=SHORTEST_LOOK_US,
    )
    hkd: Money = about(
        "pre-funded HKD; assumption",
        Money("HKD", 20_000_000_000_000),
        asset="HKD",
        maximum=FUNDS_MAX_MINOR,
    )
    usd: Money = about(
        "pre-funded USD; assumption",
        Money("USD", 2_500_000_000_000),
        asset="USD",
        maximum=FUNDS_MAX_MINOR,
    )
    coins: Money = about(
        "pre-funded coins per token, by value in HKD; assumption",
        Money("HKD", 20_000_000_000_000),
        asset="HKD",
        maximum=FUNDS_MAX_MINOR,
    )


@attrs.frozen(kw_only=True)
class Arbitrageur:
    """Takes quotes that are away from the outside price by more than its costs."""

    name: str = about("name in the log")
    edge: Ppm = about("least profit after fees to act on; assumption", Ppm(500))
    order_notional: Money = about(
        "largest order; assumption",
        Money("HKD", 200_000_000_000),
        asset="HKD",
        above=0,
        maximum=QUOTE_MAX_MINOR,
    )
    interval: DurationUs = about(
        "mean time between looks; assumption", DurationUs(120_000_000), minimum=SHORTEST_LOOK_US
    )
    hkd: Money = about(
        "pre-funded HKD; assumption",
        Money("HKD", 10_000_000_000_000),
        asset="HKD",
        maximum=FUNDS_MAX_MINOR,
    )
    usd: Money = about(
        "pre-funded USD; assumption",
        Money("USD", 1_250_000_000_000),
        asset="USD",
        maximum=FUNDS_MAX_MINOR,
    )
    coins: Money = about(
        "pre-funded coins per token, by value in HKD; assumption",
        Money("HKD", 10_000_000_000_000),
        asset="HKD",
        maximum=FUNDS_MAX_MINOR,
    )


@attrs.frozen(kw_only=True)
class Listing:
    """One pair and the dates on which each class of clients may trade it."""

    pair: str = about("for example BTC/HKD", choices=SYMBOLS)
    professional_from: InstantUs = about("open to professional investors and participants from")
    retail_from: InstantUs | None = about(
        "open to retail clients from; none keeps it professional-only", None
    )


@attrs.frozen(kw_only=True)
class World:
    """What nobody decides: people, prices, banks, capacity."""

    population: Population = about("people")
    reference: Reference = about("outside prices", factory=Reference)
    review_staff: Staff = about(
        "officers who review applications", factory=lambda: Staff(officers=4)
    )
    custody_staff: Staff = about(
        "wallet operators", factory=lambda: Staff(officers=2, service=DurationUs(3_600_000_000))
    )
    banks: Banks = about("fiat rails", factory=Banks)
    market_makers: tuple[MarketMaker, ...] = about(
        "market makers", factory=lambda: (MarketMaker(name="maker-1"), MarketMaker(name="maker-2"))
    )
    arbitrageurs: tuple[Arbitrageur, ...] = about(
        "arbitrageurs", factory=lambda: (Arbitrageur(name="arbitrageur-1"),)
    )
    listings: tuple[Listing, ...] = about("pairs and their dates", items=1)
    sample_interval: DurationUs = about(
        "time between samples of the top of each book", DurationUs(900_000_000), minimum=1_000_000
    )
    depth_band: Ppm = about(
        "distance from the reference within which depth is counted", Ppm(10_000), above=0
    )
    holidays: tuple[date, ...] = about(
        "general holidays of Hong Kong; a file that leaves them out gets those of its horizon when it is read",
        (),
    )


@attrs.frozen(kw_only=True)
class RuleChange:
    """A value that a scenario or an overlay gives a rule from a date on."""

    id: str = about("rule id, for example onb.exposure_limit")
    start: InstantUs | None = about(
        "in force from; none means from the first instant of the run", None
    )
    value: str | bool | int = about("the value with its unit")
    status: Literal["in_force", "expected", "hypothetical", "practice"] = about(
        "standing of the value", "hypothetical"
    )
    source: str = about("where the value comes from", "assumption")


@attrs.frozen(kw_only=True)
class Rules:
    """Law and practice: a regime, then changes in order."""

    regime: str = about(
        "folder or file of dated rules, shipped or beside the scenario", "rules/hong-kong"
    )
    changes: tuple[RuleChange, ...] = about("changes to single rules; overlays append theirs", ())


@attrs.frozen(kw_only=True)
class Scenario:
    """One run's whole description."""

    name: str = about("short name")
    description: str = about("what the scenario shows", "")
    horizon: Horizon = about("simulated span")
    world: World = about("what nobody decides")
    rules: Rules = about("law and practice", factory=Rules)
    log_level: LogLevel = about(
        "full: every order event; trades: no quote churn of participants; control: no order events",
        "trades",
    )
    measures: tuple[str, ...] = about(
        "measures or families to print; empty prints every family", ()
    )
