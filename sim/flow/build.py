"""Lay out the order plane's memory for a scenario: accounts, agents, instruments and the reference grid."""

from typing import Any, Protocol

from numpy.typing import NDArray

from sim.events.codes import ClientClass
from sim.flow.arena import Arena
from sim.flow.kernel import COMMANDS_PER_WAKE, SAMPLER, push
from sim.flow.layout import (
    BASE,
    BTC_WEIGHT_PPM,
    BUSINESS_US,
    CLASS,
    COINS_TARGET_MINOR,
    DEPTH_BAND_PPM,
    EDGE_PPM,
    GRID_START,
    GRID_STEP,
    HALF_SPREAD_PPM,
    HKD_PER_USD,
    HKD_TWIN,
    INSTRUMENT,
    INSTRUMENT_WIDTH,
    INSTRUMENTS_N,
    INTERVAL_US,
    LADDER_WIDTH,
    LEVEL_NOTIONAL_MINOR,
    LEVEL_STEP_PPM,
    LEVELS,
    LIMIT,
    LOG_CONTROL,
    LOG_FULL,
    LOG_LEVEL,
    LOG_TRADES,
    LOT_MINOR,
    MAX_LEVELS,
    NEXT_ORDER,
    ORDER_NOTIONAL_MINOR,
    PARTICIPANT,
    PAYS_USD,
    QUOTE,
    SAMPLE_INTERVAL,
    SEED,
    SKEW_PPM,
    TICK_LOT_MINOR,
    TICKS,
    TRADER,
    TYPE,
    TYPE_ARBITRAGEUR,
    TYPE_MAKER,
    TYPE_SAMPLER,
    Floats,
    Ints,
)
from sim.scenario.model import Scenario
from sim.units import ASSET_INDEX, INSTRUMENTS, SYMBOLS
from sim.world.activity import wall_to_business

LOG_LEVELS = {"control": LOG_CONTROL, "trades": LOG_TRADES, "full": LOG_FULL}
ROWS_CAPACITY = 1 << 18
ORDERS_CAPACITY = 1 << 12


class Grid(Protocol):
    """The reference path: prices in ticks on an even grid, and the HKD rate."""

    @property
    def start_us(self) -> int:
        """First instant of the grid."""

    @property
    def step_us(self) -> int:
        """Spacing of the grid."""

    @property
    def ticks(self) -> dict[str, Ints]:
        """Price of each pair in ticks."""

    @property
    def hkd_per_usd_ppm(self) -> Ints:
        """HKD for a million USD."""


class Traders(Protocol):
    """Trading traits of the prospects, one row each; row 0 is client `first_client`."""

    @property
    def arrival_us(self) -> NDArray[Any]:
        """Birth of the client's clock."""

    @property
    def client_class(self) -> NDArray[Any]:
        """ClientClass codes."""

    @property
    def trader_type(self) -> NDArray[Any]:
        """Trader types 0 to 3."""

    @property
    def usd(self) -> NDArray[Any]:
        """Whether the client pays in USD."""

    @property
    def btc_weight_ppm(self) -> NDArray[Any]:
        """Preference for bitcoin."""

    @property
    def interval_us(self) -> NDArray[Any]:
        """Mean business time between looks at the market."""


