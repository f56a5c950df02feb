"""A small order plane without a journal or a control plane: events in, balances and rows out."""

from datetime import date

import numpy as np

from sim.events import (
    ClientActivated,
    CoinDeposited,
    DepositCredited,
    ExposureLimitSet,
    FeesSet,
    PairOpened,
    ParticipantRegistered,
)
from sim.events.codes import ClientClass, PairStatus, Rail
from sim.flow.build import build_arena
from sim.flow.frames import PAYLOADS
from sim.flow.kernel import submit as submit_order
from sim.flow.layout import NOW, ROW_KIND, ROW_PAYLOAD, ROW_TABLE, ROWS, SEQ
from sim.flow.plane import OrderPlane
from sim.quantities import DurationUs, InstantUs
from sim.scenario.model import Arbitrageur, Horizon, MarketMaker, Population, Scenario, World
from sim.units import DAY_US, SYMBOLS, to_us
from sim.world.activity import cumulative

START_US = to_us(date(2023, 9, 4))
STEP_US = 300_000_000
FIRST_CLIENT = 101
HKD = 1_000_000
BTC = 100_000_000
FEES = {ClientClass.RETAIL: (1_000, 1_500), ClientClass.INDIVIDUAL_PI: (1_000, 1_500)}


class FakeJournal:
    """Counts, and throws rows away when the plane asks to be relieved of them."""

    def __init__(self) -> None:
        self.next_seq = 1
        self.plane: OrderPlane | None = None
        self.rows: list[np.ndarray] = []

    def reserve(self, next_seq: int) -> None:
        self.next_seq = next_seq

    def collect(self) -> None:
        assert self.plane is not None
        words = self.plane.arena.words
        used = int(words[ROWS])
        self.rows.append(self.plane.arena.table(ROW_TABLE)[:used].copy())
        words[ROWS] = 0

    def all_rows(self) -> np.ndarray:
        """All rows so far; the words that a kind does not use are zero."""
        self.collect()
        rows = np.concatenate(self.rows)
        for kind, (_, payload) in PAYLOADS.items():
            rows[rows[:, ROW_KIND] == kind, ROW_PAYLOAD + len(payload) :] = 0
        return rows


class Grid:
    """A flat or a wandering reference path."""

    def __init__(self, days: int, *, volatile: bool, seed: int = 1) -> None:
        points = days * DAY_US // STEP_US + 2
        noise = np.random.default_rng(seed).standard_normal((2, points)) * 0.0015
        path = np.exp(np.cumsum(noise, axis=1)) if volatile else np.ones((2, points))
        self.start_us, self.step_us = START_US, STEP_US
        self.hkd_per_usd_ppm = np.full(points, 7_830_000)
        self.ticks = {
            "BTC/HKD": (210_000 * path[0]).astype(np.int64),
            "BTC/USD": (210_000 / 7.83 * 10 * path[0]).astype(np.int64),
            "ETH/HKD": (15_000 * 10 * path[1]).astype(np.int64),
            "ETH/USD": (15_000 / 7.83 * 100 * path[1]).astype(np.int64),
        }


class Traders:
    """Clients of every type, one after the other."""

    def __init__(self, count: int) -> None:
        number = np.arange(count)
        self.arrival_us = np.full(count, START_US, np.int64)
        self.client_class = np.zeros(count, np.int64)
        self.trader_type = number % 4
        self.usd = number % 5 == 0
        self.btc_weight_ppm = np.full(count, 700_000)
        self.interval_us = np.full(count, DAY_US)


