"""One sentence for each event: what happened, in words and in units people use.

Most kinds have a template that is filled from the event's columns; a kind without one gets the first line
of its class's description and its columns, so that a new department's events read at once.
"""

from collections.abc import Callable, Mapping
from typing import Any

from analysis.tracing.amounts import money, price, quantity, share, span
from sim.events import KINDS
from sim.units import INSTRUMENTS

Row = Mapping[str, Any]

_TEMPLATES: dict[str, str] = {
    "run_started": "The simulation began with seed {seed}.",
    "run_ended": "The simulation ended: {reason}.",
    "rule_changed": "Rule {rule} became {value} ({status}).",
    "participant_registered": "{name} registered as {a_client_class}; it is client {client}.",
    "fees_set": "Trading fees for {client_class} clients were set: {maker_fee_rate} as maker, "
    "{taker_fee_rate} as taker.",
    "token_listed": "{token} was put on the menu of {client_class} clients.",
    "coin_deposited": "{amount} of client {client} arrived in the hot wallet.",
    "coin_withdrawal_requested": "Client {client} asked for {amount} (coin withdrawal {withdrawal}).",
    "coin_paid_out": "{amount} left the hot wallet for client {client}, {elapsed} after the request "
    "(coin withdrawal {withdrawal}).",
    "fees_swept": "{amount} of fee income left the client account for the platform's own.",
    "prospect_arrived": "Client {client} became interested in an account: {a_client_class} person "
    "with a declared net worth of {net_worth}.",
    "application_submitted": "Client {client} handed in application {attempt}.",
    "training_completed": "Client {client} finished the training after attempt {attempt} at the "
    "knowledge test.",
    "risk_profiled": "Client {client} was given the risk profile {risk_class}.",
    "account_opened": "An account was opened for client {client} as {client_class}, {waited} after "
    "the first application.",
    "client_activated": "The name-check transfer of client {client} arrived: the client may trade, "
    "{waited} after the first application.",
    "deposit_instructed": "Client {client} told the bank to send {amount} by {rail_name} (deposit "
    "{deposit}).",
    "deposit_credited": "{amount} was credited to client {client}, {elapsed} after the instruction "
    "(deposit {deposit}, {rail_name}).",
    "withdrawal_requested": "Client {client} asked for {amount} by {rail_name} (withdrawal "
    "{withdrawal}).",
    "withdrawal_paid": "The bank paid client {client} {amount}, {elapsed} after the request "
    "(withdrawal {withdrawal}, {rail_name}).",
    "book_sampled": "The book of {instrument} was sampled: bid {bid}, ask {ask}, outside price "
    "{reference}.",
}

_REASONS: dict[str, str] = {
    "retail_closed": "the platform does not serve retail clients yet",
    "residence": "the applicant lives where trading virtual assets is banned",
    "identity": "identity, documents or source of wealth were not accepted",
    "impatient": "the wait for an officer was longer than the prospect's patience",
    "knowledge_failed": "the knowledge test was failed twice",
    "minimum_too_high": "the least first transfer is more than the prospect wants to put in",
    "third_party_account": "the money came from somebody else's bank account",
    "short_of_funds": "the available balance was too small",
    "not_active": "the client may not trade yet",
    "not_listed": "the pair is closed to this class of clients",
    "sell_only": "the pair is open to sales only",
    "below_minimum": "the order is below the minimum",
    "exposure_limit": "it would have gone over the client's exposure limit",
    "book": "the order book did not take it",
    "client": "the client took it back",
    "ioc_remainder": "an immediate-or-cancel order does not wait",
    "no_liquidity": "there was nobody left to trade with",
    "fee_change": "the fees changed, and its hold included the old ones",
    "pair_closed": "the pair closed to it",
}

_RAILS = {"fps": "FPS", "usd_wire": "USD wire", "chats": "CHATS"}


def in_words(reason: str) -> str:
    """Say a reason that an event gives; one that is not known stays the word it is."""
    return _REASONS.get(reason, reason.replace("_", " "))


def class_in_words(client_class: str) -> str:
    """Say a class of clients: individual PI, market maker."""
    return client_class.replace("_", " ").replace(" pi", " PI")


def with_article(words: str) -> str:
    """Put the indefinite article before some words: an individual PI."""
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def sentence(row: Row) -> str:
    """Say in one sentence what an event was."""
    kind = str(row["kind"])
    special = _SPECIAL.get(kind)
    if special is not None:
        return special(row)
    template = _TEMPLATES.get(kind)
    return template.format_map(_words(row)) if template else _plainly(row)


def _plainly(row: Row) -> str:
    """Say what kind of event it is, and all its columns."""
    description = (KINDS[str(row["kind"])].__doc__ or str(row["kind"])).split("\n", maxsplit=1)[0]
    skipped = {"seq", "time_us", "kind", "cause", "rule"}
    payload = (f"{name} {value}" for name, value in row.items() if name not in skipped)
    said = ", ".join(payload)
    return f"{description.rstrip('.')}: {said}." if said else description