def build_arena(
    scenario: Scenario, people: Traders, first_client: int, grid: Grid, business: Floats, seed: int
) -> Arena:
    """Allocate and fill the kernel's memory for one run.

    Parameters
    ----------
    people
        Prospects; account numbers are their client ids, from `first_client` on.
    business
        Business time in microseconds at each point of the grid.
    """
    world = scenario.world
    accounts = first_client + len(people.arrival_us)
    participants = len(world.market_makers) + len(world.arbitrageurs)
    arena = Arena(
        accounts=accounts,
        participants=participants,
        grid_points=len(grid.hkd_per_usd_ppm),
        # One wake-up can fill every order there is: one a client, and the ladders.
        rows=ROWS_CAPACITY + 2 * (accounts + participants * INSTRUMENTS_N * LADDER_WIDTH),
        orders=ORDERS_CAPACITY + COMMANDS_PER_WAKE,
        business=business,
    )
    words = arena.words
    words[NEXT_ORDER] = 1
    words[LOG_LEVEL] = LOG_LEVELS[scenario.log_level]
    words[SEED] = seed
    words[GRID_START] = grid.start_us
    words[GRID_STEP] = grid.step_us
    words[SAMPLE_INTERVAL] = world.sample_interval
    words[DEPTH_BAND_PPM] = world.depth_band
    arena.table(HKD_PER_USD)[:] = grid.hkd_per_usd_ppm
    for index, symbol in enumerate(SYMBOLS):
        arena.table(TICKS)[index] = grid.ticks[symbol]
    arena.table(LIMIT)[:] = -1
    _instruments(words)
    _traders(arena, people, first_client, grid, business)
    _participants(arena, scenario)
    arena.table(TRADER)[SAMPLER, TYPE] = TYPE_SAMPLER
    push(words, scenario.horizon.start + world.sample_interval, SAMPLER)
    return arena


def _instruments(words: Ints) -> None:
    for index, instrument in enumerate(INSTRUMENTS.values()):
        row = words[INSTRUMENT + index * INSTRUMENT_WIDTH :][:INSTRUMENT_WIDTH]
        row[BASE] = ASSET_INDEX[instrument.base]
        row[QUOTE] = ASSET_INDEX[instrument.quote]
        row[TICK_LOT_MINOR] = instrument.tick_lot_minor
        row[LOT_MINOR] = instrument.lot_minor
        row[HKD_TWIN] = SYMBOLS.index(f"{instrument.base}/HKD")


def _traders(
    arena: Arena, people: Traders, first_client: int, grid: Grid, business: Floats
) -> None:
    table = arena.table(TRADER)[first_client:]
    table[:, TYPE] = people.trader_type
    table[:, PAYS_USD] = people.usd
    table[:, BTC_WEIGHT_PPM] = people.btc_weight_ppm
    table[:, INTERVAL_US] = people.interval_us
    table[:, CLASS] = people.client_class
    for row, arrival_us in enumerate(people.arrival_us):
        born_us = wall_to_business(business, grid.start_us, grid.step_us, int(arrival_us))
        table[row, BUSINESS_US] = int(born_us)


def _participants(arena: Arena, scenario: Scenario) -> None:
    """Fill the parameters of market makers (accounts from 1) and then of arbitrageurs."""
    traders, parameters = arena.table(TRADER), arena.table(PARTICIPANT)
    makers = scenario.world.market_makers
    for account, maker in enumerate(makers, start=1):
        traders[account, TYPE] = TYPE_MAKER
        traders[account, CLASS] = int(ClientClass.MARKET_MAKER)
        traders[account, INTERVAL_US] = maker.requote_interval
        parameters[account, HALF_SPREAD_PPM] = maker.half_spread
        parameters[account, LEVEL_STEP_PPM] = maker.level_step
        parameters[account, LEVELS] = min(maker.levels, MAX_LEVELS)
        parameters[account, LEVEL_NOTIONAL_MINOR] = maker.level_notional.amount_minor
        parameters[account, SKEW_PPM] = maker.skew
        parameters[account, COINS_TARGET_MINOR] = maker.coins.amount_minor
    for account, arbitrageur in enumerate(scenario.world.arbitrageurs, start=len(makers) + 1):
        traders[account, TYPE] = TYPE_ARBITRAGEUR
        traders[account, CLASS] = int(ClientClass.ARBITRAGEUR)
        traders[account, INTERVAL_US] = arbitrageur.interval
        parameters[account, EDGE_PPM] = arbitrageur.edge
        parameters[account, ORDER_NOTIONAL_MINOR] = arbitrageur.order_notional.amount_minor
        parameters[account, COINS_TARGET_MINOR] = arbitrageur.coins.amount_minor
