"""A hand-made log of two months, and what every measure of it must be.

Ten prospects, one market maker (client 1) and one arbitrageur (2). The figures in the comments are worked
out by hand; `KNOWN` in test_measures.py repeats them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs
import polars as pl
import pytest

from sim import events
from sim.events import Event, kind_name, schema_of
from sim.events.codes import (
    ClientClass,
    Code,
    OrderType,
    Rail,
    RefusalReason,
    RiskClass,
    Side,
    Step,
    TimeInForce,
)
from sim.units import ASSETS, DAY_US, HKT, HOUR_US, INSTRUMENTS, MINUTE_US, SECOND_US, to_us

_DTYPES = {"int64": pl.Int64(), "string": pl.String(), "bool": pl.Boolean()}


def _values(event: Event) -> list[int | str | bool]:
    """The event's values in the order of its columns; codes become names."""
    values = attrs.astuple(event, recurse=False)
    return [value.name.lower() if isinstance(value, Code) else value for value in values]


class FakeLog:
    """A log in memory with the reader's contract; `folder` puts it on disk in several files a kind."""

    def __init__(
        self,
        happened: Sequence[Event],
        header: Mapping[str, Any] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.header: Mapping[str, Any] = header or {}
        self.folder = folder
        rows: dict[str, list[tuple[Any, ...]]] = {}
        for seq, event in enumerate(sorted(happened, key=lambda event: event.time_us), start=1):
            rows.setdefault(kind_name(type(event)), []).append((seq, *_values(event)))
        self.frames = {
            kind: pl.DataFrame(found, schema=_schema(kind), orient="row")
            for kind, found in rows.items()
        }
        if folder is not None:
            self._write(folder)

    def _write(self, folder: Path) -> None:
        for kind, frame in self.frames.items():
            (folder / kind).mkdir()
            for number, part in enumerate(frame.iter_slices(2)):
                part.write_parquet(folder / kind / f"{number:06d}.parquet")

    def scan(self, kind: str) -> pl.LazyFrame:
        if kind not in self.frames:
            return pl.LazyFrame(schema=_schema(kind))
        if self.folder is not None:
            return pl.scan_parquet(self.folder / kind / "*.parquet")
        return self.frames[kind].lazy()


def _schema(kind: str) -> pl.Schema:
    return pl.Schema(
        {
            column.name: pl.Enum(column.type)
            if isinstance(column.type, tuple)
            else _DTYPES[column.type]
            for column in schema_of(kind).columns
        }
    )


def at(month: int, day: int, hour: int, minute: int = 0) -> int:
    return to_us(datetime(2023, month, day, hour, minute, tzinfo=HKT))


START, END = at(9, 1, 0), at(11, 1, 0)
APPLIED = at(9, 1, 10)


def _arrivals() -> list[Event]:
    worth = {101: 1_000_000, 102: 200_000, 103: 20_000_000, 110: 90_000}
    return [
        events.ProspectArrived(
            time_us=at(9, 1, 9),
            client=client,
            client_class=ClientClass.INDIVIDUAL_PI if client == 103 else ClientClass.RETAIL,
            net_worth_minor=ASSETS["HKD"].minor(worth.get(client, 500_000)),
        )
        for client in range(101, 111)
    ]


def _onboarding() -> list[Event]:
    """101, 102, 103, 109 and 110 become clients; the others stop on the way, one at each kind of end.

    Hours from first application to activation: 24, 48, 72, 96, 240; the median is 72.
    """
    happened: list[Event] = [
        # 106 arrives and never applies.
        events.ApplicationSubmitted(time_us=APPLIED, client=client, attempt=1)
        for client in range(101, 111)
        if client != 106
    ]
    for client in (104, 109):  # turned away before retail access; both apply again
        happened.append(
            events.ApplicationRefused(
                time_us=APPLIED + SECOND_US,
                client=client,
                step=Step.APPLICATION,
                reason="retail_closed",
                rule="onb.retail_access",
            )
        )
        happened.append(events.ApplicationSubmitted(time_us=at(9, 5, 9), client=client, attempt=2))
    happened.append(
        events.ApplicationRefused(
            time_us=at(9, 6, 9), client=104, step=Step.IDENTITY, reason="identity", rule="onb.kyc"
        )
    )
    # 107 waits for an officer to the end. 105 fails the test and gives up.
    happened += _identity(105, at(9, 2, 0))
    happened.append(
        events.KnowledgeTested(time_us=at(9, 2, 1), client=105, attempt=1, passed=False)
    )
    happened.append(
        events.ProspectLeft(
            time_us=at(9, 2, 2),
            client=105,
            step=Step.KNOWLEDGE,
            reason="knowledge_failed",
            rule="onb.knowledge",
            waited_us=16 * HOUR_US,
        )
    )
    for client, hours in ((101, 48), (102, 72), (103, 24), (109, 240), (110, 96), (108, 48)):
        done_us = APPLIED + hours * HOUR_US
        happened += _identity(client, done_us - 4 * HOUR_US)
        if client != 103:  # a professional investor sits no test
            happened.append(
                events.KnowledgeTested(
                    time_us=done_us - 3 * HOUR_US, client=client, attempt=1, passed=True
                )
            )
        happened += _account(client, done_us - 2 * HOUR_US, hours - 2)
        if client == 108:
            happened.append(
                events.ProspectLeft(
                    time_us=done_us,
                    client=108,
                    step=Step.FIRST_TRANSFER,
                    reason="minimum_too_high",
                    rule="onb.first_transfer",
                    waited_us=hours * HOUR_US,
                )
            )
            continue
        happened.append(
            events.ClientActivated(
                time_us=done_us,
                client=client,
                waited_us=hours * HOUR_US,
                client_class=_class(client),
            )
        )
    return happened


def _class(client: int) -> ClientClass:
    return ClientClass.INDIVIDUAL_PI if client == 103 else ClientClass.RETAIL


def _identity(client: int, time_us: int) -> list[Event]:
    return [events.IdentityVerified(time_us=time_us, client=client, manual=False, waited_us=0)]


def _account(client: int, time_us: int, waited_hours: int) -> list[Event]:
    return [
        events.RiskProfiled(time_us=time_us, client=client, risk_class=RiskClass.MODERATE),
        events.ExposureLimitSet(time_us=time_us, client=client, limit_minor=-1, share_ppm=0),
        events.AccountOpened(
            time_us=time_us,
            client=client,
            client_class=_class(client),
            waited_us=waited_hours * HOUR_US,
        ),
    ]


def _money() -> list[Event]:
    """Seven credits and one refusal; two withdrawals paid (T+1 and T+2) and one under way at the end."""
    deposits = [
        # client, rail, asset, amount, time to credit
        (101, Rail.FPS, "HKD", 200_000, 20 * SECOND_US),
        (102, Rail.USD_WIRE, "USD", 10_000, 3 * HOUR_US),
        (103, Rail.FPS, "HKD", 50_000, 40 * SECOND_US),
        (109, Rail.FPS, "HKD", 10_000, 30 * SECOND_US),
        (110, Rail.FPS, "HKD", 40_000, 60 * SECOND_US),
        (1, Rail.CHATS, "HKD", 1_000_000, 10 * MINUTE_US),
        (2, Rail.CHATS, "HKD", 500_000, 10 * MINUTE_US),
    ]
    happened: list[Event] = [
        events.DepositCredited(
            time_us=at(9, 13, 12),
            deposit=number,
            client=client,
            rail=rail,
            asset=asset,
            amount_minor=ASSETS[asset].minor(amount),
            elapsed_us=elapsed_us,
        )
        for number, (client, rail, asset, amount, elapsed_us) in enumerate(deposits, start=1)
    ]
    happened.append(
        events.DepositRefused(
            time_us=at(9, 12, 12),
            deposit=8,
            client=109,
            rail=Rail.FPS,
            asset="HKD",
            rule="onb.same_name",
            amount_minor=ASSETS["HKD"].minor(10_000),
            reason="third_party_account",
        )
    )
    # Friday 29 September 10:00 to Tuesday 3 October 11:00 is 97 h, but T+1: Monday 2 October is the day
    # after the National Day. Tuesday 10 October 10:00 to Thursday 11:00 is 49 h and T+2.
    for number, client, asset, amount, requested_us, paid_us in (
        (1, 101, "HKD", 10_000, at(9, 29, 10), at(10, 3, 11)),
        (2, 102, "USD", 1_000, at(10, 10, 10), at(10, 12, 11)),
        (3, 101, "HKD", 5_000, at(10, 31, 10), None),
    ):
        rail = Rail.FPS if asset == "HKD" else Rail.USD_WIRE
        amount_minor = ASSETS[asset].minor(amount)
        happened.append(
            events.WithdrawalRequested(
                time_us=requested_us,
                withdrawal=number,
                client=client,
                rail=rail,
                asset=asset,
                amount_minor=amount_minor,
            )
        )
        if paid_us is not None:
            happened.append(
                events.WithdrawalPaid(
                    time_us=paid_us,
                    withdrawal=number,
                    client=client,
                    rail=rail,
                    asset=asset,
                    amount_minor=amount_minor,
                    elapsed_us=paid_us - requested_us,
                )
            )
    btc = ASSETS["BTC"].unit_minor
    happened.append(
        events.CoinDeposited(time_us=at(9, 13, 12), client=1, asset="BTC", amount_minor=10 * btc)
    )
    happened.append(
        events.CoinPaidOut(
            time_us=at(10, 30, 12),
            withdrawal=1,
            client=1,
            asset="BTC",
            amount_minor=btc,
            elapsed_us=DAY_US,
        )
    )
    return happened


def _trade(
    time_us: int,
    symbol: str,
    price: int,
    bought: str,
    taker: int,
    maker: int,
    side: Side,
    fees: tuple[str, str],
) -> Event:
    pair = INSTRUMENTS[symbol]
    quote = ASSETS[pair.quote]
    return events.Trade(
        time_us=time_us,
        instrument=symbol,
        price_ticks=pair.price_ticks(str(price)),
        quantity_lots=pair.quantity_lots(bought),
        taker_side=side,
        taker_order=0,
        maker_order=0,
        taker=taker,
        maker=maker,
        taker_fee_minor=quote.minor(fees[0]),
        maker_fee_minor=quote.minor(fees[1]),
    )


def _trades() -> list[Event]:
    """Volume 100,000 + 5,200 x 8 + 30,000 + 24,000 + 24,000 = HKD 219,600; fees 250 + 13 x 8 + 75 + 60 + 60 = 549."""
    return [
        _trade(at(9, 15, 13), "BTC/HKD", 200_000, "0.5", 101, 1, Side.BUY, ("150", "100")),
        _trade(at(9, 20, 10), "BTC/USD", 26_000, "0.2", 102, 1, Side.BUY, ("7.8", "5.2")),
        _trade(at(10, 5, 10), "BTC/HKD", 300_000, "0.1", 110, 1, Side.BUY, ("45", "30")),
        # 101's resting order sells to the arbitrageur.
        _trade(at(10, 20, 10), "BTC/HKD", 240_000, "0.1", 2, 101, Side.BUY, ("36", "24")),
        # The maker's order to buy would be hit by a sale; here 103 buys from it once more.
        _trade(at(10, 20, 11), "BTC/HKD", 240_000, "0.1", 103, 1, Side.BUY, ("36", "24")),
    ]


def _orders() -> list[Event]:
    """Clients: five accepted, three refused (two for the exposure limit); participants do not count."""
    accepted = [101, 101, 102, 103, 110, 1, 1, 1, 2]
    refused = [
        (110, RefusalReason.EXPOSURE_LIMIT, "onb.exposure_limit"),
        (110, RefusalReason.EXPOSURE_LIMIT, "onb.exposure_limit"),
        (101, RefusalReason.SHORT_OF_FUNDS, "trd.prefunded"),
        (2, RefusalReason.SHORT_OF_FUNDS, "trd.prefunded"),
    ]
    happened: list[Event] = [
        events.OrderAccepted(
            time_us=at(9, 14, 10),
            order=number,
            client=client,
            instrument="BTC/HKD",
            side=Side.BUY,
            order_type=OrderType.LIMIT,
            time_in_force=TimeInForce.IOC,
            price_ticks=200_000,
            quantity_lots=1,
        )
        for number, client in enumerate(accepted)
    ]
    happened += [
        events.OrderRefused(
            time_us=at(9, 14, 11),
            client=client,
            instrument="BTC/HKD",
            side=Side.BUY,
            price_ticks=200_000,
            quantity_lots=1,
            reason=reason,
            rule=rule,
        )
        for client, reason, rule in refused
    ]
    return happened


SAMPLE_TIMES = (at(9, 1, 12), at(9, 15, 12), at(9, 30, 23), at(10, 15, 12), at(10, 31, 23))
BTC_HKD = (
    # bid, ask, bid depth, ask depth (lots of 0.00001 BTC), reference (ticks of HKD 1)
    (199_900, 200_100, 10_000, 20_000, 200_000),  # 10 bps, depth 0.3 BTC = 60,000
    (0, 200_100, 0, 10_000, 200_000),  # one-sided, depth 20,000
    (299_850, 300_450, 10_000, 10_000, 300_000),  # 600 / 300,150, mid 5 bps above, depth 60,000
    (239_760, 240_000, 5_000, 5_000, 240_000),  # 240 / 239,880, mid 5 bps below, depth 24,000
    (233_883, 234_117, 5_000, 5_000, 234_000),  # 10 bps, depth 23,400
)
BTC_USD = (
    # reference in ticks of USD 0.1; HKD per USD is 8, and 7.8 at the last sample
    (249_750, 250_250, 5_000, 5_000, 250_000),  # 20 bps, depth 0.1 BTC = USD 2,500 = HKD 20,000
    (0, 0, 0, 0, 250_000),
    (0, 0, 0, 0, 375_000),
    (0, 0, 0, 0, 300_000),
    (0, 0, 0, 0, 300_000),
)


def _samples() -> list[Event]:
    return [
        events.BookSampled(
            time_us=time_us,
            instrument=symbol,
            bid_ticks=bid,
            ask_ticks=ask,
            bid_depth_lots=bid_depth,
            ask_depth_lots=ask_depth,
            reference_ticks=reference,
        )
        for symbol, tops in (("BTC/HKD", BTC_HKD), ("BTC/USD", BTC_USD))
        for time_us, (bid, ask, bid_depth, ask_depth, reference) in zip(
            SAMPLE_TIMES, tops, strict=True
        )
    ]


def small_run() -> list[Event]:
    participants: list[Event] = [
        events.ParticipantRegistered(
            time_us=START, client=1, client_class=ClientClass.MARKET_MAKER, name="maker-1"
        ),
        events.ParticipantRegistered(
            time_us=START, client=2, client_class=ClientClass.ARBITRAGEUR, name="arbitrageur-1"
        ),
    ]
    return [
        events.RunStarted(time_us=START, seed=1),
        *participants,
        *_arrivals(),
        *_onboarding(),
        *_money(),
        *_trades(),
        *_orders(),
        *_samples(),
        events.RunEnded(time_us=END, reason="horizon"),
    ]


MakeLog = Callable[..., FakeLog]


@pytest.fixture(scope="session")
def make_log() -> MakeLog:
    """Make a log of events."""
    return FakeLog


@pytest.fixture
def small_events() -> list[Event]:
    """The events of the small run, in no particular order."""
    return small_run()


@pytest.fixture
def small_log() -> FakeLog:
    """The small run's log."""
    return FakeLog(small_run())