def _words(row: Row) -> dict[str, str]:
    """Write every column as people would, and what follows from several together."""
    words = {name: str(value) for name, value in row.items()}
    if "client_class" in row:
        words["client_class"] = class_in_words(row["client_class"])
        words["a_client_class"] = with_article(words["client_class"])
    if "amount_minor" in row:
        words["amount"] = money(row["asset"], row["amount_minor"])
    if "net_worth_minor" in row:
        words["net_worth"] = money("HKD", row["net_worth_minor"])
    for name in ("elapsed", "waited"):
        if f"{name}_us" in row:
            words[name] = span(row[f"{name}_us"])
    if "rail" in row:
        words["rail_name"] = _RAILS.get(words["rail"], words["rail"])
    if "maker_ppm" in row:
        words |= {f"{side}_fee_rate": share(row[f"{side}_ppm"]) for side in ("maker", "taker")}
    for name in ("bid", "ask", "reference"):
        ticks = row.get(f"{name}_ticks")
        if ticks is not None:
            words[name] = price(row["instrument"], ticks) if ticks else "none"
    return words


def _application_refused(row: Row) -> str:
    step, reason = str(row["step"]).replace("_", " "), in_words(row["reason"])
    return f"The application of client {row['client']} was refused at the step {step}: {reason}."


def _prospect_left(row: Row) -> str:
    step, reason = str(row["step"]).replace("_", " "), in_words(row["reason"])
    return f"Client {row['client']} gave up at the step {step}: {reason}."


def _identity_verified(row: Row) -> str:
    how = "an officer" if row["manual"] else "the automatic check"
    waited = span(row["waited_us"])
    return f"The identity of client {row['client']} was accepted by {how}, {waited} after the application."


def _knowledge_tested(row: Row) -> str:
    result = "passed" if row["passed"] else "failed"
    return f"Client {row['client']} {result} the knowledge test at attempt {row['attempt']}."


def _exposure_limit_set(row: Row) -> str:
    if row["limit_minor"] < 0:
        return f"Client {row['client']} was given no exposure limit."
    limit = money("HKD", row["limit_minor"])
    return (
        f"The exposure limit of client {row['client']} was set to {limit}, "
        f"{share(row['share_ppm'])} of the declared net worth."
    )


def _deposit_refused(row: Row) -> str:
    return (
        f"{money(row['asset'], row['amount_minor'])} for client {row['client']} was sent back: "
        f"{in_words(row['reason'])} (deposit {row['deposit']})."
    )


def _withdrawal_refused(row: Row) -> str:
    return (
        f"Client {row['client']} asked for {money(row['asset'], row['amount_minor'])} and was refused: "
        f"{in_words(row['reason'])}."
    )


def _pair_opened(row: Row) -> str:
    words = {"open": "opened to", "sell_only": "became sell-only for", "closed": "closed to"}
    status = words.get(row["status"], f"became {row['status']} for")
    return f"{row['instrument']} {status} {class_in_words(row['client_class'])} clients."


def _cold_swept(row: Row) -> str:
    amount = money(row["asset"], abs(row["amount_minor"]))
    way = "from the hot wallet into" if row["amount_minor"] > 0 else "out of"
    total = row["hot_after_minor"] + row["cold_after_minor"]
    kept = (
        f", which then held {share(row['cold_after_minor'] * 1_000_000 // total)}" if total else ""
    )
    return f"{amount} moved {way} cold storage{kept}."


def order_in_words(row: Row) -> str:
    """Name an order: buy 0.00939 BTC at HKD 212,612."""
    lots = row["quantity_lots"] if "quantity_lots" in row else row["remaining_lots"]
    at = f"at {price(row['instrument'], row['price_ticks'])}" if row["price_ticks"] else "at market"
    return f"{row['side']} {quantity(row['instrument'], lots)} {at}"


def _order_accepted(row: Row) -> str:
    life = "immediate or cancel" if row["time_in_force"] == "ioc" else "good till cancelled"
    return (
        f"The order of client {row['client']} to {order_in_words(row)} in {row['instrument']} was "
        f"accepted (order {row['order']}, {row['order_type']}, {life})."
    )


def _order_refused(row: Row) -> str:
    return (
        f"The order of client {row['client']} to {order_in_words(row)} in {row['instrument']} was "
        f"refused: {in_words(row['reason'])}."
    )


def _order_cancelled(row: Row) -> str:
    return (
        f"Order {row['order']} of client {row['client']} in {row['instrument']}, to "
        f"{order_in_words(row)}, was cancelled: {in_words(row['reason'])}."
    )


def _trade(row: Row) -> str:
    symbol = row["instrument"]
    buys = row["taker_side"] == "buy"
    buyer, seller = ("taker", "maker") if buys else ("maker", "taker")
    quote = INSTRUMENTS[symbol].quote
    return (
        f"Client {row[buyer]} bought {quantity(symbol, row['quantity_lots'])} from client "
        f"{row[seller]} at {price(symbol, row['price_ticks'])}; the taker, client {row['taker']}, paid a "
        f"fee of {money(quote, row['taker_fee_minor'])}, the maker "
        f"{money(quote, row['maker_fee_minor'])}."
    )


_SPECIAL: dict[str, Callable[[Row], str]] = {
    "application_refused": _application_refused,
    "prospect_left": _prospect_left,
    "identity_verified": _identity_verified,
    "knowledge_tested": _knowledge_tested,
    "exposure_limit_set": _exposure_limit_set,
    "deposit_refused": _deposit_refused,
    "withdrawal_refused": _withdrawal_refused,
    "pair_opened": _pair_opened,
    "cold_swept": _cold_swept,
    "order_accepted": _order_accepted,
    "order_refused": _order_refused,
    "order_cancelled": _order_cancelled,
    "trade": _trade,
}
