"""The figures behind an event: what the platform looked at when it refused, limited or charged.

They are worked out again from the log, not taken from the platform, so they are exact where the log holds
all that counted (balances, fees, limits) and say "about" where it does not: outside prices are in the log
only when the books are sampled.
"""

from collections.abc import Callable
from typing import Any

import attrs
import polars as pl

from analysis.tracing.amounts import about, clock, money, share, span
from analysis.tracing.positions import Moment, Prices, balances, last_prices, open_orders
from analysis.tracing.sentences import Row, class_in_words, with_article
from sim.units import ASSETS, INSTRUMENTS, PPM

ORDERS_MISSING = "the log level control keeps no orders and trades, so balances cannot be added up"


@attrs.frozen
class Fact:
    """One figure, as a sentence, and the events it comes from."""

    text: str
    events: tuple[int, ...] = ()


@attrs.frozen
class Scene:
    """An event and the log up to it."""

    row: Row
    moment: Moment
    has_orders: bool
    """Whether the log holds orders and trades."""

    def last(self, kind: str, **equal: Any) -> Row | None:
        """Return the last event of a kind before this one whose columns have these values."""
        rows = self.moment.before(kind)
        for name, value in equal.items():
            column = pl.col(name).cast(pl.String) if isinstance(value, str) else pl.col(name)
            rows = rows.filter(column == value)
        found = rows.tail(1).collect().to_dicts()
        return found[0] | {"kind": kind} if found else None


def evidence(scene: Scene) -> tuple[Fact, ...]:
    """Return the figures that mattered to an event, where the log has them."""
    look = _EVIDENCE.get(str(scene.row["kind"]))
    return tuple(look(scene)) if look else ()


# -- orders ----------------------------------------------------------------------------------------


def _order_refused(scene: Scene) -> list[Fact]:
    look = _OF_REASON.get(str(scene.row["reason"]))
    return look(scene) if look else []


def _value(row: Row) -> tuple[str, int]:
    """Return an order's quote asset and its value in minor units, fees left out."""
    pair = INSTRUMENTS[row["instrument"]]
    return pair.quote, pair.notional_minor(row["price_ticks"], row["quantity_lots"])


def _over_limit(scene: Scene) -> list[Fact]:
    row = scene.row
    facts = _limit(scene)
    prices = last_prices(scene.moment)
    if prices is None:
        return [*facts, Fact("no outside price was sampled before, so nothing can be valued")]
    quote, value_minor = _value(row)
    order_minor = prices.hkd_minor(quote, value_minor)
    facts.append(Fact(f"the order was worth {_in_hkd(quote, value_minor, prices)}"))
    held_minor = _tokens(scene, prices, facts)
    held_minor += _waiting(scene, prices, facts)
    limit = scene.last("exposure_limit_set", client=row["client"])
    if limit is not None and order_minor is not None:
        over_minor = held_minor + order_minor - limit["limit_minor"]
        facts.append(
            Fact(
                f"together {about('HKD', held_minor + order_minor)}, "
                f"{about('HKD', abs(over_minor))} {'over' if over_minor > 0 else 'within'} the limit, at "
                f"the outside prices sampled at {clock(prices.time_us)}"
            )
        )
    return facts


def _limit(scene: Scene) -> list[Fact]:
    limit = scene.last("exposure_limit_set", client=scene.row["client"])
    if limit is None:
        return [Fact("no exposure limit of the client is in the log before")]
    if limit["limit_minor"] < 0:
        return [Fact("the client had no exposure limit", (limit["seq"],))]
    return [
        Fact(
            f"the limit was {money('HKD', limit['limit_minor'])}, {share(limit['share_ppm'])} of the "
            f"declared net worth, set on {clock(limit['time_us'])}",
            (limit["seq"],),
        )
    ]


def _tokens(scene: Scene, prices: Prices, facts: list[Fact]) -> int:
    """Add what the client's tokens were worth; return HKD minor units."""
    owned = balances(scene.moment, scene.row["client"])
    total_minor = 0
    for asset, amount_minor in owned.items():
        value_minor = prices.hkd_minor(asset, amount_minor)
        if ASSETS[asset].kind == "coin" and amount_minor and value_minor is not None:
            total_minor += value_minor
            facts.append(
                Fact(f"the client held {money(asset, amount_minor)}, {about('HKD', value_minor)}")
            )
    return total_minor


