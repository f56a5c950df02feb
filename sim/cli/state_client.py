"""One client as `vatp log state` shows them: standing, limits, fees, balances, transfers, open orders."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from sim.cli.console import PlainConsole
from sim.cli.tables import Column, Row, Sections, amount, print_table, words
from sim.units import INSTRUMENTS, Money, format_us

if TYPE_CHECKING:
    from sim.state.views import ClientView


_WAY_COLUMNS: Final = (
    Column("event", right=True),
    Column("since"),
    Column("what"),
    Column("rail"),
    Column("asset"),
    Column("amount", right=True),
)


def client_document(view: "ClientView") -> dict[str, Any]:
    """Return everything known of a client as plain values, amounts in minor units."""
    record = view.record
    document: dict[str, Any] = {
        "client": record.client,
        "client_class": record.client_class.name.lower(),
        "standing": record.standing.name.lower(),
        "active": record.active,
        "last_step": record.step.name.lower(),
        "refused_by": record.refused_by,
        "first_application": format_us(record.first_application_us)
        if record.first_application_us
        else None,
        "risk_class": view.risk_class or None,
        "net_worth_minor": record.net_worth_minor,
        "exposure_limit_minor": record.limit_minor,
        "fees": None if view.fees is None else attrs.asdict(view.fees),
        "pairs": {
            symbol: {"status": pair.status.name.lower(), "rule": pair.rule}
            for symbol, pair in view.pairs.items()
        },
        "balances_minor": dict(view.balances_minor),
        "held_minor": None if view.held_minor is None else dict(view.held_minor),
    }
    document["under_way"] = [
        attrs.asdict(movement) | {"since": format_us(movement.since_us)}
        for movement in view.under_way
    ]
    document["open_orders"] = (
        None if view.open_orders is None else [attrs.asdict(order) for order in view.open_orders]
    )
    return document


def print_client(console: PlainConsole, view: "ClientView") -> None:
    """Print everything known of a client."""
    columns = (Column("what"), Column("value", wraps=True))
    print_table(console, columns, {f"client {view.record.client}": _facts(view)})
    print_table(console, _balance_columns(view), _balance_rows(view))
    if view.under_way:
        print_table(console, _WAY_COLUMNS, {"under way": _movements(view)})
    if view.open_orders:
        order_columns = (
            Column("order", right=True),
            Column("pair"),
            Column("side"),
            Column("price", right=True),
            Column("quantity", right=True),
        )
        rows = [
            (
                str(order.order),
                order.symbol,
                order.side,
                f"{INSTRUMENTS[order.symbol].price(order.price_ticks):,f}",
                f"{INSTRUMENTS[order.symbol].quantity(order.lots):,f}",
            )
            for order in view.open_orders
        ]
        print_table(console, order_columns, {"open orders": rows})
    elif view.open_orders is None:
        console.say("open orders and held amounts need the log level full")


def _movements(view: "ClientView") -> list[Row]:
    return [
        (
            str(movement.seq),
            format_us(movement.since_us),
            f"{movement.direction} {movement.number}",
            words(movement.rail),
            movement.asset,
            amount(movement.asset, movement.amount_minor),
        )
        for movement in view.under_way
    ]


def _facts(view: "ClientView") -> list[Row]:
    record = view.record
    facts: list[Row] = [
        ("class", words(record.client_class.name)),
        ("standing", words(record.standing.name)),
        ("last step", words(record.step.name)),
    ]
    if record.refused_by:
        facts.append(("refused by", record.refused_by))
    if record.first_application_us:
        facts.append(("first application", format_us(record.first_application_us)))
    if view.risk_class:
        facts.append(("risk class", view.risk_class))
    if record.net_worth_minor:
        facts.append(("declared net worth", str(Money("HKD", record.net_worth_minor))))
    facts.append(("exposure limit", _limit(record.limit_minor)))
    if view.fees is not None:
        rates = f"{view.fees.maker_ppm / 100:g} bps maker, {view.fees.taker_ppm / 100:g} bps taker"
        facts.append(("fees", f"{rates} ({view.fees.rule})" if view.fees.rule else rates))
    for symbol, pair in view.pairs.items():
        status = words(pair.status.name)
        facts.append((symbol, f"{status} ({pair.rule})" if pair.rule else status))
    return facts


def _limit(limit_minor: int | None) -> str:
    if limit_minor is None:
        return "none set yet"
    return "no limit" if limit_minor < 0 else str(Money("HKD", limit_minor))


def _balance_columns(view: "ClientView") -> tuple[Column, ...]:
    parts = () if view.held_minor is None else ("held", "available")
    return (Column("asset"), Column("balance", right=True), *(Column(p, right=True) for p in parts))


def _balance_rows(view: "ClientView") -> Sections:
    rows: list[Row] = []
    for code, amount_minor in view.balances_minor.items():
        cells = [code, amount(code, amount_minor)]
        if view.held_minor is not None:
            held = view.held_minor.get(code, 0)
            cells += [amount(code, held), amount(code, amount_minor - held)]
        rows.append(tuple(cells))
    sections: Mapping[str, list[Row]] = {"balances": rows}
    return sections