class SmallPlane:
    """An order plane with open pairs; orders can be sent by hand as well."""

    def __init__(
        self,
        *,
        clients: int = 20,
        days: int = 10,
        makers: int = 0,
        arbitrageurs: int = 0,
        volatile: bool = True,
        log_level: str = "full",
        seed: int = 1,
        open_pairs: bool = True,
    ) -> None:
        self.scenario = Scenario(
            name="small",
            horizon=Horizon(start=InstantUs(START_US), end=InstantUs(START_US + days * DAY_US)),
            world=World(
                population=Population(prospects=clients),
                listings=(),
                market_makers=tuple(MarketMaker(name=f"maker-{i}") for i in range(makers)),
                arbitrageurs=tuple(Arbitrageur(name=f"arb-{i}") for i in range(arbitrageurs)),
                sample_interval=DurationUs(3_600_000_000),
            ),
            log_level=log_level,  # type: ignore[arg-type]
        )
        grid = Grid(days, volatile=volatile, seed=seed)
        self.traders = Traders(clients)
        business = cumulative(START_US, STEP_US, np.ones(len(grid.hkd_per_usd_ppm)))
        self.journal = FakeJournal()
        arena = build_arena(self.scenario, self.traders, FIRST_CLIENT, grid, business, seed)
        self.plane = OrderPlane(arena, self.journal)
        self.journal.plane = self.plane
        self.end_us = self.scenario.horizon.end
        for client_class in ClientClass:
            maker_ppm, taker_ppm = FEES.get(client_class, (0, 300))
            self.apply(
                FeesSet(
                    time_us=START_US,
                    client_class=client_class,
                    maker_ppm=maker_ppm,
                    taker_ppm=taker_ppm,
                )
            )
            if open_pairs:
                for symbol in SYMBOLS:
                    self.set_pair(symbol, client_class, PairStatus.OPEN)
        for account in range(1, makers + arbitrageurs + 1):
            self._sign_up(account, maker=account <= makers)

    def apply(self, event: object, seq: int = 0) -> None:
        self.plane.apply(seq, event)  # type: ignore[arg-type]

    def set_pair(
        self, symbol: str, client_class: ClientClass, status: PairStatus, rule: str = ""
    ) -> None:
        self.apply(
            PairOpened(
                rule=rule,
                time_us=START_US,
                instrument=symbol,
                client_class=client_class,
                status=status,
            )
        )

    def _sign_up(self, account: int, *, maker: bool) -> None:
        role = ClientClass.MARKET_MAKER if maker else ClientClass.ARBITRAGEUR
        self.apply(
            ParticipantRegistered(time_us=START_US, client=account, client_class=role, name="p")
        )
        self.pay_in(account, "HKD", 20_000_000 * HKD)
        self.pay_in(account, "USD", 2_500_000 * HKD)
        self.give(account, "BTC", 95 * BTC)
        self.give(account, "ETH", 1_350 * 10**9)

    def pay_in(self, client: int, asset: str, amount_minor: int) -> None:
        self.apply(
            DepositCredited(
                time_us=START_US,
                deposit=0,
                client=client,
                rail=Rail.FPS,
                asset=asset,
                amount_minor=amount_minor,
                elapsed_us=0,
            )
        )

    def give(self, client: int, asset: str, amount_minor: int) -> None:
        self.apply(
            CoinDeposited(time_us=START_US, client=client, asset=asset, amount_minor=amount_minor)
        )

    def activate(self, client: int, limit_minor: int = -1) -> None:
        self.apply(
            ExposureLimitSet(time_us=START_US, client=client, limit_minor=limit_minor, share_ppm=0)
        )
        self.apply(
            ClientActivated(
                time_us=START_US, client=client, client_class=ClientClass.RETAIL, waited_us=0
            )
        )

    def activate_all(self, amount_minor: int = 20_000 * HKD, limit_minor: int = -1) -> None:
        for row, usd in enumerate(self.traders.usd):
            asset, amount = ("USD", amount_minor // 8) if usd else ("HKD", amount_minor)
            self.pay_in(FIRST_CLIENT + row, asset, amount)
            self.activate(FIRST_CLIENT + row, limit_minor)

    def send(
        self,
        client: int,
        symbol: str,
        side: int,
        price: int,
        lots: int,
        *,
        order_type: int = 0,
        life: int = 0,
    ) -> int:
        words = self.plane.arena.words
        words[SEQ] = self.journal.next_seq
        words[NOW] = max(int(words[NOW]), START_US)
        result = submit_order(
            words, client, SYMBOLS.index(symbol), side, order_type, life, price, lots
        )
        self.journal.reserve(int(words[SEQ]))
        return int(result)

    def balance(self, client: int, asset: str) -> tuple[int, int]:
        return self.plane.available(client, asset), self.plane.held(client, asset)

    def last_row(self) -> list[int]:
        used = int(self.plane.arena.words[ROWS])
        return [int(word) for word in self.plane.arena.table(ROW_TABLE)[used - 1]]

    def last_refusal(self) -> int:
        """Reason code of the refusal that was logged last."""
        return int(self.last_row()[ROW_PAYLOAD + 5])