def _waiting(scene: Scene, prices: Prices, facts: list[Fact]) -> int:
    """Add what the client's open buy orders held; return HKD minor units."""
    total_minor = 0
    for order in open_orders(scene.moment, scene.row["client"]):
        pair = INSTRUMENTS[order.instrument]
        value_minor = prices.hkd_minor(
            pair.quote, pair.notional_minor(order.price_ticks, order.lots)
        )
        if order.side == "buy" and value_minor is not None:
            total_minor += value_minor
            said = f"an open order to buy counted with {about('HKD', value_minor)}, fees left out"
            facts.append(Fact(said, (order.seq,)))
    return total_minor


def _in_hkd(asset: str, amount_minor: int, prices: Prices) -> str:
    value_minor = prices.hkd_minor(asset, amount_minor)
    exact = money(asset, amount_minor)
    return (
        exact if asset == "HKD" or value_minor is None else f"{exact}, {about('HKD', value_minor)}"
    )


def _below_minimum(scene: Scene) -> list[Fact]:
    return [Fact(f"the order was worth {money(*_value(scene.row))}")]


def _pair_status(scene: Scene) -> list[Fact]:
    row = scene.row
    client_class = _class_of(scene, row["client"])
    if client_class is None:
        return []
    status = scene.last("pair_opened", instrument=row["instrument"], client_class=client_class)
    who = f"{class_in_words(client_class)} clients"
    if status is None:
        return [Fact(f"{row['instrument']} had never opened to {who}")]
    said = f"{row['instrument']} was {status['status'].replace('_', ' ')} for {who}"
    return [Fact(f"{said} since {clock(status['time_us'])}", (status["seq"],))]


def _class_of(scene: Scene, client: int) -> str | None:
    """Return the class the platform gave a client, or the one they claim; None for somebody unknown."""
    for kind in (
        "client_activated",
        "account_opened",
        "participant_registered",
        "prospect_arrived",
    ):
        found = scene.last(kind, client=client)
        if found is not None:
            return str(found["client_class"])
    return None


def _short_of_funds(scene: Scene) -> list[Fact]:
    """Compare what was asked for with what the client had."""
    if not scene.has_orders:
        return [Fact(ORDERS_MISSING)]
    row = scene.row
    if "instrument" in row:
        pair = INSTRUMENTS[row["instrument"]]
        buys = row["side"] == "buy"
        asset = pair.quote if buys else pair.base
        needed_minor = _value(row)[1] if buys else row["quantity_lots"] * pair.lot_minor
    else:
        asset, needed_minor = row["asset"], row["amount_minor"]
    total_minor = balances(scene.moment, row["client"]).get(asset, 0)
    held_minor = sum(
        _held_minor(order.instrument, order.side, order.price_ticks, order.lots, asset)
        for order in open_orders(scene.moment, row["client"])
    )
    return [
        Fact(f"asked for {money(asset, needed_minor)}, fees left out"),
        Fact(
            f"the client had {money(asset, total_minor)}, of which at least "
            f"{money(asset, held_minor)} was held behind open orders"
        ),
    ]


def _held_minor(symbol: str, side: str, price_ticks: int, lots: int, asset: str) -> int:
    """Return what an open order holds of an asset, fees left out."""
    pair = INSTRUMENTS[symbol]
    if side == "buy":
        return pair.notional_minor(price_ticks, lots) if asset == pair.quote else 0
    return lots * pair.lot_minor if asset == pair.base else 0


def _order_cancelled(scene: Scene) -> list[Fact]:
    row = scene.row
    accepted = scene.last("order_accepted", order=row["order"])
    if accepted is None:
        return []
    rested_us = row["time_us"] - accepted["time_us"]
    filled = accepted["quantity_lots"] - row["remaining_lots"]
    pair = INSTRUMENTS[row["instrument"]]
    done = money(pair.base, filled * pair.lot_minor) if filled else "nothing"
    waited = f"rested for {span(rested_us)}" if rested_us else "did not rest"
    return [
        Fact(f"it was accepted on {clock(accepted['time_us'])} and {waited}", (accepted["seq"],)),
        Fact(
            f"{done} of {money(pair.base, accepted['quantity_lots'] * pair.lot_minor)} was filled"
        ),
    ]


def _trade(scene: Scene) -> list[Fact]:
    row = scene.row
    pair = INSTRUMENTS[row["instrument"]]
    notional_minor = pair.notional_minor(row["price_ticks"], row["quantity_lots"])
    facts = [Fact(f"its value was {money(pair.quote, notional_minor)}")]
    for role in ("taker", "maker"):
        client_class = _class_of(scene, row[role])
        fees = client_class and scene.last("fees_set", client_class=client_class)
        if fees:
            rate_ppm = fees[f"{role}_ppm"]
            due_minor = notional_minor * rate_ppm // PPM
            charged_minor = row[f"{role}_fee_minor"]
            check = (
                ""
                if due_minor == charged_minor
                else f", but {money(pair.quote, charged_minor)} was charged"
            )
            facts.append(
                Fact(
                    f"the {role} is {with_article(class_in_words(str(client_class)))} client: "
                    f"{share(rate_ppm)} is {money(pair.quote, due_minor)}{check}",
                    (fees["seq"],),
                )
            )
    resting = scene.last("order_accepted", order=row["maker_order"])
    if resting is not None:
        rested = span(row["time_us"] - resting["time_us"])
        facts.append(Fact(f"the maker's order had rested for {rested}", (resting["seq"],)))
    return facts


# -- people and money ------------------------------------------------------------------------------


def _exposure_limit_set(scene: Scene) -> list[Fact]:
    row = scene.row
    arrived = scene.last("prospect_arrived", client=row["client"])
    facts = []
    if arrived is not None and row["limit_minor"] >= 0:
        worth = money("HKD", arrived["net_worth_minor"])
        limit = money("HKD", row["limit_minor"])
        said = f"{share(row['share_ppm'])} of the declared net worth of {worth} is {limit}"
        facts.append(Fact(said, (arrived["seq"],)))
    before = scene.last("exposure_limit_set", client=row["client"])
    if before is not None:
        was = money("HKD", before["limit_minor"]) if before["limit_minor"] >= 0 else "no limit"
        facts.append(Fact(f"before it was {was}", (before["seq"],)))
    return facts


def _applicant(scene: Scene) -> list[Fact]:
    """Say who applied and how long they had been on their way."""
    row = scene.row
    facts = []
    arrived = scene.last("prospect_arrived", client=row["client"])
    if arrived is not None:
        facts.append(
            Fact(
                f"the person came as {with_article(class_in_words(arrived['client_class']))} client with a "
                f"declared net worth of {money('HKD', arrived['net_worth_minor'])}",
                (arrived["seq"],),
            )
        )
    applied = scene.last("application_submitted", client=row["client"])
    if applied is not None:
        waited_us = row["time_us"] - applied["time_us"]
        when = f"{span(waited_us)} before" if waited_us else "at that moment"
        said = f"application {applied['attempt']} was handed in {when}"
        facts.append(Fact(said, (applied["seq"],)))
    failed = scene.moment.before("knowledge_tested").filter(
        (pl.col("client") == row["client"]) & ~pl.col("passed")
    )
    seqs = tuple(failed.select("seq").collect()["seq"].to_list())
    if seqs:
        facts.append(Fact(f"the knowledge test had been failed {len(seqs)} times", seqs))
    return facts


def _rule_changed(scene: Scene) -> list[Fact]:
    before = scene.last("rule_changed", rule=scene.row["rule"])
    if before is None:
        return []
    return [Fact(f"before it was {before['value']} ({before['status']})", (before["seq"],))]


def _cold_swept(scene: Scene) -> list[Fact]:
    row = scene.row
    asset, total = row["asset"], row["hot_after_minor"] + row["cold_after_minor"]
    if not total:
        return []
    return [
        Fact(
            f"after it {money(asset, row['hot_after_minor'])} was hot and "
            f"{money(asset, row['cold_after_minor'])} cold, "
            f"{share(row['cold_after_minor'] * PPM // total)} of all"
        )
    ]


_OF_REASON: dict[str, Callable[[Scene], list[Fact]]] = {
    "exposure_limit": _over_limit,
    "below_minimum": _below_minimum,
    "short_of_funds": _short_of_funds,
    "not_listed": _pair_status,
    "sell_only": _pair_status,
}

_EVIDENCE: dict[str, Callable[[Scene], list[Fact]]] = {
    "order_refused": _order_refused,
    "order_cancelled": _order_cancelled,
    "trade": _trade,
    "exposure_limit_set": _exposure_limit_set,
    "application_refused": _applicant,
    "prospect_left": _applicant,
    "withdrawal_refused": _short_of_funds,
    "rule_changed": _rule_changed,
    "cold_swept": _cold_swept,
}
